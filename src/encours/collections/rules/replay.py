"""What a scenario would have done over days gone by: the day's own rule, walked over the past as it happened.

What customers paid, contested and promised is taken as it was. A replay tells which messages would have left when; what
customers would have done differently on getting them, no replay can know. Steps that follow an event are left out: a
promise would not have been broken, nor a reply have come, under another scenario.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from encours.collections.rules import dunning, walking
from encours.collections.rules.facts import (
    Credit,
    CustomerFacts,
    Decision,
    DisputeFact,
    Instalment,
    LastStep,
    Outcome,
    PauseFact,
    PromiseFact,
    RunFacts,
    Settled,
)
from encours.collections.rules.steps import WRITTEN, Basis
from encours.core.dates import ONE_DAY

THANKED_DAYS = 10
CONTACTS_BACK = timedelta(days=30)

type Moves = tuple[tuple[date, int], ...]


class PastItem(NamedTuple):
    """An instalment as it was issued, and each later change of its open amount with its day, oldest first."""

    item: Instalment
    moves: Moves = ()


class PastCredit(NamedTuple):
    """A payment or credit note as it came (a positive amount), and each later change of what is left of it."""

    credit: Credit
    moves: Moves = ()


class During[T](NamedTuple):
    """Something that held from a day on, up to the day before `until`; None: it still does."""

    first: date
    until: date | None
    fact: T

    def holds(self, day: date) -> bool:
        """Whether it held on that day."""
        return self.first <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class CustomerPast:
    """What happened to one customer's account; `customer` carries what does not change: its contacts and its plan."""

    customer: CustomerFacts
    items: tuple[PastItem, ...]
    credits: tuple[PastCredit, ...] = ()
    disputes: tuple[During[DisputeFact], ...] = ()
    pauses: tuple[During[PauseFact], ...] = ()
    promises: tuple[During[PromiseFact], ...] = ()
    replies: tuple[During[None], ...] = ()
    # days of messages that no scenario sent
    written: tuple[date, ...] = ()


def replay(past: CustomerPast, run: RunFacts, *, first: date, last: date) -> Iterator[tuple[date, Decision]]:
    """Each decision from `first` to `last` (both included) with its day, as if the scenario had begun on `first`.

    What a person must confirm is taken as confirmed the same day, and the bank as known each day. An invoice due on
    1 March and paid on 9 March, under the steps +3 and +10, gives one message on 4 March; paid on the 20th, two. A hold
    is told once, on the day it first shows.
    """
    if past.customer.plan is None:
        return
    wakes = _first_wakes(past, first, last)
    yield from walking.walk(_Past(past, run), wakes, run=run, end=last + ONE_DAY)


class _Past:
    """An account as it was day by day, with what the replay itself has sent so far."""

    def __init__(self, past: CustomerPast, run: RunFacts) -> None:
        self._past = past
        self._run = run
        self._last: dict[int, LastStep] = {}
        self._contacts = list(past.written)
        self._chased: dict[int, date] = {}
        self._thanked: set[int] = set()

    def run(self, day: date, facts: CustomerFacts) -> RunFacts:
        return walking.on_another_day(self._run, day, facts)

    def facts(self, day: date) -> CustomerFacts:
        past = self._past
        items = []
        for row in past.items:
            if row.item.issue_date <= day and (left := open_on(row.item.open_minor, row.moves, day)) > 0:
                items.append(row.item._replace(open_minor=left, last=self._last.get(row.item.item_id)))
        credits = []
        for credit, moves in past.credits:
            if credit.item_date <= day and (left := open_on(credit.open_minor, moves, day)) > 0:
                credits.append(credit._replace(open_minor=left))
        return replace(
            past.customer,
            items=tuple(items),
            credits=tuple(credits),
            disputes=_facts(past.disputes, day),
            pauses=_facts(past.pauses, day),
            promises=_facts(past.promises, day),
            unread_replies=sum(reply.holds(day) for reply in past.replies),
            settled=self._settled(day),
            contact_dates=tuple(sorted(seen for seen in self._contacts if day - CONTACTS_BACK <= seen <= day)),
            waiting=(),
            exclusions=frozenset(),
        )

    def _settled(self, day: date) -> tuple[Settled, ...]:
        """What was chased and has just been paid, to be thanked for once."""
        if not self._chased:
            return ()
        found = []
        for row in self._past.items:
            chased = self._chased.get(row.item.item_id)
            if chased is None or row.item.item_id in self._thanked:
                continue
            paid = paid_on(row)
            if paid is not None and chased <= paid <= day <= paid + timedelta(days=THANKED_DAYS):
                found.append(Settled(row.item, paid, row.item.open_minor))
        return tuple(found)

    def left(self, decision: Decision, day: date) -> None:
        step = decision.step
        if step is None:
            return
        if step.channel in WRITTEN:
            self._contacts.append(day)
        for claim in decision.claims:
            item_id = claim.item.item_id
            if step.basis is Basis.PAID:
                self._thanked.add(item_id)
                continue
            taken = walking.last_step(self._last.get(item_id), decision, claim, day)
            if taken is not None:
                self._last[item_id] = taken
            if step.days > 0:
                self._chased[item_id] = day


