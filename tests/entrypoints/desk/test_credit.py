"""Limits, terms and credit notes on the desk: asked for where one looks, seen on the account, decided by another."""

import pytest

from encours.access.models import Membership, User
from encours.access.rules import Scope
from encours.conversation.queries import approvals
from encours.credit.models import CreditLimit, CreditPolicy, ExceptionalTerms, LimitProposal
from encours.disputes.models import CreditNoteRequest, Dispute
from encours.team.models import Task
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, is_workbook, seated

CREDIT = "/customers/C001/credit"


@pytest.fixture
def hugo(company: Company) -> Desk:
    """A colleague who may decide, at a desk of his own."""
    person = User.objects.create(email="hugo@brevanne.example", first_name="Hugo", last_name="Second")
    Membership.objects.create(organisation=company.organisation, user=person, role="cfo")
    client = Desk()
    client.organisation_id = company.organisation_id
    client.force_login(person)
    return client


def waiting(company: Company, role: str = "credit_manager", user_id: int = 0) -> set[str]:
    scope = Scope(company.organisation_id, user_id, role)
    return {name for name, asked in approvals.WAITING.items() if asked(scope).exists()}


def test_a_limit_above_the_threshold_waits_is_seen_and_agreed_by_another(company: Company, books: Books, hugo: Desk):
    desk = seated(company, role="credit_manager")
    desk.post(f"{CREDIT}/limit", {"amount": "20 000,00", "why": "first"})
    assert CreditLimit.objects.get().amount_minor == 20_000_00
    desk.post(f"{CREDIT}/limit", {"amount": "80000", "why": "croissance"})
    found = LimitProposal.objects.get()
    account = desk.get("/customers/C001").content.decode()
    assert "80" in account
    assert f"by {found.proposed_by_name}" in account or found.proposed_by_name in account
    assert 'value="approve"' not in desk.get(CREDIT).content.decode()
    assert "croissance" not in desk.get("/approvals").content.decode()
    desk.post(f"/credit/limits/{found.pk}/decide", {"do": "approve"})
    hugo.post(f"/credit/limits/{found.pk}/decide", {"do": "refuse", "why": ""})
    assert CreditLimit.objects.count() == 1
    assert "croissance" in hugo.get("/approvals").content.decode()
    assert 'value="approve"' in hugo.get(CREDIT).content.decode()
    for _ in range(2):
        hugo.post(f"/credit/limits/{found.pk}/decide", {"do": "approve"})
    assert CreditLimit.objects.count() == 2
    assert CreditLimit.objects.latest("pk").amount_minor == 80_000_00
    assert "croissance" in desk.get("/customers/C001?feed=changes").content.decode()


def test_sales_propose_and_decide_nothing_but_their_own(company: Company, books: Books, hugo: Desk):
    type(company.acme).objects.filter(pk=company.acme.pk).update(sales_rep=company.collector)
    sales = seated(company, role="sales")
    sales.post(f"{CREDIT}/limit", {"amount": "100", "why": "salon"})
    found = LimitProposal.objects.get()
    assert not CreditLimit.objects.exists()
    hugo.post(f"{CREDIT}/terms", {"terms": "45", "from_date": books.today, "to_date": books.day(30), "why": "salon"})
    terms = ExceptionalTerms.objects.get()
    assert sales.post(f"/credit/terms/{terms.pk}/decide", {"do": "approve"}).status_code == 404
    assert sales.post(f"/credit/limits/{found.pk}/decide", {"do": "approve"}).status_code == 302
    found.refresh_from_db()
    assert found.decided_as == "withdrawn"
    assert seated(company, role="auditor").post(f"{CREDIT}/limit", {"amount": "100"}).status_code == 403


def test_terms_are_proposed_within_the_law_and_ended(company: Company, books: Books, hugo: Desk):
    desk = seated(company, role="collector")
    days = {"from_date": books.today, "to_date": books.day(90), "why": "lancement"}
    beyond = desk.post(f"{CREDIT}/terms", {"terms": "90 jours", **days})
    assert beyond.status_code == 422
    assert "L441-10" in beyond.content.decode()
    assert desk.post(f"{CREDIT}/terms", {"terms": "45 jours fin de mois", **days}).status_code == 302
    found = ExceptionalTerms.objects.get()
    assert "lancement" in hugo.get("/approvals").content.decode()
    assert desk.get("/customers/C001").status_code == 200
    hugo.post(f"/credit/terms/{found.pk}/decide", {"do": "approve"})
    assert "45" in desk.get("/customers/C001").content.decode()
    assert hugo.post(f"/credit/terms/{found.pk}/decide", {"do": "end", "why": "fini"}).status_code == 302
    found.refresh_from_db()
    assert found.ended_date == books.today


