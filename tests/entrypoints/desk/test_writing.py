"""Writing to a customer: seen as it will be read, checked as a reminder is, sent once through the outbox."""

import re
from uuid import uuid4

import pytest
from django.utils import timezone

from encours.access.models import Membership, User
from encours.collections import actions as collections
from encours.collections.queries import facts
from encours.collections.rules import interlock
from encours.collections.rules.facts import Draft
from encours.collections.rules.steps import Step
from encours.customers.models import Contact
from encours.entrypoints.last_look import LastLook
from encours.messaging import actions as messaging
from encours.messaging.models import Message, State
from encours.team.models import Task
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated

WRITE = "/customers/C001/write"


@pytest.fixture(autouse=True)
def _bank(company: Company, books: Books) -> None:
    collections.state_bank_date(
        organisation_id=company.organisation_id, known=books.today, today=books.today, by=company.by
    )


def said(company: Company, **more: str | list[str]) -> dict[str, str | list[str]]:
    form = {"to": ["compta@acme.example"], "template_key": "own_words", "language": "fr"}
    form |= {"entity": str(company.entity.pk), "key": str(uuid4())}
    return form | {"subject": "Votre appel", "text": "Merci pour votre appel.\n\nBien reçu."} | more


class TestAMessageInOnesOwnWords:
    def test_leaves_by_the_outbox_to_whom_was_chosen(self, company: Company, desk: Desk):
        desk.post(WRITE, said(company))
        message = Message.objects.get()
        assert (message.kind, message.state) == ("written", State.QUEUED)
        assert message.to == [{"email": "compta@acme.example", "name": "Compta Acme"}]
        assert message.sender_user_id == company.collector.pk

    def test_leaves_once_however_often_it_is_sent(self, company: Company, desk: Desk):
        form = said(company)
        desk.post(WRITE, form)
        desk.post(WRITE, {**form, "has_seen": "on"})
        assert Message.objects.count() == 1

    def test_is_seen_before_with_its_paragraphs_and_the_items(self, company: Company, desk: Desk):
        page = desk.post(f"{WRITE}/preview", said(company, with_items="on")).content.decode()
        assert "Merci pour votre appel." in page
        assert "Bien reçu." in page
        assert "FA-1" in page
        assert "FA-2" not in page  # not late yet

    def test_is_refused_without_words_or_readers(self, company: Company, desk: Desk):
        assert desk.post(WRITE, said(company, text=" ")).status_code == 422
        assert desk.post(WRITE, said(company, to=[])).status_code == 422
        assert not Message.objects.exists()

    def test_is_taken_back_while_it_waits(self, company: Company, desk: Desk):
        desk.post(WRITE, said(company))
        desk.post(f"/written/{Message.objects.get().pk}/undo")
        assert Message.objects.get().state == State.CANCELLED

    def test_does_not_let_a_stranger_s_message_be_taken_back(self, company: Company, desk: Desk):
        desk.post(WRITE, said(company))
        other = User.objects.create(email="ines@brevanne.example")
        Membership.objects.create(organisation=company.organisation, user=other, role="collector")
        desk.force_login(other)
        assert desk.post(f"/written/{Message.objects.get().pk}/undo").status_code == 404


