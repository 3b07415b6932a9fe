"""The editor of a scenario: its draft step by step, what it changes, who agrees, its versions and its file."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.models import DraftState, ScenarioDraft, ScenarioVersion
from encours.collections.queries import examples
from encours.collections.queries import facts as policies
from encours.collections.queries import scenarios as queries
from encours.collections.rules import comparison
from encours.collections.rules import scenario_words as words
from encours.collections.rules.plaintext import text_difference
from encours.collections.rules.steps import (
    OPTIONAL_CHOICES,
    WRITTEN,
    Basis,
    Channel,
    Mode,
    Plan,
    Step,
    read_steps,
)
from encours.core.errors import EncoursError
from encours.customers.models import ContactRole
from encours.entrypoints.desk.scenarios import CHANNELS, plain
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import file_of, told
from encours.messaging import queries as messaging
from encours.messaging.rules.letters import BLOCKS

CENTS = 100
RUNGS = 3


def _choices(found: Mapping[str, str]) -> list[tuple[str, Any]]:
    return [(str(key), gettext_lazy(label)) for key, label in found.items()]


_OTHERS = [("", "—"), *_choices(words.ROLES)]


class StepForm(DeskForm):
    """One step of a scenario: what everybody sets first, and below what goes further."""

    further = (
        "escalate_after", "cc_roles", "cc_internal", "stop_when", "grouping", "event", "with_copies",
        "is_last",
    )  # fmt: skip
    wide = frozenset({"cc_roles", "cc_internal", "stop_when"})
    unit_of = {
        "new_deadline_days": gettext_lazy("days"),
        "escalate_after": gettext_lazy("messages"),
    }
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    days = forms.IntegerField(
        label=gettext_lazy("When"), help_text=gettext_lazy("Negative: before."), min_value=-1000, max_value=1000
    )
    basis = forms.ChoiceField(label=gettext_lazy("Counted in"), choices=_choices(words.BASES))
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=_choices(words.CHANNELS))
    template_key = forms.ChoiceField(label=gettext_lazy("Template"), required=False)
    tone = forms.ChoiceField(label=gettext_lazy("Tone"), choices=_choices(words.TONES))
    to_1 = forms.ChoiceField(label=gettext_lazy("Recipient"), choices=_choices(words.ROLES))
    to_2 = forms.ChoiceField(label=gettext_lazy("Else"), choices=_OTHERS, required=False)
    to_3 = forms.ChoiceField(label=gettext_lazy("Else again"), choices=_OTHERS, required=False)
    sender = forms.ChoiceField(label=gettext_lazy("Sender"), choices=_choices(words.SENDERS))
    mode = forms.ChoiceField(label=gettext_lazy("Who lets it leave"), choices=_choices(words.MODES))
    confirm_from = AmountField(label=gettext_lazy("To confirm from"), min_value=Decimal(0), required=False)
    minimum = AmountField(label=gettext_lazy("Nothing below"), min_value=Decimal(0), required=False)
    new_deadline_days = forms.IntegerField(
        label=gettext_lazy("New deadline given"), min_value=0, max_value=365, required=False
    )
    event = forms.ChoiceField(
        label=gettext_lazy("After which event"),
        help_text=gettext_lazy("For a step counted from an event."),
        required=False,
    )
    escalate_after = forms.IntegerField(
        label=gettext_lazy("Next role after"),
        help_text=gettext_lazy("So many messages without an answer, one role further each time."),
        min_value=1,
        max_value=20,
        required=False,
    )
    grouping = forms.ChoiceField(label=gettext_lazy("Grouping"), required=False)
    is_last = forms.BooleanField(label=gettext_lazy("Nothing of the scenario follows this step"), required=False)
    with_copies = forms.BooleanField(
        label=gettext_lazy("Attach the PDF of each invoice"),
        help_text=gettext_lazy("To an e-mail or a letter: those that are kept, ten at most."),
        required=False,
    )
    cc_roles = forms.MultipleChoiceField(
        label=gettext_lazy("Copies"), choices=ContactRole.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    cc_internal = forms.MultipleChoiceField(
        label=gettext_lazy("Copies to colleagues"),
        choices=_choices(words.COLLEAGUES),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    stop_when = forms.MultipleChoiceField(
        label=gettext_lazy("Keep the whole step back while"),
        choices=_choices(words.CONDITIONS),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, templates: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in {
            "template_key": [("", "—"), *templates],
            "event": [("", "—"), *_choices(words.EVENTS)],
            "grouping": [("", gettext_lazy("as the scenario")), *_choices(words.GROUPINGS)],
        }.items():
            self.offer(name, rows)

    def first(self) -> list[forms.BoundField]:
        """What everybody sets."""
        return [field for field in self if field.name not in self.further]

    def last(self) -> list[forms.BoundField]:
        """What goes further."""
        return [self[name] for name in self.further]

    @property
    def goes_further(self) -> bool:
        """Whether something of the second part is set, or wrong, so that it is shown open."""
        return any(field.errors or field.value() for field in self.last())

    def step(self, key: str) -> dict[str, Any]:
        """The step as plain data, as the room reads it."""
        said = dict(self.cleaned_data)
        confirm, minimum = said.pop("confirm_from"), said.pop("minimum")
        rungs = [said.pop(f"to_{number}") for number in range(1, RUNGS + 1)]
        return {
            **said,
            "key": key,
            "to_roles": list(dict.fromkeys(rung for rung in rungs if rung)),
            "confirm_from_minor": None if confirm is None else int(confirm * CENTS),
            "minimum_minor": int((minimum or 0) * CENTS),
            **{name: said[name] or None for name in OPTIONAL_CHOICES},
        }


class PublishForm(DeskForm):
    """What the new version is for."""

    note = forms.CharField(label=gettext_lazy("What changes, for your colleagues"), max_length=300, required=False)


@screen("view_books")
def scenario(request: DeskRequest, scenario_id: int) -> HttpResponse:
    versions = queries.versions_of(scenario_id, organisation_id=request.organisation_id)
    if not versions:
        raise queries.ScenarioNotFound
    version = versions[0]
    draft = queries.draft_of(scenario_id, organisation_id=request.organisation_id)
    plan = queries.drafted_plan(version, draft)
    wanted = request.GET.get("step", "")
    step = next((one for one in plan.steps if one.key == wanted), None)
    if step is None and wanted != "new":
        step = plan.steps[min(1, len(plan.steps) - 1)]
    may_edit = can(request.scope, "edit_scenario")
    form = StepForm(request.POST or None, templates=_templates(request), initial=_initial(step))
    if request.method == "POST" and may_edit and form.is_valid():
        with refusals_on(form):
            return _kept(request, version, plan, form.step(step.key if step else _new_key(form, plan)))
    changes = comparison.plan_changes(queries.drafted_plan(version, None), plan) if draft else []
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
        "is_draft": draft is not None,
        "draft": draft,
        **_agreement(request, draft, version),
        "changes": words.difference(changes, translate=gettext),
        "step_change": _step_change(changes, step),
        "publish_form": PublishForm(initial={"note": draft.note if draft else ""}),
        "groupings": _choices(words.GROUPINGS),
        "entries": [(key, label) for key, label in _choices(words.ENTRIES) if key != "at_step"],
        "customer_count": queries.customer_counts(request.organisation_id).get(scenario_id, 0),
        "may_edit": may_edit,
    }
    return render(request, "desk/scenarios/editor.html", context, status=422 if form.errors else 200)


def _agreement(request: DeskRequest, draft: ScenarioDraft | None, version: ScenarioVersion) -> dict[str, Any]:
    """Where the draft stands between the people who work on it, and what this reader may do with it."""
    asks = policies.policy_of(request.organisation_id).asks_approval
    own = draft is not None and request.user.pk in (draft.author_id, draft.proposer_id)
    state = draft.state if draft else ""
    return {
        "asks_approval": asks,
        "is_proposed": state == DraftState.PROPOSED,
        "is_approved": state == DraftState.APPROVED,
        "is_own": own,
        "may_publish": draft is not None and (not asks or state == DraftState.APPROVED),
        "is_outdated": draft is not None and draft.based_on != version.number,
    }


def _step_change(changes: Sequence[comparison.Change], step: Step | None) -> str:
    """What changes in the step that is shown, in one chip."""
    of_step = [change for change in changes if step is not None and change.step_key == step.key]
    if not of_step:
        return ""
    if of_step[0].kind == "added":
        return gettext("added")
    first = of_step[0]
    before, after = (words.said(first.field, value, translate=gettext) for value in (first.before, first.after))
    return f"{gettext(words.FIELDS[first.field])}: {before} → {after}"


def _templates(request: DeskRequest) -> list[tuple[str, str]]:
    return [(template.key, template.name) for template in messaging.templates(request.organisation_id)]


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
    # where a letter has its table, the few lines shown here have a mark of omission
    text = BLOCKS.sub("…", seen.letter.text) if seen.letter else ""
    return {"customer": found.customer, "letter": seen.letter, "text": text, "problem": problem}


def _initial(step: Step | None) -> dict[str, Any]:
    if step is None:
        return {"days": 20, "basis": "due", "to_1": "accounts", "mode": "auto", "tone": "cordial"}
    values = step.as_json()
    values["minimum"] = Decimal(step.minimum_minor) / CENTS if step.minimum_minor else None
    values["confirm_from"] = None if step.confirm_from_minor is None else Decimal(step.confirm_from_minor) / CENTS
    for number, role in enumerate(step.to_roles[:RUNGS], start=1):
        values[f"to_{number}"] = role
    return values


def _new_key(form: StepForm, plan: Plan) -> str:
    base = slugify(form.cleaned_data["name"]).replace("-", "_")[:50] or "step"
    taken, key, number = {step.key for step in plan.steps}, base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key


def _kept(request: DeskRequest, version: ScenarioVersion, plan: Plan, changed: Mapping[str, Any]) -> HttpResponse:
    """Keep the step in the draft; the steps as a whole must still make sense."""
    rows = [row for row in plain(plan.steps) if row["key"] != changed["key"]]
    known = next((row for row in plain(plan.steps) if row["key"] == changed["key"]), {})
    # a ladder longer than the form shows keeps its upper rungs
    if len(known.get("to_roles", ())) > RUNGS and changed["to_roles"] == known["to_roles"][:RUNGS]:
        changed = {**changed, "to_roles": known["to_roles"]}
    _keep(request, version, [*rows, changed])
    told(request, gettext("Kept in the draft: it counts once published."))
    return redirect(f"{request.path}?step={changed['key']}")


def _keep(request: DeskRequest, version: ScenarioVersion, rows: Sequence[Mapping[str, Any]], **more: Any) -> None:
    """Keep the draft; the first step that makes no sense is named."""
    steps = plain(read_steps(rows))
    collections.keep_draft(
        organisation_id=request.organisation_id, scenario_id=version.scenario_id, steps=steps, now=request.now,
        by=request.actor, **more,
    )  # fmt: skip


def _shown(step: Step, chosen: Step | None, changes: Sequence[comparison.Change]) -> dict[str, Any]:
    kinds = {change.kind for change in changes if change.step_key == step.key}
    label, icon = CHANNELS[step.channel]
    roles = " → ".join(gettext(words.ROLES[role]) for role in step.to_roles[:2])
    is_letter = step.channel in WRITTEN and step.channel is not Channel.EMAIL
    return {
        "step": step,
        "is_chosen": chosen is not None and step.key == chosen.key,
        "is_early": step.basis is Basis.DUE and step.days <= 0,
        "channel": label,
        "icon": icon,
        "tone": label if is_letter else gettext(words.TONES[step.tone]),
        "event": gettext(words.EVENTS[step.event]) if step.event else "",
        "mode": gettext(words.MODES[step.mode]),
        "needs_person": step.mode is not Mode.AUTO,
        "roles": roles if step.channel in WRITTEN or step.channel is Channel.CALL else "",
        "mark": gettext("added") if "added" in kinds else gettext("changed") if kinds else "",
    }


def _timeline(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps with the mark of the due date before the first that follows it."""
    first = next((index for index, one in enumerate(steps) if not one["is_early"]), -1)
    return [{**one, "is_first_late": index == first} for index, one in enumerate(steps)]


