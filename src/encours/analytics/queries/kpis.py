"""KPIs of a day, of the months before it, and by collector, segment, country or entity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from encours.analytics.queries import facts
from encours.analytics.queries.ageing import By
from encours.analytics.queries.facts import Asked, Group
from encours.analytics.rules import periods
from encours.analytics.rules.kpis import FullyPaid, MonthSales, Position, Settled
from encours.analytics.rules.periods import Period
from encours.analytics.rules.reckoning import Conventions, Figure, Inputs, reckon
from encours.ledger.queries import AsOf, Selection

YEAR_MONTHS = 12
HISTORY_MONTHS = 13


@dataclass(frozen=True, slots=True)
class KpiPoint:
    """The KPIs of one day and period, in one currency, of one group (None: of all that is asked)."""

    key: Any
    currency: str
    period: Period
    inputs: Inputs
    figures: Mapping[str, Figure]

    @property
    def day(self) -> date:
        """The day of the closing balance."""
        return self.period.last_date


def kpis(
    selection: Selection,
    as_of: AsOf,
    *,
    period: Period | None = None,
    conventions: Conventions | None = None,
    by: By | None = None,
) -> Sequence[KpiPoint]:
    """The KPIs as of a day, one point a currency and group; the period defaults to the conventions' months to D."""
    chosen = conventions or Conventions()
    wanted = period or periods.months_to(as_of.day, months=chosen.period_months)
    return _points(Asked(selection, as_of, by), [wanted], chosen)


def history(
    selection: Selection, as_of: AsOf, *, count: int = HISTORY_MONTHS, conventions: Conventions | None = None
) -> Sequence[KpiPoint]:
    """The KPIs at the last month ends and on the day itself, oldest first, in as many statements as for one day."""
    chosen = conventions or Conventions()
    days = periods.month_ends_to(as_of.day, count=count)
    wanted = [periods.months_to(day, months=chosen.period_months) for day in days]
    return _points(Asked(selection, as_of), wanted, chosen)


def _points(asked: Asked, wanted: Sequence[Period], conventions: Conventions) -> list[KpiPoint]:
    facts_found = _Facts(asked, wanted, conventions)
    return [
        facts_found.point(group, period)
        for period in wanted
        for group in sorted(facts_found.groups, key=lambda group: (group[1], str(group[0])))
    ]


class _Facts:
    """All sums that the points need, loaded once."""

    def __init__(self, asked: Asked, wanted: Sequence[Period], conventions: Conventions) -> None:
        self.asked, self.conventions = asked, conventions
        whole = Period(min(period.first_date for period in wanted), max(period.last_date for period in wanted))
        self.days = sorted(
            {period.last_date for period in wanted}
            | {period.opening_date for period in wanted}
            | {periods.months_before(period.last_date, months=YEAR_MONTHS) for period in wanted}
        )
        self.positions = facts.positions(asked, self.days)
        self.sales = facts.sales_by_day(asked)
        self.settled = facts.settled_by_day(asked, period=whole)
        self.fully_paid = facts.fully_paid_by_day(asked, period=whole)
        self.dues = facts.due_by_day(asked, period=whole, grace_days=conventions.grace_days)
        is_single = len(wanted) == 1 and asked.by is None and wanted[0].last_date == asked.as_of.day
        self.balances = facts.balances_by_customer(asked) if is_single else None
        self.groups: set[Group] = {*self.positions, *self.sales}

    def point(self, group: Group, period: Period) -> KpiPoint:
        inputs = self._inputs(group, period)
        return KpiPoint(group[0], group[1], period, inputs, reckon(inputs, self.conventions))

    def _inputs(self, group: Group, period: Period) -> Inputs:
        closing = self._position(group, period.last_date)
        year = periods.months_to(period.last_date, months=YEAR_MONTHS)
        sales = self.sales.get(group, {})
        return Inputs(
            currency=group[1],
            period=period,
            closing=closing.position,
            opening=self._position(group, period.opening_date).position,
            opening_year=self._position(group, year.opening_date).position,
            sales_minor=_sum_of_period(sales, period),
            sales_year_minor=_sum_of_period(sales, year),
            months=_months_back(sales, as_of=period.last_date),
            overdue_days_minor=closing.overdue_days_minor,
            settled=sum(_within(self.settled.get(group, {}), period), Settled()),
            fully_paid=sum(_within(self.fully_paid.get(group, {}), period), FullyPaid()),
            punctuality=facts.punctuality(
                self.dues.get(group, []),
                period=period,
                as_of=period.last_date,
                grace_days=self.conventions.grace_days,
            ),
            balances_minor=None if self.balances is None else self.balances.get(group[1], ()),
        )

    def _position(self, group: Group, day: date) -> facts.PositionOnDay:
        found = self.positions.get(group)
        return found[self.days.index(day)] if found else facts.PositionOnDay(Position(), 0)


def _within[Value](by_day: Mapping[date, Value], period: Period) -> list[Value]:
    return [value for day, value in by_day.items() if period.holds(day)]


def _sum_of_period(by_day: Mapping[date, int], period: Period) -> int:
    return sum(_within(by_day, period))


def _months_back(sales: Mapping[date, int], *, as_of: date) -> tuple[MonthSales, ...]:
    """Sales by month, latest first, back to the first month the books know."""
    if not sales:
        return ()
    by_month: dict[date, int] = {}
    for day, minor in sales.items():
        if day <= as_of:
            month = periods.month_start(day)
            by_month[month] = by_month.get(month, 0) + minor
    month, first = periods.month_start(as_of), min(by_month, default=as_of)
    found = []
    while month >= first:
        found.append(MonthSales(month, by_month.get(month, 0), periods.days_in_month(month, as_of=as_of)))
        month = periods.months_before(month, months=1)
    return tuple(found)
