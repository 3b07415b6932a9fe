"""Tasks: mine and the team's by their day; done, put to another day, handed over; and the private calendar of them."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext, gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access.models import Membership
from encours.access.rules import can
from encours.core.errors import Refused, gettext_noop
from encours.customers import queries as customers
from encours.entrypoints.desk import calendar_feed
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.listing import Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, is_partial, told
from encours.team import actions as team
from encours.team.models import Task, TaskPriority, TaskSource
from encours.team.queries import absences
from encours.team.queries import tasks as team_queries

WHO = (
    ("mine", gettext_lazy("Mine")),
    ("unassigned", gettext_lazy("Nobody's yet")),
    ("team", gettext_lazy("The team's")),
)
DUE = (
    ("", gettext_lazy("All days")),
    ("late", gettext_lazy("Late")),
    ("today", gettext_lazy("Today")),
    ("week", gettext_lazy("Within a week")),
)
_SOON_DAYS = 7


class TaskDayMissing(Refused):
    """A task is put to a day, and none was given."""

    message = gettext_noop("Say to which day.")


class TaskForm(DeskForm):
    """A new task."""

    wide = frozenset({"title", "note"})
    title = forms.CharField(label=gettext_lazy("What is to be done"), max_length=200)
    due_date = forms.DateField(
        label=gettext_lazy("By"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"), choices=TaskPriority.choices, coerce=int, initial=TaskPriority.NORMAL
    )
    assignee = forms.TypedChoiceField(
        label=pgettext_lazy("person", "For"), coerce=int, required=False, empty_value=None
    )
    customer = forms.CharField(label=gettext_lazy("Customer number"), required=False, max_length=60)
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, members: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(member.user_id, member.user.display_name) for member in members]
        self.offer("assignee", [("", gettext("The customer's collector")), *people])


def members_of(request: DeskRequest) -> list[Membership]:
    """The people who may be given work."""
    return [member for member in access.members(request.organisation_id) if member.is_active]


def people_of(request: DeskRequest) -> tuple[int, ...]:
    """Whose work is this person's today: theirs and that of those they stand in for; asked once a request."""
    known: tuple[int, ...] | None = getattr(request, "works_for", None)
    if known is None:
        known = absences.works_for(request.user.pk, organisation_id=request.organisation_id, today=request.today)
        request.works_for = known
    return known


@screen("view_books")
def task_list(request: DeskRequest) -> HttpResponse:
    wanted = _wanted(request)
    listing = Listing.of(request.GET, columns=(), sort="due")
    found = team_queries.tasks(wanted, after=listing.after or (), limit=team_queries.PAGE_ROWS + 1)
    shown = found[: team_queries.PAGE_ROWS]
    members = members_of(request)
    context: dict[str, Any] = {
        "groups": grouped(shown, today=request.today),
        "is_closed": wanted.is_closed,
        "next_address": listing.next_address(*team_queries.place(shown[-1])) if len(found) > len(shown) else "",
        "may_work": can(request.scope, "add_note"),
        "members": members,
        "days": near_days(request.today),
        "list_address": request.get_full_path(),
    }
    if is_partial(request):
        return render(request, "desk/tasks/list.html#rows", context)
    counts = team_queries.counts(wanted)
    context |= {
        "wanted": wanted,
        "who": [(key, label, counts.by_who[key]) for key, label in WHO],
        "due": [(key, label, counts.by_due[key]) for key, label in DUE],
        "sources": TaskSource.choices,
        "form": TaskForm(members=members, initial={"due_date": request.today}),
        "feed": calendar_feed.address_of(request),
        "stands_in_for": names_of(people_of(request)[1:], request),
    }
    return render(request, "desk/tasks/list.html", context)


def _wanted(request: DeskRequest) -> team_queries.Wanted:
    who, due = request.GET.get("who", "mine"), request.GET.get("due", "")
    person = request.GET.get("person", "")
    return team_queries.Wanted(
        scope=request.scope,
        today=request.today,
        people=people_of(request),
        who=who if who in team_queries.WHO else "mine",
        assignee_id=int(person) if person.isdecimal() and len(person) < 18 else None,
        due=due if due in team_queries.DUE else "",
        source=request.GET.get("source", "") if request.GET.get("source") in TaskSource.values else "",
        text=request.GET.get("q", ""),
        is_closed=request.GET.get("state") == "closed",
    )


def names_of(user_ids: Sequence[int], request: DeskRequest) -> str:
    """The names of these people, such as those whose work is shown here meanwhile."""
    if not user_ids:
        return ""
    return ", ".join(member.user.display_name for member in members_of(request) if member.user_id in user_ids)


def grouped(tasks: Sequence[Task], *, today: date) -> list[tuple[str, str, list[Task]]]:
    """The tasks under late, today, tomorrow, within a week, later; the closed ones by the day they were closed."""
    return [(key, _heading(key), list(rows)) for key, rows in groupby(tasks, key=lambda task: _group(task, today))]


def _group(task: Task, today: date) -> str:
    if task.closed_date is not None:
        return "closed"
    days = (task.due_date - today).days
    if days < 0:
        return "late"
    return {0: "today", 1: "tomorrow"}.get(days, "week" if days <= _SOON_DAYS else "later")


def _heading(key: str) -> str:
    return {
        "late": gettext("Late"),
        "today": gettext("Today"),
        "tomorrow": gettext("Tomorrow"),
        "week": gettext("Within a week"),
        "later": gettext("Later"),
        "closed": pgettext("tasks", "Closed"),
    }[key]


