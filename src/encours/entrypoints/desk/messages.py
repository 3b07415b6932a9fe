"""The outbox and the mailbox: what is to leave, what left, what is in doubt, and what the sandbox caught."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.entrypoints.desk.letters import framed
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm
from encours.entrypoints.listing import Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import ANY_FILE, PDF, file_of, is_partial, told
from encours.messaging import queries as messaging
from encours.messaging.actions import outbox as messaging_actions
from encours.messaging.models import MailAccount, Message, MessageEvent, State
from encours.messaging.rules.channels import kind_of
from encours.messaging.rules.values import Address

PAGE_ROWS = 50
SUFFIXES = {"message/rfc822": "eml", "application/pdf": "pdf", "text/plain": "txt"}


@dataclass(frozen=True)
class Tab:
    """One part of the outbox: its states, and whether a person must act on what is in it."""

    key: str
    label: Promise | str
    states: tuple[str, ...]
    tone: str = ""


TABS = (
    Tab(
        "waiting",
        pgettext_lazy("tab", "To leave"),
        (State.QUEUED, State.RENDERED, State.PRINTED, State.HANDING_OVER, State.FAILED),
    ),
    Tab("held", pgettext_lazy("tab", "Held"), (State.HELD,), "watch"),
    Tab("doubt", gettext_lazy("In doubt"), (State.IN_DOUBT,), "act"),
    Tab("refused", pgettext_lazy("tab", "Refused"), (State.REFUSED,), "act"),
    Tab("sent", pgettext_lazy("tab", "Sent"), (State.SENT, State.CAUGHT)),
    Tab("cancelled", pgettext_lazy("tab", "Cancelled"), (State.CANCELLED,)),
)
TONES: Mapping[str, tuple[str, str]] = {
    State.QUEUED: ("", "clock"),
    State.RENDERED: ("", "clock"),
    State.HANDING_OVER: ("info", "send"),
    State.PRINTED: ("watch", "printer"),
    State.HELD: ("watch", "hand-stop"),
    State.FAILED: ("watch", "refresh"),
    State.SENT: ("good", "check"),
    State.CAUGHT: ("info", "mailbox"),
    State.REFUSED: ("act", "mail-x"),
    State.IN_DOUBT: ("act", "help-circle"),
    State.CANCELLED: ("", "ban"),
}
EVENT_TONES = {
    State.SENT: "good",
    State.CAUGHT: "info",
    State.REFUSED: "act",
    State.IN_DOUBT: "act",
    State.HELD: "watch",
}


class ReasonForm(DeskForm):
    """Why a person settles a message by hand."""

    why = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


@dataclass(frozen=True)
class Row:
    """A message in a list."""

    message: Message
    subject: str
    to: str
    tone: str
    icon: str
    reason: str

    @classmethod
    def of(cls, message: Message) -> "Row":
        tone, icon = TONES[message.state]
        return cls(
            message,
            getattr(message, "subject", None) or "",
            ", ".join(Address.of_json(address).where for address in message.to),
            tone,
            icon,
            reason_of(getattr(message, "reason", None) or {}),
        )


def reason_of(detail: Mapping[str, Any]) -> str:
    """What an event says in words, if it says anything."""
    return messaging.reason_in_words(detail)


def _tab(request: DeskRequest) -> Tab:
    wanted = request.GET.get("tab", "")
    return next((tab for tab in TABS if tab.key == wanted), TABS[0])


@screen("view_books")
def outbox(request: DeskRequest) -> HttpResponse:
    tab = _tab(request)
    listing = Listing.of(request.GET, columns=(), sort="-id")
    before = listing.after[0] if listing.after else None
    found = messaging.messages(request.scope, states=tab.states, before_id=before, limit=PAGE_ROWS + 1)
    shown = found[:PAGE_ROWS]
    context: dict[str, Any] = {
        "rows": [Row.of(message) for message in shown],
        "next_address": listing.next_address(shown[-1].pk) if len(found) > PAGE_ROWS else "",
    }
    if is_partial(request):
        return render(request, "desk/messages/outbox.html#rows", context)
    counts = messaging.state_counts(request.scope)
    tabs = [(one, sum(counts.get(state, 0) for state in one.states)) for one in TABS]
    return render(request, "desk/messages/outbox.html", {**context, "tab": tab, "tabs": tabs})


@screen("view_books")
def message(request: DeskRequest, message_id: int) -> HttpResponse:
    view = messaging.message_in_full(message_id, scope=request.scope)
    state = view.message.state
    may_settle = can(request.scope, "release_message")
    context = {
        "view": view,
        "message": view.message,
        "row": Row.of(view.message),
        "events": [_event(event) for event in view.events],
        "reason_form": ReasonForm(),
        "is_let_go": hasattr(view.message, "content") and not view.raw,
        "is_letter": kind_of(view.message.channel) == "letter",
        "is_email": view.message.channel == "email",
        "may_settle": may_settle and state == State.IN_DOUBT,
        "may_retry": may_settle and state == State.REFUSED and bool(view.raw),
        "may_cancel": may_settle and state in (State.QUEUED, State.HELD, State.RENDERED, State.FAILED),
    }
    return render(request, "desk/messages/message.html", context)


def _event(event: MessageEvent) -> dict[str, Any]:
    return {
        "tone": EVENT_TONES.get(State(event.state), ""),
        "icon": TONES[event.state][1],
        "title": event.get_state_display(),
        "detail": reason_of(event.detail),
        "who": event.actor_name,
        "at": event.at,
    }


@screen("view_books")
def letter(request: DeskRequest, message_id: int) -> HttpResponse:
    view = messaging.message_in_full(message_id, scope=request.scope)
    if request.GET.get("part") == "text" or not view.html:
        page = render(request, "desk/messages/_plain_text.html", {"text": view.text})
        return framed(page.content.decode())
    return framed(view.html)


@screen("view_books")
def raw(request: DeskRequest, message_id: int) -> HttpResponse:
    view = messaging.message_in_full(message_id, scope=request.scope)
    if not view.raw:
        raise messaging.MessageNotFound
    media_type = view.message.content.media_type
    name = f"message-{message_id}.{SUFFIXES.get(media_type, 'bin')}"
    return file_of(view.raw, name, media_type, is_shown=media_type == PDF)


@screen("view_books")
def message_file(request: DeskRequest, message_id: int, position: int) -> HttpResponse:
    """A file that went with an e-mail."""
    view = messaging.message_in_full(message_id, scope=request.scope)
    if not 1 <= position <= len(view.attachments):
        raise messaging.MessageNotFound
    file = view.attachments[position - 1]
    return file_of(file.content, file.name, file.media_type)


@screen("view_books")
def message_proof(request: DeskRequest, message_id: int, report_id: int) -> HttpResponse:
    """The proof that a provider gave of a message, byte for byte."""
    view = messaging.message_in_full(message_id, scope=request.scope)
    report = next((one for one in view.reports if one.pk == report_id and one.proof), None)
    if report is None:
        raise messaging.MessageNotFound
    return file_of(bytes(report.proof or b""), report.proof_name, ANY_FILE)


@screen("release_message")
@require_POST
def message_settle(request: DeskRequest, message_id: int) -> HttpResponse:
    """Cancel, try again, or say what became of a doubt: one of the three, with its reason."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        told(request, gettext("Give a reason: it stays with the message."))
        return redirect("desk:message", message_id)
    ask = {
        "organisation_id": request.organisation_id,
        "message_id": message_id,
        "why": form.cleaned_data["why"],
        "by": request.actor,
    }
    match request.POST.get("verb"):
        case "cancel":
            messaging_actions.cancel_message(**ask)
            told(request, gettext("This message does not leave."))
        case "retry":
            messaging_actions.try_again(**ask, now=request.now)
            told(request, gettext("It leaves again at the next opportunity."))
        case "sent" | "unsent" as verb:
            messaging_actions.settle_in_doubt(**ask, was_sent=verb == "sent", now=request.now)
            told(request, gettext("Settled."))
    return redirect("desk:message", message_id)


