"""What is done with a customer on the list of the day: noted, put off, done, sent; each keeps the place in the list."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.actions import worklist as worklist_actions
from encours.collections.queries import worklist
from encours.core.errors import EncoursError
from encours.core.money import Money
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.disputes import actions as disputes
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.today import asked_of, customer_of, peek_context
from encours.entrypoints.desk.today_forms import form_of
from encours.entrypoints.forms import refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told
from encours.ledger import queries as ledger
from encours.messaging import actions as messaging_actions
from encours.messaging import queries as messaging

SENT_AT_ONCE_MAX = 100


@screen("view_books")
@require_POST
def act(request: DeskRequest, customer_id: int, do: str) -> HttpResponse:
    """One gesture on a customer: a promise, a dispute, put off; refusals come back on its form."""
    customer = customer_of(request, customer_id)
    if do not in _GESTURES:
        raise Http404
    if not can(request.scope, _RIGHTS[do]):
        raise PermissionDenied
    form = form_of(request, do, customer_id, request.POST)
    if form is None:
        return redirect("desk:today_peek", customer_id)
    if form.is_valid():
        with refusals_on(form):
            told(request, _GESTURES[do](request, customer, form.cleaned_data))
            return back(request, reverse("desk:today"))
    context = {
        **peek_context(request, customer_id),
        "do": do,
        "form": form,
        "may_send": can(request.scope, "send_message"),
    }
    return render(request, "desk/today/customer.html", context, status=422)


def _promise(request: DeskRequest, customer: Customer, said: Mapping[str, Any]) -> str:
    currency = said["currency"].upper()
    collections.record_promise(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        amount_minor=Money.from_decimal(said["amount"], currency).minor,
        currency=currency,
        promised_date=said["promised_date"],
        today=request.today,
        by=request.actor,
        source=said["source"],
        note=said["note"],
    )
    return gettext("Promise noted: reminders to {name} wait for that day.").format(name=customer.name)


def _dispute(request: DeskRequest, customer: Customer, said: Mapping[str, Any]) -> str:
    number, amount = said["document_number"], said["amount"]
    currency = ledger.currency_of(number, customer_id=customer.pk, scope=request.scope) or "EUR"
    disputes.open_dispute(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        today=request.today,
        by=request.actor,
        document_number=number,
        amount_minor=None if amount is None else Money.from_decimal(amount, currency).minor,
        reason=said["reason"],
        note=said["note"],
        line=disputes.InvoiceLine(said["line_number"], said["line_text"]),
    )
    return gettext("Dispute opened: that part is no longer claimed.")


def _later(request: DeskRequest, customer: Customer, said: Mapping[str, Any]) -> str:
    worklist_actions.put_off(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        until=said["until"],
        today=request.today,
        by=request.actor,
        note=said["note"],
    )
    return gettext("{name} comes back on that day.").format(name=customer.name)


_GESTURES = {"promise": _promise, "dispute": _dispute, "later": _later}
_RIGHTS = {"promise": "record_promise", "dispute": "open_dispute", "later": "add_note"}


@screen("add_note")
@require_POST
def done(request: DeskRequest, customer_id: int) -> HttpResponse:
    customer = customer_of(request, customer_id)
    worklist_actions.mark_done(
        organisation_id=request.organisation_id, customer_id=customer.pk, today=request.today, by=request.actor
    )
    undo = reverse("desk:today_reopen", args=[customer_id])
    told(request, gettext("{name} is done for today.").format(name=customer.name), undo=undo)
    return back(request, reverse("desk:today"))


@screen("add_note")
@require_POST
def reopen(request: DeskRequest, customer_id: int) -> HttpResponse:
    customer = customer_of(request, customer_id)
    worklist_actions.put_back_on_list(
        organisation_id=request.organisation_id, customer_id=customer.pk, today=request.today, by=request.actor
    )
    told(request, gettext("{name} is back on the list.").format(name=customer.name))
    return back(request, reverse("desk:today"))


@screen("send_message")
@require_POST
def read_reply(request: DeskRequest, customer_id: int, reply_id: int) -> HttpResponse:
    """A person has read what the customer wrote: reminders are free again."""
    customer = customer_of(request, customer_id)
    account_ids = customers.with_merged(customer_id, organisation_id=request.organisation_id)
    if reply_id not in {reply.pk for reply in messaging.replies(request.scope, account_ids=account_ids)}:
        raise Http404
    messaging_actions.mark_reply_read(
        organisation_id=request.organisation_id, reply_id=reply_id, by=request.actor, now=request.now
    )
    told(request, gettext("Read: reminders to {name} are free again.").format(name=customer.name))
    return back(request, reverse("desk:today"))


@screen("send_message")
@require_POST
def send_ready(request: DeskRequest) -> HttpResponse:
    """Confirm all that waits for a person and nothing else; what moved meanwhile stays and says why."""
    sent, refused = 0, ""
    for reminder_id in worklist.ready_to_confirm(asked_of(request), limit=SENT_AT_ONCE_MAX):
        try:
            collections.confirm(
                organisation_id=request.organisation_id,
                reminder_id=reminder_id,
                today=request.today,
                now=request.now,
                by=request.actor,
            )
            sent += 1
        except EncoursError as error:
            refused = error.translated(gettext)
    text = ngettext("{count} reminder leaves.", "{count} reminders leave.", sent).format(count=sent)
    told(request, f"{text} {refused}".strip())
    return back(request, reverse("desk:today"))


urlpatterns = [
    path("today/send-ready", send_ready, name="today_send_ready"),
    path("today/<int:customer_id>/done", done, name="today_done"),
    path("today/<int:customer_id>/reopen", reopen, name="today_reopen"),
    path("today/<int:customer_id>/replies/<int:reply_id>", read_reply, name="today_read"),
    path("today/<int:customer_id>/<slug:do>", act, name="today_act"),
]
