"""Statements of account: one customer's as of any day as PDF or XLSX, and the schedules that send them every month."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.dateparse import parse_date
from django.utils.translation import gettext, gettext_lazy

from encours.access import queries as access
from encours.access.models import Entity
from encours.access.rules import can
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.entrypoints import exports
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.listing import Column
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import PDF, file_of, told
from encours.ledger import queries as ledger
from encours.ledger.queries import AsOf
from encours.mailings import actions as mailings
from encours.mailings.models import LAST_DAY, StatementSchedule
from encours.mailings.queries import statements
from encours.mailings.rules.statement import Statement

COLUMNS = (
    Column("number", gettext_lazy("Document")),
    Column("kind", gettext_lazy("Kind")),
    Column("issue_date", gettext_lazy("Date"), "day"),
    Column("due_date", gettext_lazy("Due"), "day"),
    Column("amount", gettext_lazy("Amount"), "money", value="amount_minor"),
    Column("open", gettext_lazy("Balance"), "money", value="open_minor"),
    Column("currency", gettext_lazy("Currency")),
)


class ScheduleForm(DeskForm):
    """Statements sent every month."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    entity = forms.TypedChoiceField(label=gettext_lazy("Company"), coerce=int)
    segment = forms.TypedChoiceField(label=gettext_lazy("To"), coerce=int, required=False, empty_value=None)
    day_of_month = forms.IntegerField(
        label=gettext_lazy("Day of the month"),
        min_value=1,
        max_value=LAST_DAY,
        initial=3,
        help_text=gettext_lazy("On a day without sending, the next one that has it."),
    )
    is_month_end = forms.BooleanField(
        label=gettext_lazy("The account as of the last day of the month before"), required=False, initial=True
    )
    only_overdue = forms.BooleanField(label=gettext_lazy("Only accounts with something overdue"), required=False)
    is_active = forms.BooleanField(label=gettext_lazy("Sends"), required=False, initial=True)

    def __init__(self, *args: Any, request: DeskRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segments = [(one.pk, one.name) for one in customers.segments(request.organisation_id)]
        self.offer("entity", [(one.pk, one.name) for one in access.entities(request.scope)])
        self.offer("segment", [("", gettext("All customers")), *segments])


def _account(request: DeskRequest, number: str) -> tuple[Customer, Entity, Statement]:
    customer = customers.customer_by_number(number, scope=request.scope)
    entities = list(access.entities(request.scope))
    wanted = request.GET.get("entity", "")
    if not wanted:
        owed: dict[int, int] = {}
        for item in ledger.account_items(customer.pk, scope=request.scope, limit=400):
            owed[item.entity_id] = owed.get(item.entity_id, 0) + abs(item.open_minor)
        entities.sort(key=lambda entity: -owed.get(entity.pk, 0))
    entity = next((one for one in entities if not wanted or one.code == wanted), None)
    if entity is None:
        raise Http404
    day = parse_date(request.GET.get("as_of", "")) or request.today
    return customer, entity, statements.statement_of(customer, entity, as_of=AsOf(day), scope=request.scope)


@screen("view_books")
def statement_pdf(request: DeskRequest, number: str) -> HttpResponse:
    customer, entity, found = _account(request, number)
    language = statements.language_of(customer, request.organisation.language)
    made = statements.pdf_of(found, customer, entity, made_on=request.today, language=language)
    name = "".join(letter if letter.isalnum() else "-" for letter in customer.number)
    return file_of(made, f"{gettext('statement')}-{name}-{found.as_of}.pdf", PDF, is_shown=True)


@screen("export")
def statement_sheet(request: DeskRequest, number: str) -> HttpResponseBase:
    _, _, found = _account(request, number)
    return exports.sheet("xlsx", name=f"{gettext('statement')} {found.as_of}", columns=COLUMNS, rows=found.rows)


@screen("view_books")
def schedules(request: DeskRequest, schedule_id: int | None = None) -> HttpResponse:
    rows = statements.schedules(request.organisation_id)
    chosen = next((one for one in rows if one.pk == schedule_id), None)
    if schedule_id is not None and chosen is None:
        raise Http404
    may_edit = can(request.scope, "edit_scenario")
    form = ScheduleForm(request.POST or None, request=request, initial=_initial(chosen))
    if request.method == "POST" and may_edit and form.is_valid():
        said = form.cleaned_data
        with refusals_on(form):
            mailings.save_schedule(
                organisation_id=request.organisation_id,
                form=mailings.ScheduleForm(
                    name=said["name"],
                    entity_id=said["entity"],
                    day_of_month=said["day_of_month"],
                    segment_id=said["segment"],
                    only_overdue=said["only_overdue"],
                    is_month_end=said["is_month_end"],
                    is_active=said["is_active"],
                ),
                by=request.actor,
                schedule_id=schedule_id,
            )
            told(request, gettext("Saved."))
            return redirect("desk:schedules")
    context = {
        "rows": rows,
        "chosen": chosen,
        "form": form,
        "may_edit": may_edit,
        "is_open": bool(chosen or form.errors),
    }
    return render(request, "desk/statements/schedules.html", context, status=422 if form.errors else 200)


def _initial(schedule: StatementSchedule | None) -> dict[str, Any]:
    if schedule is None:
        return {"day_of_month": 3, "is_month_end": True, "is_active": True}
    names = ("name", "day_of_month", "is_month_end", "only_overdue", "is_active")
    return {
        **{name: getattr(schedule, name) for name in names},
        "entity": schedule.entity_id,
        "segment": schedule.segment_id,
    }


urlpatterns = [
    path("customers/<str:number>/statement.pdf", statement_pdf, name="statement_pdf"),
    path("customers/<str:number>/statement.xlsx", statement_sheet, name="statement_sheet"),
    path("statements", schedules, name="schedules"),
    path("statements/<int:schedule_id>", schedules, name="schedule"),
]
