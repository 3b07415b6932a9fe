"""How far a customer is trusted: its limit and its terms, what is proposed of them, and who agrees."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access.proposal_models import Proposal
from encours.access.rules import PERMISSIONS, can
from encours.core.currencies import exponent
from encours.core.money import Money
from encours.core.second_person import ProposalUnknown
from encours.credit import actions as credit
from encours.credit import queries, terms_actions
from encours.credit.models import CreditLimit, ExceptionalTerms, LimitProposal
from encours.credit.rules.terms import Ceiling
from encours.customers.models import Customer
from encours.customers.queries import customer_by_number
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

AMOUNT_MAX = Decimal(10) ** 13


class LimitForm(DeskForm):
    """What a customer may owe at most, and why."""

    amount = AmountField(
        label=gettext_lazy("Credit limit"),
        required=False,
        min_value=0,
        max_value=AMOUNT_MAX,
        help_text=gettext_lazy("Empty: no limit. What a file of customers says later counts when it changes there."),
    )
    why = forms.CharField(label=gettext_lazy("Why"), max_length=300, required=False)


class TermsForm(DeskForm):
    """Other terms than the usual ones, for what is issued in some days."""

    wide = frozenset({"terms", "why"})
    terms = forms.CharField(
        label=gettext_lazy("Payment terms"),
        max_length=80,
        help_text=gettext_lazy("For instance 45 days, 30 days end of month."),
    )
    from_date = forms.DateField(
        label=gettext_lazy("Issued from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    to_date = forms.DateField(
        label=gettext_lazy("until, included"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    why = forms.CharField(label=gettext_lazy("Why"), max_length=300)


class PolicyForm(DeskForm):
    """From which amount on two people decide about a limit."""

    threshold = AmountField(
        label=gettext_lazy("A second person agrees above"),
        required=False,
        min_value=0,
        max_value=AMOUNT_MAX,
        help_text=gettext_lazy("Empty: never. Zero: each time a limit is raised."),
    )


def minor_of(amount: Decimal | None, currency: str) -> int | None:
    """An amount as a form gives it, in minor units; none stays none."""
    places = exponent(currency)
    return None if amount is None else int(round(amount, places).scaleb(places))


@screen("view_books")
def customer_credit(request: DeskRequest, number: str) -> HttpResponse:
    """The limit and the terms of a customer; a form for each, for who may propose them."""
    who = customer_by_number(number, scope=request.scope)
    return _page(request, who)


def _page(
    request: DeskRequest, who: Customer, *, limit_form: LimitForm | None = None, terms_form: TermsForm | None = None
) -> HttpResponse:
    organisation_id = request.organisation_id
    seen = queries.limit_of(who.pk, organisation_id=organisation_id, today=request.today)
    currency = seen.limit.currency if seen else queries.policy_of(organisation_id).currency
    if limit_form is None:
        held = Money(seen.use.limit_minor, currency).as_decimal() if seen else None
        limit_form = LimitForm(initial={"amount": held})
    limit_form.count_in("amount", currency)
    terms = queries.terms_of(who.pk, organisation_id=organisation_id)
    may_set = can(request.scope, "set_credit_limit")
    has_errors = bool(limit_form.errors or (terms_form and terms_form.errors))
    context = {
        "customer": who,
        "seen": seen,
        "history": queries.limits_of(who.pk, organisation_id=organisation_id),
        "waiting": queries.limit_waiting(who.pk, organisation_id=organisation_id),
        "usual_terms": queries.usual_terms(who),
        "terms": [(one, _state(one, request)) for one in terms],
        "limit_form": limit_form,
        "terms_form": terms_form or TermsForm(initial={"from_date": request.today}),
        "may_set": may_set,
        "may_propose": may_set or can(request.scope, "propose_credit"),
        "threshold": queries.threshold_of(organisation_id),
        "ceiling": Ceiling.on(request.today),
        "me": request.user.pk,
    }
    return render(request, "desk/customers/credit.html", context, status=422 if has_errors else 200)


def _state(one: ExceptionalTerms, request: DeskRequest) -> tuple[str, str]:
    """Where exceptional terms stand, in words, and their tone."""
    if one.is_waiting:
        return gettext("Waits for a second person"), "watch"
    if one.decided_as != "approved":
        return one.get_decided_as_display(), ""
    if not queries.holds(one, today=request.today):
        return gettext("Over"), ""
    return (gettext("To come"), "info") if one.from_date > request.today else (gettext("In force"), "good")


@screen("propose_credit")
@require_POST
def limit(request: DeskRequest, number: str) -> HttpResponse:
    """Set a limit, or propose it where a second person is wanted."""
    who = customer_by_number(number, scope=request.scope)
    form = LimitForm(request.POST)
    if form.is_valid():
        held = queries.granted(who.pk, organisation_id=request.organisation_id)
        currency = held.currency if held else queries.policy_of(request.organisation_id).currency
        with refusals_on(form):
            made = credit.ask_limit(
                organisation_id=request.organisation_id,
                customer_id=who.pk,
                amount_minor=minor_of(form.cleaned_data["amount"], currency),
                currency=currency,
                today=request.today,
                by=request.actor,
                may_set=can(request.scope, "set_credit_limit"),
                why=form.cleaned_data["why"],
            )
            told(request, _said(made, who))
            return _returned(who)
    return _page(request, who, limit_form=form)


def _said(made: CreditLimit | LimitProposal | None, who: Customer) -> str:
    if isinstance(made, LimitProposal):
        return gettext("Proposed: the limit in force stays until a second person agrees.")
    return gettext("{name} is saved.").format(name=who.name)


def _returned(who: Customer) -> HttpResponse:
    return redirect("desk:customer_credit", number=who.number)


@screen("propose_credit")
@require_POST
def terms(request: DeskRequest, number: str) -> HttpResponse:
    """Propose exceptional terms."""
    who = customer_by_number(number, scope=request.scope)
    form = TermsForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            terms_actions.propose_terms(
                organisation_id=request.organisation_id,
                customer_id=who.pk,
                **form.cleaned_data,
                today=request.today,
                by=request.actor,
            )
            told(request, gettext("Proposed: the usual terms stay until a second person agrees."))
            return _returned(who)
    return _page(request, who, terms_form=form)


def _proposal[P: Proposal](request: DeskRequest, found: P | None) -> P:
    """What is decided is of a customer this person sees, by who may set limits; their own they may withdraw."""
    is_own = found is not None and found.proposed_by_id == request.user.pk
    if found is None or not (can(request.scope, "set_credit_limit") or is_own):
        raise ProposalUnknown
    return found


@screen("propose_credit")
@require_POST
def limit_decide(request: DeskRequest, proposal_id: int) -> HttpResponse:
    found = _proposal(request, queries.limit_proposals(request.scope).filter(pk=proposal_id).first())
    given: dict[str, Any] = {
        "organisation_id": request.organisation_id, "proposal_id": found.pk, "today": request.today,
        "by": request.actor,
    }  # fmt: skip
    if request.POST.get("do") == "approve" and can(request.scope, "set_credit_limit"):
        credit.agree_limit(**given)
        told(request, gettext("Agreed: the limit is in force."))
    else:
        credit.turn_down_limit(**given, why=request.POST.get("why", "")[:500])
        told(request, gettext("Noted: the limit in force stays."))
    return _returned(found.customer)


@screen("propose_credit")
@require_POST
def terms_decide(request: DeskRequest, terms_id: int) -> HttpResponse:
    """Agree, refuse, withdraw, or end what was agreed."""
    found = _proposal(request, queries.terms_in_scope(request.scope).filter(pk=terms_id).first())
    given: dict[str, Any] = {
        "organisation_id": request.organisation_id, "terms_id": found.pk, "today": request.today, "by": request.actor,
    }  # fmt: skip
    what, why = request.POST.get("do"), request.POST.get("why", "")[:500]
    may_set = can(request.scope, "set_credit_limit")
    if what == "approve" and may_set:
        terms_actions.agree_terms(**given)
        told(request, gettext("Agreed: what is issued in these days follows them."))
    elif what == "end" and may_set:
        terms_actions.end_terms(**given, why=why)
        told(request, gettext("Ended: what was issued until today keeps its due date."))
    else:
        terms_actions.turn_down_terms(**given, why=why)
        told(request, gettext("Noted: the usual terms stay."))
    return _returned(found.customer)


@screen("view_books")
def credit_settings(request: DeskRequest) -> HttpResponse:
    """From which amount on a limit waits for a second person."""
    policy = queries.policy_of(request.organisation_id)
    held = None if policy.threshold_minor is None else Money(policy.threshold_minor, policy.currency).as_decimal()
    form = PolicyForm(request.POST or None, initial={"threshold": held})
    form.count_in("threshold", policy.currency)
    may_edit = can(request.scope, "edit_organisation") or can(request.scope, "write_off_above_limit")
    if request.method == "POST" and may_edit and form.is_valid():
        with refusals_on(form):
            credit.set_policy(
                organisation_id=request.organisation_id,
                threshold_minor=minor_of(form.cleaned_data["threshold"], policy.currency),
                currency=policy.currency,
                by=request.actor,
            )
            told(request, gettext("Saved."))
            return redirect("desk:credit_settings")
    may_decide = [one for one in access.members(request.organisation_id) if one.is_active and _decides(one.role)]
    context = {"form": form, "may_edit": may_edit, "deciders": may_decide, "approvals": reverse("desk:approvals")}
    return render(request, "desk/settings/credit.html", context, status=422 if form.errors else 200)


def _decides(role: str) -> bool:
    return "set_credit_limit" in PERMISSIONS.get(role, frozenset())


urlpatterns = [
    path("customers/<path:number>/credit/limit", limit, name="customer_limit"),
    path("customers/<path:number>/credit/terms", terms, name="customer_terms"),
    path("customers/<path:number>/credit", customer_credit, name="customer_credit"),
    path("credit/limits/<int:proposal_id>/decide", limit_decide, name="limit_decide"),
    path("credit/terms/<int:terms_id>/decide", terms_decide, name="terms_decide"),
    path("settings/credit", credit_settings, name="credit_settings"),
]
