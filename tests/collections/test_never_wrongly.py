"""What an adversary would try: corrections, advances and several companies must not wrong a debtor."""

import datetime as dt
from dataclasses import replace

import pytest

from encours.access.models import Entity
from encours.collections import actions as collections
from encours.collections.actions import decisions
from encours.collections.models import Reminder
from encours.collections.queries import facts, standing
from encours.collections.rules import dunning
from encours.collections.rules.facts import Outcome, Policy
from encours.customers.models import Customer
from encours.ledger import actions as ledger
from encours.ledger.merging_actions import merge_customers
from encours.ledger.models import ItemKind
from encours.messaging.models import Message
from tests.collections import books, cases
from tests.collections.books import NOW, TODAY

DAY = dt.timedelta(days=1)


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    return company


def correct(company, item, number, amount):
    """The invoice re-imported with another amount: reversed, and posted again."""
    ledger.reverse_item(organisation_id=company.organisation_id, item_id=item.pk, by=company.by, why="amount")
    return books.post(company, company.acme, number, amount=amount)


class TestCorrectedInvoice:
    def test_keeps_the_pause_of_its_item(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1")
        collections.pause(
            organisation_id=brevanne.organisation_id, customer_id=brevanne.acme.pk, item_id=item.pk, reason="other",
            today=TODAY, by=brevanne.by,
        )  # fmt: skip
        correct(brevanne, item, "F1", 90_00)
        assert [outcome for _, _, outcome in books.decisions(brevanne, books.run(brevanne))] == ["held"]

    def test_keeps_the_promise_made_for_its_item(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1")
        collections.record_promise(
            organisation_id=brevanne.organisation_id, customer_id=brevanne.acme.pk, item_id=item.pk, today=TODAY,
            amount_minor=100_00, currency="EUR", promised_date=TODAY + 5 * DAY, by=brevanne.by,
        )  # fmt: skip
        correct(brevanne, item, "F1", 90_00)
        assert [outcome for _, _, outcome in books.decisions(brevanne, books.run(brevanne))] == ["held"]

    def test_is_not_thanked_for_when_only_its_old_version_was_paid(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1", late=4)
        books.run(brevanne)
        receipt = books.pay(brevanne, brevanne.acme, "P1", 40_00, day=TODAY + DAY, on=item)
        allocation = receipt.legs.get().allocation
        ledger.undo_allocation(
            organisation_id=brevanne.organisation_id, allocation_id=allocation.pk, by=brevanne.by, why="corrected"
        )
        correct(brevanne, item, "F1", 120_00)
        made = books.decisions(brevanne, books.run(brevanne, TODAY + 2 * DAY))
        assert "thanks" not in [step for _, step, _ in made]


class TestMergedCustomer:
    def merge(self, company):
        merge_customers(
            organisation_id=company.organisation_id, duplicate_id=company.borealis.pk, kept_id=company.acme.pk,
            by=company.by, why="entered twice",
        )  # fmt: skip

    def test_is_not_sent_again_what_its_duplicate_was_sent(self, brevanne):
        books.post(brevanne, brevanne.borealis, "F1")
        books.run(brevanne)
        self.merge(brevanne)
        assert books.decisions(brevanne, books.run(brevanne, TODAY + 5 * DAY)) == []

    def test_keeps_what_held_its_duplicate_back(self, brevanne):
        books.post(brevanne, brevanne.borealis, "F1")
        collections.pause(
            organisation_id=brevanne.organisation_id, customer_id=brevanne.borealis.pk, reason="insolvency",
            today=TODAY, by=brevanne.by,
        )  # fmt: skip
        self.merge(brevanne)
        assert books.decisions(brevanne, books.run(brevanne)) == [("Acme", "reminder_2", "blocked")]


class TestAdvances:
    def test_an_advance_that_covers_the_invoice_holds_its_reminder(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", amount=100_00)
        advance(brevanne, "A1", -100_00)
        assert [outcome for _, _, outcome in books.decisions(brevanne, books.run(brevanne))] == ["held"]

    def test_an_advance_used_up_is_never_claimed(self, brevanne):
        advance(brevanne, "A1", 100_00)
        assert books.decisions(brevanne, books.run(brevanne)) == []


def advance(company, number, amount):
    """An item of account 419, as a FEC brings them."""
    issued = TODAY - 40 * DAY
    posting = ledger.Posting(
        organisation_id=company.organisation_id, entity_id=company.entity.pk, transaction_date=issued, source="test",
        key=f"advance:{number}",
    )  # fmt: skip
    item = ledger.NewItem(
        customer_id=company.acme.pk, kind=ItemKind.DEPOSIT, document_number=number, item_date=issued, due_date=issued,
        currency="EUR", amount_minor=amount, account="4191",
    )  # fmt: skip
    return ledger.post(posting, items=[item], by=company.by)[0]


class TestPromises:
    def test_one_payment_covers_one_promise(self, brevanne):
        items = [books.post(brevanne, brevanne.acme, number, amount=100_00) for number in ("F1", "F2")]
        for days, item in zip((3, 6), items, strict=True):
            collections.record_promise(
                organisation_id=brevanne.organisation_id, customer_id=brevanne.acme.pk, item_id=item.pk, today=TODAY,
                amount_minor=100_00, currency="EUR", promised_date=TODAY + days * DAY, by=brevanne.by,
            )  # fmt: skip
        books.pay(brevanne, brevanne.acme, "P1", 100_00, on=items[0])
        [found] = facts.customers(facts.book_of(brevanne.organisation_id, today=TODAY, now=NOW), ids=[brevanne.acme.pk])
        assert [promise.item_id for promise in found.promises] == [items[1].pk]


class TestLastLook:
    def test_a_credit_note_that_came_since_stops_the_letter(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", amount=100_00)
        books.run(brevanne)
        reminder = Reminder.objects.get()
        books.post(brevanne, brevanne.acme, "AV1", amount=-30_00, kind=ItemKind.CREDIT_NOTE, day=TODAY)
        fallen = standing.fallen(brevanne.organisation_id, [reminder.pk], today=TODAY, now=NOW)
        assert fallen == {reminder.pk: standing.MOVED}


class TestConsumers:
    def test_are_not_told_of_penalties_between_professionals(self, brevanne):
        Entity.objects.filter(pk=brevanne.entity.pk).update(penalty_mention="EUR 40 for recovery costs.")
        Customer.objects.filter(pk=brevanne.acme.pk).update(is_natural_person=True)
        books.post(brevanne, brevanne.acme, "F1")
        books.post(brevanne, brevanne.borealis, "F2")
        books.run(brevanne)
        mentions = {
            message.customer_id: message.context["entity"]["penalty_mention"] for message in Message.objects.all()
        }
        assert mentions == {brevanne.acme.pk: "", brevanne.borealis.pk: "EUR 40 for recovery costs."}


class TestWeeklyCap:
    def test_two_companies_never_write_to_one_customer_on_one_day(self):
        run = replace(cases.run(), policy=Policy(contact_delay_days=0, weekly_cap=2))
        customer = cases.customer(*(cases.item(f"F{entity}", entity=entity) for entity in (1, 2, 3)))
        run = replace(run, bank_known=dict.fromkeys((1, 2, 3), TODAY))
        outcomes = [decision.outcome for decision in dunning.decide(customer, run)]
        assert sorted(outcomes) == sorted([Outcome.DUE, Outcome.POSTPONED, Outcome.POSTPONED])


class TestTakingOut:
    def test_asks_for_a_reason(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1")
        books.run(brevanne)
        with pytest.raises(decisions.ReasonMissing):
            collections.take_out(
                organisation_id=brevanne.organisation_id, reminder_id=Reminder.objects.get().pk, why=" ", today=TODAY,
                now=NOW, by=brevanne.by,
            )  # fmt: skip
