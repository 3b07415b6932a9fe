"""A customer's late-payment penalties: the figure and its segments, invoiced or waived with a reason, the annex."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from encours.access import rules as access
from encours.access.models import Entity
from encours.collections.queries.messages import company_of
from encours.collections.rules.letter import legal_line
from encours.core.errors import Refused, gettext_noop
from encours.core.money import ENGLISH, FRENCH, read_decimal
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.entrypoints import formats
from encours.entrypoints.desk.customer import account_head
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.penalties import actions as penalties
from encours.penalties.models import Imputation as ImputationChoice
from encours.penalties.models import (
    LineKind,
    NoteOutcome,
    PenaltyLine,
    PenaltyNote,
    RateKind,
    Regime,
    SuspensionKind,
)
from encours.penalties.queries import notes as written
from encours.penalties.rules import wording
from encours.penalties.rules.accrual import Accrual, percent, totals_of
from encours.penalties.rules.claims import warnings_of
from encours.penalties.rules.interest import Segment
from encours.penalties.rules.rates import Agreement, Imputation
from encours.penalties.rules.rates import RateKind as AgreedRate
from encours.penalties.rules.rates import Regime as AgreedRegime

NOTES_MAX = 100


class DayUnreadable(Refused):
    """A form came without a day it needs, or with one that is none."""

    message = gettext_noop("Give the day as the calendar shows it.")


class FigureUnreadable(Refused):
    """A rate is not written as a number."""

    message = gettext_noop("“{text}” is not a number.")


@dataclass(frozen=True)
class SegmentShown:
    """A segment in the reader's words."""

    segment: Segment
    percent: str
    how: str
    sources: Sequence[str]
    doubts: Sequence[str]


@dataclass(frozen=True)
class RowShown:
    """A late instalment in the list, with its segments when it is opened."""

    accrual: Accrual
    label: str
    segments: Sequence[SegmentShown]
    is_open: bool
    other_minor: int | None

    @property
    def has_left(self) -> bool:
        """Whether there is something to decide on it."""
        return self.accrual.interest_left_minor > 0 or self.accrual.compensation_left_minor > 0


@screen("view_books")
def panel(request: DeskRequest, number: str) -> HttpResponse:
    until = min(_day(request.GET.get("until")) or request.today, request.today)
    shown = account_head(request, number, "penalties")
    who = shown["customer"]
    found = written.seen_of(who.pk, scope=request.scope, day=until)
    opened = request.GET.get("open", "")
    unapplied = written.unapplied_minor(who.pk, organisation_id=request.organisation_id, day=until)
    warnings = warnings_of(found, unapplied_minor=unapplied)
    context = {
        **shown,
        "until": until,
        "rows": [_row(accrual, is_open=opened in ("all", str(accrual.item.item_id))) for accrual in found],
        "is_all_open": opened == "all",
        "totals": totals_of(found),
        "refusals": list(dict.fromkeys(one.refusal.translated(gettext) for one in found if one.refusal)),
        "warnings": [(code, wording.warning_sentence(code, gettext)) for code in warnings],
        "has_left": any(one.interest_left_minor > 0 or one.compensation_left_minor > 0 for one in found),
        "notes": written.notes_of(who.pk, scope=request.scope, limit=NOTES_MAX),
        "suspensions": written.suspensions_of(who.pk, organisation_id=request.organisation_id),
        "terms": written.terms_of(who.pk, organisation_id=request.organisation_id),
        "suspension_kinds": SuspensionKind.choices,
        "regimes": Regime.choices,
        "rate_kinds": RateKind.choices,
        "imputations": ImputationChoice.choices,
        "line_kinds": LineKind.choices,
        "may_claim": access.can(request.scope, "claim_penalties"),
        "key": uuid4(),
    }
    return render(request, "desk/penalties/panel.html", context)


def _row(accrual: Accrual, *, is_open: bool) -> RowShown:
    item = accrual.item
    label = item.document_number
    if item.instalment_count > 1:
        label = f"{label} ({item.instalment_number}/{item.instalment_count})"
    segments = [shown_segment(segment) for segment in accrual.segments] if is_open else []
    return RowShown(accrual, label, segments, is_open, accrual.other_interest_minor if is_open else None)


