"""Deliver what is due, each minute and organisation by organisation; any number of workers may do it at once."""

import os
from datetime import UTC, datetime

from procrastinate.contrib.django import app

from encours.access.models import Organisation
from encours.collections.queries import facts
from encours.collections.rules.calendar import next_sending_instant
from encours.connectors import base
from encours.connectors.oauth import client as oauth
from encours.connectors.smtp import client
from encours.core.actors import Actor
from encours.entrypoints.jobs.organisations import in_each_organisation
from encours.entrypoints.last_look import LastLook
from encours.messaging import actions as messaging
from encours.messaging.rules.server import Connect
from encours.messaging.rules.values import Quiet

BY = Actor.system("messages")
MESSAGES_A_TURN = 2_000
BY_THEIR_CLOCK = ("reminder", "campaign", "statement")


def _way_out() -> Connect | None:
    """The mail servers, or nothing where the installation keeps all mail in its own mailbox page (ENCOURS_MAIL)."""
    return None if os.environ.get("ENCOURS_MAIL") == "mailbox" else client.connect


def quiet_now(organisation: Organisation, now: datetime) -> Quiet:
    """Outside the sending hours reminders wait, also those that were held up until after closing time.

    Whoever has a clock of their own is written to by it, and by it alone: reminders, campaigns and statements.
    """
    calendar = facts.calendar_of(facts.policy_of(organisation.pk))
    own = facts.own_hours(organisation.pk)
    closed = {hours for hours in set(own.values()) if next_sending_instant(now, hours.applied(calendar)) > now}
    return Quiet(
        kinds=("reminder",) if next_sending_instant(now, calendar) > now else (),
        own=frozenset(own),
        asleep=frozenset(customer_id for customer_id, hours in own.items() if hours in closed),
        own_kinds=BY_THEIR_CLOCK,
    )


def deliver_now(organisation: Organisation) -> messaging.DeliveryReport:
    """Deliver what is due in an organisation that is bound to the connection."""
    now = datetime.now(UTC)
    messaging.refresh_tokens(organisation_id=organisation.pk, refresh=oauth.refresh, now=now)
    return messaging.deliver_due(
        organisation_id=organisation.pk,
        now=now,
        limit=MESSAGES_A_TURN,
        connect=_way_out(),
        recheck=LastLook(organisation.pk, now),
        quiet=quiet_now(organisation, now),
        open_gateway=base.open_gateway,
    )


@app.periodic(cron="* * * * *")
@app.task(queue="messages", queueing_lock="messaging.deliver")
def deliver(timestamp: int) -> None:
    """Hand over what is due; a message is claimed by one worker alone, and its crash leaves a doubt, never a double."""
    del timestamp
    in_each_organisation(deliver_now)


def ask_now(organisation: Organisation) -> int:
    """Ask an organisation's providers what became of what they took; nothing where the sandbox keeps all back."""
    if organisation.sandbox or _way_out() is None:
        return 0
    return messaging.ask_gateways(
        organisation_id=organisation.pk, open_gateway=base.open_gateway, now=datetime.now(UTC), by=BY
    )


@app.periodic(cron="*/10 * * * *")
@app.task(queue="messages", queueing_lock="messaging.ask")
def ask(timestamp: int) -> None:
    """Keep the proofs and receipts of providers; a report that comes twice is kept once."""
    del timestamp
    in_each_organisation(ask_now)
