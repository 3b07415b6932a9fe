"""How the list of the day is ranked: tried by anyone, kept by who may; why a customer stands where it stands."""

import pytest
from django.utils import timezone

from encours.collections import actions as collections
from encours.collections.models import RankingPolicy
from encours.collections.rules.ranking import DEFAULTS
from encours.messaging import actions as messaging
from encours.team import actions as team
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated
from tests.entrypoints.desk.test_tasks import colleague

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(company: Company, books: Books) -> Books:
    now = timezone.now()
    books.invoice(company.borealis, "FA-9", 90_000, due=-35)
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    collections.install_default_scenarios(
        organisation_id=company.organisation_id, language="fr", now=now, by=company.by
    )
    collections.state_bank_date(
        organisation_id=company.organisation_id, known=books.today, today=books.today, by=company.by
    )
    collections.run_dunning(organisation_id=company.organisation_id, today=books.today, now=now, by=company.by)
    return books


def weights(**changed: int) -> dict[str, object]:
    posted: dict[str, object] = {f"w_{code}": changed.get(code, percent) for code, percent in DEFAULTS.items()}
    return {**posted, "minimum_call": "150", "no_answer_days": "2", "why": "Small ones wait"}


class TestThePage:
    def test_shows_how_the_first_places_would_move_and_keeps_nothing(self, company: Company, decided: Books):
        collector = seated(company, role="collector", language="en")
        answer = collector.post("/today/ranking", weights(lateness=0))
        assert answer.status_code == 200
        assert [row["name"] for row in answer.context["moves"]] == ["Acme", "Borealis"]
        assert RankingPolicy.objects.count() == 0

    def test_a_collector_keeps_none(self, company: Company, decided: Books):
        collector = seated(company, role="collector")
        assert collector.post("/today/ranking", {**weights(), "keep": "1"}).status_code == 403

    def test_the_credit_manager_does_and_the_list_follows(self, company: Company, decided: Books):
        manager = seated(company, language="en")
        before = manager.get("/").context["rows"][0].row.place.points
        assert manager.post("/today/ranking", {**weights(to_confirm=240), "keep": "1"}).status_code == 302
        assert manager.get("/").context["rows"][0].row.place.points > before
        kept = RankingPolicy.objects.get()
        assert (kept.weights, kept.minimum_call_minor, kept.no_answer_days) == ({"to_confirm": 240}, 150_00, 2)

    def test_a_weight_out_of_bounds_comes_back_on_the_form(self, company: Company, decided: Books):
        manager = seated(company, language="en")
        assert manager.post("/today/ranking", {**weights(risk=500), "keep": "1"}).status_code == 422
        assert RankingPolicy.objects.count() == 0


class TestToday:
    def test_the_panel_says_why_with_points_that_add_up(self, company: Company, decided: Books):
        manager = seated(company, language="en")
        page = manager.part(f"/today/{company.acme.pk}").content.decode()
        assert "Why this place" in page
        assert "at stake x 120" in page
        assert "40 days late" in page

    def test_a_gesture_beside_the_list_returns_to_the_same_place(self, company: Company, decided: Books):
        manager = seated(company, language="en")
        shown = manager.get(
            f"/today/{company.acme.pk}",
            headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/?who=all&selected=2"},
        )
        assert 'name="next" value="/?who=all&amp;selected=2"' in shown.content.decode()
        page = manager.get("/?who=all&selected=2").content.decode()
        assert page.count('aria-selected="true"') == 1
        assert 'data-address="?who=all&amp;selected=1"' in page

    def test_shows_the_customers_of_whom_one_stands_in_for(self, company: Company, decided: Books):
        omar = colleague(company)
        company.borealis.collector = omar
        company.borealis.save()
        nadia: Desk = seated(company, role="collector", language="en")
        assert "Borealis" not in nadia.get("/").content.decode()
        team.note_absence(
            organisation_id=company.organisation_id, user_id=omar.pk, substitute_id=company.collector.pk,
            first_date=decided.today, last_date=decided.day(5), today=decided.today, by=company.by,
        )  # fmt: skip
        page = nadia.get("/").content.decode()
        assert "Borealis" in page
        assert "You stand in for Omar" in page

    def test_shows_the_tasks_due(self, company: Company, decided: Books):
        team.add_task(
            organisation_id=company.organisation_id, title="Send the order form", due_date=decided.today,
            assignee_id=company.collector.pk, today=decided.today, by=company.by,
        )  # fmt: skip
        page = seated(company, role="collector", language="en").get("/").content.decode()
        assert "1 task for today" in page
        assert "Send the order form" in page
