"""Interest, rate and compensation, against figures worked out by hand."""

import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from encours.core.legal_values import half_year
from encours.penalties.rules.interest import (
    Debt,
    Reduction,
    ReductionKind,
    Stop,
    SuspensionKind,
    interest_minor,
    is_late,
    segments_of,
)
from encours.penalties.rules.rates import (
    Agreement,
    Imputation,
    RateKind,
    Regime,
    compensation_of,
    rate_of,
)
from encours.penalties.rules.registry import EcbRateMissing, LegalRateMissing, shipped
from encours.penalties.rules.settling import SettledLeg, reductions_of

REGISTRY = shipped()
INTEREST_FIRST = Agreement(imputation=Imputation.INTEREST)
PUBLIC = Agreement(regime=Regime.PUBLIC)


def day(text: str) -> date:
    return date.fromisoformat(text)


def paid(text: str, minor: int, kind: ReductionKind = ReductionKind.PAYMENT) -> Reduction:
    return Reduction(day(text), minor, kind)


def lines(debt: Debt, until: str) -> list[tuple[str, str, int, str, int]]:
    return [
        (str(s.half_year), str(s.first_day), s.days, str(s.rate.percent), s.amount_minor)
        for s in segments_of(debt, until=day(until), registry=REGISTRY)
    ]


class TestSegments:
    def test_paid_after_a_change_of_rate(self):
        # 1 000.00 due 31 May 2025, paid 15 July 2025.
        # June: 30 days, 3.15 + 10: 1 000 x 0.1315 x 30 / 365 = 10.8082
        # 1 to 15 July: 15 days, 2.15 + 10: 1 000 x 0.1215 x 15 / 365 = 4.9932
        debt = Debt(100_000, day("2025-05-31"), (paid("2025-07-15", 100_000),))
        assert lines(debt, "2025-12-31") == [
            ("2025 S1", "2025-06-01", 30, "13.15", 10_81),
            ("2025 S2", "2025-07-01", 15, "12.15", 4_99),
        ]

    def test_partly_paid_then_open(self):
        # 12 000.00 due 31 March 2025; 5 000.00 come in on 15 May; asked on 31 August.
        # 1 April to 15 May: 45 days: 12 000 x 0.1315 x 45 / 365 = 194.5479
        # 16 May to 30 June: 46 days: 7 000 x 0.1315 x 46 / 365 = 116.0082
        # 1 July to 31 August: 62 days: 7 000 x 0.1215 x 62 / 365 = 144.4685
        debt = Debt(1_200_000, day("2025-03-31"), (paid("2025-05-15", 500_000),))
        assert lines(debt, "2025-08-31") == [
            ("2025 S1", "2025-04-01", 45, "13.15", 194_55),
            ("2025 S1", "2025-05-16", 46, "13.15", 116_01),
            ("2025 S2", "2025-07-01", 62, "12.15", 144_47),
        ]

    def test_eighteen_months_carry_four_rates(self):
        # 10 000.00 due 30 November 2023, asked on 30 June 2025.
        # December 2023: 31 days at 14.00: 10 000 x 0.14 x 31 / 365 = 118.9041
        # 2024 S1: 182 days (leap) at 14.50: 10 000 x 0.145 x 182 / 365 = 723.0137
        # 2024 S2: 184 days at 14.25: 10 000 x 0.1425 x 184 / 365 = 718.3562
        # 2025 S1: 181 days at 13.15: 10 000 x 0.1315 x 181 / 365 = 652.0959
        assert lines(Debt(1_000_000, day("2023-11-30")), "2025-06-30") == [
            ("2023 S2", "2023-12-01", 31, "14.00", 118_90),
            ("2024 S1", "2024-01-01", 182, "14.50", 723_01),
            ("2024 S2", "2024-07-01", 184, "14.25", 718_36),
            ("2025 S1", "2025-01-01", 181, "13.15", 652_10),
        ]

    def test_leap_years_count_365_days(self):
        # February 2024: 29 days: 1 000 x 0.145 x 29 / 365 = 11.5205
        assert lines(Debt(100_000, day("2024-01-31")), "2024-02-29") == [("2024 S1", "2024-02-01", 29, "14.50", 11_52)]

    def test_one_day_late_is_one_day(self):
        # 1 000 x 0.1215 x 1 / 365 = 0.3329
        debt = Debt(100_000, day("2025-09-30"), (paid("2025-10-01", 100_000),))
        assert lines(debt, "2026-01-31") == [("2025 S2", "2025-10-01", 1, "12.15", 33)]

    @pytest.mark.parametrize("paid_on", ["2025-09-30", "2025-09-01"])
    def test_paid_in_time_bears_nothing(self, paid_on):
        debt = Debt(100_000, day("2025-09-30"), (paid(paid_on, 100_000),))
        assert lines(debt, "2026-01-31") == []
        assert not is_late(debt, until=day("2026-01-31"))

    def test_a_credit_note_lowers_what_bears_from_its_day_on(self):
        # 1 000.00 due 31 May 2025, credit note of 400.00 on 10 June: 10 days on 1 000, 20 days on 600.
        # 1 000 x 0.1315 x 10 / 365 = 3.6027; 600 x 0.1315 x 20 / 365 = 4.3233
        debt = Debt(100_000, day("2025-05-31"), (paid("2025-06-10", 40_000, ReductionKind.CREDIT_NOTE),))
        assert [line[-1] for line in lines(debt, "2025-06-30")] == [3_60, 4_32]


