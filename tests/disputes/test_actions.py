"""Opening and closing disputes: what is written, what is refused, twice in a row."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from encours.access import queries as access
from encours.access.models import Membership
from encours.collections.rules import dunning
from encours.collections.rules.facts import DisputeFact, Instalment
from encours.disputes import actions as disputes
from encours.disputes import queries
from encours.disputes.models import Dispute
from tests.collections import books

TODAY = books.TODAY


@pytest.fixture
def brevanne(company):
    books.post(company, company.acme, "F1", amount=100_00)
    return company


def open_one(company, **given):
    order = {"document_number": "F1", "customer_id": company.acme.pk, "today": TODAY, "by": company.by, **given}
    return disputes.open_dispute(organisation_id=company.organisation_id, **order)


class TestOpenDispute:
    def test_notes_amount_reason_and_author(self, brevanne):
        dispute = open_one(brevanne, amount_minor=40_00, reason="price", note="agreed 5 EUR")
        assert (dispute.currency, dispute.opened_by_name, dispute.closed_date) == ("EUR", "Nadia Ferrand", None)

    def test_of_an_item_takes_its_document(self, brevanne):
        item = books.item_of(brevanne, "F1")
        assert open_one(brevanne, document_number="", item_id=item.pk).document_number == "F1"

    @pytest.mark.parametrize("amount", [0, -5, 100_01])
    def test_refuses_amounts_outside_what_is_open(self, brevanne, amount):
        with pytest.raises(disputes.DisputeAmountUnusable):
            open_one(brevanne, amount_minor=amount)

    def test_refuses_what_is_not_on_this_account(self, brevanne):
        with pytest.raises(disputes.NothingToDispute):
            open_one(brevanne, customer_id=brevanne.borealis.pk)

    def test_names_the_line_with_its_amount(self, brevanne):
        line = disputes.InvoiceLine(" 3 ", "Rouleaux 80 mm")
        found = open_one(brevanne, amount_minor=40_00, line=line)
        assert (found.line_number, found.line_text, found.is_of_line) == ("3", "Rouleaux 80 mm", True)

    @pytest.mark.parametrize("given", [{"amount_minor": None}, {"document_number": "", "amount_minor": None}])
    def test_refuses_a_line_without_its_amount_or_invoice(self, brevanne, given):
        with pytest.raises(disputes.LineUnusable):
            open_one(brevanne, line=disputes.InvoiceLine("3"), **given)

    def test_the_database_knows_no_line_without_an_invoice(self, brevanne):
        made = {"customer": brevanne.acme, "key": "k", "opened_date": TODAY, "line_number": "3"}
        with pytest.raises(IntegrityError, match="disputes_dispute_line"):
            Dispute.objects.create(organisation=brevanne.organisation, **made)

    def test_is_found_by_how_much_is_contested(self, brevanne):
        made = {
            "line": open_one(brevanne, amount_minor=5_00, line=disputes.InvoiceLine(text="Rouleaux")),
            "part": open_one(brevanne, amount_minor=6_00),
            "document": open_one(brevanne),
            "account": open_one(brevanne, document_number=""),
        }
        scope = access.scope_of(Membership.objects.get(user=brevanne.collector))
        for extent, dispute in made.items():
            wanted = queries.DisputeFilter(extent=extent)
            found = queries.dispute_list(scope, wanted=wanted, today=TODAY, after_id=None, limit=9)
            assert [one.pk for one in found] == [dispute.pk]
        wanted = queries.DisputeFilter(text="rouleaux")
        assert queries.dispute_counts(scope, wanted=wanted, today=TODAY)["open"] == 1

    def test_refuses_an_unknown_reason(self, brevanne):
        with pytest.raises(disputes.DisputeWordUnknown):
            open_one(brevanne, reason="weather")

    def test_with_the_same_key_gives_the_first_again(self, brevanne):
        assert open_one(brevanne, key="portal:1").pk == open_one(brevanne, key="portal:1").pk


class TestCloseDispute:
    def test_adds_the_end_and_happens_once(self, brevanne):
        dispute = open_one(brevanne)
        order = {"organisation_id": brevanne.organisation_id, "dispute_id": dispute.pk, "by": brevanne.by}
        closed = disputes.close_dispute(**order, outcome="unfounded", today=TODAY + dt.timedelta(days=3))
        assert closed.closed_by_name == "Nadia Ferrand"
        with pytest.raises(disputes.DisputeClosedAlready):
            disputes.close_dispute(**order, outcome="unfounded", today=TODAY)

    def test_refuses_an_unknown_outcome(self, brevanne):
        with pytest.raises(disputes.DisputeWordUnknown):
            disputes.close_dispute(
                organisation_id=brevanne.organisation_id, dispute_id=open_one(brevanne).pk, outcome="maybe",
                today=TODAY, by=brevanne.by,
            )  # fmt: skip

    def test_what_was_noted_cannot_be_rewritten(self, brevanne):
        open_one(brevanne)
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute("update disputes_dispute set amount_minor = 1")


class TestOpenDisputes:
    def test_notes_many_at_once_and_each_document_once(self, brevanne):
        rows = [disputes.ImportedDispute(brevanne.acme.pk, number, TODAY) for number in ("F1", "F2")]
        order = {"organisation_id": brevanne.organisation_id, "by": brevanne.by}
        assert disputes.open_disputes(**order, disputes=rows) == 2
        assert disputes.open_disputes(**order, disputes=rows) == 0
        assert Dispute.objects.count() == 2


class TestQueries:
    def test_list_the_open_ones_of_the_readers_customers(self, brevanne):
        open_one(brevanne)
        scope = access.scope_of(Membership.objects.get(user=brevanne.collector))
        assert [dispute.document_number for dispute in queries.open_of([brevanne.acme.pk], scope=scope)] == ["F1"]
        assert queries.open_count(scope) == 1
        assert len(queries.all_of([brevanne.acme.pk], scope=scope)) == 1


class TestWhatFilesState:
    def stated(self, company, *numbers):
        return [
            disputes.ImportedDispute(company.acme.pk, number, TODAY, entity_id=company.entity.pk) for number in numbers
        ]

    def note(self, company, *numbers):
        return disputes.open_disputes(
            organisation_id=company.organisation_id, disputes=self.stated(company, *numbers), by=company.by
        )

    def drop_all_but(self, company, *numbers):
        return disputes.close_dropped(
            organisation_id=company.organisation_id,
            entity_id=company.entity.pk,
            stated=self.stated(company, *numbers),
            today=TODAY,
            by=company.by,
        )

    def test_is_noted_once_with_its_company(self, brevanne):
        assert self.note(brevanne, "F1", "F1") == 1
        assert self.note(brevanne, "F1") == 0
        assert Dispute.objects.get().entity == brevanne.entity

    def test_is_over_when_the_full_export_drops_it_and_open_again_when_it_states_it_again(self, brevanne):
        self.note(brevanne, "F1", "F2")
        assert self.drop_all_but(brevanne, "F2") == 1
        assert self.note(brevanne, "F1", "F2") == 1
        assert Dispute.objects.filter(document_number="F1").count() == 2
        assert self.drop_all_but(brevanne) == 2
        assert self.note(brevanne, "F1") == 1

    def test_stays_closed_when_a_person_closed_it(self, brevanne):
        self.note(brevanne, "F1")
        disputes.close_dispute(
            organisation_id=brevanne.organisation_id,
            dispute_id=Dispute.objects.get().pk,
            outcome="unfounded",
            today=TODAY,
            by=brevanne.by,
        )
        assert self.note(brevanne, "F1") == 0

    def test_leaves_the_same_number_of_another_company_alone(self):
        kept = books_item(entity_id=2)
        disputed = books_item(entity_id=1)
        parts = dunning.disputed_parts([kept, disputed], [DisputeFact("F1", None, None, entity_id=1)])
        assert parts == {disputed.item_id: disputed.open_minor}


def books_item(*, entity_id):
    return Instalment(entity_id, entity_id, "F1", 1, 1, TODAY, TODAY, "EUR", 100_00)
