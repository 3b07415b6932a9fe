"""The mass lettrage page: the preview writes nothing, what is ticked is settled, all of it is taken back."""

import re

import pytest

from encours.access.models import AuditEntry
from encours.customers.models import Customer
from encours.ledger.models import Allocation, OpenItem
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated


@pytest.fixture
def credits(company: Company, books: Books) -> None:
    """Acme has 1 200.00 that is FA-1 to the cent, Borealis 100.00 of its 800.00."""
    books.receipt(company.acme, "RG-8", 120_000, on=-1)
    books.receipt(company.borealis, "RG-9", 10_000, on=-1)


def open_of(number: str) -> int:
    return OpenItem.objects.filter(document_number=number).latest("pk").open_minor


def groups_of(page: str) -> list[str]:
    return re.findall(r'name="group" value="([^"]+)"', page)


@pytest.mark.usefixtures("credits")
class TestMassLettrage:
    def test_shows_first_then_settles_what_is_ticked_and_takes_it_back(self, desk: Desk):
        known = Allocation.objects.count()
        assert groups_of(desk.get("/cash/lettrage").content.decode()) == []
        page = desk.get("/cash/lettrage?way=sum").content.decode()
        assert "RG-8" in page
        assert "RG-9" not in page
        assert Allocation.objects.count() == known
        desk.post("/cash/lettrage/apply", {"way": "sum", "group": groups_of(page)})
        assert (open_of("FA-1"), open_of("RG-8"), open_of("FA-3")) == (0, 0, 80_000)
        key = AuditEntry.objects.get(verb="letter_all").subject_id.removeprefix("lettrage:")
        assert f"/cash/lettrage/{key}/undo" in desk.get("/cash/lettrage").content.decode()
        desk.post(f"/cash/lettrage/{key}/undo", {"why": "Mauvais client"})
        assert AuditEntry.objects.get(verb="undo_lettrage").why == "Mauvais client"
        assert f"/cash/lettrage/{key}/undo" not in desk.get("/cash/lettrage").content.decode()
        assert (open_of("FA-1"), open_of("RG-8")) == (120_000, -120_000)

    def test_of_one_customer_leaves_the_others(self, desk: Desk):
        page = desk.get("/cash/lettrage?way=oldest&customer=C002").content.decode()
        assert "RG-9" in page
        assert "RG-8" not in page
        desk.post("/cash/lettrage/apply", {"way": "oldest", "customer": "C002", "group": groups_of(page)})
        assert (open_of("FA-3"), open_of("FA-1")) == (70_000, 120_000)

    def test_settles_nothing_when_the_preview_is_no_longer_true(self, company: Company, desk: Desk, books: Books):
        page = desk.get("/cash/lettrage?way=sum").content.decode()
        books.receipt(company.acme, "RG-10", 50_000, on=0, pays="FA-1")
        known = Allocation.objects.count()
        desk.post("/cash/lettrage/apply", {"way": "sum", "group": groups_of(page)})
        assert Allocation.objects.count() == known

    def test_is_for_those_who_may_allocate(self, company: Company):
        page = seated(company, role="auditor").get("/cash/lettrage?way=sum").content.decode()
        assert "RG-8" in page
        assert groups_of(page) == []
        assert seated(company, role="auditor").post("/cash/lettrage/apply", {"way": "sum"}).status_code == 403

    def test_shows_a_collector_only_the_own_customers(self, company: Company):
        desk = seated(company, role="collector")
        company.collector.memberships.update(own_portfolio_only=True)
        Customer.objects.update(collector=None)
        assert "RG-8" not in desk.get("/cash/lettrage?way=sum&way=oldest").content.decode()
