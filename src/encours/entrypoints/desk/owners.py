"""Whose a customer is and how much it may owe: collector, salesperson, customer success, credit limit."""

from decimal import Decimal
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
from encours.access.rules import can
from encours.core.currencies import exponent
from encours.core.money import Money
from encours.credit import actions as credit
from encours.credit import queries as limits
from encours.customers import actions as customers
from encours.customers import details_actions as details
from encours.customers.models import Customer, OwnerRole
from encours.customers.queries import customer_by_number
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

AMOUNT_MAX = Decimal(10) ** 13


class OwnersForm(DeskForm):
    """Who follows a customer, and what it may owe."""

    wide = frozenset({"why"})
    collector = forms.ChoiceField(label=gettext_lazy("Collector"), required=False)
    sales_rep = forms.ChoiceField(label=gettext_lazy("Sales representative"), required=False)
    success_owner = forms.ChoiceField(label=gettext_lazy("Customer success"), required=False)
    credit_limit = AmountField(
        label=gettext_lazy("Credit limit"),
        required=False,
        min_value=0,
        max_value=AMOUNT_MAX,
        help_text=gettext_lazy("Empty: no limit. What a file of customers says later counts when it changes there."),
    )
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
    seen = limits.limit_of(who.pk, organisation_id=request.organisation_id, today=request.today)
    currency = seen.limit.currency if seen else _usual_currency(request)
    may_limit = can(request.scope, "set_credit_limit")
    initial: dict[str, Any] = {role.value: getattr(who, f"{role.value}_id") or "" for role in OwnerRole}
    initial |= {"timezone": who.timezone, "write_from": who.write_from}
    if seen is not None:
        initial["credit_limit"] = Money(seen.use.limit_minor, currency).as_decimal()
    form = OwnersForm(request.POST or None, initial=initial)
    form.count_in("credit_limit", currency)
    people = [("", gettext("Nobody")), *_people(request, who)]
    for role in OwnerRole:
        form.offer(role.value, people)
    form.offer("timezone", [("", gettext("As the company that writes")), *_zones()])
    if not may_limit:
        del form.fields["credit_limit"]
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            _keep(request, who, form.cleaned_data, currency=currency)
            told(request, gettext("{name} is saved.").format(name=who.name))
            return redirect("desk:customer", who.number)
    context = {
        "customer": who,
        "form": form,
        "seen": seen,
        "history": limits.limits_of(who.pk, organisation_id=request.organisation_id),
    }
    return render(request, "desk/customers/owners.html", context, status=422 if form.errors else 200)


@cache
def _zones() -> list[tuple[str, str]]:
    """The clocks of the world, by continent and city."""
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name]


def _usual_currency(request: DeskRequest) -> str:
    company = access.entities(request.scope).first()
    return company.currency if company else "EUR"


def _people(request: DeskRequest, who: Customer) -> list[tuple[int, str]]:
    """Who works here, and whoever has the customer still, though they have left."""
    held = {getattr(who, f"{role.value}_id") for role in OwnerRole}
    found = [one for one in access.members(request.organisation_id) if one.is_active or one.user_id in held]
    return [(one.user_id, one.user.display_name) for one in found]


@transaction.atomic
def _keep(request: DeskRequest, who: Customer, said: dict[str, Any], *, currency: str) -> None:
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
    if "credit_limit" not in said:
        return
    amount = said["credit_limit"]
    credit.set_limit(
        organisation_id=request.organisation_id,
        customer_id=who.pk,
        amount_minor=None if amount is None else int(round(amount, exponent(currency)).scaleb(exponent(currency))),
        currency=currency,
        today=request.today,
        why=said["why"],
        by=request.actor,
    )


urlpatterns = [path("customers/<str:number>/owners", owners, name="customer_owners")]
