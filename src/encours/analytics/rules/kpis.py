"""The formulas of the KPIs: money stays whole minor units, a float appears only where two sums make a ratio."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from encours.core.errors import Refused, gettext_noop

type Ratio = float  # what two sums make; never money


@dataclass(frozen=True, slots=True)
class Position:
    """What customers owe at the end of a day, in minor units of one currency; `unapplied_minor` is never positive."""

    current_minor: int = 0
    overdue_minor: int = 0
    unapplied_minor: int = 0

    @property
    def gross_minor(self) -> int:
        """Open instalments, not due and overdue."""
        return self.current_minor + self.overdue_minor

    @property
    def net_minor(self) -> int:
        """Open instalments less what is not applied yet: the balance of the general ledger's 411."""
        return self.gross_minor + self.unapplied_minor

    def receivable_minor(self, *, net_of_unapplied: bool) -> int:
        """AR: net of unapplied receipts and credit notes, or gross of them."""
        return self.net_minor if net_of_unapplied else self.gross_minor

    def receivable_current_minor(self, *, net_of_unapplied: bool) -> int:
        """The part of AR that is not overdue.

        What is not applied is taken from the overdue first, so that the current part never exceeds the whole: current
        100, overdue 30, unapplied -50 make an AR of 80, all of it current.
        """
        return min(self.current_minor, self.receivable_minor(net_of_unapplied=net_of_unapplied))


@dataclass(frozen=True, slots=True)
class MonthSales:
    """Sales incl. VAT of a calendar month, less its credit notes, and its days (elapsed ones for the current month)."""

    month: date
    sales_minor: int
    length_days: int


@dataclass(frozen=True, slots=True)
class Days:
    """A number of days; a lower bound when history ran out before the answer."""

    value: float
    is_lower_bound: bool = False


def ratio(part: int, whole: int) -> float | None:
    """Part over whole; None ("n/a") when the whole is zero."""
    return part / whole if whole else None


def percent(part: int, whole: int) -> float | None:
    """Part over whole in points: 94.67 for 94.67 %."""
    return 100 * part / whole if whole else None


def dso_simple(*, receivable_minor: int, sales_minor: int, length_days: int) -> float | None:
    """DSO by the accounting method: AR / credit sales incl. VAT of the period x its days.

    AR 300 000 on sales of 900 000 in 90 days -> 30 days. No sales -> n/a.
    """
    return receivable_minor / sales_minor * length_days if sales_minor > 0 else None


def dso_countback(*, receivable_minor: int, months: Sequence[MonthSales]) -> Days:
    """DSO by exhaustion: AR is worn down by the sales of each month, from the latest back.

    AR 2 500 on 30 November, sales Nov. 1 200, Oct. 800, Sept. 700: 30 + 31 + 500 / 700 x 30 = 82.4 days. A month
    without sales adds its days. When the months run out first, the answer is "at least".
    """
    rest, days = receivable_minor, 0.0
    for month in months:
        if rest <= 0:
            return Days(days)
        if month.sales_minor > rest:
            return Days(days + rest / month.sales_minor * month.length_days)
        days += month.length_days
        rest -= max(month.sales_minor, 0)
    return Days(days, is_lower_bound=rest > 0)


def collection_effectiveness(
    *, opening_minor: int, sales_minor: int, closing_minor: int, current_minor: int
) -> float | None:
    """CEI: what was collected of what could be, in percent.

    (AR opening + sales - AR closing) / (AR opening + sales - current AR closing) x 100: 400 000 + 1 200 000 - 350 000
    over 400 000 + 1 200 000 - 280 000 = 94.7 %. Sales are those of the whole period, never divided by its months.
    """
    return percent(opening_minor + sales_minor - closing_minor, opening_minor + sales_minor - current_minor)


def turnover(*, sales_year_minor: int, opening_minor: int, closing_minor: int) -> float | None:
    """ART: net credit sales of 12 months over the mean of AR 12 months ago and now; 2 means collected twice a year."""
    both = opening_minor + closing_minor
    return 2 * sales_year_minor / both if both > 0 else None


def collection_period_days(turnover_ratio: float | None) -> float | None:
    """Average collection period: 365 / ART; an ART of 2 -> 182.5 days."""
    return 365 / turnover_ratio if turnover_ratio else None


