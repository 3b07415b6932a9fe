"""Hand-overs on the desk: made, linked, told about and ended by who may."""

import re

import pytest
from django.test import Client

from encours.access import context
from encours.ledger.models import OpenItem
from encours.recovery.models import HandOver, HandOverEvent
from tests.entrypoints.desk.conftest import seated

NEW = "/customers/C001/recovery/hand-over"


def made(desk, **more):
    item = OpenItem.objects.get(document_number="FA-1")
    form = {"item": [item.pk], "name": "Cabinet Durand", "kind": "lawyer", "fee": "12,5", "key": "one", **more}
    assert desk.post(NEW, form).status_code == 302
    return HandOver.objects.get()


class TestHandOver:
    def test_is_made_with_its_partner_and_fee(self, desk, books):
        assert "FA-1" in desk.get(NEW).content.decode()
        one = made(desk)
        assert (one.partner.name, one.fee_permyriad, one.amount_minor) == ("Cabinet Durand", 1250, 120_000)
        assert one.number in desk.get("/hand-overs").content.decode()
        assert one.number in desk.get("/customers/C001/recovery").content.decode()

    def test_its_link_is_shown_once_opens_and_dies(self, desk, company, books):
        one = made(desk)
        answer = desk.post(f"/hand-overs/{one.pk}/link", {"days": "30"})
        link = re.search(r"/partner/hand-over/[\w-]+", answer.content.decode())[0]
        assert answer.headers["Cache-Control"] == "no-store"
        assert link not in desk.get(f"/hand-overs/{one.pk}").content.decode()
        context.unbind()
        assert Client().get(link).status_code == 200
        desk.post(f"/hand-overs/{one.pk}/link", {"do": "revoke"})
        context.unbind()
        assert Client().get(link).status_code == 404
        context.bind(company.organisation_id)

    def test_news_and_end(self, desk, books):
        one = made(desk)
        form = {"code": "recovered", "day": books.day(0).isoformat(), "amount": "100", "key": "e1"}
        desk.post(f"/hand-overs/{one.pk}/event", form)
        event = HandOverEvent.objects.get()
        assert (event.amount_minor, event.fee_minor, event.is_partner) == (100_00, 12_50, False)
        assert "Argent recouvré" in desk.get(f"/hand-overs/{one.pk}").content.decode()
        desk.post(f"/hand-overs/{one.pk}/end", {"as": "returned", "why": "sans suite"})
        one.refresh_from_db()
        assert one.ended_as == "returned"

    @pytest.mark.parametrize("role", ["collector", "sales", "auditor"])
    def test_only_managers_hand_over(self, company, books, role):
        assert seated(company, role=role).get(NEW).status_code == 403
