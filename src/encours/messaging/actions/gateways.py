"""Choose the provider of a channel, and ask providers what became of what they took."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from encours.access import actions as access
from encours.core import secrets
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.messaging import queries
from encours.messaging.actions.reports import note_news
from encours.messaging.models import Gateway
from encours.messaging.rules.channels import GATEWAYS, ChannelUnknown
from encours.messaging.rules.gateway import OpenGateway

SENDER_LETTERS_MAX = 11  # what networks show as the sender of an SMS


class SenderUnusable(Refused):
    """Networks show at most eleven letters and figures as the sender of an SMS."""

    message = gettext_noop(
        "The sender of an SMS has 3 to {letters_max} letters or figures, or is a number: “{sender}”."
    )


@transaction.atomic
def save_gateway(
    *,
    organisation_id: int,
    channel: str,
    adapter: str,
    by: Actor,
    values: Mapping[str, Any] | None = None,
    secret: str = "",
    sender: str = "",
    is_active: bool = True,
) -> Gateway:
    """Make or change the provider of a channel; an empty secret keeps the one there is, which is stored encrypted.

    Refuses a channel that goes through no provider, and a sender that networks would not show.
    """
    if channel not in GATEWAYS:
        raise ChannelUnknown(channel=channel)
    shown = sender.strip()
    is_number = shown.startswith("+") and shown[1:].isdecimal()
    if channel == "sms" and shown and not is_number and not _is_shown(shown):
        raise SenderUnusable(sender=shown, letters_max=SENDER_LETTERS_MAX)
    found = Gateway.objects.select_for_update().filter(organisation_id=organisation_id, channel=channel).first()
    gateway = found or Gateway(organisation_id=organisation_id, channel=channel)
    if secret:
        keys = secrets.working_keys(settings.ENCOURS_HOME)
        gateway.secret_encrypted = secrets.encrypt(secret, keys=keys)
    elif gateway.adapter != adapter:
        gateway.secret_encrypted = ""  # one provider's secret is not told to another
    gateway.adapter, gateway.settings = adapter, dict(values or {})
    gateway.sender, gateway.is_active = shown, is_active
    gateway.save()
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="gateway_saved",
        subject_kind="channel",
        subject_id=channel,
        why="",
        details={"adapter": adapter, "sender": shown, "active": is_active},
    )
    return gateway


def _is_shown(sender: str) -> bool:
    return 3 <= len(sender) <= SENDER_LETTERS_MAX and sender.replace(" ", "").isalnum() and sender.isascii()


def ask_gateways(*, organisation_id: int, open_gateway: OpenGateway, now: datetime, by: Actor) -> int:
    """Keep what the organisation's providers report of messages they took; returns how many reports were new."""
    count = 0
    for gateway in queries.gateways(organisation_id).values():
        opened = open_gateway(queries.access_of(gateway))
        try:
            waiting = queries.without_end(gateway.channel, organisation_id=organisation_id, now=now)
            count += note_news(organisation_id=organisation_id, news=opened.news(waiting), by=by)
        finally:
            opened.close()
    return count
