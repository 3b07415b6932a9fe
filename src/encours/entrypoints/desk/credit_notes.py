"""Credit notes asked for: the list, one with what is decided about it, and the asking of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language, gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.core.money import ENGLISH, FRENCH, Money
from encours.core.second_person import ProposalUnknown
from encours.customers import queries as customers
from encours.disputes import credit_note_queries as asked
from encours.disputes import queries as disputes
from encours.disputes.actions import credit_notes as actions
from encours.disputes.models import CreditNoteRequest, Dispute
from encours.entrypoints import exports
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.listing import Column
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told
from encours.ledger import queries as ledger

SHOWN = 300
STATES = (
    ("waiting", gettext_lazy("To be agreed to")),
    ("to_issue", gettext_lazy("To be issued")),
    ("over", pgettext_lazy("credit notes", "Over")),
)
COLUMNS = (
    Column("number", gettext_lazy("Number"), value="customer_number"),
    Column("name", gettext_lazy("Customer"), value="customer_name"),
    Column("document_number", gettext_lazy("Invoice")),
    Column("amount_minor", gettext_lazy("Amount"), "money"),
    Column("currency", gettext_lazy("Currency")),
    Column("why", gettext_lazy("Why")),
    Column("asked_by", gettext_lazy("Asked by")),
    Column("asked_date", gettext_lazy("Asked on"), "date"),
    Column("state", gettext_lazy("State")),
    Column("credit_note_number", gettext_lazy("Credit note")),
)


def state_of(one: CreditNoteRequest) -> tuple[str, str, str]:
    """Where a credit note stands: in words, their tone and a drawing."""
    if one.is_waiting:
        return gettext("Waits for a second person"), "watch", "hourglass"
    if one.is_to_issue:
        return gettext("To be issued"), "info", "file-pencil"
    if one.done_as == "issued":
        return gettext("Issued {number}").format(number=one.credit_note_number).strip(), "good", "check"
    return (one.get_done_as_display() or one.get_decided_as_display()), "", ""


@dataclass(frozen=True, slots=True)
class OfDispute:
    """The latest credit note asked for on a dispute, if any, and what may still be done about the dispute by hand."""

    note: CreditNoteRequest | None
    is_free: bool  # it is open, and no credit note stands that will settle it

    @property
    def state(self) -> tuple[str, str, str]:
        """Where the credit note stands: in words, their tone and a drawing."""
        return state_of(self.note) if self.note else ("", "", "")


def beside(found: Sequence[Dispute], request: DeskRequest) -> list[tuple[Dispute, OfDispute]]:
    """Each dispute beside its credit note."""
    known = asked.of_disputes([one.pk for one in found], scope=request.scope)
    return [(one, _of(one, known.get(one.pk))) for one in found]


def _of(dispute: Dispute, note: CreditNoteRequest | None) -> OfDispute:
    stands = note is not None and (note.is_waiting or note.is_to_issue)
    return OfDispute(note, is_free=dispute.closed_date is None and not stands)


@screen("view_books")
def credit_notes(request: DeskRequest) -> HttpResponseBase:
    wanted = request.GET.get("state", "waiting")
    wanted = wanted if wanted in asked.STATES else "waiting"
    mine = asked.in_scope(request.scope)
    rows = list(mine.filter(asked.STATES[wanted]).order_by("-pk" if wanted == "over" else "pk")[:SHOWN])
    if form := request.GET.get("export"):
        return exports.sheet(form, name=gettext("credit-notes"), columns=COLUMNS, rows=[_flat(one) for one in rows])
    context = {
        "rows": [(one, state_of(one)) for one in rows],
        "wanted": wanted,
        "states": [(key, label, mine.filter(asked.STATES[key]).count()) for key, label in STATES],
    }
    return render(request, "desk/credit_notes/list.html", context)


def _flat(one: CreditNoteRequest) -> dict[str, Any]:
    return {
        "customer_number": one.customer.number,
        "customer_name": one.customer.name,
        "document_number": one.document_number,
        "amount_minor": one.amount_minor,
        "currency": one.currency,
        "why": one.why,
        "asked_by": one.proposed_by_name,
        "asked_date": one.proposed_date,
        "state": state_of(one)[0],
        "credit_note_number": one.credit_note_number,
    }


def _found(request: DeskRequest, request_id: int) -> CreditNoteRequest:
    found = asked.in_scope(request.scope).filter(pk=request_id).first()
    if found is None:
        raise Http404
    return found


@screen("view_books")
def credit_note(request: DeskRequest, request_id: int) -> HttpResponse:
    found = _found(request, request_id)
    items = ledger.items_in_scope(request.scope).filter(
        customer_id=found.customer_id, document_number=found.document_number, open_minor__gt=0
    )
    context = {
        "found": found,
        "customer": found.customer,
        "dispute": disputes.dispute(found.dispute_id, scope=request.scope),
        "open_minor": sum(item.open_minor for item in items),
        "state": state_of(found),
        "may_decide": can(request.scope, "approve_credit_note"),
        "may_note": can(request.scope, "resolve_dispute"),
        "me": request.user.pk,
    }
    return render(request, "desk/credit_notes/one.html", context)


@screen("resolve_dispute")
@require_POST
def credit_note_decide(request: DeskRequest, request_id: int) -> HttpResponse:
    """Agree, refuse, withdraw one's own; then say that it is issued, or give it up."""
    found = _found(request, request_id)
    given: dict[str, Any] = {
        "organisation_id": request.organisation_id, "request_id": found.pk, "today": request.today,
        "by": request.actor,
    }  # fmt: skip
    what, why = request.POST.get("do"), request.POST.get("why", "")[:500]
    may_decide = can(request.scope, "approve_credit_note")
    if what == "issued":
        actions.note_issued(number=request.POST.get("number", ""), **given)
        told(request, gettext("Noted: the dispute is over."))
    elif what == "drop" and may_decide:
        actions.drop_credit_note(why=why, **given)
        told(request, gettext("Given up."))
    elif what == "approve" and may_decide:
        actions.agree_credit_note(**given)
        told(request, gettext("Agreed: whoever issues invoices is asked to issue it."))
    elif may_decide or found.proposed_by_id == request.user.pk:
        actions.turn_down_credit_note(why=why, **given)
        told(request, gettext("Noted: no credit note is issued."))
    else:
        raise ProposalUnknown
    return redirect("desk:credit_note", request_id=found.pk)


