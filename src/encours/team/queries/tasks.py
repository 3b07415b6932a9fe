"""Tasks: the open ones by their day, those of a customer, what was done."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from encours.access.rules import Scope
from encours.core import statements
from encours.core.errors import NotFound, gettext_noop
from encours.customers.queries import in_scope, in_scope_with_merged
from encours.team.models import Task, TaskEvent, TaskState

PAGE_ROWS = 60
WHO = ("mine", "unassigned", "team")
DUE = ("", "late", "today", "week")


class TaskUnknown(NotFound):
    """No such task in this organisation, or not for this reader."""

    message = gettext_noop("There is no such task.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose tasks, and which: `people` are those the reader works for today, themselves first."""

    scope: Scope
    today: date
    people: tuple[int, ...] = ()
    who: str = "mine"
    assignee_id: int | None = None
    due: str = ""
    source: str = ""
    text: str = ""
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How many open tasks each choice of the screen shows."""

    by_who: Mapping[str, int] = field(default_factory=dict)
    by_due: Mapping[str, int] = field(default_factory=dict)


def tasks(wanted: Wanted, *, after: Sequence[Any] = (), limit: int = PAGE_ROWS) -> list[Task]:
    """The open ones by day, the pressing first within a day; the closed ones latest first. `after` is a row's place."""
    found = _wanted(wanted).select_related("customer", "assignee", "author", "closed_by")
    if wanted.is_closed:
        if len(after) == 2:
            found = found.filter(Q(closed_date__lt=after[0]) | Q(closed_date=after[0], pk__lt=after[1]))
        return list(found.order_by("-closed_date", "-pk")[:limit])
    if len(after) == 3:
        day, priority, pk = after
        same_day = Q(due_date=day) & (Q(priority__lt=priority) | Q(priority=priority, pk__gt=pk))
        found = found.filter(Q(due_date__gt=day) | same_day)
    return list(found.order_by("due_date", "-priority", "pk")[:limit])


def place(task: Task) -> tuple[Any, ...]:
    """Where a task stands in its list, for the address of the rows that follow."""
    if task.closed_date is not None:
        return task.closed_date, task.pk
    return task.due_date, task.priority, task.pk


def counts(wanted: Wanted) -> TaskCounts:
    """What each choice of the screen would show."""
    everyone = _in_scope(wanted.scope).filter(state=TaskState.OPEN)
    mine, week = Q(assignee_id__in=wanted.people), wanted.today + timedelta(days=7)
    who = everyone.aggregate(
        mine=Count("pk", filter=mine), unassigned=Count("pk", filter=Q(assignee__isnull=True)), team=Count("pk")
    )
    shown = _of_whom(everyone, wanted)
    due = shown.aggregate(
        all=Count("pk"),
        late=Count("pk", filter=Q(due_date__lt=wanted.today)),
        today=Count("pk", filter=Q(due_date=wanted.today)),
        week=Count("pk", filter=Q(due_date__lte=week)),
    )
    return TaskCounts(who, {"": due.pop("all"), **due})


def tasks_of(account_ids: Collection[int], *, scope: Scope, closed: int = 0) -> list[Task]:
    """The open tasks about a customer by day, and up to `closed` of the closed ones after them."""
    found = _in_scope(scope).filter(customer_id__in=account_ids).select_related("assignee", "closed_by")
    still = list(found.filter(state=TaskState.OPEN).order_by("due_date", "-priority", "pk")[:PAGE_ROWS])
    return still + list(found.exclude(state=TaskState.OPEN).order_by("-closed_date", "-pk")[:closed])


def due_tasks(scope: Scope, *, people: Collection[int], today: date, limit: int = PAGE_ROWS) -> list[Task]:
    """What is due for these people up to today, the pressing first."""
    if not _is_anything_due(scope, people, today):
        return []
    found = _in_scope(scope).filter(state=TaskState.OPEN, assignee_id__in=people, due_date__lte=today)
    return list(found.select_related("customer").order_by("-priority", "due_date", "pk")[:limit])