@screen("edit_scenario")
@require_POST
def scenario_draft(request: DeskRequest, scenario_id: int) -> HttpResponse:
    """One verb upon the draft: a step copied or removed, a setting, and its way into force."""
    version = queries.version_in_force(scenario_id, organisation_id=request.organisation_id)
    verb = _VERBS.get(request.POST.get("verb", ""))
    if verb is None:
        return redirect("desk:scenario", scenario_id)
    return verb(request, version)


def _back(request: DeskRequest, version: ScenarioVersion, said: str, *, step: str = "") -> HttpResponse:
    told(request, said)
    address = reverse("desk:scenario", args=[version.scenario_id])
    return redirect(f"{address}?step={step}" if step else address)


def _rows(request: DeskRequest, version: ScenarioVersion) -> list[dict[str, Any]]:
    draft = queries.draft_of(version.scenario_id, organisation_id=request.organisation_id)
    return plain(queries.drafted_plan(version, draft).steps)


def _remove(request: DeskRequest, version: ScenarioVersion) -> HttpResponse:
    key = request.POST.get("step", "")
    _keep(request, version, [row for row in _rows(request, version) if row["key"] != key])
    return _back(request, version, gettext("The step is out of the draft."))


def _copy(request: DeskRequest, version: ScenarioVersion) -> HttpResponse:
    rows, key = _rows(request, version), request.POST.get("step", "")
    copied = next((row for row in rows if row["key"] == key), rows[-1])
    taken = {row["key"] for row in rows}
    number = next(n for n in range(2, 100) if f"{copied['key']}_{n}"[:60] not in taken)
    made = {**copied, "key": f"{copied['key']}_{number}"[:60], "days": copied["days"] + 7}
    _keep(request, version, [*rows, made])
    return _back(request, version, gettext("Copied, a week later."), step=made["key"])


