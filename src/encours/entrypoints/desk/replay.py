"""Replay: a scenario run over the company's own past, beside another one and beside what really left."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language, gettext, gettext_lazy

from encours.collections.models import ScenarioVersion
from encours.collections.queries import replay as replays
from encours.collections.queries import scenarios as queries
from encours.collections.queries.facts import plan_of
from encours.collections.queries.past import usual_first
from encours.collections.rules import wording
from encours.collections.rules.replay import Summary
from encours.collections.rules.steps import Plan
from encours.core.dates import ONE_DAY
from encours.entrypoints import formats
from encours.entrypoints.desk import reckoning
from encours.entrypoints.desk.scenarios import CHANNELS, drafted
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm
from encours.entrypoints.requests import DeskRequest

DAYS_MAX = 1_100
DRAFT, NOTHING = "draft", ""


class ReplayForm(DeskForm):
    """Which days, and what to set beside the scenario."""

    first = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=gettext_lazy("To"), widget=forms.DateInput(attrs={"type": "date"}))
    against = forms.ChoiceField(label=gettext_lazy("Beside"), required=False)

    def __init__(self, *args: Any, today: date, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.offer("against", choices)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("first"), said.get("last")
        if first and last:
            if not first < last < self.today:
                self.add_error("last", gettext("A replay ends after it begins, and before today."))
            elif (last - first).days > DAYS_MAX:
                self.add_error("first", gettext("A replay covers three years at most."))
        return said


@screen("view_books")
def replay(request: DeskRequest, scenario_id: int) -> HttpResponse:
    versions = queries.versions_of(scenario_id, organisation_id=request.organisation_id)
    if not versions:
        raise queries.ScenarioNotFound
    plan, is_draft = drafted(request, versions[0])
    beside = _beside(request, versions, is_draft=is_draft)
    last = request.today - ONE_DAY
    usual = {
        "first": usual_first(last).isoformat(),
        "last": last.isoformat(),
        "against": f"v{versions[0].pk}" if is_draft else NOTHING,
    }
    choices = [(NOTHING, gettext("nothing else")), *((key, label) for key, (label, _) in beside.items())]
    asked = {name: request.GET.get(name, value) for name, value in usual.items()}
    form = ReplayForm(asked, today=request.today, choices=choices)
    context: dict[str, Any] = {
        "scenario": versions[0].scenario,
        "plan": plan,
        "form": form,
        "is_draft": is_draft,
        "one_name": gettext("Draft") if is_draft else gettext("In force"),
    }
    if form.is_valid():
        other = beside[form.cleaned_data["against"]] if form.cleaned_data["against"] else None
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
        found = reckoning.whole_book(
            request,
            ("replay", scenario_id),
            lambda: replays.replayed(
                plan, other=other[1] if other else None, scope=request.scope, first=first, last=last, now=request.now
            ),
            state=(plan, other, first, last),
        )
        if found is None:
            return reckoning.wait(request)
        context |= _shown(found[0], plan, other[1] if other else None)
        context["other_name"] = other[0] if other else ""
    return render(request, "desk/scenarios/replay.html", context, status=422 if form.errors else 200)


def _beside(
    request: DeskRequest, versions: Sequence[ScenarioVersion], *, is_draft: bool
) -> dict[str, tuple[str, Plan]]:
    """What can stand beside: the versions of this scenario, then the other scenarios."""
    in_force = versions[0]
    name = in_force.scenario.name
    found: dict[str, tuple[str, Plan]] = {}
    for version in versions if is_draft else versions[1:]:
        label = gettext("version {number}").format(number=version.number)
        if version is in_force:
            label = gettext("version {number}, in force").format(number=version.number)
        found[f"v{version.pk}"] = (label, plan_of(version, name))
    for row in queries.in_force(request.organisation_id):
        if row.scenario.pk != in_force.scenario_id:
            # told by its own name, walked over the customers of this scenario
            found[f"s{row.scenario.pk}"] = (row.scenario.name, replace(row.plan, name=row.scenario.name))
    return found


def _shown(seen: replays.Replayed, plan: Plan, other: Plan | None) -> dict[str, Any]:
    steps = {step.key: step for step in (*(other.steps if other else ()), *plan.steps)}
    known = {step.key for step in plan.steps}
    order = [step.key for step in plan.steps] + [key for key in steps if key not in known]
    order += [key for key in seen.sent_by_step if key not in steps]
    rows = [
        {
            "name": steps[key].name if key in steps else key or "—",
            "icon": CHANNELS[steps[key].channel][1] if key in steps else "history",
            "one": seen.one.by_step.get(key, 0),
            "other": seen.other.by_step.get(key, 0) if seen.other else None,
            "sent": seen.sent_by_step.get(key, 0),
        }
        for key in order
    ]
    return {
        "seen": seen,
        "rows": [row for row in rows if row["one"] or row["other"] or row["sent"]],
        "sent_count": sum(seen.sent_by_step.values()),
        "held": _held(seen),
        "chart": _chart(seen),
        "differing": [
            {"row": row, "step": steps[row.difference.step_key].name if row.difference.step_key in steps else ""}
            for row in seen.differing
        ],
    }


def _held(seen: replays.Replayed) -> list[dict[str, Any]]:
    codes = {*seen.one.held_by, *(seen.other.held_by if seen.other else ())}
    rows = [
        {
            "name": wording.name(code, translate=gettext),
            "one": seen.one.held_by.get(code, 0),
            "other": seen.other.held_by.get(code, 0) if seen.other else None,
        }
        for code in codes
    ]
    return sorted(rows, key=lambda row: -row["one"])


def _chart(seen: replays.Replayed) -> Mapping[str, Any]:
    language = formats.known_language(get_language())
    months, month = [], seen.first.replace(day=1)
    while month <= seen.last:
        months.append(month)
        month = (month + timedelta(days=32)).replace(day=1)

    def bars(name: str, colour: str, values: Mapping[date, int]) -> dict[str, Any]:
        return {
            "name": name,
            "type": "bar",
            "data": [values.get(one, 0) for one in months],
            "barMaxWidth": 14,
            "itemStyle": {"color": colour},
        }

    def of(one: Summary) -> Mapping[date, int]:
        return one.by_month

    series = [bars(gettext("Replayed"), "@age-2", of(seen.one))]
    if seen.other is not None:
        series.append(bars(gettext("Beside"), "@age-1", of(seen.other)))
    series.append(bars(gettext("Really left"), "@text-2", seen.sent_by_month))
    return {
        "grid": {"left": 4, "right": 8, "top": 28, "bottom": 2, "containLabel": True},
        "legend": {"top": 0, "left": 4},
        "unit": "n",
        "xAxis": {"type": "category", "data": [formats.month(one, language=language) for one in months]},
        "yAxis": {"type": "value", "unit": "n"},
        "series": series,
    }


urlpatterns = [path("scenarios/<int:scenario_id>/replay", replay, name="scenario_replay")]