def shown_segment(segment: Segment) -> SegmentShown:
    """A segment with its rate, article and doubts in words."""
    return SegmentShown(
        segment,
        _percent(percent(segment.rate.percent)),
        wording.rate_sentence(segment.rate, gettext, mark=_mark()),
        [value.source for value in segment.rate.values],
        [gettext(value.doubt) for value in segment.rate.values if value.doubt],
    )


def _mark() -> str:
    return "." if formats.known_language(get_language()) == "en" else ","


def _percent(text: str) -> str:
    mark = _mark()
    return f"{text}%" if mark == "." else f"{text.replace('.', mark)}{formats.NO_BREAK_SPACE}%"


def _day(text: str | None) -> date | None:
    try:
        return parse_date(text or "")
    except ValueError:
        return None


@screen("claim_penalties")
@require_POST
def decide(request: DeskRequest, number: str) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    until = _day(request.POST.get("until"))
    if until is None:
        raise DayUnreadable
    outcome = request.POST.get("outcome", "")
    if outcome not in NoteOutcome.values:
        raise Http404
    made = penalties.decide(
        penalties.Decision(
            organisation_id=request.organisation_id,
            customer_id=who.pk,
            outcome=outcome,
            until=until,
            key=f"desk:{request.POST.get('key', '')[:60]}",
            item_ids=[int(item) for item in request.POST.getlist("item") if item.isdecimal()],
            kinds=request.POST.getlist("kind"),
            entity_ids=tuple(request.scope.entity_ids),
            why=request.POST.get("why", "")[:500],
            acknowledged=request.POST.getlist("knows"),
        ),
        today=request.today,
        by=request.actor,
    )
    if outcome == NoteOutcome.INVOICED:
        numbers = ", ".join(note.number for note in made)
        told(request, gettext("Debit note {number} is on the account").format(number=numbers))
    else:
        told(request, gettext("Penalties waived, with the reason"))
    return redirect("desk:customer_penalties", number=number)


@screen("claim_penalties")
@require_POST
def cancel(request: DeskRequest, number: str, note_id: int) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    _note_of(request, who, note_id)
    penalties.cancel(
        organisation_id=request.organisation_id,
        note_id=note_id,
        today=request.today,
        by=request.actor,
        why=request.POST.get("why", "")[:500],
    )
    told(request, gettext("Cancelled: these penalties are left to decide again"))
    return redirect("desk:customer_penalties", number=number)


def _note_of(request: DeskRequest, who: Customer, note_id: int) -> PenaltyNote:
    """The note, when it is the customer's and the reader may see it: a number in an address is not a right."""
    for seen in written.notes_of(who.pk, scope=request.scope, limit=NOTES_MAX):
        if seen.note.pk == note_id:
            return seen.note
    raise Http404


@screen("claim_penalties")
@require_POST
def suspend(request: DeskRequest, number: str) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    first = _day(request.POST.get("first"))
    if first is None:
        raise DayUnreadable
    penalties.suspend(
        organisation_id=request.organisation_id,
        customer_id=who.pk,
        kind=request.POST.get("kind", ""),
        first_date=first,
        last_date=_day(request.POST.get("last")),
        document_number=request.POST.get("document", "")[:80],
        by=request.actor,
        why=request.POST.get("why", "")[:500],
    )
    told(request, gettext("Noted: these days bear nothing"))
    return redirect("desk:customer_penalties", number=number)


@screen("claim_penalties")
@require_POST
def lift(request: DeskRequest, number: str, suspension_id: int) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    known = written.suspensions_of(who.pk, organisation_id=request.organisation_id)
    if suspension_id not in {one.pk for one in known}:
        raise Http404
    penalties.lift_suspension(
        organisation_id=request.organisation_id,
        suspension_id=suspension_id,
        now=request.now,
        by=request.actor,
        why=request.POST.get("why", "")[:500],
    )
    told(request, gettext("Lifted: interest runs as if it had not been suspended"))
    return redirect("desk:customer_penalties", number=number)


