"""Verify a provider's call and read its events; only providers that name a message by its own Message-ID are known."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from django.http import HttpRequest

from encours.core.errors import Refused, gettext_noop
from encours.messaging.rules.gateway import News

UNSUBSCRIBED = "unsubscribed"


class WebhookUnverified(Refused):
    """A call is not the provider's, or not what it announces to be."""

    message = gettext_noop("This call could not be verified as the provider's.")


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider: its name, the view that reads its calls, and what its secret is called there."""

    name: str
    view: type
    secret: str


# “webhook_secret” is user:password of basic authentication, “webhook_signing_key” signs each call
PROVIDERS: Mapping[str, Provider] = {
    "brevo": Provider("Brevo", BrevoTrackingWebhookView, "webhook_secret"),
    "mailgun": Provider("Mailgun", MailgunTrackingWebhookView, "webhook_signing_key"),
    "sendgrid": Provider("SendGrid", SendGridTrackingWebhookView, "webhook_secret"),
}
_KINDS = {
    EventType.DELIVERED: "delivered",
    EventType.DEFERRED: "bounced_soft",
    EventType.COMPLAINED: "complained",
    EventType.OPENED: "opened",
    EventType.CLICKED: "clicked",
    EventType.UNSUBSCRIBED: UNSUBSCRIBED,
}
# a refusal for these reasons is the address's own fault, not of one message
_DEAD = frozenset({"bounced", "invalid"})
_SOFT = frozenset({"soft_bounce", "blocked", "deferred"})


def events(provider: str, *, secret: str, request: HttpRequest, now: datetime) -> list[News]:
    """The events of a call, each under a key that stays the same when it is sent again; refuses what is not verified.

    A provider without its secret is never believed.
    """
    known = PROVIDERS.get(provider)
    if known is None or not secret:
        raise WebhookUnverified
    try:
        view = known.view(**{known.secret: secret})
        view.run_validators(request)
        found = view.parse_events(request)
    except (AnymailWebhookValidationFailure, AnymailError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WebhookUnverified(problem=type(error).__name__) from None
    news = [_news(provider, event, now) for event in found]
    return [one for one in news if one is not None]


def _news(provider: str, event: AnymailTrackingEvent, now: datetime) -> News | None:
    kind, message_id = _kind(event), str(event.message_id or "").strip().strip("<>")
    if kind is None or not message_id:
        return None
    at = event.timestamp or now
    recipient = str(event.recipient or "")[:254]
    says = " ".join(str(event.mta_response or event.description or "").split())[:500]
    return News(
        key=_key(provider, event, f"{message_id}:{kind}"),
        reference=f"<{message_id}>",
        kind=kind,
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
        recipient=recipient,
        detail={"provider": provider, **({"says": says} if says else {})},
    )


def _kind(event: AnymailTrackingEvent) -> str | None:
    if event.event_type in (EventType.BOUNCED, EventType.REJECTED):
        raw: Any = event.esp_event
        said = {str(raw.get(name, "")) for name in ("event", "type")} if hasattr(raw, "get") else set()
        return "bounced_hard" if event.reject_reason in _DEAD and not said & _SOFT else "bounced_soft"
    return _KINDS.get(event.event_type)


def _key(provider: str, event: AnymailTrackingEvent, what: str) -> str:
    if event.event_id:
        return f"{provider}:{event.event_id}"[:200]
    said = json.dumps([what, event.recipient, str(event.timestamp), event.click_url])
    return f"{provider}:{hashlib.sha256(said.encode()).hexdigest()}"
