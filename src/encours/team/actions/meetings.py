"""Keep what a review of late customers decided, and ask for what follows from it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.customers import actions as customers
from encours.team.actions.tasks import add_task
from encours.team.models import MeetingDecision


class DecisionMissing(Refused):
    """A decision says what was decided."""

    message = gettext_noop("Write what was decided.")


class FollowUpIncomplete(Refused):
    """A follow-up has a day."""

    message = gettext_noop("Say until when that is to be done.")


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about a customer, and what somebody is to do about it until when, if anything."""

    customer_id: int
    text: str
    follow_up: str = ""
    due_date: date | None = None
    assignee_id: int | None = None


@transaction.atomic
def note_decision(decided: Decided, *, organisation_id: int, today: date, now: datetime, by: Actor) -> MeetingDecision:
    """Note a decision of today's review on the customer, with its follow-up task; the note leaves the audit entry.

    Refuses a decision without words and a follow-up without a day.
    """
    if not decided.text.strip():
        raise DecisionMissing(field="text")
    if decided.follow_up.strip() and decided.due_date is None:
        raise FollowUpIncomplete(field="due_date")
    note = customers.add_note(
        organisation_id=organisation_id, customer_id=decided.customer_id, text=decided.text, now=now, by=by
    )
    task = None
    if decided.follow_up.strip() and decided.due_date is not None:
        task = add_task(
            organisation_id=organisation_id, title=decided.follow_up, due_date=decided.due_date, today=today, by=by,
            customer_id=decided.customer_id, assignee_id=decided.assignee_id, note=decided.text,
        )  # fmt: skip
    return MeetingDecision.objects.create(
        organisation_id=organisation_id, meeting_date=today, customer_id=decided.customer_id, note=note, task=task
    )
