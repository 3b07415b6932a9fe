"""What would be decided, without deciding: today, on the coming days, for one customer, or under another scenario."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from heapq import nlargest

from encours.access.rules import Scope
from encours.collections.queries import facts as loading
from encours.collections.rules import dunning
from encours.collections.rules.facts import CustomerFacts, Decision, Outcome
from encours.collections.rules.projection import project
from encours.collections.rules.steps import Plan
from encours.customers.models import Customer
from encours.customers.queries import owned_by

ROWS_MAX = 1_000
LARGEST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Planned:
    """One decision of a day to come, with the customer it is about."""

    day: date
    customer_id: int
    customer_number: str
    customer_name: str
    decision: Decision


@dataclass(frozen=True)
class Forecast:
    """The coming days: how many decisions of each outcome and channel a day, and the first of them in full."""

    days: Mapping[date, Mapping[str, int]]
    channels: Mapping[date, Mapping[str, int]]
    totals: Mapping[str, int]
    rows: Sequence[Planned]


@dataclass
class StepEffect:
    """How many customers a step concerns today, and for how much in each currency."""

    customers: int = 0
    amounts: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    # the largest of them, to be looked at one by one
    largest: list[Decision] = field(default_factory=list)

    def add(self, decision: Decision) -> None:
        """Count one more."""
        self.customers += 1
        self.amounts.update(decision.totals)
        self.outcomes[decision.outcome.value] += 1
        self.largest = nlargest(
            LARGEST_SHOWN, [*self.largest, decision], key=lambda one: max(one.totals.values(), default=0)
        )


def dry_run(
    organisation_id: int, *, today: date, now: datetime, customer_ids: Sequence[int] | None = None
) -> Iterator[Decision]:
    """Each decision a run would take on that day, by the same rule; nothing is written."""
    run = loading.run_facts(organisation_id, today=today, now=now)
    for customer in _customers(organisation_id, today, now, customer_ids, None):
        yield from dunning.decide(customer, run)


def forecast(
    organisation_id: int,
    *,
    today: date,
    now: datetime,
    days: int = 30,
    plan: Plan | None = None,
    scope: Scope | None = None,
    rows_max: int = ROWS_MAX,
) -> Forecast:
    """What would leave, wait or be held on each coming day if nobody paid.

    `plan` tries other steps for the scenario of its id; `scope` keeps to the customers and companies a person sees.
    """
    run = loading.run_facts(organisation_id, today=today, now=now)
    by_day: dict[date, Counter[str]] = {}
    by_channel: dict[date, Counter[str]] = {}
    totals: Counter[str] = Counter()
    kept: list[tuple[date, Decision]] = []
    for customer in _customers(organisation_id, today, now, _ids_of(scope), plan):
        for day, decision in project(customer, run, days=days):
            if scope and scope.entity_ids and decision.entity_id not in scope.entity_ids:
                continue
            by_day.setdefault(day, Counter())[decision.outcome.value] += 1
            totals[decision.outcome.value] += 1
            if decision.outcome in (Outcome.DUE, Outcome.TO_CONFIRM) and decision.step is not None:
                by_channel.setdefault(day, Counter())[decision.step.channel.value] += 1
            kept.append((day, decision))
        if len(kept) > 4 * rows_max:
            kept = _first(kept, rows_max)
    return Forecast(dict(sorted(by_day.items())), by_channel, totals, _planned(_first(kept, rows_max)))


def upcoming(
    customer_id: int, *, organisation_id: int, today: date, now: datetime, days: int = 60
) -> list[tuple[date, Decision]]:
    """The next decisions about one customer if nothing happens, for the top of its timeline."""
    run = loading.run_facts(organisation_id, today=today, now=now)
    found: list[tuple[date, Decision]] = []
    for customer in _customers(organisation_id, today, now, [customer_id], None):
        found.extend(project(customer, run, days=days))
    return sorted(found, key=lambda pair: pair[0])


def effect(
    organisation_id: int, *, today: date, now: datetime, plan: Plan, scope: Scope | None = None
) -> dict[str, StepEffect]:
    """What the steps of a scenario, drafted or in force, mean for today's book: customers and amounts for each step.

    Only customers to whom the scenario applies count; each is told once a step, with the outcome it would have.
    """
    run = loading.run_facts(organisation_id, today=today, now=now)
    found: dict[str, StepEffect] = {step.key: StepEffect() for step in plan.steps}
    for customer in _customers(organisation_id, today, now, _ids_of(scope), plan):
        if customer.plan is not plan:
            continue
        for decision in dunning.decide(customer, run):
            if decision.step is not None:
                found[decision.step.key].add(decision)
    return found


def _customers(
    organisation_id: int, today: date, now: datetime, ids: Sequence[int] | None, plan: Plan | None
) -> Iterator[CustomerFacts]:
    never_left = loading.never_left(organisation_id)
    book = loading.book_of(organisation_id, today=today, now=now, ignored_reminder_ids=never_left)
    if plan is not None:
        plans = {**book.assignments.plans, plan.scenario_id: plan}
        book = replace(book, assignments=replace(book.assignments, plans=plans))
    return loading.customers(book, ids=ids)


def _ids_of(scope: Scope | None) -> list[int] | None:
    if scope is None or not scope.own_portfolio_only:
        return None
    own = Customer.objects.filter(owned_by(scope.people), organisation_id=scope.organisation_id)
    return list(own.values_list("pk", flat=True))


def _first(kept: list[tuple[date, Decision]], count: int) -> list[tuple[date, Decision]]:
    return sorted(kept, key=lambda pair: (pair[0], -max(pair[1].totals.values(), default=0)))[:count]


def planned(decisions: Sequence[Decision], *, today: date) -> list[Planned]:
    """Decisions of today with the customers they are about."""
    return _planned([(today, decision) for decision in decisions])


def _planned(kept: Sequence[tuple[date, Decision]]) -> list[Planned]:
    known = Customer.objects.in_bulk({decision.customer_id for _, decision in kept})
    return [
        Planned(
            day, decision.customer_id, known[decision.customer_id].number, known[decision.customer_id].name, decision
        )
        for day, decision in kept
    ]