class TestSuspensions:
    def test_insolvency_stops_interest_on_the_day_of_the_judgment(self):
        # due 30 April 2025, judgment 10 May: 1 to 9 May, 9 days: 1 000 x 0.1315 x 9 / 365 = 3.2425
        stop = Stop(day("2025-05-10"), None, SuspensionKind.INSOLVENCY)
        debt = Debt(100_000, day("2025-04-30"), stops=(stop,))
        assert lines(debt, "2026-06-30") == [("2025 S1", "2025-05-01", 9, "13.15", 3_24)]
        assert is_late(debt, until=day("2026-06-30"))

    def test_what_falls_due_after_the_judgment_owes_no_compensation(self):
        stop = Stop(day("2025-05-10"), None, SuspensionKind.INSOLVENCY)
        assert not is_late(Debt(100_000, day("2025-05-31"), stops=(stop,)), until=day("2026-06-30"))

    def test_a_delay_given_by_the_judge_is_cut_out(self):
        # due 31 May 2025; 11 to 20 June suspended: 10 + 10 days of June bear.
        # 1 000 x 0.1315 x 10 / 365 = 3.6027, twice
        stop = Stop(day("2025-06-11"), day("2025-06-20"), SuspensionKind.COURT_DELAY)
        assert [line[-3:] for line in lines(Debt(100_000, day("2025-05-31"), stops=(stop,)), "2025-06-30")] == [
            (10, "13.15", 3_60),
            (10, "13.15", 3_60),
        ]


class TestImputation:
    def test_a_payment_pays_interest_first_where_that_was_chosen(self):
        # 1 000.00 due 31 May 2025, 500.00 on 30 June, asked on 31 July.
        # June 10.81 is paid first, 489.19 go to the principal: 510.81 bear in July.
        # 510.81 x 0.1215 x 31 / 365 = 5.2712
        part = (paid("2025-06-30", 50_000),)
        first = lines(Debt(100_000, day("2025-05-31"), part, agreement=INTEREST_FIRST), "2025-07-31")
        assert [line[-1] for line in first] == [10_81, 5_27]
        # to the principal: 500 x 0.1215 x 31 / 365 = 5.1596
        assert [line[-1] for line in lines(Debt(100_000, day("2025-05-31"), part), "2025-07-31")] == [10_81, 5_16]

    def test_a_credit_note_pays_no_interest(self):
        part = (paid("2025-06-30", 50_000, ReductionKind.CREDIT_NOTE),)
        chosen = Debt(100_000, day("2025-05-31"), part, agreement=INTEREST_FIRST)
        assert lines(chosen, "2025-07-31") == lines(Debt(100_000, day("2025-05-31"), part), "2025-07-31")


