"""Encaissements: bank lines that wait, the items they may pay, and what a person decides, by keyboard alone."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access.rules import can
from encours.core.errors import EncoursError
from encours.disputes import queries as disputes
from encours.entrypoints import kept
from encours.entrypoints.desk import cash_line, cash_words, standing
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import is_partial, told
from encours.matching import actions as matching
from encours.matching.actions.deciding import NotBookable
from encours.matching.models import How
from encours.matching.queries import book, figures, marks, workbench
from encours.matching.queries.workbench import QueueFilter, QueueRow
from encours.matching.rules import choosing, marking
from encours.matching.rules.facts import Highlight

PAGE_ROWS = 60
ACCEPTED_AT_ONCE_MAX = 200
FOUND_MAX = 30
MONTHS_KEPT_SECONDS = 30  # a year of lines is counted for two figures of the strip
TABS = (
    ("open", pgettext_lazy("lines", "To do")),
    ("likely", pgettext_lazy("lines", "Sure")),
    ("unknown", pgettext_lazy("lines", "Unknown")),
    ("returned", pgettext_lazy("lines", "Returned")),
    ("mine", pgettext_lazy("lines", "Mine")),
)
ALWAYS_SHOWN = {"open", "likely", "unknown"}
MORE_TABS = (("applied", pgettext_lazy("lines", "Applied")), ("ignored", pgettext_lazy("lines", "Left out")))

# the figures of a day, as `cash_days` counts them
DAY_TABS = (
    ("all", pgettext_lazy("lines", "All")),
    ("alone", pgettext_lazy("lines", "Applied alone")),
    ("confirmed", pgettext_lazy("lines", "Confirmed")),
    ("on_account", pgettext_lazy("lines", "On account")),
    ("elsewhere", pgettext_lazy("lines", "Elsewhere")),
)


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None


def _filter(request: DeskRequest) -> QueueFilter:
    tab = request.GET.get("tab", "open")
    return QueueFilter(
        tab=tab if tab in {key for key, _ in (*TABS, *MORE_TABS, *DAY_TABS)} else "open",
        account_id=_whole(request.GET.get("account", "")),
        customer_id=_whole(request.GET.get("of", "")),
        text=request.GET.get("q", "")[:100],
        from_date=_day(request),
        to_date=_day(request),
    )


def _day(request: DeskRequest) -> date | None:
    """The one day asked for, from a figure of the page of days."""
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None


def _query(request: DeskRequest, **changes: str) -> str:
    kept = {name: request.GET[name] for name in ("tab", "account", "of", "q", "day") if request.GET.get(name)}
    return urlencode({name: value for name, value in {**kept, **changes}.items() if value})


@screen("view_books")
def cash(request: DeskRequest) -> HttpResponse:
    chosen = _filter(request)
    rows = workbench.queue(request.scope, chosen, after=_place(request), limit=PAGE_ROWS + 1)
    has_more, rows = len(rows) > PAGE_ROWS, rows[:PAGE_ROWS]
    shown = _shown(rows, request)
    next_address = f"?{_query(request, after=_place_text(rows[-1]))}" if has_more else ""
    if is_partial(request):
        return render(request, "desk/cash/bench.html#rows", {"rows": shown, "next_address": next_address})
    asked = _whole(request.GET.get("line", ""))
    line_id = asked or (rows[0].line_id if rows else None)
    context: dict[str, Any] = {
        "rows": shown,
        "next_address": next_address,
        "tab": chosen.tab,
        "is_picked": asked is not None,
        "selected_id": line_id,
        "search_text": chosen.text,
        "query": _query(request),
        "help_template": "desk/cash/_help.html",
        **_frame(request, chosen),
    }
    if line_id is not None:
        context |= cash_line.panel(request, line_id) | _people(request)
    return render(request, "desk/cash/bench.html", context)


def _place(request: DeskRequest) -> tuple[int, date, int] | None:
    probability, _, rest = request.GET.get("after", "").partition("_")
    day, _, line = rest.partition("_")
    try:
        return int(probability), date.fromisoformat(day), int(line)
    except ValueError:
        return None


def _place_text(row: QueueRow) -> str:
    probability, day, line = row.place
    return f"{probability}_{day.isoformat()}_{line}"


def _shown(rows: Sequence[QueueRow], request: DeskRequest) -> list[dict[str, Any]]:
    found = marks.highlights_of([row.line_id for row in rows], organisation_id=request.organisation_id)
    return [
        {
            "row": row,
            "name": cash_words.name_of(row),
            "chip": cash_words.chip_of(row),
            "pieces": _pieces(row, found.get(row.line_id, ())),
            "address": f"?{_query(request, line=str(row.line_id))}",
        }
        for row in rows
    ]


def _pieces(row: QueueRow, highlights: Sequence[Highlight]) -> list[marking.Piece]:
    if row.text:
        return marking.pieces(row.text, highlights)
    return marking.pieces(row.payer_name, highlights, field="counterparty_name")


def _frame(request: DeskRequest, chosen: QueueFilter) -> dict[str, Any]:
    """The figures, the tabs with their counts, the accounts."""
    counts = workbench.queue_counts(request.scope)
    months = kept.figures.get(
        ("cash_months", *standing.reader(request.scope), request.today),
        lambda: figures.cash_months(request.scope, today=request.today),
        seconds=MONTHS_KEPT_SECONDS,
    )
    waiting = figures.waiting_money(request.scope, today=request.today)
    by_tab = {
        "open": sum(one.count for one in counts),
        "likely": sum(one.likely_count for one in counts),
        "unknown": sum(one.unknown_count for one in counts),
        "returned": sum(one.returned_count for one in counts),
    }
    alone, undone = sum(month.alone for month in months), sum(month.alone_undone for month in months)
    this = months[-1] if months and months[-1].month == request.today.replace(day=1) else None
    return {
        "tabs": [
            {"key": key, "label": label, "count": by_tab.get(key), "query": _query(request, tab=key)}
            for key, label in TABS
            if key == chosen.tab or key in ALWAYS_SHOWN or by_tab.get(key)
        ],
        "more_tabs": [
            {"key": key, "label": label, "query": _query(request, tab=key)}
            for key, label in (TABS[-1], *MORE_TABS, *(DAY_TABS if chosen.from_date else ()))
        ],
        "day": chosen.from_date,
        "without_day": _query(request, day=""),
        "counts": counts,
        "known": marks.bank_known(request.scope),
        "account_id": chosen.account_id,
        "this_month": this,
        "alone_count": alone,
        "undone_count": undone,
        "precision": (alone - undone) / alone if alone else None,
        "rate": this.alone / this.receivable if this and this.receivable else None,
        "waiting": waiting,
        "waiting_count": sum(one.lines for one in waiting),
        "oldest_date": min((one.oldest_date for one in waiting), default=None),
        "likely_count": by_tab["likely"],
        "may_apply": can(request.scope, "allocate"),
        "may_import": can(request.scope, "import_books"),
    }


def _people(request: DeskRequest) -> dict[str, Any]:
    members = access.members(request.organisation_id)
    return {"people": [(one.user_id, one.user.display_name) for one in members if one.is_active]}


@screen("view_books")
def line(request: DeskRequest, line_id: int) -> HttpResponse:
    """One line: the panel alone for the page that stands, the whole page otherwise."""
    if not is_partial(request):
        return redirect(f"{reverse('desk:cash')}?{urlencode({**request.GET.dict(), 'line': line_id})}")
    context = {**cash_line.panel(request, line_id), **_people(request), "query": _query(request)}
    return render(request, "desk/cash/_line.html", context)


@screen("view_books")
@require_POST
def totals(request: DeskRequest, line_id: int) -> HttpResponse:
    """What the ticks come to, by the rule that would book them."""
    detail = cash_line.detail_of(request, line_id)
    said = cash_line.said_of(request, detail, request.POST)
    context = {**cash_line.settlement(request, detail, said), "line": detail.row, "is_open": True}
    context["may_apply"] = can(request.scope, "allocate")
    return render(request, "desk/cash/_settle.html", context)


@screen("view_books")
def search(request: DeskRequest, line_id: int) -> HttpResponse:
    """Open items of any customer, to be ticked beside those of the line."""
    detail = cash_line.detail_of(request, line_id)
    text = request.GET.get("search", "").strip()[:100]
    rows = (
        workbench.search_items(
            text,
            scope=request.scope,
            today=request.today,
            currency=detail.row.currency,
            entity_id=detail.entity_id,
            limit=FOUND_MAX,
        )
        if len(text) > 1
        else []
    )
    companies = cash_line.others_of(request, detail) if rows else {}
    found = [cash_line.item_shown(row, None, company=companies.get(row.entity_id, "")) for row in rows]
    context = {"found": found, "text": text, "line": detail.row}
    return render(request, "desk/cash/_found.html", context)


def _rights(request: DeskRequest) -> matching.Rights:
    """How much of one payment the person may write off: as settled for the role, else by their rights."""
    policy = book.policy_row(request.organisation_id)
    limit = policy.write_off_limits.get(request.scope.role)
    if limit is None and not can(request.scope, "write_off"):
        limit = policy.tolerance_minor
    return matching.Rights(write_off_limit_minor=limit)


def _to_next(request: DeskRequest) -> HttpResponse:
    """Back to the queue as it was filtered, on the line that came after."""
    query = request.POST.get("query", "")
    then = _whole(request.POST.get("then", ""))
    address = reverse("desk:cash")
    parts = [part for part in (query, f"line={then}" if then else "") if part]
    return redirect(f"{address}?{'&'.join(parts)}" if parts else address)


@screen("allocate")
@require_POST
def apply(request: DeskRequest, line_id: int) -> HttpResponse:
    """Apply what was ticked; a proposal left as it is counts as confirmed."""
    detail = cash_line.detail_of(request, line_id)
    said = cash_line.said_of(request, detail, request.POST)
    if said.is_unreadable:
        raise NotBookable(fault=gettext("an amount cannot be read"))
    found = choosing.chosen(detail.row.amount_minor, said.ticks, said.difference, said.parts)
    if found.fault:
        raise NotBookable(fault=gettext("the differences are more than they can be"), code=found.fault)
    proposal, how = said.proposal, How.MANUAL
    if proposal is not None and choosing.is_as_proposed(proposal, said.ticks, said.difference, said.parts):
        how = How.CONFIRMED
        choice = matching.Choice(proposal.customer_id, proposal.allocations, proposal.residuals, why=said.why)
    else:
        proposal = None
        choice = matching.Choice(said.customer_id, found.allocations, found.residuals, why=said.why)
    match = matching.apply_match(
        organisation_id=request.organisation_id,
        line_id=line_id,
        choice=choice,
        by=request.actor,
        today=request.today,
        how=how,
        rights=_rights(request),
        proposal=proposal,
    )
    amount = cash_words.money(detail.row.amount_minor, detail.row.currency)
    told(
        request,
        gettext("{amount} of {name} applied.").format(amount=amount, name=cash_words.name_of(detail.row)),
        undo=reverse("desk:cash_undo", args=[match.pk]),
    )
    return _to_next(request)


@screen("allocate")
@require_POST
def accept_likely(request: DeskRequest) -> HttpResponse:
    """Accept the proposals of the lines that were ticked in the queue, each for itself."""
    ids = [one for text in request.POST.getlist("line") if (one := _whole(text))][:ACCEPTED_AT_ONCE_MAX]
    seen = {row.line_id for row in workbench.queue(request.scope, QueueFilter("likely"), limit=10_000)}
    matches, refused = matching.accept(
        organisation_id=request.organisation_id,
        line_ids=[one for one in ids if one in seen],
        by=request.actor,
        today=request.today,
        rights=_rights(request),
    )
    text = ngettext("{count} line applied.", "{count} lines applied.", len(matches)).format(count=len(matches))
    if refused:
        error = next(iter(refused.values()))
        why = error.translated(gettext) if isinstance(error, EncoursError) else ""
        left = ngettext("{count} left: {why}", "{count} left: {why}", len(refused)).format(count=len(refused), why=why)
        text = f"{text} {left}"
    told(request, text)
    return _to_next(request)


@screen("allocate")
@require_POST
def take_back(request: DeskRequest, line_id: int) -> HttpResponse:
    """Money the bank took back: what the payment had settled is open again."""
    detail = cash_line.detail_of(request, line_id)
    matching.accept_proposal(
        organisation_id=request.organisation_id,
        line_id=line_id,
        by=request.actor,
        today=request.today,
        rights=_rights(request),
    )
    told(request, gettext("The invoices of {name} are open again.").format(name=cash_words.name_of(detail.row)))
    return _to_next(request)


@screen("allocate")
@require_POST
def undo(request: DeskRequest, match_id: int) -> HttpResponse:
    """Take back what a line paid."""
    line_id = marks.line_of_match(match_id, scope=request.scope)
    if line_id is None:
        raise Http404
    matching.undo_match(
        organisation_id=request.organisation_id,
        match_id=match_id,
        by=request.actor,
        today=request.today,
        why=request.POST.get("why", "").strip()[:300] or gettext("Taken back on the workbench"),
    )
    told(request, gettext("Taken back: its invoices are open again as before."))
    return redirect(f"{reverse('desk:cash')}?line={line_id}")


@screen("add_note")
@require_POST
def note(request: DeskRequest, line_id: int) -> HttpResponse:
    cash_line.detail_of(request, line_id)
    text = request.POST.get("note", "").strip()[:2000]
    matching.note_line(organisation_id=request.organisation_id, line_id=line_id, note=text, by=request.actor)
    told(request, gettext("Noted with the line."))
    return _to_next(request)


@screen("allocate")
@require_POST
def assign(request: DeskRequest, line_id: int) -> HttpResponse:
    cash_line.detail_of(request, line_id)
    owner_id = _whole(request.POST.get("owner", ""))
    matching.assign_line(organisation_id=request.organisation_id, line_id=line_id, owner_id=owner_id, by=request.actor)
    names = dict(_people(request)["people"])
    told(request, gettext("On the desk of {name}.").format(name=names.get(owner_id, gettext("nobody"))))
    return _to_next(request)


@screen("allocate")
@require_POST
def leave_out(request: DeskRequest, line_id: int) -> HttpResponse:
    """No customer's money: left out, or booked on an account of the general ledger."""
    cash_line.detail_of(request, line_id)
    account, why = request.POST.get("account", "").strip()[:20], request.POST.get("why", "").strip()[:300]
    given: dict[str, Any] = {
        "organisation_id": request.organisation_id,
        "line_id": line_id,
        "by": request.actor,
        "why": why,
    }
    if account:
        if not account.isalnum() or account.startswith("41"):
            raise PermissionDenied
        match = matching.book_line(**given, account=account, today=request.today)
        told(
            request,
            gettext("Booked on {account}.").format(account=account),
            undo=reverse("desk:cash_undo", args=[match.pk]),
        )
    else:
        matching.ignore_line(**given, today=request.today)
        told(request, gettext("Left out of cash application."), undo=reverse("desk:cash_restore", args=[line_id]))
    return _to_next(request)


