"""The formulas of the KPIs, with the worked examples that users will check them by."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.analytics.rules import definitions, kpis, periods, reckoning
from encours.analytics.rules.kpis import FullyPaid, MonthSales, Position, Punctuality, Settled
from encours.analytics.rules.periods import Period
from encours.analytics.rules.reckoning import Conventions, Inputs

NOVEMBER_30 = date(2026, 11, 30)
AUTUMN = (
    MonthSales(date(2026, 11, 1), 120_000, 30),
    MonthSales(date(2026, 10, 1), 80_000, 31),
    MonthSales(date(2026, 9, 1), 70_000, 30),
)
minor = st.integers(0, 10**13)


class TestDsoCountback:
    def test_wears_receivables_down_by_the_months_before(self) -> None:
        found = kpis.dso_countback(receivable_minor=250_000, months=AUTUMN)
        assert round(found.value, 1) == 82.4
        assert not found.is_lower_bound

    def test_says_at_least_when_history_runs_out(self) -> None:
        found = kpis.dso_countback(receivable_minor=270_001, months=AUTUMN)
        assert (found.value, found.is_lower_bound) == (91, True)

    def test_is_whole_when_history_just_suffices(self) -> None:
        found = kpis.dso_countback(receivable_minor=270_000, months=AUTUMN)
        assert (found.value, found.is_lower_bound) == (91, False)

    def test_adds_the_days_of_a_month_without_sales(self) -> None:
        credit_month = MonthSales(date(2026, 10, 1), -5_000, 31)
        found = kpis.dso_countback(receivable_minor=155_000, months=(AUTUMN[0], credit_month, AUTUMN[2]))
        assert found.value == pytest.approx(30 + 31 + 15)

    def test_is_zero_when_nothing_is_owed(self) -> None:
        assert kpis.dso_countback(receivable_minor=0, months=AUTUMN) == kpis.Days(0.0)
        assert kpis.dso_countback(receivable_minor=-10, months=AUTUMN) == kpis.Days(0.0)

    @given(minor, minor, st.lists(st.integers(-(10**9), 10**12), max_size=30))
    def test_grows_with_what_is_owed(self, owed: int, more: int, sales: list[int]) -> None:
        months = [MonthSales(date(2026, 1, 1), amount, 30) for amount in sales]
        less = kpis.dso_countback(receivable_minor=owed, months=months)
        assert less.value <= kpis.dso_countback(receivable_minor=owed + more, months=months).value + 1e-6


class TestDsoSimple:
    def test_is_receivables_over_sales_times_days(self) -> None:
        assert kpis.dso_simple(receivable_minor=300_000, sales_minor=900_000, length_days=90) == 30

    def test_is_not_available_without_sales(self) -> None:
        assert kpis.dso_simple(receivable_minor=300_000, sales_minor=0, length_days=90) is None


class TestCollectionEffectiveness:
    def test_gives_the_published_example(self) -> None:
        found = kpis.collection_effectiveness(
            opening_minor=400_000_00, sales_minor=1_200_000_00, closing_minor=350_000_00, current_minor=280_000_00
        )
        assert found is not None
        assert round(found, 1) == 94.7

    def test_is_not_available_when_nothing_could_be_collected(self) -> None:
        assert (
            kpis.collection_effectiveness(opening_minor=0, sales_minor=100, closing_minor=100, current_minor=100)
            is None
        )

    @given(minor, minor, minor, minor)
    def test_never_exceeds_a_hundred(self, opening: int, sales: int, current: int, overdue: int) -> None:
        closing = Position(current_minor=min(current, opening + sales), overdue_minor=0)
        with_overdue = Position(closing.current_minor, min(overdue, opening + sales - closing.current_minor))
        found = kpis.collection_effectiveness(
            opening_minor=opening,
            sales_minor=sales,
            closing_minor=with_overdue.receivable_minor(net_of_unapplied=True),
            current_minor=with_overdue.receivable_current_minor(net_of_unapplied=True),
        )
        assert found is None or found <= 100


class TestTurnover:
    def test_is_two_when_collected_every_six_months(self) -> None:
        found = kpis.turnover(sales_year_minor=1_200, opening_minor=500, closing_minor=700)
        assert found == 2
        assert kpis.collection_period_days(found) == 182.5

    def test_is_not_available_without_receivables(self) -> None:
        assert kpis.turnover(sales_year_minor=1_200, opening_minor=0, closing_minor=0) is None
        assert kpis.collection_period_days(None) is None


class TestPaymentDelay:
    def test_takes_the_overdue_as_paid_today(self) -> None:
        paid = Settled(amount_minor=100, late_days_minor=1_000)
        assert kpis.payment_delay(paid, overdue_minor=100, overdue_days_minor=5_000) == 30

    def test_counts_early_parts_below_zero(self) -> None:
        assert kpis.weighted_delay(amount_minor=400, days_minor=100 * 10 - 300 * 2) == 1

    @pytest.mark.parametrize(
        ("delay_days", "grade"),
        [(-4.0, "A"), (30.0, "A"), (30.1, "B"), (60.0, "B"), (90.0, "C"), (91.0, "D"), (None, None)],
    )
    def test_is_graded(self, delay_days: float | None, grade: str | None) -> None:
        assert kpis.rating(delay_days) == grade


class TestPunctualityOf:
    @pytest.mark.parametrize(
        ("cleared", "as_of", "grace_days", "expected"),
        [
            (date(2026, 11, 10), NOVEMBER_30, 0, "on_time"),
            (date(2026, 11, 11), NOVEMBER_30, 0, "late"),
            (date(2026, 11, 11), NOVEMBER_30, 1, "on_time"),
            (None, date(2026, 11, 10), 0, "pending"),
            (None, date(2026, 11, 11), 0, "late"),
            (None, date(2026, 11, 12), 2, "pending"),
            (date(2026, 11, 12), date(2026, 11, 11), 2, "pending"),
            (date(2026, 11, 12), date(2026, 11, 11), 0, "late"),
        ],
    )
    def test_sees_nothing_after_the_day(
        self, cleared: date | None, as_of: date, grace_days: int, expected: str
    ) -> None:
        found = kpis.punctuality_of(
            due_date=date(2026, 11, 10), cleared_date=cleared, as_of=as_of, grace_days=grace_days
        )
        assert found == expected

    def test_refuses_negative_grace(self) -> None:
        with pytest.raises(kpis.GraceUnusable):
            kpis.punctuality_of(due_date=NOVEMBER_30, cleared_date=None, as_of=NOVEMBER_30, grace_days=-1)


class TestConcentration:
    def test_sums_squared_shares(self) -> None:
        found = kpis.concentration([50, 30, 20, -40])
        assert found.herfindahl == pytest.approx(0.38)
        assert found.customer_count == 3

    def test_takes_the_ten_largest(self) -> None:
        assert kpis.concentration([10] * 20).top_share == pytest.approx(0.5)

    def test_is_not_available_when_nobody_owes(self) -> None:
        assert kpis.concentration([-5]).top_share is None


def test_cash_value_of_a_day_is_a_365th_of_the_year() -> None:
    assert kpis.cash_value_of_day_minor(365_000_000) == 1_000_000
    assert kpis.cash_value_of_day_minor(100) == 0


class TestPeriods:
    def test_months_end_where_months_end(self) -> None:
        assert periods.months_to(NOVEMBER_30, months=3) == Period(date(2026, 9, 1), NOVEMBER_30)
        assert periods.months_to(date(2026, 2, 28), months=12) == Period(date(2025, 3, 1), date(2026, 2, 28))
        assert periods.months_to(date(2026, 11, 22), months=1) == Period(date(2026, 10, 23), date(2026, 11, 22))

    def test_period_counts_both_ends_and_opens_the_evening_before(self) -> None:
        november = Period(date(2026, 11, 1), NOVEMBER_30)
        assert november.length_days == 30
        assert november.opening_date == date(2026, 10, 31)

    def test_refuses_a_period_that_ends_before_it_starts(self) -> None:
        with pytest.raises(periods.PeriodUnusable):
            Period(NOVEMBER_30, date(2026, 11, 1))

    def test_history_stands_on_month_ends_and_the_day_itself(self) -> None:
        assert periods.month_ends_to(date(2026, 11, 22), count=3) == [
            date(2026, 9, 30),
            date(2026, 10, 31),
            date(2026, 11, 22),
        ]

    @given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 40))
    def test_months_before_never_skips_a_month(self, day: date, months: int) -> None:
        earlier = periods.months_before(day, months=months)
        assert (day.year - earlier.year) * 12 + day.month - earlier.month == months

    def test_current_month_counts_elapsed_days(self) -> None:
        assert periods.days_in_month(date(2026, 11, 1), as_of=date(2026, 11, 22)) == 22
        assert periods.days_in_month(date(2026, 10, 1), as_of=date(2026, 11, 22)) == 31


def inputs(**changes: object) -> Inputs:
    values: dict[str, object] = {
        "currency": "EUR",
        "period": Period(date(2026, 9, 1), NOVEMBER_30),
        "closing": Position(250_000, 0, 0),
        "opening": Position(),
        "opening_year": Position(),
        "sales_minor": 270_000,
        "sales_year_minor": 270_000,
        "months": AUTUMN,
    }
    return Inputs(**(values | changes))


class TestReckon:
    def test_gives_every_figure_its_definition(self) -> None:
        figures = reckoning.reckon(inputs(balances_minor=(250_000,)), Conventions())
        assert set(figures) == set(definitions.BY_CODE)
        assert {code: figure.unit for code, figure in figures.items()} == {
            code: definition.unit for code, definition in definitions.BY_CODE.items()
        }

    def test_best_possible_equals_dso_when_nothing_is_overdue(self) -> None:
        figures = reckoning.reckon(inputs(), Conventions())
        assert figures["dso_countback"].value == figures["bpdso_countback"].value
        assert figures["add_countback"].value == 0

    def test_takes_unapplied_from_the_overdue_first(self) -> None:
        position = Position(current_minor=100, overdue_minor=30, unapplied_minor=-50)
        assert position.receivable_minor(net_of_unapplied=True) == 80
        assert position.receivable_current_minor(net_of_unapplied=True) == 80
        assert position.receivable_current_minor(net_of_unapplied=False) == 100

    @given(minor, minor, minor, minor, st.booleans(), st.lists(st.integers(-(10**9), 10**12), max_size=30))
    def test_best_possible_never_exceeds_dso(
        self, current: int, overdue: int, credit: int, sales: int, net: bool, months: list[int]
    ) -> None:
        drawn = inputs(
            closing=Position(current, overdue, -credit),
            sales_minor=sales,
            months=tuple(MonthSales(date(2026, 1, 1), amount, 30) for amount in months),
        )
        figures = reckoning.reckon(drawn, Conventions(net_of_unapplied=net))
        for method in ("simple", "countback"):
            dso, best = figures[f"dso_{method}"].value, figures[f"bpdso_{method}"].value
            if dso is not None:
                assert best <= dso + 1e-6

    def test_uses_late_parts_only_on_demand(self) -> None:
        settled = Settled(amount_minor=400, late_days_minor=400, late_only_amount_minor=100, late_only_days_minor=1_000)
        both = reckoning.reckon(inputs(settled=settled), Conventions())
        late = reckoning.reckon(inputs(settled=settled), Conventions(late_parts_only=True))
        assert (both["add_weighted"].value, late["add_weighted"].value) == (1, 10)

    def test_counts_pending_instalments_in_the_whole_only(self) -> None:
        due = Punctuality(
            on_time_count=2, late_count=1, pending_count=1, on_time_minor=50, late_minor=30, pending_minor=20
        )
        figures = reckoning.reckon(inputs(punctuality=due), Conventions())
        assert (figures["on_time_count_share"].value, figures["late_count_share"].value) == (50, 25)
        assert (figures["on_time_amount_share"].value, figures["late_amount_share"].value) == (50, 30)

    def test_weighs_days_to_pay_by_amount(self) -> None:
        figures = reckoning.reckon(inputs(fully_paid=FullyPaid(200, 100 * 30 + 100 * 50)), Conventions())
        assert figures["days_to_pay"].value == 40

    @given(minor, minor, minor)
    def test_overdue_and_current_make_the_outstanding(self, current: int, overdue: int, credit: int) -> None:
        figures = reckoning.reckon(inputs(closing=Position(current, overdue, -credit)), Conventions())
        parts = [figures[code].value for code in ("not_due", "overdue", "unapplied")]
        assert sum(parts) == figures["outstanding"].value


def test_elapsed_days_are_used_when_the_day_is_inside_a_month() -> None:
    halfway = NOVEMBER_30 - timedelta(days=15)
    months = (MonthSales(date(2026, 11, 1), 100, periods.days_in_month(halfway, as_of=halfway)),)
    assert kpis.dso_countback(receivable_minor=50, months=months).value == 7.5
