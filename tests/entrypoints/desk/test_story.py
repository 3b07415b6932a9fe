"""The story of a customer is searched as a person speaks, and told for one document."""

import datetime as dt

import pytest
from django.utils import timezone

from encours.collections import actions as collections
from encours.collections.models import Scenario
from encours.core.text_search import speaking_of
from encours.customers import actions as customers
from encours.entrypoints import wording
from encours.entrypoints.desk import timeline
from encours.invoices.models import Document
from encours.messaging import actions as messaging
from encours.messaging.rules import sample
from encours.messaging.rules.values import Address, Sender
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

    def test_an_answer_is_about_the_document_of_the_message_it_answers(self, company, books):
        said = sample.context()
        said["items"] = [{**said["items"][0], "number": "FA-1"}]
        message_id = messaging.queue_message(
            organisation_id=company.organisation_id, key="k", kind="reminder", customer_id=company.acme.pk,
            sender=Sender(None, company.entity.pk), to=[Address("compta@acme.example")], template_key="reminder_1",
            language="fr", context=said, by=company.by, send_after=timezone.now(),
        )  # fmt: skip
        messaging.deliver_due(
            organisation_id=company.organisation_id, now=timezone.now() + dt.timedelta(1), limit=9, connect=None
        )
        messaging.record_reply(
            organisation_id=company.organisation_id, key="<1@acme.example>", customer_id=company.acme.pk,
            from_email="compta@acme.example", subject="Re:", text="Entendu, lundi au plus tard", now=timezone.now(),
            by=company.by, message_id=message_id,
        )  # fmt: skip
        for number in ("FA-1", "FA-2"):
            document = Document.objects.get(number=number)
            page = seated(company).get(f"/documents/{document.pk}").content.decode()
            assert ("Entendu, lundi" in page) == (number == "FA-1")

    def test_moves_of_the_scenario_and_changes_have_their_own_feed(self, company, books):
        scenario = Scenario.objects.filter(organisation=company.organisation).order_by("pk")[0]
        collections.assign(
            organisation_id=company.organisation_id, customer_id=company.acme.pk, scenario_id=scenario.pk,
            why="Grand compte", by=company.by,
        )  # fmt: skip
        desk = seated(company)
        for feed in ("all", "changes"):
            page = desk.get(f"/customers/C001?feed={feed}").content.decode()
            assert "Grand compte" in page
            assert ("Le comptable" in page) == (feed == "all")
        assert "Grand compte" not in desk.get("/customers/C001?feed=money").content.decode()
        assert "Grand compte" in desk.get("/customers/C001?q=comptes").content.decode()
        assert "Grand compte" not in desk.get("/customers/C002").content.decode()

    def test_every_change_it_tells_has_words(self):
        assert set(wording.VERBS) >= timeline.CHANGES
