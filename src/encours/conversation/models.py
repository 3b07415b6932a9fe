"""Proposals, changes of bank details, answers, and what an organisation lets leave alone."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from encours.access.models import Scoped
from encours.customers.models import Customer
from encours.messaging.models import InboundMail, Message, Reply, Understanding


class Asked(models.TextChoices):
    """What a mail seems to ask of us; the names `rules.proposals` gives."""

    PROMISE = "promise", _("Promise to pay")
    DISPUTE = "dispute", _("Dispute")
    CONTACT = "contact", _("Other contact")
    PAUSE = "pause", _("Away: wait until the return")
    ORDER_NUMBER = "order_number", _("Order number")
    REMITTANCE = "remittance", _("Remittance advice")
    UNSUBSCRIBE = "unsubscribe", _("No more mail")


class Outcome(models.TextChoices):
    """What became of a proposal."""

    OPEN = "open", _("To decide")
    ACCEPTED = "accepted", _("Accepted")
    EDITED = "edited", _("Accepted, changed")
    REJECTED = "rejected", _("Rejected")


class Proposal(Scoped):
    """What a mail seems to ask, with the sentence that says so; a person accepts, changes or rejects it once."""

    understanding = models.ForeignKey(Understanding, on_delete=models.PROTECT, related_name="+", db_index=False)
    mail = models.ForeignKey(InboundMail, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    reply = models.ForeignKey(Reply, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=Asked.choices)
    position = models.PositiveSmallIntegerField(default=1)
    quote = models.TextField(blank=True, default="")
    fields = models.JSONField(default=dict)
    confidence_percent = models.PositiveSmallIntegerField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN, db_default="open")
    decided_at = models.DateTimeField(null=True)
    decided_by_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    # what was accepted, and what it became: {"values": {...}, "made": {"promise": 12}}
    decision = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "understanding", "kind", "position"], name="conversation_proposal_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=Asked.values), name="conversation_proposal_kind"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="conversation_proposal_outcome"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "reply"], name="conversation_proposal_reply"),
            models.Index(fields=["organisation", "mail"], name="conversation_proposal_mail"),
            models.Index(
                fields=["organisation", "customer"], name="conversation_proposal_open", condition=Q(outcome="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"


class ChangeState(models.TextChoices):
    """Where a change of bank details stands."""

    OPEN = "open", _("To be called back")
    CALLED = "called", _("Called back, to be confirmed by another person")
    CONFIRMED = "confirmed", _("Confirmed by two persons")
    REFUSED = "refused", _("Refused: do not use these details")


class BankChange(Scoped):
    """Bank details that a mail says are new: used by nobody until two persons, one after a call, say they are right."""

    understanding = models.ForeignKey(Understanding, on_delete=models.PROTECT, related_name="+", db_index=False)
    mail = models.ForeignKey(InboundMail, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    reply = models.ForeignKey(Reply, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    quote = models.TextField(blank=True, default="")
    ibans = models.JSONField(default=list)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    state = models.CharField(max_length=10, choices=ChangeState.choices, default=ChangeState.OPEN, db_default="open")
    iban = models.CharField(max_length=34, blank=True, default="", db_default="")
    called_number = models.CharField(max_length=40, blank=True, default="", db_default="")
    called_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    called_by_id = models.BigIntegerField(null=True)
    called_by_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    called_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    decided_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "understanding"], name="conversation_bank_change_once"),
            models.CheckConstraint(condition=Q(state__in=ChangeState.values), name="conversation_bank_change_state"),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | Q(called_by_id__isnull=False, decided_by_id__isnull=False)
                & ~Q(called_by_id=models.F("decided_by_id")),
                name="conversation_bank_change_four_eyes",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "customer"],
                name="conversation_bank_change_open",
                condition=Q(state__in=["open", "called", "refused"]),
            ),
        ]

    def __str__(self) -> str:
        return self.state


class Safe(models.TextChoices):
    """What can be answered without judgement; the names `rules.answers` gives."""

    INVOICE_COPY = "invoice_copy", _("Copy of an invoice")
    STATEMENT = "statement", _("Statement of account")
    PAYMENT_DETAILS = "payment_details", _("How to pay")


class Mode(models.TextChoices):
    """How a safe answer leaves."""

    OFF = "off", _("No answer is prepared")
    CONFIRM = "confirm", _("A person sends it")
    ALONE = "alone", _("It leaves by itself")


class ConversationPolicy(Scoped):
    """What an organisation lets be answered and drafted; without a row, answers are prepared and wait for a person."""

    modes = models.JSONField(default=dict)  # {"statement": "confirm", ...}
    daily_cap = models.PositiveSmallIntegerField(default=2)
    drafts_by_model = models.BooleanField(default=False)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation"], name="conversation_policy_one"),
            models.CheckConstraint(condition=Q(daily_cap__gte=1, daily_cap__lte=20), name="conversation_policy_cap"),
        ]

    def __str__(self) -> str:
        return f"policy {self.organisation_id}"


class AnswerState(models.TextChoices):
    """Where an answer stands."""

    DRAFT = "draft", _("Draft, to be sent by a person")
    SENT = "sent", _("Sent")
    DROPPED = "dropped", _("Not sent")


class Answer(Scoped):
    """A safe answer made for one mail, at most one a mail: a draft until it is sent, or dropped."""

    reply = models.ForeignKey(Reply, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=Safe.choices)
    to_email = models.CharField(max_length=254)
    invoices = models.JSONField(default=list)
    # why it does not leave alone, or became another kind: codes of `rules.answers`
    reasons = models.JSONField(default=list)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    state = models.CharField(max_length=10, choices=AnswerState.choices, default=AnswerState.DRAFT, db_default="draft")
    is_alone = models.BooleanField(default=False, db_default=False)
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)
    decided_by_name = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "reply"], name="conversation_answer_once_a_mail"),
            models.CheckConstraint(condition=Q(kind__in=Safe.values), name="conversation_answer_kind"),
            models.CheckConstraint(condition=Q(state__in=AnswerState.values), name="conversation_answer_state"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-id"], name="conversation_answer_customer"),
            models.Index(fields=["organisation", "-id"], name="conversation_answer_drafts", condition=Q(state="draft")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class PortalNote(Scoped):
    """What a colleague wrote on a customer's own page; shown there until it is taken back, never sent by mail."""

    key = models.CharField(max_length=60)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    # what it answers, and then only who wrote that reads it; without, whoever has the page does
    reply = models.ForeignKey(Reply, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    text = models.TextField()
    author_id = models.BigIntegerField(null=True)
    author_name = models.CharField(max_length=200)
    written_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by_name = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="conversation_portal_note_key"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-id"], name="conversation_portal_note_of"),
            models.Index(fields=["organisation", "reply"], name="conversation_portal_note_reply"),
        ]

    def __str__(self) -> str:
        return self.text[:60]
