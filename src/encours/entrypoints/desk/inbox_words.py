"""Mails, proposals and changes of bank details as a person reads them: rows, cards, and their forms."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from encours.access.rules import can
from encours.conversation.models import Asked, BankChange, ChangeState, Outcome, Proposal
from encours.conversation.queries import bank_changes as changes
from encours.conversation.queries import proposals as reading
from encours.conversation.queries import triage
from encours.conversation.rules.accuracy import Share, share
from encours.core.currencies import exponent
from encours.core.ids import masked_iban
from encours.core.money import Money
from encours.disputes.models import DisputeReason
from encours.entrypoints import formats
from encours.entrypoints.desk import understood
from encours.entrypoints.forms import AmountField, DeskForm
from encours.entrypoints.requests import DeskRequest
from encours.ledger.models import OpenItem
from encours.messaging import inbound_queries as inbound
from encours.messaging.models import InboundMail, MailAttachment, MailClass, Reply, Scanned
from encours.messaging.rules.understanding import references

RIGHTS: Mapping[str, str] = {
    Asked.PROMISE: "record_promise",
    Asked.DISPUTE: "open_dispute",
    Asked.CONTACT: "edit_customer",
    Asked.PAUSE: "pause_reminders",
    Asked.ORDER_NUMBER: "add_note",
    Asked.REMITTANCE: "allocate",
    Asked.UNSUBSCRIBE: "edit_customer",
}
TONES: Mapping[str, tuple[str, str]] = {
    MailClass.PROMISE: ("info", "calendar-check"),
    MailClass.DISPUTE: ("watch", "message-report"),
    MailClass.REMITTANCE: ("info", "cash"),
    MailClass.BANK_DETAIL_CHANGE: ("act", "alert-triangle"),
    MailClass.INVOICE_COPY: ("info", "file-invoice"),
    MailClass.PAYMENT_LINK: ("info", "building-bank"),
    MailClass.PO_NUMBER: ("info", "hash"),
    MailClass.CONTACT_CHANGE: ("info", "user-plus"),
    MailClass.UNSUBSCRIBE: ("watch", "mail-off"),
    MailClass.OUT_OF_OFFICE: ("info", "beach"),
}
ICONS: Mapping[str, str] = {
    Asked.PROMISE: "calendar-check",
    Asked.DISPUTE: "message-report",
    Asked.CONTACT: "user-plus",
    Asked.PAUSE: "beach",
    Asked.ORDER_NUMBER: "hash",
    Asked.REMITTANCE: "cash",
    Asked.UNSUBSCRIBE: "mail-off",
}
VERBS: Mapping[str, Any] = {
    Asked.PROMISE: gettext_lazy("Note the promise"),
    Asked.DISPUTE: gettext_lazy("Open the dispute"),
    Asked.CONTACT: gettext_lazy("Add the contact"),
    Asked.PAUSE: gettext_lazy("Wait until then"),
    Asked.ORDER_NUMBER: gettext_lazy("Note the number"),
    Asked.REMITTANCE: gettext_lazy("Import the advice"),
    Asked.UNSUBSCRIBE: gettext_lazy("Write no more"),
}


@dataclass(frozen=True)
class Chip:
    """A state in two or three words."""

    text: str
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Row:
    """A mail in the list."""

    key: str
    title: str
    subject: str
    quote: str
    at: Any
    who: str
    chips: Sequence[Chip]
    address: str
    peek: str
    is_unread: bool = False


def reply_row(one: Reply, *, told: understood.Told | None, has_draft: bool, query: str) -> Row:
    """An answer in the list: who, what it was understood to say, in which sentence."""
    chips = [_class_chip(told)] if told else []
    if told and told.names_bank_details and told.kind != MailClass.BANK_DETAIL_CHANGE:
        chips.append(Chip(gettext("Bank details"), "act", "alert-triangle"))
    if has_draft:
        chips.append(Chip(gettext("Answer ready"), "good", "pencil"))
    if one.answer_id:
        chips.append(Chip(gettext("Answered"), "", "corner-up-left"))
    peek = reverse("desk:inbox_reply", args=[one.pk])
    return Row(
        key=f"r{one.pk}",
        title=one.customer.name,
        subject=one.subject,
        quote=without_accounts(told.quote if told and told.quote else " ".join(one.text.split())[:160]),
        at=one.received_at,
        who=one.from_name or one.from_email,
        chips=chips,
        address=f"{peek}?{query}",
        peek=f"{peek}?{query}",
        is_unread=one.read_at is None,
    )


def mail_row(one: InboundMail, *, told: understood.Told | None, query: str) -> Row:
    """A mail of the triage in the list, with why it is there."""
    chips = [_class_chip(told)] if told else []
    peek = reverse("desk:inbox_mail", args=[one.pk])
    return Row(
        key=f"m{one.pk}",
        title=one.from_email or gettext("No sender"),
        subject=one.subject or gettext("No subject"),
        quote=why_in_triage(one.why),
        at=one.received_at,
        who="",
        chips=chips,
        address=f"{peek}?{query}",
        peek=f"{peek}?{query}",
        is_unread=True,
    )


def without_accounts(text: str) -> str:
    """A quote whose account numbers are masked: a list is no place to copy one from."""
    for iban in references.ibans_in(text):
        spaced = r"[\s.\u00a0\u202f-]?".join(map(re.escape, iban))
        text = re.sub(spaced, masked_iban(iban), text, flags=re.IGNORECASE)
    return text


def _class_chip(told: understood.Told) -> Chip:
    if told.is_unsure:
        return Chip(gettext("Not sure"), "", "help-circle")
    tone, icon = TONES.get(told.kind, ("", "message"))
    return Chip(f"{told.label} {told.percent}\u00a0%", tone, icon)


def why_in_triage(why: str) -> str:
    """Why a mail is nobody's, in a sentence."""
    return gettext(triage.REASONS[why]) if why in triage.REASONS else ""


