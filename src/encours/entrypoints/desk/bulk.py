"""One gesture on many customers: ticked on a list, looked at with who is left out and why, then done."""

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.actions import worklist
from encours.collections.models import PAUSED_BY_HAND, PauseReason
from encours.collections.queries import bulk as queries
from encours.collections.rules.bulk import Gesture, Sorted, sort_out
from encours.core.errors import Refused, gettext_noop
from encours.customers import portfolio_actions as portfolios
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.tasks import members_of
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told
from encours.team import actions as team

CHOSEN_MAX = 500
RIGHTS = {
    Gesture.ASSIGN: "edit_scenario",
    Gesture.PAUSE: "pause_reminders",
    Gesture.LATER: "add_note",
    Gesture.TASK: "add_note",
}
TITLES = {
    Gesture.ASSIGN: gettext_lazy("Give to a collector"),
    Gesture.PAUSE: gettext_lazy("Pause reminders"),
    Gesture.LATER: gettext_lazy("Put off on the list"),
    Gesture.TASK: gettext_lazy("Add a task"),
}
LEFT_OUT = {
    "merged": gettext_lazy("merged into another"),
    "insolvent": gettext_lazy("insolvent: nothing leaves anyway"),
    "paused": gettext_lazy("paused already"),
    "theirs": gettext_lazy("followed by this person already"),
}


class NobodyChosen(Refused):
    """A gesture needs customers."""

    message = gettext_noop("Tick at least one customer.")


class TooManyChosen(Refused):
    """A gesture stays something a person can look over."""

    message = gettext_noop("At most {most} customers at once: narrow the list.")


class GestureUnknown(Refused):
    """The gesture is none of the list."""

    message = gettext_noop("Say what to do with them.")


class DayMissing(Refused):
    """The gesture needs a day."""

    message = gettext_noop("Say until which day.")


@screen("view_books")
@require_POST
def bulk(request: DeskRequest) -> HttpResponse:
    """First the preview; sent again with its word, the gesture itself."""
    gesture = _gesture(request)
    if not can(request.scope, RIGHTS[gesture]):
        raise PermissionDenied
    ids = ids_of(request)
    customers, facts = queries.chosen(ids, scope=request.scope, today=request.today)
    person = _person(request)
    found = sort_out(gesture, facts, collector_id=person if "sure" in request.POST else -1)
    if "sure" in request.POST:
        with transaction.atomic():
            count = _do(request, gesture, found, person)
        words = ngettext("Done for {count} customer.", "Done for {count} customers.", count).format(count=count)
        told(request, words)
        return back(request, reverse("desk:today"))
    why = dict(found.left_out)
    context: dict[str, Any] = {
        "gesture": gesture.value,
        "title": TITLES[gesture],
        "rows": [(customer, LEFT_OUT.get(why.get(customer.pk, ""), "")) for customer in customers],
        "reached_count": len(found.reached),
        "members": members_of(request),
        "pause_reasons": PAUSED_BY_HAND,
        "soon": request.today + timedelta(days=7),
        "next": request.POST.get("next", ""),
    }
    return render(request, "desk/bulk/preview.html", context)


def _gesture(request: DeskRequest) -> Gesture:
    try:
        return Gesture(request.POST.get("gesture", ""))
    except ValueError:
        raise GestureUnknown() from None


def ids_of(request: DeskRequest) -> list[int]:
    """The customers that were ticked; refuses none, and more than a person looks over."""
    found = [int(pk) for pk in request.POST.getlist("c") if pk.isdecimal() and len(pk) < 18]
    if not found:
        raise NobodyChosen()
    if len(found) > CHOSEN_MAX:
        raise TooManyChosen(most=CHOSEN_MAX)
    return found


def _person(request: DeskRequest) -> int | None:
    person = request.POST.get("person", "")
    return int(person) if person.isdecimal() and len(person) < 18 else None


def _day(request: DeskRequest) -> date | None:
    try:
        return parse_date(request.POST.get("day", ""))
    except ValueError:
        return None


def _do(request: DeskRequest, gesture: Gesture, found: Sorted, person: int | None) -> int:
    order: dict[str, Any] = {"organisation_id": request.organisation_id, "by": request.actor}
    day, note = _day(request), request.POST.get("note", "").strip()
    if gesture is Gesture.ASSIGN:
        return portfolios.give_customers(**order, customer_ids=found.reached, collector_id=person, why=note)
    if gesture is Gesture.TASK:
        new = [team.NewTask(note, day or request.today, customer_id=pk, assignee_id=person) for pk in found.reached]
        return team.add_tasks(**order, tasks=new, source="manual", today=request.today)
    if gesture is Gesture.LATER and day is None:
        raise DayMissing()
    for customer_id in found.reached:
        if gesture is Gesture.LATER and day is not None:
            worklist.put_off(**order, customer_id=customer_id, until=day, note=note, today=request.today)
        else:
            reason = request.POST.get("reason", PauseReason.OTHER.value)
            collections.pause(
                **order, customer_id=customer_id, reason=reason, until=day, note=note, today=request.today
            )
    return len(found.reached)


urlpatterns = [path("customers/bulk", bulk, name="bulk")]
