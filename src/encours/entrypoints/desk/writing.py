"""Write to a customer: a template or one's own words, seen as it will be read, checked, sent through the outbox."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access.models import Entity
from encours.collections.actions import writing as writing_actions
from encours.collections.queries import writing
from encours.collections.rules.calendar import Leaving
from encours.collections.rules.writing import OWN_WORDS, THANKS
from encours.conversation.queries import inbox
from encours.core.errors import EncoursError
from encours.customers import queries as customers
from encours.customers.models import Customer
from encours.entrypoints import formats
from encours.entrypoints.desk import reminders
from encours.entrypoints.desk.letters import framed, with_subject
from encours.entrypoints.desk.organisation import LANGUAGES
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told
from encours.ledger import queries as ledger
from encours.messaging import actions as messaging_actions
from encours.messaging import queries as messaging


class WritingForm(DeskForm):
    """A message to a customer."""

    wide = frozenset({"to", "subject", "text", "with_items", "has_seen"})
    to = forms.MultipleChoiceField(label=gettext_lazy("To whom"), required=False, widget=forms.CheckboxSelectMultiple)
    template_key = forms.ChoiceField(label=gettext_lazy("Text"))
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    entity = forms.TypedChoiceField(label=gettext_lazy("In the name of"), coerce=int)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200, required=False)
    text = forms.CharField(
        label=gettext_lazy("Your words"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("Between the greeting and your signature, which are there already."),
    )
    with_items = forms.BooleanField(label=gettext_lazy("List what is overdue, and how to pay"), required=False)
    has_seen = forms.BooleanField(
        label=gettext_lazy("I have seen what speaks against it, and send it all the same"), required=False
    )
    key = forms.RegexField(regex="^[0-9a-f-]{36}$", widget=forms.HiddenInput)
    # outside their hours: at the next of them, or now; empty: as the hours say
    leaves = forms.ChoiceField(choices=[("", ""), ("later", ""), ("now", "")], required=False)
    # the mail of theirs that this answers
    reply = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, people: list[Any], texts: Any, entities: list[Entity], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            "to": [(one.email, f"{one.name} ({one.email})" if one.name else one.email) for one in people],
            "template_key": texts,
            "entity": [(entity.pk, entity.name) for entity in entities],
        }
        for name, values in choices.items():
            self.offer(name, values)
        if len(entities) == 1:
            self.fields["entity"].widget = forms.HiddenInput()


def _customer(request: DeskRequest, number: str) -> Customer:
    return customers.customer_by_number(number, scope=request.scope)


def _entities(request: DeskRequest, customer: Customer) -> list[Entity]:
    """The companies in whose name one may write, the one the customer owes most first."""
    items = ledger.account_items(customer.pk, scope=request.scope, limit=400)
    owed: dict[int, int] = {}
    for item in items:
        owed[item.entity_id] = owed.get(item.entity_id, 0) + item.open_minor
    return sorted(access.entities(request.scope), key=lambda entity: -owed.get(entity.pk, 0))


def _form(request: DeskRequest, customer: Customer) -> WritingForm:
    people = writing.addresses(customer)
    entities = _entities(request, customer)
    names = {one.key: one.name for one in messaging.templates(request.organisation_id) if one.key != THANKS}
    own = names.pop(OWN_WORDS, "") or gettext("In your own words")
    spoken = (getattr(people[0], "language", "") if people else "") or customer.language
    initial = {
        "to": [people[0].email] if people else [],
        "template_key": OWN_WORDS,
        "language": (spoken or request.organisation.language)[:2],
        "entity": entities[0].pk if entities else None,
        "key": str(uuid4()),
        **_answering(request, people),
    }
    texts = [(OWN_WORDS, own), *names.items()]
    return WritingForm(request.POST or None, people=people, texts=texts, entities=entities, initial=initial)


def _answering(request: DeskRequest, people: list[Any]) -> dict[str, Any]:
    """What an answer to a mail starts from: its writer, its subject, and words drafted for it."""
    wanted = request.GET.get("reply", "")
    if not wanted.isdigit():
        return {}
    one = inbox.reply(int(wanted), scope=request.scope)
    bare = re.sub(r"^(?:re|r|tr|fwd?)\s*:\s*", "", one.subject, flags=re.IGNORECASE)
    known = {person.email.lower(): person.email for person in people}
    to = {"to": [known[one.from_email.lower()]]} if one.from_email.lower() in known else {}
    drafted = request.session.pop(f"drafted:{one.pk}", "")
    return {**to, "reply": one.pk, "subject": f"Re: {bare}"[:200], "text": drafted}


def _thread(request: DeskRequest, said: Mapping[str, Any], customer: Customer) -> dict[str, Any]:
    """The mail that is answered, when it is this customer's: its Message-ID and when it came."""
    if not said.get("reply"):
        return {}
    one = inbox.reply(int(said["reply"]), scope=request.scope)
    if one.customer_id not in customers.with_merged(customer.pk, organisation_id=request.organisation_id):
        return {}
    return {"in_reply_to": one.key if one.key.startswith("<") else "", "answered_at": one.received_at}


