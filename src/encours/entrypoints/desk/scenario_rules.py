"""Event rules: the list in sentences, a builder that reads as one, a trial on the last month, and the log."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language, gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.models import EventRule, RuleEffect
from encours.collections.queries import happenings as queries
from encours.collections.rules import event_rules as rules
from encours.collections.rules.event_rules import Deed, Names, Rule, read_rule, sentence
from encours.collections.rules.scenario_words import EVENTS
from encours.entrypoints import formats
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

CENTS = 100
LOG_ROWS = 40
NO_SCENARIO = "none"
DEEDS: Mapping[str, Any] = {
    Deed.TASK: gettext_lazy("Task"),
    Deed.NOTIFY: gettext_lazy("Notice"),
    Deed.NOTE: gettext_lazy("Note"),
    Deed.PAUSE: gettext_lazy("Pause"),
    Deed.EXCLUDE_ITEM: gettext_lazy("Invoice taken out"),
    Deed.ASSIGN_SCENARIO: gettext_lazy("Scenario"),
    Deed.CHANGE_COLLECTOR: gettext_lazy("Collector"),
}
_WHO = [(str(who), gettext_lazy(label)) for who, label in rules.WHO.items()]


class RuleForm(DeskForm):
    """A rule: what is filled in counts, what is left empty does not."""

    when = ("name", "event")
    conditions = ("amount_from", "overdue_from", "days_late_from", "times_from", "segment", "collector", "country")
    deeds = (
        "task_text", "task_who", "task_days", "notify_who", "note_text", "pause_days", "assign_scenario",
        "change_collector", "exclude_item",
    )  # fmt: skip
    unit_of = {
        "days_late_from": gettext_lazy("days late"),
        "times_from": gettext_lazy("times in 30 days"),
        "task_days": gettext_lazy("days"),
        "pause_days": gettext_lazy("days"),
    }
    name = forms.CharField(label=gettext_lazy("Name"), max_length=rules.NAME_LENGTH_MAX)
    event = forms.ChoiceField(
        label=gettext_lazy("When"), choices=[(str(one), gettext_lazy(EVENTS[one])) for one in queries.SOURCED]
    )
    amount_from = AmountField(label=gettext_lazy("The amount is at least"), min_value=Decimal(0), required=False)
    overdue_from = AmountField(label=gettext_lazy("Overdue is at least"), min_value=Decimal(0), required=False)
    days_late_from = forms.IntegerField(
        label=gettext_lazy("The oldest invoice is at least"), min_value=1, max_value=5000, required=False
    )
    times_from = forms.IntegerField(
        label=gettext_lazy("It happened at least"), min_value=1, max_value=100, required=False
    )
    segment = forms.ChoiceField(label=gettext_lazy("The segment is"), required=False)
    collector = forms.ChoiceField(label=gettext_lazy("Followed by"), required=False)
    country = forms.CharField(
        label=gettext_lazy("The country is"), min_length=2, max_length=2, required=False,
        help_text=gettext_lazy("Two letters: FR, BE."),
    )  # fmt: skip
    task_text = forms.CharField(label=gettext_lazy("Give the task"), max_length=rules.TEXT_LENGTH_MAX, required=False)
    task_who = forms.ChoiceField(label=gettext_lazy("given to"), choices=_WHO, required=False)
    task_days = forms.IntegerField(
        label=gettext_lazy("within"), min_value=0, max_value=rules.DAYS_MAX, required=False, initial=0
    )
    notify_who = forms.ChoiceField(label=gettext_lazy("Tell"), choices=[("", "—"), *_WHO], required=False)
    note_text = forms.CharField(
        label=gettext_lazy("Note on the customer"), max_length=rules.TEXT_LENGTH_MAX, required=False
    )
    pause_days = forms.IntegerField(
        label=gettext_lazy("Pause reminders for"), min_value=1, max_value=rules.DAYS_MAX, required=False
    )
    assign_scenario = forms.ChoiceField(label=gettext_lazy("Give the scenario"), required=False)
    change_collector = forms.ChoiceField(label=gettext_lazy("Give the customer to"), required=False)
    exclude_item = forms.BooleanField(label=gettext_lazy("Take the invoice out of reminders"), required=False)

    def __init__(self, *args: Any, organisation_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [("", "—"), *_rows(queries.people_of(organisation_id))]
        scenarios = _rows(queries.scenarios_of(organisation_id))
        for name, rows in {
            "segment": [("", "—"), *_rows(queries.segments_of(organisation_id))],
            "collector": people,
            "change_collector": people,
            "assign_scenario": [("", "—"), (NO_SCENARIO, gettext("no action")), *scenarios],
        }.items():
            self.offer(name, rows)

    def part(self, name: str) -> list[forms.BoundField]:
        """The fields of one part of the sentence."""
        return [self[field] for field in getattr(self, name)]

    def parts(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The three parts with their headings."""
        return [
            (gettext("When"), self.part("when")),
            (gettext("and if"), self.part("conditions")),
            (gettext("then"), self.part("deeds")),
        ]

    def plain(self) -> dict[str, Any]:
        """The rule as plain data, as the room reads it."""
        said = self.cleaned_data
        amounts = {name: int(said[name] * CENTS) for name in ("amount_from", "overdue_from") if said.get(name)}
        counts = {name: said[name] for name in ("days_late_from", "times_from") if said.get(name)}
        rows = {name: int(said[name]) for name in ("segment", "collector") if said.get(name)}
        country = {"country": said["country"].upper()} if said.get("country") else {}
        return {
            "name": said["name"],
            "event": said["event"],
            "conditions": {**amounts, **counts, **rows, **country},
            "actions": list(self._actions(said)),
        }

    @staticmethod
    def _actions(said: Mapping[str, Any]) -> Any:
        if said["task_text"]:
            days = said["task_days"] or 0
            yield {"deed": "task", "text": said["task_text"], "who": said["task_who"] or "collector", "days": days}
        if said["notify_who"]:
            yield {"deed": "notify", "who": said["notify_who"]}
        if said["note_text"]:
            yield {"deed": "note", "text": said["note_text"]}
        if said["pause_days"]:
            yield {"deed": "pause", "days": said["pause_days"]}
        if said["exclude_item"]:
            yield {"deed": "exclude_item"}
        if said["assign_scenario"]:
            chosen = None if said["assign_scenario"] == NO_SCENARIO else int(said["assign_scenario"])
            yield {"deed": "assign_scenario", "scenario_id": chosen}
        if said["change_collector"]:
            yield {"deed": "change_collector", "user_id": int(said["change_collector"])}


