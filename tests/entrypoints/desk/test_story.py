"""The story of a customer is searched as a person speaks, and told for one document."""

import datetime as dt

import pytest
from django.utils import timezone

from encours.collections import actions as collections
from encours.core.text_search import speaking_of
from encours.customers import actions as customers
from encours.invoices.models import Document
from encours.messaging import actions as messaging
from tests.entrypoints.desk.conftest import Books, seated


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("facture", {0}),
        ("invoice", {1}),
        ("payer", {0, 2}),  # payé, paiera
        ("F-2026-04", {1}),
        ('"livraison incomplète"', {2}),
        ("livraison -incomplète", set()),
        ("livraisons incomplete", {2}),  # without accents, another form
        ("PAYEES", {0}),
        ("rien de tel", set()),
        ("", {0, 1, 2}),
    ],
)
def test_words_are_found_in_their_forms(db, asked, found):
    texts = ["Vos factures seront payées", "We got invoices F-2026-0412 and others", "Livraison incomplète : il paiera"]
    assert speaking_of(texts, asked) == found


@pytest.fixture
def books(company):
    made = Books(company)
    made.invoice(company.acme, "FA-1", 120_000, due=-40)
    made.invoice(company.acme, "FA-2", 150_000, due=-10)
    made.receipt(company.acme, "RG-FA-2", 50_000, on=-5, pays="FA-2")
    now, by = timezone.now(), company.by
    messaging.install_default_templates(organisation_id=company.organisation_id, by=by)
    collections.install_default_scenarios(organisation_id=company.organisation_id, language="fr", now=now, by=by)
    collections.state_bank_date(organisation_id=company.organisation_id, known=made.today, today=made.today, by=by)
    monday = now + dt.timedelta(days=(7 - now.weekday()) % 7)
    collections.run_dunning(
        organisation_id=company.organisation_id, today=monday.date(), now=monday.replace(hour=9), by=by
    )
    messaging.deliver_due(
        organisation_id=company.organisation_id, now=monday + dt.timedelta(days=1), limit=10, connect=None
    )
    customers.add_note(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, now=now, by=by,
        text="Le comptable part en congés",
    )  # fmt: skip
    return made


class TestStory:
    def test_a_word_of_a_note_is_found_in_another_form(self, company, books):
        desk = seated(company)
        assert "Le comptable part en congés" in desk.get("/customers/C001?q=comptables").content.decode()
        page = desk.get("/customers/C001?q=introuvable").content.decode()
        assert "Le comptable" not in page
        assert "Rien dans cet historique" in page

    def test_a_document_has_its_own(self, company, books):
        document = Document.objects.get(number="FA-2")
        page = seated(company).get(f"/documents/{document.pk}").content.decode()
        assert "RG-FA-2" in page
        assert "Le comptable" not in page
