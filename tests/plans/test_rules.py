"""Plans as tables: what a schedule comes to, how payments fall on it, when it is in breach."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.core.dates import BusinessCalendar
from encours.plans.rules.schedule import (
    AmountsDoNotFit,
    CapacityTooLow,
    Clause,
    DownPaymentTooHigh,
    Frequency,
    RateUnusable,
    ScheduleUnusable,
    Terms,
    build,
    count_for,
)
from encours.plans.rules.standing import Due, Payment, breach_date, follow, is_paid, kept_rate

MONTHLY = Terms(principal_minor=1_000_00, start_date=date(2026, 12, 1), first_date=date(2027, 1, 4), count=3)


def amounts(terms):
    return [row.amount_minor for row in build(terms).rows]


class TestSchedule:
    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({}, [333_34, 333_34, 333_32]),
            ({"count": 1}, [1_000_00]),
            ({"down_payment_minor": 400_00}, [400_00, 200_00, 200_00, 200_00]),
            ({"fee_minor": 50_00}, [350_00, 350_00, 350_00]),
            ({"edited": (500_00,)}, [500_00, 250_00, 250_00]),
            ({"edited": (500_00, 100_00)}, [500_00, 100_00, 400_00]),
        ],
    )
    def test_sums_back(self, change, expected):
        terms = replace(MONTHLY, **change)
        assert amounts(terms) == expected
        assert build(terms).principal_minor == terms.principal_minor
        assert build(terms).fee_minor == terms.fee_minor

    def test_agreed_interest_runs_on_what_is_left(self):
        made = build(replace(MONTHLY, clause=Clause.AGREED, percent=Decimal(12), edited=(400_00, 400_00)))
        # 1 000.00 x 12 % x 34 days / 365 = 11.18; 611.18 x 12 % x 31 / 365 = 6.23; 217.41 x 12 % x 28 / 365 = 2.00
        assert [row.interest_minor for row in made.rows] == [11_18, 6_23, 2_00]
        assert made.rows[1].left_minor == 217_41
        assert made.total_minor == 1_000_00 + made.interest_minor

    def test_statutory_interest_is_claimed_apart(self):
        assert build(replace(MONTHLY, clause=Clause.STATUTORY, percent=Decimal(12))).interest_minor == 0

    @pytest.mark.parametrize(
        ("frequency", "first", "expected"),
        [
            (Frequency.WEEKLY, date(2026, 12, 18), [date(2026, 12, 18), date(2026, 12, 28), date(2027, 1, 4)]),
            (Frequency.FORTNIGHTLY, date(2026, 12, 18), [date(2026, 12, 18), date(2027, 1, 4), date(2027, 1, 15)]),
            (Frequency.MONTHLY, date(2027, 1, 31), [date(2027, 2, 1), date(2027, 3, 1), date(2027, 3, 31)]),
        ],
    )
    def test_moves_to_working_days(self, frequency, first, expected):
        made = build(replace(MONTHLY, frequency=frequency, first_date=first))
        assert [row.due_date for row in made.rows] == expected

    def test_keeps_the_holidays_of_alsace(self):
        terms = replace(MONTHLY, first_date=date(2027, 3, 26), count=1)  # Good Friday
        assert build(terms).last_date == date(2027, 3, 26)
        assert build(replace(terms, calendar=BusinessCalendar("FR", "alsace-moselle"))).last_date == date(2027, 3, 30)

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"principal_minor": 0}, ScheduleUnusable),
            ({"count": 0}, ScheduleUnusable),
            ({"count": 61}, ScheduleUnusable),
            ({"first_date": date(2026, 11, 30)}, ScheduleUnusable),
            ({"down_payment_minor": 1_000_00}, DownPaymentTooHigh),
            ({"percent": Decimal(41)}, RateUnusable),
            ({"edited": (1_000_00,)}, AmountsDoNotFit),
            ({"edited": (0,)}, AmountsDoNotFit),
        ],
    )
    def test_refuses_what_does_not_fit(self, change, error):
        with pytest.raises(error):
            build(replace(MONTHLY, **change))

    @given(
        principal=st.integers(1_00, 10_000_000_00),
        count=st.integers(1, 60),
        down=st.integers(0, 99),
        fee=st.integers(0, 500_00),
        percent=st.decimals(0, 20, places=2),
        frequency=st.sampled_from(Frequency),
        clause=st.sampled_from(Clause),
        days=st.integers(0, 90),
    )
    def test_always_sums_back_to_the_cent(self, principal, count, down, fee, percent, frequency, clause, days):
        start = date(2026, 12, 1)
        terms = Terms(
            principal, start, date.fromordinal(start.toordinal() + days), count, frequency,
            principal * down // 100, fee, clause, percent,
        )  # fmt: skip
        try:
            made = build(terms)
        except AmountsDoNotFit:
            # some cents left over many instalments
            assert principal - principal * down // 100 < count * 100 + fee
            return
        assert made.principal_minor == principal
        assert made.fee_minor == fee
        assert made.total_minor == principal + fee + made.interest_minor
        assert made.rows[-1].left_minor == 0
        assert all(row.amount_minor > 0 for row in made.rows)
        level = [row.amount_minor for row in made.rows if row.number]
        assert made.rows[-1].amount_minor <= max(level)
        assert [row.due_date for row in made.rows] == sorted(row.due_date for row in made.rows)

    @pytest.mark.parametrize(("capacity", "count"), [(300_00, 4), (1_000_00, 1), (333_34, 3), (333_33, 4)])
    def test_finds_how_many_a_customer_needs(self, capacity, count):
        assert count_for(MONTHLY, capacity) == count

    def test_says_when_the_capacity_never_pays(self):
        with pytest.raises(CapacityTooLow):
            count_for(MONTHLY, 10_00)


DUES = [Due(n, n, date(2027, n, 5), 100_00) for n in (1, 2, 3)]


def stand(payments, today, credited=0):
    rows = follow(DUES, [Payment(*one) for one in payments], credited_minor=credited, today=today, grace_days=5)
    return [(row.left_minor, row.state.value) for row in rows]


class TestStanding:
    @pytest.mark.parametrize(
        ("payments", "credited", "today", "expected"),
        [
            ([], 0, date(2027, 1, 4), [(100_00, "to_come")] * 3),
            ([], 0, date(2027, 1, 5), [(100_00, "due"), (100_00, "to_come"), (100_00, "to_come")]),
            ([], 0, date(2027, 1, 10), [(100_00, "due"), (100_00, "to_come"), (100_00, "to_come")]),
            ([], 0, date(2027, 1, 11), [(100_00, "late"), (100_00, "to_come"), (100_00, "to_come")]),
            ([(date(2027, 1, 4), 150_00)], 0, date(2027, 1, 11),
             [(0, "paid"), (50_00, "to_come"), (100_00, "to_come")]),
            ([(date(2027, 1, 6), 100_00)], 0, date(2027, 1, 11),
             [(0, "paid_late"), (100_00, "to_come"), (100_00, "to_come")]),
            ([], 150_00, date(2027, 1, 4), [(100_00, "to_come"), (50_00, "to_come"), (0, "credited")]),
            ([(date(2027, 1, 4), 150_00)], 150_00, date(2027, 2, 5), [(0, "paid"), (0, "paid"), (0, "credited")]),
        ],
    )  # fmt: skip
    def test_pays_the_oldest_first_and_credits_the_last(self, payments, credited, today, expected):
        assert stand(payments, today, credited) == expected

    def test_is_in_breach_the_day_after_the_grace(self):
        rows = follow(DUES, [], today=date(2027, 1, 11), grace_days=5)
        assert breach_date(rows, grace_days=5) == date(2027, 1, 11)
        assert breach_date(follow(DUES, [], today=date(2027, 1, 10), grace_days=5), grace_days=5) is None

    def test_counts_what_was_kept(self):
        payments = [Payment(date(2027, 1, 5), 100_00), Payment(date(2027, 2, 6), 100_00)]
        rate = kept_rate(follow(DUES, payments, today=date(2027, 3, 1), grace_days=5), today=date(2027, 3, 1))
        assert (rate.due_count, rate.kept_count, rate.due_minor, rate.kept_minor) == (2, 1, 200_00, 100_00)

    @given(parts=st.lists(st.integers(1, 200_00), max_size=8), credited=st.integers(0, 300_00))
    def test_never_loses_a_cent(self, parts, credited):
        payments = [Payment(date(2027, 1, 1 + index), part) for index, part in enumerate(parts)]
        rows = follow(DUES, payments, credited_minor=credited, today=date(2027, 6, 1), grace_days=0)
        assert sum(row.left_minor for row in rows) == max(300_00 - credited - sum(parts), 0)
        assert all(row.left_minor >= 0 for row in rows)
        assert is_paid(rows) == (sum(parts) + credited >= 300_00)
