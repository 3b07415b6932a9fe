"""Cash beside the books: journal files and what accounting answered, lettrage for the FEC, account 411, closings."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from encours.access import queries as access_queries
from encours.access.models import Entity
from encours.access.rules import can
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.entrypoints import formats
from encours.entrypoints.desk.screens import View, screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import stream_of, told
from encours.ledger import account_actions as ledger
from encours.matching import actions as matching
from encours.matching.actions.exporting import ExportUnknown
from encours.matching.models import ExportState
from encours.matching.queries import book, figures, files
from encours.matching.rules.fec_file import MEDIA_TYPE as FEC_TYPE
from encours.matching.rules.fec_file import FecRow, fec_lines

STATE_TONES = {ExportState.MADE: "watch", ExportState.ACKNOWLEDGED: "good", ExportState.REFUSED: "act"}


class CompanyUnknown(NotFound):
    """No company of that number, or none the reader may see."""

    message = gettext_noop("There is no such company.")


class WhyMissing(Refused):
    """A refusal, a closing and a reopening are remembered with their reason."""

    message = gettext_noop("Say why: the reason stays in the audit trail.")


class ClosingForm(forms.Form):
    """The last closed day and the reason."""

    until = forms.DateField()
    why = forms.CharField(max_length=300)


class JournalForm(forms.Form):
    """Which postings go into a journal file: those of some days, or all that wait."""

    first = forms.DateField(required=False)
    last = forms.DateField(required=False)


class LettrageForm(forms.Form):
    """Which lines of account 411 go into the file."""

    company = forms.IntegerField()
    first = forms.DateField()
    last = forms.DateField()
    only_lettered = forms.BooleanField(required=False)


def accounting_screen(permission: str) -> Callable[[View], View]:
    """A screen over whole accounts: it is not for those who see their own customers only."""

    def decorate(view: View) -> View:
        @screen(permission)
        @wraps(view)
        def guarded(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.scope.own_portfolio_only:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _company(request: DeskRequest, entity_id: int) -> Entity:
    found = access_queries.entities(request.scope).filter(pk=entity_id).first()
    if found is None:
        raise CompanyUnknown(entity_id=entity_id)
    return found


def _export(request: DeskRequest, export_id: int) -> files.ExportRow:
    codes = {one.code for one in access_queries.entities(request.scope)}
    rows = files.exports(request.organisation_id, limit=10_000)
    found = next((row for row in rows if row.export_id == export_id and row.entity_code in codes), None)
    if found is None:
        raise ExportUnknown(export_id=export_id)
    return found


def _asked_day(request: DeskRequest) -> date:
    field = forms.DateField(required=False)
    try:
        return field.clean(request.GET.get("day", "")) or request.today
    except forms.ValidationError:
        return request.today


@accounting_screen("view_books")
def accounting(request: DeskRequest) -> HttpResponse:
    companies = list(access_queries.entities(request.scope))
    closed = book.closed_days(request.organisation_id)
    own = {company.code: company for company in companies}
    context = {
        "companies": [
            {
                "company": company,
                "closed_until": closed.get(company.pk),
                "pending": len(files.pending_transactions(request.organisation_id, entity_id=company.pk)),
            }
            for company in companies
        ],
        "exports": [
            {
                "row": row,
                "company": own[row.entity_code],
                "state": ExportState(row.state).label,
                "tone": STATE_TONES[ExportState(row.state)],
                "is_unanswered": row.state == ExportState.MADE,
            }
            for row in files.exports(request.organisation_id)
            if row.entity_code in own
        ],
        "day": _asked_day(request),
        "first": date(request.today.year, 1, 1),
        "may_export": can(request.scope, "export"),
        "may_answer": can(request.scope, "allocate"),
        "may_close": can(request.scope, "edit_entity"),
    }
    return render(request, "desk/cash/accounting.html", context)


@accounting_screen("view_books")
def control(request: DeskRequest) -> HttpResponse:
    day = _asked_day(request)
    codes = {one.code for one in access_queries.entities(request.scope)}
    rows = [row for row in figures.receivable_control(request.organisation_id, day=day) if row.entity_code in codes]
    return render(request, "desk/cash/_control.html", {"rows": rows, "day": day})


@accounting_screen("allocate")
@require_POST
def journal_make(request: DeskRequest, entity_id: int) -> HttpResponse:
    company = _company(request, entity_id)
    form = JournalForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("This day does not read as a date."))
        return redirect("desk:cash_accounting")
    made = matching.make_export(
        organisation_id=request.organisation_id,
        entity_id=company.pk,
        by=request.actor,
        first=form.cleaned_data["first"],
        last=form.cleaned_data["last"],
    )
    told(
        request, gettext("Journal file {number} of {company} is made.").format(number=made.number, company=company.name)
    )
    return redirect("desk:cash_accounting")


@accounting_screen("export")
def journal_file(request: DeskRequest, export_id: int) -> StreamingHttpResponse:
    row = _export(request, export_id)
    rows = list(files.journal_rows(request.organisation_id, export_id=export_id))
    return _file(rows, f"journal-{row.entity_code}-{row.number:06d}.txt")


def _file(rows: Sequence[FecRow], name: str) -> StreamingHttpResponse:
    return stream_of(fec_lines(rows), name, FEC_TYPE)


@accounting_screen("allocate")
@require_POST
def journal_answer(request: DeskRequest, export_id: int) -> HttpResponse:
    row = _export(request, export_id)
    is_accepted = request.POST.get("answer") == "accept"
    said = request.POST.get("reference", "").strip()[:200]
    if not is_accepted and not said:
        raise WhyMissing
    matching.answer_export(
        organisation_id=request.organisation_id,
        export_id=row.export_id,
        is_accepted=is_accepted,
        reference=said,
        now=request.now,
        by=request.actor,
    )
    words = (
        gettext("Journal file {number} is acknowledged.")
        if is_accepted
        else gettext("Journal file {number} is refused: its postings go into the next one.")
    )
    told(request, words.format(number=row.number))
    return redirect("desk:cash_accounting")


@accounting_screen("export")
def lettrage_file(request: DeskRequest) -> HttpResponseBase:
    form = LettrageForm(request.GET)
    if not form.is_valid():
        messages.error(request, gettext("Choose the company and both days."))
        return redirect("desk:cash_accounting")
    said = form.cleaned_data
    company = _company(request, said["company"])
    rows = files.lettered_rows(
        request.organisation_id,
        entity_id=company.pk,
        first=said["first"],
        last=said["last"],
        only_lettered=said["only_lettered"],
    )
    return _file(list(rows), f"lettrage-{company.code}-{said['first']:%Y%m%d}-{said['last']:%Y%m%d}.txt")


@accounting_screen("edit_entity")
@require_POST
def period_close(request: DeskRequest, entity_id: int) -> HttpResponse:
    company = _company(request, entity_id)
    form = ClosingForm(request.POST)
    if "why" in form.errors:
        raise WhyMissing
    if not form.is_valid():
        messages.error(request, gettext("This day does not read as a date."))
        return redirect("desk:cash_accounting")
    closing = ledger.close_period(
        organisation_id=request.organisation_id,
        entity_id=company.pk,
        until=form.cleaned_data["until"],
        today=request.today,
        by=request.actor,
        why=form.cleaned_data["why"],
    )
    day = formats.day_full(closing.closed_until, language=formats.known_language(get_language()))
    told(request, gettext("{company} is closed up to {day}.").format(company=company.name, day=day))
    return redirect("desk:cash_accounting")


urlpatterns = [
    path("cash/accounting", accounting, name="cash_accounting"),
    path("cash/accounting/control", control, name="cash_control"),
    path("cash/accounting/lettrage", lettrage_file, name="cash_lettrage_file"),
    path("cash/accounting/<int:entity_id>/journal", journal_make, name="cash_journal_make"),
    path("cash/accounting/<int:entity_id>/close", period_close, name="cash_period_close"),
    path("cash/journals/<int:export_id>/file", journal_file, name="cash_journal_file"),
    path("cash/journals/<int:export_id>/answer", journal_answer, name="cash_journal_answer"),
]
