"""Credit insurance: the policy, whom it covers how far, and what was declared to the insurer of a customer."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.dateparse import parse_date
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access.rules import can
from encours.core.money import Money
from encours.credit import insurance_actions as insurance
from encours.credit import insurance_queries as queries
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.recovery import actions as recovery
from encours.recovery.actions.insurers import DeclarationUnusable
from encours.recovery.models import InsurerDeclaration, InsurerWord
from encours.recovery.queries import guardian


def _day_field(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, help_text=help_text)


class PolicyForm(DeskForm):
    """What the contract with the insurer says."""

    wide = frozenset({"covers_others"})
    insurer_name = forms.CharField(label=gettext_lazy("Insurer"), max_length=200)
    policy_number = forms.CharField(label=gettext_lazy("Policy number"), max_length=60, required=False)
    declare_days = forms.IntegerField(
        label=gettext_lazy("Declare what is late within, in days after the due date"),
        min_value=1,
        max_value=insurance.DAYS_MAX,
    )
    claim_days = forms.IntegerField(
        label=gettext_lazy("Ask to be paid within, in days after the due date"),
        min_value=1,
        max_value=insurance.DAYS_MAX,
        required=False,
        help_text=gettext_lazy("Empty: the declaration is the claim."),
    )
    from_date = _day_field(
        gettext_lazy("Covers what is issued from"),
        gettext_lazy("The policy before it ends there and covers what was issued until then."),
    )
    covers_others = forms.BooleanField(
        label=gettext_lazy("Customers of whom the insurer said nothing are covered too"), required=False
    )


class CoverForm(DeskForm):
    """What the insurer says of one customer."""

    wide = frozenset({"customer", "why"})
    customer = forms.CharField(label=gettext_lazy("Customer number"), max_length=80)
    is_covered = forms.ChoiceField(
        label=gettext_lazy("The insurer"),
        choices=[("yes", gettext_lazy("covers it")), ("no", gettext_lazy("does not cover it"))],
    )
    amount = AmountField(
        label=gettext_lazy("Up to"), required=False, help_text=gettext_lazy("Empty: whatever it owes.")
    )
    from_date = _day_field(gettext_lazy("For what is issued from"))
    why = forms.CharField(label=gettext_lazy("Reference or reason"), max_length=300, required=False)


def _currency(request: DeskRequest) -> str:
    company = access.entities(request.scope).first()
    return company.currency if company else "EUR"


@screen("view_books")
def insurance_settings(request: DeskRequest) -> HttpResponse:
    """The policy and the covers; a form for each, for who may set credit limits."""
    running = queries.running_policy(request.organisation_id)
    may_edit = can(request.scope, "set_credit_limit")
    what = request.POST.get("what") if request.method == "POST" and may_edit else None
    start = {"from_date": running.from_date if running else request.today}
    policy_form = PolicyForm(
        request.POST if what == "policy" else None, prefix="policy", initial=vars(running) if running else start
    )
    cover_form = CoverForm(
        request.POST if what == "cover" else None,
        prefix="cover",
        initial={**start, "customer": request.GET.get("customer", "")},
    )
    cover_form.count_in("amount", _currency(request))
    if (what == "policy" and _kept_policy(request, policy_form)) or (
        what == "cover" and _kept_cover(request, cover_form)
    ):
        return redirect("desk:insurance")
    covers = queries.covers(request.scope, today=request.today)
    context = {
        "running": running,
        "policies": queries.policies(request.organisation_id),
        "covers": covers,
        "totals": _totals(covers),
        "policy_form": policy_form,
        "cover_form": cover_form,
        "may_edit": may_edit,
    }
    status = 422 if policy_form.errors or cover_form.errors else 200
    return render(request, "desk/settings/insurance.html", context, status=status)


def _totals(covers: Sequence[queries.Cover]) -> list[tuple[str, int, int]]:
    """By currency what these customers owe, and what of it is not insured."""
    found: dict[str, tuple[int, int]] = {}
    for one in covers:
        owed, left = found.get(one.said.currency, (0, 0))
        insured = one.insured
        found[one.said.currency] = (owed + insured.exposure_minor, left + insured.uninsured_minor)
    return [(currency, *sums) for currency, sums in sorted(found.items())]


def _kept_policy(request: DeskRequest, form: PolicyForm) -> bool:
    if not form.is_valid():
        return False
    with refusals_on(form):
        insurance.set_policy(
            insurance.NewPolicy(**form.cleaned_data), organisation_id=request.organisation_id, by=request.actor
        )
        told(request, gettext("The policy is in force: its days stand among the deadlines."))
    return not form.errors


def _kept_cover(request: DeskRequest, form: CoverForm) -> bool:
    if not form.is_valid():
        return False
    said, currency = form.cleaned_data, _currency(request)
    with refusals_on(form):
        who = customers.customer_by_number(said["customer"].strip(), scope=request.scope)
        insurance.set_cover(
            organisation_id=request.organisation_id,
            customer_id=who.pk,
            is_covered=said["is_covered"] == "yes",
            amount_minor=None if said["amount"] is None else Money.from_decimal(said["amount"], currency).minor,
            currency=currency,
            from_date=said["from_date"],
            why=said["why"],
            by=request.actor,
        )
        told(request, gettext("Noted for {name}.").format(name=who.name))
    return not form.errors


@screen("set_credit_limit")
@require_POST
def insurance_end(request: DeskRequest) -> HttpResponse:
    insurance.end_policy(organisation_id=request.organisation_id, today=request.today, by=request.actor)
    told(request, gettext("Ended: what was issued before stays covered and guarded."))
    return redirect("desk:insurance")


def beside(request: DeskRequest, customer: Customer, account_ids: Sequence[int]) -> dict[str, Any]:
    """What a customer's page says of its insurance; nothing where there never was a policy."""
    policies = queries.policies(request.organisation_id)
    if not policies:
        return {}
    asked = guardian.Asked(request.organisation_id, request.today, account_ids=account_ids, scope=request.scope)
    late = guardian.insured_items(asked)
    wanted = {day.kind.value for one in late for day in one.days if day.kind.value not in one.declared}
    found = InsurerDeclaration.objects.filter(organisation_id=request.organisation_id, customer_id__in=account_ids)
    return {
        "insurer": {
            "policy": policies[0] if policies[0].ended_date is None else None,
            "cover": next(iter(queries.covers(request.scope, today=request.today, customer_id=customer.pk)), None),
            "declarations": list(found.order_by("-pk")[:20]),
            "words": [(word.value, word.label) for word in InsurerWord if word.value in wanted],
        }
    }


