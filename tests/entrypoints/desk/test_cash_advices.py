"""Advices typed in at the desk: kept, joined to their payment whichever comes first, shown with what they name."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from encours.access.models import AuditEntry, Membership
from encours.matching.actions import advices as matching
from encours.matching.models import LineWork
from encours.payments import advice_actions as payments
from encours.payments.models import BankLine, RemittanceAdvice
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, is_workbook, seated
from tests.matching.bank import Bank


@pytest.fixture
def bank(company: Company) -> Bank:
    return Bank(company)


@pytest.fixture
def owed(company: Company, books: Books) -> None:
    books.invoice(company.acme, "FA-1001", 120_000, due=-10)
    books.invoice(company.acme, "FA-1002", 50_000, due=-5)


def form(*lines: Mapping[str, str], **head: str) -> dict[str, str]:
    """What the browser sends."""
    said = {"currency": "EUR", "line-TOTAL_FORMS": str(len(lines)), "line-INITIAL_FORMS": "0", **head}
    for place, line in enumerate(lines):
        said |= {f"line-{place}-{name}": value for name, value in line.items()}
    return said


TWO = (
    {"invoice_number": "FA-1001", "amount": "1 176,00", "discount": "24,00"},
    {"invoice_number": "fa 1002", "amount": "500"},
)


def of_today(books: Books, bank: Bank, minor: int = 167_600, **more: Any) -> BankLine:
    return bank.line(minor, day=books.day(0), counterparty_name="ACME", **more)


def run(books: Books, bank: Bank) -> None:
    bank.run(today=books.day(0), now=datetime(2026, 11, 20, tzinfo=UTC), propose_only=True)


@pytest.mark.usefixtures("owed")
class TestAdvicesTypedIn:
    def test_wait_in_the_list_until_their_payment_comes(self, desk: Desk, bank: Bank, books: Books, company: Company):
        day = books.day(0).isoformat()
        answer = desk.post("/cash/advices/new", form(*TWO, number="AV-77", payer_name="Acme", advice_date=day))
        advice = RemittanceAdvice.objects.get()
        assert answer.url == f"/cash/advices/{advice.pk}"
        assert (advice.total_minor, advice.customer, advice.source) == (167_600, company.acme, "manual")
        assert "AV-77" in desk.get("/cash/advices").content.decode()
        line = of_today(books, bank)
        payments.join_advices(organisation_id=company.organisation_id, by=company.by)
        advice.refresh_from_db()
        assert advice.bank_line_id == line.pk
        page = desk.get("/cash/advices").content.decode()
        assert "Aucun avis en attente" in page
        assert "AV-77" in desk.get("/cash/advices?tab=joined").content.decode()
        assert AuditEntry.objects.filter(verb="keep_remittance_advice").exists()

    def test_join_a_payment_that_is_there_and_its_proposal_follows(
        self, desk: Desk, bank: Bank, books: Books, company: Company
    ):
        line = of_today(books, bank)
        run(books, bank)
        answer = desk.post("/cash/advices/new", form(*TWO, payer_name="Acme", advice_date=books.day(0).isoformat()))
        assert answer.url == f"/cash?line={line.pk}"
        proposal = LineWork.objects.get(line=line).proposal
        assert {one["invoice_number"]: one["amount_minor"] for one in proposal["allocations"]} == {
            "FA-1001": 117_600,
            "FA-1002": 50_000,
        }

    def test_are_typed_from_the_line_that_waits(self, desk: Desk, bank: Bank, books: Books):
        line = of_today(books, bank, 100_000)
        run(books, bank)
        assert f"/cash/advices/new?line={line.pk}" in desk.get(f"/cash?line={line.pk}").content.decode()
        page = desk.get(f"/cash/advices/new?line={line.pk}").content.decode()
        assert 'value="1000,00"' in page
        said = form({"invoice_number": "FA-1001", "amount": "1000,00"}, line=str(line.pk), total="1000,00")
        assert desk.post("/cash/advices/new", said).url == f"/cash?line={line.pk}"
        advice = RemittanceAdvice.objects.get()
        assert advice.bank_line_id == line.pk
        assert f"/cash/advices/{advice.pk}" in desk.get(f"/cash?line={line.pk}").content.decode()
        (paid,) = LineWork.objects.get(line=line).proposal["allocations"]
        assert (paid["invoice_number"], paid["amount_minor"]) == ("FA-1001", 100_000)

    def test_show_which_invoices_are_found(self, desk: Desk, company: Company, books: Books):
        books.invoice(company.acme, "FA-900", 10_000, due=-50)
        books.receipt(company.acme, "RG-900", 10_000, on=-1, pays="FA-900")
        lines = (*TWO, {"invoice_number": "FA-900", "amount": "100"}, {"invoice_number": "FA-9999", "amount": "1"})
        desk.post("/cash/advices/new", form(*lines, number="AV-1"))
        page = desk.get(f"/cash/advices/{RemittanceAdvice.objects.get().pk}").content.decode()
        assert page.count("trouvée, ouverte") == 2
        assert page.count("déjà soldée") == 1
        assert page.count("introuvable") == 1

    @pytest.mark.parametrize(
        ("lines", "head"),
        [
            ((), {"number": "AV-1"}),
            (({"amount": "10"},), {}),
            (({"invoice_number": "FA-1001", "amount": "10"},), {"total": "12"}),
            (({"invoice_number": "FA-1001", "amount": "ten"},), {}),
            (({"invoice_number": "FA-1001", "amount": "10"},), {"currency": "XXQ"}),
        ],
    )
    def test_are_refused_with_the_reason_and_nothing_is_lost(
        self, desk: Desk, lines: tuple[dict[str, str], ...], head: dict[str, str]
    ):
        answer = desk.post("/cash/advices/new", form(*lines, payer_name="Kept here", **head))
        assert answer.status_code == 422
        assert "Kept here" in answer.content.decode()
        assert not RemittanceAdvice.objects.exists()

    def test_are_known_again_and_not_kept_twice(self, desk: Desk):
        desk.post("/cash/advices/new", form(*TWO, number="AV-77"))
        answer = desk.post("/cash/advices/new", form(*TWO, number="AV-77"))
        assert answer.status_code == 422
        assert "déjà connu" in answer.content.decode()
        assert RemittanceAdvice.objects.count() == 1

    def test_fill_the_form_from_a_pasted_table(self, desk: Desk):
        text = "Avis de virement 4711\nFacture    Réglé\nFA-1001    1 200,00\nFA-1002    500,00\nTotal 1 700,00 EUR"
        page = desk.post("/cash/advices/new", {**form(), "pasted": text, "read": "1"}).content.decode()
        assert 'value="FA-1001"' in page
        assert 'value="1200,00"' in page
        assert not RemittanceAdvice.objects.exists()

    def test_get_more_lines_without_losing_those_typed(self, desk: Desk):
        page = desk.post("/cash/advices/new", {**form(*TWO), "more": "1"}).content.decode()
        assert 'value="fa 1002"' in page
        assert 'name="line-11-invoice_number"' in page


@pytest.mark.usefixtures("owed")
class TestAdvices:
    def test_are_tied_and_untied_by_hand(self, desk: Desk, bank: Bank, books: Books):
        line = of_today(books, bank, 160_000)
        run(books, bank)
        desk.post("/cash/advices/new", form(*TWO, number="AV-77", payer_name="Acme"))
        advice = RemittanceAdvice.objects.get()
        assert advice.bank_line_id is None
        desk.post(f"/cash/advices/{advice.pk}/tie", {"line": str(line.pk)})
        advice.refresh_from_db()
        assert advice.bank_line_id == line.pk
        assert "76,00" in desk.get(f"/cash/advices/{advice.pk}").content.decode()
        desk.post(f"/cash/advices/{advice.pk}/put-aside", {"why": "-"})
        desk.post(f"/cash/advices/{advice.pk}/tie", {"line": ""})
        advice.refresh_from_db()
        assert (advice.bank_line_id, advice.is_left_out) == (None, False)

    def test_put_aside_join_nothing(self, desk: Desk, bank: Bank, books: Books, company: Company):
        desk.post("/cash/advices/new", form(*TWO, number="AV-77", payer_name="Acme"))
        advice = RemittanceAdvice.objects.get()
        desk.post(f"/cash/advices/{advice.pk}/put-aside", {"why": "typed twice"})
        of_today(books, bank)
        assert payments.join_advices(organisation_id=company.organisation_id, by=company.by) == {}
        assert "AV-77" in desk.get("/cash/advices?tab=left_out").content.decode()
        desk.post(f"/cash/advices/{advice.pk}/put-aside")
        assert len(payments.join_advices(organisation_id=company.organisation_id, by=company.by)) == 1

    def test_are_exported(self, desk: Desk):
        desk.post("/cash/advices/new", form(*TWO, number="AV-77"))
        assert is_workbook(desk.get("/cash/advices?export=xlsx"))

    def test_are_typed_by_those_who_may_and_seen_within_their_companies(self, company: Company, desk: Desk):
        desk.post("/cash/advices/new", form(*TWO, number="AV-77"))
        advice = RemittanceAdvice.objects.get()
        auditor = seated(company, role="auditor")
        assert auditor.get("/cash/advices").status_code == 200
        assert auditor.post("/cash/advices/new", form(*TWO)).status_code == 403
        assert auditor.post(f"/cash/advices/{advice.pk}/tie", {"line": ""}).status_code == 403
        Membership.objects.filter(user=company.collector).update(entity_ids=[company.entity.pk + 999])
        manager = seated(company)
        assert manager.get(f"/cash/advices/{advice.pk}").status_code == 404
        assert "AV-77" not in manager.get("/cash/advices").content.decode()

    def test_stop_at_a_number_of_lines_nobody_types(self, company: Company):
        many = tuple(payments.AdviceLine(f"F{number}", 100, 0, 0, "") for number in range(matching.LINES_MAX + 1))
        told = payments.AdviceTold(source="manual", currency="EUR", total_minor=100, lines=many)
        with pytest.raises(matching.AdviceTooLong):
            matching.type_advice(told, organisation_id=company.organisation_id, by=company.by)
