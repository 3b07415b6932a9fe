"""What a program notes on a customer: a promise, a pause, a dispute, a comment, and the end of each."""

from collections.abc import Callable
from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from encours.access.rules import Permission, Scope
from encours.collections.actions import pauses, promises
from encours.collections.models import Pause, PauseReason, Promise, PromiseSource
from encours.core.errors import NotFound, gettext_noop
from encours.core.money import PLAIN, Money
from encours.customers import actions as customers
from encours.customers import queries as customer_queries
from encours.customers.models import Note
from encours.disputes import actions as disputes
from encours.disputes import queries as contested
from encours.disputes.models import Dispute, DisputeOutcome, DisputeReason
from encours.entrypoints.api.shapes import (
    Limit,
    MoneyShape,
    actor_of,
    cursor_of,
    customer_id_of,
    done_once,
    money,
    place_of,
    scope_for,
    today,
)
from encours.ledger import queries as ledger

router = Router()
type Made = Promise | Pause | Dispute | Note


class EngagementUnknown(NotFound):
    """No such promise, pause or dispute, or none the token may see."""

    message = gettext_noop("There is no {kind} {number} among those this token may see.")


class DocumentNotOpen(NotFound):
    """No open item of that document number on the customer's account."""

    message = gettext_noop("Nothing is open on {invoice_number}.")


class PromiseIn(Schema):
    """What a customer said would be paid by a day; of one invoice, or of the account."""

    amount: str = Field(examples=["1234.50"])
    currency: str = "EUR"
    promised_date: date
    invoice_number: str = ""
    source: PromiseSource = PromiseSource.CALL
    note: str = ""


class PromiseShape(Schema):
    """One promise to pay."""

    promise: int
    customer_number: str
    amount: MoneyShape
    promised_date: date
    made_date: date
    note: str


class PauseIn(Schema):
    """Why reminders stop, and until which day included; without a day until it is ended."""

    reason: PauseReason = PauseReason.OTHER
    until: date | None = None
    invoice_number: str = ""
    note: str = ""
    judgment_date: date | None = Field(None, description="For insolvency: the day of the opening judgment.")


class PauseShape(Schema):
    """One stop on reminders."""

    pause: int
    customer_number: str
    reason: str
    start_date: date
    until: date | None
    ended_date: date | None
    note: str


class DisputeIn(Schema):
    """What is contested: an invoice, or the account; in whole, for an amount, or a line of it with its amount."""

    invoice_number: str = ""
    line_number: str = Field("", max_length=20, description="The line of the invoice; needs its amount.")
    line_text: str = Field("", max_length=200, description="What that line says.")
    amount: str | None = None
    reason: DisputeReason = DisputeReason.OTHER
    note: str = ""


class DisputeShape(Schema):
    """One contested amount; no amount is the whole of it."""

    dispute: int
    customer_number: str
    invoice_number: str
    line_number: str
    line_text: str
    amount: MoneyShape | None
    reason: str
    opened_date: date
    closed_date: date | None
    outcome: str
    note: str


class DisputePage(Schema):
    """Some disputes, and where the next ones begin."""

    items: list[DisputeShape]
    next_cursor: str | None


class DisputeAsked(Schema):
    """Which disputes: the open ones by the day of their answer, the closed ones latest first."""

    state: Literal["open", "late", "closed"] = "open"
    extent: Literal["", "line", "part", "document", "account"] = Field(
        "", description="How much is contested: a line of an invoice, a part, an invoice, the account."
    )
    q: str = Field("", description="In the customer's name, the invoice number or the text of the line.")
    limit: Limit = 50
    cursor: str | None = None


class ClosingIn(Schema):
    """How a dispute ended."""

    outcome: DisputeOutcome
    note: str = ""


class WhyIn(Schema):
    """The reason, for the audit trail."""

    why: str = ""


class NoteIn(Schema):
    """A comment for colleagues, never shown to the customer."""

    text: str


class NoteShape(Schema):
    """One internal comment."""

    note: int
    customer_number: str
    text: str
    author: str


def _once(request: HttpRequest, scope: Scope, verb: str, perform: Callable[[], Made]) -> int:
    return done_once(request, scope, verb, lambda: perform().pk)


