"""Today: who waits for a next step, in the order it pays; the message and its checks beside; done, put off, sent."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from encours.access.rules import can
from encours.analytics.queries import presence, standings
from encours.collections.queries import decisions, ranking, rewording, worklist
from encours.collections.rules import wording
from encours.collections.rules.ranking import Place
from encours.customers import queries as customers
from encours.customers.models import Contact, Customer
from encours.disputes import queries as dispute_queries
from encours.entrypoints import exports, kept
from encours.entrypoints.desk import approach, reminders, standing, today_foot, understood
from encours.entrypoints.desk.letters import framed
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.tasks import names_of, people_of
from encours.entrypoints.desk.today_forms import form_of, words_form
from encours.entrypoints.listing import Column
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import is_partial
from encours.ledger import queries as ledger
from encours.messaging import queries as messaging
from encours.team.queries import tasks as team

PAGE_ROWS = 60
ROWS_KEPT_MAX = 600
TASKS_SHOWN = 5
READY_SECONDS = 300
COLUMNS = (
    Column("rank", gettext_lazy("Rank"), "number"),
    Column("number", gettext_lazy("Number")),
    Column("name", gettext_lazy("Customer")),
    Column("reason", gettext_lazy("Reason")),
    Column("overdue_minor", gettext_lazy("Overdue"), "money"),
    Column("currency", gettext_lazy("Currency")),
    Column("days_late", gettext_lazy("Days late"), "number"),
    Column("next_step", gettext_lazy("Next step")),
)
FILTERS = (
    ("", gettext_lazy("To do"), "checklist"),
    ("call", gettext_lazy("To call"), "phone"),
    ("ready", gettext_lazy("Ready to leave"), "send"),
    ("held", pgettext_lazy("reminders", "Held"), "hand-stop"),
    ("promises", gettext_lazy("Promises of the day"), "calendar-due"),
)


@dataclass(frozen=True)
class RowShown:
    """A row of the list in words."""

    row: worklist.Row
    rank: int
    reason: reminders.ReasonShown
    more: int
    verb: str
    icon: str
    do: str
    is_sending: bool


def asked_of(request: DeskRequest) -> worklist.Asked:
    default = "mine" if request.scope.role == "collector" else "all"
    only = request.GET.get("only", "")
    return worklist.Asked(
        scope=request.scope,
        today=request.today,
        is_mine=request.GET.get("who", default) == "mine",
        only=only if only in worklist.FILTERS else "",
        text=request.GET.get("q", ""),
        people=people_of(request),
        weights=ranking.weights_of(ranking.ranking_policy(request.organisation_id)),
        habits=partial(standings.average_delays, organisation_id=request.organisation_id),
    )


@screen("view_books")
def today(request: DeskRequest) -> HttpResponseBase:
    asked = asked_of(request)
    if form := request.GET.get("export"):
        listed = _listed(request, asked, limit=worklist.CANDIDATES_MAX)
        flat = [_flat(shown) for shown in _shown(listed, request.today)]
        return exports.sheet(form, name=gettext("today"), columns=COLUMNS, rows=flat)
    offset = _number(request.GET.get("after", "")) or 0
    wanted = min(_number(request.GET.get("selected", "")) or 1, ROWS_KEPT_MAX)
    # whoever worked down the list finds it as long as it was
    limit = -(-wanted // PAGE_ROWS) * PAGE_ROWS if not offset else PAGE_ROWS
    listed = _listed(request, asked, offset=offset, limit=limit)
    rows = _shown(listed, request.today, start=offset + 1)
    has_more = listed.counts[asked.only] > offset + len(rows)
    context: dict[str, Any] = {
        "rows": rows,
        "selected": min(wanted, max(len(rows), 1)) if not offset else 0,
        "place_query": _query(request),
        "next_address": f"?{_query(request, after=str(offset + len(rows)))}" if has_more else "",
        "may_send": can(request.scope, "send_message"),
    }
    if is_partial(request):
        return render(request, "desk/today/list.html#rows", context)
    context |= _frame(request, asked, listed)
    if rows:
        chosen = rows[context["selected"] - 1]
        context |= peek_context(request, chosen.row.customer_id)
    return render(request, "desk/today/list.html", context)


def _listed(request: DeskRequest, asked: worklist.Asked, **part: int) -> worklist.WorkList:
    """The part of the list to show; who stands on it and the tally are reckoned when a decision or the books change."""
    return worklist.worklist(
        asked,
        found=_of_list(request, asked, "ranked", worklist.ranked),
        tally=_of_list(request, asked, "tallied", worklist.tallied),
        **part,
    )


def _of_list[T](request: DeskRequest, asked: worklist.Asked, name: str, reckon: Callable[[worklist.Asked], T]) -> T:
    person = asked.people if asked.is_mine else None
    key = (name, *standing.reader(request.scope), person, asked.only, asked.text)
    return kept.figures.get(key, lambda: reckon(asked), state=_state(request))


def _state(request: DeskRequest) -> Hashable:
    """What the list depends on, asked once a request; messages become ready as their hour comes."""
    known: Hashable = getattr(request, "worklist_state", None)
    if known is None:
        hour = int(request.now.timestamp()) // READY_SECONDS
        known = (request.today, standing.books_version(request), worklist.state(request.organisation_id), hour)
        request.worklist_state = known  # type: ignore[attr-defined]  # kept for the rest of the request
    return known


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _query(request: DeskRequest, **changes: str) -> str:
    kept = {name: value for name, value in request.GET.items() if name not in {"after", "selected", "export", "do"}}
    return urlencode({name: value for name, value in {**kept, **changes}.items() if value})


def _shown(listed: worklist.WorkList, today: date, *, start: int = 1) -> list[RowShown]:
    found = []
    for rank, row in enumerate(listed.rows, start=start):
        verb, icon, do = reminders.STEPS[row.place.next_step]
        reason = reminders.reason_shown(row.place.reasons[0], today=today)
        found.append(
            RowShown(row, rank, reason, len(row.place.reasons) - 1, str(verb), icon, do, row.place.next_step == "send")
        )
    return found


def _flat(shown: RowShown) -> Mapping[str, Any]:
    return {
        "rank": shown.rank,
        "number": shown.row.number,
        "name": shown.row.name,
        "reason": f"{shown.reason.text} {shown.reason.detail}".strip(),
        "overdue_minor": shown.row.overdue_minor,
        "currency": shown.row.currency,
        "days_late": shown.row.days_late,
        "next_step": shown.verb,
    }


def _frame(request: DeskRequest, asked: worklist.Asked, listed: worklist.WorkList) -> dict[str, Any]:
    """The figures, the banner and the filters around the list."""
    late_count, late = _overdue(request, asked)
    tally = _of_list(request, asked, "tallied", worklist.tallied)
    promise_count, promised = worklist.promised_today(asked)
    due = team.due_tasks(request.scope, people=asked.people, today=request.today, limit=TASKS_SHOWN)
    done_share = 100 * listed.done_count // listed.total_count if listed.total_count else 100
    return {
        "asked": asked,
        "listed": listed,
        "late_count": late_count,
        "late": _amounts(late),
        "promise_count": promise_count,
        "promised": _amounts(promised),
        "received": _amounts(_received(request, asked)),
        "ready_count": tally.ready_count,
        "ready": _amounts(tally.ready_amounts),
        "held_count": sum(count for _, count in tally.causes),
        "causes": [(wording.name(code, translate=gettext), count) for code, count in tally.causes[:4]],
        "done_share": done_share,
        "filters": [
            {"key": key, "label": label, "icon": icon, "count": listed.counts[key], "query": _query(request, only=key)}
            for key, label, icon in FILTERS
        ],
        "due_tasks": due,
        "due_task_count": len(due)
        if len(due) < TASKS_SHOWN
        else team.due_count(request.scope, people=asked.people, today=request.today),
        "stands_in_for": names_of(asked.people[1:], request),
        "may_note": can(request.scope, "add_note"),
        "may_rank": can(request.scope, "edit_scenario"),
        "who_query": _query(request, who="all" if asked.is_mine else "mine"),
        "export_query": _query(request, export="xlsx"),
        "list_address": f"{reverse('desk:today')}?{_query(request)}",
    }


def _overdue(request: DeskRequest, asked: worklist.Asked) -> tuple[int, Mapping[str, int]]:
    mine = request.user.pk if asked.is_mine else None
    return standing.of_books(
        request,
        ("overdue", mine, asked.text),
        lambda: standings.overdue_total(scope=request.scope, text=asked.text.strip(), collector_id=mine),
    )


def _received(request: DeskRequest, asked: worklist.Asked) -> Mapping[str, int]:
    since = request.today - timedelta(days=7)
    question = ("received", asked.people if asked.is_mine else None, asked.text)
    return standing.of_books(request, question, lambda: worklist.received_since(asked, since=since))


def _amounts(amounts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(amounts.items(), key=lambda pair: -pair[1])


@screen("view_books")
def peek(request: DeskRequest, customer_id: int) -> HttpResponse:
    context = {**peek_context(request, customer_id), "may_send": can(request.scope, "send_message")}
    template = "desk/today/_peek.html" if is_partial(request) else "desk/today/customer.html"
    return render(request, template, context)


def customer_of(request: DeskRequest, customer_id: int) -> Customer:
    found = customers.customer_by_id(customer_id, scope=request.scope)
    if found is None:
        raise decisions.DecisionNotFound
    return found


def peek_context(request: DeskRequest, customer_id: int) -> dict[str, Any]:
    """A customer beside the list: figures, the message, its checks, and the form asked for."""
    customer = customer_of(request, customer_id)
    waiting = decisions.in_force_for(customer_id, scope=request.scope, today=request.today)
    wanted = _number(request.GET.get("reminder", ""))
    reminder = next((one for one in waiting if one.pk == wanted), waiting[0] if waiting else None)
    checks = reminders.checks_of(reminder, today=request.today) if reminder else []
    do = request.GET.get("do", "")
    account_ids = customers.with_merged(customer_id, organisation_id=request.organisation_id)
    there = presence.presence_of(account_ids, scope=request.scope)
    contacts: Sequence[Contact] = ()
    if there.has("contacts"):
        contacts = customers.contacts_of(customer_id, organisation_id=request.organisation_id)
    replies = messaging.replies(request.scope, account_ids=account_ids) if there.has("replies") else []
    unread = [one for one in replies if not one.read_at]
    place = _place(request, customer_id)
    shown = reminders.letter_beside(reminder, today=request.today, state=_state(request)) if reminder else None
    back = request.GET.get("next", "") or _list_behind(request)
    situation = today_foot.Situation(
        customer_id,
        customer.number,
        back,
        {name: can(request.scope, right) for name, right in today_foot.RIGHTS.items()},
        reminder_id=reminder.pk if reminder else None,
        outcome=reminder.outcome if reminder else "",
        has_draft=bool(shown and shown.draft),
        has_letter=bool(shown and shown.letter),
        step=place.next_step if place else None,
        reason=place.reasons[0].code if place else "",
        reply_id=unread[0].pk if unread else None,
        contact_id=next((one.pk for one in contacts if one.bounced_at), None),
    )
    balances = ledger.balances_of(customer_id, scope=request.scope, today=request.today)
    return {
        "customer": customer,
        "contacts": contacts,
        "approach": approach.at_a_glance(request, account_ids, balances),
        "contact": next(iter(contacts), None),
        "balances": balances,
        "disputes": dispute_queries.open_of(account_ids, scope=request.scope) if there.has("disputes") else [],
        "replies": understood.attached(unread, scope=request.scope),
        "understood_choices": understood.CHOICES,
        "waiting": waiting,
        "reminder": reminder,
        "is_reworded": reminder is not None
        and reminder.pk in rewording.words_for([reminder.pk], organisation_id=request.organisation_id),
        "shown": shown,
        "checks": checks,
        "passed_count": reminders.passed_count(checks),
        "adjusted_count": sum(check.outcome == "adjusted" for check in checks),
        "do": do,
        "form": words_form(reminder, today=request.today)
        if do == "reword" and reminder
        else form_of(request, do, customer_id),
        "foot": today_foot.foot(situation),
        "list_next": back,
        "factors": [reminders.factor_shown(factor, today=request.today) for factor in place.factors] if place else [],
    }


def _list_behind(request: DeskRequest) -> str:
    """The list a panel stands beside, with the row that is selected in it: there each gesture returns to."""
    shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    if not is_partial(request) or not shown.path:
        return request.get_full_path()
    return f"{shown.path}?{shown.query}" if shown.query else shown.path


def _place(request: DeskRequest, customer_id: int) -> Place | None:
    """Where the customer stands on the list, when it stands on it: its next step, its reasons, its points."""
    found = _of_list(request, asked_of(request), "ranked", worklist.ranked)
    return next((place for place in found.places if place.customer_id == customer_id), None)


@screen("view_books")
def reminder_letter(request: DeskRequest, reminder_id: int) -> HttpResponse:
    shown = reminders.letter_of(decisions.decision(reminder_id, scope=request.scope), today=request.today)
    if shown is None or shown.letter is None:
        page = render(request, "desk/templates/_unwritable.html", {"sentence": shown.problem if shown else ""})
        return framed(page.content.decode(), status=422)
    return framed(messaging.safe_html(shown.letter.html))


urlpatterns = [
    path("", today, name="today"),
    path("today/<int:customer_id>", peek, name="today_peek"),
    path("reminders/<int:reminder_id>/letter", reminder_letter, name="reminder_letter"),
]
