"""A run: what is decided, kept, queued; and that nothing leaves twice, whatever happens in between."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from encours.access import actions as access
from encours.collections import actions as collections
from encours.collections.actions import running
from encours.collections.models import DunningRun, Exclusion, Reminder, ReminderItem, Withdrawal
from encours.collections.queries import preview
from encours.disputes import actions as disputes
from encours.ledger.models import ItemKind
from encours.messaging import actions as messaging
from encours.messaging.models import Message, MessageEvent
from tests.collections import books
from tests.collections.books import NOW, TODAY

DAY = dt.timedelta(days=1)


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    return company


class TestRun:
    def test_keeps_each_decision_with_its_items_and_reasons(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=12, amount=80_00)
        books.post(brevanne, brevanne.acme, "F2", late=4, amount=20_00)
        books.run(brevanne)
        reminder = Reminder.objects.get()
        assert (reminder.step_key, reminder.outcome, reminder.totals) == ("reminder_2", "due", {"EUR": 100_00})
        assert reminder.send_date == TODAY
        assert reminder.deadline_date == TODAY + 8 * DAY
        assert [row.claimed_minor for row in reminder.items.order_by("document_number")] == [80_00, 20_00]
        assert {check["code"]: check["outcome"] for check in reminder.checks}["sandbox"] == "adjusted"

    def test_queues_the_message_with_what_the_letter_says(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1", amount=80_00)
        disputes.open_dispute(
            organisation_id=brevanne.organisation_id, customer_id=brevanne.acme.pk, today=TODAY, by=brevanne.by,
            item_id=item.pk, amount_minor=30_00,
        )  # fmt: skip
        books.run(brevanne)
        message = Message.objects.get()
        assert message.key == f"reminder:{Reminder.objects.get().pk}"
        assert message.to == [{"email": "compta@acme.example", "name": "Compta Acme"}]
        assert message.context["totals"] == [{"amount": "50.00", "currency": "EUR"}]
        assert message.context["items"][0]["open"] == {"amount": "50.00", "currency": "EUR"}
        assert message.context["disputed_items"] == [{"number": "F1", "open": {"amount": "30.00", "currency": "EUR"}}]
        assert message.context["sender"]["name"] == "Nadia Ferrand"

    def test_twice_in_a_row_sends_once(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        assert books.decisions(brevanne, books.run(brevanne)) == [("Acme", "reminder_2", "due")]
        assert books.decisions(brevanne, books.run(brevanne)) == []
        assert Message.objects.count() == 1

    def test_a_crash_before_the_hand_over_loses_nothing_and_repeats_nothing(self, brevanne, monkeypatch):
        books.post(brevanne, brevanne.acme, "F1")
        books.post(brevanne, brevanne.borealis, "F2")

        def die(**_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(running, "hand_over", die)
            with pytest.raises(KeyboardInterrupt):
                books.run(brevanne)
        assert Message.objects.count() == 0
        books.run(brevanne)
        books.run(brevanne)
        assert Message.objects.count() == 2
        assert Reminder.objects.filter(outcome="due").count() == 2

    def test_the_database_itself_refuses_a_step_that_left(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        books.run(brevanne)
        row = ReminderItem.objects.get()
        row.pk = None
        with pytest.raises(IntegrityError, match="collections_step_leaves_once"), transaction.atomic():
            row.save(force_insert=True)

    def test_decisions_are_not_edited_or_removed(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        books.run(brevanne)
        for attempt in ("update collections_reminder set outcome = 'held'", "delete from collections_reminder"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(attempt)

    def test_items_of_another_customer_are_refused_by_the_database(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        books.run(brevanne)
        row = ReminderItem.objects.get()
        row.pk, row.customer_id, row.step_key = None, brevanne.borealis.pk, "other"
        with pytest.raises(IntegrityError, match="not of this customer"), transaction.atomic():
            row.save(force_insert=True)

    def test_escalates_as_the_days_pass_and_each_step_leaves_once(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=-8)
        day = TODAY
        while day < TODAY + 70 * DAY:
            day += DAY
            collections.state_bank_date(organisation_id=brevanne.organisation_id, known=day, today=day, by=brevanne.by)
            made = books.run(brevanne, day)
            for waiting in Reminder.objects.filter(run=made, outcome="to_confirm"):
                collections.confirm(
                    organisation_id=brevanne.organisation_id, reminder_id=waiting.pk, today=day, now=books.at(day),
                    by=brevanne.by,
                )  # fmt: skip
        left = Reminder.objects.filter(outcome="due").order_by("pk").values_list("step_key", "decided_date")
        assert [(key, (day - TODAY).days - 8) for key, day in left] == [
            ("notice_before_due", -7), ("reminder_1", 3), ("reminder_2", 10), ("reminder_3", 30), ("last_notice", 45),
        ]  # fmt: skip

    def test_a_corrected_invoice_keeps_its_history(self, brevanne):
        from encours.ledger import actions as ledger

        item = books.post(brevanne, brevanne.acme, "F1")
        books.run(brevanne)
        ledger.reverse_item(organisation_id=brevanne.organisation_id, item_id=item.pk, by=brevanne.by, why="amount")
        books.post(brevanne, brevanne.acme, "F1", amount=90_00)
        assert books.decisions(brevanne, books.run(brevanne, TODAY + 4 * DAY)) == []

    def test_another_day_is_refused_outside_the_sandbox(self, brevanne):
        access.set_sandbox(by=brevanne.by, organisation_id=brevanne.organisation_id, sandbox=False, why="live")
        with pytest.raises(running.RunDateNotToday):
            collections.run_dunning(
                organisation_id=brevanne.organisation_id, today=TODAY - DAY, now=NOW, by=brevanne.by
            )

    def test_paid_in_the_meantime_is_not_chased_and_gets_thanks(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1", late=4)
        books.run(brevanne)
        books.pay(brevanne, brevanne.acme, "P1", 100_00, day=TODAY + 5 * DAY, on=item)
        assert books.decisions(brevanne, books.run(brevanne, TODAY + 6 * DAY)) == [("Acme", "thanks", "due")]
        assert books.decisions(brevanne, books.run(brevanne, TODAY + 9 * DAY)) == []
        thanks = Message.objects.order_by("-pk").first()
        assert thanks.context["received"] == {
            "amount": {"amount": "100.00", "currency": "EUR"},
            "value_date": (TODAY + 5 * DAY).isoformat(),
        }


class TestHeld:
    def test_money_not_applied_holds_and_frees_itself(self, brevanne):
        from encours.ledger import actions as ledger

        item = books.post(brevanne, brevanne.acme, "F1")
        other = books.post(brevanne, brevanne.acme, "F2", amount=30_00)
        receipt = books.pay(brevanne, brevanne.acme, "P1", 100_00)
        assert books.decisions(brevanne, books.run(brevanne)) == [("Acme", "reminder_2", "held")]
        settlement = ledger.Settlement(
            organisation_id=brevanne.organisation_id, allocation_date=TODAY, key="apply", code="AA"
        )
        ledger.settle(settlement, owed=[item.pk], given=[receipt.pk], by=brevanne.by)
        made = books.run(brevanne)
        assert books.decisions(brevanne, made) == [("Acme", "reminder_2", "due")]
        assert [row.item_id for row in Reminder.objects.get(run=made).items.all()] == [other.pk]

    def test_a_held_message_remembers_since_when(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=12)
        collections.pause(
            organisation_id=brevanne.organisation_id, customer_id=brevanne.acme.pk, reason="waiting", today=TODAY,
            by=brevanne.by, until=TODAY + 2 * DAY,
        )  # fmt: skip
        for late in range(3):
            made = books.run(brevanne, TODAY + late * DAY)
            held = Reminder.objects.get(run=made)
            assert (held.outcome, held.stopped_since, held.frees_date) == ("held", TODAY, TODAY + 3 * DAY)
        assert books.decisions(brevanne, books.run(brevanne, TODAY + 3 * DAY)) == [("Acme", "reminder_2", "due")]

    def test_a_person_releases_with_a_reason(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        books.pay(brevanne, brevanne.acme, "P1", 100_00)
        held = Reminder.objects.get(run=books.run(brevanne))
        order = {"organisation_id": brevanne.organisation_id, "reminder_id": held.pk, "today": TODAY, "now": NOW}
        with pytest.raises(collections.decisions.ReasonMissing):
            collections.release(**order, why=" ", by=brevanne.by)
        made = collections.release(**order, why="a deposit for another order", by=brevanne.by)
        assert (made.outcome, made.follows_id, made.why) == ("due", held.pk, "a deposit for another order")
        assert Message.objects.get().key == made.message_key
        with pytest.raises(collections.decisions.DecisionOutdated):
            collections.release(**order, why="again", by=brevanne.by)

    def test_an_address_that_returns_its_mail_is_not_tried_again(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        brevanne.acme.contacts.all().delete()
        brevanne.acme.email = "Compta@Acme.example"
        brevanne.acme.save()
        messaging.suppress(
            organisation_id=brevanne.organisation_id, email="compta@acme.example", reason="bounced", by=brevanne.by
        )
        held = Reminder.objects.get(run=books.run(brevanne))
        assert held.outcome == "held"
        assert [check["data"]["cause"] for check in held.checks if check["code"] == "recipient"] == ["bounced"]

    def test_nobody_releases_against_insolvency(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        collections.pause(
            organisation_id=brevanne.organisation_id, customer_id=brevanne.acme.pk, reason="insolvency", today=TODAY,
            by=brevanne.by,
        )  # fmt: skip
        blocked = Reminder.objects.get(run=books.run(brevanne))
        assert blocked.outcome == "blocked"
        with pytest.raises(collections.decisions.StillStopped, match="Insolvency"):
            collections.release(
                organisation_id=brevanne.organisation_id, reminder_id=blocked.pk, why="please", today=TODAY, now=NOW,
                by=brevanne.by,
            )  # fmt: skip

    def test_a_promise_holds_and_broken_it_resumes_the_next_day(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        collections.record_promise(
            organisation_id=brevanne.organisation_id, customer_id=brevanne.acme.pk, amount_minor=100_00, currency="EUR",
            promised_date=TODAY + DAY, today=TODAY, by=brevanne.by,
        )  # fmt: skip
        assert books.decisions(brevanne, books.run(brevanne))[0][2] == "held"
        assert books.decisions(brevanne, books.run(brevanne, TODAY + 2 * DAY))[0][2] == "due"


class TestByHand:
    def test_confirming_lets_a_hard_step_leave_once(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=31)
        waiting = Reminder.objects.get(run=books.run(brevanne))
        assert waiting.outcome == "to_confirm"
        order = {"organisation_id": brevanne.organisation_id, "reminder_id": waiting.pk, "today": TODAY, "now": NOW}
        made = collections.confirm(**order, by=brevanne.by)
        assert (made.step_key, made.outcome) == ("reminder_3", "due")
        with pytest.raises(collections.decisions.DecisionOutdated):
            collections.confirm(**order, by=brevanne.by)
        assert books.decisions(brevanne, books.run(brevanne)) == []

    def test_confirming_what_was_paid_meanwhile_is_refused(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1", late=31)
        waiting = Reminder.objects.get(run=books.run(brevanne))
        books.pay(brevanne, brevanne.acme, "P1", 100_00, on=item)
        with pytest.raises(collections.decisions.DecisionOutdated):
            collections.confirm(
                organisation_id=brevanne.organisation_id, reminder_id=waiting.pk, today=TODAY, now=NOW, by=brevanne.by
            )

    def test_one_item_is_taken_out_and_the_rest_leaves(self, brevanne):
        first = books.post(brevanne, brevanne.acme, "F1")
        second = books.post(brevanne, brevanne.acme, "F2")
        sent = Reminder.objects.get(run=books.run(brevanne))
        made = collections.take_out(
            organisation_id=brevanne.organisation_id, reminder_id=sent.pk, item_id=first.pk, why="will be credited",
            today=TODAY, now=NOW, by=brevanne.by,
        )  # fmt: skip
        assert [row.item_id for row in made.items.all()] == [second.pk]
        assert Withdrawal.objects.get().reminder_id == sent.pk
        assert sorted(Message.objects.values_list("state", flat=True)) == ["cancelled", "queued"]

    def test_a_whole_message_taken_out_stays_out_until_put_back(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        sent = Reminder.objects.get(run=books.run(brevanne))
        collections.take_out(
            organisation_id=brevanne.organisation_id, reminder_id=sent.pk, why="sales asked", today=TODAY, now=NOW,
            by=brevanne.by,
        )  # fmt: skip
        assert books.decisions(brevanne, books.run(brevanne)) == [("Acme", "reminder_2", "skipped")]
        collections.put_back(
            organisation_id=brevanne.organisation_id, exclusion_id=Exclusion.objects.get().pk, now=NOW,
            by=brevanne.by,
        )  # fmt: skip
        assert books.decisions(brevanne, books.run(brevanne)) == [("Acme", "reminder_2", "due")]


class TestRecheck:
    def _sent(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1")
        return item, Reminder.objects.get(run=books.run(brevanne))

    def _recheck(self, brevanne, reminder, day=TODAY):
        return collections.recheck(
            organisation_id=brevanne.organisation_id, reminder_ids=[reminder.pk], today=day, now=books.at(day),
            by=brevanne.by,
        )  # fmt: skip

    def test_what_stands_leaves(self, brevanne):
        _, reminder = self._sent(brevanne)
        assert self._recheck(brevanne, reminder) == {}

    def test_what_was_paid_since_does_not_leave_and_the_step_is_free_again(self, brevanne):
        item, reminder = self._sent(brevanne)
        books.pay(brevanne, brevanne.acme, "P1", 40_00, on=item)
        assert list(self._recheck(brevanne, reminder)) == [reminder.pk]
        assert not reminder.items.get().has_left
        made = books.run(brevanne)
        assert books.decisions(brevanne, made) == [("Acme", "reminder_2", "due")]
        assert Reminder.objects.get(run=made).totals == {"EUR": 60_00}

    def test_money_that_waits_to_be_applied_stops_it_with_the_reason(self, brevanne):
        _, reminder = self._sent(brevanne)
        books.pay(brevanne, brevanne.acme, "P1", 100_00)
        assert "not applied yet" in self._recheck(brevanne, reminder)[reminder.pk]

    def test_a_dispute_opened_since_stops_it(self, brevanne):
        _, reminder = self._sent(brevanne)
        disputes.open_dispute(
            organisation_id=brevanne.organisation_id, customer_id=brevanne.acme.pk, today=TODAY, by=brevanne.by,
            document_number="F1",
        )  # fmt: skip
        assert reminder.pk in self._recheck(brevanne, reminder)


class TestNothingWent:
    def _cancel(self, brevanne):
        messaging.cancel_message(
            organisation_id=brevanne.organisation_id, message_id=Message.objects.latest("pk").pk, why="wrong tone",
            by=brevanne.by,
        )  # fmt: skip

    def test_a_cancelled_message_gives_its_step_back_and_is_decided_anew(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        first = Reminder.objects.get(run=books.run(brevanne))
        self._cancel(brevanne)
        foreseen = preview.dry_run(brevanne.organisation_id, today=TODAY, now=NOW)
        assert [(made.step.key, made.outcome.value) for made in foreseen] == [("reminder_2", "due")]
        assert books.decisions(brevanne, books.run(brevanne)) == [("Acme", "reminder_2", "due")]
        assert Withdrawal.objects.get().reminder_id == first.pk
        assert sorted(Message.objects.values_list("state", flat=True)) == ["cancelled", "queued"]
        assert books.decisions(brevanne, books.run(brevanne)) == []

    def test_a_refused_message_given_back_never_leaves_beside_its_successor(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        first = Reminder.objects.get(run=books.run(brevanne))
        MessageEvent.objects.create(
            organisation_id=brevanne.organisation_id, message=Message.objects.get(), state="refused"
        )
        assert books.decisions(brevanne, books.run(brevanne)) == [("Acme", "reminder_2", "due")]
        fallen = collections.recheck(
            organisation_id=brevanne.organisation_id, reminder_ids=[first.pk], today=TODAY, now=NOW, by=brevanne.by
        )
        assert list(fallen) == [first.pk]

    @pytest.mark.parametrize(
        "states",
        [["rendered", "caught"], ["rendered", "handing_over", "in_doubt"], ["rendered", "handing_over", "sent"]],
    )
    def test_what_left_or_may_have_left_keeps_its_step(self, brevanne, states):
        books.post(brevanne, brevanne.acme, "F1")
        books.run(brevanne)
        message = Message.objects.get()
        if "handing_over" in states:
            access.set_sandbox(by=brevanne.by, organisation_id=brevanne.organisation_id, sandbox=False, why="live")
        for state in states:
            MessageEvent.objects.create(organisation_id=brevanne.organisation_id, message=message, state=state)
        assert books.decisions(brevanne, books.run(brevanne)) == []


class TestScenarios:
    def test_the_customers_own_then_its_segments_then_the_default(self, brevanne):
        from encours.customers.models import Segment

        organisation_id, by = brevanne.organisation_id, brevanne.by
        for customer in (brevanne.acme, brevanne.borealis, brevanne.cobalt):
            books.post(brevanne, customer, f"F-{customer.name}")
        key_accounts = Segment.objects.create(organisation=brevanne.organisation, name="Key accounts")
        for customer in (brevanne.borealis, brevanne.cobalt):
            customer.segment = key_accounts
            customer.save()
        late = [{"key": "only", "name": "Only", "days": 90, "template_key": "reminder_1"}]
        made = collections.create_scenario(organisation_id=organisation_id, name="Late", steps=late, now=NOW, by=by)
        collections.assign(
            organisation_id=organisation_id, scenario_id=made.scenario_id, segment_id=key_accounts.pk, by=by
        )
        collections.assign(organisation_id=organisation_id, scenario_id=None, customer_id=brevanne.acme.pk, by=by)
        assert books.decisions(brevanne, books.run(brevanne)) == []
        collections.inherit(organisation_id=organisation_id, customer_id=brevanne.acme.pk, by=by)
        assert books.decisions(brevanne, books.run(brevanne)) == [("Acme", "reminder_2", "due")]

    def test_a_new_version_is_in_force_at_the_next_run_and_history_stays(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=12)
        books.run(brevanne)
        scenario = collections.install_default_scenarios(
            organisation_id=brevanne.organisation_id, language="en", now=NOW, by=brevanne.by
        )
        steps = [
            {"key": "early", "name": "Early", "days": 5, "template_key": "reminder_1"},
            {"key": "new", "name": "New", "days": 20, "template_key": "reminder_3"},
        ]
        version = collections.publish_version(
            organisation_id=brevanne.organisation_id, scenario_id=scenario.pk, steps=steps, now=NOW, by=brevanne.by
        )
        assert version.number == 2
        assert books.decisions(brevanne, books.run(brevanne, TODAY + 6 * DAY)) == []

    def test_a_first_run_installs_the_standard_scenario_and_a_dry_run_before_it_says_the_same(self, company):
        books.post(company, company.acme, "F1")
        books.pay(company, company.borealis, "P1", 5_00)
        order = {"today": TODAY, "now": NOW}
        found = [(d.step.key, d.outcome.value) for d in preview.dry_run(company.organisation_id, **order)]
        assert found == [("reminder_2", "due")]
        assert books.decisions(company, books.run(company)) == [("Acme", "reminder_2", "due")]

    def test_a_customer_to_whom_no_scenario_applies_is_told(self, company):
        books.post(company, company.acme, "F1")
        steps = [{"key": "only", "name": "Only", "days": 9, "template_key": "reminder_1"}]
        collections.create_scenario(
            organisation_id=company.organisation_id, name="Unused", steps=steps, now=NOW, by=company.by
        )
        assert books.decisions(company, books.run(company)) == [("Acme", "", "blocked")]
        assert DunningRun.objects.get().counts == {"blocked": 1, "items": 1}

    def test_credit_notes_are_listed_and_deducted(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        books.post(brevanne, brevanne.acme, "A1", amount=-30_00, kind=ItemKind.CREDIT_NOTE)
        books.run(brevanne)
        context = Message.objects.get().context
        assert context["totals"] == [{"amount": "70.00", "currency": "EUR"}]
        assert [row["number"] for row in context["credit_items"]] == ["A1"]
