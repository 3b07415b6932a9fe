"""Verify a provider's call and read its events, each of a message that its own Message-ID or our mark names."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType
from anymail.webhooks.amazon_ses import AmazonSESBaseWebhookView, AmazonSESTrackingWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from django.http import HttpRequest

from encours.connectors.mail_webhooks import sns
from encours.core.errors import Refused, gettext_noop
from encours.messaging.rules.gateway import News

UNSUBSCRIBED = "unsubscribed"


class WebhookUnverified(Refused):
    """A call is not the provider's, or not what it announces to be."""

    message = gettext_noop("This call could not be verified as the provider's.")


class SesView(AmazonSESTrackingWebhookView):  # type: ignore[misc]  # a class of anymail, which has no types
    """Amazon SES through SNS, without the AWS kit: signed by Amazon, with our password; a topic is then confirmed."""

    def __init__(self, *, now: datetime, **kwargs: Any) -> None:
        self.now = now
        self.auto_confirm_enabled = True
        super(AmazonSESBaseWebhookView, self).__init__(**kwargs)

    def validate_request(self, request: HttpRequest) -> None:
        """Header and body name the same call, and Amazon has signed it."""
        super().validate_request(request)
        sns.verify(self._parse_sns_message(request), now=self.now)

    def auto_confirm_sns_subscription(self, sns_message: Mapping[str, Any]) -> None:
        """Confirm a topic whose call was signed and carried our password; it is asked at Amazon's address alone."""
        sns.confirm(sns_message)


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
    "postmark": Provider("Postmark", PostmarkTrackingWebhookView, "webhook_secret"),
    "mailjet": Provider("Mailjet", MailjetTrackingWebhookView, "webhook_secret"),
    "amazon_ses": Provider("Amazon SES", SesView, "webhook_secret"),
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
_SOFT = frozenset({"soft_bounce", "blocked", "deferred", "SoftBounce"})


def events(provider: str, *, secret: str, request: HttpRequest, now: datetime) -> list[News]:
    """The events of a call, each under a key that stays the same when it is sent again; refuses what is not verified.

    A provider without its secret is never believed.
    """
    known = PROVIDERS.get(provider)
    if known is None or not secret:
        raise WebhookUnverified
    try:
        clock = {"now": now} if known.view is SesView else {}
        view = known.view(**{known.secret: secret}, **clock)
        view.run_validators(request)
        found = view.parse_events(request)
    except (AnymailWebhookValidationFailure, AnymailError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WebhookUnverified(problem=type(error).__name__) from None
    news = [_news(provider, event, now) for event in found]
    return [one for one in news if one is not None]


def _news(provider: str, event: AnymailTrackingEvent, now: datetime) -> News | None:
    kind, reference = _kind(event), _reference(provider, event)
    if kind is None or not reference:
        return None
    at = event.timestamp or now
    recipient = str(event.recipient or "")[:254]
    says = " ".join(str(event.mta_response or event.description or "").split())[:500]
    return News(
        key=_key(provider, event, f"{reference}:{kind}"),
        reference=reference,
        kind=kind,
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
        recipient=recipient,
        detail={"provider": provider, **({"says": says} if says else {})},
    )


def _kind(event: AnymailTrackingEvent) -> str | None:
    if event.event_type in (EventType.BOUNCED, EventType.REJECTED):
        return "bounced_hard" if event.reject_reason in _DEAD and not _is_for_now(event.esp_event) else "bounced_soft"
    return _KINDS.get(event.event_type)


def _is_for_now(raw: Any) -> bool:
    """Whether a provider itself says that a bounce is no dead address, each in its own words."""
    if not hasattr(raw, "get"):
        return False
    bounce = raw.get("bounce")
    ses = bounce.get("bounceType") if isinstance(bounce, dict) else None
    said = {str(raw.get(name, "")) for name in ("event", "type", "Type")}
    return bool(said & _SOFT) or raw.get("hard_bounce") is False or ses in ("Transient", "Undetermined")


def _reference(provider: str, event: AnymailTrackingEvent) -> str:
    """Which message it is of: by its Message-ID, or by our mark where the provider counts by itself."""
    raw: Any = event.esp_event
    match provider:
        case "postmark":
            return str((event.metadata or {}).get("encours", ""))
        case "mailjet":
            return str(raw.get("CustomID", ""))
        case "amazon_ses":
            # the identifier SES gives itself stands beside the one the message came with
            mail = raw.get("mail", {})
            heads = {one["name"].lower(): one["value"] for one in mail.get("headers", ())}
            named = heads.get("message-id") or mail.get("commonHeaders", {}).get("messageId", "")
        case _:
            named = event.message_id
    bare = str(named or "").strip().strip("<>")
    return f"<{bare}>" if bare else ""


def _key(provider: str, event: AnymailTrackingEvent, what: str) -> str:
    if event.event_id and provider != "amazon_ses":
        return f"{provider}:{event.event_id}"[:200]
    if event.event_id:  # one notice of SES tells of several addresses
        return f"{provider}:{event.event_id}:{hashlib.sha256(str(event.recipient).encode()).hexdigest()[:16]}"
    said = json.dumps([what, event.recipient, str(event.timestamp), event.click_url])
    return f"{provider}:{hashlib.sha256(said.encode()).hexdigest()}"
