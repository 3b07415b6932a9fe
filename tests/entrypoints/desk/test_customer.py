"""One customer whole."""

from encours.access.models import Membership
from encours.access.rules import Scope
from encours.analytics.actions import refresh_standings
from encours.analytics.models import Standing
from encours.customers.models import Note
from encours.invoices import copy_actions as copies
from encours.invoices import queries as invoices
from encours.invoices.models import Document
from encours.ledger import queries as ledger
from encours.ledger.merging_actions import merge_customers
from encours.payments import queries as payments
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated


class TestAccount:
    def test_shows_what_is_open_late_and_to_come(self, desk: Desk, books: Books):
        page = desk.get("/customers/C001").content.decode()
        assert "2\u202f200,00\u00a0€" in page  # 1 200 + 2 x 500 open
        assert "1\u202f200,00\u00a0€" in page  # overdue
        assert "40\u00a0j" in page

    def test_puts_instalments_under_their_invoice_settled_ones_too(self, desk: Desk, books: Books):
        page = desk.get("/customers/C001").content.decode()
        assert "3 échéances" in page
        assert "Échéancier 1/3" in page
        assert page.count("échéance 1/3") == 1
        assert "Réglée le" in page

    def test_shows_only_what_is_late_when_asked(self, desk: Desk, books: Books):
        page = desk.get("/customers/C001?only=overdue").content.decode()
        assert "FA-1" in page
        assert "3 échéances" not in page.split("en-panel")[0]

    def test_shows_credits_to_apply(self, desk: Desk, books: Books):
        assert "Règlement à lettrer" in desk.get("/customers/C003").content.decode()

    def test_tells_payments_and_due_dates_as_one_story(self, desk: Desk, books: Books):
        page = desk.get("/customers/C001").content.decode()
        assert "RG-1" in page
        ahead = desk.part("/customers/C001/coming").content.decode()
        assert "À venir" in ahead
        assert "Échéance de FA-2" in ahead

    def test_keeps_a_note(self, company: Company, desk: Desk, books: Books):
        answer = desk.post("/customers/C001/notes", {"text": "Rappeler jeudi"}, follow=True)
        assert "Rappeler jeudi" in answer.content.decode()
        assert Note.objects.get(customer=company.acme).author_name == "Nadia Ferrand"

    def test_reads_the_same_number_of_times_however_long_the_account(
        self, company: Company, desk: Desk, books: Books, django_assert_max_num_queries
    ):
        for number in range(10, 22):
            books.invoice(company.acme, f"FA-{number}", 10_000, due=number)
        desk.get("/customers/C001")
        with django_assert_max_num_queries(32):
            desk.get("/customers/C001")

    def test_says_which_steps_are_to_come_by_the_rules_of_the_run(self, desk: Desk, books: Books):
        assert "Rappel" in desk.part("/customers/C001/coming").content.decode()


class TestEngagements:
    def test_notes_a_promise_in_the_readers_style(self, company: Company, desk: Desk, books: Books):
        form = {"amount": "1 200,00", "currency": "EUR", "day": books.day(5).isoformat(), "note": "M. Garance"}
        page = desk.post("/customers/C001/promises", form, follow=True).content.decode()
        assert "Promesse notée" in page
        assert "M. Garance" in page
        assert company.acme.promises.get().amount_minor == 120_000

    def test_refuses_an_amount_it_cannot_read(self, desk: Desk, books: Books):
        form = {"amount": "beaucoup", "currency": "EUR", "day": books.day(5).isoformat()}
        assert "beaucoup" in desk.post("/customers/C001/promises", form, follow=True).content.decode()

    def test_opens_and_closes_a_dispute(self, company: Company, desk: Desk, books: Books):
        form = {
            "document": "FA-1",
            "reason": "quality",
            "amount": "300,00",
            "currency": "EUR",
            "note": "12 panneaux abîmés",
        }
        page = desk.post("/customers/C001/disputes/open", form, follow=True).content.decode()
        assert "Litige 300\u00a0€" in page
        assert "12 panneaux abîmés" in page
        dispute = company.acme.disputes.get()
        desk.post(f"/customers/C001/disputes/{dispute.pk}/close", {"outcome": "unfounded"})
        dispute.refresh_from_db()
        assert dispute.outcome == "unfounded"

    def test_pauses_reminders_and_offers_to_undo_it(self, company: Company, desk: Desk, books: Books):
        form = {"reason": "waiting", "day": books.day(9).isoformat(), "note": "attend le bon de livraison"}
        page = desk.post("/customers/C001/pauses", form, follow=True).content.decode()
        pause = company.acme.pauses.get()
        assert f"/customers/C001/pauses/{pause.pk}/end" in page
        assert "Relances en pause" in page
        desk.post(f"/customers/C001/pauses/{pause.pk}/end")
        assert f"/pauses/{pause.pk}/end" not in desk.get("/customers/C001").content.decode()

    def test_are_closed_to_those_who_only_read(self, company: Company, books: Books):
        desk = seated(company, role="auditor")
        assert desk.post("/customers/C001/pauses", {"reason": "other"}).status_code == 403
        assert "Noter la promesse" not in desk.get("/customers/C001").content.decode()


