"""Open instalments as of any day, as known at any instant."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from encours.analytics.queries.ageing import open_rows
from encours.entrypoints.api.shapes import (
    Limit,
    MoneyShape,
    cursor_of,
    customer_id_of,
    money,
    place_of,
    scope_of,
    today,
)
from encours.ledger.queries import AsOf, Selection

router = Router()


class OpenItemShape(Schema):
    """One instalment, receipt or credit note with what is still open of it."""

    invoice_number: str
    kind: str
    instalment_number: int
    instalment_count: int
    entity_code: str
    customer_number: str
    customer_name: str
    issue_date: date
    due_date: date
    days_late: int
    amount: MoneyShape
    open: MoneyShape


class OpenItemPage(Schema):
    """Some open items, and where the next ones start."""

    items: list[OpenItemShape]
    next_cursor: str | None


class OpenItemFilter(Schema):
    """Which open items, by due date."""

    as_of: date | None = None
    known_at: datetime | None = None
    customer_number: str | None = None
    currency: str | None = None
    only: Literal["total", "owed", "overdue", "unapplied"] = "total"
    limit: Limit = 50
    cursor: str | None = None


@router.get("/open-items", response=OpenItemPage, summary="Open instalments, by due date")
def list_open_items(request: HttpRequest, asked: Query[OpenItemFilter]) -> Any:
    scope = scope_of(request)
    selection = Selection.of(
        scope, customer_id=customer_id_of(asked.customer_number, scope=scope), currency=asked.currency
    )
    rows = list(
        open_rows(
            selection,
            AsOf(asked.as_of or today(), asked.known_at),
            column=asked.only,
            after=place_of(asked.cursor, kinds=(date, int)),
            limit=asked.limit + 1,
        )
    )
    shown = rows[: asked.limit]
    return {
        "items": [
            {
                "invoice_number": row.document_number,
                "kind": row.kind,
                "instalment_number": row.instalment_number,
                "instalment_count": row.instalment_count,
                "entity_code": row.entity_code,
                "customer_number": row.customer_number,
                "customer_name": row.customer_name,
                "issue_date": row.item_date,
                "due_date": row.due_date,
                "days_late": row.days_late,
                "amount": money(row.amount_minor, row.currency),
                "open": money(row.open_minor, row.currency),
            }
            for row in shown
        ],
        "next_cursor": cursor_of(*shown[-1].place) if len(rows) > asked.limit else None,
    }
