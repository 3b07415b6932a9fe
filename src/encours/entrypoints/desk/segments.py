"""Segments: names for kinds of customers, in their order, and how many each holds."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy

from encours.access.rules import can
from encours.collections.queries import scenarios
from encours.customers import actions as customer_actions
from encours.customers import queries as customers
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told


class SegmentForm(DeskForm):
    """A segment; its name is what people choose it by."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    priority = forms.IntegerField(
        label=gettext_lazy("Order"),
        min_value=1,
        max_value=10_000,
        initial=100,
        help_text=gettext_lazy("Smallest first."),
    )


@screen("view_books")
def segments(request: DeskRequest) -> HttpResponse:
    may_edit = can(request.scope, "edit_scenario")
    form = SegmentForm(request.POST or None)
    if request.method == "POST" and may_edit and form.is_valid():
        with refusals_on(form):
            customer_actions.save_segment(
                organisation_id=request.organisation_id, by=request.actor, **form.cleaned_data
            )
            told(request, gettext("Saved."))
            return redirect("desk:segments")
    counts = customers.segment_counts(request.organisation_id)
    assigned = scenarios.assignments(request.organisation_id)
    names = {row.scenario.pk: row.scenario.name for row in scenarios.in_force(request.organisation_id)}
    rows = []
    for segment in customers.segments(request.organisation_id):
        one = assigned.get(segment.pk)
        own = one is not None and not one.is_inherited
        scenario = names.get(one.scenario_id or 0, gettext("no action")) if one is not None and own else ""
        rows.append({"segment": segment, "count": counts.get(segment.pk, 0), "scenario": scenario})
    context = {"rows": rows, "form": form, "without": counts.get(None, 0), "may_edit": may_edit}
    return render(request, "desk/segments/list.html", context, status=422 if form.errors else 200)


urlpatterns = [path("segments", segments, name="segments")]