class TestOutsideTheirHours:
    @pytest.fixture
    def _silence(self, company: Company, books: Books) -> None:
        silent = [[books.day(-2).isoformat(), books.day(20).isoformat()]]
        collections.set_policy(
            organisation_id=company.organisation_id, values={"silent_periods": silent}, by=company.by
        )

    @pytest.mark.usefixtures("_silence")
    def test_it_waits_unless_the_person_says_now(self, company: Company, desk: Desk, books: Books):
        assert "hors des heures d’envoi" in desk.get(WRITE).content.decode()
        desk.post(WRITE, said(company))
        waiting = Message.objects.get()
        assert waiting.due_at.date() > books.day(20)
        desk.post(WRITE, said(company, leaves="now", has_seen="on"))
        assert Message.objects.exclude(pk=waiting.pk).get().due_at <= timezone.now()
        company.acme.timezone = "Pacific/Noumea"
        company.acme.save(update_fields=["timezone"])
        assert "Là-bas (Noumea), il est" in desk.post(f"{WRITE}/checks", said(company)).content.decode()

    @pytest.mark.usefixtures("_silence")
    def test_what_was_settled_while_it_waited_is_not_claimed(self, company: Company, desk: Desk, books: Books):
        desk.post(WRITE, said(company, with_items="on"))
        look = LastLook(company.organisation_id, timezone.now())
        waiting = Message.objects.get()
        assert not look([waiting.pk])
        books.receipt(company.acme, "RG-3", 120_000, on=0, pays="FA-1")
        assert "FA-1" in look([waiting.pk])[waiting.pk]
        assert Task.objects.get().customer_id == company.acme.pk


class TestItsChecks:
    def test_count_it_as_a_contact_and_ask_for_a_word_the_second_time(self, company: Company, desk: Desk, books: Books):
        desk.post(WRITE, said(company))
        again = said(company)
        assert desk.post(WRITE, again).status_code == 422
        page = desk.get(WRITE).content.decode()
        assert "J’ai vu ce qui s’y oppose" in page
        desk.post(WRITE, {**again, "has_seen": "on"})
        assert Message.objects.count() == 2

    def test_never_let_a_person_claim_from_an_insolvent_customer(self, company: Company, desk: Desk, books: Books):
        collections.pause(
            organisation_id=company.organisation_id,
            customer_id=company.acme.pk,
            reason="insolvency",
            today=books.today,
            by=company.by,
        )
        claim = said(company, template_key="reminder_1", has_seen="on")
        messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
        assert desk.post(WRITE, claim).status_code == 422
        assert desk.post(WRITE, said(company, with_items="on", has_seen="on")).status_code == 422
        desk.post(WRITE, said(company, has_seen="on"))
        assert Message.objects.count() == 1

    def test_leave_out_addresses_that_bounced_or_are_on_the_stop_list(self, company: Company, desk: Desk):
        Contact.objects.create(
            organisation=company.organisation, customer=company.acme, name="Daf", email="daf@acme.example"
        )
        messaging.suppress(
            organisation_id=company.organisation_id, email="daf@acme.example", reason="bounced", by=company.by
        )
        page = desk.get(WRITE).content.decode()
        assert "daf@acme.example" not in page
        assert desk.post(WRITE, said(company, to=["daf@acme.example"])).status_code == 422

    def test_are_shown_beside_the_form(self, company: Company, desk: Desk):
        page = desk.post(f"{WRITE}/checks", said(company)).content.decode()
        assert re.search("bac à sable", page, re.IGNORECASE)


class TestWhoWrites:
    def test_is_a_person_who_may_send(self, company: Company):
        assert seated(company, role="auditor").get(WRITE).status_code == 403

    def test_finds_the_way_from_today_and_the_customer(self, desk: Desk):
        assert WRITE in desk.get("/customers/C001").content.decode()


class TestTheFallbackAddress:
    def test_on_the_stop_list_is_told_as_bounced_by_the_interlock(self, company: Company, books: Books):
        Contact.objects.filter(customer=company.acme).delete()
        company.acme.email = "Accueil@acme.example"
        company.acme.save(update_fields=["email"])
        messaging.suppress(
            organisation_id=company.organisation_id, email="accueil@acme.example", reason="bounced", by=company.by
        )
        now = timezone.now()
        book = facts.book_of(company.organisation_id, today=books.today, now=now)
        (customer,) = facts.customers(book, ids=[company.acme.pk])
        run = facts.run_facts(company.organisation_id, today=books.today, now=now)
        found = interlock.recipient(Draft(company.entity.pk, Step("r", "R", 0), ()), customer, run)
        assert (found.outcome, found.data["cause"]) == ("held", "bounced")
