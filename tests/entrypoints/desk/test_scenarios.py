"""Scenarios: a draft is kept apart, compared, tried and published."""

import html
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from encours.access.models import Membership, User
from encours.collections import actions as collections
from encours.collections.models import (
    Exclusion,
    Scenario,
    ScenarioAssignment,
    ScenarioDraft,
    ScenarioVersion,
    StepWords,
)
from encours.customers.models import Customer
from encours.messaging import actions as messaging
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated

STEP = {
    "name": "Rappel 2",
    "days": "12",
    "basis": "due",
    "channel": "email",
    "tone": "cordial_firm",
    "template_key": "reminder_2",
    "sender": "collector",
    "mode": "auto",
    "to_1": "accounts",
}


@pytest.fixture
def scenario(company: Company) -> Scenario:
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    return collections.install_default_scenarios(
        organisation_id=company.organisation_id, language="fr", now=timezone.now(), by=company.by
    )


@pytest.fixture
def desk(company: Company) -> Desk:
    return seated(company)


class TestTheEditor:
    def test_shows_the_steps_around_the_due_date(self, scenario: Scenario, desk: Desk):
        page = desk.get(f"/scenarios/{scenario.pk}").content.decode()
        assert "Avis d’échéance" in page
        assert "Échéance</span>" in page

    def test_keeps_a_change_in_a_draft_that_counts_for_nobody(self, scenario: Scenario, desk: Desk):
        desk.post(f"/scenarios/{scenario.pk}?step=reminder_2", STEP)
        assert ScenarioVersion.objects.filter(scenario=scenario).count() == 1
        page = desk.get(f"/scenarios/{scenario.pk}").content.decode()
        assert "brouillon" in page
        assert "10 → 12" in page

    def test_publishes_the_draft_as_a_new_version(self, scenario: Scenario, desk: Desk):
        desk.post(f"/scenarios/{scenario.pk}?step=reminder_2", STEP)
        desk.post(f"/scenarios/{scenario.pk}/draft", {"verb": "publish", "note": "deux jours de plus"})
        version = ScenarioVersion.objects.filter(scenario=scenario).latest("number")
        assert version.number == 2
        assert next(step for step in version.steps if step["key"] == "reminder_2")["days"] == 12

    def test_throws_a_draft_away(self, scenario: Scenario, desk: Desk):
        desk.post(f"/scenarios/{scenario.pk}?step=reminder_2", STEP)
        desk.post(f"/scenarios/{scenario.pk}/draft", {"verb": "discard"})
        assert "10 → 12" not in desk.get(f"/scenarios/{scenario.pk}").content.decode()

    def test_adds_and_removes_a_step(self, scenario: Scenario, desk: Desk):
        desk.post(f"/scenarios/{scenario.pk}?step=new", {**STEP, "name": "Appel", "channel": "call", "days": "20"})
        assert "Appel" in desk.get(f"/scenarios/{scenario.pk}").content.decode()
        desk.post(f"/scenarios/{scenario.pk}/draft", {"verb": "remove", "step": "appel"})
        assert "?step=appel" not in desk.get(f"/scenarios/{scenario.pk}").content.decode()

    def test_is_read_only_for_a_collector(self, company: Company, scenario: Scenario):
        collector = seated(company, role="collector")
        assert collector.post(f"/scenarios/{scenario.pk}/draft", {"verb": "publish"}).status_code == 403
        assert "Garder dans le brouillon" not in collector.get(f"/scenarios/{scenario.pk}").content.decode()

    def test_keeps_every_field_of_a_step(self, scenario: Scenario, desk: Desk):
        further = {
            "channel": "registered_letter", "template_key": "letter_formal_notice", "to_2": "purchaser", "to_3": "cfo",
            "escalate_after": "2", "cc_internal": ["sales"], "stop_when": ["disputed"], "grouping": "invoice",
            "is_last": "on", "minimum": "150,00", "confirm_from": "5 000", "new_deadline_days": "8",
        }  # fmt: skip
        answer = desk.post(f"/scenarios/{scenario.pk}?step=reminder_2", {**STEP, **further})
        assert answer.status_code == 302
        kept = next(step for step in ScenarioDraft.objects.get().steps if step["key"] == "reminder_2")
        names = ("to_roles", "escalate_after", "cc_internal", "stop_when", "grouping")
        assert {name: kept[name] for name in names} == {
            "to_roles": ["accounts", "purchaser", "cfo"], "escalate_after": 2, "cc_internal": ["sales"],
            "stop_when": ["disputed"], "grouping": "invoice",
        }  # fmt: skip
        assert (kept["minimum_minor"], kept["confirm_from_minor"], kept["is_last"]) == (150_00, 5_000_00, True)

    def test_says_on_the_form_what_cannot_be(self, scenario: Scenario, desk: Desk):
        answer = desk.post(f"/scenarios/{scenario.pk}?step=reminder_2", {**STEP, "basis": "event"})
        assert answer.status_code == 422
        assert not ScenarioDraft.objects.exists()

    def test_asks_a_second_person_where_the_organisation_wants_it(self, company: Company, scenario: Scenario):
        collections.set_policy(organisation_id=company.organisation_id, values={"asks_approval": True}, by=company.by)
        author, manager = seated(company), _second(company)
        author.post(f"/scenarios/{scenario.pk}?step=reminder_2", STEP)
        draft = f"/scenarios/{scenario.pk}/draft"
        author.post(draft, {"verb": "publish"})
        assert ScenarioVersion.objects.filter(scenario=scenario).count() == 1
        author.post(draft, {"verb": "propose", "note": "deux jours de plus"})
        author.post(draft, {"verb": "approve"})
        assert ScenarioDraft.objects.get().state == "proposed"
        page = manager.get(f"/scenarios/{scenario.pk}").content.decode()
        assert "deux jours de plus" in page
        manager.post(draft, {"verb": "approve"})
        author.post(draft, {"verb": "publish"})
        assert ScenarioVersion.objects.filter(scenario=scenario).latest("number").approver_name

    def test_takes_an_older_version_again(self, scenario: Scenario, desk: Desk):
        desk.post(f"/scenarios/{scenario.pk}?step=reminder_2", STEP)
        desk.post(f"/scenarios/{scenario.pk}/draft", {"verb": "publish"})
        desk.post(f"/scenarios/{scenario.pk}/draft", {"verb": "roll_back", "number": "1"})
        steps = ScenarioVersion.objects.filter(scenario=scenario).latest("number").steps
        assert next(step for step in steps if step["key"] == "reminder_2")["days"] == 10

    def test_compares_the_draft_in_words_and_as_text(self, scenario: Scenario, desk: Desk):
        desk.post(f"/scenarios/{scenario.pk}?step=reminder_2", STEP)
        page = desk.get(f"/scenarios/{scenario.pk}/compare").content.decode()
        assert "10 → 12" in page
        assert "-days = 10" in page
        assert "+days = 12" in page

    def test_copies_a_step_a_week_later(self, scenario: Scenario, desk: Desk):
        desk.post(f"/scenarios/{scenario.pk}/draft", {"verb": "copy", "step": "reminder_2"})
        days = {step["key"]: step["days"] for step in ScenarioDraft.objects.get().steps}
        assert days["reminder_2_2"] == 17


