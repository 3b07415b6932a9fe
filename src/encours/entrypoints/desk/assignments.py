"""Who gets which customers: standing rules, what they would change, and letting them change it."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.customers import assignment_actions as actions
from encours.customers import assignment_queries as queries
from encours.customers import queries as customers
from encours.customers.models import AssignmentRule, OwnerRole
from encours.customers.rules import ASSIGNMENT_FIELDS
from encours.entrypoints.desk import conditions
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.tasks import members_of
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

SHOWN = 30


class RuleForm(DeskForm):
    """A standing rule."""

    role = forms.ChoiceField(label=gettext_lazy("Gets them as"), choices=OwnerRole.choices)
    user = forms.ChoiceField(label=gettext_lazy("Person"))
    rank = forms.IntegerField(
        label=pgettext_lazy("segment", "Rank"),
        min_value=1,
        max_value=10_000,
        initial=100,
        help_text=gettext_lazy("The smallest is tried first; a customer goes to the first that fits."),
    )


@screen("edit_scenario")
def assignments(request: DeskRequest) -> HttpResponse:
    """The rules, and beside them what they would change today."""
    only_missing = request.GET.get("all") != "1"
    people = dict(_names(request))
    previews = queries.previews(request.organisation_id, only_missing=only_missing)
    context = {
        "rows": [(one, conditions.joined(one.conditions)) for one in queries.rules_of(request.organisation_id)],
        "previews": [
            (found, [(move, people.get(move.before_id or 0, ""), people.get(move.after_id, "")) for move in shown])
            for found in previews
            for shown in [found.moves[:SHOWN]]
        ],
        "move_count": sum(found.count for found in previews),
        "only_missing": only_missing,
        "without": customers.unowned_counts(request.organisation_id),
    }
    return render(request, "desk/assignments/list.html", context)


def _names(request: DeskRequest) -> list[tuple[int, str]]:
    return [(one.user_id, one.user.display_name) for one in access.members(request.organisation_id)]


@screen("edit_scenario")
def assignment(request: DeskRequest, rule_id: int | None = None) -> HttpResponse:
    kept = queries.rule_of(rule_id, organisation_id=request.organisation_id) if rule_id is not None else None
    initial = {"role": kept.role, "user": kept.user_id, "rank": kept.rank} if kept else {}
    form = RuleForm(request.POST or None, initial=initial)
    form.offer("user", [(one.user_id, one.user.display_name) for one in members_of(request)])
    rows, asked = (
        conditions.asked(request.POST, fields=ASSIGNMENT_FIELDS)
        if request.method == "POST"
        else conditions.stored(kept.conditions if kept else (), fields=ASSIGNMENT_FIELDS)
    )
    is_wrong = any(row.problem for row in rows)
    if request.method == "POST" and form.is_valid() and not is_wrong:
        with refusals_on(form):
            _keep(request, kept, form, asked)
            return redirect("desk:assignments")
    context: dict[str, Any] = {
        "form": form,
        "rule": kept,
        "rows": conditions.with_blanks(rows),
        "fields": (conditions.SEGMENT_FIELD, *conditions.FIELDS),
        "tests": conditions.TESTS,
    }
    return render(request, "desk/assignments/editor.html", context, status=422 if is_wrong or form.errors else 200)


def _keep(request: DeskRequest, kept: AssignmentRule | None, form: RuleForm, asked: Any) -> None:
    said = form.cleaned_data
    rule = actions.RuleForm(OwnerRole(said["role"]), int(said["user"]), said["rank"], asked)
    actions.keep_rule(
        rule, organisation_id=request.organisation_id, rule_id=kept.pk if kept else None, by=request.actor
    )
    told(request, gettext("The rule is kept. New customers follow it; see below what it would change for the others."))


@screen("edit_scenario")
@require_POST
def assignment_remove(request: DeskRequest, rule_id: int) -> HttpResponse:
    actions.remove_rule(organisation_id=request.organisation_id, rule_id=rule_id, by=request.actor)
    told(request, gettext("The rule is removed; customers stay whose they are."))
    return redirect("desk:assignments")


@screen("edit_scenario")
@require_POST
def assignments_apply(request: DeskRequest) -> HttpResponse:
    changed = actions.apply_rules(
        organisation_id=request.organisation_id, by=request.actor, only_missing=request.POST.get("all") != "1"
    )
    count = sum(changed.values())
    told(request, ngettext("{count} customer moved.", "{count} customers moved.", count).format(count=count))
    return redirect("desk:assignments")


urlpatterns = [
    path("team/assignments", assignments, name="assignments"),
    path("team/assignments/new", assignment, name="assignment_new"),
    path("team/assignments/apply", assignments_apply, name="assignments_apply"),
    path("team/assignments/<int:rule_id>", assignment, name="assignment"),
    path("team/assignments/<int:rule_id>/remove", assignment_remove, name="assignment_remove"),
]
