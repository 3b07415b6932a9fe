"""The list of disputes: who sees to each, by when, how it ended; and the reasons they may have."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.disputes import actions as disputes
from encours.disputes import queries
from encours.disputes.actions import reasons as reason_actions
from encours.disputes.models import Dispute, DisputeOutcome, DisputePriority
from encours.entrypoints import exports
from encours.entrypoints.desk import credit_notes
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.tasks import members_of, people_of
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.listing import Column, Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, is_partial, told

PAGE_ROWS = 60
STATES = (
    ("open", gettext_lazy("Open")),
    ("late", gettext_lazy("To be answered by now")),
    ("closed", pgettext_lazy("disputes", "Closed")),
)
EXTENTS = (
    ("line", gettext_lazy("A line of an invoice")),
    ("part", gettext_lazy("A part of an invoice")),
    ("document", gettext_lazy("A whole invoice")),
    ("account", gettext_lazy("The whole account")),
)
COLUMNS = (
    Column("number", gettext_lazy("Number"), value="customer_number"),
    Column("name", gettext_lazy("Customer"), value="customer_name"),
    Column("document_number", gettext_lazy("Document")),
    Column("line_number", pgettext_lazy("invoice", "Line")),
    Column("line_text", pgettext_lazy("invoice", "Text of the line")),
    Column("reason", gettext_lazy("Reason")),
    Column("amount_minor", gettext_lazy("Amount"), "money"),
    Column("currency", gettext_lazy("Currency")),
    Column("owner", gettext_lazy("Owner")),
    Column("opened_date", gettext_lazy("Opened on"), "date"),
    Column("due_date", gettext_lazy("Answer by"), "date"),
    Column("closed_date", gettext_lazy("Closed on"), "date"),
    Column("outcome", gettext_lazy("Outcome")),
    Column("note", gettext_lazy("Note")),
)


class ReasonForm(DeskForm):
    """A reason: its words, who sees to it, within how many days it is answered."""

    label = forms.CharField(label=gettext_lazy("Reason"), max_length=80)
    owner = forms.TypedChoiceField(label=gettext_lazy("Seen to by"), coerce=int, required=False, empty_value=None)
    answer_days = forms.IntegerField(
        label=gettext_lazy("Answered within (days)"), required=False, min_value=0, max_value=365
    )
    position = forms.IntegerField(label=gettext_lazy("Place in the list"), initial=100, min_value=0, max_value=999)


@screen("view_books")
def dispute_list(request: DeskRequest) -> HttpResponseBase:
    wanted = _wanted(request)
    listing = Listing.of(request.GET, columns=(), sort="due")
    after = listing.after[0] if listing.after else None
    if form := request.GET.get("export"):
        rows = queries.dispute_list(
            request.scope, wanted=wanted, today=request.today, after_id=None, limit=queries.LIST_MAX
        )
        return exports.sheet(form, name=gettext("disputes"), columns=COLUMNS, rows=[_flat(row) for row in rows])
    found = queries.dispute_list(request.scope, wanted=wanted, today=request.today, after_id=after, limit=PAGE_ROWS + 1)
    shown = found[:PAGE_ROWS]
    members = members_of(request)
    context: dict[str, Any] = {
        "rows": credit_notes.beside(shown, request),
        "next_address": listing.next_address(shown[-1].pk) if len(found) > PAGE_ROWS else "",
        "members": members,
        "priorities": DisputePriority.choices,
        "outcomes": DisputeOutcome.choices,
        "may_resolve": can(request.scope, "resolve_dispute"),
        "may_open": can(request.scope, "open_dispute"),
        "list_address": request.get_full_path(),
        "wanted": wanted,
    }
    if is_partial(request):
        return render(request, "desk/disputes/list.html#rows", context)
    counts = queries.dispute_counts(request.scope, wanted=wanted, today=request.today)
    context |= {
        "listing": listing,
        "states": [(key, label, counts[key]) for key, label in STATES],
        "reasons": queries.reasons_offered(request.organisation_id),
        "extents": EXTENTS,
        "is_mine": request.GET.get("who") == "mine",
        "may_word": can(request.scope, "edit_scenario"),
    }
    return render(request, "desk/disputes/list.html", context)


def _wanted(request: DeskRequest) -> queries.DisputeFilter:
    state = request.GET.get("state", "open")
    return queries.DisputeFilter(
        state=state if state in dict(STATES) else "open",
        owner_ids=people_of(request) if request.GET.get("who") == "mine" else (),
        reason=request.GET.get("reason", ""),
        text=request.GET.get("q", ""),
        extent=request.GET.get("extent", ""),
    )


def _flat(row: Dispute) -> dict[str, Any]:
    return {
        "customer_number": row.customer.number,
        "customer_name": row.customer.name,
        "document_number": row.document_number,
        "line_number": row.line_number,
        "line_text": row.line_text,
        "reason": row.get_reason_display(),
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "owner": row.owner.display_name if row.owner else "",
        "opened_date": row.opened_date,
        "due_date": row.due_date,
        "closed_date": row.closed_date,
        "outcome": row.get_outcome_display(),
        "note": row.note,
    }


def _dispute(request: DeskRequest, dispute_id: int) -> Dispute:
    found = queries.dispute(dispute_id, scope=request.scope)
    if found is None:
        raise Http404
    return found


@screen("open_dispute")
@require_POST
def dispute_assign(request: DeskRequest, dispute_id: int) -> HttpResponse:
    """Who sees to it, how much it presses, by when."""
    found = _dispute(request, dispute_id)
    owner, priority = request.POST.get("owner", ""), request.POST.get("priority", "")
    try:
        day = parse_date(request.POST.get("day", ""))
    except ValueError:
        day = None
    disputes.assign_dispute(
        organisation_id=request.organisation_id,
        dispute_id=found.pk,
        owner_id=int(owner) if owner.isdecimal() and len(owner) < 18 else None,
        priority=int(priority) if priority in {"1", "2", "3"} else DisputePriority.NORMAL,
        due_date=day,
        today=request.today,
        by=request.actor,
    )
    told(request, gettext("The dispute of {name} is handed over.").format(name=found.customer.name))
    return back(request, reverse("desk:disputes"))


@screen("resolve_dispute")
@require_POST
def dispute_close(request: DeskRequest, dispute_id: int) -> HttpResponse:
    found = _dispute(request, dispute_id)
    disputes.close_dispute(
        organisation_id=request.organisation_id,
        dispute_id=found.pk,
        outcome=request.POST.get("outcome", ""),
        today=request.today,
        by=request.actor,
        note=request.POST.get("note", "").strip(),
    )
    told(request, gettext("Closed: what is still open of {name} is chased again.").format(name=found.customer.name))
    return back(request, reverse("desk:disputes"))


@screen("edit_scenario")
def dispute_reasons(request: DeskRequest) -> HttpResponse:
    """The reasons offered and the archived ones; one is added or worded."""
    code = request.GET.get("code", "")
    own = {reason.code: reason for reason in queries.own_reasons(request.organisation_id)}
    offered = queries.reasons_offered(request.organisation_id)
    chosen = own.get(code)
    initial = {"label": dict(offered).get(code, "")} if chosen is None else {
        "label": chosen.label, "owner": chosen.owner_id, "answer_days": chosen.answer_days, "position": chosen.position,
    }  # fmt: skip
    form = ReasonForm(request.POST or None, initial=initial)
    people = [(member.user_id, member.user.display_name) for member in members_of(request)]
    form.offer("owner", [("", gettext("The customer's collector")), *people])
    if form.is_bound and form.is_valid():
        with refusals_on(form):
            said = form.cleaned_data
            reason_actions.keep_reason(
                organisation_id=request.organisation_id,
                code=code,
                label=said["label"],
                owner_id=said["owner"],
                answer_days=said["answer_days"],
                position=said["position"],
                by=request.actor,
            )
            told(request, gettext("The reason is kept."))
            return redirect("desk:dispute_reasons")
    context = {
        "form": form,
        "code": code,
        "offered": [(one, label, own.get(one)) for one, label in offered],
        "archived": [reason for reason in own.values() if reason.archived_at is not None],
    }
    return render(request, "desk/disputes/reasons.html", context, status=422 if form.errors else 200)


@screen("edit_scenario")
@require_POST
def dispute_reason_archive(request: DeskRequest) -> HttpResponse:
    code = request.POST.get("code", "")
    if "restore" in request.POST:
        reason_actions.restore_reason(organisation_id=request.organisation_id, code=code, by=request.actor)
        told(request, gettext("The reason is offered again."))
    else:
        reason_actions.archive_reason(
            organisation_id=request.organisation_id, code=code, now=request.now, by=request.actor
        )
        told(request, gettext("The reason is no longer offered; disputes keep its label."))
    return redirect("desk:dispute_reasons")


urlpatterns = [
    path("disputes", dispute_list, name="disputes"),
    path("disputes/reasons", dispute_reasons, name="dispute_reasons"),
    path("disputes/reasons/archive", dispute_reason_archive, name="dispute_reason_archive"),
    path("disputes/<int:dispute_id>/assign", dispute_assign, name="dispute_assign"),
    path("disputes/<int:dispute_id>/close", dispute_close, name="dispute_close"),
]
