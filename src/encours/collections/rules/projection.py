"""What would leave on each of the next days if nobody paid: the day's rule, walked forward."""

import heapq
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from encours.collections.rules import dunning
from encours.collections.rules.calendar import SendingCalendar
from encours.collections.rules.facts import (
    CustomerFacts,
    Decision,
    Instalment,
    LastStep,
    Outcome,
    RunFacts,
)
from encours.collections.rules.steps import WRITTEN, Basis, EntryChoice
from encours.core.dates import ONE_DAY, instant_of

_LEAVES = frozenset({Outcome.DUE, Outcome.TO_CONFIRM})


def project(customer: CustomerFacts, run: RunFacts, *, days: int) -> Iterator[tuple[date, Decision]]:
    """Each decision of the coming days with its day, assuming that nobody pays, answers or pauses anything.

    What a person must confirm is taken as confirmed the same day, and the bank as known each day. An invoice due
    tomorrow under the steps +3, +10, +30 gives a decision in 4 days and one in 11. A hold is told once, on
    the day it first shows.
    """
    if customer.plan is None:
        yield from ((run.today, decision) for decision in dunning.decide(customer, run))
        return
    end = run.today + timedelta(days=days)
    calendar = run.policy.calendar
    wakes = _first_wakes(customer, run.today, end)
    heapq.heapify(wakes)
    told: set[tuple[object, ...]] = set()
    previous = None
    while wakes:
        day = _open_day(heapq.heappop(wakes), calendar)
        if day == previous or day >= end:
            continue
        previous = day
        for decision in dunning.decide(customer, _on(run, day, customer)):
            mark = _mark(decision)
            if mark in told:
                continue
            if decision.outcome in _LEAVES:
                customer = _after(customer, decision, day)
            elif decision.frees_on is not None and decision.frees_on > day:
                heapq.heappush(wakes, decision.frees_on)
            if decision.outcome is not Outcome.POSTPONED:
                told.add(mark)
                yield day, decision
            for later in _rhythm(customer, decision, day):
                heapq.heappush(wakes, later)
            if decision.step is not None and decision.step.new_deadline_days:
                heapq.heappush(wakes, day + timedelta(days=decision.step.new_deadline_days + 1))


def _rhythm(customer: CustomerFacts, decision: Decision, day: date) -> Iterator[date]:
    """The days of the steps to come where they follow each other in order, whatever the lateness."""
    plan, step = decision.plan, decision.step
    if plan is None or step is None or decision.outcome not in _LEAVES:
        return
    if (customer.entry or plan.entry) is EntryChoice.BY_AGE:
        return
    yield from (day + timedelta(days=later.days - step.days) for later in plan.claims if later.days > step.days)


def _first_wakes(customer: CustomerFacts, today: date, end: date) -> list[date]:
    found = {today}
    for step in customer.plan.answers if customer.plan else ():
        for event in customer.events:
            falls = event.on + timedelta(days=step.days)
            if event.kind is step.event and today < falls < end:
                found.add(falls)
    for item in customer.items:
        for step in customer.plan.claims if customer.plan else ():
            falls = item.due_date + timedelta(days=dunning.offset(step, item))
            if today < falls < end:
                found.add(falls)
        if item.last is not None and item.last.deadline_days:
            found.add(max(today, item.last.left_on + timedelta(days=item.last.deadline_days + 1)))
    return sorted(day for day in found if day < end)


def _open_day(day: date, calendar: SendingCalendar) -> date:
    while not calendar.is_open(day):
        day += ONE_DAY
    return day


def _on(run: RunFacts, day: date, customer: CustomerFacts) -> RunFacts:
    if day == run.today:
        return run
    opens = instant_of(day, run.policy.calendar.opens_at, timezone=run.policy.calendar.timezone)
    known = {item.entity_id: day - ONE_DAY for item in customer.items}
    return replace(run, today=day, send_on=day, send_after=opens, bank_known=known)


def _mark(decision: Decision) -> tuple[object, ...]:
    key = decision.mark or (decision.step.key if decision.step else "")
    return (decision.entity_id, key, decision.outcome, frozenset(claim.item.item_id for claim in decision.claims))


def _after(customer: CustomerFacts, decision: Decision, day: date) -> CustomerFacts:
    step = decision.step
    if step is None:
        return customer
    if step.basis is Basis.PAID:
        return replace(customer, settled=(), contact_dates=(*customer.contact_dates, day))
    if step.basis is Basis.EVENT:
        answered = {(claim.item.item_id, decision.mark) for claim in decision.claims}
        dates = (*customer.contact_dates, day) if step.channel in WRITTEN else customer.contact_dates
        return replace(customer, answered=customer.answered | answered, contact_dates=dates)
    moved = {claim.item.item_id: claim.offset_days for claim in decision.claims}
    items = tuple(_moved(item, moved, decision, day) for item in customer.items)
    dates = (*customer.contact_dates, day) if step.channel in WRITTEN else customer.contact_dates
    return replace(customer, items=items, contact_dates=dates)


def _moved(item: Instalment, moved: dict[int, int], decision: Decision, day: date) -> Instalment:
    if item.item_id not in moved:
        return item
    step, plan = decision.step, decision.plan
    if step is None or plan is None:
        return item
    taken = (*(item.last.taken if item.last else ()), (plan.scenario_id, step.key))
    last = LastStep(moved[item.item_id], plan.scenario_id, step.position, step.days, day, step.new_deadline_days, taken)
    return item._replace(last=last)