def due_count(scope: Scope, *, people: Collection[int], today: date) -> int:
    """How many tasks are due for these people up to today."""
    if not _is_anything_due(scope, people, today):
        return 0
    return _in_scope(scope).filter(state=TaskState.OPEN, assignee_id__in=people, due_date__lte=today).count()


def _is_anything_due(scope: Scope, people: Collection[int], today: date) -> bool:
    """Asked first, as each opening of Today asks and most often nothing is due."""
    ((found,),) = statements.rows(
        "select exists (select from team_task where organisation_id = %s and assignee_id = any(%s::bigint[])"
        " and state = %s and due_date <= %s)",
        [scope.organisation_id, list(people), TaskState.OPEN.value, today],
    )
    return bool(found)


def task(task_id: int, *, scope: Scope) -> Task:
    """One task the reader may see; refuses another's."""
    found = _in_scope(scope).select_related("customer", "assignee", "author").filter(pk=task_id).first()
    if found is None:
        raise TaskUnknown()
    return found


def events_of(task_id: int, *, scope: Scope) -> list[TaskEvent]:
    """What happened to a task, the latest first."""
    found = TaskEvent.objects.filter(organisation_id=scope.organisation_id, task_id=task_id)
    return list(found.select_related("assignee").order_by("-pk"))


def open_of(user_ids: Collection[int], *, organisation_id: int, limit: int = 500) -> list[Task]:
    """The open tasks of these people by day: what their calendar shows."""
    found = Task.objects.filter(organisation_id=organisation_id, state=TaskState.OPEN, assignee_id__in=user_ids)
    return list(found.select_related("customer", "assignee").order_by("due_date", "pk")[:limit])


def open_keys(start: str, *, organisation_id: int) -> list[str]:
    """The keys of the open tasks that begin like this: what a rule asked for and nobody has done."""
    found = Task.objects.filter(organisation_id=organisation_id, state=TaskState.OPEN, key__startswith=start)
    return list(found.order_by("pk").values_list("key", flat=True))


def open_subjects(kind: str, *, organisation_id: int, source: str) -> set[int]:
    """What the open tasks of that source are about, by their numbers."""
    found = Task.objects.filter(
        organisation_id=organisation_id,
        state=TaskState.OPEN,
        subject_kind=kind,
        source=source,
        subject_id__isnull=False,
    )
    return {pk for pk in found.values_list("subject_id", flat=True) if pk is not None}


def _in_scope(scope: Scope) -> QuerySet[Task]:
    """A person with an own portfolio sees the tasks of its customers and their own."""
    found = Task.objects.filter(organisation_id=scope.organisation_id)
    if not scope.own_portfolio_only:
        return found
    customers = in_scope_with_merged(scope).filter(pk=OuterRef("customer_id"))
    return found.filter(Q(assignee_id__in=scope.people) | Exists(customers))


def _wanted(wanted: Wanted) -> QuerySet[Task]:
    found = _of_whom(_in_scope(wanted.scope), wanted)
    found = found.exclude(state=TaskState.OPEN) if wanted.is_closed else found.filter(state=TaskState.OPEN)
    if wanted.due == "late":
        found = found.filter(due_date__lt=wanted.today)
    elif wanted.due == "today":
        found = found.filter(due_date=wanted.today)
    elif wanted.due == "week":
        found = found.filter(due_date__lte=wanted.today + timedelta(days=7))
    if wanted.source:
        found = found.filter(source=wanted.source)
    if text := wanted.text.strip():
        about = in_scope(wanted.scope).filter(Q(name__icontains=text) | Q(number=text))
        found = found.filter(Q(title__icontains=text) | Q(customer_id__in=about.values("pk")))
    return found


def _of_whom(found: QuerySet[Task], wanted: Wanted) -> QuerySet[Task]:
    if wanted.assignee_id is not None:
        return found.filter(assignee_id=wanted.assignee_id)
    if wanted.who == "mine":
        return found.filter(assignee_id__in=wanted.people)
    if wanted.who == "unassigned":
        return found.filter(assignee__isnull=True)
    return found
