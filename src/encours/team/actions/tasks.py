"""Add tasks, and do, postpone, hand over, cancel or reopen them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from django.db import connection, transaction

from encours.access import actions as access
from encours.access.models import Membership
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.customers.models import Customer
from encours.team.models import Task, TaskEvent, TaskEventKind, TaskPriority, TaskSource, TaskState, TaskSubject
from encours.team.queries.tasks import TaskUnknown

TITLE_LETTERS_MAX = 200


class TaskClosedAlready(Conflict):
    """A task is done or cancelled once."""

    message = gettext_noop("This task was closed on {closed_date}.")


class TaskStillOpen(Conflict):
    """Only what is closed can be reopened."""

    message = gettext_noop("This task is open.")


class TaskUntitled(Refused):
    """A task says what is to be done."""

    message = gettext_noop("Say what is to be done.")


class TaskDayPast(Refused):
    """A task is put to today or a later day."""

    message = gettext_noop("{day} is past: choose today or a later day.")


class ColleagueUnknown(Refused):
    """The person is not an active member of this organisation."""

    message = gettext_noop("This person does not work here.")


class TaskWordUnknown(Refused):
    """The subject, priority or source is none of the list."""

    message = gettext_noop("A task knows no “{word}”.")


class TaskCustomerUnknown(NotFound):
    """The customer is not of this organisation."""

    message = gettext_noop("There is no such customer.")


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task as a scenario, a rule or a person asks for it; `assignee_id` None: the customer's collector, if any."""

    title: str
    due_date: date
    key: str = ""
    customer_id: int | None = None
    assignee_id: int | None = None
    note: str = ""
    priority: int = TaskPriority.NORMAL
    subject_kind: str = ""
    subject_id: int | None = None


@transaction.atomic
def add_task(
    *,
    organisation_id: int,
    title: str,
    due_date: date,
    today: date,
    by: Actor,
    customer_id: int | None = None,
    assignee_id: int | None = None,
    key: str = "",
    source: str = TaskSource.MANUAL.value,
    note: str = "",
    priority: int = TaskPriority.NORMAL,
    subject_kind: str = "",
    subject_id: int | None = None,
) -> Task:
    """Ask for something to be done by a day; the same `key` twice gives the first task again, as it stands now.

    Without an assignee the customer's collector has it, else whoever takes it. A day that is past counts as today.
    """
    made = NewTask(
        title, due_date, key or f"task:{uuid4()}", customer_id, assignee_id, note, priority, subject_kind, subject_id
    )
    add_tasks(organisation_id=organisation_id, tasks=[made], source=source, today=today, by=by)
    return Task.objects.get(organisation_id=organisation_id, key=made.key)


@transaction.atomic
def add_tasks(*, organisation_id: int, tasks: Iterable[NewTask], source: str, today: date, by: Actor) -> int:
    """Ask for many things at once, in one statement; how many are new. Refuses all if one is unusable."""
    given = list({one.key or f"task:{uuid4()}": one for one in tasks}.items())
    if source not in TaskSource.values:
        raise TaskWordUnknown(word=source)
    for _, task in given:
        _check(task)
    check_members(organisation_id, {task.assignee_id for _, task in given if task.assignee_id is not None})
    _check_customers(organisation_id, {task.customer_id for _, task in given if task.customer_id is not None})
    added = _insert(organisation_id, given, source, today, by)
    if added:
        first = Task.objects.get(pk=added[0])
        _audit(
            "add_task", first, by,
            details={"title": first.title, "due_date": first.due_date, "source": source, "count": len(added)},
        )  # fmt: skip
    return len(added)


def _check(task: NewTask) -> None:
    if not task.title.strip():
        raise TaskUntitled()
    if task.priority not in TaskPriority.values:
        raise TaskWordUnknown(word=task.priority)
    if task.subject_kind not in TaskSubject.values or bool(task.subject_kind) != (task.subject_id is not None):
        raise TaskWordUnknown(word=task.subject_kind)


def check_members(organisation_id: int, user_ids: set[int]) -> None:
    known = Membership.objects.filter(organisation_id=organisation_id, user_id__in=user_ids, is_active=True)
    if known.count() != len(user_ids):
        raise ColleagueUnknown()


def _check_customers(organisation_id: int, customer_ids: set[int]) -> None:
    if Customer.objects.filter(organisation_id=organisation_id, pk__in=customer_ids).count() != len(customer_ids):
        raise TaskCustomerUnknown()


