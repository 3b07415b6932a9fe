"""The sending policy: days, hours, silence, how often a customer is written to."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access.models import Entity
from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.actions.pauses import CompanyMissing
from encours.collections.queries.facts import policies_of, policy_of
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

WEEKDAYS = [
    (0, gettext_lazy("Monday")),
    (1, gettext_lazy("Tuesday")),
    (2, gettext_lazy("Wednesday")),
    (3, gettext_lazy("Thursday")),
    (4, gettext_lazy("Friday")),
    (5, gettext_lazy("Saturday")),
    (6, gettext_lazy("Sunday")),
]


class PolicyForm(DeskForm):
    """When and how often messages leave."""

    wide = frozenset({"weekdays", "silent_periods", "asks_approval", "why"})
    unit_of = {"contact_delay_days": gettext_lazy("days"), "bank_age_days_max": gettext_lazy("days")}
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days"), choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    opens_at = forms.TimeField(
        label=gettext_lazy("First message at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    closes_at = forms.TimeField(
        label=gettext_lazy("Last message at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    holiday_region = forms.ChoiceField(
        label=gettext_lazy("Public holidays"),
        choices=[("", "France"), ("alsace-moselle", "Alsace-Moselle")],
        required=False,
    )
    contact_delay_days = forms.IntegerField(
        label=gettext_lazy("At least between two contacts"), min_value=0, max_value=60
    )
    weekly_cap = forms.IntegerField(label=gettext_lazy("At most in seven days"), min_value=1, max_value=50)
    bank_age_days_max = forms.IntegerField(
        label=gettext_lazy("Bank at most this old"),
        min_value=1,
        max_value=60,
        help_text=gettext_lazy("In business days; older, and reminders are held."),
    )
    silent_periods = forms.CharField(
        label=gettext_lazy("Silent periods"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "24/12/2026 03/01/2027"}),
        help_text=gettext_lazy("One a line: first and last day, as 24/12/2026 03/01/2027."),
    )
    asks_approval = forms.BooleanField(
        label=gettext_lazy("A second person agrees to each change of a scenario"), required=False
    )
    why = forms.CharField(label=gettext_lazy("Reason of the change"), max_length=300, required=False)

    def clean_silent_periods(self) -> list[list[str]]:
        """Pairs of days."""
        found = []
        for line in self.cleaned_data["silent_periods"].splitlines():
            days = line.split()
            if not days:
                continue
            try:
                first, last = (_day(day) for day in (days[0], days[-1]))
            except ValueError:
                raise forms.ValidationError(gettext("“{line}” is not two days.").format(line=line)) from None
            found.append([first.isoformat(), last.isoformat()])
        return found


def _day(text: str) -> date:
    """A day as people write it: "24/12/2026" as well as "2026-12-24"."""
    day, _, rest = text.partition("/")
    month, _, year = rest.partition("/")
    return date(int(year), int(month), int(day)) if year else date.fromisoformat(text)


class BankForm(DeskForm):
    """The day up to which the bank is known."""

    known = forms.DateField(
        label=gettext_lazy("The bank is known to"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def _form(request: DeskRequest, entity: Entity | None) -> PolicyForm:
    """The policy of the organisation, or of a company; who agrees to scenarios is for administrators to say."""
    form = PolicyForm(request.POST or None, initial=_initial(request, entity))
    if entity is not None or not can(request.scope, "edit_organisation"):
        del form.fields["asks_approval"]
    return form


def _company(request: DeskRequest) -> Entity | None:
    wanted = request.GET.get("company", "")
    return next((one for one in access.entities(request.scope) if str(one.pk) == wanted), None)


def _initial(request: DeskRequest, entity: Entity | None) -> dict[str, Any]:
    own = policies_of(request.organisation_id).get(entity.pk) if entity else None
    policy = own or policy_of(request.organisation_id)
    values = {name: getattr(policy, name) for name in PolicyForm.base_fields if hasattr(policy, name)}
    values["silent_periods"] = "\n".join(
        " ".join(f"{date.fromisoformat(day):%d/%m/%Y}" for day in pair) for pair in policy.silent_periods
    )
    return values


@screen("view_books")
def sending(request: DeskRequest) -> HttpResponse:
    may_edit = can(request.scope, "edit_scenario")
    entity = _company(request)
    form = _form(request, entity)
    if request.method == "POST" and may_edit and form.is_valid():
        values = dict(form.cleaned_data)
        why = values.pop("why")
        with refusals_on(form):
            collections.set_policy(
                organisation_id=request.organisation_id, values=values, by=request.actor, why=why,
                entity_id=entity.pk if entity else None,
            )  # fmt: skip
            told(request, gettext("Saved: it counts from the next decisions on."))
            return redirect(f"{request.path}?company={entity.pk}" if entity else request.path)
    bank = BankForm(initial={"known": policy_of(request.organisation_id).bank_known_date})
    context = {
        "form": form,
        "bank": bank,
        "may_edit": may_edit,
        "entity": entity,
        "entities": access.entities(request.scope),
        "own_ids": set(policies_of(request.organisation_id)),
    }
    return render(request, "desk/settings/sending.html", context, status=422 if form.errors else 200)


@screen("edit_scenario")
@require_POST
def bank_known(request: DeskRequest) -> HttpResponse:
    form = BankForm(request.POST)
    if form.is_valid():
        collections.state_bank_date(
            organisation_id=request.organisation_id,
            known=form.cleaned_data["known"],
            today=request.today,
            by=request.actor,
        )
        told(request, gettext("Noted: reminders held for that reason are free at the next decisions."))
    return redirect("desk:sending")


@screen("edit_scenario")
@require_POST
def sending_drop(request: DeskRequest, entity_id: int) -> HttpResponse:
    """Let a company follow the organisation's policy again."""
    if entity_id not in {one.pk for one in access.entities(request.scope)}:
        raise CompanyMissing
    collections.drop_policy(organisation_id=request.organisation_id, entity_id=entity_id, by=request.actor)
    told(request, gettext("This company follows the organisation's rules again."))
    return redirect("desk:sending")


urlpatterns = [
    path("settings/sending/<int:entity_id>/drop", sending_drop, name="sending_drop"),
    path("settings/sending", sending, name="sending"),
    path("settings/bank-known", bank_known, name="bank_known"),
]