def _minor(request: DeskRequest, currency: str) -> int | None:
    text = request.POST.get("amount", "").strip()
    style = ENGLISH if (get_language() or "").startswith("en") else FRENCH
    return Money.parse(text, currency, style=style).minor if text else None


@screen("resolve_dispute")
@require_POST
def dispute_credit_note(request: DeskRequest, dispute_id: int) -> HttpResponse:
    """Ask for a credit note on what a dispute contests."""
    found = disputes.dispute(dispute_id, scope=request.scope)
    if found is None:
        raise Http404
    made = actions.ask_on_dispute(
        organisation_id=request.organisation_id,
        dispute_id=found.pk,
        amount_minor=_minor(request, found.currency or "EUR"),
        why=request.POST.get("why", ""),
        today=request.today,
        by=request.actor,
    )
    return _asked(request, made)


@screen("resolve_dispute")
@require_POST
def customer_credit_note(request: DeskRequest, number: str) -> HttpResponse:
    """Ask for a credit note on an invoice of the account."""
    who = customers.customer_by_number(number, scope=request.scope)
    document = request.POST.get("document", "")
    currency = ledger.currency_of(document, customer_id=who.pk, scope=request.scope) or "EUR"
    made = actions.ask_on_invoice(
        organisation_id=request.organisation_id,
        customer_id=who.pk,
        document_number=document,
        amount_minor=_minor(request, currency),
        why=request.POST.get("why", ""),
        reason=request.POST.get("reason", "other"),
        today=request.today,
        by=request.actor,
    )
    return _asked(request, made)


def _asked(request: DeskRequest, made: CreditNoteRequest) -> HttpResponse:
    told(request, gettext("Asked for: it waits for a second person; the part stays out of reminders."))
    return back(request, reverse("desk:credit_note", args=[made.pk]))


urlpatterns = [
    path("credit-notes", credit_notes, name="credit_notes"),
    path("credit-notes/<int:request_id>", credit_note, name="credit_note"),
    path("credit-notes/<int:request_id>/decide", credit_note_decide, name="credit_note_decide"),
    path("customers/<path:number>/credit-notes", customer_credit_note, name="customer_credit_note"),
    path("disputes/<int:dispute_id>/credit-note", dispute_credit_note, name="dispute_credit_note"),
]
