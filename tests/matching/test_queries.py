"""What the workbench and the cash page read: right rows, right tenant, figures that explain themselves."""

from datetime import date

import pytest

from encours.access import context
from encours.access.rules import Scope
from encours.matching import invariants
from encours.matching.models import LineWork, Match
from encours.matching.queries import figures, workbench
from encours.matching.rules.facts import Allocation
from tests import cast
from tests.matching.bank import TODAY, set_up


@pytest.fixture
def filled(company):
    books, bank = set_up(company)
    books.invoice(company.acme, 511_13, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-2026-0500")
    books.invoice(company.acme, 77_20, issued=date(2026, 10, 9), due=date(2026, 11, 8), number="F-2026-0501")
    bank.line(511_13, text="VIR F-2026-0500", counterparty_iban=company.acme.iban, counterparty_name="ACME")
    bank.line(40_00, text="ACOMPTE", counterparty_iban=company.acme.iban, counterparty_name="ACME")
    bank.line(18_18, text="MUTUELLE 8871", counterparty_name="MUTUELLE DU LITTORAL")
    return company, bank, Scope(organisation_id=company.organisation_id, user_id=company.collector.pk, role="cfo")


class TestQueue:
    def test_holds_what_waits_also_before_any_run(self, filled):
        _, bank, scope = filled
        assert len(workbench.queue(scope)) == 3
        bank.run()
        rows = workbench.queue(scope)
        assert {row.amount_minor for row in rows} == {40_00, 18_18}
        assert [row.amount_minor for row in workbench.queue(scope, workbench.QueueFilter(tab="applied"))] == [511_13]
        assert [row.amount_minor for row in workbench.queue(scope, workbench.QueueFilter(text="littoral"))] == [18_18]
        (count,) = workbench.queue_counts(scope)
        assert (count.count, count.amount_minor) == (2, 58_18)

    def test_pages_without_gap_or_double(self, filled):
        _, bank, scope = filled
        bank.run(propose_only=True)
        first = workbench.queue(scope, limit=2)
        rest = workbench.queue(scope, after=first[-1].place, limit=2)
        assert len({row.line_id for row in [*first, *rest]}) == 3

    def test_hides_other_companies_and_portfolios(self, filled):
        company, bank, scope = filled
        bank.run()
        stranger = Scope(scope.organisation_id, None, "sales", own_portfolio_only=True)
        assert workbench.queue(stranger) == []
        elsewhere = Scope(scope.organisation_id, None, "cfo", entity_ids=(company.entity.pk + 1,))
        assert workbench.queue(elsewhere) == []


class TestOneLine:
    def test_shows_what_was_read_and_what_would_be_left(self, filled):
        company, bank, scope = filled
        bank.run(propose_only=True)
        row = next(row for row in workbench.queue(scope) if row.amount_minor == 511_13)
        detail = workbench.line_detail(row.line_id, scope=scope, today=TODAY)
        assert detail.fields["text"] == "VIR F-2026-0500"
        assert any(
            detail.fields[one.field][one.start : one.end].endswith("0500")
            for one in detail.highlights
            if one.field == "text"
        )
        assert [(one.document_number, one.allocated_minor, one.left_minor) for one in detail.candidates] == [
            ("F-2026-0500", 511_13, 0),
            ("F-2026-0501", 0, 77_20),
        ]
        shown = workbench.live_totals(
            row.line_id,
            organisation_id=company.organisation_id,
            customer_id=company.acme.pk,
            allocations=[Allocation(detail.candidates[1].item_id, "F-2026-0501", 77_20)],
        )
        assert (shown.allocated_minor, shown.on_account_minor, shown.left_open_minor) == (77_20, 433_93, 0)

    def test_finds_items_by_number_amount_and_name(self, filled):
        _, _, scope = filled
        for text in ("0501", "77,20", "acme"):
            assert "F-2026-0501" in [
                one.document_number for one in workbench.search_items(text, scope=scope, today=TODAY)
            ]


class TestFigures:
    def test_a_day_tells_what_was_applied_alone_and_what_waits(self, filled):
        _, bank, scope = filled
        bank.run()
        (day,) = figures.cash_days(scope, first=TODAY, last=TODAY)
        assert (day.lines, day.applied_alone, day.waiting, day.applied_minor) == (3, 1, 2, 511_13)
        month = figures.cash_months(scope, today=TODAY)[-1]
        assert (month.receivable, month.alone, month.precision_permyriad) == (3, 1, 10_000)
        bank.undo(Match.objects.get(how="alone"))
        month = figures.cash_months(scope, today=TODAY)[-1]
        assert (month.alone, month.alone_undone, month.precision_permyriad) == (1, 1, 0)
        assert {row.currency: row.lines for row in figures.waiting_money(scope, today=TODAY)} == {"EUR": 3}


class TestAnotherTenant:
    def test_sees_and_matches_nothing_of_ours(self, filled):
        company, bank, _ = filled
        bank.run()
        ours = (Match.objects.count(), LineWork.objects.count())
        with cast.company("dora") as dora:
            books, hers = set_up(dora)
            books.invoice(dora.acme, 40_00, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-2026-0500")
            hers.line(40_00, text="F-2026-0500", counterparty_iban=dora.acme.iban)
            hers.run()
            assert (Match.objects.count(), LineWork.objects.count()) == (1, 1)
            assert [one.code for one in invariants.check(dora.organisation_id) if not one.is_kept] == []
        context.bind(company.organisation_id)
        assert (Match.objects.count(), LineWork.objects.count()) == ours


def test_the_laws_hold_after_all_this(filled):
    company, bank, _ = filled
    bank.run()
    bank.undo(Match.objects.get(how="alone"))
    assert [one.code for one in invariants.check(company.organisation_id) if not one.is_kept] == []
