"""From the sums of a period to its KPIs, under stated conventions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from encours.analytics.rules import kpis
from encours.analytics.rules.kpis import FullyPaid, MonthSales, Position, Punctuality, Settled
from encours.analytics.rules.periods import Period


@dataclass(frozen=True, slots=True)
class Conventions:
    """The choices printed beside every KPI."""

    net_of_unapplied: bool = True
    late_parts_only: bool = False
    grace_days: int = 0
    period_months: int = 3

    def as_json(self) -> dict[str, int | bool]:
        """The switches, by name."""
        return {
            "net_of_unapplied": self.net_of_unapplied,
            "late_parts_only": self.late_parts_only,
            "grace_days": self.grace_days,
            "period_months": self.period_months,
        }


@dataclass(frozen=True, slots=True)
class Inputs:
    """The sums, in one currency, that the KPIs of one day and one period stand on."""

    currency: str
    period: Period
    closing: Position
    opening: Position
    opening_year: Position
    sales_minor: int
    sales_year_minor: int
    months: tuple[MonthSales, ...]  # latest first
    overdue_days_minor: int = 0  # sum of overdue amount x days overdue
    settled: Settled = field(default_factory=Settled)
    fully_paid: FullyPaid = field(default_factory=FullyPaid)
    punctuality: Punctuality = field(default_factory=Punctuality)
    balances_minor: tuple[int, ...] | None = None  # gross, by customer; None where concentration is not asked


@dataclass(frozen=True, slots=True)
class Figure:
    """One KPI: a float for days, percent and ratios, whole minor units for money, text for a grade; None is n/a."""

    value: float | int | str | None
    unit: str  # days percent ratio count money grade
    is_lower_bound: bool = False


def reckon(inputs: Inputs, conventions: Conventions) -> Mapping[str, Figure]:
    """Every KPI of one currency; the keys are those of rules.definitions.

    With AR 2 500 at 30 November, sales Nov. 1 200, Oct. 800, Sept. 700 and nothing overdue: dso_countback 82.4 days,
    bpdso_countback 82.4, add_countback 0.
    """
    return {
        **_balances(inputs, conventions),
        **_sales_outstanding(inputs, conventions),
        **_delays(inputs, conventions),
        **_collection(inputs, conventions),
        **_concentration(inputs),
    }


def _balances(inputs: Inputs, conventions: Conventions) -> dict[str, Figure]:
    closing = inputs.closing
    outstanding = closing.receivable_minor(net_of_unapplied=conventions.net_of_unapplied)
    return {
        "outstanding": Figure(outstanding, "money"),
        "not_due": Figure(closing.current_minor, "money"),
        "overdue": Figure(closing.overdue_minor, "money"),
        "unapplied": Figure(closing.unapplied_minor, "money"),
        "overdue_share": Figure(kpis.percent(closing.overdue_minor, outstanding), "percent"),
        "sales": Figure(inputs.sales_minor, "money"),
        "dso_day_value": Figure(kpis.cash_value_of_day_minor(inputs.sales_year_minor), "money"),
    }


def _sales_outstanding(inputs: Inputs, conventions: Conventions) -> dict[str, Figure]:
    closing, net = inputs.closing, conventions.net_of_unapplied
    whole = closing.receivable_minor(net_of_unapplied=net)
    current = closing.receivable_current_minor(net_of_unapplied=net)
    length, sales = inputs.period.length_days, inputs.sales_minor
    simple = kpis.dso_simple(receivable_minor=whole, sales_minor=sales, length_days=length)
    best = kpis.dso_simple(receivable_minor=current, sales_minor=sales, length_days=length)
    countback = kpis.dso_countback(receivable_minor=whole, months=inputs.months)
    best_countback = kpis.dso_countback(receivable_minor=current, months=inputs.months)
    return {
        "dso_simple": Figure(simple, "days"),
        "bpdso_simple": Figure(best, "days"),
        "add_simple": Figure(None if simple is None or best is None else simple - best, "days"),
        "dso_countback": Figure(countback.value, "days", countback.is_lower_bound),
        "bpdso_countback": Figure(best_countback.value, "days", best_countback.is_lower_bound),
        "add_countback": Figure(
            None if best_countback.is_lower_bound else countback.value - best_countback.value,
            "days",
            countback.is_lower_bound,
        ),
    }


def _delays(inputs: Inputs, conventions: Conventions) -> dict[str, Figure]:
    settled, paid = inputs.settled, inputs.fully_paid
    weighed = (
        (settled.late_only_amount_minor, settled.late_only_days_minor)
        if conventions.late_parts_only
        else (settled.amount_minor, settled.late_days_minor)
    )
    delay = kpis.payment_delay(
        settled, overdue_minor=inputs.closing.overdue_minor, overdue_days_minor=inputs.overdue_days_minor
    )
    return {
        "add_weighted": Figure(kpis.weighted_delay(amount_minor=weighed[0], days_minor=weighed[1]), "days"),
        "payment_delay": Figure(delay, "days"),
        "payment_rating": Figure(kpis.rating(delay), "grade"),
        "days_to_pay": Figure(
            kpis.weighted_delay(amount_minor=paid.amount_minor, days_minor=paid.to_pay_days_minor), "days"
        ),
    }


def _collection(inputs: Inputs, conventions: Conventions) -> dict[str, Figure]:
    net = conventions.net_of_unapplied
    closing = inputs.closing.receivable_minor(net_of_unapplied=net)
    effectiveness = kpis.collection_effectiveness(
        opening_minor=inputs.opening.receivable_minor(net_of_unapplied=net),
        sales_minor=inputs.sales_minor,
        closing_minor=closing,
        current_minor=inputs.closing.receivable_current_minor(net_of_unapplied=net),
    )
    turnover = kpis.turnover(
        sales_year_minor=inputs.sales_year_minor,
        opening_minor=inputs.opening_year.receivable_minor(net_of_unapplied=net),
        closing_minor=closing,
    )
    due = inputs.punctuality
    return {
        "cei": Figure(effectiveness, "percent"),
        "turnover": Figure(turnover, "ratio"),
        "collection_period": Figure(kpis.collection_period_days(turnover), "days"),
        "on_time_count_share": Figure(kpis.percent(due.on_time_count, due.due_count), "percent"),
        "on_time_amount_share": Figure(kpis.percent(due.on_time_minor, due.due_minor), "percent"),
        "late_count_share": Figure(kpis.percent(due.late_count, due.due_count), "percent"),
        "late_amount_share": Figure(kpis.percent(due.late_minor, due.due_minor), "percent"),
    }


def _concentration(inputs: Inputs) -> dict[str, Figure]:
    if inputs.balances_minor is None:
        return {}
    found = kpis.concentration(inputs.balances_minor)
    top = None if found.top_share is None else 100 * found.top_share
    return {
        "top_ten_share": Figure(top, "percent"),
        "herfindahl": Figure(found.herfindahl, "ratio"),
        "customers_owing": Figure(found.customer_count, "count"),
    }
