"""The call screen: what it shows before dialling, what an outcome brings, and back to the same place in the list."""

import pytest

from encours.collections import actions as collections
from encours.collections.models import Call, CallScript, Handled, Promise
from encours.customers.models import Contact
from encours.disputes.models import Dispute
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(company: Company, books: Books) -> Desk:
    Contact.objects.filter(customer=company.acme).update(phone="01 40 00 00 01", name="Chloé Marant")
    return seated(company, role="collector", language="en")


def said(**more: object) -> dict[str, object]:
    return {"outcome": "reached", "currency": "EUR", **more}


class TestBefore:
    def test_shows_number_items_script_and_history(self, company: Company, books: Books, desk: Desk):
        collections.record_promise(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, amount_minor=100_00, currency="EUR",
            promised_date=books.today, today=books.today, by=company.by,
        )  # fmt: skip
        company.acme.language = "en"
        company.acme.save()
        page = desk.get("/customers/C001/call").content.decode()
        assert 'href="tel:0140000001"' in page
        assert "FA-1" in page
        assert "this is Nadia Ferrand from Brevanne SAS. May I speak to Chloé Marant" in page

    def test_reads_the_script_in_the_customers_language_and_its_own_words_first(self, company: Company, desk: Desk):
        assert "Puis-je parler" in desk.get("/customers/C001/call").content.decode()
        collections.write_script(
            organisation_id=company.organisation_id, language="fr", text="Allô {customer} : {amount}", by=company.by
        )
        assert "Allô Acme" in desk.get("/customers/C001/call").content.decode()

    def test_a_name_typed_in_a_script_is_text_and_no_markup(self, company: Company, desk: Desk):
        company.acme.name = "<b>Acme</b>"
        company.acme.save()
        assert "<b>Acme</b>" not in desk.get("/customers/C001/call").content.decode()

    def test_says_that_calling_was_tried_long_enough(self, company: Company, books: Books, desk: Desk):
        for _ in range(3):
            desk.post("/customers/C001/call", said(outcome="no_answer"))
        assert "3 calls in a row have reached nobody" in desk.get("/customers/C001/call").content.decode()

    def test_says_when_the_amount_is_too_small(self, company: Company, books: Books, desk: Desk):
        collections.set_ranking(
            organisation_id=company.organisation_id, weights={}, minimum_call_minor=9_999_00, no_answer_days=1,
            by=company.by,
        )  # fmt: skip
        assert "Less is overdue than" in desk.get("/customers/C001/call").content.decode()


class TestAfter:
    def test_returns_to_the_same_place_in_the_list(self, company: Company, desk: Desk):
        answer = desk.post("/customers/C001/call", said(next="/?only=call&selected=7"))
        assert answer.url == "/?only=call&selected=7"
        assert Handled.objects.get().kind == "done"
        assert "Reached" in desk.get("/customers/C001").content.decode()

    def test_no_answer_says_when_it_comes_back(self, company: Company, desk: Desk):
        page = desk.post("/customers/C001/call", said(outcome="no_answer"), follow=True).content.decode()
        assert "back on the list" in page
        assert Call.objects.get().next_date == Handled.objects.get().returns_date

    def test_a_promise_of_two_payments(self, company: Company, books: Books, desk: Desk):
        desk.post(
            "/customers/C001/call",
            said(
                outcome="promise", amount_1="500,00", day_1=books.day(3).isoformat(), amount_2="700",
                day_2=books.day(9).isoformat(), note="by transfer",
            ),
        )  # fmt: skip
        made = list(Promise.objects.order_by("promised_date").values_list("amount_minor", "note"))
        assert made == [(500_00, "by transfer"), (700_00, "by transfer")]

    def test_a_filled_in_promise_is_not_kept_under_another_outcome(self, books: Books, desk: Desk):
        desk.post("/customers/C001/call", said(amount_1="500", day_1=books.day(3).isoformat()))
        assert (Call.objects.count(), Promise.objects.count()) == (1, 0)

    def test_a_promise_without_its_day_comes_back_with_all_that_was_typed(self, desk: Desk):
        answer = desk.post("/customers/C001/call", said(outcome="promise", amount_1="500", note="will pay soon"))
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "Say how much was promised" in page
        assert "will pay soon" in page
        assert Call.objects.count() == 0

    def test_a_dispute_on_an_invoice(self, company: Company, desk: Desk):
        desk.post(
            "/customers/C001/call", said(outcome="dispute", document_number="FA-1", disputed="100", reason="price")
        )
        found = Dispute.objects.get()
        assert (found.document_number, found.amount_minor, found.reason) == ("FA-1", 100_00, "price")

    def test_the_same_form_sent_twice_is_one_call(self, desk: Desk):
        for _ in range(2):
            desk.post("/customers/C001/call", said(key="call:one"))
        assert Call.objects.count() == 1

    def test_an_auditor_does_not_reach_it(self, company: Company, books: Books):
        auditor = seated(company, role="auditor")
        assert auditor.get("/customers/C001/call").status_code == 403
        assert auditor.post("/customers/C001/call", said()).status_code == 403

    def test_sales_administration_notes_a_call_but_no_promise(self, company: Company, books: Books):
        adv = seated(company, role="adv")
        promise = said(outcome="promise", amount_1="5", day_1=books.day(3).isoformat())
        assert adv.post("/customers/C001/call", promise).status_code == 403
        assert adv.post("/customers/C001/call", said()).status_code == 302
        assert (Call.objects.count(), Promise.objects.count()) == (1, 0)


class TestScripts:
    def test_are_written_by_who_edits_scenarios(self, company: Company, books: Books, desk: Desk):
        assert desk.get("/calls/scripts").status_code == 403
        manager = seated(company, language="en")
        manager.post("/calls/scripts", {"step_key": "", "language": "en", "text": "Hello {customer}"})
        assert CallScript.objects.get().text == "Hello {customer}"

    def test_a_name_that_stands_for_nothing_is_refused(self, company: Company, books: Books):
        manager = seated(company, language="en")
        answer = manager.post("/calls/scripts", {"step_key": "", "language": "en", "text": "Hello {nobody}"})
        assert answer.status_code == 422
        assert "names “nobody”" in answer.content.decode()
        assert CallScript.objects.count() == 0
