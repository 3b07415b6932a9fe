"""What a person notes after talking to a customer: a promise, a dispute, a pause, and the end of each."""

from collections.abc import Iterable
from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from encours.collections import actions as collections
from encours.collections.actions import pauses
from encours.collections.models import PauseReason
from encours.collections.queries import pauses as engaged
from encours.core.errors import Refused, gettext_noop
from encours.core.money import ENGLISH, FRENCH, Money
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.disputes import actions as disputes
from encours.disputes import queries as contested
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told
from encours.ledger import queries as ledger
from encours.penalties.models import SuspensionKind
from encours.penalties.queries import notes as penalties


class DayMissing(Refused):
    """A form came without the day it needs."""

    message = gettext_noop("Say by which day.")


def _day(request: DeskRequest, field: str) -> date | None:
    try:
        return parse_date(request.POST.get(field, ""))
    except ValueError:
        return None


def _money(request: DeskRequest, currency: str) -> Money:
    style = ENGLISH if (get_language() or "").startswith("en") else FRENCH
    return Money.parse(request.POST.get("amount", ""), currency, style=style)


def _must_be_among(wanted: int, known: Iterable[int]) -> None:
    """The thing to end is the named customer's: a number in an address is not a right to another's."""
    if wanted not in set(known):
        raise Http404


def _accounts(customer: Customer) -> list[int]:
    return customers.with_merged(customer.pk, organisation_id=customer.organisation_id)


def _returned(request: DeskRequest, number: str) -> HttpResponse:
    return back(request, reverse("desk:customer", args=[number]))


@screen("record_promise")
@require_POST
def promise(request: DeskRequest, number: str) -> HttpResponse:
    customer = customers.customer_by_number(number, scope=request.scope)
    day = _day(request, "day")
    if day is None:
        raise DayMissing
    amount = _money(request, request.POST.get("currency", "EUR"))
    collections.record_promise(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        amount_minor=amount.minor,
        currency=amount.currency,
        promised_date=day,
        today=request.today,
        by=request.actor,
        note=request.POST.get("note", "").strip(),
    )
    told(request, gettext("Promise noted: reminders wait for that day"))
    return _returned(request, number)


@screen("record_promise")
@require_POST
def withdraw_promise(request: DeskRequest, number: str, promise_id: int) -> HttpResponse:
    customer = customers.customer_by_number(number, scope=request.scope)
    made = engaged.promises(request.scope, today=request.today, account_ids=_accounts(customer))
    _must_be_among(promise_id, (seen.promise.pk for seen in made))
    collections.withdraw_promise(
        organisation_id=request.organisation_id,
        promise_id=promise_id,
        why=request.POST.get("note", "").strip(),
        today=request.today,
        by=request.actor,
    )
    told(request, gettext("Promise withdrawn"))
    return _returned(request, number)


@screen("open_dispute")
@require_POST
def dispute(request: DeskRequest, number: str) -> HttpResponse:
    customer = customers.customer_by_number(number, scope=request.scope)
    has_amount = bool(request.POST.get("amount", "").strip())
    document = request.POST.get("document", "")
    currency = ledger.currency_of(document, customer_id=customer.pk, scope=request.scope) or "EUR"
    disputes.open_dispute(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        today=request.today,
        by=request.actor,
        document_number=document,
        amount_minor=_money(request, currency).minor if has_amount else None,
        reason=request.POST.get("reason", "other"),
        note=request.POST.get("note", "").strip(),
        line=disputes.InvoiceLine(request.POST.get("line_number", ""), request.POST.get("line_text", "")),
    )
    told(request, gettext("Dispute opened: that part is no longer chased"))
    return _returned(request, number)


@screen("resolve_dispute")
@require_POST
def close_dispute(request: DeskRequest, number: str, dispute_id: int) -> HttpResponse:
    customer = customers.customer_by_number(number, scope=request.scope)
    _must_be_among(dispute_id, (one.pk for one in contested.open_of(_accounts(customer), scope=request.scope)))
    disputes.close_dispute(
        organisation_id=request.organisation_id,
        dispute_id=dispute_id,
        outcome=request.POST.get("outcome", ""),
        today=request.today,
        by=request.actor,
        note=request.POST.get("note", "").strip(),
    )
    told(request, gettext("Dispute closed"))
    return _returned(request, number)


@screen("pause_reminders")
@require_POST
def pause(request: DeskRequest, number: str) -> HttpResponse:
    customer = customers.customer_by_number(number, scope=request.scope)
    made = pauses.pause(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        reason=request.POST.get("reason", "other"),
        today=request.today,
        by=request.actor,
        until=_day(request, "day"),
        note=request.POST.get("note", "").strip(),
        judgment_date=_day(request, "judgment"),
    )
    undo = reverse("desk:customer_resume", args=[number, made.pk])
    told(request, gettext("Reminders of {name} are paused").format(name=customer.name), undo=undo)
    return _returned(request, number)


@screen("pause_reminders")
@require_POST
def resume(request: DeskRequest, number: str, pause_id: int) -> HttpResponse:
    customer = customers.customer_by_number(number, scope=request.scope)
    _must_be_among(pause_id, (one.pk for one in engaged.pauses_of(_accounts(customer), scope=request.scope)))
    ended = pauses.resume(
        organisation_id=request.organisation_id, pause_id=pause_id, today=request.today, by=request.actor
    )
    told(request, gettext("Reminders of {name} go on").format(name=customer.name))
    if ended.reason == PauseReason.INSOLVENCY and _still_suspended(customer, request):
        told(request, gettext("Penalties stay suspended by the insolvency: lift that here once it is over"))
        return redirect(f"{reverse('desk:customer_penalties', args=[number])}#suspensions")
    return _returned(request, number)


def _still_suspended(customer: Customer, request: DeskRequest) -> bool:
    """Whether an insolvency still keeps penalties from running."""
    known = penalties.suspensions_of(customer.pk, organisation_id=request.organisation_id)
    return any(one.kind == SuspensionKind.INSOLVENCY and one.lifted_at is None for one in known)


urlpatterns = [
    path("customers/<path:number>/promises/<int:promise_id>/withdraw", withdraw_promise, name="customer_unpromise"),
    path("customers/<path:number>/promises", promise, name="customer_promise"),
    path("customers/<path:number>/disputes/<int:dispute_id>/close", close_dispute, name="customer_dispute_close"),
    path("customers/<path:number>/disputes/open", dispute, name="customer_dispute"),
    path("customers/<path:number>/pauses/<int:pause_id>/end", resume, name="customer_resume"),
    path("customers/<path:number>/pauses", pause, name="customer_pause"),
]
