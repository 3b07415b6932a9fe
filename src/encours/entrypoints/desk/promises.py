"""The list of promises to pay: to come, kept, broken; changed by withdrawing one and noting another."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.models import Promise, PromiseSource
from encours.collections.queries import promises as queries
from encours.core.errors import Refused, gettext_noop
from encours.core.money import ENGLISH, FRENCH, Money
from encours.entrypoints import exports
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.tasks import people_of
from encours.entrypoints.listing import Column, Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, is_partial, told

PAGE_ROWS = 60
STATES = (
    ("", gettext_lazy("All")),
    ("running", pgettext_lazy("promises", "To come")),
    ("broken", pgettext_lazy("promises", "Broken")),
    ("partly_kept", pgettext_lazy("promises", "Kept in part")),
    ("kept", pgettext_lazy("promises", "Kept")),
    ("withdrawn", pgettext_lazy("promises", "Withdrawn")),
)
# state -> chip
CHIPS = {
    "running": ("info", "calendar-due"),
    "kept": ("good", "check"),
    "partly_kept": ("watch", "circle-half-2"),
    "broken": ("act", "calendar-x"),
    "withdrawn": ("", "x"),
}
COLUMNS = (
    Column("number", gettext_lazy("Number")),
    Column("name", gettext_lazy("Customer")),
    Column("promised_date", gettext_lazy("Promised for"), "date"),
    Column("amount_minor", gettext_lazy("Amount"), "money"),
    Column("received_minor", gettext_lazy("Received"), "money"),
    Column("currency", gettext_lazy("Currency")),
    Column("state", gettext_lazy("State")),
    Column("source", gettext_lazy("How")),
    Column("author", gettext_lazy("Noted by")),
    Column("made_date", gettext_lazy("Noted on"), "date"),
    Column("note", gettext_lazy("Note")),
)


class DayMissing(Refused):
    """A promise was changed without saying to which day."""

    message = gettext_noop("Say by which day.")


@screen("view_books")
def promise_list(request: DeskRequest) -> HttpResponseBase:
    state = request.GET.get("state", "")
    wanted = queries.PromiseFilter(
        state=state if state in dict(STATES) else "",
        people=people_of(request) if request.GET.get("who") == "mine" else (),
        source=request.GET.get("source", "") if request.GET.get("source") in PromiseSource.values else "",
        text=request.GET.get("q", ""),
    )
    listed = queries.promise_list(request.scope, wanted=wanted, today=request.today)
    words = dict(STATES)
    if form := request.GET.get("export"):
        rows = [_flat(row, str(words[row.state.value])) for row in listed.rows]
        return exports.sheet(form, name=gettext("promises"), columns=COLUMNS, rows=rows)
    listing = Listing.of(request.GET, columns=(), sort="day")
    after = listing.after[0] if listing.after and isinstance(listing.after[0], int) else 0
    shown = listed.rows[after : after + PAGE_ROWS]
    more = len(listed.rows) > after + len(shown)
    context: dict[str, Any] = {
        "rows": [(row, words[row.state.value], *CHIPS[row.state.value]) for row in shown],
        "next_address": listing.next_address(after + len(shown)) if more else "",
        "may_change": can(request.scope, "record_promise"),
        "list_address": request.get_full_path(),
    }
    if is_partial(request):
        return render(request, "desk/promises/list.html#rows", context)
    counts = {"": sum(count for key, count in listed.counts.items() if key != "withdrawn"), **listed.counts}
    context |= {
        "listing": listing,
        "wanted": wanted,
        "is_mine": request.GET.get("who") == "mine",
        "states": [(key, label, counts[key]) for key, label in STATES],
        "sources": PromiseSource.choices,
        "rate": listed.rate,
        "money_percent": 100 * listed.rate.in_time_minor // listed.rate.promised_minor
        if listed.rate.promised_minor
        else None,
    }
    return render(request, "desk/promises/list.html", context)


def _flat(row: queries.PromiseRow, state: str) -> dict[str, Any]:
    promise = row.promise
    return {
        "number": promise.customer.number,
        "name": promise.customer.name,
        "promised_date": promise.promised_date,
        "amount_minor": promise.amount_minor,
        "received_minor": row.received_minor,
        "currency": promise.currency,
        "state": state,
        "source": promise.get_source_display(),
        "author": promise.author_name,
        "made_date": promise.made_date,
        "note": promise.note,
    }


def _promise(request: DeskRequest, promise_id: int) -> Promise:
    found = queries.promise(promise_id, scope=request.scope)
    if found is None:
        raise Http404
    return found


@screen("record_promise")
@require_POST
def promise_change(request: DeskRequest, promise_id: int) -> HttpResponse:
    """Another amount or day: the old promise is withdrawn and stays readable."""
    found = _promise(request, promise_id)
    try:
        day = parse_date(request.POST.get("day", ""))
    except ValueError:
        day = None
    if day is None:
        raise DayMissing()
    style = ENGLISH if (get_language() or "").startswith("en") else FRENCH
    amount = Money.parse(request.POST.get("amount", ""), found.currency, style=style)
    collections.change_promise(
        organisation_id=request.organisation_id,
        promise_id=found.pk,
        amount_minor=amount.minor,
        promised_date=day,
        why=request.POST.get("why", "").strip(),
        today=request.today,
        by=request.actor,
    )
    told(request, gettext("The promise of {name} is changed.").format(name=found.customer.name))
    return back(request, reverse("desk:promises"))


@screen("record_promise")
@require_POST
def promise_withdraw(request: DeskRequest, promise_id: int) -> HttpResponse:
    found = _promise(request, promise_id)
    collections.withdraw_promise(
        organisation_id=request.organisation_id,
        promise_id=found.pk,
        why=request.POST.get("why", "").strip(),
        today=request.today,
        by=request.actor,
    )
    told(request, gettext("The promise of {name} is withdrawn: reminders go on.").format(name=found.customer.name))
    return back(request, reverse("desk:promises"))


urlpatterns = [
    path("promises", promise_list, name="promises"),
    path("promises/<int:promise_id>/change", promise_change, name="promise_change"),
    path("promises/<int:promise_id>/withdraw", promise_withdraw, name="promise_withdraw"),
]
