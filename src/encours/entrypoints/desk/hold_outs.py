"""Groups kept aside from a scenario: draw one, see what it teaches, end it."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.analytics.queries.effect import effect_of, measured_step
from encours.analytics.rules.effect import CUSTOMERS_MIN, Effect
from encours.collections.actions import holdouts as actions
from encours.collections.models import HoldOut
from encours.collections.queries import holdouts
from encours.collections.queries import scenarios as queries
from encours.collections.queries.facts import plan_of
from encours.collections.rules.steps import Plan
from encours.core.errors import EncoursError
from encours.core.money import Money
from encours.entrypoints.desk import reckoning
from encours.entrypoints.desk.draws import DrawForm, share_field, told_of
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

CURRENCY = "EUR"


class KeepAsideForm(DrawForm):
    """What to learn, on how many, and who is left out of it."""

    field_order = ("step", "share", "horizon_days", "owed_max", "why")
    step = forms.ChoiceField(label=gettext_lazy("Not written to by"), required=False)
    share = share_field(
        label=gettext_lazy("Share kept aside, in %"),
        help_text=gettext_lazy("Drawn by lot among the customers of the scenario."),
        percent=10,
    )
    owed_max = AmountField(
        label=gettext_lazy("Leave out whoever owes more than"),
        min_value=Decimal(0),
        required=False,
        help_text=gettext_lazy("They are written to as ever and not counted."),
    )

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", gettext("any reminder of the scenario")), *((step.key, step.name) for step in plan.claims)]
        self.offer("step", choices)


@screen("view_books")
def hold_outs(request: DeskRequest, scenario_id: int) -> HttpResponse:
    versions = queries.versions_of(scenario_id, organisation_id=request.organisation_id)
    if not versions:
        raise queries.ScenarioNotFound
    plan = plan_of(versions[0], versions[0].scenario.name)
    may_edit = can(request.scope, "edit_scenario")
    form = KeepAsideForm(request.POST or None, plan=plan)
    if request.method == "POST" and may_edit and form.is_valid():
        with refusals_on(form):
            _keep_aside(request, scenario_id, form)
            return redirect(request.path)
    groups = holdouts.of_scenario(scenario_id, organisation_id=request.organisation_id)

    def effects() -> dict[int, Effect]:
        return {group.pk: effect_of(group, plan=plan, today=request.today) for group in groups}

    found = reckoning.whole_book(request, ("effect of", scenario_id), effects, state=[group.pk for group in groups])
    if found is None:
        return reckoning.wait(request)
    rows = [_row(group, found[0][group.pk], plan) for group in groups]
    context = {
        "scenario": versions[0].scenario,
        "rows": rows,
        "running": next((row for row in rows if row["draw"].ended_date is None), None),
        "form": form,
        "may_edit": may_edit,
        "fewest": CUSTOMERS_MIN,
    }
    return render(request, "desk/scenarios/hold_outs.html", context, status=422 if form.errors else 200)


def _keep_aside(request: DeskRequest, scenario_id: int, form: KeepAsideForm) -> None:
    said = form.cleaned_data
    owed_max = None if said["owed_max"] is None else Money.from_decimal(said["owed_max"], CURRENCY).minor
    actions.keep_aside(
        organisation_id=request.organisation_id,
        scenario_id=scenario_id,
        step_key=said["step"],
        owed_max_minor=owed_max,
        owed_currency=CURRENCY,
        today=request.today,
        by=request.actor,
        **form.asked(),
    )
    told(request, gettext("The group is drawn. Its customers are written to by every other step."))


def _row(group: HoldOut, effect: Effect, plan: Plan) -> dict[str, Any]:
    step = measured_step(group, plan)
    told_here = told_of(group, effect, done=gettext("Written to"), spared=gettext("Kept aside"))
    return {**told_here, "step": step.name if step else group.step_key}


@screen("edit_scenario")
@require_POST
def hold_out_end(request: DeskRequest, scenario_id: int, hold_out_id: int) -> HttpResponse:
    try:
        actions.end_hold_out(
            organisation_id=request.organisation_id,
            hold_out_id=hold_out_id,
            why=request.POST.get("why", ""),
            today=request.today,
            by=request.actor,
        )
    except EncoursError as refusal:
        told(request, refusal.translated(gettext))
    else:
        told(request, gettext("Ended: everybody is written to again from the next decisions on."))
    return redirect("desk:scenario_hold_outs", scenario_id)


urlpatterns = [
    path("scenarios/<int:scenario_id>/kept-aside", hold_outs, name="scenario_hold_outs"),
    path("scenarios/<int:scenario_id>/kept-aside/<int:hold_out_id>/end", hold_out_end, name="scenario_hold_out_end"),
]