@screen("allocate")
@require_POST
def restore(request: DeskRequest, line_id: int) -> HttpResponse:
    cash_line.detail_of(request, line_id)
    matching.restore_line(organisation_id=request.organisation_id, line_id=line_id, by=request.actor)
    told(request, gettext("It waits again."))
    return redirect(f"{reverse('desk:cash')}?line={line_id}")


@screen("allocate")
@require_POST
def run(request: DeskRequest) -> HttpResponse:
    """Match once more what waits, now."""
    result = matching.run_matching(
        organisation_id=request.organisation_id,
        today=request.today,
        now=request.now,
        by=request.actor,
        claimed_item_ids=disputes.claimed_item_ids(request.organisation_id),
    )
    count = result.applied
    told(request, ngettext("{count} line applied alone.", "{count} lines applied alone.", count).format(count=count))
    return redirect("desk:cash")


urlpatterns = [
    path("cash", cash, name="cash"),
    path("cash/accept", accept_likely, name="cash_accept"),
    path("cash/run", run, name="cash_run"),
    path("cash/lines/<int:line_id>", line, name="cash_line"),
    path("cash/lines/<int:line_id>/totals", totals, name="cash_totals"),
    path("cash/lines/<int:line_id>/search", search, name="cash_search"),
    path("cash/lines/<int:line_id>/apply", apply, name="cash_apply"),
    path("cash/lines/<int:line_id>/take-back", take_back, name="cash_take_back"),
    path("cash/lines/<int:line_id>/note", note, name="cash_note"),
    path("cash/lines/<int:line_id>/assign", assign, name="cash_assign"),
    path("cash/lines/<int:line_id>/leave-out", leave_out, name="cash_leave_out"),
    path("cash/lines/<int:line_id>/restore", restore, name="cash_restore"),
    path("cash/matches/<int:match_id>/undo", undo, name="cash_undo"),
]