def _rows(found: Mapping[int, str]) -> list[tuple[str, str]]:
    return [(str(key), name) for key, name in found.items()]


def initial_of(rule: Rule) -> dict[str, Any]:
    """A rule as the form shows it."""
    shown: dict[str, Any] = {"name": rule.name, "event": rule.event.value}
    for condition, value in rule.conditions.items():
        is_amount = condition in (rules.Condition.AMOUNT_FROM, rules.Condition.OVERDUE_FROM)
        shown[condition.value] = Decimal(value) / CENTS if is_amount else value
    for action in rule.actions:
        of_deed: dict[Deed, dict[str, Any]] = {
            Deed.TASK: {"task_text": action.text, "task_who": action.who, "task_days": action.days},
            Deed.NOTIFY: {"notify_who": action.who},
            Deed.NOTE: {"note_text": action.text},
            Deed.PAUSE: {"pause_days": action.days},
            Deed.EXCLUDE_ITEM: {"exclude_item": True},
            Deed.ASSIGN_SCENARIO: {"assign_scenario": action.scenario_id or NO_SCENARIO},
            Deed.CHANGE_COLLECTOR: {"change_collector": action.user_id},
        }
        shown |= of_deed[action.deed]
    return shown


def names_of(organisation_id: int) -> Names:
    """What sentences call things, in the reader's language."""
    currency = queries.usual_currency(organisation_id)
    language = formats.known_language(get_language())
    return Names(
        money=lambda minor: formats.money_round(minor, currency, language=language),
        segments=queries.segments_of(organisation_id),
        people=queries.people_of(organisation_id),
        scenarios=queries.scenarios_of(organisation_id),
    )


