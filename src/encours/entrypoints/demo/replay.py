"""Live through the last weeks: each event by its room's action, each dunning run with the clock of its day."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from encours.access.rules import Scope
from encours.collections import actions as collections
from encours.collections.models import Reminder
from encours.core.dates import instant_of
from encours.core.errors import EncoursError
from encours.disputes import actions as disputes
from encours.disputes.models import Dispute
from encours.entrypoints.demo import people, stories
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.book import Book
from encours.entrypoints.demo.company import BY, Company
from encours.messaging import actions as messaging
from encours.messaging.models import Message
from encours.team.actions import comments

WEEKS = 10
_TUESDAY, _THURSDAY = 1, 3
_TWICE_A_WEEK = 4  # the last so many weeks
_LAST_DAYS = 3
_DELIVERED_AT_ONCE_MAX = 2_000
_WAITING_LEFT_DAYS = 5  # messages that wait for a person are left waiting when they are this fresh
PARIS = "Europe/Paris"


@dataclass(frozen=True, slots=True)
class Stage:
    """What the replay works on."""

    company: Company
    book: Book
    customer_ids: Mapping[str, int]
    now: dt.datetime


def everything(stage: Stage) -> Scope:
    """Our credit manager's view: all rows."""
    return Scope(stage.company.organisation_id, stage.company.user_ids[people.CREDIT_MANAGER.email], "credit_manager")


def first_day(today: dt.date) -> dt.date:
    """The Monday on which the replay begins."""
    day = today - dt.timedelta(weeks=WEEKS)
    return day - dt.timedelta(days=day.weekday())


def run_days(today: dt.date) -> list[dt.date]:
    """The days on which reminders were sent: Tuesdays at first, Thursdays too of late, and each of the last days."""
    last = FRANCE.previous_business_day(today - dt.timedelta(days=1))
    recent = {FRANCE.add_business_days(last, -count) for count in range(_LAST_DAYS)}
    both_from = today - dt.timedelta(weeks=_TWICE_A_WEEK)
    all_days = (first_day(today) + dt.timedelta(days=count) for count in range((today - first_day(today)).days))
    return [
        day
        for day in all_days
        if FRANCE.is_business_day(day)
        and (day in recent or day.weekday() == _TUESDAY or (day.weekday() == _THURSDAY and day >= both_from))
    ]


def live_before(stage: Stage, *, until: dt.date) -> None:
    """The disputes of the months before the replay, noted at once as an import would."""
    old = [event for event in stage.book.events if event.day < until]
    opened = [event for event in old if isinstance(event, stories.DisputeOpened)]
    disputes.open_disputes(
        organisation_id=stage.company.organisation_id,
        disputes=[
            disputes.ImportedDispute(
                customer_id=stage.customer_ids[event.customer.number],
                document_number=event.document_number,
                opened_date=event.day,
                amount_minor=event.amount_minor,
                currency=event.customer.currency,
                reason=event.reason,
                note=event.note,
            )
            for event in opened
        ],
        by=stage.company.actor(people.CREDIT_MANAGER),
    )
    for event in old:
        if not isinstance(event, stories.DisputeOpened):
            _happen(stage, event)


def live_days(stage: Stage, *, start: dt.date, end: dt.date) -> None:
    """The events of the half-open period, in order."""
    for event in stage.book.events:
        if start <= event.day < end:
            _happen(stage, event)


def _happen(stage: Stage, event: stories.Event) -> None:
    match event:
        case stories.DisputeOpened():
            _open_dispute(stage, event)
        case stories.DisputeClosed():
            _close_dispute(stage, event)
        case stories.PromiseMade():
            _promise(stage, event)
        case stories.PauseStarted():
            _pause(stage, event)
        case stories.NoteWritten():
            comments.comment(
                organisation_id=stage.company.organisation_id,
                customer_id=stage.customer_ids[event.customer.number],
                text=event.text,
                link=f"/customers/{event.customer.number}",
                now=instant_of(event.day, dt.time(16, 20), timezone=PARIS),
                by=stage.company.actor(event.by),
            )
        case stories.Replied():
            _reply(stage, event)
        case stories.AddressFailed():
            for email in event.emails:
                messaging.suppress(
                    organisation_id=stage.company.organisation_id,
                    email=email,
                    reason="bounced",
                    by=BY,
                    detail="550 5.1.1 mailbox unknown",
                )


def _open_dispute(stage: Stage, event: stories.DisputeOpened) -> None:
    disputes.open_dispute(
        organisation_id=stage.company.organisation_id,
        customer_id=stage.customer_ids[event.customer.number],
        today=event.day,
        by=stage.company.actor(event.by),
        document_number=event.document_number,
        amount_minor=event.amount_minor,
        reason=event.reason,
        note=event.note,
        key=event.key,
    )