@dataclass(frozen=True, slots=True)
class Settled:
    """Parts of instalments paid in a period, each with its own date: sums of minor units and of minor units x days."""

    amount_minor: int = 0
    late_days_minor: int = 0  # sum of amount x (paid date - due date); early parts count below zero
    late_only_amount_minor: int = 0
    late_only_days_minor: int = 0

    def __add__(self, other: "Settled") -> "Settled":
        return Settled(
            self.amount_minor + other.amount_minor,
            self.late_days_minor + other.late_days_minor,
            self.late_only_amount_minor + other.late_only_amount_minor,
            self.late_only_days_minor + other.late_only_days_minor,
        )


@dataclass(frozen=True, slots=True)
class FullyPaid:
    """The parts of instalments closed in a period, whenever each was paid."""

    amount_minor: int = 0
    to_pay_days_minor: int = 0  # sum of amount x (paid date - issue date)

    def __add__(self, other: "FullyPaid") -> "FullyPaid":
        return FullyPaid(self.amount_minor + other.amount_minor, self.to_pay_days_minor + other.to_pay_days_minor)


def weighted_delay(*, amount_minor: int, days_minor: int) -> float | None:
    """A delay weighted by amounts: 100 paid 10 days late and 300 paid 2 days early -> (1 000 - 600) / 400 = 1 day."""
    return ratio(days_minor, amount_minor)


def payment_delay(settled: Settled, *, overdue_minor: int, overdue_days_minor: int) -> float | None:
    """Weighted average payment delay: what was paid in the period, and what is overdue as if paid on the day.

    100 paid 10 days late in the period, 100 still unpaid 50 days after its due date -> 30 days.
    """
    return ratio(settled.late_days_minor + overdue_days_minor, settled.amount_minor + overdue_minor)


RATING_LIMITS_DAYS = ((30, "A"), (60, "B"), (90, "C"))


def rating(delay_days: float | None) -> str | None:
    """The grade of a payment delay: A to 30 days, B to 60, C to 90, D beyond."""
    if delay_days is None:
        return None
    return next((grade for limit, grade in RATING_LIMITS_DAYS if delay_days <= limit), "D")


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Instalments that fell due in a period, parted into on time, late and not known yet, by count and by amount."""

    on_time_count: int = 0
    late_count: int = 0
    pending_count: int = 0
    on_time_minor: int = 0
    late_minor: int = 0
    pending_minor: int = 0

    @property
    def due_count(self) -> int:
        """All instalments due in the period."""
        return self.on_time_count + self.late_count + self.pending_count

    @property
    def due_minor(self) -> int:
        """All amounts due in the period."""
        return self.on_time_minor + self.late_minor + self.pending_minor


class GraceUnusable(Refused):
    """Days of grace are a whole number from zero up."""

    message = gettext_noop("Days of grace must be zero or more, not {grace_days}.")


def punctuality_of(*, due_date: date, cleared_date: date | None, as_of: date, grace_days: int) -> str:
    """Whether an instalment came in on time, late, or may still do so on the day.

    Due on 10 November, grace 0: cleared on the 10th -> on time; open on the 10th -> pending; open on the 11th -> late.
    What happens after the day of the report is not seen.
    """
    if grace_days < 0:
        raise GraceUnusable(grace_days=grace_days)
    limit = date.fromordinal(due_date.toordinal() + grace_days)
    if cleared_date is not None and cleared_date <= min(limit, as_of):
        return "on_time"
    return "late" if as_of > limit else "pending"


@dataclass(frozen=True, slots=True)
class Concentration:
    """How far receivables hang on few customers, from the open instalments of each."""

    top_share: float | None
    herfindahl: float | None
    customer_count: int


def concentration(balances_minor: Sequence[int], *, top: int = 10) -> Concentration:
    """Share of the largest customers and the sum of squared shares (HHI, 1 = one customer owes all).

    Balances 50, 30, 20 -> HHI 0.25 + 0.09 + 0.04 = 0.38; customers in credit do not count.
    """
    owed = sorted((balance for balance in balances_minor if balance > 0), reverse=True)
    total = sum(owed)
    if not total:
        return Concentration(None, None, 0)
    squares = sum(balance * balance for balance in owed)
    return Concentration(sum(owed[:top]) / total, squares / (total * total), len(owed))


def cash_value_of_day_minor(sales_year_minor: int) -> int:
    """What one day of DSO is worth in cash: sales incl. VAT of the last 12 months / 365, rounded half up.

    Sales of 3 650 000.00 -> 10 000.00 a day.
    """
    return (2 * sales_year_minor + 365) // 730
