"""What a step does: those who were written to beside those kept aside by lot, with the doubt that chance leaves.

Days to payment are counted from the day the step was due, up to a horizon and no further (a restricted mean), so that
what is not paid yet counts as the whole horizon and nobody's patience decides the figure. Customers, not invoices, are
what the lot drew: each counts once, by the mean of its instalments.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, variance
from typing import NamedTuple

CUSTOMERS_MIN = 20
CONFIDENCE_PERCENT = 95


class Reached(NamedTuple):
    """An instalment that came to the step, watched for the whole horizon; None: not paid within it."""

    customer_id: int
    is_kept_aside: bool
    paid_after_days: int | None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the draw: its customers and instalments that came to the step, and what they did."""

    customers: int
    instalments: int
    mean_days: float | None
    # of the instalments, those settled within the horizon
    paid: int

    @property
    def paid_share(self) -> float | None:
        """The instalments settled within the horizon, of all; None without any."""
        return self.paid / self.instalments if self.instalments else None


@dataclass(frozen=True, slots=True)
class Effect:
    """Days gained by writing (negative: lost), with the bounds that hold 19 times out of 20; None: not enough data."""

    written_to: Side
    kept_aside: Side
    gained_days: float | None
    low_days: float | None
    high_days: float | None
    # how many customers the smaller side still lacks
    missing: int

    @property
    def is_shown(self) -> bool:
        """Whether chance alone would hardly give this."""
        return self.low_days is not None and self.high_days is not None and not self.low_days <= 0 <= self.high_days


def effect(rows: Iterable[Reached], *, horizon_days: int) -> Effect:
    """Days gained by a step.

    Thirty customers written to pay 10 days after it on average, thirty kept aside 14 days: 4 days gained; with a spread
    of 6 days on each side, between 0.9 and 7.1. With fewer than twenty customers on a side there is no figure.
    """
    sides: dict[bool, dict[int, list[int]]] = {False: {}, True: {}}
    paid = {False: 0, True: 0}
    for row in rows:
        days = horizon_days if row.paid_after_days is None else min(row.paid_after_days, horizon_days)
        sides[row.is_kept_aside].setdefault(row.customer_id, []).append(days)
        paid[row.is_kept_aside] += row.paid_after_days is not None and row.paid_after_days <= horizon_days
    means = {aside: [fmean(days) for days in found.values()] for aside, found in sides.items()}
    written_to, kept_aside = (
        Side(
            len(means[aside]),
            sum(len(days) for days in sides[aside].values()),
            fmean(means[aside]) if means[aside] else None,
            paid[aside],
        )
        for aside in (False, True)
    )
    fewest = min(written_to.customers, kept_aside.customers)
    if fewest < CUSTOMERS_MIN:
        return Effect(written_to, kept_aside, None, None, None, CUSTOMERS_MIN - fewest)
    gained = fmean(means[True]) - fmean(means[False])
    half = half_width(means[True], means[False])
    return Effect(written_to, kept_aside, gained, gained - half, gained + half, 0)


def half_width(one: Sequence[float], other: Sequence[float]) -> float:
    """Half the interval of Welch's test for two means whose spreads differ."""
    parts = [variance(values) / len(values) for values in (one, other)]
    total = sum(parts)
    if total == 0:
        return 0.0
    freedom = total**2 / sum(part**2 / (len(values) - 1) for part, values in zip(parts, (one, other), strict=True))
    return _student(freedom) * math.sqrt(total)


def _student(freedom: float) -> float:
    """Student's quantile from the normal one (Abramowitz and Stegun 26.7.5, two terms): 2.09 at 19 degrees."""
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE_PERCENT / 200)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
