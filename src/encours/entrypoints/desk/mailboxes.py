"""Mailboxes: the folders answers come to, tested before they are needed; and how the conversation behaves."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.connectors.clamd import client as clamd
from encours.connectors.imap import client
from encours.conversation import actions as conversation
from encours.conversation.models import Mode
from encours.conversation.queries import answers
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.messaging import actions as messaging
from encours.messaging import inbound_queries as inbound
from encours.messaging import queries
from encours.messaging.models import HoldUntil, MailAccount, Mailbox, Security


class MailboxForm(DeskForm):
    """The server answers are read from."""

    host = forms.CharField(label=gettext_lazy("Server (IMAP)"), max_length=255)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=993)
    security = forms.ChoiceField(
        label=gettext_lazy("Protection"),
        choices=[
            (Security.TLS, gettext_lazy("TLS from the start (port 993)")),
            (Security.STARTTLS, gettext_lazy("STARTTLS (port 143)")),
            (Security.NONE, Security.NONE.label),
        ],
        initial=Security.TLS,
    )
    username = forms.CharField(label=gettext_lazy("User name"), max_length=254, required=False)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Stored encrypted; empty keeps the one there is."),
    )
    folder = forms.CharField(label=gettext_lazy("Folder"), max_length=200, initial="INBOX")


class ConversationForm(DeskForm):
    """What may leave alone, and how long an answer holds reminders."""

    wide = frozenset({"hold_until", "drafts_by_model"})
    hold_until = forms.ChoiceField(
        label=gettext_lazy("An answer holds reminders until"), choices=HoldUntil.choices, initial=HoldUntil.READ
    )
    invoice_copy = forms.ChoiceField(label=gettext_lazy("Copy of an invoice"), choices=Mode.choices)
    statement = forms.ChoiceField(label=gettext_lazy("Statement of account"), choices=Mode.choices)
    payment_details = forms.ChoiceField(label=gettext_lazy("How to pay"), choices=Mode.choices)
    daily_cap = forms.IntegerField(
        label=gettext_lazy("Automatic answers to one customer in a day, at most"), min_value=1, max_value=20
    )
    drafts_by_model = forms.BooleanField(
        label=gettext_lazy("People may have an answer drafted by the model set on this server"), required=False
    )


def _accounts(request: DeskRequest) -> list[MailAccount]:
    """One's own account, and all of them for those who manage people."""
    every = list(queries.accounts(request.organisation_id))
    if can(request.scope, "manage_users"):
        return every
    return [one for one in every if one.user_id == request.user.pk]


def _account(request: DeskRequest, account_id: int) -> MailAccount:
    if not queries.accounts(request.organisation_id).filter(pk=account_id).exists():
        raise Http404
    found = next((one for one in _accounts(request) if one.pk == account_id), None)
    if found is None:
        raise PermissionDenied
    return found


@screen("send_message")
def mailboxes(request: DeskRequest) -> HttpResponse:
    rows = _accounts(request)
    boxes = {box.account_id: box for box in inbound.mailboxes(request.organisation_id)}
    wanted = request.GET.get("account", "")
    chosen = next((one for one in rows if str(one.pk) == wanted), None)
    form = MailboxForm(request.POST or None, initial=_initial(chosen, boxes.get(chosen.pk)) if chosen else {})
    if request.method == "POST" and chosen is None:
        raise Http404
    if request.method == "POST" and chosen is not None and form.is_valid():
        with refusals_on(form):
            messaging.save_mailbox(
                organisation_id=request.organisation_id,
                account_id=chosen.pk,
                form=messaging.MailboxForm(**form.cleaned_data),
                by=request.actor,
            )
            told(request, gettext("Saved. Test it: answers are read every two minutes from now on."))
            return redirect("desk:mailboxes")
    context = {
        "rows": [{"account": one, "box": boxes.get(one.pk)} for one in rows],
        "form": form,
        "chosen": chosen,
        "scanner": settings.ATTACHMENT_SCANNER,
        "scanner_answers": bool(settings.ATTACHMENT_SCANNER) and clamd.is_there(settings.ATTACHMENT_SCANNER),
    }
    return render(request, "desk/settings/mailboxes.html", context, status=422 if form.errors else 200)


