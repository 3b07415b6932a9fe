"""Credit notes asked for: what waits, what is to be issued where invoices are, what is over; and that one is issued."""

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from encours.access.rules import Permission
from encours.core.second_person import ProposalUnknown
from encours.disputes import credit_note_queries as asked
from encours.disputes.actions import credit_notes
from encours.disputes.models import CreditNoteRequest
from encours.entrypoints.api.shapes import (
    Limit,
    MoneyShape,
    actor_of,
    cursor_of,
    done_once,
    money,
    place_of,
    scope_for,
    today,
)

router = Router()


class CreditNoteShape(Schema):
    """One credit note asked for. Encours issues none: yours is found by its invoice or amount once it comes in."""

    request: int
    customer_number: str
    invoice_number: str
    dispute: int
    amount: MoneyShape
    why: str
    asked_by: str
    asked_date: date
    state: str = Field(description="waiting, to_issue, issued, dropped, refused or withdrawn")
    decided_by: str
    decided_date: date | None
    credit_note_number: str


class CreditNotePage(Schema):
    """Some credit notes asked for, and where the next ones begin."""

    items: list[CreditNoteShape]
    next_cursor: str | None


class CreditNotesAsked(Schema):
    """Which: those that wait for a second person, those to issue, or those that are over."""

    state: Literal["waiting", "to_issue", "over"] = "to_issue"
    limit: Limit = 50
    cursor: str | None = None


class IssuedIn(Schema):
    """The number under which it was issued."""

    credit_note_number: str = Field(max_length=80)


@router.get("/credit-note-requests", response=CreditNotePage, summary="Credit notes asked for, by state")
def list_credit_notes(request: HttpRequest, wanted: Query[CreditNotesAsked]) -> Any:
    scope = scope_for(request, Permission.VIEW_BOOKS)
    found = asked.in_scope(scope).filter(asked.STATES[wanted.state]).order_by("pk")
    if place := place_of(wanted.cursor, kinds=(int,)):
        found = found.filter(pk__gt=place[0])
    rows = list(found[: wanted.limit + 1])
    shown = rows[: wanted.limit]
    return {
        "items": [_told(one) for one in shown],
        "next_cursor": cursor_of(shown[-1].pk) if len(rows) > wanted.limit else None,
    }


@router.post("/credit-note-requests/{request_id}/issued", response=CreditNoteShape, summary="Say that it was issued")
def note_issued(request: HttpRequest, request_id: int, given: IssuedIn) -> Any:
    """The dispute ends. Not needed where credit notes come in with the books: they are found by themselves.

    Send an `Idempotency-Key`: the same call again changes nothing.
    """
    scope = scope_for(request, Permission.RESOLVE_DISPUTE)
    if not asked.in_scope(scope).filter(pk=request_id).exists():
        raise ProposalUnknown
    made = done_once(
        request,
        scope,
        "credit_note_issued",
        lambda: (
            credit_notes.note_issued(
                organisation_id=scope.organisation_id,
                request_id=request_id,
                number=given.credit_note_number,
                today=today(),
                by=actor_of(request),
            ).pk
        ),
    )
    return _told(asked.in_scope(scope).get(pk=made))


def _told(one: CreditNoteRequest) -> dict[str, Any]:
    state = "waiting" if one.is_waiting else "to_issue" if one.is_to_issue else one.done_as or one.decided_as
    return {
        "request": one.pk,
        "customer_number": one.customer.number,
        "invoice_number": one.document_number,
        "dispute": one.dispute_id,
        "amount": money(one.amount_minor, one.currency),
        "why": one.why,
        "asked_by": one.proposed_by_name,
        "asked_date": one.proposed_date,
        "state": state,
        "decided_by": one.decided_by_name,
        "decided_date": one.decided_date,
        "credit_note_number": one.credit_note_number,
    }
