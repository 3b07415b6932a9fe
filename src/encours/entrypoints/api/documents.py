"""Invoices, credit notes, debit notes and deposits."""

from datetime import date
from typing import Any, Literal

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router, Schema

from encours.entrypoints.api.shapes import Limit, MoneyShape, cursor_of, customer_id_of, money, place_of, scope_of
from encours.invoices import queries as invoices
from encours.invoices.models import Document

router = Router()


class DocumentShape(Schema):
    """The current version of one document."""

    invoice_number: str
    kind: str
    version: int
    entity_code: str
    customer_number: str
    customer_name: str
    issue_date: date
    order_number: str
    reference: str
    gross: MoneyShape
    net: MoneyShape | None
    tax: MoneyShape | None


class DocumentPage(Schema):
    """Some documents, and where the next ones start."""

    items: list[DocumentShape]
    next_cursor: str | None


class DocumentFilter(Schema):
    """Which documents, the latest first."""

    customer_number: str | None = None
    kind: Literal["invoice", "credit_note", "debit_note", "deposit"] | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    limit: Limit = 50
    cursor: str | None = None


@router.get("/documents", response=DocumentPage, summary="Invoices and the like, latest first")
def list_documents(request: HttpRequest, asked: Query[DocumentFilter]) -> Any:
    scope = scope_of(request)
    found = invoices.in_scope(scope).select_related("customer", "entity")
    wanted = {
        "customer_id": customer_id_of(asked.customer_number, scope=scope),
        "kind": asked.kind,
        "issue_date__gte": asked.issued_from,
        "issue_date__lte": asked.issued_to,
    }
    found = found.filter(**{name: value for name, value in wanted.items() if value is not None})
    # newest entries have the highest numbers, and the primary key pages them at any depth
    place = place_of(asked.cursor, kinds=(int,))
    if place is not None:
        found = found.filter(Q(pk__lt=place[0]))
    rows = list(found.order_by("-pk")[: asked.limit + 1])
    shown = rows[: asked.limit]
    return {
        "items": [_document(row) for row in shown],
        "next_cursor": cursor_of(shown[-1].pk) if len(rows) > asked.limit else None,
    }


@router.get("/documents/{number}", response=list[DocumentShape], summary="The documents of a number, by company")
def get_document(request: HttpRequest, number: str) -> Any:
    found = list(invoices.in_scope(scope_of(request)).select_related("customer", "entity").filter(number=number))
    if not found:
        raise invoices.DocumentUnknown(number=number)
    return [_document(row) for row in found]


def _document(row: Document) -> dict[str, Any]:
    return {
        "invoice_number": row.number,
        "kind": row.kind,
        "version": row.version,
        "entity_code": row.entity.code,
        "customer_number": row.customer.number,
        "customer_name": row.customer.name,
        "issue_date": row.issue_date,
        "order_number": row.order_number,
        "reference": row.reference,
        "gross": money(row.gross_minor, row.currency),
        "net": None if row.net_minor is None else money(row.net_minor, row.currency),
        "tax": None if row.tax_minor is None else money(row.tax_minor, row.currency),
    }