def _item_id(scope: Scope, customer_id: int, number: str) -> int | None:
    """The first open item of a document on the account; None where none is named."""
    if not number:
        return None
    items = ledger.items_in_scope(scope).filter(customer_id=customer_id, document_number=number, open_minor__gt=0)
    found = items.order_by("due_date", "pk").values_list("pk", flat=True).first()
    if found is None:
        raise DocumentNotOpen(invoice_number=number)
    return found


def _customer(number: str, scope: Scope) -> int:
    found = customer_id_of(number, scope=scope)
    return found if found is not None else 0


@router.post("/customers/{number}/promises", response=PromiseShape, summary="Note a promise to pay")
def add_promise(request: HttpRequest, number: str, given: PromiseIn) -> Any:
    """Reminders wait for the promised day. Send an `Idempotency-Key`: the same call again makes nothing new."""
    scope = scope_for(request, Permission.RECORD_PROMISE)
    customer_id = _customer(number, scope)
    made = _once(
        request,
        scope,
        "promise",
        lambda: promises.record_promise(
            organisation_id=scope.organisation_id,
            customer_id=customer_id,
            amount_minor=Money.parse(given.amount, given.currency, style=PLAIN).minor,
            currency=given.currency,
            promised_date=given.promised_date,
            today=today(),
            by=actor_of(request),
            source=given.source,
            item_id=_item_id(scope, customer_id, given.invoice_number),
            note=given.note,
        ),
    )
    promise = Promise.objects.select_related("customer").get(organisation_id=scope.organisation_id, pk=made)
    return {
        "promise": promise.pk,
        "customer_number": promise.customer.number,
        "amount": money(promise.amount_minor, promise.currency),
        "promised_date": promise.promised_date,
        "made_date": promise.made_date,
        "note": promise.note,
    }


@router.post("/customers/{number}/pauses", response=PauseShape, summary="Pause the reminders of a customer")
def add_pause(request: HttpRequest, number: str, given: PauseIn) -> Any:
    """Of the customer, or of one invoice. Send an `Idempotency-Key`: the same call again makes nothing new."""
    scope = scope_for(request, Permission.PAUSE_REMINDERS)
    customer_id = _customer(number, scope)
    made = _once(
        request,
        scope,
        "pause",
        lambda: pauses.pause(
            organisation_id=scope.organisation_id,
            customer_id=customer_id,
            reason=given.reason,
            today=today(),
            by=actor_of(request),
            until=given.until,
            item_id=_item_id(scope, customer_id, given.invoice_number),
            note=given.note,
            judgment_date=given.judgment_date,
        ),
    )
    return _pause(scope, made)


@router.post("/pauses/{pause_id}/end", response=PauseShape, summary="End a pause before its day")
def end_pause(request: HttpRequest, pause_id: int, given: WhyIn) -> Any:
    """The next run chases again. Send an `Idempotency-Key`: the same call again changes nothing."""
    scope = scope_for(request, Permission.PAUSE_REMINDERS)
    _must_see(scope, "pause", Pause.objects.filter(organisation_id=scope.organisation_id, pk=pause_id).first())
    made = _once(
        request,
        scope,
        "end_pause",
        lambda: pauses.resume(
            organisation_id=scope.organisation_id, pause_id=pause_id, today=today(), by=actor_of(request), why=given.why
        ),
    )
    return _pause(scope, made)


def _pause(scope: Scope, pause_id: int) -> dict[str, Any]:
    pause = Pause.objects.select_related("customer").get(organisation_id=scope.organisation_id, pk=pause_id)
    return {
        "pause": pause.pk,
        "customer_number": pause.customer.number,
        "reason": pause.reason,
        "start_date": pause.start_date,
        "until": pause.until_date,
        "ended_date": pause.ended_date,
        "note": pause.note,
    }


