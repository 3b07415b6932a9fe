"""The legal values penalties and deadlines rest on, with source and doubt; a half-year's rate is entered here."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access import rules as access
from encours.access.queries import entities
from encours.core.dates import ONE_DAY, HalfYear
from encours.core.legal_values import LegalValueMissing, Registry, half_year
from encours.credit.rules.terms import ceilings
from encours.entrypoints.desk.legal_register import NAMES, subjects
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.penalties import actions as penalties
from encours.penalties.models import Imputation as ImputationChoice
from encours.penalties.models import RateKind, Regime
from encours.penalties.queries.agreed import company_terms, registry_of
from encours.penalties.rules import registry
from encours.penalties.rules.rates import Agreement, Imputation
from encours.penalties.rules.rates import RateKind as AgreedRate
from encours.penalties.rules.rates import Regime as AgreedRegime
from encours.recovery.rules.registry import periods


class RateForm(DeskForm):
    """A half-year's rate, and where it was read."""

    code = forms.ChoiceField(
        label=gettext_lazy("Value"), choices=[(code, NAMES[code]) for code in registry.HALF_YEARLY]
    )
    half = forms.ChoiceField(label=gettext_lazy("Half-year"))
    percent = AmountField(label=pgettext_lazy("yearly rate", "Percent"), decimal_places=3)
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=500,
        help_text=gettext_lazy("Where and when you read it: ECB page, arrêté and its Journal officiel."),
    )
    doubt = forms.CharField(
        label=gettext_lazy("Doubt"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Empty: verified at its official source."),
    )

    def __init__(self, *args: Any, now: HalfYear, **options: Any) -> None:
        super().__init__(*args, **options)
        halves = [now.following(), now]
        while len(halves) < 12:
            halves.append(HalfYear.of(halves[-1].first_day - ONE_DAY))
        self.offer("half", [(str(one), str(one)) for one in halves])
        self.fields["half"].initial = str(now)


class TermsForm(DeskForm):
    """The law, the rate and the imputation a company uses where nothing was agreed with the customer."""

    company = forms.TypedChoiceField(label=gettext_lazy("Company"), coerce=int, empty_value=None, required=False)
    regime = forms.ChoiceField(label=gettext_lazy("Law"), choices=Regime.choices)
    rate_kind = forms.ChoiceField(label=gettext_lazy("Rate"), choices=RateKind.choices)
    figure = AmountField(label=gettext_lazy("Points, multiple or percent"), required=False)
    imputation = forms.ChoiceField(label=gettext_lazy("A part payment pays"), choices=ImputationChoice.choices)
    valid_from = forms.DateField(
        label=gettext_lazy("For documents issued from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    why = forms.CharField(
        label=gettext_lazy("Reason, contract"),
        max_length=500,
        help_text=gettext_lazy("The clause of your terms of sale, as your invoices print it."),
    )

    def __init__(self, *args: Any, companies: Sequence[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("company", [("", gettext("all companies")), *companies])

    def agreement(self) -> Agreement:
        """What was said, as the rules take it."""
        said = self.cleaned_data
        kind = AgreedRate(said["rate_kind"])
        figure = None if kind is AgreedRate.STATUTORY else said["figure"]
        return Agreement(AgreedRegime(said["regime"]), kind, figure, Imputation(said["imputation"]))


@screen("claim_penalties")
@require_POST
def terms_set(request: DeskRequest) -> HttpResponse:
    """From a day on, a company's own rate; what was agreed with a customer comes before it."""
    form = TermsForm(request.POST, companies=_companies(request))
    if form.is_valid():
        with refusals_on(form):
            penalties.set_terms(
                form.agreement(),
                organisation_id=request.organisation_id,
                entity_id=form.cleaned_data["company"],
                valid_from=form.cleaned_data["valid_from"],
                by=request.actor,
                why=form.cleaned_data["why"],
            )
            told(request, gettext("Noted for what is issued from that day on"))
            return redirect("desk:legal_values")
    return _page(request, terms_form=form)


def _companies(request: DeskRequest) -> list[tuple[int, str]]:
    return list(entities(request.scope).values_list("pk", "name"))


@screen("view_books")
def legal_values(request: DeskRequest) -> HttpResponse:
    form = RateForm(request.POST or None, now=HalfYear.of(request.today))
    if request.method == "POST" and access.can(request.scope, "claim_penalties") and form.is_valid():
        with refusals_on(form):
            _enter(request, form.cleaned_data)
            told(request, gettext("Kept with its source: it counts from now on"))
            return redirect("desk:legal_values")
    return _page(request, form=form)


def _page(request: DeskRequest, *, form: RateForm | None = None, terms_form: TermsForm | None = None) -> HttpResponse:
    may_enter = access.can(request.scope, "claim_penalties")
    form = form or RateForm(now=HalfYear.of(request.today))
    has_errors = bool(form.errors or (terms_form and terms_form.errors))
    known = registry_of(request.organisation_id)
    text, only_doubtful = request.GET.get("q", "")[:80].strip(), "doubt" in request.GET
    every = [*known.values(), *periods().values(), *ceilings().values()]
    whole = subjects(every, today=request.today)
    context = {
        "form": form if may_enter else None,
        "subjects": subjects(every, today=request.today, text=text, only_doubtful=only_doubtful)
        if text or only_doubtful
        else whole,
        "text": text,
        "only_doubtful": only_doubtful,
        "doubt_count": sum(subject.doubt_count for subject in whole),
        "missing": _missing(known, request),
        "terms": company_terms(request.organisation_id),
        "terms_form": (terms_form or TermsForm(companies=_companies(request), initial={"valid_from": request.today}))
        if may_enter
        else None,
    }
    return render(request, "desk/penalties/legal_values.html", context, status=422 if has_errors else 200)


def _enter(request: DeskRequest, said: dict[str, Any]) -> None:
    penalties.enter_rate(
        organisation_id=request.organisation_id,
        code=said["code"],
        half_year=half_year(said["half"]),
        percent=said["percent"],
        source=said["source"],
        doubt=said["doubt"],
        by=request.actor,
    )


def _missing(known: Registry, request: DeskRequest) -> list[tuple[Any, str]]:
    """Which rate of this half-year nobody entered yet."""
    half = HalfYear.of(request.today)
    found = []
    for code in registry.HALF_YEARLY:
        try:
            known.at(code, half.first_day)
        except LegalValueMissing:
            found.append((NAMES[code], str(half)))
    return found


urlpatterns = [
    path("settings/legal-values", legal_values, name="legal_values"),
    path("settings/legal-values/terms", terms_set, name="penalty_terms"),
]
