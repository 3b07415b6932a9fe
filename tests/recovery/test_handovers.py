"""Debts handed over: left alone by reminders, told back by a link that expires and shows nothing else."""

import datetime as dt
import json

import pytest
from django.test import Client
from django.utils import timezone

from encours.access import context
from encours.collections.models import Reminder
from encours.entrypoints.portal import handover as portal
from encours.ledger.models import OpenItem
from encours.recovery import actions as recovery
from encours.recovery.actions import handovers
from encours.recovery.actions.acts import ReasonMissing
from encours.recovery.models import HandOver, HandOverEvent
from encours.recovery.queries.handovers import opened_by, seen_of
from encours.recovery.rules import links
from tests import cast
from tests.collections import books
from tests.collections.books import TODAY

DAY = dt.timedelta(days=1)


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    return company


def handed(company, *items, key="one", **more):
    given = {"organisation_id": company.organisation_id, "by": company.by}
    partner = recovery.add_partner(name="Cabinet Durand", kind="agency", email="", fee_permyriad=1500, **given)
    new = recovery.NewHandOver(company.acme.pk, partner.pk, [item.pk for item in items], key, **more)
    return recovery.hand_over(new, today=TODAY, **given)


def link(company, made, days=30, now=None):
    return recovery.give_link(
        organisation_id=company.organisation_id, handover_id=made.pk, days=days, now=now or timezone.now(),
        by=company.by,
    )  # fmt: skip


def say(company, made, code, key="k", **more):
    said = recovery.Said(code, TODAY, key, **more)
    return recovery.note_event(
        said, organisation_id=company.organisation_id, handover_id=made.pk, today=TODAY, by=company.by, is_partner=True
    )


