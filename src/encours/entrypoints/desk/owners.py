"""Whose a customer is, and when it is written to: collector, salesperson, customer success, hours."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy

from encours.access import queries as access
from encours.customers import actions as customers
from encours.customers import details_actions as details
from encours.customers.models import Customer, OwnerRole
from encours.customers.queries import customer_by_number
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told


class OwnersForm(DeskForm):
    """Who follows a customer, and by whose clock it is written to."""

    wide = frozenset({"why"})
    collector = forms.ChoiceField(label=gettext_lazy("Collector"), required=False)
    sales_rep = forms.ChoiceField(label=gettext_lazy("Sales representative"), required=False)
    success_owner = forms.ChoiceField(label=gettext_lazy("Customer success"), required=False)
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    write_from = forms.TimeField(
        label=gettext_lazy("Written to from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("By the customer's clock. Empty: the hours of the company that writes."),
    )
    why = forms.CharField(label=gettext_lazy("Why"), max_length=300, required=False)


@screen("edit_customer")
def owners(request: DeskRequest, number: str) -> HttpResponse:
    who = customer_by_number(number, scope=request.scope)
    initial: dict[str, Any] = {role.value: getattr(who, f"{role.value}_id") or "" for role in OwnerRole}
    initial |= {"timezone": who.timezone, "write_from": who.write_from}
    form = OwnersForm(request.POST or None, initial=initial)
    people = [("", gettext("Nobody")), *_people(request, who)]
    for role in OwnerRole:
        form.offer(role.value, people)
    form.offer("timezone", [("", gettext("As the company that writes")), *_zones()])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            _keep(request, who, form.cleaned_data)
            told(request, gettext("{name} is saved.").format(name=who.name))
            return redirect("desk:customer", who.number)
    context = {"customer": who, "form": form}
    return render(request, "desk/customers/owners.html", context, status=422 if form.errors else 200)


@cache
def _zones() -> list[tuple[str, str]]:
    """The clocks of the world, by continent and city."""
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name]


def _people(request: DeskRequest, who: Customer) -> list[tuple[int, str]]:
    """Who works here, and whoever has the customer still, though they have left."""
    held = {getattr(who, f"{role.value}_id") for role in OwnerRole}
    found = [one for one in access.members(request.organisation_id) if one.is_active or one.user_id in held]
    return [(one.user_id, one.user.display_name) for one in found]


@transaction.atomic
def _keep(request: DeskRequest, who: Customer, said: dict[str, Any]) -> None:
    people = {f"{role.value}_id": int(said[role.value]) if said[role.value] else None for role in OwnerRole}
    customers.assign_customers(
        organisation_id=request.organisation_id,
        assignments=[
            customers.Assignment(who.pk, segment_id=who.segment_id, parent_id=who.parent_id, **people),
        ],
        why=said["why"],
        by=request.actor,
    )
    details.set_hours(
        organisation_id=request.organisation_id,
        customer_id=who.pk,
        timezone=said["timezone"],
        write_from=said["write_from"],
        by=request.actor,
    )


urlpatterns = [path("customers/<str:number>/owners", owners, name="customer_owners")]
