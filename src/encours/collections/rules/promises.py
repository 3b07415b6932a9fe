"""What becomes of a promise to pay: found from the cash, never ticked by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class PromiseState(StrEnum):
    """Running until its day is over, then kept or broken; or withdrawn by a person."""

    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


def state_of(
    amount_minor: int, *, promised_date: date, received_minor: int, today: date, is_withdrawn: bool = False
) -> PromiseState:
    """Kept as soon as the cash has come; broken the day after, when it has not.

    1,000 promised for the 20th with 400 received is running on the 20th and broken on the 21st.
    """
    if is_withdrawn:
        return PromiseState.WITHDRAWN
    if received_minor >= amount_minor:
        return PromiseState.KEPT
    return PromiseState.RUNNING if today <= promised_date else PromiseState.BROKEN


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise of one customer in one currency."""

    promise_id: int
    amount_minor: int
    made_date: date
    promised_date: date


@dataclass(frozen=True, slots=True)
class Covered:
    """The money that came for a promise: by its day, and until now."""

    in_time_minor: int
    received_minor: int


def cover(promises: Sequence[Promised], cash: Sequence[tuple[date, int]]) -> dict[int, Covered]:
    """Share the cash of an account out to its promises: no cent keeps two of them, the first due is served first.

    What comes from the day a promise is made to the day it names is in time; what is then left may still cover a
    broken one. 1,000 promised for the 10th and 1,000 for the 20th with one payment of 1,000 on the 8th: the first is
    kept, the second is not.
    """
    left = [[day, minor] for day, minor in sorted(cash) if minor > 0]
    ordered = sorted(promises, key=lambda made: (made.promised_date, made.promise_id))
    in_time = {
        made.promise_id: _take(left, made.amount_minor, made.made_date, until=made.promised_date) for made in ordered
    }
    late = {
        made.promise_id: _take(left, made.amount_minor - in_time[made.promise_id], made.made_date, until=date.max)
        for made in ordered
    }
    return {pk: Covered(minor, minor + late[pk]) for pk, minor in in_time.items()}


def _take(left: list[list[Any]], wanted_minor: int, since: date, *, until: date) -> int:
    taken = 0
    for payment in left:
        if since <= payment[0] <= until:
            part = min(payment[1], wanted_minor - taken)
            payment[1] -= part
            taken += part
    return taken
