"""How a customer is best approached: what was followed by success more often than the rest, and no claim beyond that.

Compared is only what can be: among customers as late as this one, each counting once. What followed is not what was
caused; that a trial alone can tell, which shows part of the customers without a suggestion (rules.effect).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean
from typing import NamedTuple

from encours.analytics.rules.effect import CUSTOMERS_MIN, half_width

# days late, from and to
BANDS: Sequence[tuple[int, int]] = ((-9_999, 0), (1, 15), (16, 45), (46, 99_999))
# hours of the day, from and to
PARTS: Sequence[tuple[int, int]] = ((0, 10), (10, 12), (12, 14), (14, 16), (16, 24))
ANSWERED_MIN = 3


class Aspect(StrEnum):
    """What may be chosen about the next contact."""

    CHANNEL = "channel"
    HOUR = "hour"
    TONE = "tone"


class Tried(NamedTuple):
    """One contact, and whether what it was for followed: money within the week, or somebody at the telephone."""

    customer_id: int
    aspect: Aspect
    band: int
    option: str
    has_worked: bool


@dataclass(frozen=True, slots=True)
class Option:
    """One way beside all others: customers, share that worked, the difference with its bounds; None: too few."""

    option: str
    customers: int
    share: float
    rest_share: float | None
    low: float | None
    high: float | None

    @property
    def is_better(self) -> bool:
        """Whether chance alone would hardly put it ahead."""
        return self.low is not None and self.low > 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of an aspect for customers of one lateness; `missing`: customers until anything can be compared."""

    aspect: Aspect
    band: int
    options: tuple[Option, ...]
    missing: int

    @property
    def best(self) -> Option | None:
        """The option that is ahead of the others beyond chance, by most."""
        ahead = [one for one in self.options if one.is_better]
        return max(ahead, key=lambda one: one.share - (one.rest_share or 0), default=None)


def band_of(days_late: int) -> int:
    """Which customers are compared: 30 days late falls into 16 to 45, the third."""
    return next(at for at, (first, last) in enumerate(BANDS) if first <= days_late <= last)


def part_of(hour: int) -> int:
    """Which part of the day: 15:20 falls into 14 to 16, the fourth."""
    return next(at for at, (first, last) in enumerate(PARTS) if first <= hour < last)


def findings(tried: Iterable[Tried]) -> dict[tuple[Aspect, int], Finding]:
    """Each aspect and lateness with its options, compared.

    Forty customers called, of whom 60 % paid within the week, beside forty written to, of whom 20 % did: calls are 40
    points ahead, between 20 and 60. With fewer than twenty customers on a side nothing is compared.
    """
    groups: dict[tuple[Aspect, int], dict[str, dict[int, list[bool]]]] = {}
    for one in tried:
        options = groups.setdefault((one.aspect, one.band), {})
        options.setdefault(one.option, {}).setdefault(one.customer_id, []).append(one.has_worked)
    return {key: _finding(*key, options) for key, options in groups.items()}


def _finding(aspect: Aspect, band: int, options: dict[str, dict[int, list[bool]]]) -> Finding:
    compared = []
    missing = CUSTOMERS_MIN
    for name, customers in sorted(options.items()):
        rest: dict[int, list[bool]] = {}
        for other, theirs in options.items():
            if other != name:
                for customer_id, worked in theirs.items():
                    rest.setdefault(customer_id, []).extend(worked)
        one, others = [[fmean(worked) for worked in side.values()] for side in (customers, rest)]
        missing = min(missing, max(0, CUSTOMERS_MIN - min(len(one), len(others))))
        compared.append(_option(name, one, others))
    return Finding(aspect, band, tuple(sorted(compared, key=lambda option: -option.share)), missing)


def _option(name: str, one: Sequence[float], others: Sequence[float]) -> Option:
    share, rest = fmean(one), fmean(others) if others else None
    if rest is None or min(len(one), len(others)) < CUSTOMERS_MIN:
        return Option(name, len(one), share, rest, None, None)
    half = half_width(one, others)
    return Option(name, len(one), share, rest, share - rest - half, share - rest + half)


def answered_part(calls: Iterable[tuple[int, bool]]) -> tuple[int, int, int] | None:
    """When this very customer answers: (part of the day, answered, calls); None below three answers in one part.

    Three of four calls answered between 14 and 16, none of two before 10: (3, 3, 4).
    """
    counts: dict[int, list[int]] = {}
    for hour, was_reached in calls:
        count = counts.setdefault(part_of(hour), [0, 0])
        count[0] += was_reached
        count[1] += 1
    found = [(part, reached, total) for part, (reached, total) in counts.items() if reached >= ANSWERED_MIN]
    return max(found, key=lambda one: (one[1] / one[2], one[1]), default=None)