RATES = [
    # by law: ECB on 1 January or 1 July + 10; the floor of 3 x 5.07 = 15.21 does not lift it
    ("2024 S1", Agreement(), "14.50", False),
    ("2025 S2", Agreement(), "12.15", False),
    # agreed below the floor: 3 x 5.07, 3 x 2.76
    ("2024 S1", Agreement(rate_kind=RateKind.FIXED, figure=Decimal(5)), "15.21", True),
    ("2025 S2", Agreement(rate_kind=RateKind.ECB_PLUS, figure=Decimal(4)), "8.28", True),
    # agreed above it
    ("2024 S2", Agreement(rate_kind=RateKind.LEGAL_TIMES, figure=Decimal(5)), "24.60", False),
    ("2025 S1", Agreement(rate_kind=RateKind.FIXED, figure=Decimal("15.00")), "15.00", False),
    # three times the legal rate is the least a contract may say, and is that floor itself
    ("2026 S1", Agreement(rate_kind=RateKind.LEGAL_TIMES, figure=Decimal(3)), "7.86", False),
]


class TestRate:
    @pytest.mark.parametrize(("half", "agreement", "percent", "is_floor"), RATES)
    def test_by_law_or_by_contract(self, half, agreement, percent, is_floor):
        half = half_year(half)
        rate = rate_of(agreement, half, began=half.first_day, registry=REGISTRY)
        assert (str(rate.percent), rate.is_floor) == (percent, is_floor)
        assert "L441-10" in rate.article

    def test_a_public_buyer_keeps_the_rate_of_the_half_year_in_which_interest_began(self):
        # due 30 November 2024: ECB on 1 July 2024, 4.25, + 8 = 12.25 for good.
        # December: 1 000 x 0.1225 x 31 / 365 = 10.4041; January and February: 59 days: 19.8014
        found = lines(Debt(100_000, day("2024-11-30"), agreement=PUBLIC), "2025-02-28")
        assert [line[-2:] for line in found] == [("12.25", 10_40), ("12.25", 19_80)]
        assert (
            "R2192-31"
            in segments_of(
                Debt(100_000, day("2024-11-30"), agreement=PUBLIC), until=day("2025-02-28"), registry=REGISTRY
            )[0].rate.article
        )

    def test_a_half_year_nobody_entered_refuses(self):
        with pytest.raises(EcbRateMissing) as refusal:
            segments_of(Debt(100_000, day("2026-11-30")), until=day("2027-01-01"), registry=REGISTRY)
        assert "2027 S1" in refusal.value.sentence

    def test_a_clause_needs_the_legal_rate_for_its_floor(self):
        agreed = Agreement(rate_kind=RateKind.FIXED, figure=Decimal(15))
        with pytest.raises(LegalRateMissing):
            segments_of(Debt(100_000, day("2026-12-31"), agreement=agreed), until=day("2027-01-02"), registry=REGISTRY)

    def test_compensation_has_its_own_article(self):
        assert str(compensation_of(Agreement(), due_date=day("2026-03-01"), registry=REGISTRY).value) == "40.00"
        assert compensation_of(PUBLIC, due_date=day("2026-03-01"), registry=REGISTRY).article == "CCP D2192-35"


def leg(item_id: int, kind: str, on: str, minor: int, *, due: str = "") -> SettledLeg:
    return SettledLeg(item_id, kind, f"N{item_id}", day(on), day(due or on), "EUR", minor)


class TestReductions:
    def test_the_money_that_came_first_pays_the_debt_due_first(self):
        legs = [
            leg(1, "invoice", "2025-01-01", -100, due="2025-01-31"),
            leg(2, "invoice", "2025-01-05", -50, due="2025-02-05"),
            leg(8, "receipt", "2025-03-03", 120),
            leg(9, "credit_note", "2025-03-09", 30),
        ]
        found = reductions_of(legs)
        assert [(r.day, r.amount_minor, r.kind.value) for r in found[1]] == [(day("2025-03-03"), 100, "payment")]
        assert [(r.day, r.amount_minor, r.kind.value) for r in found[2]] == [
            (day("2025-03-03"), 20, "payment"),
            (day("2025-03-09"), 30, "credit_note"),
        ]

    def test_what_was_settled_on_an_unknown_day_counts_as_paid_in_time(self):
        legs = [
            leg(1, "invoice", "2025-01-01", -100, due="2025-01-31"),
            leg(9, "settled_before", "2025-06-30", 100),
        ]
        (reduction,) = reductions_of(legs)[1]
        assert reduction.day == day("2025-01-31")
        assert reduction.kind is ReductionKind.UNDATED


FIRST = day("2021-01-01")
DAYS = some.dates(FIRST, day("2026-12-31"))


