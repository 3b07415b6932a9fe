"""The inbox: what customers wrote, what it seems to ask, whose the unknown is; read beside the list."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from encours.access.rules import can
from encours.conversation.models import Answer
from encours.conversation.queries import answers, bank_changes, portal_threads, proposals
from encours.conversation.queries import inbox as reading
from encours.conversation.rules.accuracy import JUDGED_MIN
from encours.conversation.rules.answers import REASONS
from encours.customers import queries as customers
from encours.entrypoints.desk import inbox_words as words
from encours.entrypoints.desk import understood
from encours.entrypoints.desk.letters import framed
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.tasks import people_of
from encours.entrypoints.desk.writing import told_leaving
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import ANY_FILE, file_of, is_partial
from encours.messaging import inbound_queries as inbound
from encours.messaging.models import Filing, InboundMail, Reply
from encours.portal import queries as portal

PAGE_ROWS = 50


@dataclass(frozen=True)
class Tab:
    """One part of the inbox."""

    key: str
    label: Promise | str
    count: int
    query: str
    tone: str = ""


def _wanted(request: DeskRequest) -> dict[str, str]:
    """The list's state as its address tells it."""
    tab = request.GET.get("tab", "")
    who = request.GET.get("who", "")
    return {
        "tab": tab if tab in {"unread", "open", "drafts", "all", "triage", "bank"} else "unread",
        "who": who if who in {"all", "mine"} else "all",
        "q": request.GET.get("q", "")[:100],
    }


def _query(wanted: dict[str, str], **changes: str) -> str:
    merged = {**wanted, **changes}
    return urlencode({name: value for name, value in merged.items() if value and (name, value) != ("who", "all")})


def _owners(request: DeskRequest, wanted: dict[str, str]) -> tuple[int, ...]:
    """Whose customers' mail is looked at: mine is that of the people I stand in for, too."""
    return people_of(request) if wanted["who"] == "mine" else ()


def _tabs(request: DeskRequest, wanted: dict[str, str]) -> list[Tab]:
    found = reading.counts(request.scope, owner_ids=_owners(request, wanted))
    every = [
        ("unread", gettext_lazy("Unread"), found.unread, ""),
        ("open", gettext_lazy("To answer"), found.open, ""),
        ("drafts", gettext_lazy("Answers ready"), found.drafts, ""),
        ("triage", gettext_lazy("To sort"), found.triage, "watch"),
        ("bank", gettext_lazy("Bank details"), found.bank, "act"),
        ("all", gettext_lazy("All mail"), 0, ""),
    ]
    always = {"unread", "all", "triage"} if not request.scope.own_portfolio_only else {"unread", "all"}
    return [
        Tab(key, label, count, _query(wanted, tab=key), tone if count else "")
        for key, label, count, tone in every
        if count or key in always or key == wanted["tab"]
    ]


