"""Steps by every channel: whom they reach, what keeps them back, what follows an event, where late joiners begin."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from encours.collections.rules import dunning, recipients
from encours.collections.rules.calendar import SendingCalendar
from encours.collections.rules.facts import (
    Address,
    CheckOutcome,
    Credit,
    DisputeFact,
    EventFact,
    LastStep,
    Outcome,
    PauseFact,
    Policy,
    PromiseFact,
)
from encours.collections.rules.projection import project
from encours.collections.rules.steps import EntryChoice, Plan, ScenarioInvalid, StepEvent, read_steps
from tests.collections.cases import ACCOUNTS, STANDARD, TODAY, customer, item, last_step, run

DAY = timedelta(days=1)
PURCHASER = Address("Ines Aubry", "purchaser", "ines@acme.example", phone="06 12 34 56 78")
CFO = Address("Paul Roy", "cfo", "paul@acme.example", phone="01 99 00 41 20")


def plan_of(*rows, **values):
    """A plan from short rows; each has a key and days at least."""
    steps = read_steps({"name": row["key"], "template_key": "t", **row} for row in rows)
    return Plan(1, 1, "Plan", steps, **values)


def decided(facts, today=TODAY, **of_run):
    """What is decided, by step, outcome and who is addressed."""
    return [
        (made.step.key, made.outcome.value, [a.name or a.email for a in made.to])
        for made in dunning.decide(facts, run(today, **of_run))
    ]


class TestRecipientsByChannel:
    @pytest.mark.parametrize(
        ("channel", "facts", "outcome", "addressed", "cause"),
        [
            ("sms", {"contacts": (ACCOUNTS, PURCHASER)}, "due", ["Ines Aubry"], None),
            ("sms", {"contacts": (ACCOUNTS,)}, "held", [], "no_phone"),
            ("sms", {"contacts": (CFO,)}, "held", [], "no_phone"),  # a fixed line takes no text message
            ("sms", {"contacts": (PURCHASER._replace(refuses=("sms",)),)}, "held", [], "no_phone"),
            ("sms", {"contacts": (PURCHASER._replace(has_bounced=True),)}, "due", ["Ines Aubry"], None),
            ("letter", {"has_postal_address": True}, "due", ["Lise Marchal"], None),
            ("letter", {"has_postal_address": True, "contacts": ()}, "due", [""], None),
            ("letter", {"has_postal_address": False}, "held", ["Lise Marchal"], "no_postal_address"),
            ("registered_letter", {"has_postal_address": True}, "due", ["Lise Marchal"], None),
            ("electronic_registered_letter", {}, "due", ["Lise Marchal"], None),
            ("electronic_registered_letter", {"is_natural_person": True}, "blocked", ["Lise Marchal"], "no_consent"),
            ("electronic_registered_letter", {"contacts": ()}, "blocked", [], "missing"),
            ("call", {"contacts": ()}, "due", [], None),
            ("task", {"contacts": ()}, "due", [], None),
            ("hand_over", {"contacts": ()}, "due", [], None),
        ],
    )
    def test_reach_whom_they_can_and_say_what_is_missing(self, channel, facts, outcome, addressed, cause):
        plan = plan_of({"key": "s", "days": 3, "channel": channel})
        made = dunning.decide(customer(item(late=4), plan=plan, **facts), run())[0]
        check = next(check for check in made.checks if check.code == "recipient")
        assert (made.outcome.value, [a.name for a in made.to]) == (outcome, addressed)
        assert check.data.get("cause") == cause

    @pytest.mark.parametrize(
        ("unanswered", "contacts", "expected"),
        [
            (0, (ACCOUNTS, PURCHASER, CFO), "Lise Marchal"),
            (1, (ACCOUNTS, PURCHASER, CFO), "Lise Marchal"),
            (2, (ACCOUNTS, PURCHASER, CFO), "Ines Aubry"),
            (3, (ACCOUNTS, PURCHASER, CFO), "Ines Aubry"),
            (4, (ACCOUNTS, PURCHASER, CFO), "Paul Roy"),
            (40, (ACCOUNTS, PURCHASER, CFO), "Paul Roy"),
            (2, (ACCOUNTS, CFO), "Paul Roy"),  # nobody purchases: one rung further
            (4, (ACCOUNTS, PURCHASER), "Lise Marchal"),  # no CFO: the lower rungs stand behind
            (0, (PURCHASER, CFO), "Ines Aubry"),
        ],
    )
    def test_climb_the_ladder_when_nobody_answers_or_nobody_is_there(self, unanswered, contacts, expected):
        step = {"key": "s", "days": 3, "to_roles": ["accounts", "purchaser", "cfo"], "escalate_after": 2}
        facts = customer(item(late=4), plan=plan_of(step), contacts=contacts, unanswered=unanswered)
        assert decided(facts) == [("s", "due", [expected])]

    def test_copy_our_own_people_once(self):
        nadia = Address("Nadia Ferrand", "", "nadia@brevanne.example")
        plan = plan_of({"key": "s", "days": 3, "cc_roles": ["cfo"], "cc_internal": ["sales", "credit_manager"]})
        colleagues = {"sales": (nadia,), "credit_manager": (nadia,)}
        facts = customer(item(late=4), plan=plan, contacts=(ACCOUNTS, CFO), colleagues=colleagues)
        assert [a.name for a in dunning.decide(facts, run())[0].cc] == ["Paul Roy", "Nadia Ferrand"]
        assert recipients.copies(facts, replace(plan.steps[0], channel="letter"), (ACCOUNTS,)) == ()


class TestStopConditions:
    @pytest.mark.parametrize(
        ("condition", "facts", "outcome"),
        [
            ("disputed", {"disputes": (DisputeFact("F9", None, 10_00),)}, "held"),
            ("disputed", {}, "due"),
            ("promised", {"promises": (PromiseFact(99, TODAY + DAY, "EUR", 1_00),)}, "held"),
            ("promised", {"promises": (PromiseFact(99, TODAY - DAY, "EUR", 1_00),)}, "due"),
            ("answered", {"last_answer_on": TODAY - 5 * DAY, "contact_dates": (TODAY - 9 * DAY,)}, "held"),
            ("answered", {"last_answer_on": TODAY - 9 * DAY, "contact_dates": (TODAY - 5 * DAY,)}, "due"),
            ("credit", {"credits": (Credit(90, 2, "receipt", "P1", TODAY, "USD", 1),)}, "held"),
            ("paused_item", {"pauses": (PauseFact(99, "waiting", None),)}, "held"),
            ("paused_item", {"pauses": (PauseFact(99, "waiting", TODAY - DAY),)}, "due"),
        ],
    )
    def test_keep_the_whole_step_back(self, condition, facts, outcome):
        plan = plan_of({"key": "s", "days": 3, "stop_when": [condition]})
        made = dunning.decide(customer(item(late=4), plan=plan, **facts), run())[0]
        assert made.outcome.value == outcome

    def test_end_the_scenario_after_the_last_step_but_not_for_what_did_not_get_it(self):
        plan = plan_of(
            {"key": "r1", "days": 3}, {"key": "out", "days": 30, "channel": "hand_over", "is_last": True},
            {"key": "write_off", "days": 90, "channel": "task"},
        )  # fmt: skip
        out = last_step("out", 60, plan)
        assert dunning.next_step(item(late=95)._replace(last=out), plan, today=TODAY) is None
        assert dunning.next_step(item(late=95), plan, today=TODAY).key == "write_off"


class TestGrouping:
    def test_is_that_of_the_step_where_it_has_one(self):
        plan = plan_of({"key": "r1", "days": 3}, {"key": "formal", "days": 30, "grouping": "invoice"})
        facts = customer(item("F1", late=31), item("F2", late=32), item("F3", late=4), item("F4", late=5), plan=plan)
        found = [
            (made.step.key, sorted(c.item.document_number for c in made.claims))
            for made in dunning.decide(facts, run(policy=Policy(contact_delay_days=0, weekly_cap=9)))
        ]
        assert found == [("formal", ["F1"]), ("formal", ["F2"]), ("r1", ["F3", "F4"])]


class TestWhatFollowsAnEvent:
    PLAN = plan_of(
        {"key": "r1", "days": 3},
        {"key": "r2", "days": 30},
        {"key": "broken", "days": 1, "basis": "event", "event": "promise_broken"},
    )

    @pytest.mark.parametrize(
        ("event_days_ago", "item_id", "answered", "expected"),
        [
            (0, None, False, []),
            (1, None, False, ["broken"]),
            (3, None, False, ["broken"]),
            (15, None, False, ["broken"]),
            (16, None, False, []),
            (1, None, True, []),
            (1, -1, False, []),  # about another item
        ],
    )
    def test_leaves_its_days_later_once_for_each_event(self, event_days_ago, item_id, answered, expected):
        on = TODAY - event_days_ago * DAY
        one = item("F1", late=12, after="r1", left_days_ago=9, plan=self.PLAN)
        mark = (one.item_id, f"broken@{on.isoformat()}")
        facts = customer(
            one, plan=self.PLAN, events=(EventFact(StepEvent.PROMISE_BROKEN, on, item_id),),
            answered=frozenset({mark} if answered else ()),
        )  # fmt: skip
        assert [key for key, _, _ in decided(facts)] == expected

    def test_a_second_broken_promise_is_answered_again(self):
        one = item("F1", late=12, after="r1", left_days_ago=9, plan=self.PLAN)
        first, second = TODAY - 9 * DAY, TODAY - DAY
        facts = customer(
            one, plan=self.PLAN,
            events=tuple(EventFact(StepEvent.PROMISE_BROKEN, day, one.item_id) for day in (first, second)),
            answered=frozenset({(one.item_id, f"broken@{first.isoformat()}")}),
        )  # fmt: skip
        assert [made.mark for made in dunning.decide(facts, run())] == [f"broken@{second.isoformat()}"]

    def test_does_not_move_the_item_along_the_scenario(self):
        one = item("F1", late=12, after="r1", left_days_ago=9, plan=self.PLAN)
        event = EventFact(StepEvent.PROMISE_BROKEN, TODAY + DAY, one.item_id)
        told = [
            (day - TODAY, made.step.key)
            for day, made in project(customer(one, plan=self.PLAN, events=(event,)), run(), days=30)
        ]
        assert told == [(2 * DAY, "broken"), (20 * DAY, "r2")]  # the 18th day is a Saturday

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"event": None}, "event"),
            ({"basis": "due"}, "event"),
            ({"days": -1}, "days"),
            ({"event": "rain"}, "event"),
        ],
    )
    def test_is_refused_when_it_makes_no_sense(self, change, field):
        row = {"key": "b", "name": "B", "days": 1, "basis": "event", "event": "bounced", "template_key": "t", **change}
        with pytest.raises(ScenarioInvalid) as refused:
            read_steps([row])
        assert refused.value.data["field"] == field


class TestJoiningLate:
    """CO-12: a customer with old invoices is given a scenario today."""

    OLD_PLAN = Plan(9, 9, "Old", STANDARD.steps)

    @pytest.mark.parametrize(
        ("late", "entry", "entry_step", "joined_days_ago", "expected"),
        [
            (60, None, "", 0, "last_notice"),
            (60, EntryChoice.BY_AGE, "", 0, "last_notice"),
            (60, EntryChoice.IN_ORDER, "", 0, "reminder_1"),
            (60, EntryChoice.AT_STEP, "reminder_2", 0, "reminder_2"),
            (60, EntryChoice.AT_STEP, "reminder_1", 0, "reminder_1"),
            (5, EntryChoice.AT_STEP, "reminder_2", 0, ""),  # its day has not come
            (10, EntryChoice.AT_STEP, "reminder_2", 0, "reminder_2"),
            # what fell due after the customer joined gets the whole scenario
            (5, EntryChoice.AT_STEP, "reminder_2", 9, "reminder_1"),
            # a step the scenario no longer has: by age
            (60, EntryChoice.AT_STEP, "gone", 0, "last_notice"),
        ],
    )
    def test_begins_by_age_in_order_or_at_a_chosen_step(self, late, entry, entry_step, joined_days_ago, expected):
        joined_on = TODAY - joined_days_ago * DAY if entry is EntryChoice.AT_STEP else None
        facts = customer(item(late=late), entry=entry, entry_step=entry_step, joined_on=joined_on)
        assert [key for key, _, _ in decided(facts)] == ([expected] if expected else [])

    def test_goes_on_at_the_rhythm_of_the_scenario(self):
        facts = customer(item(late=60), entry=EntryChoice.AT_STEP, entry_step="reminder_2", joined_on=TODAY)
        told = [((day - TODAY).days, made.step.key) for day, made in project(facts, run(), days=60)]
        assert told == [(0, "reminder_2"), (20, "reminder_3"), (35, "last_notice")]

    def test_old_debts_never_hear_step_one_again_unless_it_is_chosen(self):
        chased = item(late=60)._replace(last=last_step("last_notice", 10, self.OLD_PLAN))
        assert decided(customer(chased)) == []
        chosen = customer(chased, entry=EntryChoice.AT_STEP, entry_step="reminder_1", joined_on=TODAY)
        assert [key for key, _, _ in decided(chosen)] == ["reminder_1"]

    def test_a_step_that_left_once_never_leaves_again_wherever_it_stands_now(self):
        r1, r2 = (1, "reminder_1"), (1, "reminder_2")
        moved = read_steps([
            {"key": "reminder_2", "name": "2", "days": 10, "template_key": "t"},
            {"key": "reminder_1", "name": "1", "days": 20, "template_key": "t"},
        ])  # fmt: skip
        last = LastStep(10, 1, 1, 10, TODAY - 15 * DAY, None, (r1, r2))
        assert dunning.next_step(item(late=25)._replace(last=last), Plan(1, 2, "P", moved), today=TODAY) is None
        # back from another scenario, whatever a person chose
        back = LastStep(30, 9, 1, 30, TODAY - 15 * DAY, None, (r1, (9, "x")))
        choice = {"entry": EntryChoice.AT_STEP, "start": dunning.Start(position=1, joined_on=TODAY)}
        found = dunning.next_step(item(late=60)._replace(last=back), STANDARD, today=TODAY, **choice)
        assert found.key == "reminder_2"


class TestCompaniesOfOneGroup:
    def test_never_both_write_on_one_day_even_without_a_delay(self):
        facts = customer(item("F1", entity=1), item("F2", entity=2))
        policy = Policy(contact_delay_days=0, weekly_cap=9)
        made = dunning.decide(facts, run(policy=policy))
        assert sorted(one.outcome.value for one in made) == ["due", "postponed"]
        held = next(one for one in made if one.outcome is Outcome.POSTPONED)
        assert held.frees_on == TODAY + DAY

    def test_each_keeps_to_its_own_calendar_and_limits(self):
        thursdays = SendingCalendar(weekdays=frozenset({3}), opens_at=time(10))
        strict = Policy(calendar=thursdays, contact_delay_days=10)
        now = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
        given = run(policies={2: strict}, decided_at=now)
        assert given.of(1) is given
        second = given.of(2)
        assert second.send_on == TODAY + 2 * DAY
        assert second.send_after == datetime(2026, 11, 26, 9, tzinfo=UTC)
        facts = customer(item("F2", entity=2), contact_dates=(TODAY - 7 * DAY,))
        made = dunning.decide(facts, given)[0]
        assert (made.outcome, made.frees_on) == (Outcome.POSTPONED, TODAY + 3 * DAY)
        assert dunning.decide(replace(facts, items=(item("F1", entity=1),)), given)[0].outcome is Outcome.DUE
        calendar = next(check for check in dunning.decide(facts, given)[0].checks if check.code == "calendar")
        assert calendar.outcome is CheckOutcome.ADJUSTED