@dataclass(frozen=True)
class ShownCandidate:
    """A customer a mail may be of, and why in words."""

    number: str
    name: str
    pk: int
    why: str


def candidates(one: InboundMail) -> list[ShownCandidate]:
    """The candidates of a mail, the best reason first."""
    return [
        ShownCandidate(
            found.customer.number,
            found.customer.name,
            found.customer.pk,
            gettext(triage.WHY[found.why]).format(detail=found.detail),
        )
        for found in triage.candidates(one)
    ]


# proposals ----------------------------------------------------------------------------------------------------------


class ProposalForm(DeskForm):
    """The values a proposal is accepted with; only the fields of its kind are there."""

    date = forms.DateField(
        label=gettext_lazy("By"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), required=False
    )
    amount = AmountField(label=gettext_lazy("Amount"), min_value=Decimal("0.01"), required=False)
    currency = forms.CharField(widget=forms.HiddenInput, max_length=3, required=False)
    invoice = forms.ChoiceField(label=gettext_lazy("Invoice"), required=False)
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=DisputeReason.choices, required=False)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=gettext_lazy("Telephone"), max_length=40, required=False)
    order_number = forms.CharField(label=gettext_lazy("Order number"), max_length=80, required=False)

    def __init__(self, *args: Any, kind: str, items: Sequence[OpenItem], **kwargs: Any) -> None:
        super().__init__(*args, prefix=kwargs.pop("prefix", None), **kwargs)
        kept = _FIELDS[kind]
        for field_name in list(self.fields):
            if field_name not in kept:
                del self.fields[field_name]
        if "invoice" in self.fields:
            numbers = dict.fromkeys(item.document_number for item in items if item.document_number)
            whole = gettext("All that is due") if kind == Asked.PROMISE else gettext("The whole account")
            self.offer("invoice", [("", whole), *((one, one) for one in numbers)])
        if "date" in self.fields and kind == Asked.PAUSE:
            self.fields["date"].label = gettext("Back on")


_FIELDS: Mapping[str, frozenset[str]] = {
    Asked.PROMISE: frozenset({"date", "amount", "currency", "invoice"}),
    Asked.DISPUTE: frozenset({"invoice", "reason", "amount"}),
    Asked.CONTACT: frozenset({"name", "email", "phone"}),
    Asked.PAUSE: frozenset({"date"}),
    Asked.ORDER_NUMBER: frozenset({"order_number", "invoice"}),
    Asked.REMITTANCE: frozenset(),
    Asked.UNSUBSCRIBE: frozenset({"email"}),
}


@dataclass(frozen=True)
class Card:
    """A proposal to decide, or what became of it."""

    id: int
    kind: str
    label: str
    icon: str
    verb: str
    quote: str
    percent: int
    form: ProposalForm | None
    is_open: bool
    outcome: str
    detail: str = ""
    may_decide: bool = False
    facts: Sequence[str] = field(default_factory=tuple)


def card(proposal: Proposal, request: DeskRequest, *, data: Any = None) -> Card:
    """A proposal with the form that accepts it, filled in with what the mail says and the books know."""
    items = reading.open_items(proposal.customer_id, proposal.organisation_id)
    is_open = proposal.outcome == Outcome.OPEN
    return Card(
        id=proposal.pk,
        kind=proposal.kind,
        label=proposal.get_kind_display(),
        icon=ICONS[proposal.kind],
        verb=str(VERBS[proposal.kind]),
        quote=without_accounts(proposal.quote),
        percent=proposal.confidence_percent,
        form=form_of(proposal, items, data=data) if is_open else None,
        is_open=is_open,
        outcome="" if is_open else proposal.get_outcome_display(),
        detail=proposal.decided_by_name,
        may_decide=can(request.scope, RIGHTS[proposal.kind]),
        facts=tuple(_facts(proposal)),
    )


def form_of(proposal: Proposal, items: Sequence[OpenItem], *, data: Any = None) -> ProposalForm:
    """The form of a proposal; names of its fields carry its number, since a page has several."""
    start = dict(reading.starting_values(proposal, items))
    minor, currency = start.pop("amount_minor", None), start.get("currency") or (items[0].currency if items else "EUR")
    if minor:
        start["amount"] = Decimal(minor).scaleb(-exponent(str(currency)))
    if isinstance(start.get("date"), str) and start["date"]:
        start["date"] = date.fromisoformat(start["date"])
    return ProposalForm(data, kind=proposal.kind, items=items, initial=start, prefix=f"p{proposal.pk}")


