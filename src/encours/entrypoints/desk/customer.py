"""One customer whole: account, payments, documents, contacts, timeline."""

from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from encours.access import rules as access
from encours.access.rules import can
from encours.analytics.queries import presence, standings
from encours.analytics.queries.standings import StandingRow
from encours.collections.models import PAUSED_BY_HAND, Pause
from encours.collections.queries import account as collections
from encours.core.currencies import exponent
from encours.core.money import Money
from encours.credit import queries as credit
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.disputes import queries as disputes
from encours.disputes.models import DisputeOutcome
from encours.entrypoints import formats
from encours.entrypoints.desk import accounts, approach, comments, credit_notes, recent, timeline
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.invoices import copy_queries as copies
from encours.invoices import queries as invoices
from encours.ledger import merging_actions as merging
from encours.ledger import queries as ledger
from encours.payments import queries as payments
from encours.team.queries import tasks as team

ITEMS_MAX = 400


def account_head(request: DeskRequest, number: str, tab: str) -> dict[str, Any]:
    """What every tab of a customer shows: who, the figures, the counts on the tabs, what may be done."""
    customer = customers.customer_by_number(number, scope=request.scope)
    recent.remember(request, number=customer.number, name=customer.name)
    balances = ledger.balances_of(customer.pk, scope=request.scope, today=request.today)
    main = balances[0] if balances else None
    account_ids = customers.with_merged(customer.pk, organisation_id=request.organisation_id)
    there = presence.presence_of(account_ids, scope=request.scope)
    all_disputes = disputes.all_of(account_ids, scope=request.scope) if there.has("disputes") else []
    pauses = collections.pauses_of(account_ids, scope=request.scope, limit=ITEMS_MAX) if there.has("pauses") else []
    running = [pause for pause in pauses if _runs(pause, request)]
    return {
        "customer": customer,
        "account_ids": account_ids,
        "there": there,
        "merged": customers.merged_into(customer.pk, organisation_id=request.organisation_id)
        if len(account_ids) > 1
        else [],
        "tab": tab,
        "balances": balances,
        "item_count": sum(balance.item_count for balance in balances),
        "figures": _habits(customer.pk, request),
        "receipt_count": there.receipt_count,
        "document_count": there.document_count,
        "disputes": all_disputes,
        "open_dispute_count": sum(dispute.closed_date is None for dispute in all_disputes),
        "pauses": pauses,
        "running_pause": next(iter(running), None),
        "contacts": customers.contacts_of(customer.pk, organisation_id=request.organisation_id)
        if there.has("contacts")
        else [],
        "credit": credit.limit_of(customer.pk, organisation_id=request.organisation_id, today=request.today),
        **_trust(customer, request),
        "currency": main.currency if main else "EUR",
        "overdue_field": _field(main.overdue_minor, main.currency) if main and main.overdue_minor else "",
        "tasks": team.tasks_of(account_ids, scope=request.scope) if there.has("tasks") else [],
        "disputable": partial(ledger.open_numbers, customer.pk, scope=request.scope),  # asked where a form shows them
        "dispute_reasons": disputes.reasons_offered(request.organisation_id),
        "pause_reasons": PAUSED_BY_HAND,
        "outcomes": DisputeOutcome.choices,
        "next": request.get_full_path(),
        "may": {
            "note": access.can(request.scope, "add_note"),
            "promise": access.can(request.scope, "record_promise"),
            "dispute": access.can(request.scope, "open_dispute"),
            "resolve": access.can(request.scope, "resolve_dispute"),
            "pause": access.can(request.scope, "pause_reminders"),
            "send": access.can(request.scope, "send_message"),
            "merge": access.can(request.scope, "merge_customers"),
            "edit_customer": access.can(request.scope, "edit_customer"),
            "propose_credit": access.can(request.scope, "propose_credit"),
        },
    }


def _trust(customer: Customer, request: DeskRequest) -> dict[str, Any]:
    """What waits of its limit and terms, and the exceptional terms that count today."""
    terms = credit.terms_of(customer.pk, organisation_id=request.organisation_id)
    running = (one for one in terms if one.from_date <= request.today and credit.holds(one, today=request.today))
    return {
        "limit_waiting": credit.limit_waiting(customer.pk, organisation_id=request.organisation_id),
        "terms_waiting": [one for one in terms if one.is_waiting],
        "terms_running": next(running, None),
    }


def _runs(pause: Pause, request: DeskRequest) -> bool:
    return pause.item_id is None and pause.ended_date is None and (pause.until_date or request.today) >= request.today


def _habits(customer_id: int, request: DeskRequest) -> StandingRow | None:
    rows = standings.standings(scope=request.scope, today=request.today, customer_id=customer_id, limit=1)
    return rows[0] if rows else None


def _field(minor: int, currency: str) -> str:
    """An amount as its form field wants it: without currency, in the reader's style."""
    language = formats.known_language(get_language())
    return formats.number(Money(minor, currency).as_decimal(), language=language, decimals=exponent(currency))