class TestHandingOver:
    def test_reminders_leave_its_items_alone_and_no_others(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1", late=12, amount=1_000_00)
        books.post(brevanne, brevanne.acme, "F2", late=12)
        made = handed(brevanne, item)
        assert (made.number, made.amount_minor, made.fee_permyriad) == ("REM-2026-0001", 1_000_00, 1500)
        books.run(brevanne)
        claimed = [row.document_number for r in Reminder.objects.filter(outcome="due") for row in r.items.all()]
        assert claimed == ["F2"]

    def test_the_same_form_twice_is_one(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1", late=60)
        assert handed(brevanne, item).pk == handed(brevanne, item).pk

    def test_refuses_what_is_not_due_or_is_bound(self, brevanne):
        young = books.post(brevanne, brevanne.acme, "F1", late=-5)
        with pytest.raises(handovers.NothingToHandOver):
            handed(brevanne, young)
        old = books.post(brevanne, brevanne.acme, "F2", late=60)
        handed(brevanne, old)
        with pytest.raises(handovers.HandedOverAlready):
            handed(brevanne, old, key="two")

    def test_taken_back_it_is_chased_again(self, brevanne):
        made = handed(brevanne, books.post(brevanne, brevanne.acme, "F1", late=12))
        given = {"organisation_id": brevanne.organisation_id, "handover_id": made.pk, "today": TODAY, "by": brevanne.by}
        with pytest.raises(ReasonMissing):
            recovery.end_hand_over(ended_as="returned", why="", **given)
        recovery.end_hand_over(ended_as="returned", why="no news", **given)
        books.run(brevanne)
        assert Reminder.objects.filter(outcome="due").count() == 1


class TestEvents:
    def test_money_carries_the_agreed_fee(self, brevanne):
        made = handed(brevanne, books.post(brevanne, brevanne.acme, "F1", late=60, amount=1_000_00))
        assert say(brevanne, made, "recovered", amount_minor=400_00).fee_minor == 60_00
        assert say(brevanne, made, "recovered", amount_minor=400_00).pk == HandOverEvent.objects.get().pk
        say(brevanne, made, "recovered", key="k2", amount_minor=100_00, fee_minor=0)
        (seen,) = seen_of([made])
        assert (seen.told_minor, seen.fee_minor, seen.open_minor) == (500_00, 60_00, 1_000_00)

    @pytest.mark.parametrize(
        ("code", "more"),
        [("nonsense", {}), ("comment", {"amount_minor": 1}), ("recovered", {}), ("recovered", {"amount_minor": -1}),
         ("recovered", {"amount_minor": 10, "fee_minor": 11}), ("recovered", {"amount_minor": 10**12})],
    )  # fmt: skip
    def test_what_does_not_fit_is_refused(self, brevanne, code, more):
        made = handed(brevanne, books.post(brevanne, brevanne.acme, "F1", late=60))
        with pytest.raises(handovers.EventUnusable):
            say(brevanne, made, code, **more)

    def test_money_in_our_books_shows_by_itself(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1", late=60, amount=1_000_00)
        made = handed(brevanne, item)
        books.pay(brevanne, brevanne.acme, "P1", 300_00, on=item)
        assert seen_of([made])[0].received_minor == 300_00


class TestLink:
    def test_opens_only_while_it_is_in_force(self, brevanne):
        made = handed(brevanne, books.post(brevanne, brevanne.acme, "F1", late=60))
        now = timezone.now()
        secret = link(brevanne, made, days=3, now=now)
        found = links.read(secret)
        assert opened_by(found, now=now + 2 * DAY).handover.pk == made.pk
        assert opened_by(found, now=now + 4 * DAY) is None
        newer = link(brevanne, made, now=now)
        assert opened_by(found, now=now) is None
        recovery.revoke_link(organisation_id=brevanne.organisation_id, handover_id=made.pk, by=brevanne.by)
        assert opened_by(links.read(newer), now=now) is None
        assert secret not in str(list(HandOver.objects.values()))

    @pytest.mark.parametrize("text", ["", "x", "1-2-3", "1-2-" + "a" * 42, "1-2-" + "a" * 44, "1-2-" + "é" * 43])
    def test_what_is_no_link_opens_nothing(self, text):
        assert links.read(text) is None


class TestPortal:
    @pytest.fixture
    def made(self, brevanne):
        return handed(brevanne, books.post(brevanne, brevanne.acme, "F1", late=60, amount=1_000_00))

    def get(self, company, address, **headers):
        context.unbind()
        answer = Client().get(address, headers=headers)
        context.bind(company.organisation_id)
        return answer

    def post(self, company, address, data, **more):
        context.unbind()
        answer = Client().post(address, data, **more)
        context.bind(company.organisation_id)
        return answer

    def test_shows_this_hand_over_and_nothing_else(self, brevanne, made):
        books.post(brevanne, brevanne.acme, "SECRET-9", late=60)
        page = self.get(brevanne, f"/partner/hand-over/{link(brevanne, made)}")
        text = page.content.decode()
        assert page.status_code == 200
        assert "F1" in text
        assert "SECRET-9" not in text
        assert page.headers["Referrer-Policy"] == "same-origin"

    def test_a_wrong_secret_is_a_page_that_says_so(self, brevanne, made):
        secret = link(brevanne, made)
        for wrong in (secret[:-1] + ("a" if secret[-1] != "a" else "b"), "nonsense"):
            assert self.get(brevanne, f"/partner/hand-over/{wrong}").status_code == 404

    def test_a_partner_says_what_happened(self, brevanne, made, monkeypatch):
        monkeypatch.setattr(portal, "_today", lambda seen: TODAY)
        address = f"/partner/hand-over/{link(brevanne, made)}"
        day = made.handed_date.isoformat()
        form = {"code": "recovered", "day": day, "amount": "200,00", "key": "f1", "text": "chèque"}
        assert self.post(brevanne, address, form).status_code == 302
        assert self.post(brevanne, address, form).status_code == 302
        event = HandOverEvent.objects.get()
        assert (event.amount_minor, event.fee_minor, event.is_partner) == (200_00, 30_00, True)
        assert event.author_name == "Cabinet Durand"

    def test_a_program_does_the_same_by_token(self, brevanne, made):
        secret = link(brevanne, made)
        answer = self.get(brevanne, "/partner/api/hand-over", Authorization=f"Bearer {secret}")
        document = json.loads(answer.content)
        assert document["number"] == made.number
        assert [item["invoice_number"] for item in document["items"]] == ["F1"]
        wrong = self.post(
            brevanne, "/partner/api/hand-over", "{", content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )  # fmt: skip
        assert wrong.status_code == 422
        assert self.get(brevanne, "/partner/api/hand-over").status_code == 404

    def test_another_tenants_number_in_the_secret_opens_nothing(self, brevanne, made):
        secret = link(brevanne, made)
        with cast.company("dora") as dora:
            other = f"{dora.organisation_id}-{secret.split('-', 1)[1]}"
        context.bind(brevanne.organisation_id)
        assert self.get(brevanne, f"/partner/hand-over/{other}").status_code == 404
        assert OpenItem.objects.filter(document_number="F1").count() == 1
