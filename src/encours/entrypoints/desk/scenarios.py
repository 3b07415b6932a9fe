"""Scenarios: the list, who they apply to, who has none, and scenarios brought in from files."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.models import ScenarioAssignment, ScenarioVersion
from encours.collections.queries import scenarios as queries
from encours.collections.queries import uncovered
from encours.collections.rules.defaults import standard_steps
from encours.collections.rules.plaintext import read_scenario
from encours.collections.rules.scenario_words import CHANNELS as CHANNEL_WORDS
from encours.collections.rules.steps import Channel, Plan, Step
from encours.core.errors import Refused, gettext_noop
from encours.customers import queries as customers
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

_ICONS: Mapping[Channel, str] = {
    Channel.EMAIL: "mail",
    Channel.SMS: "device-mobile-message",
    Channel.LETTER: "mail-opened",
    Channel.REGISTERED_LETTER: "certificate",
    Channel.ELECTRONIC_REGISTERED_LETTER: "signature",
    Channel.CALL: "phone",
    Channel.TASK: "checkbox",
    Channel.HAND_OVER: "gavel",
}
# channel -> name and drawing
CHANNELS: Mapping[str, tuple[Any, str]] = {
    channel: (gettext_lazy(CHANNEL_WORDS[channel]), icon) for channel, icon in _ICONS.items()
}
FILE_BYTES_MAX = 200_000


class ScenarioFileMissing(Refused):
    """No file came, or none that a scenario can be read from."""

    message = gettext_noop("Choose a scenario file: text (TOML, UTF-8) of 200 kB at most.")


class NewForm(DeskForm):
    """The name of a new scenario."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)


def plain(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Steps as data that a draft keeps."""
    return [{name: value for name, value in step.as_json().items() if name != "position"} for step in steps]


def drafted(request: DeskRequest, version: ScenarioVersion) -> tuple[Plan, bool]:
    """The plan being worked out for a scenario, and whether it differs from the one in force."""
    draft = queries.draft_of(version.scenario_id, organisation_id=request.organisation_id)
    return queries.drafted_plan(version, draft), draft is not None


@screen("view_books")
def scenarios(request: DeskRequest) -> HttpResponse:
    rows = queries.in_force(request.organisation_id)
    assigned = queries.assignments(request.organisation_id)
    counts = queries.customer_counts(request.organisation_id)
    segments = customers.segments(request.organisation_id)
    targets: list[tuple[int | None, str, ScenarioAssignment | None]] = [
        *((segment.pk, segment.name, assigned.get(segment.pk)) for segment in segments),
        (None, gettext("Everybody else"), assigned.get(None)),
    ]
    context = {
        "rows": rows,
        "targets": targets,
        "without": counts.get(None, 0),
        "ownerless": uncovered.count_without_owner(request.scope),
        "form": NewForm(),
        "may_edit": can(request.scope, "edit_scenario"),
    }
    return render(request, "desk/scenarios/list.html", context)


@screen("edit_scenario")
@require_POST
def scenario_new(request: DeskRequest) -> HttpResponse:
    form = NewForm(request.POST)
    if form.is_valid():
        made = collections.create_scenario(
            organisation_id=request.organisation_id,
            name=form.cleaned_data["name"],
            steps=plain(standard_steps(request.organisation.language)),
            now=request.now,
            by=request.actor,
            language=request.organisation.language,
        )
        told(request, gettext("Made from the standard one: change it, then say to whom it applies."))
        return redirect("desk:scenario", made.pk)
    return redirect("desk:scenarios")


@screen("edit_scenario")
@require_POST
def scenario_assign(request: DeskRequest) -> HttpResponse:
    """Say which scenario applies to a segment, or to everybody else."""
    segment, chosen = request.POST.get("segment", ""), request.POST.get("scenario", "")
    segment_id = int(segment) if segment.isdecimal() else None
    if chosen == "inherit":
        collections.inherit(organisation_id=request.organisation_id, by=request.actor, segment_id=segment_id)
    else:
        collections.assign(
            organisation_id=request.organisation_id,
            scenario_id=int(chosen) if chosen.isdecimal() else None,
            by=request.actor,
            segment_id=segment_id,
        )
    told(request, gettext("Saved: it counts from the next decisions on."))
    return redirect("desk:scenarios")


@screen("edit_scenario")
@require_POST
def scenario_import(request: DeskRequest) -> HttpResponse:
    """A scenario from a file: a new one, or the draft of the one of that name."""
    sent = request.FILES.get("file")
    if sent is None or sent.size is None or sent.size > FILE_BYTES_MAX:
        raise ScenarioFileMissing()
    try:
        found = read_scenario(sent.read().decode("utf-8"), file=sent.name or "")
    except UnicodeDecodeError:
        raise ScenarioFileMissing() from None
    known = queries.scenario_named(found.name, organisation_id=request.organisation_id)
    given: dict[str, Any] = {
        "organisation_id": request.organisation_id, "steps": plain(found.steps), "now": request.now,
        "by": request.actor, "grouping": found.grouping.value, "entry": found.entry.value,
    }  # fmt: skip
    if known is None:
        version = collections.create_scenario(name=found.name, language=found.language, **given)
        told(request, gettext("“{name}” is here: say to whom it applies.").format(name=found.name))
        return redirect("desk:scenario", version.scenario_id)
    collections.keep_draft(scenario_id=known.pk, **given)
    told(request, gettext("Read as a draft of “{name}”: it counts once published.").format(name=found.name))
    return redirect("desk:scenario", known.pk)


@screen("view_books")
def scenario_uncovered(request: DeskRequest) -> HttpResponse:
    """The customers nobody chases although they owe, and those that nobody follows."""
    context = {
        "without_scenario": uncovered.without_scenario(request.scope, today=request.today, limit=200),
        "without_owner": uncovered.without_owner(request.scope, today=request.today, limit=200),
        "may_edit": can(request.scope, "edit_scenario"),
    }
    return render(request, "desk/scenarios/uncovered.html", context)


urlpatterns = [
    path("scenarios", scenarios, name="scenarios"),
    path("scenarios/new", scenario_new, name="scenario_new"),
    path("scenarios/assign", scenario_assign, name="scenario_assign"),
    path("scenarios/import", scenario_import, name="scenario_import"),
    path("scenarios/uncovered", scenario_uncovered, name="scenario_uncovered"),
]
