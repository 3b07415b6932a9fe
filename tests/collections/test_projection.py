"""The coming days, walked forward by the day's own rule."""

from datetime import timedelta

from hypothesis import given, settings

from encours.collections.rules.facts import Credit, Outcome, PauseFact, PromiseFact
from encours.collections.rules.projection import project
from tests.collections.cases import TODAY, customer, item, run
from tests.collections.test_dunning import accounts


def days(facts, count=60):
    return [((day - TODAY).days, d.step.key, d.outcome.value) for day, d in project(facts, run(), days=count)]


class TestProject:
    def test_walks_the_whole_scenario_on_working_days(self):
        # due on Tuesday 1 December: +3 is a Friday, +10 a Friday, +30 is the 31st, +45 falls in the next month
        assert days(customer(item(late=-7))) == [
            (0, "notice_before_due", "due"),
            (10, "reminder_1", "due"),
            (17, "reminder_2", "due"),
            (37, "reminder_3", "to_confirm"),
            (52, "last_notice", "to_confirm"),
        ]

    def test_a_weekend_moves_a_step_to_monday(self):
        assert days(customer(item(late=-1)), 10) == [(0, "notice_before_due", "due"), (6, "reminder_1", "due")]

    def test_a_pause_ends_by_itself_and_then_the_step_leaves(self):
        paused = customer(item(late=12), pauses=(PauseFact(None, "agreement", TODAY + timedelta(days=5)),))
        assert days(paused, 10) == [(0, "reminder_2", "held"), (6, "reminder_2", "due")]

    def test_a_promise_nobody_keeps_resumes_the_day_after(self):
        promised = customer(item(late=12), promises=(PromiseFact(None, TODAY + timedelta(days=1), "EUR", 100_00),))
        assert days(promised, 5) == [(0, "reminder_2", "held"), (2, "reminder_2", "due")]

    def test_a_hold_without_an_end_is_told_once(self):
        cash = Credit(9, 1, "receipt", "P1", TODAY, "EUR", 100_00)
        assert days(customer(item(late=12), credits=(cash,)), 15) == [(0, "reminder_2", "held")]

    @settings(deadline=None)
    @given(accounts())
    def test_a_step_never_leaves_twice_for_an_item(self, facts):
        left = [
            (claim.item.item_id, decision.step.key)
            for _, decision in project(facts, run(), days=90)
            for claim in decision.claims
            if decision.outcome in (Outcome.DUE, Outcome.TO_CONFIRM)
        ]
        assert len(left) == len(set(left))