@screen("view_books")
def customer(request: DeskRequest, number: str) -> HttpResponse:
    try:
        head = account_head(request, number, "items")
    except customers.CustomerUnknown:
        if kept := customers.kept_number(number, scope=request.scope):
            return redirect("desk:customer", number=kept)
        raise
    who, there = head["customer"], head["there"]
    items = ledger.account_items(who.pk, scope=request.scope, limit=ITEMS_MAX)
    is_late_only = request.GET.get("only") == "overdue"
    shown = [item for item in items if not is_late_only or (item.open_minor > 0 and item.due_date < request.today)]
    feed = request.GET.get("feed", "all")
    feed = feed if feed in timeline.FEEDS else "all"
    asked = request.GET.get("q", "").strip()[:200]
    reader = timeline.Reader(request.scope, request.today, request.now, asked=asked)
    known = accounts.Known(
        disputes=[dispute for dispute in head["disputes"] if dispute.closed_date is None],
        promises=collections.promises_of(head["account_ids"], scope=request.scope, today=request.today, limit=ITEMS_MAX)
        if there.has("promises")
        else [],
        steps=collections.steps_taken(who.pk, organisation_id=request.organisation_id) if there.has("steps") else {},
    )
    to_come = (item.due_date for item in items if item.open_minor > 0 and item.due_date >= request.today)
    return render(
        request,
        "desk/customers/detail.html",
        {
            **head,
            "disputable": dict.fromkeys(item.document_number for item in items if item.open_minor > 0),
            "approach": approach.at_a_glance(request, head["account_ids"], head["balances"]),
            "next_due": min(to_come, default=None),
            "rows": accounts.rows_of(
                shown, today=request.today, states=accounts.states_of(items, known, today=request.today)
            ),
            "is_late_only": is_late_only,
            "feed": feed,
            "asked": asked,
            "past": timeline.past(
                who.pk,
                reader=reader,
                told=timeline.Told(head["disputes"], known.promises, head["pauses"], head["account_ids"], there.rooms),
                feed=feed,
            ),
        },
    )


@screen("view_books")
def coming(request: DeskRequest, number: str) -> HttpResponse:
    """What is to come: asked for by the page once it stands, as it walks the rules of the run day by day."""
    who = customers.customer_by_number(number, scope=request.scope)
    feed = request.GET.get("feed", "all")
    items = ledger.account_items(who.pk, scope=request.scope, limit=ITEMS_MAX)
    reader = timeline.Reader(request.scope, request.today, request.now)
    events = timeline.coming(who.pk, reader=reader, items=items, feed=feed if feed in timeline.FEEDS else "all")
    return render(
        request,
        "desk/customers/_coming.html",
        {"coming": events, "customer": who, "may_assign": can(request.scope, "edit_scenario")},
    )


@screen("view_books")
def contested(request: DeskRequest, number: str) -> HttpResponse:
    head = account_head(request, number, "disputes")
    context = {"contested": credit_notes.beside(head["disputes"], request), "disputable": head["disputable"]()}
    return render(request, "desk/customers/disputes.html", {**head, **context})


@screen("view_books")
def receipts(request: DeskRequest, number: str) -> HttpResponse:
    head = account_head(request, number, "receipts")
    found = payments.receipts_of(head["account_ids"], scope=request.scope, limit=ITEMS_MAX)
    return render(request, "desk/customers/receipts.html", {**head, "receipts": found})


@screen("view_books")
def documents(request: DeskRequest, number: str) -> HttpResponse:
    head = account_head(request, number, "documents")
    found = invoices.documents_of(head["account_ids"], scope=request.scope, limit=ITEMS_MAX)
    kept = copies.of_documents([one.pk for one in found], organisation_id=request.organisation_id)
    rows = [(one, kept.get(one.pk)) for one in found]
    return render(request, "desk/customers/documents.html", {**head, "documents": rows})


@screen("merge_customers")
@require_POST
def unmerge(request: DeskRequest, number: str, duplicate: int) -> HttpResponse:
    """Take a merge apart: the duplicate stands for itself again."""
    who = customers.customer_by_number(number, scope=request.scope)
    if duplicate not in {one.pk for one in customers.merged_into(who.pk, organisation_id=request.organisation_id)}:
        raise Http404
    apart = merging.unmerge_customers(
        organisation_id=request.organisation_id,
        duplicate_id=duplicate,
        by=request.actor,
        why=request.POST.get("why", "").strip()[:300],
    )
    told(request, gettext("{name} stands for itself again.").format(name=f"{apart.name} {apart.number}"))
    return redirect("desk:customer", number=number)


@screen("add_note")
@require_POST
def add_note(request: DeskRequest, number: str) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    comments.keep(request, who.pk, who.name, link=f"{reverse('desk:customer', args=[number])}?feed=notes")
    return redirect("desk:customer", number=number)


urlpatterns = [
    path("customers/<path:number>/payments", receipts, name="customer_receipts"),
    path("customers/<path:number>/documents", documents, name="customer_documents"),
    path("customers/<path:number>/coming", coming, name="customer_coming"),
    path("customers/<path:number>/disputes", contested, name="customer_disputes"),
    path("customers/<path:number>/unmerge/<int:duplicate>", unmerge, name="customer_unmerge"),
    path("customers/<path:number>/notes", add_note, name="customer_note"),
    path("customers/<path:number>", customer, name="customer"),
]
