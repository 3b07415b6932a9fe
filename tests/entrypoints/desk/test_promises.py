"""The screens of promises and disputes: what each row says and offers, what is refused to whom."""

import pytest

from encours.collections import actions as collections
from encours.collections.models import Promise
from encours.disputes import actions as disputes
from encours.disputes.models import Dispute, OwnReason
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, is_workbook, seated

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(company: Company, books: Books) -> Desk:
    return seated(company, language="en")


@pytest.fixture
def promised(company: Company, books: Books) -> list[Promise]:
    return collections.record_promises(
        organisation_id=company.organisation_id, customer_id=company.acme.pk,
        payments=[(100_00, books.today), (200_00, books.day(9))], currency="EUR", today=books.today, by=company.by,
    )  # fmt: skip


@pytest.fixture
def contested(company: Company, books: Books) -> Dispute:
    return disputes.open_dispute(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, document_number="FA-1", today=books.today,
        amount_minor=100_00, by=company.by,
    )  # fmt: skip


class TestPromises:
    def test_say_where_each_stands(self, promised: list[Promise], desk: Desk):
        page = desk.get("/promises").content.decode()
        assert "payment 1 of 2" in page
        assert "To come" in page

    def test_filter_by_what_became_of_them(self, promised: list[Promise], desk: Desk):
        assert [row.promise for row, *_ in desk.get("/promises?state=running").context["rows"]] == promised
        assert desk.get("/promises?state=broken").context["rows"] == []

    def test_are_changed_by_withdrawing_and_noting_anew(self, promised: list[Promise], books: Books, desk: Desk):
        first = promised[0]
        desk.post(f"/promises/{first.pk}/change", {"amount": "80.00", "day": books.day(4).isoformat(), "why": "less"})
        first.refresh_from_db()
        assert first.withdrawn_why == "less"
        new = Promise.objects.latest("pk")
        assert (new.amount_minor, new.promised_date, new.series) == (80_00, books.day(4), first.series)

    def test_leave_as_a_file(self, promised: list[Promise], desk: Desk):
        assert is_workbook(desk.get("/promises?export=xlsx"))

    def test_of_another_portfolio_are_not_reached(self, company: Company, promised: list[Promise], books: Books):
        company.acme.collector = None
        company.acme.save()
        mine = seated(company, role="sales")
        company.collector.memberships.update(own_portfolio_only=True)
        assert mine.get("/promises").context["rows"] == []
        assert mine.post(f"/promises/{promised[0].pk}/withdraw").status_code == 404

    def test_an_auditor_changes_none(self, company: Company, promised: list[Promise]):
        auditor = seated(company, role="auditor")
        assert auditor.get("/promises").status_code == 200
        assert auditor.post(f"/promises/{promised[0].pk}/withdraw").status_code == 403

    def test_none_yet_says_how_one_is_noted(self, desk: Desk):
        assert "Note a promise on the call screen" in desk.get("/promises").content.decode()


class TestDisputes:
    def test_are_handed_over_and_closed_from_the_list(self, contested: Dispute, books: Books, desk: Desk):
        assert "FA-1" in desk.get("/disputes").content.decode()
        desk.post(f"/disputes/{contested.pk}/assign", {"owner": "", "priority": "3", "day": books.day(2).isoformat()})
        contested.refresh_from_db()
        assert (contested.owner_id, contested.priority, contested.due_date) == (None, 3, books.day(2))
        desk.post(f"/disputes/{contested.pk}/close", {"outcome": "unfounded"})
        assert desk.get("/disputes").context["rows"] == []
        assert len(desk.get("/disputes?state=closed").context["rows"]) == 1

    def test_of_another_portfolio_are_not_reached(self, company: Company, contested: Dispute, books: Books):
        company.acme.collector = None
        company.acme.save()
        mine = seated(company, role="sales")
        company.collector.memberships.update(own_portfolio_only=True)
        assert mine.post(f"/disputes/{contested.pk}/assign", {"priority": "1"}).status_code == 404

    def test_name_the_line_on_the_list_the_account_and_the_timeline(self, company: Company, books: Books, desk: Desk):
        said = {"document": "FA-1", "reason": "price", "line_number": "3", "line_text": "Rouleaux 80 mm"}
        desk.post("/customers/C001/disputes/open", said)
        assert not Dispute.objects.exists()
        desk.post("/customers/C001/disputes/open", {**said, "amount": "40.00"})
        assert Dispute.objects.get().amount_minor == 40_00
        for address in ("/disputes?extent=line", "/customers/C001/disputes", "/customers/C001"):
            assert "line 3" in " ".join(desk.get(address).content.decode().split())
        assert desk.get("/disputes?extent=document").context["rows"] == []

    def test_leave_as_a_file(self, contested: Dispute, desk: Desk):
        assert is_workbook(desk.get("/disputes?export=xlsx"))

    def test_an_own_reason_is_offered_where_a_dispute_is_opened(self, company: Company, books: Books, desk: Desk):
        desk.post("/disputes/reasons", {"label": "Shortage", "position": "1", "answer_days": "10"})
        assert "Shortage" in desk.get("/customers/C001").content.decode()
        assert "Shortage" in desk.get("/customers/C001/call").content.decode()
        assert "Shortage" in desk.get(f"/today/{company.acme.pk}?do=dispute").content.decode()
        desk.post("/disputes/reasons/archive", {"code": OwnReason.objects.get().code})
        assert "Shortage" not in desk.get("/customers/C001").content.decode()
        assert "Shortage" in desk.get("/disputes/reasons").content.decode()

    def test_a_collector_does_not_word_reasons(self, company: Company, books: Books):
        assert seated(company, role="collector").get("/disputes/reasons").status_code == 403
