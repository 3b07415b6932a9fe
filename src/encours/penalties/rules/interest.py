"""Interest on one late instalment: its days cut wherever the half-year, the rate or what is still owed changes."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from encours.core.dates import ONE_DAY, HalfYear
from encours.core.legal_values import Registry
from encours.core.money import round_half_up
from encours.penalties.rules.rates import STATUTORY, Agreement, Imputation, Rate, rate_of

YEAR_DAYS = 365  # of every year, leap ones too: docs/decisions, "penalties are reckoned on 365 days"


class ReductionKind(StrEnum):
    """What lowered the debt."""

    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"
    OTHER = "other"  # discount, deduction, write-off
    UNDATED = "undated"  # settled on a day the books do not tell


class SuspensionKind(StrEnum):
    """Why days bear nothing."""

    INSOLVENCY = "insolvency"
    COURT_DELAY = "court_delay"
    PLAN = "plan"
    GRACE = "grace"


@dataclass(frozen=True, slots=True)
class Reduction:
    """A part of the debt that was paid, credited or given up on a day."""

    day: date
    amount_minor: int
    kind: ReductionKind = ReductionKind.PAYMENT
    document_number: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Days that bear nothing, both ends included; without a last day, for good."""

    first_day: date
    last_day: date | None
    kind: SuspensionKind

    def covers(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class Debt:
    """One instalment: what was owed at its due date, and what lowered it."""

    principal_minor: int
    due_date: date
    reductions: tuple[Reduction, ...] = ()
    stops: tuple[Stop, ...] = ()
    agreement: Agreement = STATUTORY


@dataclass(frozen=True, slots=True)
class Segment:
    """Days in a row on which the same amount bore the same rate, both ends included."""

    half_year: HalfYear
    first_day: date
    last_day: date
    base_minor: int
    rate: Rate

    @property
    def days(self) -> int:
        """How many days it counts."""
        return (self.last_day - self.first_day).days + 1

    @property
    def exact_minor(self) -> Fraction:
        """Amount x rate x days / 365, before it is rounded."""
        return Fraction(self.rate.percent) * self.base_minor * self.days / (100 * YEAR_DAYS)

    @property
    def amount_minor(self) -> int:
        """The interest of these days, to the cent: EUR 1,000.00 at 13.15 % for 30 days -> EUR 10.81."""
        return round_half_up(self.exact_minor)


def segments_of(debt: Debt, *, until: date, registry: Registry) -> list[Segment]:
    """The interest of an instalment up to and including `until`, segment by segment.

    The first day is the day after the due date (L441-10 II), the last one the day of payment: EUR 1,000.00 due on
    31 May 2025 and paid on 15 July: 30 days of June at 13.15 %, 15 days of July at 12.15 %. A part paid or credited
    bears nothing after its day. The days of a suspension bear nothing. A half-year without a known rate is refused.
    """
    if debt.agreement.imputation is Imputation.INTEREST:
        debt = _paying_interest_first(debt, until=until, registry=registry)
    return _segments(debt, until=until, registry=registry)


def interest_minor(segments: Sequence[Segment]) -> int:
    """The sum of the segments, each to the cent."""
    return sum(segment.amount_minor for segment in segments)


def is_late(debt: Debt, *, until: date) -> bool:
    """Whether at least one day after the due date bore interest on something owed: then the EUR 40 are due.

    Paid on the due date -> no. Due after the opening of insolvency proceedings -> no (L441-10 II, last sentence).
    """
    return next(_stretches(debt, until), None) is not None


def _segments(debt: Debt, *, until: date, registry: Registry) -> list[Segment]:
    rate = _rates(debt, registry)
    found: list[Segment] = []
    for first_day, last_day, base_minor in _stretches(debt, until):
        half = HalfYear.of(first_day)
        if found and _goes_on(found[-1], half, first_day, base_minor):
            found[-1] = replace(found[-1], last_day=last_day)
        else:
            found.append(Segment(half, first_day, last_day, base_minor, rate(half)))
    return found


def _goes_on(before: Segment, half: HalfYear, first_day: date, base_minor: int) -> bool:
    """Whether nothing changed since the segment before: cutting a period in two changes no figure."""
    return (before.half_year, before.last_day + ONE_DAY, before.base_minor) == (half, first_day, base_minor)


def _rates(debt: Debt, registry: Registry) -> Callable[[HalfYear], Rate]:
    began = debt.due_date + ONE_DAY
    known: dict[HalfYear, Rate] = {}

    def rate(half: HalfYear) -> Rate:
        if half not in known:
            known[half] = rate_of(debt.agreement, half, began=began, registry=registry)
        return known[half]

    return rate


def _stretches(debt: Debt, until: date) -> Iterator[tuple[date, date, int]]:
    """The bearing days between two changes of anything: first day, last day, amount still owed on them."""
    start, end = debt.due_date + ONE_DAY, until + ONE_DAY
    cuts = {start, end}
    cuts |= {reduction.day + ONE_DAY for reduction in debt.reductions}
    cuts |= {stop.first_day for stop in debt.stops}
    cuts |= {stop.last_day + ONE_DAY for stop in debt.stops if stop.last_day}
    half = HalfYear.of(start).following()
    while half.first_day < end:
        cuts.add(half.first_day)
        half = half.following()
    inside = sorted(cut for cut in cuts if start <= cut <= end)
    for first_day, following in itertools.pairwise(inside):
        base_minor = debt.principal_minor - sum(r.amount_minor for r in debt.reductions if r.day < first_day)
        if base_minor > 0 and not any(stop.covers(first_day) for stop in debt.stops):
            yield first_day, following - ONE_DAY, base_minor


def _paying_interest_first(debt: Debt, *, until: date, registry: Registry) -> Debt:
    """The same debt whose payments first paid the interest run up to their day (C. civ. 1343-1, first paragraph).

    EUR 1,000.00 with EUR 10.81 of interest, EUR 500.00 paid: EUR 10.81 go to interest, EUR 489.19 to the principal. A
    credit note is no payment and lowers the principal alone.
    """
    taken: list[Reduction] = []
    paid_interest_minor = 0
    for reduction in sorted(debt.reductions, key=lambda one: one.day):
        to_interest_minor = 0
        if reduction.kind is ReductionKind.PAYMENT and debt.due_date < reduction.day <= until:
            so_far = _segments(replace(debt, reductions=tuple(taken)), until=reduction.day, registry=registry)
            to_interest_minor = min(reduction.amount_minor, interest_minor(so_far) - paid_interest_minor)
            paid_interest_minor += to_interest_minor
        left_minor = reduction.amount_minor - to_interest_minor
        taken.append(replace(reduction, amount_minor=left_minor))
    return replace(debt, reductions=tuple(taken))
