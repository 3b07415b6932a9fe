"""The dashboard and the indicators month by month, each figure an address that opens to its rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from numbers import Real
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from encours.analytics.queries import facts, rows, standings
from encours.analytics.rules.ageing import STANDARD
from encours.analytics.rules.definitions import BY_CODE, DEFINITIONS
from encours.analytics.rules.periods import months_to
from encours.entrypoints import exports, formats
from encours.entrypoints.desk import charts, figures, reckoning, standing
from encours.entrypoints.desk.ageing import SHADES, bucket_label, conventions
from encours.entrypoints.desk.figures import Asked, Report
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.listing import PAGE_ROWS, Column, Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import is_partial
from encours.ledger.queries import AsOf, Selection

DEBTORS_SHOWN = 7
# a drop of these is good news
TILES = ("dso_simple", "bpdso_simple", "add_simple", "overdue", "cei", "on_time_amount_share")


@dataclass(frozen=True)
class Tile:
    """One large figure."""

    label: str
    definition: str
    value: str
    note: str
    tone: str
    url: str
    unit: str = field(default="")


def _language() -> str:
    return formats.known_language(get_language())


def _carried(asked: Asked, **more: Any) -> str:
    said = {"as_of": asked.as_of.isoformat(), "entity": asked.entity_id or "", "gross": "1" if asked.is_gross else ""}
    return "?" + urlencode({key: value for key, value in {**said, **more}.items() if value})


def _currency(request: DeskRequest, report: Report) -> str:
    wanted = request.GET.get("currency", "")
    return wanted if wanted in report.figures else next(iter(report.currencies), "EUR")


@screen("view_kpis")
def dashboard(request: DeskRequest) -> HttpResponseBase:
    asked = Asked.of(request)
    found = reckoning.whole_book(request, ("report", asked), lambda: figures.report(request, asked))
    if found is None:
        return reckoning.wait(request)
    (report,) = found
    currency = _currency(request, report)
    context: dict[str, Any] = {
        "question": asked,
        "currency": currency,
        "currencies": report.currencies,
        "entities": standing.of(request.scope, today=request.today).entities,
        "reckoned_at": report.made_at or request.now,
        "has_books": currency in report.figures,
        "conventions": conventions(),
        "carried": _carried(asked),
        "export_address": f"{reverse('desk:kpis')}{_carried(asked, export='xlsx', currency=currency)}",
    }
    if context["has_books"]:
        context |= _cards(request, asked, report, currency)
    return render(request, "desk/analytics/dashboard.html", context)


def _cards(request: DeskRequest, asked: Asked, report: Report, currency: str) -> dict[str, Any]:
    standing.books_version(request)
    find: dict[str, Any] = {"scope": request.scope, "today": request.today, "currency": currency}
    months = [formats.month(day, language=_language()) for day in report.days]
    return {
        "tiles": [_tile(code, asked, report, currency) for code in TILES],
        "dso_chart": _dso_chart(report, currency, months),
        "dso_label": gettext("DSO and best possible DSO over thirteen months, in days"),
        "ageing": _ageing(asked, report, currency),
        "ageing_chart": _ageing_chart(asked, report, currency, months),
        "ageing_label": gettext("Aged balance at thirteen month ends, in thousands"),
        "punctuality": _punctuality(asked, report, currency, months),
        "collectors": _collectors(standings.overdue_by_collector(**find, entity_id=asked.entity_id)),
        "debtors": standings.standings(**find, entity_id=asked.entity_id, only="overdue", limit=DEBTORS_SHOWN),
    }


def _tile(code: str, asked: Asked, report: Report, currency: str) -> Tile:
    value = report.latest(currency, code)
    note, tone = _note(code, report, currency)
    text, unit = value.text(currency), ""
    if value.unit == "days" and value.value is not None:
        text, unit = text.rsplit(formats.NO_BREAK_SPACE, 1)[0], gettext("days")
    return Tile(
        label=str(_SHORT.get(code) or gettext(figures.definition(code).name)),
        definition=figures.meaning(code),
        value=text,
        unit=unit,
        note=note,
        tone=tone,
        url=_behind(code, report.days[-1], asked, currency),
    )


_SHORT = {
    "dso_simple": _("DSO"),
    "bpdso_simple": _("Best possible DSO"),
    "add_simple": _("Delay"),
    "overdue": _("Overdue"),
    "cei": _("Effectiveness (CEI)"),
    "on_time_amount_share": _("Paid on time"),
}


def _note(code: str, report: Report, currency: str) -> tuple[str, str]:
    if code == "overdue":
        share = report.latest(currency, "overdue_share").text(currency)
        return gettext("{share} of the outstanding").format(share=share), ""
    if code == "bpdso_simple":
        return gettext("if all was paid when due"), ""
    change = report.change(currency, code)
    if change is None:
        return gettext("no figure a year ago"), ""
    unit = figures.definition(code).unit
    language = _language()
    size = formats.number(abs(change), language=language, decimals=1)
    words = gettext("{sign} {size} pts in a year") if unit == "percent" else gettext("{sign} {size} d in a year")
    is_better = (change < 0) == (figures.definition(code).better == "lower")
    tone = "" if round(abs(change), 1) == 0 else "en-good" if is_better else "en-watch"
    return words.format(sign=formats.MINUS if change < 0 else "+", size=size), tone


def _behind(code: str, day: date, asked: Asked, currency: str) -> str:
    """Where the rows of a figure are."""
    return f"{reverse('desk:kpi_rows', args=[code])}{_carried(asked, as_of=day.isoformat(), currency=currency)}"


def _numbers(report: Report, currency: str, code: str) -> list[Any]:
    values = [value.value for value in report.figures[currency].get(code, ())]
    return [round(value, 1) if isinstance(value, Real) else None for value in values]


def _dso_chart(report: Report, currency: str, months: Sequence[str]) -> dict[str, Any]:
    return charts.lines(
        months,
        strong=("DSO", _numbers(report, currency, "dso_simple")),
        faint=(gettext("Best possible DSO"), _numbers(report, currency, "bpdso_simple")),
    )


def _ageing(asked: Asked, report: Report, currency: str) -> dict[str, Any]:
    totals = report.aged.get(currency, [[0] * (len(STANDARD.buckets) + 2)])[-1]
    owed = sum(totals[: len(STANDARD.buckets)]) or 1
    address = reverse("desk:ageing_items")
    return {
        "total_minor": totals[-1],
        "unapplied_minor": totals[-2],
        "buckets": [
            {
                "label": bucket_label(bucket),
                "shade": shade,
                "amount_minor": amount,
                "share": amount / owed,
                "url": f"{address}{_carried(asked, column=bucket.code, currency=currency)}",
            }
            for bucket, shade, amount in zip(STANDARD.buckets, SHADES, totals, strict=False)
        ],
    }


def _ageing_chart(asked: Asked, report: Report, currency: str, months: Sequence[str]) -> dict[str, Any]:
    by_month = report.aged.get(currency, [])
    layers = [
        (bucket_label(bucket), f"age-{shade}", [round(month[index] / 100_000, 1) for month in by_month])
        for index, (bucket, shade) in enumerate(zip(STANDARD.buckets, SHADES, strict=False))
    ]
    links = [f"{reverse('desk:ageing')}{_carried(asked, as_of=day.isoformat())}" for day in report.days]
    return charts.stacked(months, layers=layers, unit="k", links=links)


def _punctuality(asked: Asked, report: Report, currency: str, months: Sequence[str]) -> dict[str, Any]:
    code = "on_time_amount_share"
    return {
        "label": gettext("Paid on time"),
        "definition": figures.meaning(code),
        "chart": charts.shares(months, bars=(gettext("Paid on time"), _numbers(report, currency, code))),
        "url": f"{reverse('desk:kpis')}{_carried(asked, currency=currency)}",
    }


def _collectors(groups: Sequence[standings.GroupStanding]) -> list[dict[str, Any]]:
    largest = max((group.overdue_minor for group in groups), default=0) or 1
    return [
        {
            "label": group.name or gettext("None assigned"),
            "url": f"{reverse('desk:customers')}?only=overdue&collector={group.key or 0}",
            "customer_count": group.customer_count,
            "overdue_minor": group.overdue_minor,
            "width": round(100 * group.overdue_minor / largest),
        }
        for group in groups
    ]


@screen("view_kpis")
def kpis(request: DeskRequest) -> HttpResponseBase:
    asked = Asked.of(request)
    found = reckoning.whole_book(request, ("report", asked), lambda: figures.report(request, asked))
    if found is None:
        return reckoning.wait(request)
    (report,) = found
    currency = _currency(request, report)
    columns = [
        Column("name", gettext("Indicator")),
        *(Column(f"m{index}", _month_head(day)) for index, day in _newest_first(report.days)),
        Column("formula", gettext("Formula")),
    ]
    listing = Listing.of(request.GET, columns=columns, sort="name")
    if form := request.GET.get("export"):
        lines = [_exported(one.code, report, currency) for one in DEFINITIONS if currency in report.figures]
        return exports.sheet(form, name=gettext("indicators"), columns=columns, rows=lines)
    context = {
        "question": asked,
        "listing": listing,
        "currency": currency,
        "months": [_month_head(day) for _index, day in _newest_first(report.days)],
        "rows": [_row(one.code, asked, report, currency) for one in DEFINITIONS if currency in report.figures],
        "entities": standing.of(request.scope, today=request.today).entities,
        "conventions": conventions(),
    }
    return render(request, "desk/analytics/kpis.html", context)


def _newest_first(days: Sequence[date]) -> list[tuple[int, date]]:
    """The day itself stands beside the names, where eyes begin."""
    return list(enumerate(days))[::-1]


def _month_head(day: date) -> str:
    return f"{formats.month(day, language=_language())} {day:%y}"


def _row(code: str, asked: Asked, report: Report, currency: str) -> dict[str, Any]:
    one = figures.definition(code)
    values = report.figures[currency].get(code, [])
    return {
        "name": _name(code),
        "formula": gettext(one.formula),
        "convention": gettext(one.convention) if one.convention else "",
        "cells": [
            {
                "text": value.text(currency),
                "url": _behind(code, day, asked, currency),
            }
            for day, value in list(zip(report.days, values, strict=False))[::-1]
        ],
    }


def _name(code: str) -> str:
    """“Sales” alone would be read as the people who sell."""
    return gettext("Credit sales incl. VAT") if code == "sales" else gettext(figures.definition(code).name)


def _exported(code: str, report: Report, currency: str) -> dict[str, Any]:
    one = figures.definition(code)
    row: dict[str, Any] = {"name": _name(code), "formula": gettext(one.formula)}
    for index, value in enumerate(report.figures[currency].get(code, [])):
        row[f"m{index}"] = value.text(currency) if value.unit in ("money", "grade") else value.value
    return row


ROW_COLUMNS = (
    Column("customer", _("Customer"), is_sortable=False, value="customer_name"),
    Column("number", _("Document"), is_sortable=False, value="document_number"),
    Column("issued", _("Issued"), "date", is_sortable=False, is_wide=True, value="item_date"),
    Column("due", _("Due"), "date", is_sortable=False, value="due_date"),
    Column("paid", _("Paid"), "date", is_sortable=False, is_wide=True, value="paid_date"),
    Column("days", _("Days"), "days", is_sortable=False),
    Column("amount", _("Amount"), "money", is_sortable=False, value="amount_minor"),
)
ROWS_EXPORTED = (
    Column("customer_number", _("Customer number")),
    *ROW_COLUMNS,
    Column("currency", _("Currency")),
    Column("state", _("State")),
)
STATES = {"on_time": _("on time"), "late": _("late"), "pending": _("pending")}


@screen("view_kpis")
def kpi_rows(request: DeskRequest, code: str) -> HttpResponseBase:
    if code not in BY_CODE:
        raise Http404
    asked = Asked.of(request)
    one = BY_CODE[code]
    currency = request.GET.get("currency", "")[:3] or None
    selection = Selection.of(request.scope, entity_id=asked.entity_id, currency=currency)
    period = months_to(asked.as_of, months=asked.conventions.period_months)
    question = facts.Asked(selection, AsOf(asked.as_of, asked.known_at))
    listing = Listing.of(request.GET, columns=ROW_COLUMNS, sort="due")
    if form := request.GET.get("export"):
        whole = rows.rows_behind(code, question, period=period)
        return exports.sheet(form, name=code, columns=ROWS_EXPORTED, rows=whole)
    after = (listing.after[0], listing.after[1]) if listing.after and len(listing.after) == 2 else None
    found = list(rows.rows_behind(code, question, period=period, page=rows.Page(after=after, limit=PAGE_ROWS + 1)))
    shown = found[:PAGE_ROWS]
    last = shown[-1] if len(found) > PAGE_ROWS else None
    context = {
        "listing": listing,
        "rows": [(row, STATES.get(row.state, "")) for row in shown],
        "next_address": listing.next_address(last.place, last.place_id) if last else "",
    }
    if is_partial(request):
        return render(request, "desk/analytics/behind.html#rows", context)
    page = {
        **context,
        "heading": _name(code),
        "explanation": figures.meaning(code),
        "question": asked,
        "period": period if one.rows not in ("items", "customers") else None,
        "back_url": f"{reverse('desk:kpis')}{_carried(asked)}",
    }
    return render(request, "desk/analytics/behind.html", page)


urlpatterns = [
    path("dashboard", dashboard, name="dashboard"),
    path("kpis", kpis, name="kpis"),
    path("kpis/<slug:code>", kpi_rows, name="kpi_rows"),
]
