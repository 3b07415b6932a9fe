"""All that waits for the word of whoever reads: one list of what rooms hold back until a person agrees."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, gettext_lazy

from encours.collections.models import ScenarioDraft
from encours.conversation.models import Answer, BankChange
from encours.conversation.queries import approvals as waiting
from encours.conversation.queries.approvals import ANSWERS, BANK, CREDIT_NOTES, LIMITS, LOSSES, PLANS, SCENARIOS, TERMS
from encours.credit.models import ExceptionalTerms, LimitProposal
from encours.disputes.models import CreditNoteRequest
from encours.entrypoints import formats, wording
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.plans.models import Plan
from encours.recovery.models import BadDebt

SHOWN = 200
GROUPS: dict[str, tuple[Any, str, Any]] = {
    BANK: (
        gettext_lazy("Bank details"),
        "alert-triangle",
        gettext_lazy("called back by a colleague; a second person confirms"),
    ),
    LIMITS: (gettext_lazy("Credit limits"), "shield-dollar", gettext_lazy("in force once agreed to")),
    TERMS: (gettext_lazy("Exceptional terms"), "calendar-time", gettext_lazy("due dates follow once agreed to")),
    CREDIT_NOTES: (
        gettext_lazy("Credit notes"),
        "receipt-refund",
        gettext_lazy("issued where you issue invoices, once agreed to"),
    ),
    LOSSES: (gettext_lazy("Doubtful and lost debts"), "receipt-off", gettext_lazy("posted once agreed to")),
    PLANS: (gettext_lazy("Payment plans"), "calendar-dollar", gettext_lazy("offered to the customer once agreed to")),
    SCENARIOS: (gettext_lazy("Scenarios"), "route", gettext_lazy("may be put in force once agreed to")),
    ANSWERS: (gettext_lazy("Answers to customers"), "mail-forward", gettext_lazy("prepared; a person sends them")),
}


@dataclass(frozen=True)
class Row:
    """One thing that waits: what it is, of whom, who asks, since when, and where it is decided."""

    title: str
    detail: str
    who: str
    since: Any
    address: str
    amount_minor: int | None = None
    currency: str = ""


def _day(at: datetime | None) -> date | None:
    return None if at is None else localtime(at).date()


def _loss_rows(found: Sequence[BadDebt]) -> Iterator[Row]:
    for one in found:
        yield Row(
            f"{one.number} · {one.customer.name}", f"{one.get_kind_display()} · {one.why}", one.proposed_by_name,
            one.proposed_date, reverse("desk:bad_debt", args=[one.pk]), one.amount_minor, one.currency,
        )  # fmt: skip


def _plan_rows(found: Sequence[Plan]) -> Iterator[Row]:
    for one in found:
        yield Row(
            f"{one.number} · {one.customer.name}", one.entity.name, one.author_name, one.drafted_date,
            reverse("desk:plan", args=[one.pk]), one.total_minor, one.currency,
        )  # fmt: skip


def _scenario_rows(found: Sequence[ScenarioDraft]) -> Iterator[Row]:
    for one in found:
        address = reverse("desk:scenario", args=[one.scenario_id])
        yield Row(one.scenario.name, one.note, one.proposer_name, _day(one.proposed_at), address)


def _change_rows(found: QuerySet[BankChange]) -> Iterator[Row]:
    for one in found.select_related("customer"):
        place = ("desk:inbox_reply", one.reply_id) if one.reply_id else ("desk:inbox_mail", one.mail_id)
        name = one.customer.name if one.customer else gettext("Unknown sender")
        detail = gettext("called {name} on {number}").format(name=one.called_name or "—", number=one.called_number)
        yield Row(name, detail, one.called_by_name, _day(one.called_at), reverse(place[0], args=[place[1]]))


def _limit_rows(found: Sequence[LimitProposal]) -> Iterator[Row]:
    for one in found:
        lifted = gettext("no limit any more") if one.amount_minor is None else ""
        yield Row(
            f"{one.customer.name} {one.customer.number}", " · ".join(part for part in (lifted, one.why) if part),
            one.proposed_by_name, one.proposed_date, reverse("desk:customer_credit", args=[one.customer.number]),
            one.amount_minor, one.currency,
        )  # fmt: skip


def _terms_rows(found: Sequence[ExceptionalTerms]) -> Iterator[Row]:
    language = formats.known_language(get_language())
    for one in found:
        days = gettext("issued from {first} to {last}").format(
            first=formats.day(one.from_date, language=language), last=formats.day(one.to_date, language=language)
        )
        yield Row(
            f"{one.customer.name} {one.customer.number}", f"{wording.terms(one.terms)}, {days} · {one.why}",
            one.proposed_by_name, one.proposed_date, reverse("desk:customer_credit", args=[one.customer.number]),
        )  # fmt: skip


def _credit_note_rows(found: Sequence[CreditNoteRequest]) -> Iterator[Row]:
    for one in found:
        yield Row(
            f"{one.document_number} · {one.customer.name}", one.why, one.proposed_by_name, one.proposed_date,
            reverse("desk:credit_note", args=[one.pk]), one.amount_minor, one.currency,
        )  # fmt: skip


def _answer_rows(found: QuerySet[Answer]) -> Iterator[Row]:
    for one in found.select_related("customer", "reply"):
        detail = f"{one.get_kind_display()} {', '.join(one.invoices)}".strip()
        address = reverse("desk:inbox_reply", args=[one.reply_id])
        yield Row(one.customer.name, detail, one.reply.from_name or one.to_email, _day(one.recorded_at), address)


ROWS: dict[str, Any] = {
    BANK: _change_rows, LIMITS: _limit_rows, TERMS: _terms_rows, CREDIT_NOTES: _credit_note_rows, LOSSES: _loss_rows,
    PLANS: _plan_rows, SCENARIOS: _scenario_rows, ANSWERS: _answer_rows,
}  # fmt: skip


@screen("view_books")
def approvals(request: DeskRequest) -> HttpResponse:
    groups = []
    for key, (label, icon, note) in GROUPS.items():
        rows = list(ROWS[key](waiting.WAITING[key](request.scope)[:SHOWN]))
        if rows:
            groups.append({"key": key, "label": label, "icon": icon, "note": note, "rows": rows})
    return render(request, "desk/approvals/list.html", {"groups": groups})


urlpatterns = [path("approvals", approvals, name="approvals")]