def _settings(request: DeskRequest, version: ScenarioVersion) -> HttpResponse:
    _keep(
        request, version, _rows(request, version), grouping=request.POST.get("grouping", version.grouping),
        entry=request.POST.get("entry", version.entry),
    )  # fmt: skip
    return _back(request, version, gettext("Kept in the draft: it counts once published."))


def _discard(request: DeskRequest, version: ScenarioVersion) -> HttpResponse:
    collections.discard_draft(**_of(request, version), by=request.actor)
    return _back(request, version, gettext("The draft is thrown away."))


def _propose(request: DeskRequest, version: ScenarioVersion) -> HttpResponse:
    collections.propose_draft(**_of(request, version), note=_note(request), now=request.now, by=request.actor)
    return _back(request, version, gettext("Proposed: a second person can agree to it now."))


def _approve(request: DeskRequest, version: ScenarioVersion) -> HttpResponse:
    collections.approve_draft(**_of(request, version), now=request.now, by=request.actor)
    return _back(request, version, gettext("Agreed: it can be put in force."))


def _return(request: DeskRequest, version: ScenarioVersion) -> HttpResponse:
    collections.return_draft(**_of(request, version), why=_note(request), by=request.actor)
    return _back(request, version, gettext("Sent back to its authors."))


def _publish(request: DeskRequest, version: ScenarioVersion) -> HttpResponse:
    made = collections.publish_draft(**_of(request, version), note=_note(request), now=request.now, by=request.actor)
    return _back(request, version, gettext("Version {number} is in force.").format(number=made.number))


