"""Tasks: asked once, done once, handed over; who is away does not keep them."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from encours.access.models import AuditEntry, Membership, User
from encours.team import actions as team
from encours.team.actions.tasks import (
    ColleagueUnknown,
    TaskClosedAlready,
    TaskDayPast,
    TaskStillOpen,
    TaskUntitled,
    TaskWordUnknown,
)
from encours.team.models import Task, TaskEvent, TaskState
from encours.team.queries.tasks import TaskUnknown
from tests import cast

pytestmark = pytest.mark.django_db

MONDAY = dt.date(2026, 11, 23)
TUESDAY = MONDAY + dt.timedelta(days=1)
BY = cast.BY


def colleague(company: cast.Company, first_name: str = "Omar") -> User:
    made = User.objects.create(email=f"{first_name.lower()}@brevanne.example", first_name=first_name)
    Membership.objects.create(organisation=company.organisation, user=made, role="collector")
    return made


def added(company: cast.Company, title: str = "Send the order form", **options: object) -> Task:
    given = {"due_date": TUESDAY, "today": MONDAY, "by": BY, **options}
    return team.add_task(organisation_id=company.organisation_id, title=title, **given)


class TestAddTask:
    def test_goes_to_the_customers_collector_when_nobody_is_named(self, company: cast.Company) -> None:
        assert added(company, customer_id=company.acme.pk).assignee_id == company.collector.pk

    def test_without_customer_and_person_waits_for_whoever_takes_it(self, company: cast.Company) -> None:
        assert added(company).assignee_id is None

    def test_a_collector_who_left_is_not_given_work(self, company: cast.Company) -> None:
        Membership.objects.filter(user=company.collector).update(is_active=False)
        assert added(company, customer_id=company.acme.pk).assignee_id is None

    def test_the_same_key_twice_is_one_task_as_it_stands_now(self, company: cast.Company) -> None:
        first = added(company, key="promise_broken:7")
        team.complete_task(organisation_id=company.organisation_id, task_id=first.pk, today=MONDAY, by=BY)
        again = added(company, key="promise_broken:7", title="Something else")
        assert (again.pk, again.title, again.state) == (first.pk, "Send the order form", TaskState.DONE)
        assert TaskEvent.objects.filter(task=first).count() == 2

    def test_a_day_that_is_past_counts_as_today(self, company: cast.Company) -> None:
        assert added(company, due_date=dt.date(2026, 1, 1)).due_date == MONDAY

    def test_many_at_once_leave_out_those_that_stand(self, company: cast.Company) -> None:
        added(company, key="a")
        asked = [team.NewTask("A", MONDAY, "a"), team.NewTask("B", MONDAY, "b"), team.NewTask("B", MONDAY, "b")]
        count = team.add_tasks(
            organisation_id=company.organisation_id, tasks=asked, source="scenario", today=MONDAY, by=BY
        )
        assert count == 1
        assert sorted(Task.objects.values_list("key", flat=True)) == ["a", "b"]

    @pytest.mark.parametrize(
        ("options", "refusal"),
        [
            ({"title": "  "}, TaskUntitled),
            ({"priority": 9}, TaskWordUnknown),
            ({"subject_kind": "order", "subject_id": 1}, TaskWordUnknown),
            ({"subject_kind": "item"}, TaskWordUnknown),
            ({"source": "wind"}, TaskWordUnknown),
            ({"assignee_id": 999_999}, ColleagueUnknown),
        ],
    )
    def test_refuses_what_nobody_could_work_on(
        self, company: cast.Company, options: dict[str, object], refusal: type[Exception]
    ) -> None:
        with pytest.raises(refusal):
            added(company, **options)
        assert Task.objects.count() == 0

    def test_leaves_its_trace(self, company: cast.Company) -> None:
        task = added(company)
        assert AuditEntry.objects.filter(verb="add_task", subject_id=str(task.pk)).count() == 1


class TestWorkOnTask:
    def test_done_is_done_once(self, company: cast.Company) -> None:
        task = added(company)
        done = team.complete_task(organisation_id=company.organisation_id, task_id=task.pk, today=TUESDAY, by=BY)
        assert (done.state, done.closed_date) == (TaskState.DONE, TUESDAY)
        with pytest.raises(TaskClosedAlready):
            team.cancel_task(organisation_id=company.organisation_id, task_id=task.pk, today=TUESDAY, by=BY)

    def test_reopened_stands_as_before(self, company: cast.Company) -> None:
        task = added(company)
        organisation = company.organisation_id
        with pytest.raises(TaskStillOpen):
            team.reopen_task(organisation_id=organisation, task_id=task.pk, today=MONDAY, by=BY)
        team.complete_task(organisation_id=organisation, task_id=task.pk, today=MONDAY, by=BY)
        again = team.reopen_task(organisation_id=organisation, task_id=task.pk, today=MONDAY, by=BY)
        assert (again.state, again.closed_date, again.due_date) == (TaskState.OPEN, None, TUESDAY)
        assert list(TaskEvent.objects.order_by("pk").values_list("kind", flat=True)) == ["added", "done", "reopened"]

    def test_postponed_never_into_the_past(self, company: cast.Company) -> None:
        task = added(company)
        with pytest.raises(TaskDayPast):
            team.postpone_task(
                organisation_id=company.organisation_id, task_id=task.pk, due_date=MONDAY, today=TUESDAY, by=BY
            )
        later = dt.date(2026, 12, 1)
        team.postpone_task(
            organisation_id=company.organisation_id, task_id=task.pk, due_date=later, today=TUESDAY, by=BY
        )
        assert Task.objects.get().due_date == later

    def test_handed_over_only_to_somebody_who_works_here(self, company: cast.Company) -> None:
        task, omar = added(company), colleague(company)
        organisation = company.organisation_id
        team.hand_over_task(organisation_id=organisation, task_id=task.pk, assignee_id=omar.pk, today=MONDAY, by=BY)
        assert Task.objects.get().assignee_id == omar.pk
        stranger = User.objects.create(email="stranger@elsewhere.example")
        with pytest.raises(ColleagueUnknown):
            team.hand_over_task(
                organisation_id=organisation, task_id=task.pk, assignee_id=stranger.pk, today=MONDAY, by=BY
            )

    def test_a_rules_task_closes_when_its_reason_is_gone(self, company: cast.Company) -> None:
        added(company, key="promise_broken:7")
        organisation = company.organisation_id
        assert team.complete_by_key(organisation_id=organisation, key="promise_broken:7", today=MONDAY, by=BY)
        assert not team.complete_by_key(organisation_id=organisation, key="promise_broken:7", today=MONDAY, by=BY)

    def test_another_tenants_task_is_not_there(self, company: cast.Company) -> None:
        with cast.company("dora") as dora:
            theirs = added(dora)
        with pytest.raises(TaskUnknown):
            team.complete_task(organisation_id=company.organisation_id, task_id=theirs.pk, today=MONDAY, by=BY)

    @pytest.mark.parametrize("statement", ["update team_task set title = 'x'", "delete from team_taskevent"])
    def test_what_was_asked_and_what_happened_stay_as_written(self, company: cast.Company, statement: str) -> None:
        added(company)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)
