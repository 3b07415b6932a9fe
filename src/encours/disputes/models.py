"""Disputes."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Entity, Scoped, User
from encours.customers.models import Customer
from encours.disputes.credit_note_models import CreditNoteRequest
from encours.ledger.models import OpenItem

__all__ = [
    "CreditNoteRequest",
    "Dispute",
    "DisputeOutcome",
    "DisputePriority",
    "DisputeReason",
    "OwnReason",
]


class DisputeReason(models.TextChoices):
    """Why the customer does not pay."""

    PRICE = "price", _("Price")
    QUANTITY = "quantity", _("Quantity")
    QUALITY = "quality", _("Quality")
    DELIVERY = "delivery", _("Delivery")
    NOT_RECEIVED = "not_received", _("Invoice not received")
    ORDER_NUMBER = "order_number", _("Order number missing")
    DUPLICATE = "duplicate", _("Invoiced twice")
    ALREADY_PAID = "already_paid", _("Said to be paid")
    DEDUCTION = "deduction", _("Deduction taken")
    OTHER = "other", _("Other")


class DisputeOutcome(models.TextChoices):
    """How it ended."""

    CUSTOMER_RIGHT = "customer_right", _("The customer was right")
    PARTLY_RIGHT = "partly_right", _("The customer was partly right")
    UNFOUNDED = "unfounded", _("Unfounded")
    WITHDRAWN = "withdrawn", _("Withdrawn by the customer")


class DisputePriority(models.IntegerChoices):
    """How much it presses."""

    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")


class OwnReason(Scoped):
    """A reason for a dispute as an organisation words it; archived it is no longer offered, disputes keep its label."""

    code = models.CharField(max_length=20)
    label = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=100)
    # who answers such disputes, and within how many days; empty: the customer's collector, no day
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    answer_days = models.PositiveSmallIntegerField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "code"], name="disputes_ownreason_code"),
            models.CheckConstraint(condition=~Q(label=""), name="disputes_ownreason_labelled"),
        ]

    def __str__(self) -> str:
        return self.label


class Dispute(Scoped):
    """One contested amount of an item, a document, a line of it or the account; only its end is added to the row."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="disputes")
    # whose invoice it is; empty: of all companies, as a dispute of the whole account
    entity = models.ForeignKey(
        Entity, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    document_number = models.CharField(max_length=80, blank=True, default="")
    item = models.ForeignKey(
        OpenItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    # the line of the invoice that is contested, as the customer names it: its number, what it says
    line_number = models.CharField(max_length=20, blank=True, default="", db_default="")
    line_text = models.CharField(max_length=200, blank=True, default="", db_default="")
    # empty: all that is open
    amount_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    reason = models.CharField(max_length=20, choices=DisputeReason.choices, default=DisputeReason.OTHER)
    # the organisation's own words for the reason on the day it was opened; empty: the usual ones
    reason_label = models.CharField(max_length=80, blank=True, default="", db_default="")
    # who sees to it, how much it presses, by when it is answered
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    priority = models.SmallIntegerField(choices=DisputePriority.choices, default=DisputePriority.NORMAL, db_default=2)
    due_date = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True, default="")
    # a deduction: why, in the payer's words, and the last day on which it can still be contested
    customer_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    contest_until = models.DateField(null=True, blank=True)
    # the natural key in the books it comes from, or one made for it
    key = models.CharField(max_length=200)
    opened_date = models.DateField()
    opened_by_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    closed_date = models.DateField(null=True, blank=True)
    closed_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")
    outcome = models.CharField(max_length=20, choices=DisputeOutcome.choices, blank=True, db_default="", default="")
    closing_note = models.TextField(blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="disputes_dispute_key"),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True) | Q(amount_minor__gt=0), name="disputes_dispute_amount"
            ),
            models.CheckConstraint(
                condition=Q(line_number="", line_text="") | Q(~Q(document_number=""), amount_minor__isnull=False),
                name="disputes_dispute_line",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="disputes_dispute_reason"),
            models.CheckConstraint(condition=Q(priority__in=DisputePriority.values), name="disputes_dispute_priority"),
            models.CheckConstraint(
                condition=Q(closed_date__isnull=True, outcome="")
                | Q(closed_date__isnull=False, outcome__in=DisputeOutcome.values),
                name="disputes_dispute_closed_with_outcome",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "customer"],
                name="disputes_dispute_open",
                condition=Q(closed_date__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_number} {self.reason}"

    @property
    def is_of_line(self) -> bool:
        """Whether one line of an invoice is contested."""
        return bool(self.line_number or self.line_text)

    def get_reason_display(self) -> str:
        """The reason in words: the organisation's own of that day, else the usual ones."""
        usual = dict(DisputeReason.choices)
        return self.reason_label or str(usual.get(self.reason, self.reason))
