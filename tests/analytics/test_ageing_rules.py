"""Into which column an open amount falls."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.analytics.rules import ageing
from encours.analytics.rules.ageing import Basis, OpenAmount, Scheme, Unapplied

NOVEMBER_30 = date(2026, 11, 30)


def item(open_minor: int, *, due: date, issued: date = date(2026, 9, 1)) -> OpenAmount:
    return OpenAmount(open_minor=open_minor, item_date=issued, due_date=due)


class TestColumnOf:
    @pytest.mark.parametrize(
        ("days_late", "column"),
        [
            (-40, "not_due"),
            (0, "not_due"),
            (1, "days_1_30"),
            (30, "days_1_30"),
            (31, "days_31_60"),
            (60, "days_31_60"),
            (61, "days_61_90"),
            (90, "days_61_90"),
            (91, "days_over_90"),
            (4000, "days_over_90"),
        ],
    )
    def test_changes_column_on_the_day_after_a_limit(self, days_late: int, column: str) -> None:
        found = ageing.column_of(
            item(100, due=NOVEMBER_30 - timedelta(days=days_late)), as_of=NOVEMBER_30, scheme=ageing.STANDARD
        )
        assert found == column

    @pytest.mark.parametrize(
        ("days_late", "column"),
        [(91, "days_91_120"), (121, "days_121_180"), (181, "days_181_365"), (366, "days_over_365")],
    )
    def test_has_finer_columns_on_demand(self, days_late: int, column: str) -> None:
        found = ageing.column_of(
            item(100, due=NOVEMBER_30 - timedelta(days=days_late)), as_of=NOVEMBER_30, scheme=ageing.DETAILED
        )
        assert found == column

    def test_counts_from_the_issue_date_on_demand(self) -> None:
        scheme = Scheme(basis=Basis.ISSUE)
        invoice = item(100, due=NOVEMBER_30, issued=date(2026, 10, 1))
        assert ageing.column_of(invoice, as_of=NOVEMBER_30, scheme=scheme) == "days_31_60"
        assert (
            ageing.column_of(item(1, due=NOVEMBER_30, issued=NOVEMBER_30), as_of=NOVEMBER_30, scheme=scheme)
            == "days_0_30"
        )

    def test_sets_credits_apart_unless_asked_to_age_them(self) -> None:
        receipt = item(-20, due=date(2026, 10, 1))
        assert ageing.column_of(receipt, as_of=NOVEMBER_30, scheme=ageing.STANDARD) == "unapplied"
        aged = Scheme(unapplied=Unapplied.AGED)
        assert ageing.column_of(receipt, as_of=NOVEMBER_30, scheme=aged) == "days_31_60"


class TestScheme:
    @pytest.mark.parametrize("limits", [(), (30, 30), (60, 30), (0, 30), (-5,)])
    def test_refuses_limits_that_do_not_grow(self, limits: tuple[int, ...]) -> None:
        with pytest.raises(ageing.BucketLimitsUnusable) as refused:
            Scheme(limits_days=limits)
        assert refused.value.code == "bucket_limits_unusable"

    @given(
        st.lists(st.integers(1, 2000), min_size=1, max_size=9, unique=True).map(sorted),
        st.integers(-3000, 3000),
        st.sampled_from(Basis),
    )
    def test_has_exactly_one_column_for_every_age(self, limits: list[int], age_days: int, basis: Basis) -> None:
        scheme = Scheme(limits_days=tuple(limits), basis=basis)
        assert sum(bucket.holds(age_days) for bucket in scheme.buckets) == 1


class TestAged:
    def test_reads_like_its_worked_example(self) -> None:
        sums = ageing.aged(
            [
                item(100, due=NOVEMBER_30),
                item(50, due=date(2026, 10, 30)),
                item(-20, due=date(2026, 11, 2)),
            ],
            as_of=NOVEMBER_30,
        )
        assert sums["not_due"] == 100
        assert sums["days_31_60"] == 50
        assert sums["unapplied"] == -20
        assert sums["total"] == 130

    @given(
        st.lists(
            st.tuples(st.integers(-(10**12), 10**12), st.integers(-500, 500), st.integers(-500, 500)), max_size=40
        ),
        st.sampled_from(Unapplied),
        st.sampled_from(Basis),
    )
    def test_columns_sum_to_the_whole(
        self, drawn: list[tuple[int, int, int]], unapplied: Unapplied, basis: Basis
    ) -> None:
        items = [
            item(minor, due=NOVEMBER_30 + timedelta(days=due), issued=NOVEMBER_30 + timedelta(days=issued))
            for minor, due, issued in drawn
        ]
        sums = dict(ageing.aged(items, as_of=NOVEMBER_30, scheme=Scheme(basis=basis, unapplied=unapplied)))
        assert sums.pop("total") == sum(sums.values()) == sum(minor for minor, _, _ in drawn)


class TestIsOverdue:
    def test_starts_on_the_day_after_the_due_date(self) -> None:
        assert not ageing.is_overdue(due_date=NOVEMBER_30, as_of=NOVEMBER_30)
        assert ageing.is_overdue(due_date=NOVEMBER_30, as_of=date(2026, 12, 1))
