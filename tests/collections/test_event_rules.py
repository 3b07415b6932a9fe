"""Event rules: what they answer, how they read, and what they do once and no more."""

import datetime as dt

import pytest

from encours.access.models import AuditEntry
from encours.access.rules import Scope
from encours.collections import actions as collections
from encours.collections.models import EventRule, Occurrence, Pause, RuleEffect, ScenarioAssignment
from encours.collections.queries import happenings
from encours.collections.rules.event_rules import (
    Action,
    Condition,
    Deed,
    Happening,
    Names,
    Rule,
    RuleEmpty,
    RuleInvalid,
    holds,
    read_rule,
    sentence,
)
from encours.collections.rules.steps import StepEvent
from encours.customers.models import Customer, Note
from encours.disputes import actions as disputes
from encours.messaging import actions as messaging
from encours.messaging.models import Suppression
from encours.team.models import Notification, Task
from tests import cast
from tests.collections import books
from tests.collections.books import NOW, TODAY

DAY = dt.timedelta(days=1)
BROKEN = StepEvent.PROMISE_BROKEN


def seen(**facts):
    return Happening(**{"kind": BROKEN, "on": TODAY, "customer_id": 7, "currency": "EUR", **facts})


class TestHolds:
    @pytest.mark.parametrize(
        ("conditions", "facts", "expected"),
        [
            ({}, {}, True),
            ({}, {"kind": StepEvent.BOUNCED}, False),
            ({"amount_from": 5_000_00}, {"amount_minor": 5_000_00}, True),
            ({"amount_from": 5_000_00}, {"amount_minor": 4_999_99}, False),
            # about no amount: what is overdue stands for it
            ({"amount_from": 5_000_00}, {"overdue_minor": 6_000_00}, True),
            ({"amount_from": 5_000_00}, {"amount_minor": 1, "overdue_minor": 6_000_00}, False),
            ({"overdue_from": 5_000_00}, {"overdue_minor": 4_000_00}, False),
            ({"days_late_from": 30}, {"days_late": 30}, True),
            ({"days_late_from": 30}, {"days_late": 29}, False),
            ({"times_from": 2}, {"times": 2}, True),
            ({"times_from": 2}, {}, False),
            ({"segment": 3}, {"segment_id": 3}, True),
            ({"segment": 3}, {"segment_id": None}, False),
            ({"collector": 4}, {"collector_id": 5}, False),
            ({"country": "FR"}, {}, True),
            ({"country": "BE"}, {}, False),
            ({"country": "BE"}, {"country": "BE"}, True),
            ({"amount_from": 100, "times_from": 3}, {"amount_minor": 100, "times": 2}, False),
        ],
    )
    def test_only_when_all_that_is_asked_is_so(self, conditions, facts, expected):
        asked = {Condition(name): value for name, value in conditions.items()}
        assert holds(Rule("r", BROKEN, (Action(Deed.NOTIFY),), asked), seen(**facts)) is expected


GOOD = {
    "name": "Big promises",
    "event": "promise_broken",
    "conditions": {"amount_from": 5_000_00},
    "actions": [
        {"deed": "task", "text": "Call back", "days": 2, "who": "collector"},
        {"deed": "notify", "who": "credit_manager"},
    ],
}
NAMES = Names(money=lambda minor: f"{minor // 100} EUR", segments={3: "Key accounts"}, people={4: "Nadia Ferrand"})


class TestReading:
    def test_a_rule_is_one_sentence(self):
        assert sentence(read_rule(GOOD), NAMES) == (
            "When a promise is broken and the amount is 5000 EUR or more, "
            "give the collector the task “Call back” within 2 days and tell the credit manager."
        )
        rule = read_rule(
            {
                "name": "x", "event": "dispute_closed", "conditions": {"segment": 3, "collector": 4, "times_from": 2},
                "actions": [{"deed": "assign_scenario", "scenario_id": None}],
            }
        )  # fmt: skip
        assert sentence(rule, NAMES) == (
            "When a dispute is closed, it happened 2 times or more in 30 days, the customer is of the segment “Key "
            "accounts” and the customer is followed by Nadia Ferrand, give the customer no scenario any more."
        )

    def test_reads_back_what_it_writes(self):
        assert read_rule(read_rule(GOOD).as_json()) == read_rule(GOOD)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"name": " "}, "name"),
            ({"event": "rain"}, "event"),
            ({"conditions": {"colour": 1}}, "colour"),
            ({"conditions": {"amount_from": 0}}, "amount_from"),
            ({"conditions": {"amount_from": "5000"}}, "amount_from"),
            ({"conditions": {"country": "France"}}, "country"),
            ({"actions": [{"deed": "dance"}]}, "deed"),
            ({"actions": [{"deed": "note", "text": ""}]}, "text"),
            ({"actions": [{"deed": "pause", "days": 0}]}, "days"),
            ({"actions": [{"deed": "pause", "days": True}]}, "days"),
            ({"actions": [{"deed": "notify", "colour": "red"}]}, "colour"),
            ({"actions": [{"deed": "change_collector"}]}, "user_id"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, change, field):
        with pytest.raises(RuleInvalid) as refused:
            read_rule({**GOOD, **change})
        assert refused.value.data["field"] == field

    def test_refuses_a_rule_that_does_nothing(self):
        with pytest.raises(RuleEmpty):
            read_rule({**GOOD, "actions": []})


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    return company


