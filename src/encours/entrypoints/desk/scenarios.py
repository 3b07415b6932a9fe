"""Scenarios: the list, who they apply to, and an editor whose draft is compared, tried on the book and published."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.models import ScenarioAssignment, ScenarioVersion
from encours.collections.queries import examples
from encours.collections.queries import scenarios as queries
from encours.collections.queries.facts import plan_of
from encours.collections.rules import comparison
from encours.collections.rules.defaults import standard_steps
from encours.collections.rules.steps import (
    Basis,
    Channel,
    Mode,
    Plan,
    Sender,
    Step,
    Tone,
    read_steps,
)
from encours.core.errors import EncoursError
from encours.customers import queries as customers
from encours.customers.models import ContactRole
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.messaging import queries as messaging

CENTS = 100
CHANNELS: Mapping[str, tuple[Promise, str]] = {
    Channel.EMAIL: (gettext_lazy("E-mail"), "mail"),
    Channel.CALL: (gettext_lazy("Call"), "phone"),
    Channel.TASK: (gettext_lazy("Task"), "checkbox"),
}
TONES: Mapping[str, Promise] = {
    Tone.COURTEOUS: gettext_lazy("Courteous"),
    Tone.CORDIAL: gettext_lazy("Cordial"),
    Tone.CORDIAL_FIRM: gettext_lazy("Cordial and firm"),
    Tone.FIRM: gettext_lazy("Firm"),
    Tone.FORMAL: gettext_lazy("Formal"),
}
MODES: Mapping[str, Promise] = {
    Mode.AUTO: gettext_lazy("leaves by itself"),
    Mode.TO_CONFIRM: gettext_lazy("to confirm"),
    Mode.MANUAL: gettext_lazy("by hand"),
}
BASES: Mapping[str, Promise] = {
    Basis.DUE: gettext_lazy("days from the due date"),
    Basis.ISSUE: gettext_lazy("days from the issue date"),
    Basis.PAID: gettext_lazy("days from the payment"),
}
SENDERS: Mapping[str, Promise] = {
    Sender.COLLECTOR: gettext_lazy("The customer's collector"),
    Sender.ENTITY: gettext_lazy("The company"),
}
FIELDS: Mapping[str, Promise] = {
    "name": gettext_lazy("name"),
    "days": gettext_lazy("days"),
    "basis": gettext_lazy("counted from"),
    "channel": gettext_lazy("channel"),
    "template_key": gettext_lazy("template"),
    "tone": gettext_lazy("tone"),
    "to_roles": gettext_lazy("recipients"),
    "cc_roles": gettext_lazy("copies"),
    "sender": gettext_lazy("sender"),
    "mode": gettext_lazy("sending"),
    "minimum_minor": gettext_lazy("minimum"),
    "confirm_from_minor": gettext_lazy("confirmation from"),
    "new_deadline_days": gettext_lazy("new deadline"),
}


class StepForm(DeskForm):
    """One step of a scenario."""

    wide = frozenset({"to_roles", "cc_roles"})
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    days = forms.IntegerField(
        label=gettext_lazy("When"), help_text=gettext_lazy("Negative: before."), min_value=-1000, max_value=1000
    )
    basis = forms.ChoiceField(label=gettext_lazy("Counted in"), choices=list(BASES.items()))
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"), choices=[(key, label) for key, (label, _) in CHANNELS.items()]
    )
    tone = forms.ChoiceField(label=gettext_lazy("Tone"), choices=list(TONES.items()))
    template_key = forms.ChoiceField(label=gettext_lazy("Template"), required=False)
    sender = forms.ChoiceField(label=gettext_lazy("Sender"), choices=list(SENDERS.items()))
    mode = forms.ChoiceField(label=gettext_lazy("Sending"), choices=list(MODES.items()))
    confirm_from = AmountField(label=gettext_lazy("To confirm from"), min_value=Decimal(0), required=False)
    minimum = AmountField(label=gettext_lazy("Nothing below"), min_value=Decimal(0), required=False)
    new_deadline_days = forms.IntegerField(
        label=gettext_lazy("New deadline given"), min_value=0, max_value=365, required=False
    )
    to_roles = forms.MultipleChoiceField(
        label=gettext_lazy("Recipients"), choices=ContactRole.choices, widget=forms.CheckboxSelectMultiple
    )
    cc_roles = forms.MultipleChoiceField(
        label=gettext_lazy("Copies"), choices=ContactRole.choices, widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, templates: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template_key"].choices = [("", "—"), *templates]  # type: ignore[attr-defined]  # a choice field

    def step(self, key: str) -> dict[str, Any]:
        """The step as plain data, as the room reads it."""
        said = dict(self.cleaned_data)
        confirm, minimum = said.pop("confirm_from"), said.pop("minimum")
        return {
            **said,
            "key": key,
            "confirm_from_minor": None if confirm is None else int(confirm * CENTS),
            "minimum_minor": int((minimum or 0) * CENTS),
        }


class PublishForm(DeskForm):
    """What the new version is for."""

    note = forms.CharField(label=gettext_lazy("What changes, for your colleagues"), max_length=300, required=False)


class NewForm(DeskForm):
    """The name of a new scenario."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)