@some.composite
def debts(draw, imputations=(Imputation.PRINCIPAL,)):
    principal = draw(some.integers(1, 10_000_000))
    due = draw(some.dates(FIRST, day("2026-06-30")))
    left, reductions = principal, []
    for _ in range(draw(some.integers(0, 4))):
        amount = draw(some.integers(0, left))
        if amount:
            kind = draw(some.sampled_from([ReductionKind.PAYMENT, ReductionKind.CREDIT_NOTE]))
            reductions.append(Reduction(draw(DAYS), amount, kind))
            left -= amount
    stops = []
    for _ in range(draw(some.integers(0, 2))):
        first = draw(DAYS)
        last = draw(some.none() | some.dates(first, first + timedelta(days=400)))
        stops.append(Stop(first, last, SuspensionKind.GRACE))
    agreement = Agreement(
        regime=draw(some.sampled_from(Regime)),
        rate_kind=draw(some.sampled_from(RateKind)),
        figure=Decimal(draw(some.integers(0, 3000))) / 100,
        imputation=draw(some.sampled_from(imputations)),
    )
    return Debt(principal, due, tuple(reductions), tuple(stops), agreement)


def total(debt: Debt, until: date) -> int:
    return interest_minor(segments_of(debt, until=until, registry=REGISTRY))


class TestLaws:
    @given(debts(tuple(Imputation)), DAYS)
    def test_the_total_is_the_sum_of_its_segments_day_by_day(self, debt, until):
        found = segments_of(debt, until=until, registry=REGISTRY)
        assert total(debt, until) == sum(s.amount_minor for s in found)
        assert all(s.days > 0 and s.base_minor > 0 for s in found)
        assert all(before.last_day < after.first_day for before, after in itertools.pairwise(found))
        assert all(debt.due_date < s.first_day and s.last_day <= until for s in found)

    @given(debts(), DAYS, DAYS)
    def test_cutting_a_period_in_two_changes_nothing(self, debt, cut, until):
        # a reduction of nothing cuts the period as a payment would
        with_cut = Debt(
            debt.principal_minor, debt.due_date, (*debt.reductions, Reduction(cut, 0)), debt.stops, debt.agreement
        )
        assert segments_of(with_cut, until=until, registry=REGISTRY) == segments_of(
            debt, until=until, registry=REGISTRY
        )

    @given(debts(), DAYS, DAYS)
    def test_the_days_of_a_part_and_of_the_rest_make_the_whole(self, debt, one, other):
        # exact, before the cents: what runs up to a day and what runs after it add up
        first, last = sorted((one, other))
        whole = segments_of(debt, until=last, registry=REGISTRY)
        before = segments_of(debt, until=first, registry=REGISTRY)
        after = Debt(
            debt.principal_minor,
            debt.due_date,
            debt.reductions,
            (*debt.stops, Stop(FIRST, first, SuspensionKind.GRACE)),
            debt.agreement,
        )
        rest = segments_of(after, until=last, registry=REGISTRY)
        assert sum(s.exact_minor for s in whole) == sum(s.exact_minor for s in [*before, *rest])

    @given(debts(), DAYS, some.integers(0, 500))
    def test_another_day_never_lowers_interest(self, debt, until, more):
        later = min(until + timedelta(days=more), day("2026-12-31"))
        assert total(debt, until) <= total(debt, max(until, later))

    @given(debts(), DAYS)
    def test_nothing_runs_on_what_was_paid(self, debt, until):
        for segment in segments_of(debt, until=until, registry=REGISTRY):
            paid_before = sum(r.amount_minor for r in debt.reductions if r.day < segment.first_day)
            assert segment.base_minor == debt.principal_minor - paid_before

    @given(debts(), DAYS)
    def test_paying_interest_first_never_costs_the_creditor(self, debt, until):
        chosen = Agreement(debt.agreement.regime, debt.agreement.rate_kind, debt.agreement.figure, Imputation.INTEREST)
        first = Debt(debt.principal_minor, debt.due_date, debt.reductions, debt.stops, chosen)
        assert total(first, until) + len(segments_of(debt, until=until, registry=REGISTRY)) >= total(debt, until)

    @given(debts(), DAYS)
    def test_what_is_settled_by_the_due_date_bears_nothing(self, debt, until):
        settled = Debt(
            debt.principal_minor,
            debt.due_date,
            (Reduction(debt.due_date, debt.principal_minor),),
            debt.stops,
            debt.agreement,
        )
        assert total(settled, until) == 0
        assert not is_late(settled, until=until)
