"""What accounting gets and answers: journal files, lettrage, account 411 beside the items, closed periods."""

from datetime import date, timedelta
from typing import Any

import pytest

from encours.access.models import AuditEntry, Membership
from encours.ledger.models import Closing
from encours.matching.models import JournalExport
from tests.cast import Company
from tests.entrypoints.desk import test_cash as cash
from tests.entrypoints.desk.conftest import Books, Desk, seated
from tests.entrypoints.desk.test_cash import came_in, item, post, ticked
from tests.matching.bank import Bank

bank = cash.bank  # a fixture


def text_of(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


@pytest.fixture
def applied(desk: Desk, bank: Bank, books: Books) -> None:
    line = came_in(bank, books, 120_000, "VIR ACME FACT FA-1")
    post(desk, line, **ticked(item("FA-1"), proposal="1"))


@pytest.mark.usefixtures("applied")
class TestJournalFiles:
    def test_hold_what_was_posted_and_are_acknowledged_once(self, company: Company, desk: Desk):
        assert "1 écriture à transmettre" in desk.get("/cash/accounting").content.decode()
        desk.post(f"/cash/accounting/{company.entity.pk}/journal")
        made = JournalExport.objects.get()
        text = text_of(desk.get(f"/cash/journals/{made.pk}/file"))
        assert "512" in text
        assert "1200,00" in text
        desk.post(f"/cash/journals/{made.pk}/answer", {"answer": "accept", "reference": "OD-118"})
        desk.post(f"/cash/journals/{made.pk}/answer", {"answer": "refuse", "reference": "late"})
        made.refresh_from_db()
        assert (made.state, made.reference) == ("acknowledged", "OD-118")
        assert "0 écriture à transmettre" in desk.get("/cash/accounting").content.decode()

    def test_hold_the_days_asked_for(self, company: Company, desk: Desk, books: Books):
        address = f"/cash/accounting/{company.entity.pk}/journal"
        desk.post(address, {"last": (books.today - timedelta(days=400)).isoformat()})
        assert "Aucune écriture datée" in desk.get("/cash/accounting").content.decode()
        desk.post(address, {"first": (books.today - timedelta(days=400)).isoformat()})
        made = JournalExport.objects.get()
        assert (made.from_date, made.to_date) == (books.today - timedelta(days=400), None)
        assert made.row_count == 2

    def test_that_are_refused_say_why_and_go_into_the_next(self, company: Company, desk: Desk):
        desk.post(f"/cash/accounting/{company.entity.pk}/journal")
        made = JournalExport.objects.get()
        desk.post(f"/cash/journals/{made.pk}/answer", {"answer": "refuse", "reference": " "})
        made.refresh_from_db()
        assert made.state == "made"
        desk.post(f"/cash/journals/{made.pk}/answer", {"answer": "refuse", "reference": "Période close"})
        assert "Période close" in desk.get("/cash/accounting").content.decode()
        assert AuditEntry.objects.get(verb="answer_journal_export").why == "Période close"
        desk.post(f"/cash/accounting/{company.entity.pk}/journal")
        assert JournalExport.objects.latest("pk").row_count == made.row_count

    def test_are_made_by_no_auditor_nor_seen_from_another_company(self, company: Company, desk: Desk):
        desk.post(f"/cash/accounting/{company.entity.pk}/journal")
        made = JournalExport.objects.get()
        auditor = seated(company, role="auditor")
        assert auditor.get(f"/cash/journals/{made.pk}/file").status_code == 200
        assert auditor.post(f"/cash/accounting/{company.entity.pk}/journal").status_code == 403
        assert auditor.post(f"/cash/journals/{made.pk}/answer", {"answer": "accept"}).status_code == 403
        Membership.objects.filter(user=company.collector).update(entity_ids=[company.entity.pk + 999])
        assert auditor.get(f"/cash/journals/{made.pk}/file").status_code == 404

    def test_lettrage_is_told_in_the_columns_of_the_fec(self, company: Company, desk: Desk, books: Books):
        asked = f"company={company.entity.pk}&first={books.day(-400)}&last={books.today}"
        text = text_of(desk.get(f"/cash/accounting/lettrage?{asked}&only_lettered=on"))
        assert "EcritureLet" in text
        assert "FA-1" in text
        assert "FA-3" not in text
        assert desk.get("/cash/accounting/lettrage?company=x").status_code == 302


class TestAccount411:
    def test_ties_to_the_open_items_on_any_day(self, desk: Desk, books: Books):
        page = desk.part("/cash/accounting/control").content.decode()
        assert "2\u202f950,00\u00a0€" in page
        assert "concorde" in page
        assert "Rien n’était ouvert" in desk.part("/cash/accounting/control?day=2001-01-01").content.decode()

    def test_is_not_for_those_who_see_their_own_customers_only(self, company: Company, books: Books):
        collector = seated(company, role="collector")
        Membership.objects.filter(user=company.collector).update(own_portfolio_only=True)
        assert collector.get("/cash/accounting").status_code == 403
        assert collector.part("/cash/accounting/control").status_code == 403


class TestClosedPeriods:
    def test_are_closed_and_reopened_with_a_reason(self, company: Company, desk: Desk, books: Books):
        address = f"/cash/accounting/{company.entity.pk}/close"
        until = books.today.replace(day=1) - timedelta(days=1)
        desk.post(address, {"until": until.isoformat(), "why": ""})
        desk.post(address, {"until": "hier", "why": "Clôture"})
        assert not Closing.objects.exists()
        desk.post(address, {"until": until.isoformat(), "why": "Clôture mensuelle"})
        assert f"{until:%d/%m/%Y}" in desk.get("/cash/accounting").content.decode()
        desk.post(address, {"until": "2020-12-31", "why": "Facture oubliée"})
        assert Closing.objects.latest("pk").closed_until == date(2020, 12, 31)
        assert AuditEntry.objects.filter(verb="close_period").latest("pk").why == "Facture oubliée"

    def test_never_reach_into_the_future(self, company: Company, desk: Desk, books: Books):
        address = f"/cash/accounting/{company.entity.pk}/close"
        desk.post(address, {"until": (books.today + timedelta(days=1)).isoformat(), "why": "Clôture"})
        assert not Closing.objects.exists()
        assert "encore à venir" in desk.get("/cash/accounting").content.decode()
        desk.post(address, {"until": books.today.isoformat(), "why": "Clôture"})
        assert Closing.objects.get().closed_until == books.today

    def test_are_not_for_collectors_to_close(self, company: Company, books: Books):
        collector = seated(company, role="collector")
        form = {"until": "2026-01-31", "why": "x"}
        assert collector.post(f"/cash/accounting/{company.entity.pk}/close", form).status_code == 403
