"""From a draft to what is in force: kept, proposed, agreed to by a second person, published, rolled back."""

from dataclasses import replace

import pytest

from encours.access.models import AuditEntry, User
from encours.collections import actions as collections
from encours.collections.actions.drafts import (
    ApprovalBySamePerson,
    DraftMissing,
    DraftNotProposed,
    DraftOutdated,
    VersionUnknown,
)
from encours.collections.actions.scenarios import ApprovalMissing, EntryStepUnknown
from encours.collections.models import Scenario, ScenarioAssignment, ScenarioDraft, ScenarioVersion
from encours.collections.queries import scenarios
from encours.collections.rules import comparison, scenario_words
from tests.collections import books
from tests.collections.books import NOW, TODAY


@pytest.fixture
def standard(company):
    books.set_up(company)
    return Scenario.objects.get(name="Standard")


def on(company, scenario):
    return {"organisation_id": company.organisation_id, "scenario_id": scenario.pk}


def changed(scenario, days):
    """The steps in force with the first reminder at another day."""
    steps = scenario.versions.latest("number").steps
    return [{**step, "days": days} if step["key"] == "reminder_1" else step for step in steps]


def days_in_force(scenario):
    return next(s["days"] for s in scenario.versions.latest("number").steps if s["key"] == "reminder_1")


def ask_for_approval(company):
    collections.set_policy(organisation_id=company.organisation_id, values={"asks_approval": True}, by=company.by)


@pytest.fixture
def second(company):
    """Somebody else of the house."""
    made = User.objects.create(email="claire.montaigu@brevanne.example")
    return replace(company.by, user_id=made.pk, name="Claire Montaigu")


class TestWithoutApproval:
    def test_a_draft_counts_once_it_is_published(self, company, standard):
        collections.keep_draft(**on(company, standard), steps=changed(standard, 5), now=NOW, by=company.by)
        assert days_in_force(standard) == 3
        collections.publish_draft(**on(company, standard), now=NOW, by=company.by, note="later")
        assert days_in_force(standard) == 5
        assert scenarios.draft_of(standard.pk, organisation_id=company.organisation_id) is None
        verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))
        assert verbs[-2:] == ["edit_scenario_draft", "publish_scenario_version"]

    def test_there_is_one_draft_at_a_time(self, company, standard):
        for days in (4, 5):
            collections.keep_draft(**on(company, standard), steps=changed(standard, days), now=NOW, by=company.by)
        assert ScenarioDraft.objects.get().steps[1]["days"] == 5
        collections.discard_draft(**on(company, standard), by=company.by)
        with pytest.raises(DraftMissing):
            collections.publish_draft(**on(company, standard), now=NOW, by=company.by)

    def test_a_draft_begun_before_another_version_is_a_conflict(self, company, standard):
        collections.keep_draft(**on(company, standard), steps=changed(standard, 5), now=NOW, by=company.by)
        collections.publish_version(**on(company, standard), steps=changed(standard, 4), now=NOW, by=company.by)
        with pytest.raises(DraftOutdated):
            collections.publish_draft(**on(company, standard), now=NOW, by=company.by)
        with pytest.raises(DraftOutdated):
            collections.propose_draft(**on(company, standard), now=NOW, by=company.by)

    def test_an_older_version_comes_back_as_a_new_one(self, company, standard):
        collections.publish_version(**on(company, standard), steps=changed(standard, 5), now=NOW, by=company.by)
        collections.roll_back(**on(company, standard), number=1, now=NOW, by=company.by)
        assert [v.number for v in ScenarioVersion.objects.filter(scenario=standard).order_by("number")] == [1, 2, 3]
        assert days_in_force(standard) == 3
        for number in (3, 9):
            with pytest.raises(VersionUnknown):
                collections.roll_back(**on(company, standard), number=number, now=NOW, by=company.by)


