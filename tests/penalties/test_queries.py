"""Penalties as they are reckoned from the books: which items, from which day to which, known when."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from encours.access import context
from encours.access.models import Entity
from encours.core.dates import HalfYear
from encours.customers.models import Customer
from encours.disputes import actions as disputes
from encours.ledger.queries import AsOf, Selection
from encours.penalties import actions as penalties
from encours.penalties.queries.accruals import accruals, left_out
from encours.penalties.rules.interest import SuspensionKind
from encours.penalties.rules.rates import Agreement, Imputation, RateKind, Regime
from encours.penalties.rules.registry import ECB_RATE
from tests import cast
from tests.books import Books

ISSUED, DUE, DAY = date(2025, 5, 1), date(2025, 5, 31), date(2025, 7, 31)


def found(company, day=DAY, **asked):
    selection = Selection(organisation_id=company.organisation_id, **asked)
    return list(accruals(selection, AsOf(day)))


def figures(company, day=DAY, **asked):
    return [
        (accrual.item.document_number, accrual.interest_minor, accrual.compensation_minor)
        for accrual in found(company, day, **asked)
    ]


class TestAccruals:
    def test_an_invoice_still_open_bears_up_to_the_day(self, company, books):
        # June: 1 000 x 0.1315 x 30 / 365 = 10.81; July: 1 000 x 0.1215 x 31 / 365 = 10.3192
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        assert figures(company) == [("F1", 10_81 + 10_32, 40_00)]

    def test_penalties_survive_the_principal(self, company, books):
        # paid on 10 June: 10 days: 3.6027
        invoice = books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        books.pay(invoice, day=date(2025, 6, 10))
        (accrual,) = found(company, date(2026, 10, 31))
        assert (accrual.interest_minor, accrual.compensation_minor, accrual.open_minor) == (3_60, 40_00, 0)
        assert accrual.days_late == 10

    def test_money_counts_on_the_day_it_came_in_not_when_it_was_matched(self, company, books):
        invoice = books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        receipt = books.receipt(company.acme, 100_000, day=date(2025, 6, 10))
        books.settle(invoice, receipt, day=date(2025, 7, 20))
        assert figures(company) == [("F1", 3_60, 40_00)]

    def test_paid_in_time_and_not_yet_due_are_not_there(self, company, books):
        books.pay(books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE), day=DUE)
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DAY)
        assert figures(company) == []

    def test_part_payment_and_credit_note_cut_the_period(self, company, books):
        invoice = books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        books.pay(invoice, day=date(2025, 6, 10), minor=30_000)
        note = books.credit_note(company.acme, 20_000, issued=date(2025, 6, 20))
        books.settle(invoice, note, day=date(2025, 6, 25))
        # 10 days on 1 000: 3.6027; 10 on 700: 2.5219; 10 on 500: 1.8014; July on 500: 5.1596
        (accrual,) = found(company)
        assert [s.amount_minor for s in accrual.segments] == [3_60, 2_52, 1_80, 5_16]
        assert accrual.open_minor == 50_000

    def test_instalments_bear_each_their_own_and_one_compensation(self, company, books):
        parts = [(50_000, DUE), (50_000, date(2025, 6, 30))]
        books.instalments(company.acme, parts, issued=ISSUED, number="F1")
        first, second = found(company)
        # 500 x 0.1315 x 30 / 365 = 5.4041; 500 x 0.1215 x 31 / 365 = 5.1596
        assert (first.interest_minor, second.interest_minor) == (5_40 + 5_16, 5_16)
        assert (first.compensation_minor, second.compensation_minor) == (40_00, 0)

    def test_an_undone_allocation_paid_nothing(self, company, books):
        invoice = books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        books.undo(books.pay(invoice, day=date(2025, 6, 10)))
        assert figures(company) == [("F1", 21_13, 40_00)]

    def test_a_reversed_invoice_was_never_owed(self, company, books):
        books.reverse(books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE))
        assert figures(company) == []

    def test_what_was_learnt_later_changes_no_past_answer(self, company, books):
        invoice = books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        with connection.cursor() as cursor:
            cursor.execute("select now()")
            known = cursor.fetchone()[0]
        assert invoice.recorded_at == known
        selection = Selection(organisation_id=company.organisation_id)
        earlier = known.replace(year=known.year - 1)
        assert list(accruals(selection, AsOf(DAY, earlier))) == []
        assert len(list(accruals(selection, AsOf(DAY, known)))) == 1

    def test_a_missing_rate_refuses_that_item_and_no_other(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=date(2027, 1, 31), number="F9")
        paid = books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        books.pay(paid, day=date(2025, 6, 10))
        first, last = found(company, date(2027, 2, 10))
        assert (first.item.document_number, first.refusal) == ("F1", None)
        assert last.refusal.code == "ecb_rate_missing"
        assert (last.interest_minor, last.compensation_minor) == (0, 0)

    def test_a_rate_entered_with_its_source_lets_it_go_on(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=date(2027, 1, 31), number="F9")
        penalties.enter_rate(
            organisation_id=company.organisation_id,
            code=ECB_RATE,
            half_year=HalfYear(2027, 1),
            percent=Decimal("2.40"),
            source="ECB, decision of December 2026",
            by=company.by,
        )
        # 10 days at 12.40: 3.3973
        (accrual,) = found(company, date(2027, 2, 10))
        assert accrual.interest_minor == 3_40
        assert accrual.segments[0].rate.values[0].verified_by == company.by.name


class TestWhoIsAsked:
    def test_private_persons_are_left_out_and_told(self, company, books):
        Customer.objects.filter(pk=company.acme.pk).update(is_natural_person=True)
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE)
        assert figures(company) == []
        (told,) = left_out(Selection(organisation_id=company.organisation_id), AsOf(DAY))
        assert (told.reason, told.customer_count, told.item_count) == ("natural_person", 1, 1)

    def test_the_selection_narrows_by_customer_and_company(self, company, books):
        other = Entity.objects.create(organisation=company.organisation, code="02", name="Brévanne Nord")
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        books.invoice(company.borealis, 100_000, issued=ISSUED, due=DUE, number="F2", entity=other)
        assert [one[0] for one in figures(company, customer_id=company.acme.pk)] == ["F1"]
        assert [one[0] for one in figures(company, entity_ids=(other.pk,))] == ["F2"]
        assert figures(company, portfolio_of=()) == []

    def test_another_tenant_sees_nothing(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE)
        with cast.company("dora") as dora:
            assert figures(dora) == []
            assert figures(company) == []
        context.bind(company.organisation_id)
        assert len(figures(company)) == 1


class TestWhatWasAgreed:
    def agree(self, company, agreement, **where):
        penalties.set_terms(
            agreement,
            organisation_id=company.organisation_id,
            valid_from=date(2025, 1, 1),
            by=company.by,
            why="contract of January",
            **where,
        )

    def test_the_customers_terms_go_before_the_companys(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        books.invoice(company.borealis, 100_000, issued=ISSUED, due=DUE, number="F2")
        fixed = {"rate_kind": RateKind.FIXED}
        self.agree(company, Agreement(figure=Decimal(12), **fixed), entity_id=company.entity.pk)
        self.agree(company, Agreement(figure=Decimal(20), **fixed), customer_id=company.acme.pk)
        rates = {
            accrual.item.document_number: str(accrual.segments[0].rate.percent.normalize())
            for accrual in found(company)
        }
        assert rates == {"F1": "2E+1", "F2": "12"}

    def test_what_was_issued_before_the_contract_follows_the_law(self, company, books):
        books.invoice(company.acme, 100_000, issued=date(2024, 12, 1), due=DUE, number="F1")
        self.agree(company, Agreement(rate_kind=RateKind.FIXED, figure=Decimal(20)), customer_id=company.acme.pk)
        assert str(found(company)[0].segments[0].rate.percent) == "13.15"

    def test_a_public_buyer_has_eight_points_and_its_own_article(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        self.agree(company, Agreement(regime=Regime.PUBLIC), customer_id=company.acme.pk)
        (accrual,) = found(company)
        assert {(str(s.rate.percent), s.rate.article) for s in accrual.segments} == {("11.15", "CCP R2192-31")}
        assert accrual.compensation.article == "CCP D2192-35"

    def test_both_imputations_are_told(self, company, books):
        invoice = books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        books.pay(invoice, day=date(2025, 6, 30), minor=50_000)
        (before,) = found(company)
        assert (before.interest_minor, before.other_interest_minor) == (10_81 + 5_16, 10_81 + 5_27)
        self.agree(company, Agreement(imputation=Imputation.INTEREST), customer_id=company.acme.pk)
        (after,) = found(company)
        assert (after.interest_minor, after.other_interest_minor) == (10_81 + 5_27, 10_81 + 5_16)


class TestSuspensions:
    def suspend(self, company, kind, first, last=None, **more):
        return penalties.suspend(
            organisation_id=company.organisation_id,
            customer_id=company.acme.pk,
            kind=kind,
            first_date=first,
            last_date=last,
            by=company.by,
            why="judgment",
            **more,
        )

    def test_insolvency_stops_old_debts_and_not_new_supplies(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        books.invoice(company.acme, 100_000, issued=date(2025, 6, 15), due=date(2025, 6, 30), number="F2")
        self.suspend(company, SuspensionKind.INSOLVENCY, date(2025, 6, 11))
        # 1 to 10 June: 3.6027; the new supply bears in July: 10.3192
        assert figures(company) == [("F1", 3_60, 40_00), ("F2", 10_32, 40_00)]

    def test_what_fell_due_after_the_judgment_owes_no_compensation(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        self.suspend(company, SuspensionKind.INSOLVENCY, date(2025, 5, 15))
        assert figures(company) == []

    def test_a_lifted_suspension_is_as_if_it_had_not_been(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        made = self.suspend(company, SuspensionKind.GRACE, DUE)
        assert figures(company) == []
        penalties.lift_suspension(
            organisation_id=company.organisation_id,
            suspension_id=made.pk,
            now=made.recorded_at,
            by=company.by,
            why="entered on the wrong account",
        )
        assert figures(company) == [("F1", 21_13, 40_00)]

    def test_one_document_may_be_suspended_alone(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F2")
        self.suspend(company, SuspensionKind.PLAN, DUE, document_number="F1")
        assert [one[0] for one in figures(company)] == ["F2"]


class TestLimitation:
    def test_of_five_years_is_told_from_its_day_on(self, company, books):
        books.invoice(company.acme, 100_00, issued=date(2020, 5, 1), due=date(2020, 5, 31), number="OLD")

        def told(day):
            (accrual,) = accruals(Selection(organisation_id=company.organisation_id), AsOf(day))
            return accrual.limitation_date, "limited" in accrual.warnings

        assert told(date(2025, 5, 30)) == (date(2025, 5, 31), False)
        assert told(date(2025, 5, 31)) == (date(2025, 5, 31), True)

    def test_of_a_leap_day_ends_in_february(self, company, books):
        books.invoice(company.acme, 100_00, issued=date(2020, 2, 1), due=date(2020, 2, 29), number="LEAP")
        (accrual,) = accruals(Selection(organisation_id=company.organisation_id), AsOf(date(2020, 6, 30)))
        assert accrual.limitation_date == date(2025, 2, 28)


class TestWarnings:
    def test_a_dispute_is_told_and_stops_nothing(self, company, books):
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        disputes.open_dispute(
            organisation_id=company.organisation_id,
            customer_id=company.acme.pk,
            document_number="F1",
            today=date(2025, 6, 2),
            by=company.by,
        )
        (accrual,) = found(company)
        assert accrual.warnings == ("disputed",)
        assert accrual.interest_minor == 21_13

    def test_doubtful_rates_and_foreign_customers_are_told(self, company, books):
        Customer.objects.filter(pk=company.acme.pk).update(country="DE")
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="F1")
        (accrual,) = found(company, date(2026, 7, 31))
        assert accrual.warnings == ("doubtful_value", "foreign_customer")


@pytest.mark.parametrize("count", [3, 30])
def test_the_number_of_queries_does_not_grow_with_the_items(company, django_assert_max_num_queries, count):
    books = Books(company)
    for _ in range(count):
        books.pay(books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE), day=date(2025, 6, 10))
    with django_assert_max_num_queries(9):
        assert len(found(company)) == count
