"""Each named check alone: what lets a message leave, what adjusts, postpones, holds or blocks it."""

from datetime import timedelta

import pytest

from encours.collections.rules import dunning, interlock, recipients, wording
from encours.collections.rules.facts import (
    Address,
    CheckOutcome,
    Credit,
    DisputeFact,
    Outcome,
    PauseFact,
    PromiseFact,
)
from encours.collections.rules.steps import Step
from tests.collections.cases import ACCOUNTS, TODAY, customer, item, run

F1 = item("F1")


def step(**fields):
    return Step("r1", "Reminder 1", 3, template_key="t", **fields)


TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)


def cash(amount, currency="EUR", entity=1):
    return Credit(90, entity, "receipt", "P1", TODAY, currency, amount)


def seen(days_ago):
    return TODAY - timedelta(days=days_ago)


# check, what is particular about the customer, what about the run, what the check says, when it frees itself
CASES = [
    ("bank", {}, {}, "passed", None),
    ("bank", {}, {"bank_known": {1: seen(8)}}, "passed", None),
    ("bank", {}, {"bank_known": {1: seen(11)}}, "held", None),
    ("bank", {}, {"bank_known": {2: TODAY}}, "held", None),
    ("unapplied_cash", {"credits": (cash(100_00),)}, {}, "held", None),
    ("unapplied_cash", {"credits": (cash(99_99),)}, {}, "adjusted", None),
    ("unapplied_cash", {"credits": (cash(100_00, "USD"),)}, {}, "passed", None),
    ("unapplied_cash", {"credits": (cash(100_00, entity=2),)}, {}, "passed", None),
    ("reply", {"unread_replies": 1}, {}, "held", None),
    ("promise", {"promises": (PromiseFact(None, TODAY, "EUR", 50_00),)}, {}, "held", TOMORROW),
    ("promise", {"promises": (PromiseFact(None, YESTERDAY, "EUR", 50_00),)}, {}, "passed", None),
    ("item_promise", {"promises": (PromiseFact(F1.item_id, TODAY, "EUR", 50_00),)}, {}, "held", TOMORROW),
    ("pause", {"pauses": (PauseFact(None, "agreement", TODAY),)}, {}, "held", TOMORROW),
    ("pause", {"pauses": (PauseFact(None, "agreement", None),)}, {}, "held", None),
    ("pause", {"pauses": (PauseFact(None, "agreement", YESTERDAY),)}, {}, "passed", None),
    ("item_pause", {"pauses": (PauseFact(F1.item_id, "waiting", TODAY),)}, {}, "held", TOMORROW),
    ("payment_plan", {"pauses": (PauseFact(None, "payment_plan", None),)}, {}, "held", None),
    ("insolvency", {"pauses": (PauseFact(None, "insolvency", None),)}, {}, "blocked", None),
    ("dispute", {"disputes": (DisputeFact("F1", None, None),)}, {}, "held", None),
    ("dispute", {"disputes": (DisputeFact("F1", None, 10_00),)}, {}, "adjusted", None),
    ("recipient", {"contacts": ()}, {}, "blocked", None),
    ("recipient", {"contacts": (), "email": "info@acme.example"}, {}, "adjusted", None),
    ("recipient", {"contacts": (ACCOUNTS._replace(has_bounced=True),)}, {}, "held", None),
    ("recipient", {"contacts": (ACCOUNTS._replace(has_opted_out=True),)}, {}, "blocked", None),
    ("recipient", {"contacts": (ACCOUNTS._replace(role="cfo"),)}, {}, "adjusted", None),
    ("weekly_cap", {"contact_dates": (seen(6), seen(4))}, {}, "postponed", TOMORROW),
    ("weekly_cap", {"contact_dates": (seen(7), seen(4))}, {}, "passed", None),
    ("contact_delay", {"contact_dates": (seen(2),)}, {}, "postponed", TOMORROW),
    ("contact_delay", {"contact_dates": (seen(3),)}, {}, "passed", None),
    ("calendar", {}, {"send_on": TOMORROW}, "adjusted", None),
    ("sandbox", {}, {"sandbox": True}, "adjusted", None),
    ("taken_out", {"exclusions": frozenset({("reminder_2", None)})}, {}, "held", None),
    ("taken_out", {"exclusions": frozenset({("reminder_1", None)})}, {}, "passed", None),
]


