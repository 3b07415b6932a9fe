"""The guardian's days as tables an accountant can read, and the laws they keep."""

import datetime as dt
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.core.dates import BusinessCalendar, add_months
from encours.core.legal_values import LegalValueMissing, Registry
from encours.recovery.rules.deadlines import (
    INTERRUPTS,
    MAY_INTERRUPT,
    Act,
    ActKind,
    Kind,
    Regime,
    Urgency,
    YearsUnusable,
    insolvency,
    limitation,
    order,
    title,
)
from encours.recovery.rules.registry import periods
from encours.recovery.rules.reminding import Last, near

DUE = date(2024, 3, 10)
CALENDAR = BusinessCalendar()


def day(text):
    return date.fromisoformat(text)


def days(deadline):
    return deadline.safe_date.isoformat(), deadline.possible_date and deadline.possible_date.isoformat()


class TestLimitation:
    @pytest.mark.parametrize(
        ("regime", "acts", "safe", "possible"),
        [
            ("commercial", [], "2029-03-10", None),
            ("general", [], "2029-03-10", None),
            ("consumer", [], "2026-03-10", None),
            ("carriage", [], "2025-03-10", None),
            # a formal notice, a request for an order and an opposition interrupt nothing
            ("commercial", [("formal_notice", "2025-06-01")], "2029-03-10", None),
            ("commercial", [("order_requested", "2025-06-01")], "2029-03-10", None),
            ("commercial", [("order_issued", "2025-06-01")], "2029-03-10", None),
            # what interrupts begins the whole period again
            ("commercial", [("acknowledgement", "2025-06-01")], "2030-06-01", None),
            ("commercial", [("summons", "2025-06-01")], "2030-06-01", None),
            ("commercial", [("order_served", "2025-06-01")], "2030-06-01", None),
            ("commercial", [("enforcement", "2025-06-01")], "2030-06-01", None),
            ("commercial", [("claim_filed", "2025-06-01")], "2030-06-01", None),
            ("consumer", [("acknowledgement", "2025-06-01")], "2027-06-01", None),
            # what may be an acknowledgement moves the possible day only
            ("commercial", [("payment", "2025-06-01")], "2029-03-10", "2030-06-01"),
            ("commercial", [("request_for_time", "2025-06-01")], "2029-03-10", "2030-06-01"),
            ("commercial", [("payment", "2025-06-01"), ("acknowledgement", "2026-01-15")], "2031-01-15", None),
            ("commercial", [("acknowledgement", "2025-06-01"), ("payment", "2026-01-15")], "2030-06-01", "2031-01-15"),
            # an act after the last day brings nothing back; one the possible day still covered may
            ("consumer", [("acknowledgement", "2026-03-11")], "2026-03-10", None),
            ("consumer", [("acknowledgement", "2026-03-10")], "2028-03-10", None),
            ("consumer", [("payment", "2025-03-01"), ("acknowledgement", "2026-12-01")], "2026-03-10", "2028-12-01"),
            # before the due date nothing runs yet
            ("commercial", [("acknowledgement", "2024-03-01")], "2029-03-10", None),
        ],
    )
    def test_runs_from_the_due_date_and_anew_from_what_interrupts(self, regime, acts, safe, possible):
        found = limitation(DUE, Regime(regime), [Act(ActKind(k), day(d)) for k, d in acts], registry=periods())
        assert days(found) == (safe, possible)

    def test_what_nobody_qualified_is_possible_only(self):
        act = Act(ActKind.ACKNOWLEDGEMENT, day("2025-06-01"), is_certain=False)
        assert days(limitation(DUE, Regime.COMMERCIAL, [act], registry=periods())) == ("2029-03-10", "2030-06-01")

    def test_never_lasts_beyond_twenty_years(self):
        acts = [Act(ActKind.SUMMONS, date(year, 3, 1)) for year in range(2025, 2045)]
        assert days(limitation(DUE, Regime.COMMERCIAL, acts, registry=periods()))[0] == "2044-03-10"

    def test_a_contract_may_set_one_to_ten_years_between_professionals(self):
        found = limitation(DUE, Regime.COMMERCIAL, [], registry=periods(), years=1)
        assert (days(found)[0], found.article) == ("2025-03-10", "C. com. L110-4, C. civ. 2254")
        for regime, years in (("commercial", 0), ("commercial", 11), ("consumer", 3)):
            with pytest.raises(YearsUnusable):
                limitation(DUE, Regime(regime), [], registry=periods(), years=years)

    def test_ends_on_the_last_day_of_a_short_month(self):
        assert days(limitation(date(2024, 2, 29), Regime.CARRIAGE, [], registry=periods()))[0] == "2025-02-28"

    def test_refuses_without_a_value_for_the_day(self):
        with pytest.raises(LegalValueMissing):
            limitation(date(1999, 1, 1), Regime.COMMERCIAL, [], registry=periods())
        with pytest.raises(LegalValueMissing):
            limitation(DUE, Regime.COMMERCIAL, [], registry=Registry([]))

    ACTS = st.lists(
        st.builds(
            Act,
            st.sampled_from(ActKind),
            st.dates(date(2023, 1, 1), date(2050, 1, 1)),
            st.booleans(),
        ),
        max_size=8,
    )

    @given(acts=ACTS, regime=st.sampled_from(Regime), due=st.dates(date(2010, 1, 1), date(2030, 1, 1)))
    def test_the_safe_day_is_never_later_than_the_possible_one(self, acts, regime, due):
        found = limitation(due, regime, acts, registry=periods())
        plain = limitation(due, regime, [], registry=periods())
        possible = found.possible_date or found.safe_date
        assert plain.safe_date <= found.safe_date <= possible <= add_months(due, 240)
        assert found.possible_date is None or found.possible_date > found.safe_date

    @given(acts=ACTS, regime=st.sampled_from(Regime))
    def test_only_what_interrupts_moves_anything(self, acts, regime):
        idle = [act for act in acts if act.kind not in INTERRUPTS | MAY_INTERRUPT]
        assert days(limitation(DUE, regime, idle, registry=periods())) == days(
            limitation(DUE, regime, [], registry=periods())
        )

    @given(acts=ACTS, regime=st.sampled_from(Regime))
    def test_the_order_in_which_acts_are_noted_does_not_matter(self, acts, regime):
        assert days(limitation(DUE, regime, acts, registry=periods())) == days(
            limitation(DUE, regime, acts[::-1], registry=periods())
        )


