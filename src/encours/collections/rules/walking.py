"""The day's rule walked from day to day: only days on which something may change are looked at."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Protocol

from encours.collections.rules import dunning
from encours.collections.rules.facts import Claim, CustomerFacts, Decision, LastStep, Outcome, RunFacts
from encours.collections.rules.steps import EntryChoice
from encours.core.dates import ONE_DAY, instant_of

# what a person must confirm is taken as confirmed the same day
LEAVES = frozenset({Outcome.DUE, Outcome.TO_CONFIRM})


class Account(Protocol):
    """A customer on the days of a walk: what the rules see on one of them, and the memory of what left."""

    def facts(self, day: date) -> CustomerFacts:
        """What the rules see on that day."""
        ...

    def run(self, day: date, facts: CustomerFacts) -> RunFacts:
        """The run of that day."""
        ...

    def left(self, decision: Decision, day: date) -> None:
        """Remember a message that left."""
        ...


def walk(account: Account, wakes: Iterable[date], *, run: RunFacts, end: date) -> Iterator[tuple[date, Decision]]:
    """Each decision before `end` with its day: on the days to wake on, and those that decisions themselves lead to.

    A step that leaves on the 4th and gives 8 days to pay wakes the walk on the 13th. A hold is told once, on the day it
    first shows, and looked at again the day it frees itself. Days nobody works are passed over.
    """
    days = sorted(wakes)
    told: set[tuple[object, ...]] = set()
    previous = None
    while days:
        day = run.policy.calendar.first_open(heapq.heappop(days))
        if day == previous or day >= end:
            continue
        previous = day
        facts = account.facts(day)
        for decision in dunning.decide(facts, account.run(day, facts)):
            mark = _mark(decision)
            if mark in told:
                continue
            if decision.outcome in LEAVES:
                account.left(decision, day)
            if decision.outcome is not Outcome.POSTPONED:
                told.add(mark)
                yield day, decision
            for later in _leads_to(facts, decision, day):
                heapq.heappush(days, later)


def _leads_to(facts: CustomerFacts, decision: Decision, day: date) -> Iterator[date]:
    """The days to look again because of a decision."""
    plan, step = decision.plan, decision.step
    if decision.outcome not in LEAVES:
        if decision.frees_on is not None and decision.frees_on > day:
            yield decision.frees_on
    elif plan is not None and step is not None and (facts.entry or plan.entry) is not EntryChoice.BY_AGE:
        # steps that follow each other in order come at their own rhythm, whatever the lateness
        yield from (day + timedelta(days=later.days - step.days) for later in plan.claims if later.days > step.days)
    if step is not None and step.new_deadline_days:
        yield day + timedelta(days=step.new_deadline_days + 1)


def _mark(decision: Decision) -> tuple[object, ...]:
    key = decision.mark or (decision.step.key if decision.step else "")
    return (decision.entity_id, key, decision.outcome, frozenset(claim.item.item_id for claim in decision.claims))


def on_another_day(run: RunFacts, day: date, facts: CustomerFacts) -> RunFacts:
    """The run as it would be on that day: from its opening hour on, with the bank known to the day before."""
    opens = instant_of(day, run.policy.calendar.opens_at, timezone=run.policy.calendar.timezone)
    known = {item.entity_id: day - ONE_DAY for item in facts.items}
    return replace(run, today=day, send_on=day, send_after=opens, bank_known=known)


def last_step(before: LastStep | None, decision: Decision, claim: Claim, day: date) -> LastStep | None:
    """What an instalment remembers once a decision left for it; None for one without a step."""
    step, plan = decision.step, decision.plan
    if step is None or plan is None:
        return before
    taken = (*(before.taken if before else ()), (plan.scenario_id, step.key))
    return LastStep(claim.offset_days, plan.scenario_id, step.position, step.days, day, step.new_deadline_days, taken)
