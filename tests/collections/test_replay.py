"""What a scenario would have done, in cases a credit manager can follow with a calendar."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encours.collections.rules.calendar import NeverSends, SendingCalendar
from encours.collections.rules.facts import Credit, DisputeFact, Outcome, PauseFact, Policy
from encours.collections.rules.replay import (
    CustomerPast,
    During,
    PastCredit,
    PastItem,
    differences,
    open_on,
    paid_on,
    replay,
    summary,
    told,
)
from encours.collections.rules.steps import EntryChoice, Plan, Step
from tests.collections.cases import STANDARD, customer, item, run

FIRST = date(2026, 9, 1)  # a Tuesday
LAST = date(2026, 10, 30)
# an invoice of 100.00 due on Tuesday 1 September: +3 is Friday 4, +10 Friday 11, +30 Thursday 1 October
DUE = item("F1", late=84)
ROW = PastItem(DUE)
assert DUE.due_date == FIRST


def past(*rows: PastItem, plan: Plan = STANDARD, **facts: object) -> CustomerPast:
    return CustomerPast(customer(plan=plan), rows, **facts)


def decisions(account: CustomerPast):
    return list(replay(account, run(FIRST), first=FIRST, last=LAST))


def left(account: CustomerPast) -> list[tuple[int, str, str]]:
    return [((day - FIRST).days, d.step.key, d.outcome.value) for day, d in decisions(account)]


class TestReplay:
    def test_nobody_pays_and_every_step_leaves(self):
        assert left(past(ROW)) == [
            (0, "notice_before_due", "due"),
            (3, "reminder_1", "due"),
            (10, "reminder_2", "due"),
            (30, "reminder_3", "to_confirm"),
            (45, "last_notice", "to_confirm"),
        ]

    def test_a_payment_ends_it_and_is_thanked(self):
        paid = PastItem(DUE, ((FIRST + timedelta(days=8), -100_00),))
        assert left(past(paid)) == [
            (0, "notice_before_due", "due"),
            (3, "reminder_1", "due"),
            (8, "thanks", "due"),
        ]

    def test_a_part_paid_leaves_the_rest_to_be_asked(self):
        part = PastItem(DUE, ((FIRST + timedelta(days=8), -40_00),))
        asked = [d.totals for day, d in decisions(past(part)) if d.step.key in ("reminder_1", "reminder_2")]
        assert asked == [{"EUR": 100_00}, {"EUR": 60_00}]

    def test_a_payment_undone_is_owed_again(self):
        undone = PastItem(DUE, ((FIRST + timedelta(days=1), -100_00), (FIRST + timedelta(days=20), 100_00)))
        assert (20, "reminder_2", "due") in left(past(undone))
        assert paid_on(undone) is None

    def test_a_dispute_holds_only_while_it_was_open(self):
        contested = During(FIRST, FIRST + timedelta(days=17), DisputeFact("F1", None, None))
        found = left(past(ROW, disputes=(contested,)))
        assert (3, "reminder_1", "held") in found
        assert [row for row in found if row[2] == "due"] == [(17, "reminder_2", "due")]

    def test_a_pause_holds_only_while_it_ran(self):
        paused = During(FIRST, FIRST + timedelta(days=6), PauseFact(None, "agreement", FIRST + timedelta(days=5)))
        assert next(row for row in left(past(ROW, pauses=(paused,))) if row[2] == "due") == (6, "reminder_1", "due")

    def test_money_on_the_account_holds_until_it_is_used(self):
        money = Credit(5, 1, "receipt", "R1", FIRST + timedelta(days=2), "EUR", 100_00)
        used = PastCredit(money, ((FIRST + timedelta(days=20), -100_00),))
        other = PastItem(DUE)
        found = left(past(other, credits=(used,)))
        assert (3, "reminder_1", "held") in found
        assert (20, "reminder_2", "due") in found

    def test_in_order_the_steps_keep_their_rhythm_whatever_the_lateness(self):
        # 50 days late when the replay begins: the first reminder, then the others 7, 20 and 15 days after each other
        in_order = replace(STANDARD, entry=EntryChoice.IN_ORDER)
        old = PastItem(item("F1", late=84 + 50))
        assert left(past(old, plan=in_order)) == [
            (0, "reminder_1", "due"),
            (7, "reminder_2", "due"),
            (27, "reminder_3", "to_confirm"),
            (42, "last_notice", "to_confirm"),
        ]

    def test_a_calendar_that_is_never_open_is_refused(self):
        closed = Policy(calendar=SendingCalendar(weekdays=frozenset()))
        with pytest.raises(NeverSends):
            list(replay(past(ROW), run(FIRST, policy=closed), first=FIRST, last=LAST))

    def test_without_a_scenario_nothing_leaves(self):
        assert left(CustomerPast(customer(plan=None), (ROW,))) == []

    @settings(max_examples=60)
    @given(
        st.lists(st.tuples(st.integers(1, 80), st.integers(10, 120), st.integers(0, 60)), min_size=1, max_size=5),
    )
    def test_nothing_is_asked_that_was_paid_and_nothing_twice(self, drawn):
        rows = []
        for number, (late, amount, days) in enumerate(drawn):
            one = item(f"F{number}", late=late, amount=amount)
            rows.append(PastItem(one, ((one.due_date + timedelta(days=days), -amount),)))
        by_id = {row.item.item_id: row for row in rows}
        seen = set()
        for day, decision in replay(past(*rows), run(FIRST), first=FIRST, last=LAST):
            if decision.outcome not in (Outcome.DUE, Outcome.TO_CONFIRM) or decision.step.key == "thanks":
                continue
            for claim in decision.claims:
                row = by_id[claim.item.item_id]
                assert open_on(row.item.open_minor, row.moves, day) == claim.claimed_minor > 0
                assert (claim.item.item_id, decision.step.key) not in seen
                seen.add((claim.item.item_id, decision.step.key))


class TestSummary:
    def test_counts_messages_by_step_and_the_needless_ones(self):
        # paid on Monday 14 September: the reminder of Friday 11 was sent while the money was under way or not? 3 days
        paid = PastItem(DUE, ((FIRST + timedelta(days=12), -100_00),))
        rows = [told(day, decision) for day, decision in decisions(past(paid))]
        found = summary(rows, {DUE.item_id: paid_on(paid)}.get)
        assert found.by_step == {"notice_before_due": 1, "reminder_1": 1, "reminder_2": 1, "thanks": 1}
        assert (found.messages, found.customers, found.first_late_days, found.needless) == (4, 1, 3, 1)
        assert found.by_month == {date(2026, 9, 1): 4}

    def test_a_hold_is_counted_by_its_cause(self):
        contested = During(FIRST, None, DisputeFact("F1", None, None))
        rows = [told(day, decision) for day, decision in decisions(past(ROW, disputes=(contested,)))]
        found = summary(rows, {}.get)
        assert found.messages == 0
        assert found.held_by == {"dispute": 5}
        assert found.first_late_days is None


class TestDifferences:
    def test_tells_who_is_written_to_by_one_alone(self):
        gentle = Plan(2, 2, "Gentle", (Step("r1", "Reminder", 15, 1, template_key="reminder_1"),))
        ours = [told(*row) for row in decisions(past(ROW))]
        theirs = [told(*row) for row in decisions(past(ROW, plan=gentle))]
        found = differences(ours, theirs)
        assert [(row.step_key, row.is_of_first) for row in found] == [
            ("notice_before_due", True),
            ("reminder_2", True),
            ("r1", False),
            ("reminder_3", True),
            ("last_notice", True),
        ]

    def test_the_same_scenario_differs_in_nothing(self):
        rows = [told(*row) for row in decisions(past(ROW))]
        assert differences(rows, rows) == []
