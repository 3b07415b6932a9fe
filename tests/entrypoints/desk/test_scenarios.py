"""Scenarios: a draft is kept apart, compared, tried and published."""

import pytest
from django.utils import timezone

from encours.collections import actions as collections
from encours.collections.models import Exclusion, Scenario, ScenarioVersion
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
    "to_roles": ["accounts"],
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
        assert "<s>10</s> → 12" in page

    def test_publishes_the_draft_as_a_new_version(self, scenario: Scenario, desk: Desk):
        desk.post(f"/scenarios/{scenario.pk}?step=reminder_2", STEP)
        desk.post(f"/scenarios/{scenario.pk}/draft", {"verb": "publish", "note": "deux jours de plus"})
        version = ScenarioVersion.objects.filter(scenario=scenario).latest("number")
        assert version.number == 2
        assert next(step for step in version.steps if step["key"] == "reminder_2")["days"] == 12

    def test_throws_a_draft_away(self, scenario: Scenario, desk: Desk):
        desk.post(f"/scenarios/{scenario.pk}?step=reminder_2", STEP)
        desk.post(f"/scenarios/{scenario.pk}/draft", {"verb": "discard"})
        assert "<s>10</s>" not in desk.get(f"/scenarios/{scenario.pk}").content.decode()

    def test_adds_and_removes_a_step(self, scenario: Scenario, desk: Desk):
        desk.post(f"/scenarios/{scenario.pk}?step=new", {**STEP, "name": "Appel", "channel": "call", "days": "20"})
        assert "Appel" in desk.get(f"/scenarios/{scenario.pk}").content.decode()
        desk.post(f"/scenarios/{scenario.pk}/draft", {"verb": "remove", "step": "appel"})
        assert "?step=appel" not in desk.get(f"/scenarios/{scenario.pk}").content.decode()

    def test_is_read_only_for_a_collector(self, company: Company, scenario: Scenario):
        collector = seated(company, role="collector")
        assert collector.post(f"/scenarios/{scenario.pk}/draft", {"verb": "publish"}).status_code == 403
        assert "Garder dans le brouillon" not in collector.get(f"/scenarios/{scenario.pk}").content.decode()


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
        assert "Face à la" in desk.part(f"/scenarios/{scenario.pk}/effect").content.decode()


class TestTheList:
    def test_says_who_gets_which(self, scenario: Scenario, desk: Desk):
        assert "PME standard" in desk.get("/scenarios").content.decode()

    def test_assigns_no_action_to_everybody_else(self, scenario: Scenario, desk: Desk):
        desk.post("/scenarios/assign", {"segment": "", "scenario": "none"})
        assert "n’ont pas de scénario" in desk.get("/scenarios").content.decode()
