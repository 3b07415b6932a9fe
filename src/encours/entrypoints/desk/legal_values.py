"""The legal values penalties rest on, with source and doubt; a half-year's rate is entered or verified here."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language, gettext, gettext_lazy, pgettext_lazy

from encours.access import rules as access
from encours.core.dates import ONE_DAY, HalfYear
from encours.entrypoints import formats
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.penalties import actions as penalties
from encours.penalties.queries.agreed import registry_of
from encours.penalties.rules import registry, wording
from encours.penalties.rules.registry import LegalValue, half_year

NAMES = {
    registry.ECB_RATE: gettext_lazy("ECB refinancing rate"),
    registry.LEGAL_RATE: gettext_lazy("Legal interest rate, between professionals"),
    registry.COMMERCIAL_POINTS: gettext_lazy("Points above the ECB rate, between professionals"),
    registry.PUBLIC_POINTS: gettext_lazy("Points above the ECB rate, public buyers"),
    registry.FLOOR_MULTIPLE: gettext_lazy("Floor of an agreed rate, times the legal rate"),
    registry.COMMERCIAL_COMPENSATION: gettext_lazy("Fixed compensation, between professionals"),
    registry.PUBLIC_COMPENSATION: gettext_lazy("Fixed compensation, public buyers"),
}
UNITS = {
    "percent": gettext_lazy("%"),
    "points": gettext_lazy("points"),
    "times": gettext_lazy("times"),
    "EUR": gettext_lazy("euros"),
}


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
        self.fields["half"].choices = [(str(one), str(one)) for one in halves]  # type: ignore[attr-defined]  # a choice
        self.fields["half"].initial = str(now)


@screen("view_books")
def legal_values(request: DeskRequest) -> HttpResponse:
    may_enter = access.can(request.scope, "claim_penalties")
    form = RateForm(request.POST or None, now=HalfYear.of(request.today))
    if request.method == "POST" and may_enter and form.is_valid():
        with refusals_on(form):
            _enter(request, form.cleaned_data)
            told(request, gettext("Kept with its source: it counts from now on"))
            return redirect("desk:legal_values")
    known = registry_of(request.organisation_id)
    half_yearly = list(reversed(known.values(*registry.HALF_YEARLY)))
    lasting = [value for value in known.values() if value.code not in registry.HALF_YEARLY]
    context = {
        "form": form if may_enter else None,
        "rows": [_row(value) for value in [*half_yearly, *lasting]],
        "missing": _missing(known, request),
    }
    return render(request, "desk/penalties/legal_values.html", context, status=422 if form.errors else 200)


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


def _row(value: LegalValue) -> dict[str, Any]:
    is_half_yearly = value.code in registry.HALF_YEARLY
    is_english = formats.known_language(get_language()) == "en"
    return {
        "value": value,
        "name": NAMES[value.code],
        "figure": wording.figure(value) if is_english else wording.figure(value).replace(".", ","),
        "unit": UNITS[value.unit],
        "doubt": gettext(value.doubt) if value.doubt else "",
        "period": str(HalfYear.of(value.valid_from)) if is_half_yearly else "",
    }


def _missing(known: registry.Registry, request: DeskRequest) -> list[tuple[Any, str]]:
    """Which rate of this half-year nobody entered yet."""
    half = HalfYear.of(request.today)
    found = []
    for code in registry.HALF_YEARLY:
        try:
            known.at(code, half.first_day)
        except registry.LegalValueMissing:
            found.append((NAMES[code], str(half)))
    return found


urlpatterns = [path("settings/legal-values", legal_values, name="legal_values")]
