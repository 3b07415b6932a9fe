"""Plans drawn up, agreed, kept and broken: on the books, by cash, once."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import ProgrammingError, transaction

from encours.access import context
from encours.access.models import AuditEntry
from encours.access.rules import Scope
from encours.customers.models import Customer
from encours.ledger.invariants import check as check_ledger
from encours.ledger.models import OpenItem
from encours.plans import actions as plans
from encours.plans.actions import Wanted
from encours.plans.models import Plan, PlanItem
from encours.plans.queries import followed
from encours.plans.rules.schedule import Clause, Terms
from encours.plans.rules.standing import State
from tests import cast
from tests.books import Books

TODAY = date(2026, 12, 1)
NOW = datetime(2027, 1, 13, 9, tzinfo=UTC)
TERMS = Terms(principal_minor=900_00, start_date=TODAY, first_date=date(2027, 1, 4), count=3)


@pytest.fixture
def books(company):
    return Books(company)


@pytest.fixture
def owed(company, books):
    """Acme owes 600.00 and 300.00, both late."""
    return [
        books.invoice(company.acme, 600_00, issued=date(2026, 9, 1), due=date(2026, 10, 1), number="F1"),
        books.invoice(company.acme, 300_00, issued=date(2026, 9, 15), due=date(2026, 10, 15), number="F2"),
    ]


def drafted(company, items, *, terms=TERMS, key="form-1", **more):
    wanted = Wanted(customer_id=company.acme.pk, item_ids=[item.pk for item in items], terms=terms, **more)
    return plans.draft(wanted, organisation_id=company.organisation_id, today=TODAY, key=key, by=company.by)


def agreed(company, items, **more):
    plan = drafted(company, items, **more)
    plans.approve(organisation_id=company.organisation_id, plan_id=plan.pk, today=TODAY, by=company.by)
    return plans.agree(
        organisation_id=company.organisation_id, plan_id=plan.pk, signed_by="Paul Acme, gérant", agreed_date=TODAY,
        today=TODAY, by=company.by,
    )  # fmt: skip


def seen(plan, today):
    plan.refresh_from_db()
    return followed.seen_of([plan], today=today)[0]


class TestDrawingUp:
    def test_keeps_the_schedule_and_what_it_covers(self, company, owed):
        plan = drafted(company, owed)
        assert plan.number == "PLAN-2026-0001"
        assert [row.amount_minor for row in plan.instalments.order_by("number")] == [300_00, 300_00, 300_00]
        assert [(item.document_number, item.amount_minor) for item in plan.items.order_by("pk")] == [
            ("F1", 600_00), ("F2", 300_00),
        ]  # fmt: skip
        assert seen(plan, TODAY).state is State.DRAFT
        assert AuditEntry.objects.filter(verb="draft_plan").count() == 1

    def test_the_same_form_twice_is_one_plan(self, company, owed):
        assert drafted(company, owed).pk == drafted(company, owed).pk

    def test_refuses_another_sum_than_is_open(self, company, owed):
        with pytest.raises(plans.BooksMoved):
            drafted(company, owed, terms=replace(TERMS, principal_minor=899_00))

    def test_refuses_items_of_two_currencies(self, company, books, owed):
        other = books.invoice(
            company.acme, 1_00, issued=date(2026, 9, 1), due=date(2026, 10, 1), currency="USD", number="F3"
        )
        with pytest.raises(plans.NothingToSpread):
            drafted(company, [*owed, other])

    def test_refuses_another_customers_item(self, company, books, owed):
        other = books.invoice(company.borealis, 1_00, issued=date(2026, 9, 1), due=date(2026, 10, 1), number="F3")
        with pytest.raises(plans.NothingToSpread):
            drafted(company, [*owed, other])

    def test_a_private_person_bears_no_interest(self, company, owed):
        Customer.objects.filter(pk=company.acme.pk).update(is_natural_person=True)
        with pytest.raises(plans.NotForConsumers):
            drafted(company, owed, terms=replace(TERMS, clause=Clause.STATUTORY))
        assert drafted(company, owed).clause == "none"


class TestAgreeing:
    def test_needs_approval_and_a_name(self, company, owed):
        plan = drafted(company, owed)
        given = {"organisation_id": company.organisation_id, "plan_id": plan.pk, "today": TODAY, "by": company.by}
        with pytest.raises(plans.WrongState):
            plans.agree(signed_by="Paul", agreed_date=TODAY, **given)
        plans.approve(**given)
        with pytest.raises(plans.SignatureMissing):
            plans.agree(signed_by=" ", agreed_date=TODAY, **given)
        with pytest.raises(plans.DayToCome):
            plans.agree(signed_by="Paul", agreed_date=date(2026, 12, 2), **given)
        plans.agree(signed_by="Paul", agreed_date=TODAY, **given)
        assert seen(plan, TODAY).state is State.AGREED
        assert seen(plan, date(2027, 1, 4)).state is State.RUNNING

    def test_posts_its_fee_and_interest_and_covers_them(self, company, owed):
        terms = replace(TERMS, clause=Clause.AGREED, percent=Decimal(12), fee_minor=30_00)
        plan = agreed(company, owed, terms=terms)
        own = list(OpenItem.objects.filter(document_number=plan.number).order_by("instalment_number"))
        assert [(item.counterpart, item.amount_minor) for item in own] == [
            ("758", 30_00), ("763", plan.interest_minor),
        ]  # fmt: skip
        assert sum(item.amount_minor for item in PlanItem.objects.filter(plan=plan)) == plan.total_minor
        assert all(finding.is_kept for finding in check_ledger(company.organisation_id))

    def test_refuses_when_money_came_in_meanwhile(self, company, books, owed):
        plan = drafted(company, owed)
        plans.approve(organisation_id=company.organisation_id, plan_id=plan.pk, today=TODAY, by=company.by)
        books.pay(owed[1], day=TODAY, minor=100_00)
        with pytest.raises(plans.BooksMoved):
            plans.agree(
                organisation_id=company.organisation_id, plan_id=plan.pk, signed_by="Paul", agreed_date=TODAY,
                today=TODAY, by=company.by,
            )  # fmt: skip

    def test_an_item_is_covered_once(self, company, owed):
        agreed(company, owed)
        with pytest.raises(plans.CoveredAlready):
            drafted(company, owed, key="form-2")


class TestCash:
    def test_pays_the_oldest_instalment_on_the_day_it_was_received(self, company, books, owed):
        plan = agreed(company, owed)
        received = books.receipt(company.acme, 400_00, day=date(2027, 1, 4))
        books.settle(owed[0], received, day=date(2027, 1, 9))
        found = seen(plan, date(2027, 1, 20))
        assert [(row.paid_minor, row.state.value) for row in found.rows] == [
            (300_00, "paid"), (100_00, "to_come"), (0, "to_come"),
        ]  # fmt: skip
        assert (found.paid_minor, found.left_minor) == (400_00, 500_00)

    def test_a_credit_note_shortens_the_plan_from_its_end(self, company, books, owed):
        plan = agreed(company, owed)
        books.settle(owed[1], books.credit_note(company.acme, 300_00, issued=TODAY), day=TODAY)
        assert [row.left_minor for row in seen(plan, TODAY).rows] == [300_00, 300_00, 0]

    def test_money_taken_back_is_owed_again(self, company, books, owed):
        plan = agreed(company, owed)
        books.undo(books.pay(owed[0], day=date(2027, 1, 4), minor=300_00))
        assert seen(plan, date(2027, 1, 5)).left_minor == 900_00

    def test_what_was_paid_before_does_not_count(self, company, books, owed):
        books.pay(owed[0], day=date(2026, 11, 1), minor=100_00)
        plan = agreed(company, owed, terms=replace(TERMS, principal_minor=800_00))
        assert (seen(plan, TODAY).paid_minor, seen(plan, TODAY).left_minor) == (0, 800_00)
        books.pay(owed[0], day=date(2027, 1, 4), minor=50_00)
        assert seen(plan, date(2027, 1, 5)).paid_minor == 50_00

    def test_paid_in_full_it_is_kept(self, company, books, owed):
        plan = agreed(company, owed)
        for item in owed:
            books.pay(item, day=date(2027, 1, 2))
        plans.review(organisation_id=company.organisation_id, today=date(2027, 1, 3), now=NOW, by=company.by)
        assert seen(plan, date(2027, 1, 3)).state is State.KEPT

    def test_in_breach_it_is_broken_alone_only_where_agreed(self, company, owed):
        plan = agreed(company, owed, breaks_alone=False)
        day = date(2027, 1, 13)  # 4 January and 8 days of grace are over
        assert plans.review(organisation_id=company.organisation_id, today=day, now=NOW, by=company.by) == []
        assert seen(plan, day).breach_date == day
        plans.break_plan(
            organisation_id=company.organisation_id, plan_id=plan.pk, today=day, now=NOW, by=company.by, why="unpaid"
        )
        assert seen(plan, day).state is State.BROKEN

    def test_the_clause_may_end_it_by_itself(self, company, owed):
        plan = agreed(company, owed, breaks_alone=True)
        plans.review(organisation_id=company.organisation_id, today=date(2027, 1, 12), now=NOW, by=company.by)
        assert seen(plan, date(2027, 1, 12)).state is State.RUNNING
        plans.review(organisation_id=company.organisation_id, today=date(2027, 1, 13), now=NOW, by=company.by)
        assert seen(plan, date(2027, 1, 13)).state is State.BROKEN

    def test_a_plan_that_is_kept_is_not_broken(self, company, books, owed):
        plan = agreed(company, owed)
        with pytest.raises(plans.WrongState):
            plans.break_plan(
                organisation_id=company.organisation_id, plan_id=plan.pk, today=TODAY, now=NOW, by=company.by, why="no"
            )

    def test_broken_its_unpaid_interest_gives_way_to_the_laws(self, company, owed):
        plan = agreed(company, owed, terms=replace(TERMS, clause=Clause.AGREED, percent=Decimal(12), fee_minor=30_00))
        day = date(2027, 1, 13)
        plans.break_plan(
            organisation_id=company.organisation_id, plan_id=plan.pk, today=day, now=NOW, by=company.by, why="unpaid"
        )
        left = OpenItem.objects.filter(document_number=plan.number, amount_minor__gt=0)
        assert [(item.counterpart, item.open_minor) for item in left.order_by("pk")] == [("758", 30_00), ("763", 0)]


class TestWhoSees:
    def test_the_other_tenant_sees_nothing(self, company, owed):
        agreed(company, owed)
        with cast.company("dora") as dora:
            assert Plan.objects.count() == 0
            assert followed.plans(Scope(dora.organisation_id, None, "cfo"), today=TODAY) == []
        context.bind(company.organisation_id)
        assert Plan.objects.count() == 1

    def test_terms_never_change(self, company, owed):
        plan = agreed(company, owed)
        with pytest.raises(ProgrammingError), transaction.atomic():
            Plan.objects.filter(pk=plan.pk).update(principal_minor=1)
        with pytest.raises(ProgrammingError), transaction.atomic():
            PlanItem.objects.filter(plan=plan).delete()

    def test_another_portfolio_is_not_shown(self, company, owed):
        agreed(company, owed)
        stranger = Scope(company.organisation_id, company.collector.pk + 1000, "sales", own_portfolio_only=True)
        assert followed.plans(stranger, today=TODAY) == []
        mine = Scope(company.organisation_id, company.collector.pk, "collector", own_portfolio_only=True)
        assert len(followed.plans(mine, today=TODAY)) == 1
