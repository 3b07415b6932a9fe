"""The replay page: two scenarios over the past, in words and figures."""

import pytest
from django.utils import timezone

from encours.collections import actions as collections
from encours.collections.models import Scenario
from encours.messaging import actions as messaging
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, seated


@pytest.fixture
def scenario(company: Company) -> Scenario:
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    return collections.install_default_scenarios(
        organisation_id=company.organisation_id, language="fr", now=timezone.now(), by=company.by
    )


class TestReplay:
    def test_shows_what_would_have_left(self, company, scenario):
        Books(company).invoice(company.acme, "FA-9", 100_00, due=-40)
        page = seated(company).get(f"/scenarios/{scenario.pk}/replay").content.decode()
        assert "Rappel 2" in page
        assert "Vraiment parti" in page

    def test_another_scenario_stands_beside(self, company, scenario):
        Books(company).invoice(company.acme, "FA-9", 100_00, due=-40)
        steps = [{"key": "late", "name": "Tardif", "days": 25, "template_key": "reminder_1"}]
        gentle = collections.create_scenario(
            organisation_id=company.organisation_id, name="Doux", steps=steps, now=timezone.now(), by=company.by,
            language="fr",
        )  # fmt: skip
        page = seated(company).get(f"/scenarios/{scenario.pk}/replay?against=s{gentle.scenario_id}").content.decode()
        assert "Où ils diffèrent" in page
        assert "Tardif" in page

    def test_refuses_days_to_come(self, company, scenario):
        answer = seated(company).get(f"/scenarios/{scenario.pk}/replay?last=2099-01-01")
        assert answer.status_code == 422
        assert "avant aujourd’hui" in answer.content.decode()

    def test_an_unknown_scenario_is_not_found(self, company):
        assert seated(company).get("/scenarios/999999/replay").status_code == 404
