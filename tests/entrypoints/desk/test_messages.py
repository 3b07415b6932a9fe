"""Templates, outbox and mailbox: previews refuse by name, doubts are settled by people, letters run nothing."""

import datetime as dt

import pytest
from django.utils import timezone

from encours.messaging import actions as messaging
from encours.messaging.models import Message, TemplateVersion
from encours.messaging.rules import sample
from encours.messaging.rules.values import Address, Sender
from tests.cast import Company
from tests.entrypoints.desk.conftest import Desk, seated

WORDS = {
    "subject": "Bonjour {{ customer.name }}",
    "mjml": "<mj-section><mj-column><mj-text>Cher {{ customer.name }}</mj-text></mj-column></mj-section>",
    "text": "Cher {{ customer.name }}",
    "tone": "cordial",
}


@pytest.fixture
def desk(company: Company) -> Desk:
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    return seated(company)


def queued(company: Company, key: str = "k", *, is_due: bool = True) -> int:
    return messaging.queue_message(
        organisation_id=company.organisation_id,
        key=key,
        kind="reminder",
        customer_id=company.acme.pk,
        sender=Sender(company.collector.pk, company.entity.pk),
        to=[Address("compta@acme.example", "Compta")],
        template_key="reminder_1",
        language="fr",
        context=sample.context(),
        by=company.by,
        send_after=timezone.now() + dt.timedelta(days=0 if is_due else 2),
    )


@pytest.fixture
def caught(company: Company, desk: Desk) -> int:
    message_id = queued(company)
    now = timezone.now() + dt.timedelta(seconds=5)
    messaging.deliver_due(organisation_id=company.organisation_id, now=now, limit=10, connect=None)
    return message_id


class TestTemplates:
    def test_are_listed_with_a_subject_one_can_read(self, desk: Desk):
        page = desk.get("/templates").content.decode()
        assert "3 factures échues" in page
        assert "{{" not in page

    def test_put_a_new_text_in_force(self, desk: Desk):
        desk.post("/templates/reminder_1?language=fr", WORDS)
        assert TemplateVersion.objects.latest("pk").subject == WORDS["subject"]

    def test_name_the_variable_that_does_not_exist(self, desk: Desk):
        answer = desk.post("/templates/reminder_1?language=fr", {**WORDS, "text": "Cher {{ custmer.name }}"})
        assert answer.status_code == 422
        assert "custmer.name" in answer.content.decode()

    def test_are_previewed_in_a_frame_that_runs_nothing(self, desk: Desk):
        answer = desk.post("/templates/reminder_1/preview?language=fr", WORDS)
        assert "Cher Maison Delorme" in answer.content.decode()
        assert answer["Content-Security-Policy"].startswith("sandbox;")

    def test_previews_say_what_keeps_the_text_from_leaving(self, desk: Desk):
        answer = desk.post("/templates/reminder_1/preview?language=fr", {**WORDS, "subject": "{{ nothing }}"})
        assert answer.status_code == 422
        assert "nothing" in answer.content.decode()


class TestTheMailbox:
    def test_shows_what_the_sandbox_caught(self, caught: int, desk: Desk):
        page = desk.get("/mailbox").content.decode()
        assert "3 factures échues" in page
        assert f"/messages/{caught}/letter" in page

    def test_serves_the_letter_under_its_own_policy(self, caught: int, desk: Desk):
        answer = desk.get(f"/messages/{caught}/letter")
        assert "script-src" not in answer["Content-Security-Policy"]
        assert "default-src 'none'" in answer["Content-Security-Policy"]

    def test_gives_the_raw_message(self, caught: int, desk: Desk):
        answer = desk.get(f"/messages/{caught}/raw.eml")
        assert answer["Content-Type"] == "message/rfc822"
        assert b"Message-ID" in answer.content

    def test_teaches_what_it_is_for_when_empty(self, desk: Desk):
        assert "Aucun message" in desk.get("/mailbox").content.decode()


class TestTheOutbox:
    def test_shows_each_state_in_its_tab(self, company: Company, caught: int, desk: Desk):
        queued(company, "later", is_due=False)
        assert "Acme" in desk.get("/outbox").content.decode()
        assert "3 factures échues" in desk.get("/outbox?tab=sent").content.decode()

    def test_keeps_a_message_from_leaving_with_a_reason(self, company: Company, desk: Desk):
        message_id = queued(company, "later", is_due=False)
        desk.post(f"/messages/{message_id}/settle", {"verb": "cancel", "why": "doublon"})
        assert Message.objects.get(pk=message_id).state == "cancelled"

    def test_asks_for_the_reason(self, company: Company, desk: Desk):
        message_id = queued(company, "later", is_due=False)
        desk.post(f"/messages/{message_id}/settle", {"verb": "cancel", "why": ""})
        assert Message.objects.get(pk=message_id).state == "queued"

    def test_refuses_what_has_left_already(self, caught: int, desk: Desk):
        answer = desk.post(f"/messages/{caught}/settle", {"verb": "cancel", "why": "trop tard"}, follow=True)
        assert Message.objects.get(pk=caught).state == "caught"
        assert answer.status_code == 200
