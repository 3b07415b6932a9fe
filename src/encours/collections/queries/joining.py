"""What customers would get on joining a scenario with old invoices: by their age, or from a chosen step on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from encours.access.rules import Scope
from encours.collections.queries import facts as loading
from encours.collections.rules import dunning
from encours.collections.rules.facts import CustomerFacts, Decision, RunFacts
from encours.collections.rules.steps import EntryChoice, Plan
from encours.customers import queries as customers
from encours.customers.models import Customer


@dataclass(frozen=True, slots=True)
class Joining:
    """One customer: what is late, the step it would get today by age, and the one if it began as chosen."""

    number: str
    name: str
    overdue_minor: int
    currency: str
    days_late: int
    last_step_days_ago: int | None
    by_age: Decision | None
    chosen: Decision | None


def joining(
    scope: Scope,
    plan: Plan,
    *,
    customer_id: int | None,
    segment_id: int | None,
    step_key: str,
    today: date,
    now: datetime,
    limit: int,
) -> Sequence[Joining]:
    """Each customer with something late, the largest first; nothing is written.

    Decided by the rule of the run, as if the scenario had been given today.
    """
    wanted = customers.in_scope(scope).filter(merged_into__isnull=True)
    if customer_id is not None:
        wanted = wanted.filter(pk=customer_id)
    if segment_id is not None:
        wanted = wanted.filter(segment_id=segment_id)
    ids = list(wanted.values_list("pk", flat=True))
    if not ids:
        return []
    run = loading.run_facts(scope.organisation_id, today=today, now=now)
    never_left = loading.never_left(scope.organisation_id)
    book = loading.book_of(scope.organisation_id, today=today, now=now, ignored_reminder_ids=never_left)
    known = Customer.objects.in_bulk(ids)
    found = [
        _joining(facts, known[facts.customer_id], plan, step_key, run)
        for facts in loading.customers(book, ids=ids)
        if any(item.due_date < today for item in facts.items)
    ]
    return sorted(found, key=lambda one: -one.overdue_minor)[:limit]


def _joining(facts: CustomerFacts, customer: Customer, plan: Plan, step_key: str, run: RunFacts) -> Joining:
    late = [item for item in facts.items if item.due_date < run.today]
    currency = late[0].currency
    joined = replace(facts, plan=plan, chases_nobody=False, entry=EntryChoice.BY_AGE, entry_step="", joined_on=None)
    at_step = replace(joined, entry=EntryChoice.AT_STEP, entry_step=step_key, joined_on=run.today)
    last_days = [(run.today - item.last.left_on).days for item in late if item.last is not None]
    return Joining(
        number=customer.number,
        name=customer.name,
        overdue_minor=sum(item.open_minor for item in late if item.currency == currency),
        currency=currency,
        days_late=max((run.today - item.due_date).days for item in late),
        last_step_days_ago=min(last_days, default=None),
        by_age=_first(dunning.decide(joined, run)),
        chosen=_first(dunning.decide(at_step, run)) if step_key else None,
    )


def _first(decisions: Iterable[Decision]) -> Decision | None:
    """The hardest of the day's messages that is about something late."""
    return next((one for one in decisions if one.step is not None and one.step.days > 0), None)