def _roll_back(request: DeskRequest, version: ScenarioVersion) -> HttpResponse:
    number = request.POST.get("number", "")
    made = collections.roll_back(
        **_of(request, version), number=int(number) if number.isdecimal() and len(number) < 9 else 0,
        now=request.now, by=request.actor,
    )  # fmt: skip
    if isinstance(made, ScenarioDraft):
        return _back(request, version, gettext("Proposed: a second person can agree to it now."))
    return _back(request, version, gettext("Version {number} is in force.").format(number=made.number))


def _of(request: DeskRequest, version: ScenarioVersion) -> dict[str, Any]:
    return {"organisation_id": request.organisation_id, "scenario_id": version.scenario_id}


def _note(request: DeskRequest) -> str:
    return request.POST.get("note", "").strip()[:300]


_VERBS = {
    "remove": _remove, "copy": _copy, "settings": _settings, "discard": _discard, "propose": _propose,
    "approve": _approve, "return": _return, "publish": _publish, "roll_back": _roll_back,
}  # fmt: skip


@screen("view_books")
def scenario_compare(request: DeskRequest, scenario_id: int) -> HttpResponse:
    """Two versions, or a version and the draft, in words and as text."""
    versions = queries.versions_of(scenario_id, organisation_id=request.organisation_id)
    if not versions:
        raise queries.ScenarioNotFound
    draft = queries.draft_of(scenario_id, organisation_id=request.organisation_id)
    names = {str(one.number): queries.drafted_plan(one, None) for one in versions}
    if draft is not None:
        names["draft"] = queries.drafted_plan(versions[0], draft)
    after = request.GET.get("to", "")
    after = after if after in names else next(iter(names)) if draft is None else "draft"
    before = request.GET.get("from", "")
    usual = str(versions[0].number) if after == "draft" else str(versions[min(1, len(versions) - 1)].number)
    before = before if before in names else usual
    language = versions[0].scenario.language
    texts = [queries.text_of(names[name], language=language) for name in (before, after)]
    context = {
        "scenario": versions[0].scenario,
        "names": [(name, gettext("draft") if name == "draft" else f"v{name}") for name in names],
        "before": before,
        "after": after,
        "changes": words.difference(comparison.plan_changes(names[before], names[after]), translate=gettext),
        "lines": [_line(line) for line in text_difference(*texts, names=(before, after))[2:]],
    }
    return render(request, "desk/scenarios/compare.html", context)


def _line(line: str) -> tuple[str, str]:
    kinds = {"+": "good", "-": "act", "@": "en-3"}
    return kinds.get(line[:1], ""), line


@screen("view_books")
def scenario_file(request: DeskRequest, scenario_id: int) -> HttpResponse:
    """The scenario as its file; the draft with ?draft=1."""
    version = queries.version_in_force(scenario_id, organisation_id=request.organisation_id)
    draft = queries.draft_of(scenario_id, organisation_id=request.organisation_id) if "draft" in request.GET else None
    text = queries.text_of(queries.drafted_plan(version, draft), language=version.scenario.language)
    name = slugify(version.scenario.name) or "scenario"
    draft_mark = "-draft" if draft else ""
    return file_of(text, f"{name}-v{version.number}{draft_mark}.toml", "application/toml; charset=utf-8")


urlpatterns = [
    path("scenarios/<int:scenario_id>", scenario, name="scenario"),
    path("scenarios/<int:scenario_id>/draft", scenario_draft, name="scenario_draft"),
    path("scenarios/<int:scenario_id>/compare", scenario_compare, name="scenario_compare"),
    path("scenarios/<int:scenario_id>/file", scenario_file, name="scenario_file"),
]
