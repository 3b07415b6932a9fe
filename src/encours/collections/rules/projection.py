"""What would leave on each of the next days if nobody paid: the day's rule, walked forward."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from encours.collections.rules import dunning, walking
from encours.collections.rules.facts import CustomerFacts, Decision, RunFacts
from encours.collections.rules.steps import WRITTEN, Basis


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
    yield from walking.walk(_Coming(customer, run), _first_wakes(customer, run.today, end), run=run, end=end)


class _Coming:
    """An account on which nothing comes in; only today's run is as it is."""

    def __init__(self, customer: CustomerFacts, run: RunFacts) -> None:
        self._customer = customer
        self._run = run

    def facts(self, day: date) -> CustomerFacts:
        del day  # only what leaves changes anything
        return self._customer

    def run(self, day: date, facts: CustomerFacts) -> RunFacts:
        return self._run if day == self._run.today else walking.on_another_day(self._run, day, facts)

    def left(self, decision: Decision, day: date) -> None:
        self._customer = _after(self._customer, decision, day)


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
    claims = {claim.item.item_id: claim for claim in decision.claims}
    items = tuple(
        item._replace(last=walking.last_step(item.last, decision, claims[item.item_id], day))
        if item.item_id in claims
        else item
        for item in customer.items
    )
    dates = (*customer.contact_dates, day) if step.channel in WRITTEN else customer.contact_dates
    return replace(customer, items=items, contact_dates=dates)