@screen("view_books")
def mailbox(request: DeskRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    caught = messaging.mailbox(
        request.scope,
        before_id=int(before) if before.isdecimal() and len(before) < 18 else None,
        limit=PAGE_ROWS + 1,
    )
    chosen = request.GET.get("message", "")
    is_chosen = chosen.isdecimal() and len(chosen) < 18
    open_id = int(chosen) if is_chosen else caught[0].pk if caught else None
    context = {
        "letters": [_letter(message) for message in caught[:PAGE_ROWS]],
        "next_before": caught[PAGE_ROWS - 1].pk if len(caught) > PAGE_ROWS else None,
        "before": before,
        "open": messaging.message_in_full(open_id, scope=request.scope) if open_id else None,
        "is_chosen": is_chosen,
    }
    return render(request, "desk/messages/mailbox.html", context)


def _letter(message: Message) -> dict[str, Any]:
    content = message.content
    return {
        "id": message.pk,
        "subject": content.subject,
        "customer": message.customer.name,
        "to": ", ".join(address.get("name") or Address.of_json(address).where for address in message.to),
        "at": message.state_at,
    }


def accounts_of(request: DeskRequest) -> Sequence[MailAccount]:
    """The organisation's mail accounts, for the pages that warn when none is there."""
    return list(messaging.accounts(request.organisation_id))


urlpatterns = [
    path("outbox", outbox, name="outbox"),
    path("messages/<int:message_id>", message, name="message"),
    path("messages/<int:message_id>/letter", letter, name="letter"),
    path("messages/<int:message_id>/raw.eml", raw, name="message_raw"),
    path("messages/<int:message_id>/files/<int:position>", message_file, name="message_file"),
    path("messages/<int:message_id>/proofs/<int:report_id>", message_proof, name="message_proof"),
    path("messages/<int:message_id>/settle", message_settle, name="message_settle"),
    path("mailbox", mailbox, name="mailbox"),
]
