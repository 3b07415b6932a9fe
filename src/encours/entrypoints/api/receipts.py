"""Money received."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from encours.entrypoints.api.shapes import Limit, MoneyShape, cursor_of, customer_id_of, money, place_of, scope_of
from encours.payments import queries as payments

router = Router()


class ReceiptShape(Schema):
    """One payment received; a refund is negative."""

    receipt_number: str
    entity_code: str
    customer_number: str
    received_date: date
    amount: MoneyShape
    method: str
    payer_name: str
    reference: str


class ReceiptPage(Schema):
    """Some receipts, and where the next ones start."""

    items: list[ReceiptShape]
    next_cursor: str | None


class ReceiptFilter(Schema):
    """Which receipts, the latest entered first."""

    customer_number: str | None = None
    received_from: date | None = None
    received_to: date | None = None
    limit: Limit = 50
    cursor: str | None = None


@router.get("/receipts", response=ReceiptPage, summary="Payments received, latest entered first")
def list_receipts(request: HttpRequest, asked: Query[ReceiptFilter]) -> Any:
    scope = scope_of(request)
    wanted = {
        "customer_id": customer_id_of(asked.customer_number, scope=scope),
        "received_date__gte": asked.received_from,
        "received_date__lte": asked.received_to,
    }
    if place := place_of(asked.cursor, kinds=(int,)):
        wanted["pk__lt"] = place[0]
    found = payments.receipts_in_scope(scope).select_related("customer", "entity")
    found = found.filter(**{name: value for name, value in wanted.items() if value is not None})
    rows = list(found.order_by("-pk")[: asked.limit + 1])
    shown = rows[: asked.limit]
    return {
        "items": [
            {
                "receipt_number": row.number,
                "entity_code": row.entity.code,
                "customer_number": row.customer.number,
                "received_date": row.received_date,
                "amount": money(row.amount_minor, row.currency),
                "method": row.method,
                "payer_name": row.payer_name,
                "reference": row.reference,
            }
            for row in shown
        ],
        "next_cursor": cursor_of(shown[-1].pk) if len(rows) > asked.limit else None,
    }