def keep(company, **plain):
    """A rule that runs from the start of yesterday."""
    return collections.save_rule(
        organisation_id=company.organisation_id, plain={**GOOD, **plain}, now=NOW - DAY, by=company.by
    )


def answer(company, day=TODAY):
    return collections.answer_events(organisation_id=company.organisation_id, today=day, now=books.at(day))


def promise(company, customer, amount, *, item=None):
    """A promise for yesterday that nobody kept."""
    made = TODAY - 3 * DAY
    return collections.record_promise(
        organisation_id=company.organisation_id, customer_id=customer.pk, amount_minor=amount, currency="EUR",
        promised_date=TODAY - DAY, today=made, item_id=item.pk if item else None, by=company.by,
    )  # fmt: skip


def scope(company):
    return Scope(company.organisation_id, company.collector.pk, "credit_manager")


class TestAnswering:
    def test_a_broken_promise_is_answered_once_with_all_deeds(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", amount=9_000_00)
        promise(brevanne, brevanne.acme, 6_000_00)
        promise(brevanne, brevanne.borealis, 100_00)
        keep(
            brevanne,
            actions=[
                {"deed": "task", "text": "Call back", "days": 2}, {"deed": "note", "text": "Promise broken"},
                {"deed": "pause", "days": 3}, {"deed": "exclude_item"},
                {"deed": "assign_scenario", "scenario_id": None},
                {"deed": "change_collector", "user_id": brevanne.collector.pk},
            ],
        )  # fmt: skip
        assert answer(brevanne) == 1
        assert answer(brevanne) == 0
        task = Task.objects.get()
        assert (task.title, task.customer_id, task.due_date, task.source) == (
            "Call back", brevanne.acme.pk, TODAY + 2 * DAY, "rule",
        )  # fmt: skip
        assert Note.objects.get().text == "Promise broken"
        assert Pause.objects.get().until_date == TODAY + 3 * DAY
        assert ScenarioAssignment.objects.latest("pk").scenario_id is None
        effects = {effect.customer_id: effect for effect in RuleEffect.objects.all()}
        assert not effects[brevanne.borealis.pk].has_held
        assert [(deed["deed"], deed["outcome"]) for deed in effects[brevanne.acme.pk].deeds] == [
            ("task", "done"), ("note", "done"), ("pause", "done"), ("exclude_item", "skipped"),
            ("assign_scenario", "done"), ("change_collector", "skipped"),
        ]  # fmt: skip
        entry = AuditEntry.objects.get(verb="answer_event")
        assert entry.actor_name == "rule: Big promises"

    def test_tells_whom_it_concerns_once(self, brevanne):
        promise(brevanne, brevanne.acme, 6_000_00)
        Customer.objects.filter(pk=brevanne.acme.pk).update(collector=brevanne.collector)
        keep(brevanne, actions=[{"deed": "notify", "who": "collector"}, {"deed": "notify", "who": "sales"}])
        answer(brevanne)
        told = Notification.objects.get()
        assert (told.user_id, told.kind, told.text) == (brevanne.collector.pk, "rule", "Big promises")
        assert "Acme" in told.title
        assert [deed["outcome"] for deed in RuleEffect.objects.get().deeds] == ["done", "skipped"]

    def test_what_a_deed_refuses_is_logged_and_the_others_go_on(self, brevanne):
        promise(brevanne, brevanne.acme, 6_000_00)
        rule = keep(brevanne, actions=[{"deed": "assign_scenario", "scenario_id": None}, {"deed": "note", "text": "x"}])
        EventRule.objects.filter(pk=rule.pk).update(
            actions=[{"deed": "assign_scenario", "scenario_id": 987654}, {"deed": "note", "text": "x"}]
        )
        assert answer(brevanne) == 1
        first, second = RuleEffect.objects.get().deeds
        assert (first["outcome"], first["why"]) == ("refused", "There is no such scenario.")
        assert second["outcome"] == "done"

    def test_only_what_happens_while_the_rule_runs(self, brevanne):
        promise(brevanne, brevanne.acme, 6_000_00)
        rule = keep(brevanne)
        run = {"organisation_id": brevanne.organisation_id, "rule_id": rule.pk, "by": brevanne.by}
        collections.switch_rule(**run, is_active=False, now=NOW)
        assert answer(brevanne) == 0
        collections.switch_rule(**run, is_active=True, now=NOW + 2 * DAY)
        assert answer(brevanne, TODAY + 2 * DAY) == 0
        collections.retire_rule(**run, now=NOW)
        with pytest.raises(happenings.RuleNotFound):
            collections.switch_rule(**run, is_active=True, now=NOW)

    def test_each_kind_of_event_is_seen_once(self, brevanne):
        organisation_id = brevanne.organisation_id
        item = books.post(brevanne, brevanne.acme, "F1")
        dispute = disputes.open_dispute(
            organisation_id=organisation_id, customer_id=brevanne.acme.pk, item_id=item.pk, amount_minor=30_00,
            today=TODAY - DAY, by=brevanne.by,
        )  # fmt: skip
        disputes.close_dispute(
            organisation_id=organisation_id, dispute_id=dispute.pk, outcome="unfounded", today=TODAY, by=brevanne.by
        )
        messaging.record_reply(
            organisation_id=organisation_id, key="r1", customer_id=brevanne.borealis.pk, from_email="a@b.example",
            subject="Re", text="Tomorrow", now=NOW - DAY, by=brevanne.by,
        )  # fmt: skip
        collections.pause(
            organisation_id=organisation_id, customer_id=brevanne.cobalt.pk, reason="insolvency", today=TODAY,
            by=brevanne.by,
        )  # fmt: skip
        for _ in range(2):
            collections.see_events(organisation_id=organisation_id, today=TODAY, now=NOW)
        found = Occurrence.objects.order_by("kind").values_list("kind", "customer__name", "occurred_date")
        assert list(found) == [
            ("dispute_closed", "Acme", TODAY), ("dispute_opened", "Acme", TODAY - DAY),
            ("insolvency", "Cobalt", TODAY), ("reply_received", "Borealis", TODAY - DAY),
        ]  # fmt: skip

    def test_a_run_lets_the_rules_speak_first(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", amount=9_000_00)
        promise(brevanne, brevanne.acme, 6_000_00)
        keep(brevanne, actions=[{"deed": "pause", "days": 3}])
        assert books.decisions(brevanne, books.run(brevanne)) == [("Acme", "reminder_2", "held")]


class TestTrial:
    def test_tells_what_a_rule_would_have_answered_and_does_nothing(self, brevanne):
        promise(brevanne, brevanne.acme, 6_000_00)
        promise(brevanne, brevanne.borealis, 100_00)
        collections.see_events(organisation_id=brevanne.organisation_id, today=TODAY, now=NOW)
        tried = happenings.trial(read_rule(GOOD), scope=scope(brevanne), today=TODAY)
        assert {one.customer.name: one.has_held for one in tried} == {"Acme": True, "Borealis": False}
        assert not Task.objects.exists()
        assert not RuleEffect.objects.exists()

    def test_counts_how_often_it_happened(self, brevanne, django_assert_max_num_queries):
        for index in range(3):
            Occurrence.objects.create(
                organisation=brevanne.organisation, kind="bounced", customer=brevanne.acme,
                occurred_date=TODAY - (2 - index) * DAY, key=f"b{index}",
            )  # fmt: skip
        rule = read_rule({**GOOD, "event": "bounced", "conditions": {"times_from": 3}})
        with django_assert_max_num_queries(8):
            tried = happenings.trial(rule, scope=scope(brevanne), today=TODAY)
        assert [one.has_held for one in tried] == [True, False, False]


class TestSources:
    def test_a_dead_address_of_the_customer_itself_is_a_bounce_too(self, brevanne):
        Customer.objects.filter(pk=brevanne.acme.pk).update(email="Info@acme.example")
        Suppression.objects.create(
            organisation=brevanne.organisation, email="info@acme.example", reason="bounced", recorded_at=NOW
        )
        for _ in range(2):
            collections.see_events(organisation_id=brevanne.organisation_id, today=TODAY, now=NOW)
        assert [one.customer_id for one in Occurrence.objects.filter(kind="bounced")] == [brevanne.acme.pk]


class TestTenants:
    def test_another_organisations_events_and_rules_are_not_touched(self, brevanne):
        promise(brevanne, brevanne.acme, 6_000_00)
        keep(brevanne)
        with cast.company("dora") as dora:
            keep(dora)
            assert collections.answer_events(organisation_id=dora.organisation_id, today=TODAY, now=NOW) == 0
            assert not Occurrence.objects.exists()
        assert answer(brevanne) == 1