def _initial(account: MailAccount, box: Mailbox | None) -> dict[str, Any]:
    if box is None:
        return {"host": account.host.replace("smtp", "imap"), "username": account.username, "port": 993}
    names = ("host", "port", "security", "username", "folder")
    return {name: getattr(box, name) for name in names}


def _box(request: DeskRequest, account_id: int) -> Mailbox:
    account = _account(request, account_id)
    found = next((box for box in inbound.mailboxes(request.organisation_id) if box.account_id == account.pk), None)
    if found is None:
        raise Http404
    return found


@screen("send_message")
@require_POST
def mailbox_test(request: DeskRequest, account_id: int) -> HttpResponse:
    """Sign in and open the folder once; what the server refuses is told in its words."""
    box = _box(request, account_id)
    messaging.verify_mailbox(
        organisation_id=request.organisation_id,
        mailbox_id=box.pk,
        open_folder=client.open_mailbox,
        by=request.actor,
    )
    told(request, gettext("The folder {folder} can be read.").format(folder=box.folder))
    return redirect("desk:mailboxes")


@screen("send_message")
@require_POST
def mailbox_pull(request: DeskRequest, account_id: int) -> HttpResponse:
    """Read what is new at once."""
    box = _box(request, account_id)
    pulled = messaging.pull_mailbox(
        organisation_id=request.organisation_id,
        mailbox_id=box.pk,
        open_folder=client.open_mailbox,
        now=request.now,
        by=request.actor,
    )
    count = len(pulled.mail_ids)
    came = ngettext("{count} mail came in.", "{count} mails came in.", count).format(count=count)
    told(request, pulled.problem or came)
    return redirect("desk:mailboxes")


@screen("send_message")
@require_POST
def mailbox_switch(request: DeskRequest, account_id: int) -> HttpResponse:
    """Stop reading a mailbox, or read it again from where it was left."""
    box = _box(request, account_id)
    messaging.switch_mailbox(
        organisation_id=request.organisation_id, mailbox_id=box.pk, is_active=not box.is_active, by=request.actor
    )
    told(request, gettext("No longer read.") if box.is_active else gettext("Read again, from where it was left."))
    return redirect("desk:mailboxes")


@screen("edit_organisation")
def conversation_settings(request: DeskRequest) -> HttpResponse:
    allowed, modes = answers.policy(request.organisation_id), answers.modes(request.organisation_id)
    initial = {
        **modes,
        "hold_until": inbound.hold_until(request.organisation_id),
        "daily_cap": allowed.daily_cap,
        "drafts_by_model": allowed.drafts_by_model,
    }
    form = ConversationForm(request.POST or None, initial=initial)
    if not settings.DRAFTING_ADDRESS:
        del form.fields["drafts_by_model"]
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            _save(request, form.cleaned_data)
            told(request, gettext("Saved."))
            return redirect("desk:conversation_settings")
    context = {"form": form, "has_model": bool(settings.DRAFTING_ADDRESS), "model": settings.DRAFTING_MODEL}
    return render(request, "desk/settings/conversation.html", context, status=422 if form.errors else 200)


def _save(request: DeskRequest, said: dict[str, Any]) -> None:
    messaging.set_reply_policy(
        organisation_id=request.organisation_id, hold_until=said["hold_until"], by=request.actor, now=request.now
    )
    conversation.set_conversation_policy(
        organisation_id=request.organisation_id,
        modes={name: said[name] for name in ("invoice_copy", "statement", "payment_details")},
        daily_cap=said["daily_cap"],
        drafts_by_model=said.get("drafts_by_model", False),
        now=request.now,
        by=request.actor,
    )


urlpatterns = [
    path("settings/mailboxes", mailboxes, name="mailboxes"),
    path("settings/mailboxes/<int:account_id>/test", mailbox_test, name="mailbox_test"),
    path("settings/mailboxes/<int:account_id>/pull", mailbox_pull, name="mailbox_pull"),
    path("settings/mailboxes/<int:account_id>/switch", mailbox_switch, name="mailbox_switch"),
    path("settings/conversation", conversation_settings, name="conversation_settings"),
]
