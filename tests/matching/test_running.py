"""A run applies what is sure, keeps the rest with its reasons, and does nothing twice."""

from datetime import date

import pytest

from encours.ledger import invariants
from encours.ledger.models import Allocation, OpenItem
from encours.matching.models import Match, State
from encours.payments.models import Receipt
from tests.matching.bank import TODAY, open_of, set_up


@pytest.fixture
def books_and_bank(company):
    return (company, *set_up(company))


def laws_hold(company) -> bool:
    return all(finding.is_kept for finding in invariants.check(company.organisation_id))


class TestApplyingAlone:
    def test_a_quoted_invoice_paid_to_the_cent_is_applied_and_lettered(self, books_and_bank):
        company, books, bank = books_and_bank
        owed = books.invoice(
            company.acme, 1_234_57, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-2026-0412"
        )
        line = bank.line(1_234_57, text="VIR SEPA RECU F-2026-0412", counterparty_iban=company.acme.iban)
        result = bank.run()
        assert (result.applied, open_of(owed), bank.work(line).state) == (1, 0, State.APPLIED)
        match = bank.match(line)
        assert (match.how, match.on_account_minor) == ("alone", 0)
        assert match.allocations == [{"item_id": owed.pk, "invoice_number": "F-2026-0412", "amount_minor": 1_234_57}]
        assert (match.allocation.code, match.allocation.code_date) == ("AA", TODAY)
        assert match.receipt.number == f"NTRY0001-{line.pk}"
        assert laws_hold(company)

    def test_a_second_run_changes_nothing(self, books_and_bank):
        company, books, bank = books_and_bank
        books.invoice(company.acme, 518_43, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-2026-0413")
        bank.line(518_43, text="F-2026-0413", counterparty_iban=company.acme.iban)
        bank.run()
        before = (Match.objects.count(), Receipt.objects.count(), Allocation.objects.count(), OpenItem.objects.count())
        again = bank.run()
        assert again.line_ids == []
        after = (Match.objects.count(), Receipt.objects.count(), Allocation.objects.count(), OpenItem.objects.count())
        assert after == before

    def test_propose_only_writes_nothing_to_the_books(self, books_and_bank):
        company, books, bank = books_and_bank
        owed = books.invoice(
            company.acme, 518_43, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-2026-0413"
        )
        line = bank.line(518_43, text="F-2026-0413", counterparty_iban=company.acme.iban)
        bank.run(propose_only=True)
        work = bank.work(line)
        assert (work.state, work.why_not, open_of(owed)) == (State.PROPOSED, "asked", 518_43)
        assert work.proposal["allocations"][0]["invoice_number"] == "F-2026-0413"
        bank.run()
        assert (bank.work(line).state, open_of(owed)) == (State.APPLIED, 0)

    def test_a_stranger_waits(self, books_and_bank):
        company, books, bank = books_and_bank
        books.invoice(company.acme, 518_43, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-2026-0413")
        line = bank.line(77_13, text="REMBOURSEMENT ASSURANCE 4455", counterparty_name="GAN ASSURANCES")
        bank.run()
        assert bank.work(line).state in (State.WAITING, State.PROPOSED)
        assert not Match.objects.exists()


class TestUndoing:
    def test_undo_restores_what_was_open_and_is_remembered(self, books_and_bank):
        company, books, bank = books_and_bank
        owed = books.invoice(
            company.acme, 518_43, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-2026-0413"
        )
        line = bank.line(518_43, text="F-2026-0413", counterparty_iban=company.acme.iban)
        bank.run()
        bank.undo(bank.match(line))
        assert open_of(owed) == 518_43
        assert sum(OpenItem.objects.values_list("open_minor", flat=True)) == 518_43
        bank.run()
        work = bank.work(line)
        assert (work.state, work.why_not, work.is_undone) == (State.PROPOSED, "undone_before", True)
        assert laws_hold(company)
