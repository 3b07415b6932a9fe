"""How a plan stands: what cash has paid of it, oldest instalment first, and whether it is kept, late or in breach."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class State(StrEnum):
    """Where a plan is in its life."""

    DRAFT = "draft"
    APPROVED = "approved"
    AGREED = "agreed"
    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class RowState(StrEnum):
    """How one instalment stands."""

    PAID = "paid"
    PAID_LATE = "paid_late"
    CREDITED = "credited"
    TO_COME = "to_come"
    DUE = "due"  # today, or within the days of grace
    LATE = "late"  # past the days of grace: a breach


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came in on covered items, on the day it was received."""

    day: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Due:
    """One instalment as it was agreed."""

    instalment_id: int
    number: int
    due_date: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Followed:
    """One instalment as it stands."""

    due: Due
    paid_minor: int
    credited_minor: int
    paid_date: date | None
    state: RowState

    @property
    def left_minor(self) -> int:
        """What is still to be paid of it."""
        return self.due.amount_minor - self.paid_minor - self.credited_minor


def follow(
    dues: Sequence[Due], payments: Iterable[Payment], *, credited_minor: int = 0, today: date, grace_days: int
) -> list[Followed]:
    """Payments on the instalments, oldest first; what a credit note took off the debt comes off the last ones.

    Three of 100.00 on 5 January, February, March; 150.00 received on 4 January -> the first is paid, the second half.
    """
    paid = {due.instalment_id: 0 for due in dues}
    paid_on: dict[int, date] = {}
    credited = _credited(dues, credited_minor)
    waiting = list(dues)
    for payment in sorted(payments, key=lambda one: one.day):
        left = payment.amount_minor
        while left > 0 and waiting:
            due = waiting[0]
            room = due.amount_minor - credited[due.instalment_id] - paid[due.instalment_id]
            taken = min(room, left)
            paid[due.instalment_id] += taken
            left -= taken
            if taken == room:
                if taken:
                    paid_on[due.instalment_id] = payment.day
                waiting.pop(0)
    return [
        _followed(due, paid[due.instalment_id], credited[due.instalment_id], paid_on.get(due.instalment_id), today,
                  grace_days)
        for due in dues
    ]  # fmt: skip


def _credited(dues: Sequence[Due], credited_minor: int) -> dict[int, int]:
    found = dict.fromkeys((due.instalment_id for due in dues), 0)
    left = max(credited_minor, 0)
    for due in reversed(dues):
        found[due.instalment_id] = min(left, due.amount_minor)
        left -= found[due.instalment_id]
    return found


def _followed(due: Due, paid: int, credited: int, paid_on: date | None, today: date, grace_days: int) -> Followed:
    if paid + credited >= due.amount_minor:
        state = RowState.CREDITED if not paid else RowState.PAID
        if paid_on is not None and paid_on > due.due_date:
            state = RowState.PAID_LATE
        return Followed(due, paid, credited, paid_on, state)
    if today < due.due_date:
        state = RowState.TO_COME
    elif today <= due.due_date + timedelta(days=grace_days):
        state = RowState.DUE
    else:
        state = RowState.LATE
    return Followed(due, paid, credited, None, state)


def breach_date(rows: Sequence[Followed], *, grace_days: int) -> date | None:
    """The day from which the plan is in breach: the day after the grace of the oldest instalment that is late."""
    late = [row for row in rows if row.state is RowState.LATE]
    return min(row.due.due_date for row in late) + timedelta(days=grace_days + 1) if late else None


def is_paid(rows: Sequence[Followed]) -> bool:
    """Whether nothing is left to pay."""
    return all(row.left_minor <= 0 for row in rows)


@dataclass(frozen=True, slots=True)
class KeptRate:
    """Of the instalments that fell due, how many were paid on their day."""

    due_count: int = 0
    kept_count: int = 0
    due_minor: int = 0
    kept_minor: int = 0


def kept_rate(rows: Iterable[Followed], *, today: date) -> KeptRate:
    """Instalments paid on or before their day among those whose day is over; what was credited does not count."""
    found = KeptRate()
    for row in rows:
        asked = row.due.amount_minor - row.credited_minor
        if row.due.due_date >= today or asked <= 0:
            continue
        is_kept = row.state is RowState.PAID
        found = KeptRate(
            found.due_count + 1,
            found.kept_count + is_kept,
            found.due_minor + asked,
            found.kept_minor + (asked if is_kept else 0),
        )
    return found