def open_on(amount_minor: int, moves: Moves, day: date) -> int:
    """What is open at the end of the day: 1,000 paid 400 on the 9th leaves 1,000 on the 8th and 600 on the 9th."""
    return amount_minor + sum(change for moved_on, change in moves if moved_on <= day)


def paid_on(item: PastItem) -> date | None:
    """The day the instalment was settled in full; None while it is open."""
    left = item.item.open_minor
    settled = None
    for day, change in item.moves:
        left += change
        settled = day if left == 0 else None
    return settled


def _facts[T](rows: Sequence[During[T]], day: date) -> tuple[T, ...]:
    return tuple(row.fact for row in rows if row.holds(day))


def _first_wakes(past: CustomerPast, first: date, last: date) -> set[date]:
    found = {first}
    steps = past.customer.plan.claims if past.customer.plan else ()
    for row in past.items:
        paid = paid_on(row)
        for step in steps:
            falls = row.item.due_date + timedelta(days=dunning.offset(step, row.item))
            if paid is None or falls <= paid:
                found.add(falls)
        found.update(moved_on for moved_on, _ in row.moves)
    changes: Iterable[During[DisputeFact] | During[PauseFact] | During[PromiseFact] | During[None]] = (
        *past.disputes, *past.pauses, *past.promises, *past.replies,
    )  # fmt: skip
    found.update(change.until for change in changes if change.until is not None)
    return {day for day in found if first <= day <= last}


class Told(NamedTuple):
    """One decision of a replay, as much as its summary needs."""

    day: date
    customer_id: int
    step_key: str
    outcome: Outcome
    stopped_by: str
    totals: tuple[tuple[str, int], ...]
    items: tuple[tuple[int, int], ...]  # (item, days late)


def told(day: date, decision: Decision) -> Told:
    """A decision in the form a summary counts."""
    stopping = next((check.code for check in decision.checks if check.outcome.value in ("held", "blocked")), "")
    return Told(
        day,
        decision.customer_id,
        decision.step.key if decision.step else "",
        decision.outcome,
        stopping if decision.outcome not in walking.LEAVES else "",
        tuple(sorted(decision.totals.items())),
        tuple((claim.item.item_id, (day - claim.item.due_date).days) for claim in decision.claims),
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """What a replay comes to."""

    messages: int
    customers: int
    by_step: dict[str, int]
    by_month: dict[date, int]
    held_by: dict[str, int]
    # median days between the due date and the first reminder of an item; None where there was none
    first_late_days: int | None
    # messages all of whose items were settled within `NEEDLESS_DAYS` anyway: the money was under way
    needless: int


NEEDLESS_DAYS = 2


def summary(rows: Iterable[Told], paid: Callable[[int], date | None]) -> Summary:
    """Count a replay; `paid` tells the day an item was settled.

    Two messages, on 4 March for an item paid on the 5th and on 11 March for one paid in May: 2 messages, 1 needless.
    """
    by_step: dict[str, int] = {}
    by_month: dict[date, int] = {}
    held: dict[str, int] = {}
    first_late: dict[int, int] = {}
    customers: set[int] = set()
    messages = needless = 0
    for row in rows:
        if row.outcome not in walking.LEAVES:
            if row.stopped_by:
                held[row.stopped_by] = held.get(row.stopped_by, 0) + 1
            continue
        messages += 1
        customers.add(row.customer_id)
        by_step[row.step_key] = by_step.get(row.step_key, 0) + 1
        month = row.day.replace(day=1)
        by_month[month] = by_month.get(month, 0) + 1
        late = [(item_id, days) for item_id, days in row.items if days > 0]
        for item_id, days in late:
            first_late.setdefault(item_id, days)
        needless += bool(late) and all(_paid_soon(paid(item_id), row.day) for item_id, _ in late)
    first_days = sorted(first_late.values())
    return Summary(
        messages, len(customers), by_step, dict(sorted(by_month.items())), held,
        first_days[len(first_days) // 2] if first_days else None, needless,
    )  # fmt: skip


def _paid_soon(paid: date | None, day: date) -> bool:
    return paid is not None and day <= paid <= day + timedelta(days=NEEDLESS_DAYS)


class Difference(NamedTuple):
    """A message that one scenario sends and the other does not, that week, to that customer."""

    day: date
    customer_id: int
    step_key: str
    is_of_first: bool


def differences(one: Iterable[Told], other: Iterable[Told]) -> list[Difference]:
    """Who is written to by one scenario alone, by week: the same customer in the same week counts as the same message.

    A sends reminder 2 on Monday 9 and B on Thursday 12 March: no difference. B sends it on the 26th: two.
    """
    ours, theirs = _by_week(one), _by_week(other)
    found = [Difference(*row, True) for key, row in ours.items() if key not in theirs]
    found += [Difference(*row, False) for key, row in theirs.items() if key not in ours]
    return sorted(found)


def _by_week(rows: Iterable[Told]) -> dict[tuple[int, tuple[int, int]], tuple[date, int, str]]:
    found: dict[tuple[int, tuple[int, int]], tuple[date, int, str]] = {}
    for row in rows:
        if row.outcome in walking.LEAVES:
            year, week, _ = row.day.isocalendar()
            found.setdefault((row.customer_id, (year, week)), (row.day, row.customer_id, row.step_key))
    return found
