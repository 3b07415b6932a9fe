"""The order of the day's list."""

from dataclasses import replace
from datetime import date

import pytest

from encours.collections.rules.facts import Outcome
from encours.collections.rules.ranking import (
    NEVER_SPOKEN,
    Account,
    Move,
    NextStep,
    PromiseMade,
    Waiting,
    Weights,
    moves,
    place,
    ranked,
)

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


class TestFactors:
    """The points add up from what is known, each with its sign."""

    BASE = account(waiting(Outcome.TO_CONFIRM), late=0)

    @pytest.mark.parametrize(
        ("known", "expected"),
        [
            ({}, {"step": 2_160_000}),
            ({"days_late": 45}, {"step": 2_160_000, "lateness": 1_080_000}),
            ({"habit_days": 3}, {"step": 2_160_000, "behaviour": -324_000}),
            ({"habit_days": 30}, {"step": 2_160_000, "behaviour": 324_000}),
            ({"habit_days": 400}, {"step": 2_160_000, "behaviour": 648_000}),
            ({"silent_days": 1}, {"step": 2_160_000, "contact": -864_000}),
            ({"silent_days": 10}, {"step": 2_160_000}),
            ({"silent_days": 30}, {"step": 2_160_000, "contact": 432_000}),
            ({"silent_days": NEVER_SPOKEN}, {"step": 2_160_000, "contact": 432_000}),
            ({"very_late_minor": 900_000}, {"step": 2_160_000, "risk": 540_000}),
        ],
    )
    def test_each_moves_the_place_as_it_says(self, known: dict[str, int], expected: dict[str, int]):
        found = place(replace(self.BASE, **known))
        assert {factor.code: factor.points for factor in found.factors} == expected
        assert found.points == sum(expected.values())

    def test_a_weight_of_zero_silences_a_factor(self):
        late = replace(self.BASE, days_late=90, silent_days=1)
        assert {factor.code for factor in place(late, Weights({"contact": 0})).factors} == {"step", "lateness"}

    def test_a_reason_weighs_as_the_organisation_says(self):
        assert place(self.BASE, Weights({"to_confirm": 200})).points == 3_600_000

    def test_a_call_below_the_minimum_is_not_proposed(self):
        small = account(waiting(Outcome.DUE, channel="call", claimed=8_000), overdue=8_000)
        assert place(small, Weights(minimum_call_minor=15_000)).next_step is NextStep.WAIT
        assert place(small, Weights(minimum_call_minor=8_000)).next_step is NextStep.CALL


def test_moves_tell_the_first_places_and_who_falls_out_of_them():
    def listed(*ids: int):
        return [replace(place(Account(pk, 100, "EUR", 0)), customer_id=pk) for pk in ids]

    assert moves(listed(1, 2, 3), listed(3, 1, 2), top=2) == [Move(3, 3, 1), Move(1, 1, 2), Move(2, 2, 3)]
