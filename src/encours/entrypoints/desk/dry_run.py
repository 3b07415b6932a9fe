"""Dry run: what the coming thirty days bring, by day and by customer, and what a draft does to today’s book."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.actions import exclusions
from encours.collections.queries import decisions, preview, rewording, writing
from encours.collections.queries import scenarios as queries
from encours.collections.queries.facts import plan_of
from encours.collections.rules import wording
from encours.collections.rules.facts import STOPPING, Decision
from encours.collections.rules.steps import WRITTEN, Plan, Step
from encours.core.errors import NotFound, gettext_noop
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.entrypoints import formats
from encours.entrypoints.desk import reckoning, reminders
from encours.entrypoints.desk.scenarios import CHANNELS, drafted
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.today_forms import WordsForm
from encours.entrypoints.forms import refusals_on
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
        "may_write": can(request.scope, "send_message"),
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
        "words": f"{reverse('desk:dry_run_words')}?{urlencode(_place(planned))}" if step and _is_written(step) else "",
        "why": " ".join(sentences),
    }


def _is_written(step: Step) -> bool:
    return step.channel in WRITTEN


def _place(planned: preview.Planned) -> dict[str, Any]:
    """By which a message to come is found again: customer, step and company."""
    step = planned.decision.step
    return {
        "customer": planned.customer_number,
        "step": step.key if step else "",
        "entity": planned.decision.entity_id or "",
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
            bars(gettext("Letters"), "@text-2", channel("letter", "registered_letter", "electronic_registered_letter")),
            bars(gettext("Calls"), "@age-1", channel("call")),
            bars(gettext("Tasks"), "@age-0", channel("task", "hand_over")),
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
                "first": [_row(one, request.today) for one in preview.planned(found.largest, today=request.today)],
                "more": found.customers - len(found.largest),
            }
        )
    context = {
        "rows": rows,
        "is_draft": is_draft,
        "version": version,
        "may_edit": can(request.scope, "release_message"),
    }
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


@screen("send_message")
def words(request: DeskRequest) -> HttpResponse:
    """Write one message to come in one's own words; the template says it again once they are taken back."""
    said = request.POST if request.method == "POST" else request.GET
    customer = customers.in_scope(request.scope).filter(number=said.get("customer", "")).first()
    coming = _coming(request, customer, said.get("step", ""), said.get("entity", "")) if customer else None
    if customer is None or coming is None:
        raise CustomerNotFollowed()
    day, decision, step = coming
    place: dict[str, Any] = {"customer_id": customer.pk, "entity_id": decision.entity_id or 0, "step_key": step.key}
    kept = rewording.next_words(organisation_id=request.organisation_id, **place)
    if kept is not None:
        initial = {"subject": kept.subject, "text": kept.text}
    else:
        subject, text = writing.words_to_come(customer, decision, step, day=day)
        initial = {"subject": subject, "text": text}
    form = WordsForm(request.POST or None, initial=initial)
    back_again = "as_the_template" in request.POST
    if back_again or (request.method == "POST" and form.is_valid()):
        new = {"subject": "", "text": ""} if back_again else form.cleaned_data
        with refusals_on(form):
            collections.reword_step(organisation_id=request.organisation_id, by=request.actor, **place, **new)
            said_now = (
                gettext("The message says what its template says again.")
                if back_again
                else gettext("The message to {name} has your words.").format(name=customer.name)
            )
            told(request, said_now)
            return back(request, reverse("desk:dry_run"))
    context = {"customer": customer, "step": step, "day": day, "entity_id": decision.entity_id, "form": form}
    context |= {"is_reworded": kept is not None, "next": request.GET.get("next", "")}
    return render(request, "desk/scenarios/words.html", context, status=422 if form.errors else 200)


def _coming(request: DeskRequest, customer: Customer, step_key: str, entity: str) -> tuple[date, Decision, Step] | None:
    """The next message of that step to that customer, if nothing happens."""
    found = preview.upcoming(
        customer.pk, organisation_id=request.organisation_id, today=request.today, now=request.now, days=DAYS
    )
    for day, decision in found:
        step = decision.step
        if step is not None and step.key == step_key and _is_written(step) and str(decision.entity_id) == entity:
            return day, decision, step
    return None


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
    path("dry-run/words", words, name="dry_run_words"),
    path("dry-run/keep-out", keep_out, name="dry_run_keep_out"),
    path("dry-run/put-back/<int:exclusion_id>", put_back, name="dry_run_put_back"),
    path("scenarios/<int:scenario_id>/effect", effect, name="scenario_effect"),
]
