"""Open items of everybody, and one document with what settled it."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access.rules import can
from encours.core.errors import Refused, gettext_noop
from encours.customers import queries as customers
from encours.disputes import queries as disputes
from encours.entrypoints import exports
from encours.entrypoints.desk import accounts, comments, standing, timeline
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.listing import PAGE_ROWS, Column, Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import PDF, file_of, is_partial, told
from encours.invoices import copy_actions as keeping
from encours.invoices import copy_queries as copies
from encours.invoices import queries as invoices
from encours.invoices.models import Document
from encours.invoices.rules import COPY_BYTES_MAX
from encours.ledger import queries as ledger
from encours.ledger.models import ItemKind

DOCUMENT_KINDS = (ItemKind.INVOICE, ItemKind.CREDIT_NOTE, ItemKind.DEBIT_NOTE, ItemKind.DEPOSIT)
COLUMNS = (
    Column("number", _("Document"), is_sortable=False, value="document_number"),
    Column("customer", _("Customer"), is_sortable=False, value="customer_name"),
    Column("issued", _("Issued"), "date", is_sortable=False, is_wide=True, value="item_date"),
    Column("due", _("Due"), "date", value="due_date"),
    Column("amount", _("Amount"), "money", is_sortable=False, is_wide=True, value="amount_minor"),
    Column("open", _("Still open"), "money", value="open_minor"),
    Column("late", _("Late"), "days", is_sortable=False, value="days_late"),
)
EXPORTED = (
    COLUMNS[0],
    Column("instalment", _("Instalment"), value="instalment_number"),
    Column("customer_number", _("Customer number")),
    *COLUMNS[1:],
    Column("currency", _("Currency")),
    Column("kind", _("Kind")),
)


class NoPdfChosen(Refused):
    """A PDF is to be kept, and none was chosen."""

    message = gettext_noop("Choose the PDF of the invoice.")


@screen("view_books")
def item_list(request: DeskRequest) -> HttpResponseBase:
    listing = Listing.of(request.GET, columns=COLUMNS, sort="due")
    chosen = _chosen(request)
    order = (listing.sort, listing.is_descending)
    if form := request.GET.get("export"):
        whole = ledger.open_items(
            chosen, scope=request.scope, today=request.today, order=order, after=None, limit=exports.ROWS_MAX
        )
        return exports.sheet(form, name=gettext("open-items"), columns=EXPORTED, rows=whole)
    rows = ledger.open_items(
        chosen, scope=request.scope, today=request.today, order=order, after=listing.after, limit=PAGE_ROWS + 1
    )
    has_more = len(rows) > PAGE_ROWS
    shown = rows[:PAGE_ROWS]
    context: dict[str, Any] = {
        "listing": listing,
        "rows": [(row, accounts.state_of(row, today=request.today)) for row in shown],
        "next_address": listing.next_address(*shown[-1].place(listing.sort)) if has_more else "",
    }
    if is_partial(request):
        return render(request, "desk/ledger/items.html#rows", context)
    page = {
        **context,
        "filters": chosen,
        "entities": standing.of(request.scope, today=request.today).entities,
        "totals": _totals(request, chosen),
        "saved_views": access.saved_views(request.scope, screen="items"),
    }
    return render(request, "desk/ledger/items.html", page)


def _chosen(request: DeskRequest) -> ledger.ItemFilter:
    entity = request.GET.get("entity", "")
    return ledger.ItemFilter(
        text=request.GET.get("q", "").strip(),
        only=request.GET.get("only", ""),
        kind=request.GET.get("kind", ""),
        entity_id=int(entity) if entity.isdecimal() and len(entity) < 18 else None,
    )


def _totals(request: DeskRequest, chosen: ledger.ItemFilter) -> list[ledger.OpenTotal]:
    """Summed once for each filter and state of the books."""
    return standing.of_books(
        request,
        ("open_items_total", chosen),
        lambda: ledger.open_items_total(chosen, scope=request.scope, today=request.today),
    )


@screen("view_books")
def document(request: DeskRequest, document_id: int) -> HttpResponse:
    found = invoices.document(document_id, scope=request.scope)
    versions = invoices.versions_of(found)
    items = [
        item
        for version in versions
        for item in ledger.items_of_document(version.pk, kinds=DOCUMENT_KINDS, scope=request.scope)
    ]
    # a corrected version's items are settled by their reversal: only the current ones are the account
    current = [item for item in items if item.document_id == found.pk] or items
    settled = ledger.settlements_of([item.pk for item in current], organisation_id=request.organisation_id)
    context = {
        "document": found,
        "versions": versions,
        "rows": accounts.rows_of(current, today=request.today),
        "open_minor": sum(item.open_minor for item in current),
        "due_date": min((item.due_date for item in current if item.open_minor > 0), default=None),
        "due_inferred": any(item.due_inferred for item in current),
        "thread": comments.thread_of(
            found.customer_id, found.customer.number, "document", found.number, organisation_id=request.organisation_id
        ),
        "story": _story(request, found),
        "copies": copies.of_document(found),
        "may_add_copy": can(request.scope, "edit_customer"),
        "may_comment": can(request.scope, "add_note"),
        "settlements": [(item, settled.get(item.pk, [])) for item in current if settled.get(item.pk)],
    }
    return render(request, "desk/ledger/document.html", context)


@screen("edit_customer")
@require_POST
def document_copy_add(request: DeskRequest, document_id: int) -> HttpResponse:
    found = invoices.document(document_id, scope=request.scope)
    file = request.FILES.get("file")
    if file is None:
        raise NoPdfChosen(field="file")
    if (file.size or 0) > COPY_BYTES_MAX:
        raise keeping.CopyTooLarge(file=file.name, limit_mb=COPY_BYTES_MAX // 1024**2)
    _, outcome = keeping.keep_copy(found, file_name=file.name or "", content=file.read(), by=request.actor)
    kept, same = gettext("The PDF is kept with the invoice."), gettext("This PDF was kept already.")
    told(request, same if outcome == "unchanged" else kept)
    return redirect("desk:document", document_id)


@screen("edit_customer")
@require_POST
def document_copy_withdraw(request: DeskRequest, document_id: int, copy_id: int) -> HttpResponse:
    keeping.withdraw_copy(copy_id, scope=request.scope, now=request.now, by=request.actor)
    told(request, gettext("This PDF is sent no more."))
    return redirect("desk:document", document_id)


@screen("view_books")
def document_copy(request: DeskRequest, document_id: int, copy_id: int) -> HttpResponse:
    """The PDF of an invoice as it was brought in."""
    kept = copies.in_scope(copy_id, scope=request.scope)
    return file_of(copies.content(kept), kept.file_name, PDF)


def _story(request: DeskRequest, found: Document) -> Sequence[timeline.Event]:
    """What happened around one document: whatever names its number."""
    reader = timeline.Reader(request.scope, request.today, request.now, about=found.number)
    ids = customers.with_merged(found.customer_id, organisation_id=request.organisation_id)
    rows = timeline.Told(
        disputes=disputes.all_of(ids, scope=request.scope, limit=timeline.SEARCHED_MAX),
        account_ids=ids,
        rooms=("notes", "messages", "replies", "calls"),
    )
    return timeline.past(found.customer_id, reader=reader, told=rows, feed="all")


urlpatterns = [
    path("items", item_list, name="items"),
    path("documents/<int:document_id>", document, name="document"),
    path("documents/<int:document_id>/copies", document_copy_add, name="document_copy_add"),
    path("documents/<int:document_id>/copies/<int:copy_id>", document_copy, name="document_copy"),
    path(
        "documents/<int:document_id>/copies/<int:copy_id>/withdraw",
        document_copy_withdraw,
        name="copy_withdraw",
    ),
]