@screen("claim_penalties")
@require_POST
def agree(request: DeskRequest, number: str) -> HttpResponse:
    who = customers.customer_by_number(number, scope=request.scope)
    valid_from = _day(request.POST.get("from"))
    if valid_from is None:
        raise DayUnreadable
    penalties.set_terms(
        _agreement(request),
        organisation_id=request.organisation_id,
        customer_id=who.pk,
        valid_from=valid_from,
        by=request.actor,
        why=request.POST.get("why", "")[:500],
    )
    told(request, gettext("Noted for what is issued from that day on"))
    return redirect("desk:customer_penalties", number=number)


def _agreement(request: DeskRequest) -> Agreement:
    kind, regime = request.POST.get("rate_kind", ""), request.POST.get("regime", "")
    imputation = request.POST.get("imputation", "")
    if kind not in RateKind.values or regime not in Regime.values or imputation not in ImputationChoice.values:
        raise Http404
    figure = figure_of(request.POST.get("figure", "")) if kind != RateKind.STATUTORY else None
    return Agreement(AgreedRegime(regime), AgreedRate(kind), figure, Imputation(imputation))


def figure_of(text: str) -> Decimal:
    """A rate as the reader writes it, with a decimal comma in French."""
    style = ENGLISH if (get_language() or "").startswith("en") else FRENCH
    found = read_decimal(text.replace("%", "").strip(), style=style)
    if found is None:
        raise FigureUnreadable(text=text)
    return found


@screen("view_books")
def annex(request: DeskRequest, number: str) -> HttpResponse:
    """What is run up to a day, segment by segment, on paper."""
    who = customers.customer_by_number(number, scope=request.scope)
    until = min(_day(request.GET.get("until")) or request.today, request.today)
    found = written.seen_of(who.pk, scope=request.scope, day=until)
    companies = [
        {
            "entity": entity,
            "legal_line": legal_line(company_of(entity)),
            "rows": [_row(one, is_open=True) for one in found if one.item.entity_id == entity.pk],
            "totals": totals_of([one for one in found if one.item.entity_id == entity.pk]),
        }
        for entity in Entity.objects.filter(
            organisation_id=request.organisation_id, pk__in={one.item.entity_id for one in found}
        ).order_by("code")
    ]
    return render(request, "desk/penalties/annex.html", {"customer": who, "until": until, "companies": companies})


@screen("view_books")
def note(request: DeskRequest, number: str, note_id: int) -> HttpResponse:
    """A kept note on paper, with its segments as they were decided."""
    who = customers.customer_by_number(number, scope=request.scope)
    found = _note_of(request, who, note_id)
    lines = written.lines_of([found.pk], request.organisation_id)
    context = {
        "customer": who,
        "note": found,
        "legal_line": legal_line(company_of(found.entity)),
        "rows": [{"line": line, "segments": _kept_segments(line)} for line in lines],
    }
    return render(request, "desk/penalties/note.html", context)


def _kept_segments(line: PenaltyLine) -> list[dict[str, Any]]:
    """The segments as kept, with days as days; a compensation keeps its legal value instead."""
    if line.kind != LineKind.INTEREST:
        return [{**value, "is_value": True} for value in line.segments]
    return [
        {
            **segment,
            "doubts": [gettext(doubt) for doubt in (value["doubt"] for value in segment["sources"]) if doubt],
            "first_day": date.fromisoformat(segment["from"]),
            "last_day": date.fromisoformat(segment["to"]),
            "percent": _percent(segment["rate_percent"]),
        }
        for segment in line.segments
    ]


urlpatterns = [
    path("customers/<path:number>/penalties/decide", decide, name="customer_penalties_decide"),
    path("customers/<path:number>/penalties/suspend", suspend, name="customer_penalties_suspend"),
    path("customers/<path:number>/penalties/agree", agree, name="customer_penalties_agree"),
    path("customers/<path:number>/penalties/annex", annex, name="customer_penalties_annex"),
    path("customers/<path:number>/penalties/lift/<int:suspension_id>", lift, name="customer_penalties_lift"),
    path("customers/<path:number>/penalties/notes/<int:note_id>", note, name="customer_penalty_note"),
    path("customers/<path:number>/penalties/notes/<int:note_id>/cancel", cancel, name="customer_penalty_cancel"),
    path("customers/<path:number>/penalties", panel, name="customer_penalties"),
]