class TestWithApproval:
    def test_nothing_further_is_in_force_without_a_second_person(self, company, standard, second):
        ask_for_approval(company)
        with pytest.raises(ApprovalMissing):
            collections.publish_version(**on(company, standard), steps=changed(standard, 5), now=NOW, by=company.by)
        collections.keep_draft(**on(company, standard), steps=changed(standard, 5), now=NOW, by=company.by)
        with pytest.raises(DraftNotProposed):
            collections.approve_draft(**on(company, standard), now=NOW, by=second)
        collections.propose_draft(**on(company, standard), now=NOW, by=company.by, note="later")
        with pytest.raises(ApprovalMissing):
            collections.publish_draft(**on(company, standard), now=NOW, by=company.by)
        for same in (company.by, replace(company.by, user_id=None)):
            with pytest.raises(ApprovalBySamePerson):
                collections.approve_draft(**on(company, standard), now=NOW, by=same)
        collections.approve_draft(**on(company, standard), now=NOW, by=second)
        version = collections.publish_draft(**on(company, standard), now=NOW, by=company.by)
        assert (version.number, version.approver_name, version.note) == (2, "Claire Montaigu", "later")

    def test_what_is_changed_after_the_agreement_is_proposed_again(self, company, standard, second):
        ask_for_approval(company)
        collections.keep_draft(**on(company, standard), steps=changed(standard, 5), now=NOW, by=company.by)
        collections.propose_draft(**on(company, standard), now=NOW, by=company.by)
        collections.approve_draft(**on(company, standard), now=NOW, by=second)
        collections.keep_draft(**on(company, standard), steps=changed(standard, 1), now=NOW, by=second)
        with pytest.raises(ApprovalMissing):
            collections.publish_draft(**on(company, standard), now=NOW, by=second)

    def test_is_sent_back_with_the_reason(self, company, standard):
        collections.keep_draft(**on(company, standard), steps=changed(standard, 5), now=NOW, by=company.by)
        collections.propose_draft(**on(company, standard), now=NOW, by=company.by)
        draft = collections.return_draft(**on(company, standard), why="too late", by=company.by)
        assert (draft.state, draft.returned_why) == ("open", "too late")

    def test_a_roll_back_is_proposed(self, company, standard):
        collections.publish_version(**on(company, standard), steps=changed(standard, 5), now=NOW, by=company.by)
        ask_for_approval(company)
        collections.roll_back(**on(company, standard), number=1, now=NOW, by=company.by)
        assert ScenarioDraft.objects.get().state == "proposed"
        assert days_in_force(standard) == 5


class TestTheDifference:
    def test_is_told_in_words(self, company, standard):
        collections.keep_draft(
            **on(company, standard), steps=changed(standard, 5)[:-1], grouping="invoice", now=NOW, by=company.by
        )
        version = scenarios.version_in_force(standard.pk, organisation_id=company.organisation_id)
        draft = scenarios.draft_of(standard.pk, organisation_id=company.organisation_id)
        before, after = scenarios.drafted_plan(version, None), scenarios.drafted_plan(version, draft)
        assert scenario_words.difference(comparison.plan_changes(before, after)) == [
            "The scenario, grouping: One message a customer → One message an invoice.",
            "“Reminder 1”, days: 3 → 5.",
            "“Thanks” is removed.",
        ]


class TestWhereToBegin:
    def test_a_chosen_step_is_kept_with_the_assignment(self, company, standard):
        books.post(company, company.acme, "F1", late=60)
        with pytest.raises(EntryStepUnknown):
            collections.assign(
                organisation_id=company.organisation_id, scenario_id=standard.pk, customer_id=company.acme.pk,
                entry="at_step", entry_step="thanks", by=company.by,
            )  # fmt: skip
        collections.assign(
            organisation_id=company.organisation_id, scenario_id=standard.pk, customer_id=company.acme.pk,
            entry="at_step", entry_step="reminder_2", by=company.by,
        )  # fmt: skip
        assert ScenarioAssignment.objects.latest("pk").entry_step == "reminder_2"

    def test_and_is_where_the_run_begins(self, company, standard):
        books.post(company, company.acme, "F1", late=60)
        books.post(company, company.borealis, "F2", late=60)
        collections.assign(
            organisation_id=company.organisation_id, scenario_id=standard.pk, customer_id=company.acme.pk,
            entry="at_step", entry_step="reminder_2", by=company.by,
        )  # fmt: skip
        # the assignment carries the instant of this very test: the run is of a day after it
        made = {name: key for name, key, _ in books.decisions(company, books.run(company, TODAY))}
        assert made == {"Acme": "reminder_2", "Borealis": "last_notice"}


class TestPolicyOfACompany:
    def test_begins_as_the_organisations_and_stands_on_its_own(self, company, standard):
        from encours.collections.queries.facts import run_facts

        ids = {"organisation_id": company.organisation_id}
        collections.set_policy(**ids, values={"weekly_cap": 4}, by=company.by)
        collections.set_policy(**ids, entity_id=company.entity.pk, values={"contact_delay_days": 7}, by=company.by)
        run = run_facts(company.organisation_id, today=TODAY, now=NOW)
        own = run.of(company.entity.pk).policy
        assert (own.weekly_cap, own.contact_delay_days, run.policy.contact_delay_days) == (4, 7, 3)
        collections.drop_policy(**ids, entity_id=company.entity.pk, by=company.by)
        assert run_facts(company.organisation_id, today=TODAY, now=NOW).policies == {}
