"""Held messages: what each waits for, what frees it, and the person who lets it leave all the same."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.models import Reminder
from encours.collections.queries import decisions, worklist
from encours.collections.rules import wording
from encours.entrypoints.desk import reminders
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.tasks import people_of
from encours.entrypoints.desk.today_forms import ReasonForm
from encours.entrypoints.listing import Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, is_partial, told

PAGE_ROWS = 50


@screen("view_books")
def held(request: DeskRequest) -> HttpResponse:
    asked = worklist.Asked(
        request.scope,
        request.today,
        is_mine=request.GET.get("who") == "mine",
        text=request.GET.get("q", ""),
        people=people_of(request),
    )
    listing = Listing.of(request.GET, columns=(), sort="-id")
    code = request.GET.get("cause", "")
    after = listing.after[0] if listing.after else None
    found = decisions.stopped(asked, code=code, after_id=after, limit=PAGE_ROWS + 1)
    shown = found[:PAGE_ROWS]
    context: dict[str, Any] = {
        "rows": [_row(reminder, request) for reminder in shown],
        "next_address": listing.next_address(shown[-1].pk) if len(found) > PAGE_ROWS else "",
        "reason_form": ReasonForm(),
        "may_release": can(request.scope, "release_message"),
    }
    if is_partial(request):
        return render(request, "desk/held/list.html#rows", context)
    causes = worklist.held_by_cause(asked)
    context |= {
        "asked": asked,
        "code": code,
        "causes": [(one, wording.name(one, translate=gettext), count) for one, count in causes],
        "total": sum(count for _, count in causes),
    }
    return render(request, "desk/held/list.html", context)


def _row(reminder: Reminder, request: DeskRequest) -> dict[str, Any]:
    checks = reminders.checks_of(reminder, today=request.today)
    return {
        "reminder": reminder,
        "stopping": [check for check in checks if check.outcome in {"held", "blocked"}],
        "totals": sorted(reminder.totals.items(), key=lambda pair: -pair[1]),
        "since": reminder.stopped_since or reminder.decided_date,
    }


def _why(request: DeskRequest) -> str:
    form = ReasonForm(request.POST)
    return str(form.cleaned_data["why"]) if form.is_valid() else ""


@screen("release_message")
@require_POST
def held_release(request: DeskRequest, reminder_id: int) -> HttpResponse:
    waiting = decisions.decision(reminder_id, scope=request.scope)
    made = collections.release(
        organisation_id=request.organisation_id,
        reminder_id=waiting.pk,
        why=_why(request),
        today=request.today,
        now=request.now,
        by=request.actor,
    )
    undo = reverse("desk:today_withdraw", args=[made.pk])
    told(
        request, gettext("{step} to {name} leaves.").format(step=made.step_name, name=waiting.customer.name), undo=undo
    )
    return back(request, reverse("desk:held"))


@screen("release_message")
@require_POST
def held_take_out(request: DeskRequest, reminder_id: int) -> HttpResponse:
    waiting = decisions.decision(reminder_id, scope=request.scope)
    collections.take_out(
        organisation_id=request.organisation_id,
        reminder_id=waiting.pk,
        why=_why(request),
        today=request.today,
        now=request.now,
        by=request.actor,
    )
    told(request, gettext("{name} is out of this step.").format(name=waiting.customer.name))
    return back(request, reverse("desk:held"))


urlpatterns = [
    path("held", held, name="held"),
    path("held/<int:reminder_id>/release", held_release, name="held_release"),
    path("held/<int:reminder_id>/take-out", held_take_out, name="held_take_out"),
]