def test_a_credit_note_is_asked_on_a_dispute_agreed_and_found(company: Company, books: Books, hugo: Desk):
    desk = seated(company, role="collector")
    desk.post("/customers/C001/disputes/open", {"document": "FA-1", "amount": "10,00", "reason": "price"})
    dispute = Dispute.objects.get()
    assert "/credit-note" in desk.get("/disputes").content.decode()
    page = desk.get("/customers/C001/disputes").content.decode()
    assert f"/disputes/{dispute.pk}/credit-note" in page
    desk.post(f"/disputes/{dispute.pk}/credit-note", {"amount": "11,00", "why": "prix"})
    assert not CreditNoteRequest.objects.exists()
    desk.post(f"/disputes/{dispute.pk}/credit-note", {"amount": "", "why": "prix convenu"})
    found = CreditNoteRequest.objects.get()
    desk.post(f"/disputes/{dispute.pk}/close", {"outcome": "unfounded"})
    dispute.refresh_from_db()
    assert dispute.closed_date is None
    assert desk.post(f"/credit-notes/{found.pk}/decide", {"do": "drop", "why": "x"}).status_code == 302
    found.refresh_from_db()
    assert found.decided_as == "withdrawn"
    desk.post(f"/disputes/{dispute.pk}/credit-note", {"amount": "", "why": "prix convenu"})
    again = CreditNoteRequest.objects.latest("pk")
    assert "prix convenu" in hugo.get("/approvals").content.decode()
    assert 'value="approve"' in hugo.get(f"/credit-notes/{again.pk}").content.decode()
    hugo.post(f"/credit-notes/{again.pk}/decide", {"do": "approve"})
    assert "FA-1" in Task.objects.get().title
    assert "FA-1" in desk.get("/credit-notes?state=to_issue").content.decode()
    desk.post(f"/credit-notes/{again.pk}/decide", {"do": "issued", "number": "AV-7"})
    dispute.refresh_from_db()
    assert (dispute.outcome, dispute.closing_note) == ("customer_right", "AV-7")
    assert "AV-7" in desk.get("/credit-notes?state=over").content.decode()
    assert is_workbook(desk.get("/credit-notes?state=over&export=xlsx"))


def test_a_credit_note_is_asked_on_the_account(company: Company, books: Books):
    desk = seated(company, role="adv")
    given = {"document": "FA-2", "amount": "5,00", "reason": "quality", "why": "abîmé"}
    assert desk.post("/customers/C001/credit-notes", given).status_code == 302
    assert Dispute.objects.get().amount_minor == 5_00
    assert waiting(company) == {approvals.CREDIT_NOTES}
    assert waiting(company, user_id=company.collector.pk) == set()
    assert waiting(company, role="adv") == set()


def test_the_threshold_is_set_by_who_may_and_says_who_agrees(company: Company, hugo: Desk):
    desk = seated(company, role="credit_manager")
    assert "Hugo Second" in desk.get("/settings/credit").content.decode()
    desk.post("/settings/credit", {"threshold": "1"})
    assert not CreditPolicy.objects.exists()
    hugo.post("/settings/credit", {"threshold": "1000"})
    assert CreditPolicy.objects.get().threshold_minor == 1_000_00
    hugo.post("/settings/credit", {"threshold": ""})
    assert CreditPolicy.objects.get().threshold_minor is None


def test_what_others_have_is_not_reached_by_its_number(company: Company, books: Books, hugo: Desk):
    hugo.post(f"{CREDIT}/limit", {"amount": "80000"})
    hugo.post("/customers/C001/credit-notes", {"document": "FA-2", "amount": "5,00", "reason": "price", "why": "x"})
    limit, note = LimitProposal.objects.get(), CreditNoteRequest.objects.get()
    other = User.objects.create(email="other@brevanne.example")
    type(company.acme).objects.filter(pk=company.acme.pk).update(collector=other)
    desk = seated(company, role="credit_manager")
    Membership.objects.filter(user=company.collector).update(own_portfolio_only=True)
    assert desk.post(f"/credit/limits/{limit.pk}/decide", {"do": "approve"}).status_code == 404
    assert desk.get(f"/credit-notes/{note.pk}").status_code == 404
    assert desk.post(f"/credit-notes/{note.pk}/decide", {"do": "approve"}).status_code == 404
