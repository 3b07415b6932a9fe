"""One customer whole: account, payments, documents, contacts, timeline."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from encours.customers import actions as customer_actions
from encours.customers import queries as customers
from encours.entrypoints.desk import accounts, recent, timeline
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.invoices import queries as invoices
from encours.ledger import queries as ledger
from encours.payments import queries as payments

ITEMS_MAX = 400


def _head(request: DeskRequest, number: str, tab: str) -> dict[str, Any]:
    """What every tab of a customer shows: who, the figures, the counts on the tabs."""
    customer = customers.customer_by_number(number, scope=request.scope)
    recent.remember(request, number=customer.number, name=customer.name)
    balances = ledger.balances_of(customer.pk, scope=request.scope, today=request.today)
    return {
        "customer": customer,
        "tab": tab,
        "balances": balances,
        "item_count": sum(balance.item_count for balance in balances),
        "receipt_count": payments.receipt_count(customer.pk, scope=request.scope),
        "document_count": invoices.document_count(customer.pk, scope=request.scope),
        "contacts": customers.contacts_of(customer.pk, organisation_id=request.organisation_id),
    }


@screen("view_books")
def customer(request: DeskRequest, number: str) -> HttpResponse:
    head = _head(request, number, "items")
    who = head["customer"]
    items = ledger.account_items(who.pk, scope=request.scope, limit=ITEMS_MAX)
    is_late_only = request.GET.get("only") == "overdue"
    shown = [item for item in items if not is_late_only or (item.open_minor > 0 and item.due_date < request.today)]
    feed = request.GET.get("feed", "all")
    return render(
        request,
        "desk/customers/detail.html",
        {
            **head,
            "next_due": min(
                (item.due_date for item in items if item.open_minor > 0 and item.due_date >= request.today),
                default=None,
            ),
            "rows": accounts.rows_of(shown, today=request.today),
            "is_late_only": is_late_only,
            "feed": feed if feed in timeline.FEEDS else "all",
            "story": timeline.of(who.pk, scope=request.scope, today=request.today, items=items, feed=feed),
        },
    )


@screen("view_books")
def receipts(request: DeskRequest, number: str) -> HttpResponse:
    head = _head(request, number, "receipts")
    found = payments.receipts_of(head["customer"].pk, scope=request.scope, limit=ITEMS_MAX)
    return render(request, "desk/customers/receipts.html", {**head, "receipts": found})


@screen("view_books")
def documents(request: DeskRequest, number: str) -> HttpResponse:
    head = _head(request, number, "documents")
    found = invoices.documents_of(head["customer"].pk, scope=request.scope, limit=ITEMS_MAX)
    return render(request, "desk/customers/documents.html", {**head, "documents": found})


@screen("view_books")
@require_POST
def add_note(request: DeskRequest, number: str) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    customer_actions.add_note(
        organisation_id=request.organisation_id,
        customer_id=who.pk,
        text=request.POST.get("text", ""),
        now=timezone.now(),
        by=request.actor,
    )
    told(request, gettext("Note kept on {name}").format(name=who.name))
    return redirect("desk:customer", number=number)


urlpatterns = [
    path("customers/<path:number>/payments", receipts, name="customer_receipts"),
    path("customers/<path:number>/documents", documents, name="customer_documents"),
    path("customers/<path:number>/notes", add_note, name="customer_note"),
    path("customers/<path:number>", customer, name="customer"),
]