@router.post("/customers/{number}/disputes", response=DisputeShape, summary="Open a dispute")
def add_dispute(request: HttpRequest, number: str, given: DisputeIn) -> Any:
    """That part is no longer chased. Send an `Idempotency-Key`: the same call again makes nothing new."""
    scope = scope_for(request, Permission.OPEN_DISPUTE)
    customer_id = _customer(number, scope)
    currency = ledger.currency_of(given.invoice_number, customer_id=customer_id, scope=scope) or "EUR"
    made = _once(
        request,
        scope,
        "dispute",
        lambda: disputes.open_dispute(
            organisation_id=scope.organisation_id,
            customer_id=customer_id,
            today=today(),
            by=actor_of(request),
            document_number=given.invoice_number,
            amount_minor=None if given.amount is None else Money.parse(given.amount, currency, style=PLAIN).minor,
            reason=given.reason,
            note=given.note,
            line=disputes.InvoiceLine(given.line_number, given.line_text),
        ),
    )
    return _dispute(scope, made)


@router.get("/disputes", response=DisputePage, summary="Disputes, by line, part, invoice or account")
def list_disputes(request: HttpRequest, asked: Query[DisputeAsked]) -> Any:
    scope = scope_for(request, Permission.VIEW_BOOKS)
    wanted = contested.DisputeFilter(state=asked.state, extent=asked.extent, text=asked.q)
    place = place_of(asked.cursor, kinds=(int,))
    rows = contested.dispute_list(
        scope, wanted=wanted, today=today(), after_id=place[0] if place else None, limit=asked.limit + 1
    )
    shown = rows[: asked.limit]
    return {
        "items": [_told(row) for row in shown],
        "next_cursor": cursor_of(shown[-1].pk) if len(rows) > asked.limit else None,
    }


@router.post("/disputes/{dispute_id}/close", response=DisputeShape, summary="Close a dispute with its outcome")
def close_dispute(request: HttpRequest, dispute_id: int, given: ClosingIn) -> Any:
    """What is still open is chased again. Send an `Idempotency-Key`: the same call again changes nothing."""
    scope = scope_for(request, Permission.RESOLVE_DISPUTE)
    _must_see(scope, "dispute", Dispute.objects.filter(organisation_id=scope.organisation_id, pk=dispute_id).first())
    made = _once(
        request,
        scope,
        "close_dispute",
        lambda: disputes.close_dispute(
            organisation_id=scope.organisation_id,
            dispute_id=dispute_id,
            outcome=given.outcome,
            today=today(),
            by=actor_of(request),
            note=given.note,
        ),
    )
    return _dispute(scope, made)


def _dispute(scope: Scope, dispute_id: int) -> dict[str, Any]:
    return _told(Dispute.objects.select_related("customer").get(organisation_id=scope.organisation_id, pk=dispute_id))


def _told(found: Dispute) -> dict[str, Any]:
    return {
        "dispute": found.pk,
        "customer_number": found.customer.number,
        "invoice_number": found.document_number,
        "line_number": found.line_number,
        "line_text": found.line_text,
        "amount": None if found.amount_minor is None else money(found.amount_minor, found.currency),
        "reason": found.reason,
        "opened_date": found.opened_date,
        "closed_date": found.closed_date,
        "outcome": found.outcome,
        "note": found.note,
    }


def _must_see(scope: Scope, kind: str, found: Pause | Dispute | None) -> None:
    """A number is not a right to another's customer."""
    seen = customer_queries.in_scope_with_merged(scope)
    if found is None or not seen.filter(pk=found.customer_id).exists():
        raise EngagementUnknown(kind=kind, number=found.pk if found else "-")


@router.post("/customers/{number}/notes", response=NoteShape, summary="Keep an internal comment")
def add_note(request: HttpRequest, number: str, given: NoteIn) -> Any:
    """Never shown to the customer. Send an `Idempotency-Key`: the same call again makes nothing new."""
    scope = scope_for(request, Permission.ADD_NOTE)
    customer_id = _customer(number, scope)
    made = _once(
        request,
        scope,
        "note",
        lambda: customers.add_note(
            organisation_id=scope.organisation_id,
            customer_id=customer_id,
            text=given.text,
            now=timezone.now(),
            by=actor_of(request),
        ),
    )
    note = Note.objects.select_related("customer").get(organisation_id=scope.organisation_id, pk=made)
    return {"note": note.pk, "customer_number": note.customer.number, "text": note.text, "author": note.author_name}