@pytest.mark.parametrize(("code", "facts", "of_run", "expected", "frees_on"), CASES)
def test_each_check_says_what_the_table_says(code, facts, of_run, expected, frees_on):
    decision = dunning.decide(customer(F1, **facts), run(**of_run))[0]
    found = next(check for check in decision.checks if check.code == code)
    assert (found.outcome.value, found.frees_on) == (expected, frees_on)


class TestInterlock:
    def test_a_clean_customer_passes_every_check(self):
        decision = dunning.decide(customer(F1), run())[0]
        assert decision.outcome is Outcome.DUE
        assert {check.outcome for check in decision.checks} == {CheckOutcome.PASSED}
        assert len(decision.checks) == len(interlock.ITEM_CHECKS) + len(interlock.MESSAGE_CHECKS)

    def test_an_undelivered_invoice_stays_out(self):
        decision = dunning.decide(customer(F1._replace(delivered=False), item("F2")), run())[0]
        assert [claim.item.document_number for claim in decision.claims] == ["F2"]

    def test_the_worst_check_decides(self):
        facts = customer(F1, unread_replies=1, pauses=(PauseFact(None, "insolvency", None),), contact_dates=(TODAY,))
        assert dunning.decide(facts, run())[0].outcome is Outcome.BLOCKED

    def test_a_named_person_sets_a_hold_aside(self):
        decision = dunning.decide(customer(F1, unread_replies=1), run(set_aside={"reply": "Nadia Ferrand"}))[0]
        assert decision.outcome is Outcome.DUE
        assert "Nadia Ferrand" in wording.sentence(next(c for c in decision.checks if c.code == "reply").as_json())

    @pytest.mark.parametrize(
        ("code", "facts"),
        [
            ("insolvency", {"pauses": (PauseFact(None, "insolvency", None),)}),
            ("dispute", {"disputes": (DisputeFact("F1", None, None),)}),
        ],
    )
    def test_nobody_sets_aside_insolvency_or_a_dispute(self, code, facts):
        decision = dunning.decide(customer(F1, **facts), run(set_aside={code: "Nadia"}))[0]
        assert decision.outcome in (Outcome.BLOCKED, Outcome.HELD)

    def test_a_hold_tells_the_day_it_ends_only_when_all_its_causes_do(self):
        dated = customer(F1, pauses=(PauseFact(None, "agreement", TOMORROW),), contact_dates=(TODAY,))
        assert dunning.decide(dated, run())[0].frees_on == TODAY + timedelta(days=3)
        assert dunning.decide(customer(F1, pauses=dated.pauses, unread_replies=1), run())[0].frees_on is None


class TestRecipients:
    def test_the_first_role_that_has_somebody(self):
        cfo = Address("Paul Roy", "cfo", "paul@acme.example")
        facts = customer(F1, contacts=(ACCOUNTS, cfo))
        assert recipients.addressed(facts, step(to_roles=("cfo", "accounts"))) == (cfo,)
        assert recipients.addressed(facts, step(to_roles=("legal",))) == (ACCOUNTS,)
        assert recipients.copies(facts, step(cc_roles=("cfo", "accounts")), (ACCOUNTS,)) == (cfo,)

    def test_a_bounced_customer_address_is_not_tried_again(self):
        dead = ACCOUNTS._replace(has_bounced=True)
        assert recipients.addressed(customer(F1, contacts=(dead,), email="LISE@acme.example"), step()) == ()


class TestWording:
    def test_every_check_and_outcome_has_its_sentence(self):
        for code, facts, of_run, expected, _ in CASES:
            decision = dunning.decide(customer(F1, **facts), run(**of_run))[0]
            for check in decision.checks:
                assert check.outcome.value in wording.WORDS[check.code].sentences, (code, expected)
                assert "{" not in wording.sentence(check.as_json())

    def test_a_held_reminder_says_why_and_what_frees_it(self):
        decision = dunning.decide(customer(F1, credits=(cash(120_00),)), run())[0]
        held = next(check.as_json() for check in decision.checks if check.outcome is CheckOutcome.HELD)
        assert (
            wording.sentence(held) == "A payment of 120.00 EUR is not applied yet and may cover what would be claimed."
        )
        assert wording.frees("unapplied_cash") == "Apply the payment to its invoices."