class TestTabs:
    def test_lists_disputes(self, desk: Desk, books: Books):
        assert "Aucun litige" in desk.get("/customers/C001/disputes").content.decode()

    def test_lists_payments(self, desk: Desk, books: Books):
        assert "RG-1" in desk.get("/customers/C001/payments").content.decode()

    def test_lists_documents(self, desk: Desk, books: Books):
        assert "FA-2" in desk.get("/customers/C001/documents").content.decode()

    def test_offers_the_pdf_of_a_document_that_has_one(self, company: Company, desk: Desk, books: Books):
        document = Document.objects.get(number="FA-2")
        assert "Le PDF de cette facture" not in desk.get("/customers/C001/documents").content.decode()
        copy, _ = copies.keep_copy(document, file_name="FA-2.pdf", content=b"%PDF-1.7", by=company.by)
        page = desk.get("/customers/C001/documents").content.decode()
        assert f"/documents/{document.pk}/copies/{copy.pk}" in page


class TestWhoMaySee:
    def test_hides_other_portfolios_from_those_who_see_their_own_only(self, company: Company, books: Books):
        desk = seated(company, role="sales")
        Membership.objects.filter(user=company.collector).update(own_portfolio_only=True)
        assert desk.get("/customers/C001").status_code == 200
        type(company.acme).objects.filter(pk=company.acme.pk).update(collector=None)
        assert desk.get("/customers/C001").status_code == 404


class TestDocument:
    def test_says_what_settled_it(self, desk: Desk, books: Books):
        number = books.company.acme.number
        page = desk.get(f"/customers/{number}/documents").content.decode()
        address = page.split('">FA-2<')[0].rsplit('href="', 1)[1]
        document = desk.get(address).content.decode()
        assert "RG-1" in document
        assert "500,00\u00a0€" in document

    def test_does_not_exist_for_another_tenant(self, desk: Desk, books: Books):
        assert desk.get("/documents/999999").status_code == 404


class TestMerged:
    def test_documents_payments_and_habits_of_the_duplicate_are_the_customers(
        self, company: Company, desk: Desk, books: Books
    ):
        organisation_id = company.organisation_id
        merge_customers(
            organisation_id=organisation_id, duplicate_id=company.acme.pk, kept_id=company.borealis.pk, by=company.by,
            why="same SIREN",
        )  # fmt: skip
        number = company.borealis.number
        assert "FA-1" in desk.get(f"/customers/{number}/documents").content.decode()
        assert "RG-1" in desk.get(f"/customers/{number}/payments").content.decode()
        refresh_standings(organisation_id=organisation_id, today=books.today)
        paid = Standing.objects.filter(organisation_id=organisation_id, paid_minor__gt=0)
        assert company.acme.pk not in paid.values_list("customer_id", flat=True)
        assert company.borealis.pk in paid.values_list("customer_id", flat=True)


class TestToday:
    def test_what_is_dated_later_does_not_count_yet(self, company: Company, desk: Desk, books: Books):
        scope = Scope(organisation_id=company.organisation_id, user_id=None, role="credit_manager")
        before = ledger.balances_of(company.acme.pk, scope=scope, today=books.today)
        books.invoice(company.acme, "FA-LATER", 70_000, due=60)  # issued in 30 days
        assert ledger.balances_of(company.acme.pk, scope=scope, today=books.today) == before
        assert ledger.balances_of(company.acme.pk, scope=scope, today=books.day(30)) != before
        assert "FA-LATER" not in desk.get("/items").content.decode()

    def test_a_portfolio_of_nobody_holds_nothing(self, company: Company, books: Books):
        scope = Scope(organisation_id=company.organisation_id, user_id=None, role="collector", own_portfolio_only=True)
        assert list(ledger.balances_of(company.acme.pk, scope=scope, today=books.today)) == []
        for rows in (ledger.items_in_scope(scope), invoices.in_scope(scope), payments.receipts_in_scope(scope)):
            assert not rows.exists()
