"""The schedule builder: a debt, a rhythm and a clause become instalments that sum back to the cent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from encours.core.dates import BusinessCalendar, add_months
from encours.core.errors import Refused, gettext_noop
from encours.core.money import round_half_up

YEAR_DAYS = 365  # as penalties are reckoned
COUNT_MAX = 60
MONTHS_MAX = 36


class ScheduleUnusable(Refused):
    """A number of instalments, a day or an amount of which no schedule can be made."""

    message = gettext_noop("Give what is to be paid, a first day that is not past, and 1 to {count_max} instalments.")


class DownPaymentTooHigh(Refused):
    """The down payment would pay the debt, or more."""

    message = gettext_noop("The down payment must leave something to spread.")


class AmountsDoNotFit(Refused):
    """An edited amount does not cover what falls due with it, or pays the debt before the last instalment."""

    message = gettext_noop("Instalment {number} must cover its interest and leave something for the last one.")


class CapacityTooLow(Refused):
    """What the customer can pay each time does not pay the debt within the longest plan."""

    message = gettext_noop("With that amount each time the debt is not paid within {count_max} instalments.")


class RateUnusable(Refused):
    """An agreed rate outside what a rate can be."""

    message = gettext_noop("Give an agreed rate between 0 and 40 percent.")


class Frequency(StrEnum):
    """How often an instalment falls due."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"


class Clause(StrEnum):
    """What becomes of interest while the plan runs."""

    NONE = "none"  # nothing bears interest as long as the plan is kept
    STATUTORY = "statutory"  # the law's penalties go on, and are claimed apart
    AGREED = "agreed"  # the plan carries its own interest, in its instalments


@dataclass(frozen=True, slots=True)
class Terms:
    """What a schedule is built from; all amounts in minor units of one currency."""

    principal_minor: int
    start_date: date  # the day of the agreement, from which agreed interest runs
    first_date: date
    count: int
    frequency: Frequency = Frequency.MONTHLY
    down_payment_minor: int = 0
    fee_minor: int = 0
    clause: Clause = Clause.NONE
    percent: Decimal = Decimal(0)
    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    # what is asked each time, the last one excepted: it takes what is left; None where nobody edited it
    edited: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One instalment: what is paid on a day, and of what it is made; number 0 is the down payment."""

    number: int
    due_date: date
    amount_minor: int
    principal_minor: int
    interest_minor: int
    fee_minor: int
    left_minor: int  # of the principal, after it


@dataclass(frozen=True, slots=True)
class Schedule:
    """The instalments and their sums."""

    rows: tuple[Row, ...]

    @property
    def total_minor(self) -> int:
        """All that will be paid."""
        return sum(row.amount_minor for row in self.rows)

    @property
    def principal_minor(self) -> int:
        """The debt itself."""
        return sum(row.principal_minor for row in self.rows)

    @property
    def interest_minor(self) -> int:
        """The plan's own interest."""
        return sum(row.interest_minor for row in self.rows)

    @property
    def fee_minor(self) -> int:
        """The fee for the plan."""
        return sum(row.fee_minor for row in self.rows)

    @property
    def last_date(self) -> date:
        """The day of the last instalment."""
        return self.rows[-1].due_date


def build(terms: Terms) -> Schedule:
    """The schedule of these terms: level instalments, interest first, then the fee, then the principal.

    1,000.00 in 3 months from 4 January without interest -> 333.34, 333.34, 333.32. Sums of parts equal the whole; a day
    nobody works moves to the next one they do. With 12 % agreed each instalment is the same, the last some cents less.
    """
    _check(terms)
    days = due_dates(terms)
    if not any(amount is not None for amount in terms.edited):
        return _rows(terms, days, [_level(terms, days)] * (terms.count - 1))
    wanted = [*terms.edited, *[None] * terms.count][: terms.count - 1]
    level = _level(terms, days, wanted)
    return _rows(terms, days, [level if amount is None else amount for amount in wanted])


def due_dates(terms: Terms) -> list[date]:
    """The days of the instalments: monthly keeps the day of the month, clipped; holidays move to the next working day.

    Monthly from 31 January 2027: Sunday 31 January -> 1 February, Sunday 28 February -> 1 March, 31 March.
    """
    if terms.frequency is Frequency.MONTHLY:
        plain = [add_months(terms.first_date, index) for index in range(terms.count)]
    else:
        step = timedelta(days=7 if terms.frequency is Frequency.WEEKLY else 14)
        plain = [terms.first_date + step * index for index in range(terms.count)]
    return [terms.calendar.next_business_day(day) for day in plain]