def _place(request: DeskRequest) -> tuple[datetime, int] | None:
    stamp, _, number = request.GET.get("after", "").partition("_")
    if not (stamp.isdigit() and number.isdigit() and len(stamp) < 18 and len(number) < 18):
        return None
    return datetime.fromtimestamp(int(stamp) // 1_000_000, UTC).replace(microsecond=int(stamp) % 1_000_000), int(number)


def _rows(request: DeskRequest, wanted: dict[str, str]) -> tuple[list[words.Row], str]:
    """The rows of a tab, and the address of the next ones."""
    query = _query(wanted)
    if wanted["tab"] == "triage":
        mails = inbound.triage(request.scope)
        return [words.mail_row(one, told=_told(getattr(one, "understood", None)), query=query) for one in mails], ""
    if wanted["tab"] == "bank":
        return _bank_rows(request, query), ""
    asked = reading.Wanted(wanted["tab"], _owners(request, wanted), wanted["q"], _place(request))
    found = list(reading.listed(asked, scope=request.scope, limit=PAGE_ROWS + 1))
    has_more, found = len(found) > PAGE_ROWS, found[:PAGE_ROWS]
    ids = [one.pk for one in found]
    told = inbound.understood_replies(ids, scope=request.scope)
    ready = {key for key, one in answers.of_replies(ids, scope=request.scope).items() if one.state == "draft"}
    rows = [words.reply_row(one, told=_told(told.get(one.pk)), has_draft=one.pk in ready, query=query) for one in found]
    if not has_more:
        return rows, ""
    last = found[-1]
    stamp = int(last.received_at.timestamp()) * 1_000_000 + last.received_at.microsecond
    return rows, f"?{_query(wanted, after=f'{stamp}_{last.pk}')}"


def _bank_rows(request: DeskRequest, query: str) -> list[words.Row]:
    found = bank_changes.waiting(request.scope)
    rows = []
    for one in found:
        if one.reply is not None:
            rows.append(words.reply_row(one.reply, told=None, has_draft=False, query=query))
        elif one.mail is not None:
            rows.append(words.mail_row(one.mail, told=None, query=query))
    return rows


def _told(found: Any) -> understood.Told | None:
    return understood.in_words(found) if found is not None else None


@screen("view_books")
def inbox(request: DeskRequest) -> HttpResponse:
    wanted = _wanted(request)
    rows, next_address = _rows(request, wanted)
    if is_partial(request):
        return render(request, "desk/inbox/list.html#rows", {"rows": rows, "next_address": next_address})
    context = _frame(request, wanted, rows, next_address)
    first = rows[0].key if rows else ""
    return render(request, "desk/inbox/list.html", {**context, **_opened(request, first), "is_chosen": False})


def _frame(request: DeskRequest, wanted: dict[str, str], rows: list[words.Row], next_address: str) -> dict[str, Any]:
    return {
        "tabs": _tabs(request, wanted),
        "tab": wanted["tab"],
        "who": wanted["who"],
        "who_query": {one: _query(wanted, who=one) for one in ("all", "mine")},
        "q": wanted["q"],
        "rows": rows,
        "next_address": next_address,
        "list_next": f"{reverse('desk:inbox')}?{_query(wanted)}",
    }


def _opened(request: DeskRequest, key: str) -> dict[str, Any]:
    if not key:
        return {"selected": ""}
    number = int(key[1:])
    if key[0] == "r":
        return {"selected": key, **_reply_context(request, reading.reply(number, scope=request.scope))}
    return {"selected": key, **_mail_context(request, reading.mail(number, scope=request.scope))}


def _page(request: DeskRequest, key: str, more: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    """One mail: its pane alone beside a list that is there, or the list with it."""
    wanted = _wanted(request)
    opened = {**_opened(request, key), **(more or {})}
    if is_partial(request):
        listed = f"{reverse('desk:inbox')}?{_query(wanted)}"
        return render(request, "desk/inbox/_pane.html", {**opened, "list_next": listed}, status=status)
    rows, next_address = _rows(request, wanted)
    context = {**_frame(request, wanted, rows, next_address), **opened, "is_chosen": True}
    return render(request, "desk/inbox/list.html", context, status=status)


@screen("view_books")
def inbox_reply(request: DeskRequest, reply_id: int) -> HttpResponse:
    return _page(request, f"r{reply_id}")


@screen("view_books")
def inbox_mail(request: DeskRequest, mail_id: int) -> HttpResponse:
    return _page(request, f"m{mail_id}")


def with_form(request: DeskRequest, key: str, **more: Any) -> HttpResponse:
    """The page of a mail with a form that was refused, and what was typed in it."""
    return _page(request, key, more, status=422)


def _reply_context(request: DeskRequest, one: Reply) -> dict[str, Any]:
    mail = reading.mail_of(one)
    found = inbound.understood_replies([one.pk], scope=request.scope).get(one.pk)
    return {
        "reply": one,
        "mail": mail,
        "customer": one.customer,
        "title": one.subject,
        "sender": f"{one.from_name} <{one.from_email}>" if one.from_name else one.from_email,
        "at": one.received_at,
        "told": _told(found),
        "quote": words.without_accounts(found.quote) if found else "",
        "kinds": understood.CHOICES,
        "cards": [
            words.card(made, request) for made in proposals.of_replies([one.pk], scope=request.scope).get(one.pk, ())
        ],
        "change": _change(request, bank_changes.of_replies([one.pk], scope=request.scope).get(one.pk)),
        "answer": _answer(request, answers.of_replies([one.pk], scope=request.scope).get(one.pk)),
        "is_holding": one.freed_at is None,
        "note": portal_threads.answered_on_page(one.pk, organisation_id=request.organisation_id),
        "may_answer_on_page": portal.has_way(one.customer, one.from_email),
        "page_key": str(uuid4()),
        "may_send": can(request.scope, "send_message"),
        "may_draft": can(request.scope, "send_message") and _drafts(request),
        **_body(mail, one.text),
    }


def _drafts(request: DeskRequest) -> bool:
    return bool(settings.DRAFTING_ADDRESS) and answers.policy(request.organisation_id).drafts_by_model


def _mail_context(request: DeskRequest, one: InboundMail) -> dict[str, Any]:
    found = inbound.understood_mail(one.pk, scope=request.scope)
    return {
        "mail": one,
        "customer": one.customer,
        "quote": words.without_accounts(found.quote) if found else "",
        "kinds": understood.CHOICES,
        "title": one.subject or gettext("No subject"),
        "sender": one.from_email,
        "at": one.received_at,
        "told": _told(found),
        "cards": [
            words.card(made, request) for made in proposals.of_mails([one.pk], scope=request.scope).get(one.pk, ())
        ],
        "change": _change(request, bank_changes.of_mails([one.pk], scope=request.scope).get(one.pk)),
        "is_triage": one.filing == Filing.TRIAGE,
        "why": words.why_in_triage(one.why),
        "candidates": words.candidates(one) if one.filing == Filing.TRIAGE else [],
        "may_send": can(request.scope, "send_message"),
        **_body(one, ""),
    }


def _body(mail: InboundMail | None, text: str) -> dict[str, Any]:
    """The words and the files, whichever way they came."""
    if mail is None:
        return {"text": text, "files": []}
    opened = reading.opened(mail)
    return {
        "text": opened.text or text,
        "signature": opened.signature,
        "quoted": opened.quoted,
        "has_html": opened.has_html,
        "may_show_source": opened.may_show_source,
        "files": [words.shown_file(one, may_open=inbound.may_open(one)) for one in opened.files],
    }


def _change(request: DeskRequest, one: Any) -> words.ShownChange | None:
    return words.shown_change(one, request) if one is not None else None


def _answer(request: DeskRequest, one: Answer | None) -> dict[str, Any] | None:
    if one is None:
        return None
    hours = answers.leaving_of(one, now=request.now) if one.state == "draft" else None
    return {
        "hours": told_leaving(hours, request) if hours else None,
        "id": one.pk,
        "kind": one.get_kind_display(),
        "is_draft": one.state == "draft",
        "state": one.get_state_display(),
        "is_alone": one.is_alone,
        "message_id": one.message_id,
        "to": one.to_email,
        "by": one.decided_by_name,
        "reasons": [gettext(REASONS[code]) for code in one.reasons if code in REASONS],
    }


@screen("view_books")
def inbox_html(request: DeskRequest, mail_id: int) -> HttpResponse:
    """The mail as it was laid out: nothing in it runs, nothing is fetched from elsewhere."""
    return framed(reading.html_of(reading.mail(mail_id, scope=request.scope)))


@screen("view_books")
def inbox_file(request: DeskRequest, mail_id: int, position: int) -> HttpResponse:
    """A file that may be handed out, always as a download and never as a page of ours."""
    found = reading.file_content(reading.mail(mail_id, scope=request.scope), position)
    if found is None:
        raise Http404
    file, content = found
    return _download(content, file.name)


@screen("view_books")
def inbox_source(request: DeskRequest, mail_id: int) -> HttpResponse:
    """The mail byte for byte, unless a file in it is held."""
    one = reading.mail(mail_id, scope=request.scope)
    if not reading.opened(one).may_show_source:
        raise Http404
    return _download(bytes(one.raw), f"mail-{one.pk}.eml")


def _download(content: bytes, name: str) -> HttpResponse:
    answer = file_of(content, name, ANY_FILE)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@screen("view_books")
def inbox_accuracy(request: DeskRequest) -> HttpResponse:
    """How often each class was right, as people said; too few judgements are said to be too few."""
    rows = words.accuracy_rows(request.organisation_id)
    context = {"rows": rows, "judged": sum(row.judged for row in rows), "least": JUDGED_MIN}
    return render(request, "desk/inbox/accuracy.html", context)


def number_of(request: DeskRequest, said: str) -> int | None:
    """The customer a person means by a number or a name, when it is one only."""
    found = customers.search(said, scope=request.scope, limit=3)
    exact = [one for one in found if one.number.lower() == said.strip().lower()]
    chosen = exact or list(found)
    if len(chosen) != 1:
        return None
    return customers.customer_by_number(chosen[0].number, scope=request.scope).pk


urlpatterns = [
    path("inbox", inbox, name="inbox"),
    path("inbox/accuracy", inbox_accuracy, name="inbox_accuracy"),
    path("inbox/replies/<int:reply_id>", inbox_reply, name="inbox_reply"),
    path("inbox/mails/<int:mail_id>", inbox_mail, name="inbox_mail"),
    path("inbox/mails/<int:mail_id>/html", inbox_html, name="inbox_html"),
    path("inbox/mails/<int:mail_id>/source.eml", inbox_source, name="inbox_source"),
    path("inbox/mails/<int:mail_id>/files/<int:position>", inbox_file, name="inbox_file"),
]
