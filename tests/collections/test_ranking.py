"""The order of the day's list."""

from datetime import date

import pytest

from encours.collections.rules.facts import Outcome
from encours.collections.rules.ranking import Account, NextStep, PromiseMade, Waiting, place, ranked

BROKEN = PromiseMade(1_240_000, "EUR", date(2026, 11, 20))


def waiting(
    outcome: Outcome, *, claimed: int = 1_800_000, channel: str = "email", key: str = "r2", stop: str = ""
) -> Waiting:
    return Waiting(7, "Rappel 2", key, channel, outcome, claimed, "EUR", 3, stopped_by=stop)


def account(*waits: Waiting, overdue: int = 1_800_000, late: int = 30, broken: PromiseMade | None = None) -> Account:
    return Account(1, overdue, "EUR", late, waits, broken)


class TestPlace:
    def test_weighs_amount_reason_and_age(self):
        assert place(account(waiting(Outcome.TO_CONFIRM))).points == 1_800_000 * 120 * 133 // 10_000

    def test_puts_a_broken_promise_before_the_letter(self):
        found = place(account(waiting(Outcome.TO_CONFIRM), broken=BROKEN))
        assert found.next_step is NextStep.CALL
        assert [reason.code for reason in found.reasons] == ["promise_broken", "to_confirm"]

    @pytest.mark.parametrize(
        ("waits", "step"),
        [
            (waiting(Outcome.TO_CONFIRM), NextStep.SEND),
            (waiting(Outcome.TO_CONFIRM, key="last_notice"), NextStep.SEND),
            (waiting(Outcome.DUE, channel="call"), NextStep.CALL),
            (waiting(Outcome.DUE), NextStep.WAIT),
            (waiting(Outcome.HELD, stop="reply"), NextStep.READ),
            (waiting(Outcome.HELD, stop="unapplied_cash"), NextStep.APPLY),
            (waiting(Outcome.HELD, stop="pause"), NextStep.WAIT),
            (waiting(Outcome.BLOCKED, stop="recipient"), NextStep.CORRECT),
            (waiting(Outcome.BLOCKED, stop="insolvency"), NextStep.DECIDE),
        ],
    )
    def test_offers_the_one_next_step(self, waits: Waiting, step: NextStep):
        assert place(account(waits)).next_step is step

    def test_says_each_reason_once(self):
        found = place(account(waiting(Outcome.HELD, stop="pause"), waiting(Outcome.HELD, stop="pause")))
        assert len(found.reasons) == 1

    def test_never_counts_an_age_more_than_twice(self):
        old, older = account(waiting(Outcome.TO_CONFIRM), late=90), account(waiting(Outcome.TO_CONFIRM), late=900)
        assert place(old).points == place(older).points

    def test_is_about_the_decision_that_can_leave(self):
        held, ready = waiting(Outcome.HELD, claimed=9_000_000, stop="pause"), waiting(Outcome.TO_CONFIRM, claimed=1_000)
        assert place(account(held, ready)).waiting is ready


class TestRanked:
    def test_puts_the_larger_debt_first_among_equals(self):
        small, large = Account(1, 0, "EUR", 0), Account(2, 500, "EUR", 0)
        assert [found.customer_id for found in ranked([small, large])] == [2, 1]
