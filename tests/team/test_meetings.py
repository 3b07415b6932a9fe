"""The review of late customers and the goals of a month: kept, seen by those who may, changed by a later one."""

import datetime as dt

import pytest

from encours.access.rules import Scope
from encours.customers.models import Note
from encours.team import actions as team
from encours.team.actions.goals import GoalNegative
from encours.team.actions.meetings import DecisionMissing, FollowUpIncomplete
from encours.team.models import Goal, MeetingDecision, Task
from encours.team.queries import goals, meetings
from tests import cast
from tests.collections.books import NOW, TODAY

pytestmark = pytest.mark.django_db


def decide(company, text="Stop deliveries", **more):
    decided = team.Decided(company.acme.pk, text, **more)
    return team.note_decision(decided, organisation_id=company.organisation_id, today=TODAY, now=NOW, by=company.by)


class TestADecision:
    def test_is_a_note_of_the_customer_and_a_task_of_its_collector(self, company):
        made = decide(company, follow_up="Call the CFO", due_date=TODAY + dt.timedelta(days=2))
        assert Note.objects.get(customer=company.acme).text == "Stop deliveries"
        assert (made.task.title, made.task.assignee_id) == ("Call the CFO", company.collector.pk)
        everybody = Scope(company.organisation_id, None, "admin")
        assert meetings.decisions(everybody, day=TODAY) == [made]
        assert meetings.meetings(everybody) == [(TODAY, 1)]

    def test_says_something_and_a_follow_up_has_its_day(self, company):
        with pytest.raises(DecisionMissing):
            decide(company, " ")
        with pytest.raises(FollowUpIncomplete):
            decide(company, follow_up="Call")
        assert not Task.objects.exists()

    def test_is_seen_by_those_who_see_the_customer(self, company):
        decide(company)
        stranger = Scope(company.organisation_id, company.collector.pk + 999, "sales", own_portfolio_only=True)
        assert meetings.decisions(stranger, day=TODAY) == []
        with cast.company("dora"):
            assert not MeetingDecision.objects.exists()


class TestGoals:
    def goal(self, company, amount, **more):
        return team.set_goal(
            organisation_id=company.organisation_id, month=TODAY, amount_minor=amount, currency="EUR", by=company.by,
            **more,
        )  # fmt: skip

    def test_the_latest_counts_and_zero_takes_it_back(self, company):
        self.goal(company, 100_00)
        self.goal(company, 200_00)
        self.goal(company, 50_00, user_id=company.collector.pk)
        found = goals.goals(company.organisation_id, month=TODAY)
        assert {who: one.amount_minor for who, one in found.items()} == {None: 200_00, company.collector.pk: 50_00}
        self.goal(company, 0)
        assert list(goals.goals(company.organisation_id, month=TODAY)) == [company.collector.pk]
        assert goals.goals(company.organisation_id, month=TODAY - dt.timedelta(days=40)) == {}

    def test_is_refused_below_zero_and_hidden_from_others(self, company):
        with pytest.raises(GoalNegative):
            self.goal(company, -1)
        self.goal(company, 1)
        with cast.company("dora"):
            assert not Goal.objects.exists()
