"""Everything on hold: whose reminders wait, why, since when, until when, and ending it."""

from collections import Counter
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from encours.access.rules import can
from encours.collections.models import Pause, PauseReason
from encours.collections.queries import pauses as queries
from encours.entrypoints import exports
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.listing import Column
from encours.entrypoints.requests import DeskRequest

SHOWN = 500
COLUMNS = (
    Column("number", _("Number")),
    Column("name", _("Customer")),
    Column("what", _("On hold")),
    Column("reason", _("Reason")),
    Column("note", _("Note")),
    Column("since", _("Since")),
    Column("days", _("Days"), "number"),
    Column("until", _("Until")),
    Column("author", _("By")),
)


@screen("view_books")
def pause_list(request: DeskRequest) -> HttpResponseBase:
    running = list(queries.running_pauses(request.scope, today=request.today).select_related("item"))
    counts = Counter(one.reason for one in running)
    reason = request.GET.get("reason", "")
    text = request.GET.get("q", "").strip().casefold()
    shown = [
        _row(one, request)
        for one in running
        if reason in ("", one.reason) and (not text or text in f"{one.customer.name} {one.customer.number}".casefold())
    ]
    if form := request.GET.get("export"):
        return exports.sheet(form, name=gettext("on hold"), columns=COLUMNS, rows=shown)
    context = {
        "rows": shown[:SHOWN],
        "total": len(running),
        "shown_count": len(shown),
        "reason": reason,
        "text": request.GET.get("q", "").strip(),
        "reasons": [(value, label, counts[value]) for value, label in PauseReason.choices if counts[value]],
        "endless": sum(one.until_date is None for one in running),
        "may_end": can(request.scope, "pause_reminders"),
    }
    return render(request, "desk/pauses/list.html", context)


def _row(one: Pause, request: DeskRequest) -> dict[str, Any]:
    return {
        "pause": one,
        "number": one.customer.number,
        "name": one.customer.name,
        "what": one.item.document_number if one.item else gettext("The whole account"),
        "reason": one.get_reason_display(),
        "note": one.note,
        "since": one.start_date,
        "days": (request.today - one.start_date).days,
        "until": one.until_date,
        "author": one.author_name,
        # an insolvency is ended on the customer's page, and what stopped one document where it was stopped
        "ends_here": one.item_id is None and one.reason != PauseReason.INSOLVENCY,
    }


urlpatterns = [path("pauses", pause_list, name="pauses")]
