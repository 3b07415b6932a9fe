"""Privacy: the register of what is kept, legal holds, the copy of a person's data and their erasure."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.core.errors import EncoursError
from encours.customers import queries as customers
from encours.customers.models import Contact, Customer
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.privacy import actions, queries
from encours.privacy.rules import RETENTIONS, archive


def _customer(request: DeskRequest, number: str) -> Customer:
    return customers.customer_by_number(number, scope=request.scope)


def _contact(customer: Customer, contact_id: int) -> Contact:
    found = customers.contacts_of(customer.pk, organisation_id=customer.organisation_id)
    one = next((contact for contact in found if contact.pk == contact_id), None)
    if one is None:
        raise Http404
    return one


@screen("view_audit")
def register(request: DeskRequest) -> HttpResponse:
    context = {
        "retentions": RETENTIONS,
        "holds": queries.holds(request.organisation_id),
        "erasures": queries.erasures(request.organisation_id),
    }
    return render(request, "desk/privacy/register.html", context)


@screen("edit_customer")
def privacy_of(request: DeskRequest, number: str) -> HttpResponse:
    customer = _customer(request, number)
    context = {
        "customer": customer,
        "contacts": [
            (contact, queries.exchanges_with(contact))
            for contact in customers.contacts_of(customer.pk, organisation_id=request.organisation_id)
        ],
        "hold": queries.hold_of(customer.pk, organisation_id=request.organisation_id),
        "may_hold": can(request.scope, "claim_formally"),
        "may_erase": can(request.scope, "merge_customers"),
    }
    return render(request, "desk/privacy/customer.html", context)


@screen("edit_customer")
def person_copy(request: DeskRequest, number: str, contact_id: int) -> HttpResponse:
    customer = _customer(request, number)
    contact = _contact(customer, contact_id)
    made = archive(queries.data_of(contact))
    actions.note_copy(
        organisation_id=request.organisation_id, customer_id=customer.pk, what=f"contact {contact.pk}", by=request.actor
    )
    return _zip(made, f"{customer.number}-{contact.pk}.zip")


@screen("edit_customer")
def exchanges_copy(request: DeskRequest, number: str) -> HttpResponse:
    customer = _customer(request, number)
    made = archive(queries.exchanges_of(customer, scope=request.scope))
    actions.note_copy(
        organisation_id=request.organisation_id, customer_id=customer.pk, what="exchanges", by=request.actor
    )
    return _zip(made, f"{customer.number}.zip")


def _zip(made: bytes, name: str) -> HttpResponse:
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)
    return HttpResponse(
        made, content_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{safe}"'}
    )


@screen("merge_customers")
@require_POST
def person_erase(request: DeskRequest, number: str, contact_id: int) -> HttpResponse:
    customer = _customer(request, number)
    try:
        made = actions.erase_person(
            organisation_id=request.organisation_id,
            customer_id=customer.pk,
            contact_id=contact_id,
            why=request.POST.get("why", "")[:300],
            today=request.today,
            by=request.actor,
        )
    except EncoursError as refusal:
        told(request, refusal.translated(gettext))
    else:
        kept = next((one["until"] for one in made.kept), None)
        said = gettext("The person is erased.")
        told(request, f"{said} {gettext('Exchanges stay until {day}.').format(day=kept)}" if kept else said)
    return redirect("desk:customer_privacy", customer.number)


@screen("claim_formally")
@require_POST
def data_hold(request: DeskRequest, number: str) -> HttpResponse:
    """Hold everything of the customer, or lift the hold."""
    customer = _customer(request, number)
    lifts = request.POST.get("verb") == "lift"
    deed = actions.lift_hold if lifts else actions.hold
    try:
        deed(
            organisation_id=request.organisation_id,
            customer_id=customer.pk,
            why=request.POST.get("why", "")[:300],
            today=request.today,
            by=request.actor,
        )
    except EncoursError as refusal:
        told(request, refusal.translated(gettext))
    else:
        told(request, gettext("The hold is lifted.") if lifts else gettext("Nothing of this customer is erased now."))
    return redirect("desk:customer_privacy", customer.number)


urlpatterns = [
    path("settings/privacy", register, name="privacy"),
    path("customers/<path:number>/privacy", privacy_of, name="customer_privacy"),
    path("customers/<path:number>/privacy/hold", data_hold, name="data_hold"),
    path("customers/<path:number>/privacy/exchanges.zip", exchanges_copy, name="exchanges_copy"),
    path("customers/<path:number>/privacy/<int:contact_id>.zip", person_copy, name="person_copy"),
    path("customers/<path:number>/privacy/<int:contact_id>/erase", person_erase, name="person_erase"),
]
