"""Give a scenario to a customer or segment that has old invoices: where each begins, seen before it is chosen."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.queries import joining
from encours.collections.queries import scenarios as queries
from encours.collections.rules.facts import Outcome
from encours.collections.rules.steps import Basis, EntryChoice
from encours.core.errors import NotFound, gettext_noop
from encours.customers import queries as customers
from encours.customers.models import Customer, Segment
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

ROWS_MAX = 200


class NobodyToJoin(NotFound):
    """Neither a customer nor a segment of this organisation was named."""

    message = gettext_noop("Choose a customer or a segment to give the scenario to.")


@screen("view_books")
def scenario_join(request: DeskRequest, scenario_id: int) -> HttpResponse:
    """What each customer would get today, by where it begins; chosen, it counts from the next decisions on."""
    version = queries.version_in_force(scenario_id, organisation_id=request.organisation_id)
    plan = queries.drafted_plan(version, None)
    chosen, step_key = _choice(request)
    customer, segment = _target(request)
    if request.method == "POST" and can(request.scope, "edit_scenario"):
        collections.assign(
            organisation_id=request.organisation_id, scenario_id=scenario_id, by=request.actor,
            customer_id=customer.pk if customer else None, segment_id=segment.pk if segment else None,
            entry=chosen.value, entry_step=step_key,
        )  # fmt: skip
        told(request, gettext("Saved: it counts from the next decisions on."))
        return redirect(reverse("desk:customer", args=[customer.number]) if customer else reverse("desk:scenarios"))
    rows: Sequence[joining.Joining] = ()
    if customer is not None or segment is not None:
        rows = joining.joining(
            request.scope, plan, customer_id=customer.pk if customer else None,
            segment_id=segment.pk if segment else None, step_key=step_key, today=request.today, now=request.now,
            limit=ROWS_MAX,
        )  # fmt: skip
    context: dict[str, Any] = {
        "scenario": version.scenario,
        "customer": customer,
        "segment": segment,
        "scenarios": queries.in_force(request.organisation_id),
        "segments": customers.segments(request.organisation_id),
        "steps": [step for step in plan.steps if step.basis in (Basis.DUE, Basis.ISSUE) and step.days > 0],
        "entry": chosen.value,
        "step_key": step_key,
        "rows": rows,
        "leaving": {Outcome.DUE, Outcome.TO_CONFIRM},
        "may_edit": can(request.scope, "edit_scenario"),
    }
    return render(request, "desk/scenarios/join.html", context)


def _choice(request: DeskRequest) -> tuple[EntryChoice, str]:
    """By age unless a step was chosen: the value of the field is `by_age` or `step:KEY`."""
    said = request.POST.get("entry") or request.GET.get("entry", "")
    kind, _, key = said.partition(":")
    return (EntryChoice.AT_STEP, key) if kind == "step" and key else (EntryChoice.BY_AGE, "")


def _target(request: DeskRequest) -> tuple[Customer | None, Segment | None]:
    number = request.POST.get("customer") or request.GET.get("customer", "")
    segment_id = request.POST.get("segment") or request.GET.get("segment", "")
    if number:
        found = customers.in_scope(request.scope).filter(number=number).first()
        if found is None:
            raise NobodyToJoin()
        return found, None
    if segment_id.isdecimal() and len(segment_id) < 18:
        segments = {segment.pk: segment for segment in customers.segments(request.organisation_id)}
        if int(segment_id) not in segments:
            raise NobodyToJoin()
        return None, segments[int(segment_id)]
    if request.method == "POST":
        raise NobodyToJoin()
    return None, None


@screen("view_books")
def scenario_choose(request: DeskRequest) -> HttpResponse:
    """Which scenario a customer has, on the page where another is given."""
    customer, _ = _target(request)
    rows = queries.in_force(request.organisation_id)
    if customer is None or not rows:
        raise NobodyToJoin()
    own = queries.scenario_of(customer.pk, organisation_id=request.organisation_id)
    chosen = own if any(row.scenario.pk == own for row in rows) else rows[0].scenario.pk
    return redirect(f"{reverse('desk:scenario_join', args=[chosen])}?{urlencode({'customer': customer.number})}")


urlpatterns = [
    path("scenarios/choose", scenario_choose, name="scenario_choose"),
    path("scenarios/<int:scenario_id>/join", scenario_join, name="scenario_join"),
]