def near_days(today: date) -> list[tuple[str, date]]:
    """The days a task is most often put to: the next working day, three days on, the next Monday."""
    tomorrow = today + timedelta(days=1)
    while tomorrow.weekday() > 4:
        tomorrow += timedelta(days=1)
    monday = today + timedelta(days=7 - today.weekday())
    found = {tomorrow: gettext("Next working day"), monday: gettext("Next Monday")}
    found.setdefault(today + timedelta(days=14), gettext("In two weeks"))
    return [(label, day) for day, label in sorted(found.items())]


@screen("add_note")
def task_add(request: DeskRequest) -> HttpResponse:
    """A new task: from the form of the list, from a customer's page, or on a page of its own."""
    members = members_of(request)
    if request.method != "POST":
        initial = {"due_date": request.today, "customer": request.GET.get("customer", "")}
        form = TaskForm(members=members, initial=initial)
        return render(request, "desk/tasks/new.html", {"form": form, "next": request.GET.get("next", "")})
    form = TaskForm(request.POST, members=members)
    if form.is_valid():
        with refusals_on(form):
            made = _added(request, form.cleaned_data)
            undo = reverse("desk:task_cancel", args=[made.pk])
            told(request, gettext("Task noted: {title}").format(title=made.title), undo=undo)
            return back(request, reverse("desk:tasks"))
    return render(request, "desk/tasks/new.html", {"form": form, "next": request.POST.get("next", "")}, status=422)


def _added(request: DeskRequest, said: dict[str, Any]) -> Task:
    number = said["customer"].strip()
    customer = customers.customer_by_number(number, scope=request.scope) if number else None
    return team.add_task(
        organisation_id=request.organisation_id,
        customer_id=customer.pk if customer else None,
        title=said["title"],
        due_date=said["due_date"],
        priority=said["priority"],
        assignee_id=said["assignee"] or (None if customer else request.user.pk),
        note=said["note"],
        today=request.today,
        by=request.actor,
    )


@screen("add_note")
@require_POST
def task_done(request: DeskRequest, task_id: int) -> HttpResponse:
    found = team_queries.task(task_id, scope=request.scope)
    team.complete_task(organisation_id=request.organisation_id, task_id=found.pk, today=request.today, by=request.actor)
    told(request, gettext("Done: {title}").format(title=found.title), undo=reverse("desk:task_reopen", args=[task_id]))
    return back(request, reverse("desk:tasks"))


@screen("add_note")
@require_POST
def task_reopen(request: DeskRequest, task_id: int) -> HttpResponse:
    found = team_queries.task(task_id, scope=request.scope)
    team.reopen_task(organisation_id=request.organisation_id, task_id=found.pk, today=request.today, by=request.actor)
    told(request, gettext("To do again: {title}").format(title=found.title))
    return back(request, reverse("desk:tasks"))


@screen("add_note")
@require_POST
def task_postpone(request: DeskRequest, task_id: int) -> HttpResponse:
    found = team_queries.task(task_id, scope=request.scope)
    day = _day(request)
    team.postpone_task(
        organisation_id=request.organisation_id, task_id=found.pk, due_date=day, today=request.today, by=request.actor
    )
    told(request, gettext("{title} is put to another day.").format(title=found.title))
    return back(request, reverse("desk:tasks"))


def _day(request: DeskRequest) -> date:
    """The day of a button pressed, else of the field."""
    try:
        day = parse_date(request.POST.get("on") or request.POST.get("day", ""))
    except ValueError:
        day = None
    if day is None:
        raise TaskDayMissing()
    return day


@screen("add_note")
@require_POST
def task_hand(request: DeskRequest, task_id: int) -> HttpResponse:
    found = team_queries.task(task_id, scope=request.scope)
    person = request.POST.get("person", "")
    team.hand_over_task(
        organisation_id=request.organisation_id,
        task_id=found.pk,
        assignee_id=int(person) if person.isdecimal() and len(person) < 18 else None,
        today=request.today,
        by=request.actor,
        note=request.POST.get("note", ""),
    )
    told(request, gettext("{title} is handed over.").format(title=found.title))
    return back(request, reverse("desk:tasks"))


@screen("add_note")
@require_POST
def task_cancel(request: DeskRequest, task_id: int) -> HttpResponse:
    found = team_queries.task(task_id, scope=request.scope)
    team.cancel_task(
        organisation_id=request.organisation_id,
        task_id=found.pk,
        today=request.today,
        by=request.actor,
        why=request.POST.get("why", ""),
    )
    undo = reverse("desk:task_reopen", args=[task_id])
    told(request, gettext("Given up: {title}").format(title=found.title), undo=undo)
    return back(request, reverse("desk:tasks"))


@screen("view_books")
def task_page(request: DeskRequest, task_id: int) -> HttpResponse:
    found = team_queries.task(task_id, scope=request.scope)
    context = {
        "task": found,
        "events": team_queries.events_of(task_id, scope=request.scope),
        "members": members_of(request),
        "days": near_days(request.today),
        "may_work": can(request.scope, "add_note"),
    }
    return render(request, "desk/tasks/task.html", context)


urlpatterns = [
    path("tasks", task_list, name="tasks"),
    path("tasks/new", task_add, name="task_new"),
    path("tasks/<int:task_id>", task_page, name="task"),
    path("tasks/<int:task_id>/done", task_done, name="task_done"),
    path("tasks/<int:task_id>/reopen", task_reopen, name="task_reopen"),
    path("tasks/<int:task_id>/postpone", task_postpone, name="task_postpone"),
    path("tasks/<int:task_id>/hand-over", task_hand, name="task_hand"),
    path("tasks/<int:task_id>/cancel", task_cancel, name="task_cancel"),
]
