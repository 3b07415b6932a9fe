"""What becomes of a promise to pay: found from the cash, never ticked by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class PromiseState(StrEnum):
    """Running until its day is over, then kept, partly kept or broken; or withdrawn by a person."""

    RUNNING = "running"
    KEPT = "kept"
    PARTLY_KEPT = "partly_kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


def state_of(
    amount_minor: int, *, promised_date: date, received_minor: int, today: date, is_withdrawn: bool = False
) -> PromiseState:
    """Kept as soon as the cash has come; the day after it is broken when none came, partly kept when less did.

    1,000 promised for the 20th with 400 received is running on the 20th and partly kept on the 21st: the scenario goes
    on for what is left. With nothing received it is broken.
    """
    if is_withdrawn:
        return PromiseState.WITHDRAWN
    if received_minor >= amount_minor:
        return PromiseState.KEPT
    if today <= promised_date:
        return PromiseState.RUNNING
    return PromiseState.PARTLY_KEPT if received_minor > 0 else PromiseState.BROKEN


NOT_KEPT = frozenset({PromiseState.PARTLY_KEPT, PromiseState.BROKEN})


def is_behind(payments: Iterable[tuple[date, int, int]], *, today: date) -> bool:
    """Whether less came than the days that are over promised, of payments as (day, amount, received).

    300 each promised for the 1st, the 8th and the 15th: with 300 received on the 3rd the promise goes on; with 300
    still on the 9th it is broken, and none of the three holds reminders any more.
    """
    known = list(payments)
    return sum(received for _, _, received in known) < sum(amount for day, amount, _ in known if day < today)


@dataclass(frozen=True, slots=True)
class KeptRate:
    """How promises whose day has passed ended: in number, and how much of the money came in time."""

    kept: int = 0
    partly: int = 0
    broken: int = 0
    promised_minor: int = 0
    in_time_minor: int = 0

    @property
    def counted(self) -> int:
        """The promises that could be kept or broken."""
        return self.kept + self.partly + self.broken

    @property
    def percent(self) -> int | None:
        """Kept of counted, in whole percent; None where nothing could be kept yet.

        Of 8 promises whose day has passed 5 were kept, 1 in part, 2 not at all: 62 %. One in part is not kept.
        """
        return 100 * self.kept // self.counted if self.counted else None

    @property
    def money_percent(self) -> int | None:
        """The share of the money promised that came by its day, in whole percent."""
        return 100 * self.in_time_minor // self.promised_minor if self.promised_minor else None


def kept_rate(ended: Sequence[tuple[PromiseState, int, int]]) -> KeptRate:
    """The rate over promises as (state, amount, received in time); running and withdrawn ones are left out."""
    counted = [one for one in ended if one[0] in {PromiseState.KEPT, *NOT_KEPT}]
    states = [state for state, _, _ in counted]
    return KeptRate(
        kept=states.count(PromiseState.KEPT),
        partly=states.count(PromiseState.PARTLY_KEPT),
        broken=states.count(PromiseState.BROKEN),
        promised_minor=sum(amount for _, amount, _ in counted),
        in_time_minor=sum(min(received, amount) for _, amount, received in counted),
    )


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
