"""Customers with what they owe today."""

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from encours.analytics import actions as analytics
from encours.analytics.queries.standings import StandingRow, standings
from encours.analytics.rules.kpis import Ratio
from encours.entrypoints.api.shapes import (
    CustomerUnknown,
    Limit,
    MoneyShape,
    cursor_of,
    customer_id_of,
    money,
    place_of,
    scope_of,
    today,
)

router = Router()
_VALUES = {"overdue": "overdue_minor", "outstanding": "outstanding_minor", "days_late": "days_late"}
_KINDS = {"name": str, "number": str}


class CustomerShape(Schema):
    """One customer in one currency."""

    customer_number: str
    customer_name: str
    country: str
    collector: str
    segment: str
    currency: str
    outstanding: MoneyShape
    not_due: MoneyShape
    overdue: MoneyShape
    unapplied: MoneyShape
    overdue_count: int
    days_late: int
    oldest_due_date: date | None
    average_days_late: Ratio | None


class CustomerPage(Schema):
    """Some customers, and where the next ones start."""

    items: list[CustomerShape]
    next_cursor: str | None


class CustomerFilter(Schema):
    """Which customers, in which order."""

    text: str = ""
    only: Literal["", "owing", "overdue", "credit", "unapplied", "settled"] = ""
    sort: Literal["overdue", "outstanding", "days_late", "name", "number"] = "overdue"
    order: Literal["desc", "asc"] = "desc"
    currency: str | None = None
    country: str | None = None
    limit: Limit = 50
    cursor: str | None = None


@router.get("/customers", response=CustomerPage, summary="Customers with what they owe")
def list_customers(request: HttpRequest, asked: Query[CustomerFilter]) -> Any:
    scope, day = scope_of(request), today()
    analytics.refresh_standings(organisation_id=scope.organisation_id, today=day)
    rows = standings(
        scope=scope,
        today=day,
        text=asked.text,
        only=asked.only,
        sort=asked.sort,
        is_descending=asked.order == "desc",
        after=place_of(asked.cursor, kinds=(_KINDS.get(asked.sort, int), int)),
        limit=asked.limit + 1,
        currency=asked.currency,
        country=asked.country,
    )
    shown = rows[: asked.limit]
    has_more = len(rows) > asked.limit
    name = _VALUES.get(asked.sort, asked.sort)
    return {
        "items": [_customer(row) for row in shown],
        "next_cursor": cursor_of(getattr(shown[-1], name), shown[-1].customer_id) if has_more else None,
    }


@router.get("/customers/{number}", response=list[CustomerShape], summary="One customer, by currency")
def get_customer(request: HttpRequest, number: str) -> Any:
    scope, day = scope_of(request), today()
    analytics.refresh_standings(organisation_id=scope.organisation_id, today=day)
    customer_id = customer_id_of(number, scope=scope)
    rows = standings(scope=scope, today=day, customer_id=customer_id, limit=None)
    if not rows:
        raise CustomerUnknown(number=number)
    return [_customer(row) for row in rows]


def _customer(row: StandingRow) -> dict[str, Any]:
    average = row.average_delay_days
    return {
        "customer_number": row.number,
        "customer_name": row.name,
        "country": row.country,
        "collector": row.collector_name,
        "segment": row.segment_name,
        "currency": row.currency,
        "outstanding": money(row.outstanding_minor, row.currency),
        "not_due": money(row.not_due_minor, row.currency),
        "overdue": money(row.overdue_minor, row.currency),
        "unapplied": money(row.unapplied_minor, row.currency),
        "overdue_count": row.overdue_count,
        "days_late": row.days_late,
        "oldest_due_date": row.oldest_due_date,
        "average_days_late": None if average is None else round(average, 2),
    }
