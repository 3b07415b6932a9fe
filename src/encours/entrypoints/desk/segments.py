"""Segments: names for kinds of customers, what each asks of them in a sentence, and how many it takes today."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from encours.access.rules import can
from encours.collections.queries import scenarios
from encours.customers import queries as customers
from encours.customers import rules, segment_actions, segment_queries
from encours.customers.models import Segment
from encours.entrypoints.desk import conditions as conditions_form
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told


class SegmentForm(DeskForm):
    """A segment; its name is what people choose it by."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    priority = forms.IntegerField(
        label=pgettext_lazy("segment", "Rank"),
        min_value=1,
        max_value=10_000,
        initial=100,
        help_text=gettext_lazy("The smallest is tried first; a customer goes to the first that fits."),
    )


@screen("view_books")
def segments(request: DeskRequest) -> HttpResponse:
    counts = customers.segment_counts(request.organisation_id)
    assigned = scenarios.assignments(request.organisation_id)
    names = {row.scenario.pk: row.scenario.name for row in scenarios.in_force(request.organisation_id)}
    rows = []
    for segment in customers.segments(request.organisation_id):
        one = assigned.get(segment.pk)
        own = one is not None and not one.is_inherited
        scenario = names.get(one.scenario_id or 0, gettext("no action")) if one is not None and own else ""
        conditions = rules.conditions_of(segment.conditions)
        asks = conditions_form.joined(conditions) if conditions else ""
        rows.append({"segment": segment, "count": counts.get(segment.pk, 0), "scenario": scenario, "asks": asks})
    may_edit = can(request.scope, "edit_scenario")
    context = {"rows": rows, "without": counts.get(None, 0), "may_edit": may_edit}
    return render(request, "desk/segments/list.html", context)


@screen("edit_scenario")
def segment(request: DeskRequest, segment_id: int | None = None) -> HttpResponse:
    """The editor: "show" counts what the conditions would take, "save" keeps them."""
    kept = _kept(request, segment_id)
    initial = {"name": kept.name, "priority": kept.priority} if kept else {}
    form = SegmentForm(request.POST or None, initial=initial)
    rows, conditions = (
        conditions_form.asked(request.POST)
        if request.method == "POST"
        else conditions_form.stored(kept.conditions if kept else ())
    )
    if request.method == "POST" and "save" in request.POST and form.is_valid() and not any(r.problem for r in rows):
        with refusals_on(form):
            _save(request, segment_id, form, conditions)
            return redirect("desk:segments")
    draft = segment_queries.Draft(
        segment_id, _priority(form, kept), (kept.name if kept else "") or request.POST.get("name", ""), conditions
    )
    context: dict[str, Any] = {
        "form": form,
        "segment": kept,
        "rows": conditions_form.with_blanks(rows),
        "fields": conditions_form.FIELDS,
        "tests": conditions_form.TESTS,
        "asks": conditions_form.joined(conditions) if conditions else "",
        "share": segment_queries.share(draft, organisation_id=request.organisation_id),
        "by_hand": customers.segment_counts(request.organisation_id).get(segment_id, 0) if segment_id else 0,
        "is_wrong": (bool(form.errors) and "save" in request.POST) or any(row.problem for row in rows),
    }
    return render(request, "desk/segments/editor.html", context, status=422 if context["is_wrong"] else 200)


def _kept(request: DeskRequest, segment_id: int | None) -> Segment | None:
    if segment_id is None:
        return None
    found = next((one for one in customers.segments(request.organisation_id) if one.pk == segment_id), None)
    if found is None:
        raise Http404
    return found


def _priority(form: SegmentForm, kept: Segment | None) -> int:
    if form.is_bound and form.is_valid():
        return int(form.cleaned_data["priority"])
    return kept.priority if kept else 100


def _save(
    request: DeskRequest, segment_id: int | None, form: SegmentForm, conditions: Sequence[rules.Condition]
) -> None:
    said = segment_actions.SegmentForm(form.cleaned_data["name"], form.cleaned_data["priority"], conditions)
    kept = segment_actions.keep_segment(
        said, organisation_id=request.organisation_id, segment_id=segment_id, by=request.actor
    )
    told(request, gettext("{name} is saved; customers have found their segment.").format(name=kept.name))


urlpatterns = [
    path("segments", segments, name="segments"),
    path("segments/new", segment, name="segment_new"),
    path("segments/<int:segment_id>", segment, name="segment"),
]