def _draft_key(scenario_id: int) -> str:
    return f"scenario_draft:{scenario_id}"


def _plain(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [{name: value for name, value in step.as_json().items() if name != "position"} for step in steps]


def drafted(request: DeskRequest, version: ScenarioVersion) -> tuple[Plan, bool]:
    """The plan a person is editing, and whether it differs from the one in force."""
    plan = plan_of(version, version.scenario.name)
    kept = request.session.get(_draft_key(version.scenario_id))
    if not kept:
        return plan, False
    try:
        return replace(plan, steps=read_steps(kept)), True
    except EncoursError:
        return plan, False


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
            steps=_plain(standard_steps(request.organisation.language)),
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


def _templates(request: DeskRequest) -> list[tuple[str, str]]:
    return [(template.key, template.name) for template in messaging.templates(request.organisation_id)]


@screen("view_books")
def scenario(request: DeskRequest, scenario_id: int) -> HttpResponse:
    versions = queries.versions_of(scenario_id, organisation_id=request.organisation_id)
    if not versions:
        raise queries.ScenarioNotFound
    version = versions[0]
    plan, is_draft = drafted(request, version)
    wanted = request.GET.get("step", "")
    step = next((one for one in plan.steps if one.key == wanted), None)
    if step is None and wanted != "new":
        step = plan.steps[min(1, len(plan.steps) - 1)]
    may_edit = can(request.scope, "edit_scenario")
    form = StepForm(request.POST or None, templates=_templates(request), initial=_initial(step))
    if request.method == "POST" and may_edit and form.is_valid():
        with refusals_on(form):
            return _kept(request, version, plan, form.step(step.key if step else _new_key(form, plan)))
    in_force = plan_of(version, version.scenario.name)
    changes = comparison.changes(in_force.steps, plan.steps) if is_draft else []
    context = {
        "scenario": version.scenario,
        "version": version,
        "versions": versions,
        "next_number": version.number + 1,
        "plan": plan,
        "steps": _timeline([_shown(one, step, changes) for one in plan.steps]),
        "step": step,
        "form": form,
        "example": _example(request, step),
        "is_draft": is_draft,
        "changes": [_told(change) for change in changes],
        "publish_form": PublishForm(),
        "customer_count": queries.customer_counts(request.organisation_id).get(scenario_id, 0),
        "may_edit": may_edit,
    }
    return render(request, "desk/scenarios/editor.html", context, status=422 if form.errors else 200)


def _example(request: DeskRequest, step: Step | None) -> dict[str, Any] | None:
    """The text of the step as a real customer would get it."""
    if step is None or not step.template_key:
        return None
    found = next(iter(examples.recent_reminders(request.scope, step_key=step.key, limit=1)), None)
    context = examples.message_context(found.pk, scope=request.scope, today=request.today) if found else None
    if found is None or context is None:
        return None
    language = found.customer.language or request.organisation.language
    try:
        version = messaging.current_version(
            step.template_key, organisation_id=request.organisation_id, language=language
        )
    except EncoursError as error:
        return {"customer": found.customer, "letter": None, "problem": error.translated(gettext)}
    seen = messaging.preview(messaging.wording_of(version), context)
    problem = seen.problem.translated(gettext) if seen.problem else ""
    return {"customer": found.customer, "letter": seen.letter, "problem": problem}


def _initial(step: Step | None) -> dict[str, Any]:
    if step is None:
        return {"days": 20, "basis": "due", "to_roles": ["accounts"], "mode": "auto"}
    values = step.as_json()
    values["minimum"] = Decimal(step.minimum_minor) / CENTS if step.minimum_minor else None
    values["confirm_from"] = None if step.confirm_from_minor is None else Decimal(step.confirm_from_minor) / CENTS
    return values


def _new_key(form: StepForm, plan: Plan) -> str:
    base = slugify(form.cleaned_data["name"]).replace("-", "_")[:60] or "step"
    taken, key, number = {step.key for step in plan.steps}, base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key


def _kept(request: DeskRequest, version: ScenarioVersion, plan: Plan, changed: Mapping[str, Any]) -> HttpResponse:
    """Keep the step in the draft; the steps as a whole must still make sense."""
    rows = [row for row in _plain(plan.steps) if row["key"] != changed["key"]]
    steps = _plain(read_steps([*rows, changed]))
    request.session[_draft_key(version.scenario_id)] = steps
    told(request, gettext("Kept in your draft: it counts once published."))
    return redirect(f"{request.path}?step={changed['key']}")


def _shown(step: Step, chosen: Step | None, changes: Sequence[comparison.Change]) -> dict[str, Any]:
    kinds = {change.kind for change in changes if change.step_key == step.key}
    label, icon = CHANNELS[step.channel]
    return {
        "step": step,
        "is_chosen": chosen is not None and step.key == chosen.key,
        "is_early": step.basis is Basis.DUE and step.days <= 0,
        "channel": label,
        "icon": icon,
        "tone": TONES[step.tone],
        "mode": MODES[step.mode],
        "needs_person": step.mode is not Mode.AUTO,
        "roles": ", ".join(str(dict(ContactRole.choices).get(role, role)) for role in step.to_roles),
        "mark": gettext("added") if "added" in kinds else gettext("changed") if kinds else "",
    }


def _timeline(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps with the mark of the due date before the first that follows it."""
    first = next((index for index, one in enumerate(steps) if not one["is_early"]), -1)
    return [{**one, "is_first_late": index == first} for index, one in enumerate(steps)]


def _told(change: comparison.Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "step": change.step_name,
        "field": FIELDS.get(change.field, change.field),
        "before": _value(change.before),
        "after": _value(change.after),
    }


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(dict(ContactRole.choices).get(role, role)) for role in value) or "—"
    for words in (TONES, MODES, BASES, SENDERS):
        if value in words:
            return str(words[value])
    return "—" if value in (None, "") else str(value)


@screen("edit_scenario")
@require_POST
def scenario_draft(request: DeskRequest, scenario_id: int) -> HttpResponse:
    """Copy or remove a step of the draft, throw the draft away, or put it in force."""
    version = queries.version_in_force(scenario_id, organisation_id=request.organisation_id)
    plan, _ = drafted(request, version)
    verb, key = request.POST.get("verb", ""), request.POST.get("step", "")
    address = reverse("desk:scenario", args=[scenario_id])
    rows = _plain(plan.steps)
    if verb == "discard":
        request.session.pop(_draft_key(scenario_id), None)
        told(request, gettext("The draft is thrown away."))
    elif verb == "remove":
        request.session[_draft_key(scenario_id)] = _plain(read_steps([row for row in rows if row["key"] != key]))
    elif verb == "copy":
        copied = next((row for row in rows if row["key"] == key), rows[-1])
        copy = {**copied, "key": f"{copied['key']}_{len(rows)}", "days": copied["days"] + 7}
        request.session[_draft_key(scenario_id)] = _plain(read_steps([*rows, copy]))
        return redirect(f"{address}?step={copy['key']}")
    elif verb == "publish":
        form = PublishForm(request.POST)
        form.is_valid()
        made = collections.publish_version(
            organisation_id=request.organisation_id,
            scenario_id=scenario_id,
            steps=rows,
            now=request.now,
            by=request.actor,
            grouping=request.POST.get("grouping", version.grouping),
            entry=request.POST.get("entry", version.entry),
            note=form.cleaned_data.get("note", ""),
        )
        request.session.pop(_draft_key(scenario_id), None)
        told(request, gettext("Version {number} is in force.").format(number=made.number))
    return redirect(address)


urlpatterns = [
    path("scenarios", scenarios, name="scenarios"),
    path("scenarios/new", scenario_new, name="scenario_new"),
    path("scenarios/assign", scenario_assign, name="scenario_assign"),
    path("scenarios/<int:scenario_id>", scenario, name="scenario"),
    path("scenarios/<int:scenario_id>/draft", scenario_draft, name="scenario_draft"),
]
