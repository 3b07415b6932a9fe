"""The aged balance: any day, as known at any instant, and the instalments behind each of its cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from encours.access import queries as access
from encours.analytics.queries import ageing as analytics
from encours.analytics.queries.ageing import AgedBalance, By, Line
from encours.analytics.rules import definitions
from encours.analytics.rules.ageing import DETAILED, STANDARD, Basis, Bucket, Scheme
from encours.entrypoints import exports, formats
from encours.entrypoints.desk import standing
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.listing import PAGE_ROWS, Column, Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import is_partial
from encours.ledger.queries import UNASSIGNED, AsOf, Selection

LINES_SHOWN = 100
ZONE = ZoneInfo("Europe/Paris")
BY = {
    By.CUSTOMER: _("Customer"),
    By.COLLECTOR: _("Collector"),
    By.SEGMENT: _("Segment"),
    By.ENTITY: _("Company"),
    By.COUNTRY: _("Country"),
}
BASIS = {Basis.DUE: _("By due date"), Basis.ISSUE: _("By issue date")}
SCHEMES = {"standard": (STANDARD, _("Up to 90 days")), "detailed": (DETAILED, _("Up to 365 days"))}
SHADES = (0, 1, 2, 3, 4, 4, 4, 4)
_KEY_FIELDS = {By.CUSTOMER: "customer_id", By.COLLECTOR: "collector_id", By.SEGMENT: "segment_id"}
ROW_COLUMNS = (
    Column("customer", _("Customer"), is_sortable=False, value="customer_name"),
    Column("number", _("Document"), is_sortable=False, value="document_number"),
    Column("issued", _("Issued"), "date", is_sortable=False, is_wide=True, value="item_date"),
    Column("due", _("Due"), "date", is_sortable=False, value="due_date"),
    Column("late", _("Late"), "days", is_sortable=False, value="days_late"),
    Column("amount", _("Amount"), "money", is_sortable=False, is_wide=True, value="amount_minor"),
    Column("open", _("Still open"), "money", is_sortable=False, value="open_minor"),
)
ROWS_EXPORTED = (
    Column("customer_number", _("Customer number")),
    *ROW_COLUMNS,
    Column("currency", _("Currency")),
    Column("company", _("Company"), value="entity_code"),
)


@dataclass(frozen=True)
class Question:
    """What the address asks of the balance."""

    as_of: date
    known_at: datetime | None
    by: By
    basis: Basis
    columns: str
    entity_id: int | None

    @classmethod
    def of(cls, request: DeskRequest) -> "Question":
        """Read the address; what it does not say is today, all that is known, by customer and due date."""
        asked = request.GET
        entity = asked.get("entity", "")
        return cls(
            as_of=_day(asked.get("as_of", "")) or request.today,
            known_at=_instant(asked.get("known_at", "")),
            by=By(asked["by"]) if asked.get("by") in set(By) else By.CUSTOMER,
            basis=Basis(asked["basis"]) if asked.get("basis") in set(Basis) else Basis.DUE,
            columns=asked.get("columns", "") if asked.get("columns") in SCHEMES else "standard",
            entity_id=int(entity) if entity.isdecimal() and len(entity) < 18 else None,
        )

    @property
    def scheme(self) -> Scheme:
        """The columns asked for."""
        return replace(SCHEMES[self.columns][0], basis=self.basis)

    @property
    def moment(self) -> AsOf:
        """The day and the state of knowledge."""
        return AsOf(self.as_of, self.known_at)

    @property
    def by_label(self) -> str:
        """What the lines are."""
        return str(BY[self.by])

    @property
    def known_at_field(self) -> str:
        """The instant as its form field wants it."""
        return f"{self.known_at.astimezone(ZONE):%Y-%m-%dT%H:%M}" if self.known_at else ""

    def address(self, **more: Any) -> str:
        """The same question as an address query, with more to it."""
        said = {
            "as_of": self.as_of.isoformat(),
            "known_at": self.known_at_field,
            "by": self.by.value,
            "basis": self.basis.value,
            "columns": self.columns,
            "entity": self.entity_id or "",
            **more,
        }
        return urlencode({key: value for key, value in said.items() if value not in ("", None)})


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=ZONE) if found and found.tzinfo is None else found


def bucket_label(bucket: Bucket) -> str:
    """The head of a column: "Not due", "1 to 30 d", "Over 90 d"."""
    if bucket.first_days is None and (bucket.last_days or 0) == 0:
        return gettext("Not due")
    if bucket.last_days is None:
        return gettext("Over {days} d").format(days=(bucket.first_days or 1) - 1)
    return gettext("{first} to {last} d").format(first=max(bucket.first_days or 0, 0), last=bucket.last_days)


def conventions() -> list[str]:
    """The sentences every screen of figures prints."""
    return [gettext(sentence) for sentence in definitions.CONVENTIONS]


@dataclass(frozen=True)
class Kept:
    """The part of a balance that a page shows: the largest lines and the totals."""

    lines: Sequence[Line]
    totals: Mapping[str, tuple[int, ...]]
    line_count: int


def _asked(request: DeskRequest, question: Question) -> AgedBalance:
    selection = Selection.of(request.scope, entity_id=question.entity_id)
    return analytics.ageing(selection, question.moment, scheme=question.scheme, by=question.by)


def _kept(request: DeskRequest, question: Question) -> Kept:
    def reckoned() -> Kept:
        balance = _asked(request, question)
        return Kept(balance.lines[:LINES_SHOWN], balance.totals, len(balance.lines))

    return standing.of_books(request, ("ageing", question), reckoned)


@screen("view_books")
def ageing(request: DeskRequest) -> HttpResponseBase:
    question = Question.of(request)
    buckets = question.scheme.buckets
    listing = Listing.of(request.GET, columns=_columns(question), sort="-total")
    if form := request.GET.get("export"):
        rows = (_exported(line, question) for line in _asked(request, question).lines)
        return exports.sheet(form, name=gettext("aged-balance"), columns=listing.columns, rows=rows)
    kept = _kept(request, question)
    context = {
        "question": question,
        "listing": listing,
        "columns": [
            {"label": bucket_label(bucket), "shade": shade} for bucket, shade in zip(buckets, SHADES, strict=False)
        ],
        # laid out when the page is written for these values, and not where it is at hand
        "shown": (question, kept),
        "balances": lambda: [_shown(kept, currency, question) for currency in kept.totals],
        "hidden_count": kept.line_count - len(kept.lines),
        "choices": {
            "by": [(one.value, label) for one, label in BY.items()],
            "basis": [(one.value, label) for one, label in BASIS.items()],
            "columns": [(code, label) for code, (_scheme, label) in SCHEMES.items()],
            "entities": standing.of(request.scope, today=request.today).entities,
        },
        "conventions": conventions(),
        "saved_views": access.saved_views(request.scope, screen="ageing"),
    }
    return render(request, "desk/analytics/ageing.html", context)


def _columns(question: Question) -> list[Column]:
    heads = [Column(bucket.code, bucket_label(bucket), "money") for bucket in question.scheme.buckets]
    return [
        Column("number", gettext("Number")),
        Column("name", question.by_label),
        *heads,
        Column("unapplied", gettext("To apply"), "money"),
        Column("total", gettext("Balance"), "money"),
        Column("currency", gettext("Currency")),
    ]


def _exported(line: Line, question: Question) -> dict[str, Any]:
    codes = [*(bucket.code for bucket in question.scheme.buckets), analytics.UNAPPLIED, analytics.TOTAL]
    amounts = dict(zip(codes, line.columns_minor, strict=True))
    return {"number": line.number, "name": _name(line), "currency": line.currency, **amounts}


def _name(line: Line) -> str:
    return line.name or gettext("None assigned")


def _shown(kept: Kept, currency: str, question: Question) -> dict[str, Any]:
    totals = kept.totals[currency]
    return {
        "currency": currency,
        "rows": [_row(line, question) for line in kept.lines if line.currency == currency],
        "totals": _cells(totals, question, currency=currency, whole=totals[-1]),
        "total_minor": totals[-1],
        "total_url": _items_url(question, analytics.TOTAL, currency=currency),
    }


def _row(line: Line, question: Question) -> dict[str, Any]:
    key: dict[str, Any] = {"key": UNASSIGNED if line.key is None else line.key}
    return {
        "label": _name(line),
        "note": line.number,
        "url": reverse("desk:customer", args=[line.number]) if question.by is By.CUSTOMER else "",
        "cells": _cells(line.columns_minor, question, currency=line.currency, **key),
        "total_minor": line.total_minor,
        "total_url": _items_url(question, analytics.TOTAL, currency=line.currency, **key),
    }


def _cells(
    amounts: Sequence[int], question: Question, *, currency: str, whole: int = 0, **key: Any
) -> list[dict[str, Any]]:
    codes = [*(bucket.code for bucket in question.scheme.buckets), analytics.UNAPPLIED]
    return [
        {
            "amount_minor": amount,
            "url": _items_url(question, code, currency=currency, **key),
            "share": amount / whole if whole > 0 else None,
        }
        for code, amount in zip(codes, amounts, strict=False)
    ]


def _items_url(question: Question, column: str, **more: Any) -> str:
    return f"{reverse('desk:ageing_items')}?{question.address(column=column, **more)}"


@screen("view_books")
def ageing_items(request: DeskRequest) -> HttpResponseBase:
    question = Question.of(request)
    column = _column_code(request.GET.get("column", ""), question)
    selection = _narrowed(request, question)
    listing = Listing.of(request.GET, columns=ROW_COLUMNS, sort="due")
    find: dict[str, Any] = {"scheme": question.scheme, "column": column}
    if form := request.GET.get("export"):
        rows = analytics.open_rows(selection, question.moment, **find)
        return exports.sheet(form, name=gettext("aged-items"), columns=ROWS_EXPORTED, rows=rows)
    after = listing.after if listing.after and len(listing.after) == 2 else None
    found = list(
        analytics.open_rows(
            selection, question.moment, **find, after=(after[0], after[1]) if after else None, limit=PAGE_ROWS + 1
        )
    )
    shown = found[:PAGE_ROWS]
    context = {
        "listing": listing,
        "rows": shown,
        "next_address": listing.next_address(*shown[-1].place) if len(found) > PAGE_ROWS else "",
    }
    if is_partial(request):
        return render(request, "desk/analytics/items.html#rows", context)
    return render(
        request,
        "desk/analytics/items.html",
        {
            **context,
            "heading": _heading(column, question),
            "explanation": _explanation(question),
            "back_url": f"{reverse('desk:ageing')}?{question.address()}",
        },
    )


def _column_code(asked: str, question: Question) -> str:
    known = {bucket.code for bucket in question.scheme.buckets}
    return asked if asked in known | {analytics.UNAPPLIED, analytics.TOTAL, "overdue", "owed"} else analytics.TOTAL


def _narrowed(request: DeskRequest, question: Question) -> Selection:
    """The lines' own key narrows the selection: one customer, collector, segment, company or country."""
    key, currency = request.GET.get("key", ""), request.GET.get("currency", "")[:3] or None
    asked: dict[str, Any] = {"entity_id": question.entity_id, "currency": currency}
    if key:
        if question.by is By.COUNTRY:
            asked["country"] = "" if key == str(UNASSIGNED) else key[:2]
        elif key.isdecimal() and len(key) < 18:
            asked["entity_id" if question.by is By.ENTITY else _KEY_FIELDS[question.by]] = int(key)
    return Selection.of(request.scope, **asked)


def _heading(column: str, question: Question) -> str:
    names = {bucket.code: bucket_label(bucket) for bucket in question.scheme.buckets}
    names |= {
        analytics.UNAPPLIED: gettext("To apply"),
        analytics.TOTAL: gettext("Balance"),
        "overdue": gettext("Overdue"),
        "owed": gettext("Owed"),
    }
    return f"{gettext('Aged balance')}, {names[column]}"


def _explanation(question: Question) -> str:
    language = formats.known_language(get_language())
    day = formats.day_full(question.as_of, language=language)
    return gettext("Open instalments as of {day}, by due date; their sum is the figure.").format(day=day)


urlpatterns = [
    path("ageing", ageing, name="ageing"),
    path("ageing/items", ageing_items, name="ageing_items"),
]
