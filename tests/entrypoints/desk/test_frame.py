"""The frame of every page: who may enter, what the rail says, language and theme, refusals."""

import pytest
from django.test import Client

from encours.access.models import Membership
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated

PAGES = ["/customers/C001", "/items", "/go", "/more", "/customers"]


class TestTheDoor:
    @pytest.mark.parametrize("address", PAGES)
    def test_sends_strangers_to_the_sign_in_page(self, company: Company, address: str):
        answer = Client().get(address)
        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/login/")

    def test_sends_the_whole_window_there_when_a_part_was_asked(self, company: Company):
        answer = Client().get("/go", headers={"HX-Request": "true"})
        assert answer.status_code == 204
        assert "/accounts/login/" in answer["HX-Redirect"]

    def test_says_in_our_words_that_a_form_was_too_old(self, company: Company):
        answer = Client(enforce_csrf_checks=True).post("/preferences", {"theme": "dark"})
        assert answer.status_code == 403
        assert "trop ancienne" in answer.content.decode()

    def test_tells_a_person_without_organisation_so(self, company: Company, desk: Desk):
        Membership.objects.filter(user=company.collector).update(is_active=False)
        answer = desk.get("/customers/C001")
        assert answer.status_code == 403
        assert "aucune organisation" in answer.content.decode()


class TestTheFrame:
    def test_says_that_nothing_can_leave_in_the_sandbox(self, desk: Desk, books: Books):
        assert "Bac à sable" in desk.get("/customers/C001").content.decode()

    def test_marks_the_current_screen(self, desk: Desk, books: Books):
        page = desk.get("/customers/C001").content.decode()
        assert 'href="/customers" aria-current="page"' in page

    def test_has_no_inline_script_and_a_strict_policy(self, desk: Desk, books: Books):
        answer = desk.get("/customers/C001")
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert "<script>" not in answer.content.decode()
        assert " onclick=" not in answer.content.decode()

    def test_speaks_english_to_those_who_read_it(self, company: Company, books: Books):
        page = seated(company, language="en").get("/customers/C001").content.decode()
        assert '<html lang="en"' in page
        assert "Still open" in page
        assert "€1,200.00" in page

    def test_keeps_the_language_chosen(self, company: Company, desk: Desk):
        desk.post("/preferences", {"language": "en", "next": "/more"})
        company.collector.refresh_from_db()
        assert company.collector.language == "en"

    def test_keeps_the_theme_chosen(self, company: Company, desk: Desk):
        desk.post("/preferences", {"theme": "dark", "next": "/more"})
        assert 'data-bs-theme="dark"' in desk.get("/more").content.decode()

    def test_never_leads_outside_after_a_form(self, desk: Desk):
        answer = desk.post("/preferences", {"theme": "dark", "next": "https://evil.example/"})
        assert answer.url == "/"


class TestRefusals:
    def test_are_a_page_when_the_thing_does_not_exist(self, desk: Desk, books: Books):
        answer = desk.get("/customers/C999")
        assert answer.status_code == 404
        assert "C999" in answer.content.decode()

    def test_are_a_sentence_in_place_after_a_form(self, desk: Desk, books: Books):
        answer = desk.post("/customers/C001/notes", {"text": "  "}, follow=True)
        assert "la note est vide" in answer.content.decode()

    def test_are_a_header_for_htmx(self, desk: Desk, books: Books):
        answer = desk.post("/customers/C001/notes", {"text": ""}, headers={"HX-Request": "true"})
        assert answer.status_code == 422
        assert "X-Refusal" in answer


class TestGoTo:
    def test_finds_customers_documents_and_screens(self, desk: Desk, books: Books):
        assert "/customers/C001" in desk.part("/go?q=acm").content.decode()
        assert "FA-1" in desk.part("/go?q=FA-1").content.decode()
        assert "/items" in desk.part("/go?q=postes").content.decode()
        # accents need not be typed, and a page inside the settings is one step away
        assert "/settings" in desk.part("/go?q=reglages").content.decode()
        assert "/settings/legal-values" in desk.part("/go?q=valeurs+legales").content.decode()
        assert "/settings/tokens" not in desk.part("/go?q=jetons").content.decode()

    @pytest.mark.parametrize("said", ["FC-2026-0412", "fc-2026", "2026-412", "412", "0412"])
    def test_finds_a_document_as_people_say_its_number(self, company: Company, desk: Desk, books: Books, said: str):
        for number in ("FC-2026-0412", "FC-2026-0999", "FS-2026-0003", "FC-2025-0777"):
            books.invoice(company.acme, number, 100_00, due=-5)
        assert "FC-2026-0412" in desk.part(f"/go?q={said}").content.decode()

    def test_answers_without_javascript_too(self, desk: Desk, books: Books):
        page = desk.get("/go?q=acme").content.decode()
        assert "<html" in page
        assert "/customers/C001" in page

    def test_says_when_nothing_fits(self, desk: Desk, books: Books):
        assert "Rien trouvé" in desk.part("/go?q=zzzz").content.decode()


class TestViews:
    def test_keep_filters_and_order_under_a_name(self, desk: Desk, books: Books):
        answer = desk.post("/views", {"screen": "items", "name": "Gros retards", "query": "only=overdue"}, follow=True)
        assert "Gros retards" in answer.content.decode()


class TestASlashTooMany:
    def test_leads_to_the_page(self, desk: Desk, books: Books):
        answer = desk.get("/customers/?q=acme")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/customers?q=acme")

    def test_leads_nowhere_when_there_is_no_page(self, desk: Desk, books: Books):
        assert desk.get("/nothing-here/").status_code == 404

    def test_never_leads_to_another_site(self, desk: Desk, books: Books):
        assert desk.get("/%2Fcustomers/").status_code == 404
