"""Gestures of the inbox: read, file, set aside, accept, reject, answer, call back, confirm."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.conversation import actions as conversation
from encours.conversation.actions.answers import AnswerUnknown
from encours.conversation.actions.bank_changes import BankChangeUnknown
from encours.conversation.actions.proposals import ProposalUnknown
from encours.conversation.models import BankChange, Proposal
from encours.conversation.queries import answers, bank_changes, proposals
from encours.conversation.queries import inbox as reading
from encours.core.errors import EncoursError
from encours.entrypoints.desk import inbox_words as words
from encours.entrypoints.desk import understood
from encours.entrypoints.desk.inbox import number_of, with_form
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.writing import told_when
from encours.entrypoints.forms import refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told
from encours.messaging import actions as messaging


def _back(request: DeskRequest) -> HttpResponse:
    return back(request, reverse("desk:inbox"))


@screen("send_message")
@require_POST
def read(request: DeskRequest, reply_id: int) -> HttpResponse:
    one = reading.reply(reply_id, scope=request.scope)
    messaging.mark_reply_read(
        organisation_id=request.organisation_id, reply_id=one.pk, by=request.actor, now=request.now
    )
    one.refresh_from_db(fields=["freed_at"])
    free = gettext("Read: reminders to {name} are free again.")
    held = gettext("Read. Reminders to {name} wait until it is answered.")
    told(request, (free if one.freed_at else held).format(name=one.customer.name))
    return _back(request)


@screen("send_message")
@require_POST
def no_answer(request: DeskRequest, reply_id: int) -> HttpResponse:
    one = reading.reply(reply_id, scope=request.scope)
    messaging.needs_no_answer(
        organisation_id=request.organisation_id, reply_id=one.pk, by=request.actor, now=request.now
    )
    told(
        request,
        gettext("Settled without an answer: reminders to {name} are free again.").format(name=one.customer.name),
    )
    return _back(request)


@screen("send_message")
@require_POST
def file(request: DeskRequest, mail_id: int) -> HttpResponse:
    """Give a mail of the triage to a customer, chosen or named."""
    one = reading.mail(mail_id, scope=request.scope)
    said = request.POST.get("customer", "").strip()
    customer_id = int(said) if request.POST.get("chosen") and said.isdigit() else number_of(request, said)
    if customer_id is None:
        return with_form(
            request,
            f"m{one.pk}",
            file_error=gettext("No customer, or several, by this name: use the number."),
            said=said,
        )
    reply_id = messaging.file_mail(
        organisation_id=request.organisation_id,
        mail_id=one.pk,
        customer_id=customer_id,
        by=request.actor,
        now=request.now,
    )
    filed = reading.reply(reply_id, scope=request.scope)
    told(request, gettext("Filed with {name}.").format(name=filed.customer.name))
    return _back(request)


@screen("send_message")
@require_POST
def set_aside(request: DeskRequest, mail_id: int) -> HttpResponse:
    one = reading.mail(mail_id, scope=request.scope)
    messaging.set_mail_aside(
        organisation_id=request.organisation_id,
        mail_id=one.pk,
        why=request.POST.get("why", "")[:40],
        by=request.actor,
        now=request.now,
    )
    told(request, gettext("Set aside; the mail is kept."))
    return _back(request)


def _proposal(request: DeskRequest, proposal_id: int) -> Proposal:
    found = proposals.proposal(proposal_id, scope=request.scope)
    if found is None:
        raise ProposalUnknown
    if not can(request.scope, words.RIGHTS[found.kind]):
        raise PermissionDenied
    return found


def _key(found: Proposal | BankChange) -> str:
    return f"r{found.reply_id}" if found.reply_id else f"m{found.mail_id}"


@screen("view_books")
@require_POST
def accept(request: DeskRequest, proposal_id: int) -> HttpResponse:
    """Accept a proposal with the values in its form; a refusal comes back on the form."""
    found = _proposal(request, proposal_id)
    items = proposals.open_items(found.customer_id, found.organisation_id)
    form = words.form_of(found, items, data=request.POST)
    if form.is_valid():
        with refusals_on(form):
            conversation.accept_proposal(
                organisation_id=request.organisation_id,
                proposal_id=found.pk,
                values=words.values_of(form, found),
                today=request.today,
                now=request.now,
                by=request.actor,
            )
            told(request, _done(found))
            return _back(request)
    return with_form(request, _key(found), refused_form=form, refused_id=found.pk)


def _done(found: Proposal) -> str:
    sentences = {
        "promise": gettext("Promise noted: reminders to {name} wait for that day."),
        "dispute": gettext("Dispute opened: that part is no longer claimed."),
        "contact": gettext("The contact is added to {name}."),
        "pause": gettext("Reminders to {name} wait until then."),
        "order_number": gettext("The order number is noted with {name}."),
        "remittance": gettext("The advice is read, and joins its payment."),
        "unsubscribe": gettext("This address is written to no more."),
    }
    return sentences[found.kind].format(name=found.customer.name)


@screen("view_books")
@require_POST
def reject(request: DeskRequest, proposal_id: int) -> HttpResponse:
    """Say that the mail does not ask this, and what it is instead."""
    found = _proposal(request, proposal_id)
    really = request.POST.get("really", "")
    if really and really not in understood.CHOICES:
        raise Http404
    conversation.reject_proposal(
        organisation_id=request.organisation_id, proposal_id=found.pk, really=really, now=request.now, by=request.actor
    )
    told(request, gettext("Rejected: the next mails like it are understood in its light."))
    return _back(request)


@screen("send_message")
@require_POST
def send(request: DeskRequest, answer_id: int) -> HttpResponse:
    made = answers.answer(answer_id, scope=request.scope)
    if made is None:
        raise AnswerUnknown
    message_id = conversation.send_answer(
        organisation_id=request.organisation_id,
        answer_id=made.pk,
        waits=False if request.POST.get("leaves") == "now" else None,
        today=request.today,
        now=request.now,
        by=request.actor,
    )
    when = told_when(message_id, request)
    leaves = gettext("The answer to {name} leaves {when}.") if when else gettext("The answer to {name} leaves.")
    told(request, leaves.format(name=made.customer.name, when=when))
    return _back(request)


@screen("send_message")
@require_POST
def drop(request: DeskRequest, answer_id: int) -> HttpResponse:
    made = answers.answer(answer_id, scope=request.scope)
    if made is None:
        raise AnswerUnknown
    conversation.drop_answer(
        organisation_id=request.organisation_id, answer_id=made.pk, now=request.now, by=request.actor
    )
    told(request, gettext("The answer is not sent."))
    return _back(request)


@screen("send_message")
@require_POST
def bank_change(request: DeskRequest, change_id: int, do: str) -> HttpResponse:
    """Called back, confirmed by another person, or refused."""
    found = bank_changes.change(change_id, scope=request.scope)
    if found is None:
        raise BankChangeUnknown
    of_it: dict[str, Any] = {
        "organisation_id": request.organisation_id,
        "change_id": found.pk,
        "now": request.now,
        "by": request.actor,
    }
    try:
        if do == "called":
            name, _, number = request.POST.get("number", "").partition("|")
            conversation.note_call_back(**of_it, number=number, name=name)
            told(request, gettext("Noted. Another person confirms now."))
        elif do == "confirmed":
            if not can(request.scope, "edit_bank_details"):
                raise PermissionDenied
            conversation.confirm_bank_change(**of_it, iban=request.POST.get("iban", ""), today=request.today)
            told(request, gettext("Confirmed by two persons: the account is the customer’s."))
        elif do == "refused":
            conversation.refuse_bank_change(**of_it, why=request.POST.get("why", ""), today=request.today)
            told(request, gettext("Refused: the warning stays on the customer."))
        else:
            raise Http404
    except EncoursError as error:
        return with_form(request, _key(found), change_error=error.translated(gettext))
    return _back(request)


urlpatterns = [
    path("inbox/replies/<int:reply_id>/read", read, name="inbox_read"),
    path("inbox/replies/<int:reply_id>/no-answer", no_answer, name="inbox_no_answer"),
    path("inbox/mails/<int:mail_id>/file", file, name="inbox_file_mail"),
    path("inbox/mails/<int:mail_id>/aside", set_aside, name="inbox_aside"),
    path("inbox/proposals/<int:proposal_id>/accept", accept, name="inbox_accept"),
    path("inbox/proposals/<int:proposal_id>/reject", reject, name="inbox_reject"),
    path("inbox/answers/<int:answer_id>/send", send, name="inbox_send"),
    path("inbox/answers/<int:answer_id>/drop", drop, name="inbox_drop"),
    path("inbox/bank/<int:change_id>/<slug:do>", bank_change, name="inbox_bank"),
]
