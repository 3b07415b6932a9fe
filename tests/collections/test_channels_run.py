"""A run by every channel: what is kept, what is queued where, which tasks are given, what events start."""

import datetime as dt

import pytest

from encours.collections import actions as collections
from encours.collections.models import Occurrence, Reminder, ReminderItem
from encours.customers import details_actions as details
from encours.customers.models import Contact, Customer
from encours.messaging.models import Message
from encours.team.models import Task
from tests.collections import books
from tests.collections.books import NOW, TODAY

DAY = dt.timedelta(days=1)


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    return company


def follow(company, *rows, **values):
    """Give everybody a scenario of these steps."""
    steps = [{"name": row["key"].title(), **row} for row in rows]
    version = collections.create_scenario(
        organisation_id=company.organisation_id, name="By every channel", steps=steps, now=NOW, by=company.by, **values
    )
    collections.assign(organisation_id=company.organisation_id, scenario_id=version.scenario_id, by=company.by)
    return version


def checks(reminder):
    return {check["code"]: check for check in reminder.checks}


class TestRun:
    def test_a_letter_goes_to_the_postal_address_for_somebodys_attention(self, brevanne):
        Customer.objects.filter(pk=brevanne.acme.pk).update(street="1 rue Neuve", postcode="69001", city="Lyon")
        follow(brevanne, {"key": "formal", "days": 10, "channel": "letter", "template_key": "letter_reminder"})
        books.post(brevanne, brevanne.acme, "F1")
        books.run(brevanne)
        message = Message.objects.get()
        assert message.channel == "letter"
        assert message.to[0]["lines"][-1] == "69001 LYON"
        assert "Compta Acme" in message.to[0]["lines"][0]

    def test_a_letter_without_an_address_is_held_with_its_reason(self, brevanne):
        Customer.objects.filter(pk=brevanne.acme.pk).update(street="", city="")
        follow(brevanne, {"key": "formal", "days": 10, "channel": "letter", "template_key": "letter_reminder"})
        books.post(brevanne, brevanne.acme, "F1")
        books.run(brevanne)
        reminder = Reminder.objects.get()
        assert (reminder.outcome, checks(reminder)["recipient"]["data"]) == ("held", {"cause": "no_postal_address"})
        assert not Message.objects.exists()

    def test_a_text_message_goes_to_the_mobile_of_a_contact(self, brevanne):
        follow(brevanne, {"key": "sms", "days": 10, "channel": "sms", "template_key": "sms_reminder"})
        books.post(brevanne, brevanne.acme, "F1")
        books.run(brevanne)
        assert checks(Reminder.objects.get())["recipient"]["data"] == {"cause": "no_phone"}
        Contact.objects.filter(customer=brevanne.acme).update(phone="06 12 34 56 78")
        books.run(brevanne, TODAY + DAY)
        message = Message.objects.get()
        assert (message.channel, message.to[0]["phone"]) == ("sms", "+33612345678")

    def test_a_task_and_a_hand_over_are_given_once_to_the_collector(self, brevanne):
        follow(
            brevanne, {"key": "check", "days": 5, "channel": "task"},
            {"key": "hand_over", "days": 60, "channel": "hand_over", "is_last": True},
        )  # fmt: skip
        books.post(brevanne, brevanne.acme, "F1", late=6)
        books.post(brevanne, brevanne.borealis, "F2", late=61)
        books.run(brevanne)
        books.run(brevanne)
        tasks = Task.objects.order_by("title")
        assert [(task.title, task.customer_id, task.priority) for task in tasks] == [
            ("Check", brevanne.acme.pk, 2), ("Hand_Over", brevanne.borealis.pk, 3),
        ]  # fmt: skip
        assert not Message.objects.exists()

    def test_a_customer_is_written_to_by_its_own_clock(self, brevanne):
        details.set_hours(
            organisation_id=brevanne.organisation_id, customer_id=brevanne.acme.pk, timezone="America/Montreal",
            write_from=dt.time(10), by=brevanne.by,
        )  # fmt: skip
        books.post(brevanne, brevanne.acme, "F1")
        books.post(brevanne, brevanne.borealis, "F2")
        books.run(brevanne)
        leaves = dict(Reminder.objects.filter(outcome="due").values_list("customer__name", "send_after"))
        assert leaves == {"Acme": dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC), "Borealis": NOW}

    def test_two_companies_write_to_one_customer_on_two_days(self, brevanne):
        collections.set_policy(
            organisation_id=brevanne.organisation_id, values={"contact_delay_days": 0, "weekly_cap": 9}, by=brevanne.by
        )
        other = brevanne.second_entity() if hasattr(brevanne, "second_entity") else _second(brevanne)
        books.post(brevanne, brevanne.acme, "F1")
        books.post(brevanne, brevanne.acme, "F2", entity=other)
        books.run(brevanne)
        assert sorted(Reminder.objects.values_list("outcome", flat=True)) == ["due", "postponed"]
        collections.state_bank_date(
            organisation_id=brevanne.organisation_id, known=TODAY, today=TODAY + DAY, by=brevanne.by
        )
        books.run(brevanne, TODAY + DAY)
        days = Reminder.objects.filter(outcome="due").order_by("send_date").values_list("entity_id", "send_date")
        assert len({entity for entity, _ in days}) == 2
        assert [day for _, day in days] == [TODAY, TODAY + DAY]


