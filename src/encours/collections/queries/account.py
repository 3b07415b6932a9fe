"""What chasing knows of one customer: steps taken and to come, promises with what became of them, pauses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F

from encours.access.rules import Scope
from encours.collections.models import Pause, Promise
from encours.collections.queries import facts
from encours.collections.queries.promised import covered
from encours.collections.rules import projection
from encours.collections.rules.facts import Decision
from encours.collections.rules.promises import PromiseState, state_of
from encours.core import statements

LOOKS_AHEAD_DAYS = 45


@dataclass(frozen=True, slots=True)
class PromiseKept:
    """A promise and the cash that came in from its making to its day."""

    promise: Promise
    received_minor: int

    def state(self, *, today: date) -> str:
        """kept, broken, withdrawn, or open while its day has not passed."""
        state = state_of(
            self.promise.amount_minor,
            promised_date=self.promise.promised_date,
            received_minor=self.received_minor,
            today=today,
            is_withdrawn=self.promise.withdrawn_date is not None,
        )
        return "open" if state is PromiseState.RUNNING else state.value


@dataclass(frozen=True, slots=True)
class StepTaken:
    """The last step that left for an instalment."""

    name: str
    left_date: date


def promises_of(account_ids: Sequence[int], *, scope: Scope, today: date, limit: int) -> Sequence[PromiseKept]:
    """The latest promises of a customer and those merged into it, each with the money that came for it by its day."""
    promises = Promise.objects.filter(organisation_id=scope.organisation_id, customer_id__in=account_ids)
    found = list(promises.order_by("-made_date", "-pk")[:limit])
    if not found:
        return []
    cover = covered(scope.organisation_id, customer_ids=account_ids, today=today)
    return [PromiseKept(promise, cover[promise.pk].in_time_minor if promise.pk in cover else 0) for promise in found]


def pauses_of(account_ids: Sequence[int], *, scope: Scope, limit: int) -> Sequence[Pause]:
    """The pauses of a customer and those merged into it, those still running first."""
    pauses = Pause.objects.filter(organisation_id=scope.organisation_id, customer_id__in=account_ids)
    return list(pauses.order_by(F("ended_date").desc(nulls_first=True), "-pk")[:limit])


def steps_taken(customer_id: int, *, organisation_id: int) -> Mapping[int, StepTaken]:
    """For each item that was chased, the last step that left for it."""
    asked = """
        select distinct on (i.item_id) i.item_id, r.step_name, i.left_date
        from collections_reminderitem i
        join collections_reminder r on r.id = i.reminder_id and r.organisation_id = i.organisation_id
        where i.organisation_id = %s and i.customer_id = %s and i.has_left and not i.is_thanks
          and not exists (select from messaging_message m where m.organisation_id = r.organisation_id
                          and m.key = r.message_key and m.state in ('cancelled', 'refused'))
        order by i.item_id, i.left_date desc, i.id desc
    """
    return {item_id: StepTaken(*step) for item_id, *step in statements.rows(asked, [organisation_id, customer_id])}


def coming_steps(
    customer_id: int, *, organisation_id: int, today: date, now: datetime
) -> Sequence[tuple[date, Decision]]:
    """What the scenario would do for the customer in the next weeks if nobody paid, by the rules of the run itself."""
    never_left = facts.never_left(organisation_id)
    book = facts.book_of(organisation_id, today=today, now=now, ignored_reminder_ids=never_left)
    run = facts.run_facts(organisation_id, today=today, now=now)
    return [
        found
        for customer in facts.customers(book, ids=[customer_id])
        for found in projection.project(customer, run, days=LOOKS_AHEAD_DAYS)
    ]