class TestOrder:
    @pytest.mark.parametrize(
        ("acts", "expected"),
        [
            ([], []),
            ([("order_issued", "2026-08-31")], [("order_service", "2027-02-28", "2027-03-01")]),
            ([("order_issued", "2026-09-01")], [("order_service", "2026-12-01", None)]),
            ([("order_issued", "2026-09-15")], [("order_service", "2026-12-15", None)]),
            (
                [("order_issued", "2026-09-15"), ("order_served", "2026-11-02")],
                [("opposition", "2026-12-02", None)],
            ),
            ([("order_issued", "2026-09-15"), ("order_served", "2026-11-02"), ("opposition", "2026-11-20")], []),
            # an order served before, and a new one since
            (
                [("order_issued", "2025-01-10"), ("order_served", "2025-02-10"), ("order_issued", "2026-09-15")],
                [("order_service", "2026-12-15", None)],
            ),
        ],
    )
    def test_is_served_in_time_then_may_be_opposed(self, acts, expected):
        found = order([Act(ActKind(k), day(d)) for k, d in acts], registry=periods(), calendar=CALENDAR)
        assert [(one.kind.value, *days(one)) for one in found] == expected

    def test_the_short_period_says_it_is_to_be_verified(self):
        (found,) = order([Act(ActKind.ORDER_ISSUED, day("2026-09-15"))], registry=periods(), calendar=CALENDAR)
        assert found.doubt


