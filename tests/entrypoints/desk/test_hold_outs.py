"""The page of groups kept aside: drawn, told honestly, ended."""

import pytest
from django.utils import timezone

from encours.analytics.queries import approach
from encours.analytics.queries.approach import is_without
from encours.analytics.rules.approach import Aspect, Tried, findings
from encours.collections import actions as collections
from encours.collections.actions import holdouts as actions
from encours.collections.models import HoldOut, Scenario, SuggestionTrial
from encours.customers.models import Customer
from encours.entrypoints import kept
from encours.entrypoints.desk.approach import QUESTION
from tests.cast import Company
from tests.entrypoints.desk.conftest import seated

ASKED = {"step": "reminder_2", "share": "50", "horizon_days": "30", "owed_max": "", "why": "Utile ?"}


@pytest.fixture
def scenario(company: Company) -> Scenario:
    Customer.objects.bulk_create([
        Customer(organisation=company.organisation, number=f"M{number:03}", name=f"M{number}") for number in range(20)
    ])  # fmt: skip
    return collections.install_default_scenarios(
        organisation_id=company.organisation_id, language="fr", now=timezone.now(), by=company.by
    )


def manager(company: Company):
    return seated(company, role="credit_manager")


class TestHoldOuts:
    def test_teaches_what_it_is_for(self, company, scenario):
        page = seated(company).get(f"/scenarios/{scenario.pk}/kept-aside").content.decode()
        assert "Aucun groupe témoin" in page

    def test_is_drawn_told_and_ended(self, company, scenario):
        desk = manager(company)
        address = f"/scenarios/{scenario.pk}/kept-aside"
        assert desk.post(address, ASKED).status_code == 302
        page = desk.get(address).content.decode()
        assert "pas assez de données\u202f: il manque 20 clients" in page
        group = HoldOut.objects.get()
        assert desk.post(f"{address}/{group.pk}/end", {}).status_code == 302
        assert "terminé" in desk.get(address).content.decode()

    def test_says_why_it_cannot_be_drawn(self, company, scenario):
        desk = manager(company)
        desk.post(f"/scenarios/{scenario.pk}/kept-aside", ASKED)
        answer = desk.post(f"/scenarios/{scenario.pk}/kept-aside", ASKED)
        assert answer.status_code == 422
        assert "terminez-le d’abord" in answer.content.decode()

    def test_who_may_not_edit_scenarios_may_not_draw(self, company, scenario):
        desk = seated(company, role="sales")
        desk.post(f"/scenarios/{scenario.pk}/kept-aside", ASKED)
        assert not HoldOut.objects.exists()


class TestApproach:
    def test_says_where_nothing_can_be_compared_and_runs_a_trial(self, company):
        desk = manager(company)
        assert "Rien à comparer encore" in desk.get("/approach").content.decode()
        page = desk.get("/customers/C001/call").content.decode()
        assert "Pas assez de données pour suggérer" in page
        assert desk.post("/approach", {"share": "50", "horizon_days": "30", "why": "Utile ?"}).status_code == 302
        assert "il manque 20 clients" in desk.get("/approach").content.decode()
        trial = SuggestionTrial.objects.get()
        pages = {
            is_without(one.pk, trial): desk.get(f"/customers/{one.number}/call").content.decode()
            for one in Customer.objects.all()
        }
        assert all(("Pas de suggestion" in page) is is_aside for is_aside, page in pages.items())
        assert desk.post("/approach", {"share": "50", "horizon_days": "30", "why": "x"}).status_code == 422
        assert desk.post("/approach/end").status_code == 302
        assert seated(company, role="sales").post("/approach/end").status_code == 403

    def test_suggests_what_is_ahead_for_a_customer_as_late_as_this_one(self, company, books, monkeypatch):
        calls = [Tried(at, Aspect.CHANNEL, 2, "call", at < 24) for at in range(40)]
        mails = [Tried(100 + at, Aspect.CHANNEL, 2, "email", at < 8) for at in range(40)]
        monkeypatch.setattr(approach, "what_works", lambda *_given, **_more: findings([*calls, *mails]))
        page = " ".join(manager(company).get("/customers/C001/call").content.decode().split())  # 40 days late
        assert "Appel" in page
        assert "paiement reçu dans les 7 jours : 60,0 %, sinon 20,0 %" in page
        table = manager(company).get("/approach").content.decode()
        assert "40 points, de 20 à 60" in table

    def test_stands_in_one_line_where_a_collector_decides_and_never_against_the_lot(self, company, books):
        calls = [Tried(at, Aspect.CHANNEL, 2, "call", at < 24) for at in range(40)]
        mails = [Tried(100 + at, Aspect.CHANNEL, 2, "email", at < 8) for at in range(40)]
        desk = manager(company)
        pages = (f"/today/{company.acme.pk}", "/customers/C001")
        told = 'La bonne approche\u202f: <b class="en-m">Appel</b>'
        assert not any(told in desk.get(page).content.decode() for page in pages)  # nothing is at hand yet
        key = (company.organisation_id, *QUESTION)
        kept.figures.get(key, lambda: findings([*calls, *mails]), state=(books.today, None))
        assert all(told in desk.get(page).content.decode() for page in pages)
        assert told not in desk.get("/customers/C002").content.decode()  # not late
        actions.start_trial(
            organisation_id=company.organisation_id, share_permille=500, why="?", today=books.today, by=company.by
        )
        trial = SuggestionTrial.objects.get()
        assert (told in desk.get(pages[0]).content.decode()) is not is_without(company.acme.pk, trial)
