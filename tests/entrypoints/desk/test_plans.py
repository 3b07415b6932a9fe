"""Payment plans on the desk: drawn up with live totals, approved by who may, signed, on paper."""

import re

import pytest
from django.utils import timezone

from encours.access.models import Membership
from encours.customers.models import Customer
from encours.entrypoints.jobs import plans as job
from encours.ledger.models import OpenItem
from encours.plans.models import Plan
from tests.entrypoints.desk.conftest import seated

NEW = "/customers/C001/plans/new"


def form(company, books, **more):
    item = OpenItem.objects.get(document_number="FA-1")
    first = books.day(30).isoformat()
    return {"item": [item.pk], "frequency": "weekly", "count": "3", "first": first, "clause": "none", "grace": "5",
            "accelerates": "on", "key": "one", **more}  # fmt: skip


def drawn(desk, company, books, **more):
    answer = desk.post(NEW, form(company, books, draw="1", **more))
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return Plan.objects.get()


class TestBuilder:
    def test_proposes_what_is_late(self, desk, company, books):
        page = desk.get(NEW).content.decode()
        assert "FA-1" in page
        assert "Échéancier pour Acme" in page

    def test_totals_follow_what_is_chosen(self, desk, company, books):
        answer = desk.post(NEW, form(company, books, fee="30"), headers={"HX-Request": "true"})
        part = answer.content.decode()
        assert "<html" not in part
        assert "1\u202f230,00\u00a0€" in part
        assert part.count('name="amount-') == 2

    def test_an_edited_amount_moves_the_others(self, desk, company, books):
        part = desk.post(
            NEW, form(company, books, **{"amount-1": "600"}), headers={"HX-Request": "true"}
        ).content.decode()
        assert 'value="600,00"' in part
        assert 'placeholder="300,00"' in part

    def test_a_refusal_is_told_beside_the_form(self, desk, company, books):
        page = desk.post(NEW, form(company, books, down="1200")).content.decode()
        assert "L’acompte doit laisser quelque chose" in page
        assert Plan.objects.count() == 0

    def test_the_capacity_gives_the_number(self, desk, company, books):
        part = desk.post(NEW, form(company, books, capacity="300"), headers={"HX-Request": "true"}).content.decode()
        assert part.count('name="amount-') == 3

    def test_what_makes_no_sense_is_refused_in_words(self, desk, company, books):
        for wrong in ({"count": "x"}, {"down": "abc"}, {"first": "2020-01-01"}, {"item": []}, {"count": "99999"}):
            answer = desk.post(NEW, form(company, books, **wrong))
            assert answer.status_code == 200
            assert 'role="alert"' in answer.content.decode()


class TestLife:
    def test_from_draft_to_agreed(self, desk, company, books):
        plan = drawn(desk, company, books)
        assert desk.post(f"/plans/{plan.pk}/approve").status_code == 302
        today = books.day(0).isoformat()
        desk.post(f"/plans/{plan.pk}/agree", {"signed_by": "Paul Acme, gérant", "day": today})
        page = desk.get(f"/plans/{plan.pk}").content.decode()
        assert "Accepté" in page
        assert "Paul Acme" in page
        assert plan.number in desk.get("/plans").content.decode()
        assert plan.number in desk.get("/customers/C001/plans").content.decode()
        desk.post(f"/plans/{plan.pk}/end", {"as": "broken", "why": "rien"})
        plan.refresh_from_db()
        assert plan.ended_as == ""
        desk.post(f"/plans/{plan.pk}/end", {"as": "cancelled", "why": "d'un commun accord"})
        plan.refresh_from_db()
        assert plan.ended_as == "cancelled"

    def test_the_agreement_is_a_pdf_in_either_language(self, desk, company, books):
        plan = drawn(desk, company, books)
        for language in ("fr", "en", "xx"):
            answer = desk.get(f"/plans/{plan.pk}/agreement.pdf?language={language}")
            assert answer["Content-Type"] == "application/pdf"
            assert answer.content.startswith(b"%PDF")

    def test_the_job_ends_what_cash_ended(self, desk, company, books):
        plan = drawn(desk, company, books)
        desk.post(f"/plans/{plan.pk}/approve")
        desk.post(f"/plans/{plan.pk}/agree", {"signed_by": "Paul", "day": books.day(0).isoformat()})
        books.receipt(company.acme, "RG-9", 120_000, on=0, pays="FA-1")
        job.turn(company.organisation, timezone.now())
        plan.refresh_from_db()
        assert plan.ended_as == "kept"


class TestRights:
    @pytest.mark.parametrize(
        ("role", "may_draw", "may_approve"), [("collector", True, False), ("cfo", True, True), ("sales", False, False)]
    )
    def test_a_collector_draws_up_and_a_manager_approves(self, company, books, role, may_draw, may_approve):
        desk = seated(company, role=role)
        assert (desk.get(NEW).status_code == 200) is may_draw
        plan = drawn(seated(company), company, books)
        desk = seated(company, role=role)
        assert (desk.post(f"/plans/{plan.pk}/approve").status_code == 302) is may_approve

    def test_a_portfolio_hides_the_plans_of_others(self, company, books):
        plan = drawn(seated(company), company, books)
        Customer.objects.filter(pk=company.acme.pk).update(collector=None)
        desk = seated(company, role="collector")
        Membership.objects.filter(user=company.collector).update(own_portfolio_only=True)
        assert desk.get(f"/plans/{plan.pk}").status_code == 404
        assert desk.get(f"/plans/{plan.pk}/agreement.pdf").status_code == 404
        assert plan.number not in desk.get("/plans").content.decode()


def test_english_pages_hold_no_french(company, books):
    desk = seated(company, language="en")
    page = desk.get("/plans").content.decode()
    assert not re.search(r"[Éé]chéancier", page)