class TestTitle:
    def test_lasts_ten_years_and_maybe_more_after_a_measure(self):
        acts = [Act(ActKind.TITLE, day("2026-01-15")), Act(ActKind.ENFORCEMENT, day("2027-05-03"))]
        assert days(title(acts[:1], registry=periods())) == ("2036-01-15", None)
        assert days(title(acts, registry=periods())) == ("2036-01-15", "2037-05-03")
        assert title([], registry=periods()) is None


class TestInsolvency:
    @pytest.mark.parametrize(
        ("published", "abroad", "filed", "retention", "expected"),
        [
            (None, False, False, True, []),
            ("2026-10-12", False, False, False,
             [("claim_filing", "2026-12-12", "2026-12-14"), ("claim_relief", "2027-04-12", None)]),
            ("2026-10-12", True, False, False,
             [("claim_filing", "2027-02-12", None), ("claim_relief", "2027-04-12", None)]),
            ("2026-10-12", False, True, False, []),
            ("2026-10-12", False, True, True, [("retention", "2027-01-12", None)]),
            ("2024-12-31", False, False, False,
             [("claim_filing", "2025-02-28", None), ("claim_relief", "2025-06-30", None)]),
        ],
    )  # fmt: skip
    def test_counts_from_the_publication(self, published, abroad, filed, retention, expected):
        found = insolvency(
            day(published) if published else None,
            is_creditor_abroad=abroad,
            is_claim_filed=filed,
            sold_with_retention=retention,
            registry=periods(),
            calendar=CALENDAR,
        )
        assert [(one.kind.value, *days(one)) for one in found] == expected


@pytest.mark.parametrize(
    ("today", "expected"),
    [("2029-03-11", "over"), ("2029-03-10", "week"), ("2029-03-03", "week"), ("2029-03-02", "month"),
     ("2029-02-08", "month"), ("2029-02-07", "later")],
)  # fmt: skip
def test_urgency_goes_by_the_safe_day(today, expected):
    found = limitation(DUE, Regime.COMMERCIAL, [], registry=periods())
    assert (found.urgency(day(today)), found.kind) == (Urgency(expected), Kind.LIMITATION)


def test_every_period_names_its_article_and_source():
    for value in periods().values():
        assert value.article
        assert value.source
        assert value.unit in ("years", "months")


class TestNear:
    TODAY = dt.date(2026, 11, 24)

    @pytest.mark.parametrize(
        ("kind", "days", "expected"),  # days from today to the safe day -> days from today to the task, None: no task
        [
            ("limitation", 90, 83),
            ("limitation", 91, None),
            ("limitation", 3, 0),
            ("limitation", -1, None),
            ("order_service", 45, 38),
            ("retention", 46, None),
            ("mandate", 60, 53),
            ("mandate", -1, None),
            ("notice", 0, None),
            ("notice", -1, 0),
            ("notice", -31, None),
            ("claim_filing", 10, None),
            ("opposition", 10, None),
        ],
    )
    def test_asks_early_enough_and_not_for_what_is_over(self, kind, days, expected):
        last = Last(Kind(kind), 1, "Acme", "F1", self.TODAY + dt.timedelta(days=days))
        found = [(one.due_date - self.TODAY).days for one in near([last], today=self.TODAY)]
        assert found == ([] if expected is None else [expected])

    def test_relief_is_asked_for_once_the_time_to_file_is_over(self):
        relief = Last(Kind.CLAIM_RELIEF, 1, "Acme", "x", self.TODAY + dt.timedelta(days=30))
        filing = Last(Kind.CLAIM_FILING, 1, "Acme", "x", self.TODAY + dt.timedelta(days=3))
        assert near([relief, filing], today=self.TODAY) == []
        assert [one.first.kind for one in near([relief], today=self.TODAY)] == [Kind.CLAIM_RELIEF]