def _second(company):
    from encours.access.models import Entity

    return Entity.objects.create(
        organisation=company.organisation, code="SUD", name="Brévanne Sud", currency="EUR", country="FR"
    )


class TestEvents:
    def test_a_step_follows_what_happened_once_and_the_scenario_goes_on(self, brevanne):
        follow(
            brevanne, {"key": "r1", "days": 3, "template_key": "reminder_1"},
            {"key": "broken", "days": 0, "basis": "event", "event": "promise_broken", "template_key": "reminder_2"},
        )  # fmt: skip
        item = books.post(brevanne, brevanne.acme, "F1", late=2)
        Occurrence.objects.create(
            organisation=brevanne.organisation, kind="promise_broken", customer=brevanne.acme, item=item,
            occurred_date=TODAY, key="promise:1",
        )  # fmt: skip
        assert books.decisions(brevanne, books.run(brevanne)) == [("Acme", "broken", "due")]
        assert books.decisions(brevanne, books.run(brevanne)) == []
        kept = ReminderItem.objects.get()
        assert (kept.step_key, kept.step_position) == (f"broken@{TODAY.isoformat()}", None)
        collections.state_bank_date(
            organisation_id=brevanne.organisation_id, known=TODAY + 2 * DAY, today=TODAY + 3 * DAY, by=brevanne.by
        )
        assert books.decisions(brevanne, books.run(brevanne, TODAY + 3 * DAY)) == [("Acme", "r1", "due")]


class TestEscalation:
    def test_the_next_role_is_written_to_after_messages_without_an_answer(self, brevanne):
        Contact.objects.create(
            organisation=brevanne.organisation, customer=brevanne.acme, name="Paul Roy", role="cfo",
            email="paul@acme.example",
        )  # fmt: skip
        ladder = {"to_roles": ["accounts", "cfo"], "escalate_after": 1}
        follow(
            brevanne, {"key": "r1", "days": 3, "template_key": "reminder_1", **ladder},
            {"key": "r2", "days": 7, "template_key": "reminder_2", "cc_internal": ["collector"], **ladder},
        )  # fmt: skip
        books.post(brevanne, brevanne.acme, "F1", late=3)
        books.run(brevanne)
        later = TODAY + 6 * DAY  # a Monday
        collections.state_bank_date(
            organisation_id=brevanne.organisation_id, known=later - 3 * DAY, today=later, by=brevanne.by
        )
        books.run(brevanne, later)
        first, second = Reminder.objects.filter(outcome="due").order_by("pk")
        assert first.recipients["to"][0][2] == "compta@acme.example"
        assert second.recipients["to"][0][2] == "paul@acme.example"
        assert checks(second)["recipient"]["data"]["cause"] == "escalated"
        assert [row[0] for row in second.recipients["cc"]] == ["Nadia Ferrand"]