def _insert(organisation_id: int, given: list[tuple[str, NewTask]], source: str, today: date, by: Actor) -> list[int]:
    """The tasks that were new, each with its first event."""
    rows = [
        (
            key, task.customer_id, task.subject_kind, task.subject_id, task.title.strip()[:TITLE_LETTERS_MAX],
            task.note.strip(), task.assignee_id, max(task.due_date, today), task.priority,
        )
        for key, task in given
    ]  # fmt: skip
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with added as (
                insert into team_task (organisation_id, key, customer_id, subject_kind, subject_id, title, note,
                                       assignee_id, due_date, priority, source, author_id, author_name, added_date)
                select %s, g.key, g.customer_id, g.subject_kind, g.subject_id, g.title, g.note,
                       coalesce(g.assignee_id, m.user_id), g.due_date, g.priority, %s, %s, %s, %s
                from unnest(%s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::bigint[],
                            %s::date[], %s::smallint[])
                     as g(key, customer_id, subject_kind, subject_id, title, note, assignee_id, due_date, priority)
                left join customers_customer c on c.id = g.customer_id
                left join access_membership m
                    on m.user_id = c.collector_id and m.organisation_id = c.organisation_id and m.is_active
                on conflict (organisation_id, key) do nothing
                returning id, organisation_id, assignee_id, due_date, added_date, author_id, author_name
            ), told as (
                insert into team_taskevent (organisation_id, task_id, kind, due_date, assignee_id, note, event_date,
                                            author_id, author_name)
                select organisation_id, id, 'added', due_date, assignee_id, '', added_date, author_id, author_name
                from added
            )
            select id from added order by id
            """,
            [
                organisation_id,
                source,
                by.user_id,
                by.name,
                today,
                *(list(column) for column in zip(*rows, strict=True)),
            ],
        )
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def complete_task(*, organisation_id: int, task_id: int, today: date, by: Actor, note: str = "") -> Task:
    """Say that it is done; refused when it was closed already."""
    return _close(organisation_id, task_id, TaskState.DONE, today, by, note)


@transaction.atomic
def cancel_task(*, organisation_id: int, task_id: int, today: date, by: Actor, why: str = "") -> Task:
    """Give it up: it no longer needs doing; refused when it was closed already."""
    return _close(organisation_id, task_id, TaskState.CANCELLED, today, by, why)


@transaction.atomic
def complete_by_key(*, organisation_id: int, key: str, today: date, by: Actor, note: str = "") -> bool:
    """Close the task a rule asked for once its reason is gone; whether there was one to close."""
    found = Task.objects.filter(organisation_id=organisation_id, key=key, state=TaskState.OPEN).first()
    if found is None:
        return False
    _close(organisation_id, found.pk, TaskState.DONE, today, by, note)
    return True


@transaction.atomic
def reopen_task(*, organisation_id: int, task_id: int, today: date, by: Actor) -> Task:
    """Undo the closing; refused for one that is open."""
    task = _locked(organisation_id, task_id)
    if task.state == TaskState.OPEN:
        raise TaskStillOpen()
    task.state, task.closed_date, task.closed_by_id = TaskState.OPEN, None, None
    task.save(update_fields=["state", "closed_date", "closed_by"])
    _tell(task, TaskEventKind.REOPENED, today, by)
    return task


@transaction.atomic
def postpone_task(
    *, organisation_id: int, task_id: int, due_date: date, today: date, by: Actor, note: str = ""
) -> Task:
    """Put it to another day, today or later; refused when it is closed."""
    if due_date < today:
        raise TaskDayPast(day=due_date)
    task = _open(organisation_id, task_id)
    task.due_date = due_date
    task.save(update_fields=["due_date"])
    _tell(task, TaskEventKind.POSTPONED, today, by, note=note, due_date=due_date)
    return task


@transaction.atomic
def hand_over_task(
    *, organisation_id: int, task_id: int, assignee_id: int | None, today: date, by: Actor, note: str = ""
) -> Task:
    """Give it to a colleague, or to whoever takes it; refused when it is closed or the person does not work here."""
    task = _open(organisation_id, task_id)
    if assignee_id is not None:
        check_members(organisation_id, {assignee_id})
    task.assignee_id = assignee_id
    task.save(update_fields=["assignee"])
    _tell(task, TaskEventKind.HANDED, today, by, note=note, assignee_id=assignee_id)
    return task


def _close(organisation_id: int, task_id: int, state: TaskState, today: date, by: Actor, note: str) -> Task:
    task = _open(organisation_id, task_id)
    task.state, task.closed_date, task.closed_by_id = state, today, by.user_id
    task.save(update_fields=["state", "closed_date", "closed_by"])
    _tell(task, TaskEventKind(state.value), today, by, note=note)
    return task


def _locked(organisation_id: int, task_id: int) -> Task:
    task = Task.objects.select_for_update().filter(organisation_id=organisation_id, pk=task_id).first()
    if task is None:
        raise TaskUnknown()
    return task


def _open(organisation_id: int, task_id: int) -> Task:
    task = _locked(organisation_id, task_id)
    if task.state != TaskState.OPEN:
        raise TaskClosedAlready(closed_date=task.closed_date)
    return task


def _tell(
    task: Task,
    kind: TaskEventKind,
    today: date,
    by: Actor,
    *,
    note: str = "",
    due_date: date | None = None,
    assignee_id: int | None = None,
) -> None:
    TaskEvent.objects.create(
        organisation_id=task.organisation_id,
        task=task,
        kind=kind,
        due_date=due_date,
        assignee_id=assignee_id,
        note=note.strip(),
        event_date=today,
        author_id=by.user_id,
        author_name=by.name,
    )
    _audit(f"task_{kind.value}", task, by, why=note, details={"due_date": due_date, "assignee": assignee_id})


def _audit(verb: str, task: Task, by: Actor, *, why: str = "", details: dict[str, object]) -> None:
    access.record_audit(
        by=by, organisation_id=task.organisation_id, verb=verb, subject_kind="task", subject_id=task.pk,
        why=why.strip(), details={"customer": task.customer_id, **details},
    )  # fmt: skip
