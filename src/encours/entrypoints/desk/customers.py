"""The list of customers with what their accounts come to."""

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from encours.access import queries as access
from encours.customers import queries as customers
from encours.entrypoints import exports
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.listing import PAGE_ROWS, Column, Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import is_partial

COLUMNS = (
    Column("name", _("Customer")),
    Column("collector", _("Collector"), is_sortable=False, is_wide=True, value="collector_name"),
    Column("outstanding", _("Outstanding"), "money", value="outstanding_minor"),
    Column("overdue", _("Overdue"), "money", value="overdue_minor"),
    Column("unapplied", _("To apply"), "money", is_sortable=False, is_wide=True, value="unapplied_minor"),
    Column("days_late", _("Oldest"), "days"),
)
EXPORTED = (Column("number", _("Number")), *COLUMNS, Column("currency", _("Currency")))


@screen("view_books")
def customer_list(request: DeskRequest) -> HttpResponseBase:
    from encours.analytics import queries as analytics

    listing = Listing.of(request.GET, columns=COLUMNS, sort="-overdue")
    filters = _filters(request)
    wanted = {**filters, "scope": request.scope, "today": request.today}
    order = {"sort": listing.sort, "is_descending": listing.is_descending}
    if form := request.GET.get("export"):
        rows = analytics.standings(**wanted, **order, after=None, limit=exports.ROWS_MAX)
        return exports.sheet(form, name=gettext("customers"), columns=EXPORTED, rows=rows)
    rows = analytics.standings(**wanted, **order, after=listing.after, limit=PAGE_ROWS + 1)
    shown, last = rows[:PAGE_ROWS], rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    context: dict[str, Any] = {
        "listing": listing,
        "rows": shown,
        "next_address": listing.next_address(*last.place(listing.sort)) if last else "",
    }
    if is_partial(request):
        return render(request, "desk/customers/list.html#rows", context)
    return render(
        request,
        "desk/customers/list.html",
        {
            **context,
            "filters": filters,
            "totals": analytics.standings_total(**wanted),
            "collectors": access.members(request.organisation_id),
            "segments": customers.segments(request.organisation_id),
        },
    )


def _filters(request: DeskRequest) -> dict[str, Any]:
    return {
        "text": request.GET.get("q", "").strip(),
        "collector_id": _number(request.GET.get("collector", "")),
        "segment_id": _number(request.GET.get("segment", "")),
        "only": request.GET.get("only", ""),
    }


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None


urlpatterns = [path("customers", customer_list, name="customers")]