@screen("view_books")
def scenario_rules(request: DeskRequest) -> HttpResponse:
    """All rules in their order, each as one sentence, and what they did lately."""
    names = names_of(request.organisation_id)
    rows = [
        {"row": row, "sentence": sentence(row.reading, names, translate=gettext)}
        for row in queries.rules_of(request.organisation_id, today=request.today)
    ]
    context = {
        "rows": rows,
        "log": [_logged(effect) for effect in queries.log_of(request.scope, limit=LOG_ROWS)],
        "may_edit": can(request.scope, "edit_scenario"),
    }
    return render(request, "desk/scenarios/rules.html", context)


def _logged(effect: RuleEffect) -> dict[str, Any]:
    return {
        "effect": effect,
        "event": rules.event_name(effect.occurrence.kind, translate=gettext),
        "deeds": [(DEEDS.get(done["deed"], ""), done["outcome"], done.get("why", "")) for done in effect.deeds],
    }


@screen("view_books")
def scenario_rule(request: DeskRequest, rule_id: int | None = None) -> HttpResponse:
    """One rule, or a new one: the form, the sentence it makes, and what it would have answered in 30 days."""
    rule = queries.rule_of(rule_id, organisation_id=request.organisation_id) if rule_id is not None else None
    reading = queries.reading_of(rule) if rule is not None else None
    form = RuleForm(
        request.POST or None, organisation_id=request.organisation_id, initial=initial_of(reading) if reading else {}
    )
    may_edit = can(request.scope, "edit_scenario")
    if request.method == "POST" and may_edit and form.is_valid():
        with refusals_on(form):
            reading = read_rule(form.plain())
            if request.POST.get("verb") != "try":
                return _saved(request, form, rule)
    tried = queries.trial(reading, scope=request.scope, today=request.today) if reading else []
    context = {
        "rule": rule,
        "form": form,
        "sentence": sentence(reading, names_of(request.organisation_id), translate=gettext) if reading else "",
        "tried": tried,
        "held": [one for one in tried if one.has_held],
        "log": [_logged(one) for one in queries.log_of(request.scope, rule_id=rule.pk, limit=LOG_ROWS)] if rule else [],
        "may_edit": may_edit,
    }
    return render(request, "desk/scenarios/rule.html", context, status=422 if form.errors else 200)


def _saved(request: DeskRequest, form: RuleForm, rule: EventRule | None) -> HttpResponse:
    collections.save_rule(
        organisation_id=request.organisation_id, plain=form.plain(), now=request.now, by=request.actor,
        rule_id=rule.pk if rule else None,
    )  # fmt: skip
    told(request, gettext("Kept: it answers what happens from now on."))
    return redirect("desk:scenario_rules")


@screen("edit_scenario")
@require_POST
def scenario_rule_switch(request: DeskRequest, rule_id: int) -> HttpResponse:
    """Let a rule run or rest, or take it off the list."""
    verb = request.POST.get("verb", "")
    given: dict[str, Any] = {
        "organisation_id": request.organisation_id, "rule_id": rule_id, "now": request.now, "by": request.actor,
    }  # fmt: skip
    if verb == "retire":
        collections.retire_rule(**given)
        told(request, gettext("The rule is off the list; its log stays."))
    else:
        collections.switch_rule(**given, is_active=verb == "run")
        told(request, gettext("The rule runs.") if verb == "run" else gettext("The rule rests."))
    return redirect("desk:scenario_rules")


urlpatterns = [
    path("scenarios/rules", scenario_rules, name="scenario_rules"),
    path("scenarios/rules/new", scenario_rule, name="scenario_rule_new"),
    path("scenarios/rules/<int:rule_id>", scenario_rule, name="scenario_rule"),
    path("scenarios/rules/<int:rule_id>/switch", scenario_rule_switch, name="scenario_rule_switch"),
]
