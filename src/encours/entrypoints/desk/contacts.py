"""Contacts of a customer: the channel they prefer, what they refuse and how long they are the right ones."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.customers import contact_actions
from encours.customers import queries as customers
from encours.customers.models import Contact, ContactChannel, ContactRole, Customer
from encours.entrypoints.desk.organisation import LANGUAGES
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told


class ContactForm(DeskForm):
    """Somebody at the customer's."""

    wide = frozenset({"refuses"})
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    role = forms.ChoiceField(label=pgettext_lazy("contact", "Role"), choices=ContactRole.choices)
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254, required=False)
    phone = forms.CharField(
        label=gettext_lazy("Telephone"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("A mobile number also takes SMS."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=[("", gettext_lazy("As the customer")), *LANGUAGES], required=False
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Prefers"),
        choices=[("", gettext_lazy("No preference")), *ContactChannel.choices],
        required=False,
    )
    valid_from = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    valid_until = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day on which this is the right person."),
    )
    is_primary = forms.BooleanField(label=gettext_lazy("Receives reminders first"), required=False)
    refuses = forms.MultipleChoiceField(
        label=gettext_lazy("Wants nothing by"),
        choices=ContactChannel.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


def _customer(request: DeskRequest, number: str) -> Customer:
    return customers.customer_by_number(number, scope=request.scope)


def _contact(customer: Customer, contact_id: int | None) -> Contact | None:
    if contact_id is None:
        return None
    found = customers.contacts_of(customer.pk, organisation_id=customer.organisation_id)
    one = next((contact for contact in found if contact.pk == contact_id), None)
    if one is None:
        raise Http404
    return one


def _initial(contact: Contact | None) -> dict[str, Any]:
    if contact is None:
        return {"role": ContactRole.ACCOUNTS}
    names = ("name", "role", "email", "phone", "language", "channel", "valid_from", "valid_until", "is_primary")
    refuses = [*contact.opted_out_channels, *(["email"] if contact.opted_out_at else [])]
    return {**{name: getattr(contact, name) for name in names}, "refuses": refuses}


@screen("edit_customer")
def contact(request: DeskRequest, number: str, contact_id: int | None = None) -> HttpResponse:
    customer = _customer(request, number)
    kept = _contact(customer, contact_id)
    form = ContactForm(request.POST or None, initial=_initial(kept))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            said = {**form.cleaned_data, "refuses": tuple(form.cleaned_data["refuses"])}
            contact_actions.save_contact(
                organisation_id=request.organisation_id,
                customer_id=customer.pk,
                form=contact_actions.ContactForm(**said),
                by=request.actor,
                now=request.now,
                contact_id=contact_id,
            )
            told(request, gettext("{name} is saved.").format(name=said["name"]))
            return redirect("desk:customer", customer.number)
    context = {"customer": customer, "contact": kept, "form": form}
    return render(request, "desk/customers/contact.html", context, status=422 if form.errors else 200)


@screen("edit_customer")
@require_POST
def contact_remove(request: DeskRequest, number: str, contact_id: int) -> HttpResponse:
    customer = _customer(request, number)
    contact_actions.remove_contact(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        contact_id=contact_id,
        why=request.POST.get("why", "")[:300],
        by=request.actor,
    )
    told(request, gettext("The contact is removed."))
    return redirect("desk:customer", customer.number)


urlpatterns = [
    path("customers/<str:number>/contacts/new", contact, name="contact_new"),
    path("customers/<str:number>/contacts/<int:contact_id>", contact, name="contact"),
    path("customers/<str:number>/contacts/<int:contact_id>/remove", contact_remove, name="contact_remove"),
]
