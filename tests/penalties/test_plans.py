"""A plan that waives penalties suspends them; broken, they run as if it had never been, or from its end, as it says."""

from datetime import UTC, date, datetime

import pytest

from encours.penalties.queries import notes
from encours.plans import actions as plans
from encours.plans.rules.schedule import Clause, Terms

AGREED, BREACH = date(2025, 7, 1), date(2025, 8, 10)
NOW = datetime(2025, 8, 10, 9, tzinfo=UTC)


def interest(company, day):
    found = notes.left_of(company.acme.pk, organisation_id=company.organisation_id, day=day)
    return sum(accrual.interest_minor for accrual in found)


def agreed(company, books, **more):
    item = books.invoice(company.acme, 1_000_00, issued=date(2025, 5, 1), due=date(2025, 5, 31), number="F1")
    clause = more.pop("clause", Clause.NONE)
    terms = Terms(1_000_00, AGREED, date(2025, 8, 1), 2, clause=clause)
    given = {"organisation_id": company.organisation_id, "today": AGREED, "by": company.by}
    wanted = plans.Wanted(company.acme.pk, [item.pk], terms, grace_days=5, **more)
    plan = plans.draft(wanted, key="p", **given)
    plans.approve(plan_id=plan.pk, **given)
    plans.agree(plan_id=plan.pk, signed_by="Paul", agreed_date=AGREED, **given)
    return plan


def broken(company, plan):
    plans.break_plan(
        organisation_id=company.organisation_id, plan_id=plan.pk, today=BREACH, now=NOW, by=company.by, why="unpaid"
    )


class TestPenaltiesUnderAPlan:
    def test_stop_on_the_day_of_the_agreement(self, company, books):
        agreed(company, books)
        # 1 to 30 June 2025: 30 days at 13.15 % -> 10.81
        assert interest(company, date(2025, 7, 31)) == interest(company, date(2025, 6, 30)) == 10_81

    def test_go_on_where_the_clause_says_so(self, company, books):
        agreed(company, books, clause=Clause.STATUTORY)
        # 31 days of July at 12.15 % -> 10.32
        assert interest(company, date(2025, 7, 31)) == 21_13

    @pytest.mark.parametrize(
        # 10.81, and 1 July to 20 August (51 days) or 11 to 20 August (10 days) at 12.15 %
        ("revives", "expected"), [(True, 10_81 + 16_98), (False, 10_81 + 3_33)],
    )  # fmt: skip
    def test_after_a_breach_run_as_the_plan_says(self, company, books, revives, expected):
        broken(company, agreed(company, books, revives_penalties=revives))
        assert interest(company, date(2025, 8, 20)) == expected

    def test_the_plans_own_fee_bears_none(self, company, books):
        item = books.invoice(company.acme, 1_000_00, issued=date(2025, 5, 1), due=date(2025, 5, 31), number="F1")
        terms = Terms(1_000_00, AGREED, date(2025, 7, 7), 1, fee_minor=50_00)
        given = {"organisation_id": company.organisation_id, "today": AGREED, "by": company.by}
        plan = plans.draft(plans.Wanted(company.acme.pk, [item.pk], terms), key="p", **given)
        plans.approve(plan_id=plan.pk, **given)
        plans.agree(plan_id=plan.pk, signed_by="Paul", agreed_date=AGREED, **given)
        found = notes.left_of(company.acme.pk, organisation_id=company.organisation_id, day=date(2025, 12, 1))
        assert [accrual.item.document_number for accrual in found] == ["F1"]
