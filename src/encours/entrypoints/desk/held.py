"""Held messages: what each waits for, what frees it, and the person who lets it leave all the same."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext

from encours.access.rules import can
from encours.collections.models import Reminder
from encours.collections.queries import decisions, worklist
from encours.collections.rules import wording
from encours.entrypoints.desk import reminders
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.tasks import people_of
from encours.entrypoints.desk.today_forms import ReasonForm
from encours.entrypoints.listing import Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import is_partial

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


urlpatterns = [path("held", held, name="held")]