def _close_dispute(stage: Stage, event: stories.DisputeClosed) -> None:
    found = Dispute.objects.filter(
        organisation_id=stage.company.organisation_id,
        document_number=event.key.removeprefix("demo:"),
        closed_date__isnull=True,
    ).first()
    if found is not None:
        disputes.close_dispute(
            organisation_id=stage.company.organisation_id,
            dispute_id=found.pk,
            outcome=event.outcome,
            today=event.day,
            by=stage.company.actor(event.by),
            note=event.note,
        )


def _promise(stage: Stage, event: stories.PromiseMade) -> None:
    collections.record_promise(
        organisation_id=stage.company.organisation_id,
        customer_id=stage.customer_ids[event.customer.number],
        amount_minor=event.amount_minor,
        currency=event.customer.currency,
        promised_date=event.promised_date,
        today=event.day,
        by=stage.company.actor(event.by),
        source=event.source,
        note=event.note,
    )


def _reply(stage: Stage, event: stories.Replied) -> None:
    organisation_id = stage.company.organisation_id
    customer_id = stage.customer_ids[event.customer.number]
    answered = Message.objects.filter(organisation_id=organisation_id, customer_id=customer_id).order_by("-pk").first()
    reply_id = messaging.record_reply(
        organisation_id=organisation_id,
        key=f"demo:{event.customer.number}:{event.day}",
        customer_id=customer_id,
        from_email=event.contact.email,
        from_name=event.contact.name,
        subject=event.subject,
        text=event.text,
        now=instant_of(event.day, dt.time(17, 5), timezone=PARIS),
        by=BY,
        message_id=answered.pk if answered else None,
    )
    if event.read_by is not None:
        messaging.mark_reply_read(
            organisation_id=organisation_id,
            reply_id=reply_id,
            by=stage.company.actor(event.read_by),
            now=instant_of(event.day, dt.time(17, 40), timezone=PARIS),
        )


def _pause(stage: Stage, event: stories.PauseStarted) -> None:
    collections.pause(
        organisation_id=stage.company.organisation_id,
        customer_id=stage.customer_ids[event.customer.number],
        reason=event.reason,
        today=event.day,
        by=stage.company.actor(event.by),
        until=event.until,
        note=event.note,
    )


def remind(stage: Stage, *, day: dt.date) -> None:
    """One past day's run as the product does it: decide, a person confirms what waits, messages leave."""
    run_id = _decide(stage, day=day, now=instant_of(day, dt.time(8, 40), timezone=PARIS))
    if (stage.book.today - day).days > _WAITING_LEFT_DAYS:
        _confirm(stage, run_id, day)
    _deliver(stage, now=instant_of(day, dt.time(9, 30), timezone=PARIS))


def remind_now(stage: Stage) -> None:
    """Today's run, by the true clock: what waits for a person, or for the opening hours, waits."""
    _decide(stage, day=stage.book.today, now=stage.now)
    _deliver(stage, now=stage.now)


def _decide(stage: Stage, *, day: dt.date, now: dt.datetime) -> int:
    organisation_id = stage.company.organisation_id
    collections.state_bank_date(
        organisation_id=organisation_id,
        known=FRANCE.previous_business_day(day - dt.timedelta(days=1)),
        today=day,
        by=stage.company.actor(people.SALES_ADMINISTRATION),
    )
    return collections.run_dunning(organisation_id=organisation_id, today=day, now=now, by=BY).pk


def _deliver(stage: Stage, *, now: dt.datetime) -> None:
    messaging.deliver_due(
        organisation_id=stage.company.organisation_id, now=now, limit=_DELIVERED_AT_ONCE_MAX, connect=None
    )


def _confirm(stage: Stage, run_id: int, day: dt.date) -> None:
    """The credit manager reads what waits and lets it leave; what has moved meanwhile stays."""
    waiting = Reminder.objects.filter(
        organisation_id=stage.company.organisation_id, run_id=run_id, outcome="to_confirm"
    ).values_list("pk", flat=True)
    for reminder_id in list(waiting):
        try:
            collections.confirm(
                organisation_id=stage.company.organisation_id,
                reminder_id=reminder_id,
                today=day,
                now=instant_of(day, dt.time(9, 10), timezone=PARIS),
                by=stage.company.actor(people.CREDIT_MANAGER),
            )
        except EncoursError:
            # the account has moved since the morning: it is decided again with the next run
            continue
