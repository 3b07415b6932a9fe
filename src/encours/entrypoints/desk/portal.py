"""The customers' own page, seen from the desk: whether it is open, who came, links to give and to take back."""

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.conversation import actions as conversation
from encours.conversation.actions.portal_notes import PageNoteUnknown
from encours.conversation.queries import inbox, portal_threads
from encours.core.errors import Refused
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told
from encours.portal import actions as portal
from encours.portal import queries
from encours.portal.models import Elsewhere


class PortalForm(DeskForm):
    """What customers may do on their page."""

    wide = frozenset({"is_on", "address", "elsewhere", "may_promise", "may_dispute", "may_write"})
    is_on = forms.BooleanField(label=gettext_lazy("Customers have a page of their own"), required=False)
    address = forms.CharField(
        label=gettext_lazy("Public address"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("What stands before the links, such as https://account.example.com; it leads here."),
    )
    link_days = forms.IntegerField(label=gettext_lazy("Days a link is good for"), min_value=1, max_value=366)
    elsewhere = forms.ChoiceField(
        label=gettext_lazy("In another browser than the one used first, a link allows"), choices=Elsewhere.choices
    )
    may_promise = forms.BooleanField(label=gettext_lazy("They may propose a day to pay"), required=False)
    promise_days_max = forms.IntegerField(
        label=gettext_lazy("At most that many days from now"), min_value=1, max_value=180
    )
    promise_parts_max = forms.IntegerField(
        label=gettext_lazy("In at most that many payments"), min_value=1, max_value=12
    )
    may_dispute = forms.BooleanField(label=gettext_lazy("They may contest an invoice, with files"), required=False)
    may_write = forms.BooleanField(label=gettext_lazy("They may write to us"), required=False)


@screen("edit_organisation")
def portal_settings(request: DeskRequest) -> HttpResponse:
    policy = queries.policy_of(request.organisation_id)
    form = PortalForm(request.POST or None, initial={name: getattr(policy, name) for name in PortalForm.base_fields})
    form.fields["address"].widget.attrs["placeholder"] = settings.BASE_ADDRESS
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            portal.set_policy(
                organisation_id=request.organisation_id,
                form=portal.PolicyForm(**form.cleaned_data),
                now=request.now,
                by=request.actor,
            )
            told(request, gettext("Saved."))
            return redirect("desk:portal_settings")
    context = {"form": form, "policy": policy, "address": policy.address or settings.BASE_ADDRESS}
    return render(request, "desk/settings/portal.html", context, status=422 if form.errors else 200)


def _customer(request: DeskRequest, number: str) -> Customer:
    return customers.customer_by_number(number, scope=request.scope)


@screen("view_books")
def portal_of(request: DeskRequest, number: str) -> HttpResponse:
    """Who has a way in, when they last came, and a link just made, shown this once."""
    return _page(request, _customer(request, number))


def _page(request: DeskRequest, customer: Customer, **more: Any) -> HttpResponse:
    context = {
        "customer": customer,
        "policy": queries.policy_of(request.organisation_id),
        "ways": queries.ways_of(customer),
        "may_give": can(request.scope, "send_message"),
        "notes": portal_threads.notes_on_page(customer.pk, scope=request.scope),
        "key": str(uuid4()),
        **more,
    }
    return render(request, "desk/customers/portal.html", context)


@screen("view_books")
@require_POST
def portal_look(request: DeskRequest, number: str, contact: int) -> HttpResponse:
    """The page as this person sees it: nothing can be done there by a colleague, and it is no visit."""
    customer = _customer(request, number)
    return redirect(f"{queries.PATH}{_secret(request, customer, contact, is_look=True)}")


@screen("send_message")
@require_POST
def portal_link(request: DeskRequest, number: str, contact: int) -> HttpResponse:
    customer = _customer(request, number)
    secret = _secret(request, customer, contact, is_look=False)
    address = queries.address_of(queries.policy_of(request.organisation_id), secret)
    return _page(request, customer, made=address, made_for=contact)


def _secret(request: DeskRequest, customer: Customer, contact: int, *, is_look: bool) -> str:
    return portal.give_link(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        contact_ref=contact,
        today=request.today,
        by=request.actor,
        is_look=is_look,
    )


@screen("send_message")
@require_POST
def portal_revoke(request: DeskRequest, number: str, contact: int) -> HttpResponse:
    customer = _customer(request, number)
    portal.revoke_links(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        contact_ref=contact,
        why=request.POST.get("why", "").strip()[:300],
        now=request.now,
        by=request.actor,
    )
    told(request, gettext("The links are dead: the next message brings a new one."))
    return redirect("desk:customer_portal", customer.number)


@screen("send_message")
@require_POST
def portal_note(request: DeskRequest, number: str) -> HttpResponse:
    """Write on the customer's page, or answer there what one of them wrote."""
    customer = _customer(request, number)
    answered = request.POST.get("reply", "")
    text, key = request.POST.get("text", ""), request.POST.get("key", "")[:36]
    try:
        conversation.write_portal_note(
            organisation_id=request.organisation_id,
            customer_id=customer.pk,
            text=text,
            key=key or str(uuid4()),
            reply_id=inbox.reply(int(answered), scope=request.scope).pk if answered.isdecimal() else None,
            now=request.now,
            by=request.actor,
        )
    except Refused as refused:
        page = _page(request, customer, refused=refused.translated(gettext), said=text, answered=answered)
        page.status_code = 422
        return page
    told(request, gettext("{name} reads it on their page.").format(name=customer.name))
    return back(request, reverse("desk:customer_portal", args=[customer.number]))


@screen("send_message")
@require_POST
def portal_note_withdraw(request: DeskRequest, number: str, note_id: int) -> HttpResponse:
    customer = _customer(request, number)
    if note_id not in {note.pk for note in portal_threads.notes_on_page(customer.pk, scope=request.scope)}:
        raise PageNoteUnknown
    conversation.withdraw_portal_note(
        organisation_id=request.organisation_id, note_id=note_id, now=request.now, by=request.actor
    )
    told(request, gettext("Taken back: the customer does not see it any more."))
    return redirect("desk:customer_portal", customer.number)


urlpatterns = [
    path("settings/portal", portal_settings, name="portal_settings"),
    path("customers/<str:number>/portal", portal_of, name="customer_portal"),
    path("customers/<str:number>/portal/notes", portal_note, name="portal_note"),
    path(
        "customers/<str:number>/portal/notes/<int:note_id>/withdraw", portal_note_withdraw, name="portal_note_withdraw"
    ),
    path("customers/<str:number>/portal/<int:contact>/look", portal_look, name="portal_look"),
    path("customers/<str:number>/portal/<int:contact>/link", portal_link, name="portal_link"),
    path("customers/<str:number>/portal/<int:contact>/revoke", portal_revoke, name="portal_revoke"),
]