def _written(request: DeskRequest, customer: Customer, form: WritingForm) -> writing.Written:
    said = form.cleaned_data if form.is_bound else form.initial
    entity = next(one for one in access.entities(request.scope) if one.pk == said["entity"])
    written = writing.Written(
        customer=customer,
        entity=entity,
        person=request.user,
        to=(),
        template_key=said["template_key"],
        language=said["language"],
        subject=said.get("subject", ""),
        text=said.get("text", ""),
        with_items=bool(said.get("with_items")),
        **_thread(request, said, customer),
    )
    return writing.addressed(written, said["to"])


def _checks(request: DeskRequest, written: writing.Written) -> dict[str, Any]:
    found = writing.considered(written, today=request.today, now=request.now)
    checks = reminders.shown_checks([one.as_json() for one in found.checks], today=request.today)
    hours = told_leaving(writing.leaving_of(written, now=request.now), request)
    return {"checks": checks, "is_stopped": found.is_stopped, "asks_a_word": found.asks_a_word, "hours": hours}


def told_leaving(leaving: Leaving, request: DeskRequest) -> dict[str, Any] | None:
    """What the person is told outside the reader's hours, and what happens if they say nothing; None within them."""
    if leaving.is_open:
        return None
    language = formats.known_language(request.user.language)
    now, opens = (
        f"{formats.day_near(at.date(), today=request.today, language=language)} {at:%H:%M}"
        for at in (leaving.now, leaving.opens)
    )
    city = str(leaving.now.tzinfo).rpartition("/")[2].replace("_", " ")
    is_elsewhere = leaving.now.utcoffset() != localtime(leaving.now).utcoffset()
    there = gettext("There ({city}) it is {now}: outside the hours in which they are written to.")
    here = gettext("It is {now}: outside the hours in which messages leave.")
    return {
        "sentence": (there if is_elsewhere else here).format(city=city, now=now),
        "later": (gettext("{opens} there") if is_elsewhere else "{opens}").format(opens=opens),
        "waits": leaving.waits,
    }


def told_when(message_id: int, request: DeskRequest) -> str:
    """When a message that was just sent leaves, by the reader's clock; empty when it leaves at once."""
    due_at = messaging.message_in_full(message_id, scope=request.scope).message.due_at
    if due_at is None or due_at <= request.now:
        return ""
    return formats.instant(due_at, today=request.today, language=formats.known_language(request.user.language))