def count_for(terms: Terms, capacity_minor: int) -> int:
    """How many instalments a customer needs that can pay so much each time: 1,000.00 at 300.00 a month -> 4."""
    if capacity_minor <= 0:
        raise CapacityTooLow(count_max=COUNT_MAX)
    low, high = 1, COUNT_MAX
    if _largest(terms, high) > capacity_minor:
        raise CapacityTooLow(count_max=COUNT_MAX)
    while low < high:
        middle = (low + high) // 2
        if _largest(terms, middle) <= capacity_minor:
            high = middle
        else:
            low = middle + 1
    return low


def _largest(terms: Terms, count: int) -> int:
    return max(row.amount_minor for row in build(_with_count(terms, count)).rows if row.number)


def _with_count(terms: Terms, count: int) -> Terms:
    return Terms(
        terms.principal_minor, terms.start_date, terms.first_date, count, terms.frequency, terms.down_payment_minor,
        terms.fee_minor, terms.clause, terms.percent, terms.calendar,
    )  # fmt: skip


def _check(terms: Terms) -> None:
    usable = (
        terms.principal_minor > 0
        and 1 <= terms.count <= COUNT_MAX
        and terms.first_date >= terms.start_date
        and terms.down_payment_minor >= 0
        and terms.fee_minor >= 0
    )
    if not usable or (terms.first_date - terms.start_date).days > 366:
        raise ScheduleUnusable(count_max=COUNT_MAX)
    if terms.down_payment_minor >= terms.principal_minor + terms.fee_minor:
        raise DownPaymentTooHigh
    if not 0 <= terms.percent <= 40:
        raise RateUnusable


def _interest(left_minor: int, since: date, until: date, terms: Terms) -> int:
    if terms.clause is not Clause.AGREED:
        return 0
    return round_half_up(Fraction(left_minor) * Fraction(terms.percent) * (until - since).days / (100 * YEAR_DAYS))


def _walk(terms: Terms, days: Sequence[date], amounts: Sequence[int | None]) -> tuple[list[Row], int]:
    """The rows when these amounts are paid, the last one taking what is left; also the least that any row had over."""
    left, fee_left, since = terms.principal_minor, terms.fee_minor, terms.start_date
    rows: list[Row] = []
    slack = 1

    def pay(number: int, day: date, asked: int | None) -> None:
        nonlocal left, fee_left, since, slack
        interest = _interest(left, since, day, terms)
        amount = interest + fee_left + left if asked is None else asked
        fee = max(min(fee_left, amount - interest), 0)
        principal = amount - interest - fee
        slack = min(slack, principal)
        left, fee_left, since = left - principal, fee_left - fee, day
        rows.append(Row(number, day, amount, principal, interest, fee, left))

    if terms.down_payment_minor:
        pay(0, terms.start_date, terms.down_payment_minor)
    for number, (day, amount) in enumerate(zip(days, amounts, strict=True), start=1):
        pay(number, day, amount)
    return rows, slack


def _rows(terms: Terms, days: Sequence[date], amounts: Sequence[int]) -> Schedule:
    rows, _ = _walk(terms, days, [*amounts, None])
    for row in rows[: len(rows) - 1]:
        if row.number and (row.principal_minor < 0 or row.left_minor <= 0 or row.amount_minor <= 0):
            raise AmountsDoNotFit(number=row.number)
    return Schedule(tuple(rows))


def _level(terms: Terms, days: Sequence[date], fixed: Sequence[int | None] = ()) -> int:
    """The least amount, the same for each row nobody edited, that leaves the last row no larger than the others."""
    low, high = 1, terms.principal_minor * 2 + terms.fee_minor + 1
    fixed = fixed or [None] * (terms.count - 1)
    while low < high:
        middle = (low + high) // 2
        amounts = [middle if amount is None else amount for amount in fixed]
        rows, _ = _walk(terms, days, [*amounts, None])
        if rows[-1].amount_minor <= middle:
            high = middle
        else:
            low = middle + 1
    return low
