"""Today and the held messages: who is on the list, in which order, and what each gesture does."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from encours.collections import actions as collections
from encours.collections.models import Handled, Promise, Reminder
from encours.customers.models import Customer
from encours.disputes.models import Dispute
from encours.messaging import actions as messaging
from encours.messaging.models import Message
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated


@pytest.fixture
def decided(company: Company, books: Books) -> Books:
    """The cast's books with the standard scenario, and the decisions of the day taken."""
    now = timezone.now()
    company.entity.iban = "FR7630006000011234567890189"
    company.entity.save()
    messaging.install_default_templates(organisation_id=company.organisation_id, by=company.by)
    collections.install_default_scenarios(
        organisation_id=company.organisation_id, language="fr", now=now, by=company.by
    )
    collections.state_bank_date(
        organisation_id=company.organisation_id, known=books.today, today=books.today, by=company.by
    )
    collections.run_dunning(organisation_id=company.organisation_id, today=books.today, now=now, by=company.by)
    return books


@pytest.fixture
def desk(company: Company) -> Desk:
    return seated(company)


def waiting(company: Company) -> Reminder:
    return Reminder.objects.get(customer=company.acme, outcome="to_confirm")


class TestTheList:
    def test_shows_who_waits_for_a_person_and_why(self, company: Company, decided: Books, desk: Desk):
        page = desk.get("/").content.decode()
        assert "Acme" in page
        assert "À confirmer" in page
        assert "Borealis" not in page

    def test_shows_the_message_and_its_checks_beside(self, company: Company, decided: Books, desk: Desk):
        page = desk.get("/").content.decode()
        assert "Contrôles avant envoi" in page
        assert f"/reminders/{waiting(company).pk}/letter" in page

    def test_asks_a_fixed_number_of_queries(self, company: Company, decided: Books, desk: Desk):
        desk.get("/")
        with CaptureQueriesContext(connection) as captured:
            desk.get("/")
        assert len(captured) <= 60

    def test_says_so_when_nobody_has_written_in_the_customer_s_language(
        self, company: Company, decided: Books, desk: Desk
    ):
        reminder = waiting(company)
        Customer.objects.filter(pk=company.acme.pk).update(language="de")
        company.acme.contacts.update(language="de")
        page = desk.get(f"/?reminder={reminder.pk}")
        assert page.status_code == 200
        assert company.acme.name in page.content.decode()
        assert desk.get(f"/reminders/{reminder.pk}/letter").status_code == 422

    def test_teaches_the_next_step_when_nothing_was_decided(self, company: Company, desk: Desk):
        assert "Pas encore de liste" in desk.get("/").content.decode()

    def test_leaves_as_a_file(self, company: Company, decided: Books, desk: Desk):
        answer = desk.get("/?export=csv")
        assert b"Acme" in b"".join(answer.streaming_content)

    def test_hides_another_tenant_s_customer(self, company: Company, decided: Books, desk: Desk):
        assert desk.get("/today/999999").status_code == 404


class TestAGesture:
    def test_sends_what_waited(self, company: Company, decided: Books, desk: Desk):
        answer = desk.post(f"/reminders/{waiting(company).pk}/send")
        assert answer.status_code == 302
        assert Message.objects.filter(customer=company.acme, kind="reminder").exists()

    def test_takes_it_back_while_it_has_not_left(self, company: Company, decided: Books, desk: Desk):
        desk.post(f"/reminders/{waiting(company).pk}/send")
        made = Reminder.objects.filter(customer=company.acme, outcome="due").latest("pk")
        desk.post(f"/reminders/{made.pk}/withdraw")
        assert Message.objects.get(key=made.message_key).state == "cancelled"

    def test_notes_a_promise(self, company: Company, decided: Books, desk: Desk):
        said = {"amount": "500,00", "currency": "EUR", "promised_date": decided.day(5).isoformat(), "source": "call"}
        desk.post(f"/today/{company.acme.pk}/promise", said)
        assert Promise.objects.get(customer=company.acme).amount_minor == 50_000

    def test_opens_a_dispute(self, company: Company, decided: Books, desk: Desk):
        said = {"document_number": "FA-1", "amount": "300", "reason": "quality", "note": "abîmé", "line_number": "4"}
        desk.post(f"/today/{company.acme.pk}/dispute", said)
        found = Dispute.objects.get(customer=company.acme)
        assert (found.amount_minor, found.line_number) == (30_000, "4")

    def test_says_on_the_form_what_is_refused(self, company: Company, decided: Books, desk: Desk):
        said = {"document_number": "FA-1", "amount": "99999", "reason": "quality"}
        answer = desk.post(f"/today/{company.acme.pk}/dispute", said)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()

    def test_takes_a_customer_off_the_list_and_back(self, company: Company, decided: Books, desk: Desk):
        desk.post(f"/today/{company.acme.pk}/done")
        assert f'data-peek="/today/{company.acme.pk}"' not in desk.get("/").content.decode()
        desk.post(f"/today/{company.acme.pk}/reopen")
        assert f'data-peek="/today/{company.acme.pk}"' in desk.get("/").content.decode()

    def test_puts_a_customer_off_to_a_day_to_come_only(self, company: Company, decided: Books, desk: Desk):
        yesterday = {"until": decided.day(-1).isoformat()}
        assert desk.post(f"/today/{company.acme.pk}/later", yesterday).status_code == 422
        desk.post(f"/today/{company.acme.pk}/later", {"until": decided.day(3).isoformat()})
        assert Handled.objects.get(customer=company.acme).kind == "later"

    def test_sends_all_that_is_ready(self, company: Company, decided: Books, desk: Desk):
        desk.post("/today/send-ready")
        assert Message.objects.filter(customer=company.acme, kind="reminder").exists()

    def test_is_refused_to_who_may_not_write(self, company: Company, decided: Books):
        auditor = seated(company, role="auditor")
        assert auditor.post(f"/reminders/{waiting(company).pk}/send").status_code == 403


class TestHeldMessages:
    @pytest.fixture
    def paused(self, company: Company, decided: Books) -> Reminder:
        collections.pause(
            organisation_id=company.organisation_id,
            customer_id=company.acme.pk,
            reason="waiting",
            today=decided.today,
            by=company.by,
        )
        collections.run_dunning(
            organisation_id=company.organisation_id, today=decided.today, now=timezone.now(), by=company.by
        )
        return Reminder.objects.filter(customer=company.acme, outcome="held").latest("pk")

    def test_say_the_reason_and_what_frees_them(self, company: Company, paused: Reminder, desk: Desk):
        page = desk.get("/held").content.decode()
        assert "Acme" in page
        assert "pause" in page.lower()

    def test_are_released_with_a_reason_only(self, company: Company, paused: Reminder, desk: Desk):
        desk.post(f"/held/{paused.pk}/release", {"why": ""})
        assert not Message.objects.filter(customer=company.acme, kind="reminder").exists()
        desk.post(f"/held/{paused.pk}/release", {"why": "Accord par téléphone"})
        assert Message.objects.filter(customer=company.acme, kind="reminder").exists()
