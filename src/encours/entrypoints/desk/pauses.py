"""Everything on hold: whose reminders wait, why, since when, until when, and ending it."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
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
NUMBERS_SHOWN = 3
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
    reason = request.GET.get("reason", "")
    text = request.GET.get("q", "").strip().casefold()
    chosen = [
        one
        for one in running
        if reason in ("", one.reason) and (not text or text in f"{one.customer.name} {one.customer.number}".casefold())
    ]
    if form := request.GET.get("export"):
        return exports.sheet(
            form, name=gettext("on hold"), columns=COLUMNS, rows=[_row([one], request) for one in chosen]
        )
    shown = [_row(together, request) for together in _together(chosen)]
    whole = _together(running)
    counts = Counter(together[0].reason for together in whole)
    context = {
        "rows": shown[:SHOWN],
        "total": len(whole),
        "shown_count": len(shown),
        "reason": reason,
        "text": request.GET.get("q", "").strip(),
        "reasons": [(value, label, counts[value]) for value, label in PauseReason.choices if counts[value]],
        "endless": sum(together[0].until_date is None for together in whole),
        "may_end": can(request.scope, "pause_reminders"),
    }
    return render(request, "desk/pauses/list.html", context)


def _together(pauses: Iterable[Pause]) -> list[list[Pause]]:
    """What was put on hold at once for one reason is one line, such as all the documents of a hand-over."""
    found: dict[Hashable, list[Pause]] = {}
    for one in pauses:
        alike = (one.customer_id, one.reason, one.note, one.start_date, one.until_date, one.author_name)
        found.setdefault(alike if one.item_id else one.pk, []).append(one)
    return list(found.values())


def _row(together: Sequence[Pause], request: DeskRequest) -> dict[str, Any]:
    one = together[0]
    numbers = list(dict.fromkeys(pause.item.document_number for pause in together if pause.item))
    shown = ", ".join(numbers[:NUMBERS_SHOWN])
    if len(numbers) > NUMBERS_SHOWN:
        shown = f"{shown} + {len(numbers) - NUMBERS_SHOWN}"
    return {
        "pause": one,
        "number": one.customer.number,
        "name": one.customer.name,
        "what": shown or gettext("The whole account"),
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