def _second(company: Company) -> Desk:
    """Somebody else who may edit scenarios."""
    claire = User.objects.create(email="claire.montaigu@brevanne.example", first_name="Claire", last_name="Montaigu")
    Membership.objects.create(organisation=company.organisation, user=claire, role="credit_manager")
    desk = Desk()
    desk.organisation_id = company.organisation_id
    desk.force_login(claire)
    return desk


class TestTheFile:
    def test_goes_out_and_comes_back_as_a_draft(self, scenario: Scenario, desk: Desk):
        answer = desk.get(f"/scenarios/{scenario.pk}/file")
        assert answer["Content-Disposition"] == 'attachment; filename="pme-standard-v1.toml"'
        changed = answer.content.decode().replace("days = 10", "days = 11")
        desk.post("/scenarios/import", {"file": SimpleUploadedFile("pme.toml", changed.encode())})
        assert next(s for s in ScenarioDraft.objects.get().steps if s["key"] == "reminder_2")["days"] == 11

    def test_is_refused_with_its_line(self, scenario: Scenario, desk: Desk):
        sent = SimpleUploadedFile("pme.toml", b'format = 1\nname = "X"\ncolour = "red"\n')
        answer = desk.post("/scenarios/import", {"file": sent}, follow=True)
        assert "pme.toml" in answer.content.decode()
        assert not ScenarioDraft.objects.exists()