@screen("send_message")
def write(request: DeskRequest, number: str) -> HttpResponse:
    customer = _customer(request, number)
    form = _form(request, customer)
    if not access.entities(request.scope):
        raise PermissionDenied
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            message_id = writing_actions.write(
                _written(request, customer, form),
                key=form.cleaned_data["key"],
                has_seen=form.cleaned_data["has_seen"],
                waits={"later": True, "now": False}.get(form.cleaned_data["leaves"]),
                today=request.today,
                now=request.now,
                by=request.actor,
            )
            if form.cleaned_data.get("reply"):
                messaging_actions.mark_reply_answered(
                    organisation_id=request.organisation_id,
                    reply_id=inbox.reply(form.cleaned_data["reply"], scope=request.scope).pk,
                    message_id=message_id,
                    by=request.actor,
                    now=request.now,
                )
            undo = reverse("desk:write_undo", args=[message_id])
            when = told_when(message_id, request)
            leaves = (
                gettext("The message to {name} leaves {when}.") if when else gettext("The message to {name} leaves.")
            )
            told(request, leaves.format(name=customer.name, when=when), undo=undo)
            return back(request, reverse("desk:customer", args=[number]))
    context: dict[str, Any] = {"customer": customer, "form": form, "people": writing.addresses(customer)}
    if not form.is_bound or form.is_valid() or "key" in form.cleaned_data:
        context |= _checks(request, _written(request, customer, form)) if _is_complete(form) else {}
    answered = form["reply"].value()
    context["answered"] = inbox.reply(int(answered), scope=request.scope) if answered else None
    context["next"] = request.POST.get("next") or request.GET.get("next") or request.headers.get("Referer", "")
    return render(request, "desk/messages/write.html", context, status=422 if form.errors else 200)


def _is_complete(form: WritingForm) -> bool:
    """Whether enough is said to look at the message: whose, in which text and language."""
    return not form.is_bound or {"template_key", "language", "entity", "to"} <= set(form.cleaned_data)


@screen("send_message")
@require_POST
def write_checks(request: DeskRequest, number: str) -> HttpResponse:
    """What speaks against the message as it stands."""
    customer = _customer(request, number)
    form = _form(request, customer)
    form.is_valid()
    context = _checks(request, _written(request, customer, form)) if _is_complete(form) else {}
    return render(request, "desk/messages/_write_checks.html", {**context, "form": form})


@screen("send_message")
@require_POST
def write_preview(request: DeskRequest, number: str) -> HttpResponse:
    """The message as it will be read."""
    customer = _customer(request, number)
    form = _form(request, customer)
    form.is_valid()
    if not _is_complete(form):
        raise Http404
    written = _written(request, customer, form)
    # a form still empty shows the letter around the words to come
    written = replace(written, subject=written.subject or "…", text=written.text or "…")
    found = writing.considered(written, today=request.today, now=request.now)
    try:
        letter = writing.letter(written, found.listed, today=request.today)
    except EncoursError as error:
        page = render(request, "desk/templates/_unwritable.html", {"sentence": error.translated(gettext)})
        return framed(page.content.decode())
    html = with_subject(request, messaging.safe_html(letter.html), subject=letter.subject, text=letter.text)
    return framed(html)


@screen("send_message")
@require_POST
def write_undo(request: DeskRequest, message_id: int) -> HttpResponse:
    """Take back one's own message while it has not left."""
    seen = messaging.message_in_full(message_id, scope=request.scope).message
    if seen.kind != "written" or seen.actor_id != request.user.pk:
        raise Http404
    messaging_actions.cancel_message(
        organisation_id=request.organisation_id,
        message_id=message_id,
        why=gettext("Taken back by its writer"),
        by=request.actor,
    )
    told(request, gettext("This message does not leave."))
    return back(request, reverse("desk:today"))


urlpatterns = [
    path("customers/<path:number>/write/checks", write_checks, name="write_checks"),
    path("customers/<path:number>/write/preview", write_preview, name="write_preview"),
    path("customers/<path:number>/write", write, name="write"),
    path("written/<int:message_id>/undo", write_undo, name="write_undo"),
]
