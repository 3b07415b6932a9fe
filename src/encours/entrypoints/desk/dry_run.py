"""Dry run: what the coming thirty days bring, by day and by customer, and what a draft does to today’s book."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.actions import exclusions
from encours.collections.queries import decisions, preview
from encours.collections.queries import scenarios as queries
from encours.collections.queries.facts import plan_of
from encours.collections.rules import wording
from encours.collections.rules.facts import STOPPING
from encours.collections.rules.steps import Plan
from encours.core.errors import NotFound, gettext_noop
from encours.customers import queries as customers
from encours.entrypoints import formats
from encours.entrypoints.desk import reckoning, reminders
from encours.entrypoints.desk.scenarios import CHANNELS, drafted
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told

DAYS = 30
ROWS_SHOWN = 200


class CustomerNotFollowed(NotFound):
    """The customer is not among those the person sees."""

    message = gettext_noop("There is no such customer among those you follow.")


@screen("view_books")
def dry_run(request: DeskRequest) -> HttpResponse:
    """The coming days under what is in force, or under the draft of a scenario."""
    plan = _plan(request)
    exclusions = queries.live_exclusions(request.scope)

    def forecast() -> preview.Forecast:
        return preview.forecast(
            request.organisation_id, today=request.today, now=request.now, days=DAYS, plan=plan, scope=request.scope
        )

    found = reckoning.whole_book(request, ("forecast",), forecast, state=(plan, [one.pk for one in exclusions]))
    if found is None:
        return reckoning.wait(request)
    (seen,) = found
    rows = [_row(planned, request.today) for planned in seen.rows[:ROWS_SHOWN]]
    context = {
        "plan": plan,
        "seen": seen,
        "rows": rows,
        "row_count": sum(seen.totals.values()),
        "leaving": seen.totals.get("due", 0) + seen.totals.get("to_confirm", 0),
        "held": seen.totals.get("held", 0) + seen.totals.get("blocked", 0),
        "chart": _chart(seen),
        "exclusions": exclusions,
        "may_edit": can(request.scope, "release_message"),
    }
    return render(request, "desk/scenarios/dry_run.html", context)


def _plan(request: DeskRequest) -> Plan | None:
    wanted = request.GET.get("scenario", "")
    if not wanted.isdecimal() or len(wanted) > 17:
        return None
    version = queries.version_in_force(int(wanted), organisation_id=request.organisation_id)
    return drafted(request, version)[0]


def _row(planned: preview.Planned, today: date) -> dict[str, Any]:
    decision = planned.decision
    stopping = [check for check in decision.checks if check.outcome in STOPPING]
    show = reminders.shower(today)
    sentences = [wording.sentence(check.as_json(), translate=gettext, show=show) for check in stopping]
    step = decision.step
    return {
        "planned": planned,
        "step": step,
        "icon": CHANNELS[step.channel][1] if step else "route-off",
        "totals": sorted(decision.totals.items(), key=lambda pair: -pair[1]),
        "outcome": decision.outcome.value,
        "why": " ".join(sentences),
    }


def _chart(seen: preview.Forecast) -> Mapping[str, Any]:
    language = formats.known_language(get_language())
    days = sorted({*seen.days, *seen.channels})
    first = days[0] if days else None

    def bars(name: str, colour: str, values: list[int]) -> dict[str, Any]:
        return {
            "name": name,
            "type": "bar",
            "stack": "a",
            "data": values,
            "barWidth": "64%",
            "itemStyle": {"color": colour},
        }

    def channel(*keys: str) -> list[int]:
        return [sum(seen.channels.get(day, {}).get(key, 0) for key in keys) for day in days]

    stopped = [seen.days.get(day, {}).get("held", 0) + seen.days.get(day, {}).get("blocked", 0) for day in days]
    return {
        "grid": {"left": 4, "right": 8, "top": 28, "bottom": 2, "containLabel": True},
        "legend": {"top": 0, "left": 4},
        "unit": "n",
        "xAxis": {
            "type": "category",
            "data": [formats.day_near(day, today=first or day, language=language) for day in days],
        },
        "yAxis": {"type": "value", "unit": "n"},
        "series": [
            bars(gettext("E-mails"), "@age-2", channel("email", "sms")),
            bars(gettext("Letters"), "@age-4", channel("letter", "registered_letter", "electronic_registered_letter")),
            bars(gettext("Calls"), "@age-1", channel("call")),
            bars(gettext("Tasks"), "@text-2", channel("task", "hand_over")),
            bars(gettext("Held"), "@age-3", stopped),
        ],
    }


@screen("view_books")
def effect(request: DeskRequest, scenario_id: int) -> HttpResponse:
    """What each step concerns today, drafted beside in force; asked for by the editor once it stands."""
    version = queries.version_in_force(scenario_id, organisation_id=request.organisation_id)
    plan, is_draft = drafted(request, version)
    ask: dict[str, Any] = {"today": request.today, "now": request.now, "scope": request.scope}

    def effects() -> tuple[dict[str, preview.StepEffect], dict[str, preview.StepEffect]]:
        drafted_now = preview.effect(request.organisation_id, plan=plan, **ask)
        in_force = plan_of(version, plan.name)
        return drafted_now, preview.effect(request.organisation_id, plan=in_force, **ask) if is_draft else drafted_now

    found_effects = reckoning.whole_book(request, ("effect", scenario_id), effects, state=(plan, version.pk))
    if found_effects is None:
        return reckoning.wait(request)
    now, before = found_effects[0]
    rows = []
    for step in plan.steps:
        found, known = now[step.key], before.get(step.key)
        rows.append(
            {
                "step": step,
                "customers": found.customers,
                "difference": found.customers - (known.customers if known else 0),
                "totals": sorted(found.amounts.items(), key=lambda pair: -pair[1]),
                "held": found.outcomes["held"] + found.outcomes["blocked"],
            }
        )
    context = {"rows": rows, "is_draft": is_draft, "version": version, "next_number": version.number + 1}
    return render(request, "desk/scenarios/_effect.html", context)


@screen("release_message")
@require_POST
def keep_out(request: DeskRequest) -> HttpResponse:
    """Take one customer out of one step to come."""
    number = request.POST.get("customer", "")
    customer = customers.in_scope(request.scope).filter(number=number).first()
    if customer is None:
        raise CustomerNotFollowed()
    exclusions.keep_out(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        step_key=request.POST.get("step", ""),
        why=gettext("Taken out in the dry run"),
        by=request.actor,
    )
    told(request, gettext("{name} is out of this step.").format(name=customer.name))
    return back(request, reverse("desk:dry_run"))


@screen("release_message")
@require_POST
def put_back(request: DeskRequest, exclusion_id: int) -> HttpResponse:
    if exclusion_id not in {one.pk for one in queries.live_exclusions(request.scope)}:
        raise decisions.DecisionNotFound
    collections.put_back(
        organisation_id=request.organisation_id, exclusion_id=exclusion_id, now=request.now, by=request.actor
    )
    told(request, gettext("Put back in the step."))
    return back(request, reverse("desk:dry_run"))


urlpatterns = [
    path("dry-run", dry_run, name="dry_run"),
    path("dry-run/keep-out", keep_out, name="dry_run_keep_out"),
    path("dry-run/put-back/<int:exclusion_id>", put_back, name="dry_run_put_back"),
    path("scenarios/<int:scenario_id>/effect", effect, name="scenario_effect"),
]