class TestJoining:
    def test_shows_what_each_would_get_and_gives_the_scenario(
        self, books: Books, company: Company, scenario: Scenario, desk: Desk
    ):
        address = f"/scenarios/{scenario.pk}/join?customer=C001&entry=step:reminder_1"
        page = desk.get(address).content.decode()
        assert "Rappel 1" in page
        desk.post(f"/scenarios/{scenario.pk}/join", {"customer": "C001", "entry": "step:reminder_1"})
        made = ScenarioAssignment.objects.filter(customer=company.acme).latest("pk")
        assert (made.scenario_id, made.entry, made.entry_step) == (scenario.pk, "at_step", "reminder_1")


class TestWhoSlipsThrough:
    def test_is_listed_with_what_is_overdue(self, books: Books, company: Company, scenario: Scenario, desk: Desk):
        collections.assign(
            organisation_id=company.organisation_id, scenario_id=None, customer_id=company.acme.pk, by=company.by
        )
        Customer.objects.filter(pk=company.borealis.pk).update(collector=None)
        page = desk.get("/scenarios/uncovered").content.decode()
        first, second = page.split('<h2 class="en-h2"', 2)[1:]
        assert "Acme" in first
        assert "Acme" not in second
        assert "suivi par personne" in desk.get("/scenarios").content.decode()


class TestTheDryRun:
    def test_shows_the_coming_days_and_sends_nothing(self, books: Books, scenario: Scenario, desk: Desk):
        page = desk.get("/dry-run").content.decode()
        assert "Acme" in page
        assert "Rien n’est envoyé" in page

    def test_takes_a_customer_out_of_a_step(self, books: Books, company: Company, scenario: Scenario, desk: Desk):
        desk.post("/dry-run/keep-out", {"customer": "C001", "step": "reminder_3"})
        excluded = Exclusion.objects.get(customer=company.acme)
        desk.post(f"/dry-run/put-back/{excluded.pk}")
        assert Exclusion.objects.get(pk=excluded.pk).undone_at is not None

    def test_shows_the_effect_of_a_draft(self, books: Books, scenario: Scenario, desk: Desk):
        desk.post(f"/scenarios/{scenario.pk}?step=reminder_2", STEP)
        page = desk.part(f"/scenarios/{scenario.pk}/effect").content.decode()
        assert "Face à la" in page
        assert "/dry-run/keep-out" in page

    def test_words_one_message_to_come(self, books: Books, company: Company, scenario: Scenario, desk: Desk):
        page = desk.get("/dry-run").content.decode()
        address = html.unescape(re.findall(r'href="(/dry-run/words[^"]*customer=C001[^"]*)"', page)[0])
        form = desk.get(address).content.decode()
        assert "Votre texte" in form or "facture" in form
        place = dict(parse_qsl(urlsplit(address).query))
        desk.post("/dry-run/words", {**place, "subject": "Un mot", "text": "Bonjour"})
        kept = StepWords.objects.get(customer=company.acme)
        assert (kept.subject, kept.step_key, kept.entity_id) == ("Un mot", place["step"], company.entity.pk)
        assert "réécrit" in desk.get(address).content.decode()
        desk.post("/dry-run/words", {**place, "as_the_template": "1"})
        assert "réécrit" not in desk.get(address).content.decode()
        assert desk.post("/dry-run/words", {**place, "customer": "nobody"}).status_code == 404


class TestTheList:
    def test_says_who_gets_which(self, scenario: Scenario, desk: Desk):
        assert "PME standard" in desk.get("/scenarios").content.decode()

    def test_assigns_no_action_to_everybody_else(self, scenario: Scenario, desk: Desk):
        desk.post("/scenarios/assign", {"segment": "", "scenario": "none"})
        assert "n’ont pas de scénario" in desk.get("/scenarios").content.decode()


class TestTheScenarioOfACustomer:
    def test_is_reached_from_its_page(self, books: Books, scenario: Scenario, desk: Desk):
        answer = desk.get("/scenarios/choose?customer=C001")
        assert answer.headers["Location"] == f"/scenarios/{scenario.pk}/join?customer=C001"
        assert "/scenarios/choose?customer=C001" in desk.part("/customers/C001/coming").content.decode()
        assert desk.get("/scenarios/choose?customer=nobody").status_code == 404