@screen("record_proceedings")
@require_POST
def declare(request: DeskRequest, number: str) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    try:
        day = parse_date(request.POST.get("day", ""))
    except ValueError:
        day = None
    if day is None:
        raise DeclarationUnusable
    made = recovery.declare_to_insurer(
        organisation_id=request.organisation_id,
        customer_id=who.pk,
        kind=request.POST.get("kind", ""),
        declared_date=day,
        reference=request.POST.get("reference", ""),
        today=request.today,
        by=request.actor,
    )
    told(
        request,
        gettext("Noted, of {count}: {documents}").format(
            count=len(made.documents), documents=", ".join(made.documents[:5])
        ),
    )
    return redirect("desk:customer_recovery", number=number)


@screen("record_proceedings")
@require_POST
def withdraw(request: DeskRequest, number: str, declaration_id: int) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    accounts = customers.with_merged(who.pk, organisation_id=request.organisation_id)
    own = InsurerDeclaration.objects.filter(organisation_id=request.organisation_id, customer_id__in=accounts)
    if not own.filter(pk=declaration_id).exists():
        raise Http404
    recovery.withdraw_declaration(
        organisation_id=request.organisation_id,
        declaration_id=declaration_id,
        today=request.today,
        by=request.actor,
        why=request.POST.get("why", "")[:300],
    )
    told(request, gettext("Taken back"))
    return redirect("desk:customer_recovery", number=number)


urlpatterns = [
    path("settings/insurance", insurance_settings, name="insurance"),
    path("settings/insurance/end", insurance_end, name="insurance_end"),
    path("customers/<path:number>/recovery/insurer", declare, name="insurer_declare"),
    path("customers/<path:number>/recovery/insurer/<int:declaration_id>/withdraw", withdraw, name="insurer_withdraw"),
]
