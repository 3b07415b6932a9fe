"""The review of late customers: one after another, what was decided is kept with who does what until when."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.analytics.queries import standings
from encours.analytics.queries.standings import StandingRow
from encours.customers import queries as customers
from encours.entrypoints import exports
from encours.entrypoints.desk import standing
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.tasks import members_of
from encours.entrypoints.listing import Column
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.ledger import queries as ledger
from encours.team import actions as team
from encours.team.models import MeetingDecision
from encours.team.queries import meetings

LISTED, ITEMS_SHOWN, NOTES_SHOWN = 60, 6, 3
COLUMNS = (
    Column("day", _("Day")),
    Column("number", _("Number")),
    Column("name", _("Customer")),
    Column("text", _("Decision")),
    Column("follow_up", _("Follow-up")),
    Column("assignee", _("Person")),
    Column("due_date", _("By")),
    Column("author", _("Written by")),
)


@screen("view_books")
def meeting(request: DeskRequest) -> HttpResponseBase:
    day = _day(request.GET.get("day", "")) or request.today
    decided = meetings.decisions(request.scope, day=day)
    if form := request.GET.get("export"):
        return exports.sheet(form, name=gettext("review"), columns=COLUMNS, rows=map(_flat, decided))
    if day != request.today:
        return render(request, "desk/meeting/past.html", {"day": day, "decided": decided})
    rows = _to_review(request)
    seen = {one.customer_id for one in decided}
    wanted = request.GET.get("customer", "")
    waiting = [row for row in rows if row.customer_id not in seen]
    chosen = next((row for row in rows if row.number == wanted), waiting[0] if waiting else None)
    context: dict[str, Any] = {
        "rows": [(row, row.customer_id in seen) for row in rows],
        "left": len({row.customer_id for row in waiting}),
        "decided": decided,
        "chosen": chosen,
        "query": _query(request),
        "segments": customers.segments(request.organisation_id),
        "segment": request.GET.get("segment", ""),
        "collectors": members_of(request),
        "collector": request.GET.get("collector", ""),
        "meetings": [(held, count) for held, count in meetings.meetings(request.scope) if held != request.today],
        "may_decide": can(request.scope, "add_note"),
    }
    if chosen is not None:
        context |= _facts(request, chosen)
    return render(request, "desk/meeting/page.html", context)


def _to_review(request: DeskRequest) -> list[StandingRow]:
    """Who is most overdue, among those asked for."""
    standing.books_version(request)
    return list(
        standings.standings(
            scope=request.scope, today=request.today, only="overdue", sort="overdue", is_descending=True,
            collector_id=_number(request.GET.get("collector", "")), segment_id=_number(request.GET.get("segment", "")),
            limit=LISTED,
        )
    )  # fmt: skip


def _facts(request: DeskRequest, row: StandingRow) -> dict[str, Any]:
    items = ledger.account_items(row.customer_id, scope=request.scope, limit=200)
    late = [item for item in items if item.open_minor > 0 and item.due_date < request.today]
    account_ids = customers.with_merged(row.customer_id, organisation_id=request.organisation_id)
    return {
        "items": late[:ITEMS_SHOWN],
        "more": max(0, len(late) - ITEMS_SHOWN),
        "notes": customers.notes_of(account_ids, organisation_id=request.organisation_id, limit=NOTES_SHOWN),
        "members": members_of(request),
    }


def _query(request: DeskRequest) -> str:
    kept = {name: request.GET.get(name, "") for name in ("segment", "collector")}
    return urlencode({name: value for name, value in kept.items() if value})


def _flat(one: MeetingDecision) -> dict[str, Any]:
    task = one.task
    return {
        "day": one.meeting_date,
        "number": one.customer.number,
        "name": one.customer.name,
        "text": one.note.text,
        "follow_up": task.title if task else "",
        "assignee": task.assignee.display_name if task and task.assignee else "",
        "due_date": task.due_date if task else None,
        "author": one.note.author_name,
    }


@screen("add_note")
@require_POST
def decide(request: DeskRequest, number: str) -> HttpResponse:
    """Keep the decision and go on to the next."""
    who = customers.customer_by_number(number, scope=request.scope)
    team.note_decision(
        team.Decided(
            customer_id=who.pk,
            text=request.POST.get("text", ""),
            follow_up=request.POST.get("follow_up", "")[:200],
            due_date=_day(request.POST.get("due_date", "")),
            assignee_id=_number(request.POST.get("assignee", "")),
        ),
        organisation_id=request.organisation_id,
        today=request.today,
        now=request.now,
        by=request.actor,
    )
    told(request, gettext("Kept for {name}.").format(name=who.name))
    query = request.POST.get("query", "")[:200]
    address = reverse("desk:meeting")
    return redirect(f"{address}?{query}" if query else address)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


urlpatterns = [
    path("team/review", meeting, name="meeting"),
    path("team/review/<path:number>", decide, name="meeting_decide"),
]
