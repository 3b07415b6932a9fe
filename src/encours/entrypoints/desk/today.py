"""Today: who waits for a next step, in the order it pays; the message and its checks beside; done, put off, sent."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.analytics.queries import presence, standings
from encours.collections import actions as collections
from encours.collections.actions import worklist as worklist_actions
from encours.collections.models import PromiseSource
from encours.collections.queries import decisions, worklist
from encours.collections.rules import wording
from encours.core.currencies import exponent
from encours.core.errors import EncoursError
from encours.core.money import Money
from encours.customers import actions as customer_actions
from encours.customers import queries as customers
from encours.customers.models import Contact, Customer
from encours.disputes import actions as disputes
from encours.disputes import queries as dispute_queries
from encours.disputes.models import DisputeReason
from encours.entrypoints import exports, kept
from encours.entrypoints.desk import reminders, standing, understood
from encours.entrypoints.desk.letters import framed
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import AmountField, DeskForm, refusals_on
from encours.entrypoints.listing import Column
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, is_partial, told
from encours.ledger import queries as ledger
from encours.messaging import actions as messaging_actions
from encours.messaging import queries as messaging

PAGE_ROWS = 60
SENT_AT_ONCE_MAX = 100
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


class CallForm(DeskForm):
    """What was said on the telephone."""

    wide = frozenset({"text"})
    text = forms.CharField(label=gettext_lazy("What was said"), widget=forms.Textarea(attrs={"rows": 3}))
    is_done = forms.BooleanField(label=gettext_lazy("Done with this customer today"), required=False, initial=True)


class PromiseForm(DeskForm):
    """What the customer said would be paid."""

    amount = AmountField(label=gettext_lazy("Amount"), min_value=Decimal("0.01"))
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3)
    promised_date = forms.DateField(
        label=gettext_lazy("By"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    source = forms.ChoiceField(label=gettext_lazy("How"), choices=PromiseSource.choices)
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=300)
    wide = frozenset({"note"})


class DisputeForm(DeskForm):
    """What the customer contests."""

    document_number = forms.ChoiceField(label=gettext_lazy("Invoice"), required=False)
    amount = AmountField(
        label=gettext_lazy("Amount in dispute"),
        min_value=Decimal("0.01"),
        required=False,
        help_text=gettext_lazy("Empty: the whole of it."),
    )
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=DisputeReason.choices)
    note = forms.CharField(label=gettext_lazy("In the customer's words"), required=False, max_length=1000)
    wide = frozenset({"note"})


class LaterForm(DeskForm):
    """Until when the customer leaves the list."""

    until = forms.DateField(
        label=gettext_lazy("Back on the list on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(label=gettext_lazy("Why"), required=False, max_length=300)


class ReasonForm(DeskForm):
    """Why a person overrides or stops something."""

    why = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


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


def _asked(request: DeskRequest) -> worklist.Asked:
    default = "mine" if request.scope.role == "collector" else "all"
    only = request.GET.get("only", "")
    return worklist.Asked(
        scope=request.scope,
        today=request.today,
        is_mine=request.GET.get("who", default) == "mine",
        only=only if only in worklist.FILTERS else "",
        text=request.GET.get("q", ""),
    )


@screen("view_books")
def today(request: DeskRequest) -> HttpResponse:
    asked = _asked(request)
    if form := request.GET.get("export"):
        listed = _listed(request, asked, limit=worklist.CANDIDATES_MAX)
        flat = [_flat(shown) for shown in _shown(listed, request.today)]
        return exports.sheet(form, name=gettext("today"), columns=COLUMNS, rows=flat)  # type: ignore[return-value]  # an answer of streamed rows
    offset = _number(request.GET.get("after", "")) or 0
    listed = _listed(request, asked, offset=offset, limit=PAGE_ROWS)
    rows = _shown(listed, request.today, start=offset + 1)
    has_more = listed.counts[asked.only] > offset + len(rows)
    context: dict[str, Any] = {
        "rows": rows,
        "selected": min(_number(request.GET.get("selected", "")) or 1, max(len(rows), 1)),
        "next_address": f"?{_query(request, after=str(offset + len(rows)))}" if has_more else "",
        "may_send": can(request.scope, "send_message"),
    }
    if is_partial(request):
        return render(request, "desk/today/list.html#rows", context)
    context |= _frame(request, asked, listed)
    if rows:
        chosen = rows[context["selected"] - 1]
        context |= _peek(request, chosen.row.customer_id)
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
    person = request.user.pk if asked.is_mine else None
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
    mine = request.user.pk if asked.is_mine else None
    return standing.of_books(
        request, ("received", mine, asked.text), lambda: worklist.received_since(asked, since=since)
    )


def _amounts(amounts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(amounts.items(), key=lambda pair: -pair[1])


@screen("view_books")
def peek(request: DeskRequest, customer_id: int) -> HttpResponse:
    context = {**_peek(request, customer_id), "may_send": can(request.scope, "send_message")}
    template = "desk/today/_peek.html" if is_partial(request) else "desk/today/customer.html"
    return render(request, template, context)


def _customer(request: DeskRequest, customer_id: int) -> Customer:
    found = customers.in_scope(request.scope).filter(pk=customer_id).first()
    if found is None:
        raise decisions.DecisionNotFound
    return found


def _peek(request: DeskRequest, customer_id: int) -> dict[str, Any]:
    """A customer beside the list: figures, the message, its checks, and the form asked for."""
    customer = _customer(request, customer_id)
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
    return {
        "customer": customer,
        "contacts": contacts,
        "contact": next(iter(contacts), None),
        "balances": ledger.balances_of(customer_id, scope=request.scope, today=request.today),
        "disputes": dispute_queries.open_of(account_ids, scope=request.scope) if there.has("disputes") else [],
        "replies": understood.attached([one for one in replies if not one.read_at], scope=request.scope),
        "understood_choices": understood.CHOICES,
        "waiting": waiting,
        "reminder": reminder,
        "shown": reminders.letter_of(reminder, today=request.today) if reminder else None,
        "checks": checks,
        "passed_count": reminders.passed_count(checks),
        "adjusted_count": sum(check.outcome == "adjusted" for check in checks),
        "do": do,
        "form": _form(request, do, customer_id),
        "may": {
            "note": can(request.scope, "add_note"),
            "promise": can(request.scope, "record_promise"),
            "dispute": can(request.scope, "open_dispute"),
            "release": can(request.scope, "release_message"),
            "send": can(request.scope, "send_message"),
        },
        "list_next": request.GET.get("next", "") or request.get_full_path(),
    }


def _form(request: DeskRequest, do: str, customer_id: int, data: Any = None) -> DeskForm | None:
    """The form of a gesture, with what is most likely filled in."""
    if do == "call":
        return CallForm(data)
    if do == "promise":
        owed = ledger.balances_of(customer_id, scope=request.scope, today=request.today)
        most = max(owed, key=lambda balance: balance.overdue_minor, default=None)
        currency = most.currency if most else "EUR"
        amount = Decimal(most.overdue_minor).scaleb(-exponent(currency)) if most and most.overdue_minor > 0 else None
        soon = request.today + timedelta(days=7)
        return PromiseForm(data, initial={"amount": amount, "currency": currency, "promised_date": soon})
    if do == "dispute":
        form = DisputeForm(data)
        items = ledger.account_items(customer_id, scope=request.scope, limit=200)
        numbers = dict.fromkeys(item.document_number for item in items if item.open_minor > 0 and item.document_number)
        form.fields["document_number"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", gettext("The whole account")),
            *((number, number) for number in numbers),
        ]
        return form
    if do == "later":
        return LaterForm(data, initial={"until": request.today + timedelta(days=3)})
    if do in {"release", "take_out"}:
        return ReasonForm(data)
    return None


@screen("view_books")
def reminder_letter(request: DeskRequest, reminder_id: int) -> HttpResponse:
    shown = reminders.letter_of(decisions.decision(reminder_id, scope=request.scope), today=request.today)
    if shown is None or shown.letter is None:
        page = render(request, "desk/templates/_unwritable.html", {"sentence": shown.problem if shown else ""})
        return framed(page.content.decode(), status=422)
    return framed(messaging.safe_html(shown.letter.html))


@screen("view_books")
@require_POST
def act(request: DeskRequest, customer_id: int, do: str) -> HttpResponse:
    """One gesture on a customer: a call noted, a promise, a dispute, put off; refusals come back on its form."""
    customer = _customer(request, customer_id)
    if do not in _GESTURES:
        raise Http404
    if not can(request.scope, _RIGHTS[do]):
        raise PermissionDenied
    form = _form(request, do, customer_id, request.POST)
    if form is None:
        return redirect("desk:today_peek", customer_id)
    if form.is_valid():
        with refusals_on(form):
            told(request, _GESTURES[do](request, customer, form.cleaned_data))
            return back(request, reverse("desk:today"))
    context = {**_peek(request, customer_id), "do": do, "form": form, "may_send": can(request.scope, "send_message")}
    return render(request, "desk/today/customer.html", context, status=422)


def _call(request: DeskRequest, customer: Customer, said: Mapping[str, Any]) -> str:
    customer_actions.add_note(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        text=gettext("Call: {text}").format(text=said["text"]),
        now=request.now,
        by=request.actor,
    )
    if said["is_done"]:
        worklist_actions.mark_done(
            organisation_id=request.organisation_id, customer_id=customer.pk, today=request.today, by=request.actor
        )
    return gettext("The call to {name} is noted.").format(name=customer.name)


def _promise(request: DeskRequest, customer: Customer, said: Mapping[str, Any]) -> str:
    currency = said["currency"].upper()
    collections.record_promise(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        amount_minor=Money.from_decimal(said["amount"], currency).minor,
        currency=currency,
        promised_date=said["promised_date"],
        today=request.today,
        by=request.actor,
        source=said["source"],
        note=said["note"],
    )
    return gettext("Promise noted: reminders to {name} wait for that day.").format(name=customer.name)


def _dispute(request: DeskRequest, customer: Customer, said: Mapping[str, Any]) -> str:
    number, amount = said["document_number"], said["amount"]
    currency = ledger.currency_of(number, customer_id=customer.pk, scope=request.scope) or "EUR"
    disputes.open_dispute(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        today=request.today,
        by=request.actor,
        document_number=number,
        amount_minor=None if amount is None else Money.from_decimal(amount, currency).minor,
        reason=said["reason"],
        note=said["note"],
    )
    return gettext("Dispute opened: that part is no longer claimed.")


def _later(request: DeskRequest, customer: Customer, said: Mapping[str, Any]) -> str:
    worklist_actions.put_off(
        organisation_id=request.organisation_id,
        customer_id=customer.pk,
        until=said["until"],
        today=request.today,
        by=request.actor,
        note=said["note"],
    )
    return gettext("{name} comes back on that day.").format(name=customer.name)


_GESTURES = {"call": _call, "promise": _promise, "dispute": _dispute, "later": _later}
_RIGHTS = {"call": "add_note", "promise": "record_promise", "dispute": "open_dispute", "later": "add_note"}


@screen("add_note")
@require_POST
def done(request: DeskRequest, customer_id: int) -> HttpResponse:
    customer = _customer(request, customer_id)
    worklist_actions.mark_done(
        organisation_id=request.organisation_id, customer_id=customer.pk, today=request.today, by=request.actor
    )
    undo = reverse("desk:today_reopen", args=[customer_id])
    told(request, gettext("{name} is done for today.").format(name=customer.name), undo=undo)
    return back(request, reverse("desk:today"))


@screen("add_note")
@require_POST
def reopen(request: DeskRequest, customer_id: int) -> HttpResponse:
    customer = _customer(request, customer_id)
    worklist_actions.put_back_on_list(
        organisation_id=request.organisation_id, customer_id=customer.pk, today=request.today, by=request.actor
    )
    told(request, gettext("{name} is back on the list.").format(name=customer.name))
    return back(request, reverse("desk:today"))


@screen("send_message")
@require_POST
def read_reply(request: DeskRequest, customer_id: int, reply_id: int) -> HttpResponse:
    """A person has read what the customer wrote: reminders are free again."""
    customer = _customer(request, customer_id)
    account_ids = customers.with_merged(customer_id, organisation_id=request.organisation_id)
    if reply_id not in {reply.pk for reply in messaging.replies(request.scope, account_ids=account_ids)}:
        raise Http404
    messaging_actions.mark_reply_read(
        organisation_id=request.organisation_id, reply_id=reply_id, by=request.actor, now=request.now
    )
    told(request, gettext("Read: reminders to {name} are free again.").format(name=customer.name))
    return back(request, reverse("desk:today"))


@screen("send_message")
@require_POST
def send(request: DeskRequest, reminder_id: int) -> HttpResponse:
    """Let one decision leave: it was waiting for a person."""
    waiting = decisions.decision(reminder_id, scope=request.scope)
    made = collections.confirm(
        organisation_id=request.organisation_id,
        reminder_id=waiting.pk,
        today=request.today,
        now=request.now,
        by=request.actor,
    )
    undo = reverse("desk:today_withdraw", args=[made.pk])
    told(
        request, gettext("{step} to {name} leaves.").format(step=made.step_name, name=waiting.customer.name), undo=undo
    )
    return back(request, reverse("desk:today"))


@screen("send_message")
@require_POST
def withdraw(request: DeskRequest, reminder_id: int) -> HttpResponse:
    found = decisions.decision(reminder_id, scope=request.scope)
    collections.withdraw(
        organisation_id=request.organisation_id,
        reminder_id=found.pk,
        why=gettext("Taken back on the list of the day"),
        now=request.now,
        by=request.actor,
    )
    told(request, gettext("{step} to {name} stays here.").format(step=found.step_name, name=found.customer.name))
    return back(request, reverse("desk:today"))


@screen("send_message")
@require_POST
def send_ready(request: DeskRequest) -> HttpResponse:
    """Confirm all that waits for a person and nothing else; what moved meanwhile stays and says why."""
    sent, refused = 0, ""
    for reminder_id in worklist.ready_to_confirm(_asked(request), limit=SENT_AT_ONCE_MAX):
        try:
            collections.confirm(
                organisation_id=request.organisation_id,
                reminder_id=reminder_id,
                today=request.today,
                now=request.now,
                by=request.actor,
            )
            sent += 1
        except EncoursError as error:
            refused = error.translated(gettext)
    text = ngettext("{count} reminder leaves.", "{count} reminders leave.", sent).format(count=sent)
    told(request, f"{text} {refused}".strip())
    return back(request, reverse("desk:today"))


urlpatterns = [
    path("", today, name="today"),
    path("today/send-ready", send_ready, name="today_send_ready"),
    path("today/<int:customer_id>", peek, name="today_peek"),
    path("today/<int:customer_id>/done", done, name="today_done"),
    path("today/<int:customer_id>/reopen", reopen, name="today_reopen"),
    path("today/<int:customer_id>/replies/<int:reply_id>", read_reply, name="today_read"),
    path("today/<int:customer_id>/<slug:do>", act, name="today_act"),
    path("reminders/<int:reminder_id>/send", send, name="today_send"),
    path("reminders/<int:reminder_id>/withdraw", withdraw, name="today_withdraw"),
    path("reminders/<int:reminder_id>/letter", reminder_letter, name="reminder_letter"),
]
