"""A merged customer on the desk: one story, one address, and apart again when it was wrong."""

from django.utils import timezone

from encours.customers.models import Customer
from encours.disputes import actions as disputes
from encours.ledger.merging_actions import merge_customers
from encours.messaging import actions as messaging
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated


def merged(company: Company) -> None:
    merge_customers(
        organisation_id=company.organisation_id,
        duplicate_id=company.borealis.pk,
        kept_id=company.acme.pk,
        by=company.by,
        why="Même société",
    )


class TestAMergedCustomer:
    def test_tells_its_messages_and_disputes_on_the_kept_account(self, company: Company, desk: Desk, books: Books):
        disputes.open_dispute(
            organisation_id=company.organisation_id,
            customer_id=company.borealis.pk,
            today=books.today,
            by=company.by,
            document_number="FA-3",
            note="Palette manquante",
        )
        messaging.record_reply(
            organisation_id=company.organisation_id,
            key="r1",
            customer_id=company.borealis.pk,
            from_email="compta@borealis.example",
            subject="FA-3",
            text="Nous attendons votre avoir",
            now=timezone.now(),
            by=company.by,
        )
        merged(company)
        page = desk.get("/customers/C001").content.decode()
        assert "Palette manquante" in page
        assert "Nous attendons votre avoir" in page

    def test_is_found_under_its_old_number(self, company: Company, desk: Desk, books: Books):
        merged(company)
        assert desk.get("/customers/C002").headers["Location"] == "/customers/C001"

    def test_stands_for_itself_again(self, company: Company, desk: Desk, books: Books):
        merged(company)
        assert "Séparer de nouveau" in desk.get("/customers/C001").content.decode()
        desk.post(f"/customers/C001/unmerge/{company.borealis.pk}", {"why": "Deux sociétés"})
        assert Customer.objects.get(number="C002").merged_into is None
        assert "FA-3" in desk.get("/customers/C002").content.decode()

    def test_is_separated_only_by_those_who_may_merge(self, company: Company, books: Books):
        merged(company)
        desk = seated(company, role="collector")
        assert desk.post(f"/customers/C001/unmerge/{company.borealis.pk}", {"why": "x"}).status_code == 403

    def test_is_not_separated_from_an_account_it_was_not_merged_into(self, company: Company, desk: Desk, books: Books):
        merged(company)
        assert desk.post(f"/customers/C003/unmerge/{company.borealis.pk}", {"why": "x"}).status_code == 404
