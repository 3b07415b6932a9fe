"""Cash in figures: by day and account, the share applied alone and its precision, what lies unused."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from encours.entrypoints import exports
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.listing import Column
from encours.entrypoints.requests import DeskRequest
from encours.matching.queries import figures, workbench
from encours.matching.queries.figures import CashDay, MonthOfCash

SPANS = (7, 30, 90)
DAY_COLUMNS = (
    Column("day", gettext_lazy("Day"), "date"),
    Column("account_name", gettext_lazy("Account")),
    Column("currency", gettext_lazy("Currency")),
    Column("lines", gettext_lazy("Lines"), "number"),
    Column("applied_alone", gettext_lazy("Applied alone"), "number"),
    Column("confirmed", gettext_lazy("Confirmed"), "number"),
    Column("on_account", gettext_lazy("On account"), "number"),
    Column("booked", gettext_lazy("Booked elsewhere"), "number"),
    Column("ignored", gettext_lazy("Left out"), "number"),
    Column("waiting", gettext_lazy("Waiting"), "number"),
    Column("received_minor", pgettext_lazy("amount", "Received"), "money"),
    Column("waiting_minor", gettext_lazy("Amount waiting"), "money"),
)
UNAPPLIED_COLUMNS = (
    Column("customer_number", gettext_lazy("Number")),
    Column("customer_name", gettext_lazy("Customer")),
    Column("kind", gettext_lazy("Kind")),
    Column("number", gettext_lazy("Document")),
    Column("item_date", gettext_lazy("Day"), "date"),
    Column("age_days", gettext_lazy("Age in days"), "number"),
    Column("open_minor", gettext_lazy("To apply"), "money"),
    Column("currency", gettext_lazy("Currency")),
    Column("owner_name", gettext_lazy("Followed by")),
)


@screen("view_books")
def days(request: DeskRequest) -> HttpResponseBase:
    asked = request.GET.get("days", "30")
    span = int(asked) if asked in {str(one) for one in SPANS} else 30
    account = request.GET.get("account", "")
    account_id = int(account) if account.isdecimal() and len(account) < 18 else None
    rows = figures.cash_days(
        request.scope, first=request.today - timedelta(days=span - 1), last=request.today, account_id=account_id
    )
    if form := request.GET.get("export"):
        return exports.sheet(form, name=gettext("cash"), columns=DAY_COLUMNS, rows=[asdict(row) for row in rows])
    months = figures.cash_months(request.scope, today=request.today)
    context = {
        "rows": [{**asdict(row), "elsewhere": row.booked + row.ignored} for row in rows],
        "span": span,
        "spans": SPANS,
        "account_id": account_id,
        "accounts": {row.account_id: row.account_name for row in rows},
        "totals": _totals(rows),
        "months": [_month(month) for month in reversed(months)],
        "waiting": figures.waiting_money(request.scope, today=request.today),
        "oldest": _oldest(request),
    }
    return render(request, "desk/cash/days.html", context)


def _totals(rows: Sequence[CashDay]) -> dict[str, Any]:
    names = ("lines", "applied_alone", "confirmed", "on_account", "booked", "ignored", "waiting")
    received: dict[str, list[int]] = {}
    for row in rows:
        sums = received.setdefault(row.currency, [0, 0])
        sums[0] += row.received_minor
        sums[1] += row.waiting_minor
    sums_of = {name: sum(getattr(row, name) for row in rows) for name in names}
    return {**sums_of, "elsewhere": sums_of["booked"] + sums_of["ignored"], "amounts": received}


def _month(month: MonthOfCash) -> dict[str, Any]:
    rate, precision = month.rate_permyriad, month.precision_permyriad
    return {
        "month": month,
        "rate": None if rate is None else rate / 10_000,
        "width": 0 if rate is None else min(100, round(rate / 100)),
        "precision": None if precision is None else precision / 10_000,
    }


def _oldest(request: DeskRequest) -> Any:
    counts = [one for one in workbench.queue_counts(request.scope) if one.oldest_date is not None]
    return min(counts, key=lambda one: one.oldest_date, default=None)  # type: ignore[arg-type, return-value]  # a day: the others are left out


@screen("view_books")
def unapplied(request: DeskRequest) -> HttpResponseBase:
    kinds = ("receipt",) if request.GET.get("kind") == "receipt" else ("receipt", "credit_note")
    rows = figures.unapplied_cash(request.scope, today=request.today, kinds=kinds)
    if form := request.GET.get("export"):
        return exports.sheet(
            form, name=gettext("unapplied"), columns=UNAPPLIED_COLUMNS, rows=[asdict(row) for row in rows]
        )
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.open_minor
    context = {"rows": rows, "sums": sorted(sums.items()), "kind": request.GET.get("kind", "")}
    return render(request, "desk/cash/unapplied.html", context)


urlpatterns = [path("cash/days", days, name="cash_days"), path("cash/unapplied", unapplied, name="cash_unapplied")]
