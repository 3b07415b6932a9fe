"""Whose turn it is, as tables an accountant can read."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.collections.rules import dunning
from encours.collections.rules.facts import (
    Credit,
    CustomerFacts,
    DisputeFact,
    Instalment,
    LastStep,
    Outcome,
    Policy,
    Settled,
)
from encours.collections.rules.steps import EntryChoice, Grouping, Plan, read_steps
from tests.collections.cases import (
    BY_INVOICE,
    STANDARD,
    TODAY,
    customer,
    item,
    keys,
    last_step,
    run,
)


class TestNextStep:
    @pytest.mark.parametrize(
        ("late", "already", "left_days_ago", "expected"),
        [
            # nobody chased it yet: the step its lateness calls for
            (-10, None, 0, ""),
            (-7, None, 0, "notice_before_due"),
            (-1, None, 0, "notice_before_due"),
            (0, None, 0, "notice_before_due"),
            (1, None, 0, ""),
            (3, None, 0, "reminder_1"),
            (9, None, 0, "reminder_1"),
            (12, None, 0, "reminder_2"),
            (30, None, 0, "reminder_3"),
            (400, None, 0, "last_notice"),
            # the same step never again, the next one in its time
            (-3, "notice_before_due", 4, ""),
            (3, "notice_before_due", 10, "reminder_1"),
            (9, "reminder_1", 6, ""),
            (10, "reminder_1", 7, "reminder_2"),
            (50, "last_notice", 5, ""),
            (400, "last_notice", 300, ""),
            # never an older one after a newer
            (11, "reminder_3", 1, ""),
            (44, "reminder_3", 14, ""),
            (45, "reminder_3", 15, "last_notice"),
            # the eight days a message gave are kept
            (31, "reminder_2", 8, ""),
            (31, "reminder_2", 9, "reminder_3"),
        ],
    )
    def test_follows_lateness_and_history(self, late, already, left_days_ago, expected):
        found = dunning.next_step(item(late=late, after=already, left_days_ago=left_days_ago), STANDARD, today=TODAY)
        assert (found.key if found else "") == expected

    @pytest.mark.parametrize(
        ("late", "already", "left_days_ago", "expected"),
        [
            (60, None, 0, "reminder_1"),
            (60, "reminder_1", 6, ""),
            (60, "reminder_1", 7, "reminder_2"),
            (70, "reminder_2", 19, ""),
            (70, "reminder_2", 20, "reminder_3"),
            (-7, None, 0, "notice_before_due"),
        ],
    )
    def test_late_joiners_may_start_at_the_first_reminder_and_keep_the_rhythm(
        self, late, already, left_days_ago, expected
    ):
        joined = item(late=late, after=already, left_days_ago=left_days_ago)
        found = dunning.next_step(joined, STANDARD, today=TODAY, entry=EntryChoice.IN_ORDER)
        assert (found.key if found else "") == expected

    def test_steps_may_count_from_the_issue_date(self):
        plan = Plan(3, 3, "From issue", read_steps([
            {"key": "copy", "name": "Copy", "days": 5, "basis": "issue", "template_key": "t"},
            {"key": "late", "name": "Late", "days": 40, "basis": "issue", "template_key": "t"},
        ]))  # fmt: skip
        assert dunning.next_step(item(late=-25), plan, today=TODAY).key == "copy"
        assert dunning.next_step(item(late=10), plan, today=TODAY).key == "late"
        assert dunning.next_step(item(late=9), plan, today=TODAY) is None

    def test_a_change_of_scenario_never_steps_back(self):
        elsewhere = last_step("reminder_2", 20)._replace(scenario_id=99, position=50)
        assert dunning.next_step(item(late=29)._replace(last=elsewhere), STANDARD, today=TODAY) is None
        assert dunning.next_step(item(late=30)._replace(last=elsewhere), STANDARD, today=TODAY).key == "reminder_3"


class TestDisputedParts:
    def test_take_from_the_instalment_due_first(self):
        first, second = item("F1", late=20, amount=200_00), item("F1", late=-10, amount=500_00)._replace(item_id=2)
        parts = dunning.disputed_parts([second, first], [DisputeFact("F1", None, 300_00)])
        assert parts == {first.item_id: 200_00, 2: 100_00}

    def test_of_one_item_leave_its_sisters_alone(self):
        first, second = item("F1"), item("F2")
        assert dunning.disputed_parts([first, second], [DisputeFact("", second.item_id, 30_00)]) == {
            second.item_id: 30_00
        }

    def test_of_the_account_take_everything(self):
        items = [item("F1"), item("F2", amount=5_00)]
        assert sum(dunning.disputed_parts(items, [DisputeFact("", None, None)]).values()) == 105_00

    def test_never_exceed_what_is_open(self):
        one = item("F1", amount=100_00)
        disputes = [DisputeFact("F1", None, 80_00), DisputeFact("F1", None, 80_00)]
        assert dunning.disputed_parts([one], disputes) == {one.item_id: 100_00}


class TestDecide:
    def test_one_message_takes_the_furthest_step_and_lists_all_that_is_due(self):
        decisions = dunning.decide(customer(item("F1", late=4), item("F2", late=12), item("F3", late=1)), run())
        assert [(d.outcome, d.step.key, [c.item.document_number for c in d.claims]) for d in decisions] == [
            (Outcome.DUE, "reminder_2", ["F1", "F2"])
        ]
        assert decisions[0].totals == {"EUR": 200_00}

    def test_a_notice_never_rides_with_a_reminder_and_waits_for_its_day(self):
        decisions = dunning.decide(customer(item("F1", late=12), item("F2", late=-5)), run())
        assert [(d.step.key, d.outcome) for d in decisions] == [
            ("reminder_2", Outcome.DUE),
            ("notice_before_due", Outcome.POSTPONED),
        ]

    def test_two_entities_never_write_on_the_same_day(self):
        decisions = dunning.decide(customer(item("F1", entity=1), item("F2", entity=2)), run())
        assert [(d.entity_id, d.outcome) for d in decisions] == [(1, Outcome.DUE), (2, Outcome.POSTPONED)]
        assert decisions[1].frees_on == TODAY + timedelta(days=3)

    def test_by_invoice_each_has_its_message_and_they_count_as_one_contact(self):
        decisions = dunning.decide(customer(item("F1"), item("F2"), item("F3"), plan=BY_INVOICE), run())
        assert [(len(d.claims), d.outcome) for d in decisions] == [(1, Outcome.DUE)] * 3

    def test_each_currency_has_its_total(self):
        decision = dunning.decide(customer(item("F1"), item("F2", currency="USD", amount=70_00)), run())[0]
        assert decision.totals == {"EUR": 100_00, "USD": 70_00}

    def test_only_the_disputed_part_leaves(self):
        facts = customer(item("F1"), item("F2"), disputes=(DisputeFact("F1", None, 30_00),))
        decision = dunning.decide(facts, run())[0]
        assert decision.outcome is Outcome.DUE
        assert decision.totals == {"EUR": 170_00}
        assert [(c.item.document_number, c.disputed_minor) for c in decision.disputed] == [("F1", 30_00)]

    def test_a_disputed_invoice_is_left_out_and_the_others_go(self):
        facts = customer(item("F1"), item("F2"), disputes=(DisputeFact("F1", None, None),))
        decision = dunning.decide(facts, run())[0]
        assert [claim.item.document_number for claim in decision.claims] == ["F2"]
        assert decision.outcome is Outcome.DUE

    def test_all_in_dispute_is_held_and_claims_nothing(self):
        decision = dunning.decide(customer(item("F1"), disputes=(DisputeFact("F1", None, None),)), run())[0]
        assert (decision.outcome, decision.totals) == (Outcome.HELD, {"EUR": 0})

    def test_credit_notes_are_deducted(self):
        credit = Credit(50, 1, "credit_note", "A1", TODAY, "EUR", 30_00)
        decision = dunning.decide(customer(item("F1"), credits=(credit,)), run())[0]
        assert (decision.outcome, decision.totals, decision.credits) == (Outcome.DUE, {"EUR": 70_00}, (credit,))

    def test_a_credit_note_that_covers_all_holds_the_message(self):
        credit = Credit(50, 1, "credit_note", "A1", TODAY, "EUR", 100_00)
        assert dunning.decide(customer(item("F1"), credits=(credit,)), run())[0].outcome is Outcome.HELD

    def test_below_the_minimum_nothing_leaves(self):
        steps = tuple(replace(step, minimum_minor=50_00) for step in STANDARD.steps)
        plan = replace(STANDARD, steps=steps)
        assert dunning.decide(customer(item(amount=49_99), plan=plan), run())[0].outcome is Outcome.SKIPPED
        assert dunning.decide(customer(item(amount=50_00), plan=plan), run())[0].outcome is Outcome.DUE

    def test_hard_steps_wait_for_a_person(self):
        facts = customer(item(late=31))
        assert dunning.decide(facts, run())[0].outcome is Outcome.TO_CONFIRM
        assert dunning.decide(facts, run(is_confirmed=True))[0].outcome is Outcome.DUE

    def test_from_an_amount_on_a_person_confirms(self):
        plan = replace(STANDARD, steps=tuple(replace(s, confirm_from_minor=100_00) for s in STANDARD.steps))
        assert dunning.decide(customer(item(amount=99_99), plan=plan), run())[0].outcome is Outcome.DUE
        assert dunning.decide(customer(item(amount=100_00), plan=plan), run())[0].outcome is Outcome.TO_CONFIRM

    def test_without_a_scenario_late_customers_are_blocked_and_no_action_is_silent(self):
        blocked = dunning.decide(customer(item(), plan=None), run())
        assert [(d.outcome, d.checks[0].code) for d in blocked] == [(Outcome.BLOCKED, "scenario")]
        assert dunning.decide(customer(item(), plan=None, chases_nobody=True), run()) == []
        assert dunning.decide(customer(item(late=-3), plan=None), run()) == []

    def test_thanks_follow_a_payment_unless_something_is_still_late(self):
        settled = (Settled(item("F0", late=5), TODAY, 100_00),)
        assert keys(d.step for d in dunning.decide(customer(settled=settled), run())) == ["thanks"]
        assert keys(d.step for d in dunning.decide(customer(item("F1"), settled=settled), run())) == ["reminder_2"]

    def test_calls_and_messages_are_apart(self):
        plan = Plan(4, 4, "With a call", read_steps([
            {"key": "mail", "name": "Mail", "days": 3, "template_key": "t"},
            {"key": "call", "name": "Call", "days": 15, "channel": "call"},
        ]))  # fmt: skip
        decisions = dunning.decide(customer(item("F1", late=4), item("F2", late=20), plan=plan, contacts=()), run())
        assert [(d.step.key, d.outcome) for d in decisions] == [("call", Outcome.DUE), ("mail", Outcome.BLOCKED)]


lateness = st.integers(-20, 120)
amounts = st.integers(1, 10**9)


@st.composite
def accounts(draw) -> CustomerFacts:
    """Any account: items in two currencies and two entities, disputes of all kinds, credit notes."""
    items = []
    for number in range(draw(st.integers(1, 6))):
        due = TODAY - timedelta(days=draw(lateness))
        items.append(
            Instalment(
                number + 1, draw(st.sampled_from([1, 2])), f"F{draw(st.integers(1, 3))}", 1, 1,
                due - timedelta(days=30), due,
                draw(st.sampled_from(["EUR", "USD"])), draw(amounts),
            )
        )  # fmt: skip
    dispute = st.builds(
        DisputeFact,
        st.sampled_from(["F1", "F2", "F9", ""]),
        st.one_of(st.none(), st.integers(1, 6)),
        st.one_of(st.none(), amounts),
    )
    credit = st.builds(
        Credit, st.integers(100, 200), st.sampled_from([1, 2]), st.sampled_from(["receipt", "credit_note"]),
        st.just("A"), st.just(TODAY), st.sampled_from(["EUR", "USD"]), amounts,
    )  # fmt: skip
    plan = replace(STANDARD, grouping=draw(st.sampled_from(Grouping)), entry=draw(st.sampled_from(EntryChoice)))
    return customer(
        *items,
        plan=plan,
        disputes=tuple(draw(st.lists(dispute, max_size=3))),
        credits=tuple(draw(st.lists(credit, max_size=2))),
    )


class TestLaws:
    @given(accounts())
    def test_the_disputed_part_is_never_claimed(self, facts):
        parts = dunning.disputed_parts(facts.items, facts.disputes)
        for decision in dunning.decide(facts, run()):
            for claim in decision.claims:
                assert claim.claimed_minor == claim.item.open_minor - parts.get(claim.item.item_id, 0) >= 0

    @given(accounts())
    def test_what_leaves_asks_something_and_currencies_never_mix(self, facts):
        for decision in dunning.decide(facts, run()):
            if decision.outcome in (Outcome.DUE, Outcome.TO_CONFIRM):
                for currency, total in decision.totals.items():
                    claimed = sum(c.claimed_minor for c in decision.claims if c.item.currency == currency)
                    deducted = sum(c.open_minor for c in decision.credits if c.currency == currency)
                    assert total == claimed - deducted > 0

    @given(accounts())
    def test_an_item_is_in_at_most_one_message(self, facts):
        claimed = [claim.item.item_id for decision in dunning.decide(facts, run()) for claim in decision.claims]
        assert len(claimed) == len(set(claimed))

    @given(accounts(), st.lists(st.integers(0, 9), min_size=1, max_size=12))
    def test_a_step_never_leaves_twice_and_never_goes_back(self, facts, gaps):
        policy = Policy(contact_delay_days=0, weekly_cap=99)
        facts = replace(facts, credits=())
        left: dict[int, list[int]] = {}
        day = TODAY
        for gap in gaps:
            day += timedelta(days=gap)
            for decision in dunning.decide(facts, run(day, policy=policy, is_confirmed=True)):
                if decision.outcome is Outcome.DUE:
                    for claim in decision.claims:
                        left.setdefault(claim.item.item_id, []).append(decision.step.position)
                    facts = replace(facts, items=tuple(_moved(i, decision, day) for i in facts.items))
        assert all(positions == sorted(set(positions)) for positions in left.values())


def _moved(one: Instalment, decision, day) -> Instalment:
    offsets = {claim.item.item_id: claim.offset_days for claim in decision.claims}
    if one.item_id not in offsets:
        return one
    step = decision.step
    return one._replace(
        last=LastStep(
            offsets[one.item_id], decision.plan.scenario_id, step.position, step.days, day, step.new_deadline_days
        )
    )
