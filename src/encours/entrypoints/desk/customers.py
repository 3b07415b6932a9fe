"""The list of customers with what their accounts come to."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from encours.access import queries as access
from encours.access.rules import can
from encours.analytics.queries import standings as analytics
from encours.analytics.queries.standings import StandingRow, StandingTotal
from encours.customers import queries as customers
from encours.entrypoints import exports
from encours.entrypoints.desk import standing
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.listing import PAGE_ROWS, Column, Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import is_partial

COLUMNS = (
    Column("name", _("Customer")),
    Column("collector", _("Collector"), is_sortable=False, is_wide=True, value="collector_name"),
    Column("outstanding", _("Outstanding"), "money", value="outstanding_minor"),
    Column("overdue", _("Overdue"), "money", value="overdue_minor"),
    Column("unapplied", _("To apply"), "money", is_wide=True, value="unapplied_minor"),
    Column("days_late", _("Oldest"), "days"),
    Column("average_delay", _("Average delay"), "days", is_wide=True, value="average_delay_days"),
)
EXPORTED = (
    Column("number", _("Number")),
    *COLUMNS,
    Column("segment", _("Segment"), value="segment_name"),
    Column("country", _("Country")),
    Column("currency", _("Currency")),
)
PLACES = {
    "name": "name",
    "outstanding": "outstanding_minor",
    "overdue": "overdue_minor",
    "unapplied": "unapplied_minor",
    "days_late": "days_late",
    "average_delay": "average_delay_days",
}


@screen("view_books")
def customer_list(request: DeskRequest) -> HttpResponseBase:
    # the standings are a cache: a page that reads them first lets them catch up with the books
    standing.books_version(request)
    listing = Listing.of(request.GET, columns=COLUMNS, sort="-overdue")
    filters = _filters(request)
    wanted: dict[str, Any] = {**filters, "scope": request.scope, "today": request.today}
    order: dict[str, Any] = {"sort": listing.sort, "is_descending": listing.is_descending}
    if form := request.GET.get("export"):
        whole = analytics.standings(**wanted, **order, limit=None)
        return exports.sheet(form, name=gettext("customers"), columns=EXPORTED, rows=whole)
    after = (listing.after[0], listing.after[1]) if listing.after and len(listing.after) == 2 else None
    rows = analytics.standings(**wanted, **order, after=after, limit=PAGE_ROWS + 1)
    shown = rows[:PAGE_ROWS]
    context: dict[str, Any] = {
        "listing": listing,
        "rows": shown,
        "next_address": listing.next_address(*_place(shown[-1], listing.sort)) if len(rows) > PAGE_ROWS else "",
    }
    if is_partial(request):
        return render(request, "desk/customers/list.html#rows", context)
    totals = _totals(request, filters, wanted)
    page = {
        **context,
        "filters": filters,
        "totals": totals,
        "customer_count": sum(total.customer_count for total in totals),
        "collectors": access.members(request.organisation_id),
        "segments": customers.segments(request.organisation_id),
        "may_note": can(request.scope, "add_note"),
        "may_assign": can(request.scope, "edit_scenario"),
        "saved_views": access.saved_views(request.scope, screen="customers"),
    }
    return render(request, "desk/customers/list.html", page)


def _totals(request: DeskRequest, filters: dict[str, Any], wanted: dict[str, Any]) -> Sequence[StandingTotal]:
    """The sums of the list, kept while the books stand; who is over a limit changes with the limits too."""
    if filters["only"] == "over_limit":
        return analytics.standings_total(**wanted)
    return standing.of_books(
        request, ("standings_total", *filters.values()), lambda: analytics.standings_total(**wanted)
    )


def _filters(request: DeskRequest) -> dict[str, Any]:
    only = request.GET.get("only", "")
    return {
        "text": request.GET.get("q", "").strip(),
        "collector_id": _number(request.GET.get("collector", "")),
        "segment_id": _number(request.GET.get("segment", "")),
        "only": only if only in analytics.ONLY else "",
    }


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None


def _place(row: StandingRow, sort: str) -> tuple[Any, int]:
    value = getattr(row, PLACES[sort])
    return (-100_000 if value is None else value), row.customer_id


urlpatterns = [path("customers", customer_list, name="customers")]
