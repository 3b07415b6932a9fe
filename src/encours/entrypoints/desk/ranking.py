"""How the list of the day is ranked: what each reason and factor weighs, and how the first places would move."""

from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.actions.ranking import NO_ANSWER_DAYS_MAX
from encours.collections.queries import ranking as queries
from encours.collections.queries import worklist
from encours.collections.rules import ranking
from encours.core.money import Money
from encours.customers import queries as customers
from encours.entrypoints.desk import reminders
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.today import asked_of
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

CURRENCY = "EUR"
FACTORS = {
    "lateness": gettext_lazy("Lateness: up to, at 90 days"),
    "behaviour": gettext_lazy("Payment habit: up to, for who pays 60 days late; half of it off for who pays within 5"),
    "contact": gettext_lazy("Last contact: off within 2 days, half of it added after 3 weeks of silence"),
    "risk": gettext_lazy("Risk: up to, when all of it is late by more than 90 days"),
}


class RankingForm(DeskForm):
    """The weights in percent, the smallest amount to call for, the days to wait after no answer."""

    wide = frozenset({"why"})
    minimum_call = AmountField(label=gettext_lazy("Nobody is called for less than (EUR)"), min_value=0)
    no_answer_days = forms.IntegerField(
        label=gettext_lazy("Business days until the next try, after no answer"),
        min_value=1,
        max_value=NO_ANSWER_DAYS_MAX,
    )
    why = forms.CharField(label=gettext_lazy("Why it is changed"), required=False, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        weights = {
            f"w_{code}": forms.IntegerField(
                label=str(FACTORS.get(code) or reminders.REASONS[code][0]),
                min_value=0,
                max_value=ranking.WEIGHT_MAX_PERCENT,
                widget=forms.NumberInput(attrs={"class": "en-weight"}),
            )
            for code in ranking.DEFAULTS
        }
        super().__init__(*args, more=weights, **kwargs)

    @property
    def reasons(self) -> list[Any]:
        """The fields of what a step brings, the heaviest first as usual."""
        return [self[f"w_{code}"] for code in ranking.WEIGHTS_PERCENT]

    @property
    def factors(self) -> list[Any]:
        """The fields of what moves a customer besides."""
        return [self[f"w_{code}"] for code in ranking.FACTORS_PERCENT]

    @property
    def others(self) -> list[Any]:
        """The rest of the form."""
        return [self[name] for name in ("minimum_call", "no_answer_days", "why")]

    def weights(self) -> dict[str, int]:
        """What was filled in, by reason and factor."""
        return {code: self.cleaned_data[f"w_{code}"] for code in ranking.DEFAULTS}

    def minimum_call_minor(self) -> int:
        """The smallest amount to call for."""
        return Money.from_decimal(self.cleaned_data["minimum_call"], CURRENCY).minor


@screen("view_books")
def ranking_page(request: DeskRequest) -> HttpResponse:
    """The weights; posted, they are tried on the list of today or, by who may, kept."""
    policy = queries.ranking_policy(request.organisation_id)
    initial = _initial(queries.weights_of(policy), policy)
    form = RankingForm(request.POST if request.method == "POST" else None, initial=initial)
    moves = None
    if form.is_bound and form.is_valid():
        if "keep" in request.POST:
            if not can(request.scope, "edit_scenario"):
                raise PermissionDenied
            with refusals_on(form):
                _keep(request, form)
                return redirect("desk:ranking")
        else:
            moves = _moves(request, ranking.Weights(form.weights(), form.minimum_call_minor()))
    context: dict[str, Any] = {
        "form": form,
        "moves": moves,
        "may_edit": can(request.scope, "edit_scenario"),
        "history": queries.ranking_history(request.organisation_id),
    }
    return render(request, "desk/ranking/page.html", context, status=422 if form.errors else 200)


def _keep(request: DeskRequest, form: RankingForm) -> None:
    collections.set_ranking(
        organisation_id=request.organisation_id,
        weights=form.weights(),
        minimum_call_minor=form.minimum_call_minor(),
        no_answer_days=form.cleaned_data["no_answer_days"],
        why=form.cleaned_data["why"],
        by=request.actor,
    )
    told(request, gettext("The list is ranked by these weights from now on."))


def _initial(weights: ranking.Weights, policy: Any) -> dict[str, Any]:
    found: dict[str, Any] = {f"w_{code}": weights.of(code) for code in ranking.DEFAULTS}
    minimum = Money(weights.minimum_call_minor, CURRENCY).as_decimal()
    return {**found, "minimum_call": minimum, "no_answer_days": policy.no_answer_days}


def _moves(request: DeskRequest, wanted: ranking.Weights) -> list[dict[str, Any]]:
    """The first places of the reader's whole list as they are and as they would be, with names."""
    asked = replace(asked_of(request), only="", text="", is_mine=False)
    before = worklist.ranked(asked)
    after = ranking.ranked(list(before.accounts.values()), wanted)
    found = ranking.moves(before.places, after)
    ids = [move.customer_id for move in found]
    names = dict(customers.in_scope(request.scope).filter(pk__in=ids).values_list("pk", "name"))
    return [
        {
            "name": names.get(move.customer_id, ""),
            "move": move,
            "change": (move.before or 0) - (move.after or 0),
            "account": before.accounts[move.customer_id],
        }
        for move in found
    ]


urlpatterns = [path("today/ranking", ranking_page, name="ranking")]