def values_of(form: ProposalForm, proposal: Proposal) -> dict[str, Any]:
    """What a person accepts, as the action takes it: amounts in minor units."""
    said = dict(form.cleaned_data)
    if "amount" in said:
        amount = said.pop("amount")
        items = reading.open_items(proposal.customer_id, proposal.organisation_id)
        currency = said.get("currency") or (items[0].currency if items else "EUR")
        said["amount_minor"] = None if amount is None else Money.from_decimal(amount, currency).minor
        if proposal.kind == Asked.PROMISE:
            said["currency"] = currency
    return said


def _facts(proposal: Proposal) -> list[str]:
    said = proposal.fields
    language = formats.known_language(get_language())
    found = [str(said["name"])] if proposal.kind == Asked.REMITTANCE and said.get("name") else []
    if amount := said.get("amount"):
        money = Money.from_decimal(Decimal(amount["amount"]), amount["currency"])
        if proposal.kind == Asked.REMITTANCE:
            found.append(formats.money(money.minor, money.currency, language=language))
    if said.get("asks_for") == "payment_plan":
        found.append(gettext("asks to pay in instalments"))
    if said.get("wants_credit_note"):
        found.append(gettext("wants a credit note"))
    return found


# bank details -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownChange:
    """A change of bank details with what each person may do about it."""

    id: int
    state: str
    label: str
    tone: str
    quote: str
    accounts: Sequence[tuple[str, str]]
    numbers: Sequence[tuple[str, str]]
    called: str
    is_open: bool
    is_called: bool
    may_call: bool
    may_confirm: bool
    is_own_call: bool
    why: str


def shown_change(one: BankChange, request: DeskRequest) -> ShownChange:
    """Where a change stands and who may do what."""
    is_called = one.state == ChangeState.CALLED
    is_waiting = one.state in (ChangeState.OPEN, ChangeState.CALLED)
    tones = {ChangeState.CONFIRMED: "good", ChangeState.CALLED: "watch"}
    return ShownChange(
        id=one.pk,
        state=one.state,
        label=one.get_state_display(),
        tone=tones.get(ChangeState(one.state), "act"),
        quote=without_accounts(one.quote),
        accounts=[(iban, masked_iban(iban)) for iban in one.ibans],
        numbers=changes.known_numbers(one) if is_waiting else [],
        called=gettext("{who} called {number}").format(who=one.called_by_name, number=one.called_number)
        if one.called_number
        else "",
        is_open=is_waiting,
        is_called=is_called,
        may_call=is_waiting and can(request.scope, "send_message"),
        may_confirm=is_called and can(request.scope, "edit_bank_details"),
        is_own_call=is_called and one.called_by_id == request.user.pk,
        why=one.why,
    )


# files --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownFile:
    """A file that came along, and whether it may be opened."""

    position: int
    name: str
    kind: str
    size: str
    is_open: bool
    chip: Chip | None
    why: str


def shown_file(one: MailAttachment, *, may_open: bool) -> ShownFile:
    """A file with its size, its kind and its state in words."""
    chips = {
        Scanned.CLEAN: Chip(gettext("Scanned"), "good", "shield-check"),
        Scanned.INFECTED: Chip(gettext("Dangerous"), "act", "virus"),
        Scanned.REFUSED: Chip(gettext("Never opened here"), "watch", "lock"),
    }
    waiting = None if may_open else Chip(gettext("Held: not scanned yet"), "watch", "clock")
    megabytes = 25
    return ShownFile(
        position=one.position,
        name=one.name,
        kind=one.content_type.rpartition("/")[2].upper()[:20],
        size=_size(one.size_bytes),
        is_open=may_open,
        chip=chips.get(Scanned(one.state), waiting),
        why=gettext(one.why).format(size_megabytes=megabytes) if one.state == Scanned.REFUSED else one.why,
    )


def _size(size_bytes: int) -> str:
    language = formats.known_language(get_language())
    if size_bytes < 1_024:
        return ngettext("{count} byte", "{count} bytes", size_bytes).format(count=size_bytes)
    if size_bytes < 1_024 * 1_024:
        return gettext("{count} KB").format(count=formats.number(size_bytes // 1_024, language=language))
    return gettext("{count} MB").format(count=formats.number(size_bytes // 1_048_576, language=language))


# accuracy -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AccuracyRow:
    """How a class fared, by people's judgements."""

    label: str
    understood: int
    unsure: int
    judged: int
    right: int
    wrong: int
    share: Share | None


def accuracy_rows(organisation_id: int) -> list[AccuracyRow]:
    """A row a class; the share only where enough was judged for it to mean something."""
    return [
        AccuracyRow(
            label=str(MailClass(one.kind).label),
            understood=one.understood_count,
            unsure=one.unsure_count,
            judged=one.judged_count,
            right=one.right_count,
            wrong=one.judged_count - one.right_count,
            share=share(one.right_count, one.judged_count),
        )
        for one in inbound.accuracy(organisation_id)
    ]
