"""Hand-overs to an agency, a lawyer or a bailiff: to whom, what, and what came back."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Entity, Scoped
from encours.customers.models import Customer


class PartnerKind(models.TextChoices):
    """Who recovers for us."""

    AGENCY = "agency", _("Collection agency")
    LAWYER = "lawyer", _("Lawyer")
    BAILIFF = "bailiff", _("Bailiff (commissaire de justice)")


class Partner(Scoped):
    """Somebody to whom debts are handed over, with the usual fee; may be retired."""

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=PartnerKind.choices)
    email = models.CharField(max_length=254, blank=True, default="")
    # of what is recovered, in hundredths of a percent
    fee_permyriad = models.IntegerField(default=0)
    retired_date = models.DateField(null=True)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="recovery_partner_name"),
            models.CheckConstraint(condition=Q(kind__in=PartnerKind.values), name="recovery_partner_kind"),
            models.CheckConstraint(condition=Q(fee_permyriad__range=(0, 10_000)), name="recovery_partner_fee"),
        ]

    def __str__(self) -> str:
        return self.name


class HandOverEnd(models.TextChoices):
    """How a hand-over ended."""

    RECOVERED = "recovered", _("Recovered")
    RETURNED = "returned", _("Taken back")
    IRRECOVERABLE = "irrecoverable", _("Irrecoverable")


class HandOver(Scoped):
    """Debts of a customer in a partner's hands; its link and its end are added to the row."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    fee_permyriad = models.IntegerField(default=0)
    handed_date = models.DateField()
    note = models.TextField(blank=True, default="")
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    # of the link in force: only the hash of its secret is kept
    link_digest = models.BinaryField(max_length=32, null=True)
    link_expires_at = models.DateTimeField(null=True)
    ended_date = models.DateField(null=True)
    ended_as = models.CharField(max_length=14, blank=True, db_default="", default="")
    ended_why = models.TextField(blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="recovery_handover_number"),
            models.UniqueConstraint(fields=["organisation", "key"], name="recovery_handover_key"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="recovery_handover_amount"),
            models.CheckConstraint(
                condition=Q(ended_date__isnull=True, ended_as="")
                | Q(ended_date__isnull=False, ended_as__in=HandOverEnd.values),
                name="recovery_handover_ended",
            ),
            models.CheckConstraint(
                condition=Q(link_digest__isnull=True) | Q(link_expires_at__isnull=False),
                name="recovery_handover_link_expires",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-id"], name="recovery_handover_customer")
        ]

    def get_ended_as_display(self) -> str:
        """How it ended, in words; nothing while it runs."""
        return str(HandOverEnd(self.ended_as).label) if self.ended_as else ""

    def __str__(self) -> str:
        return self.number


class HandOverItem(Scoped):
    """A debt handed over, by what a corrected invoice keeps, and the pause that keeps reminders off it; insert-only."""

    handover = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="items")
    entity_id = models.BigIntegerField()
    document_number = models.CharField(max_length=80)
    instalment_number = models.SmallIntegerField()
    item_id = models.BigIntegerField()
    item_date = models.DateField()
    due_date = models.DateField()
    amount_minor = models.BigIntegerField()
    pause_id = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "handover", "item_id"], name="recovery_handed_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="recovery_handed_amount"),
        ]

    def __str__(self) -> str:
        return self.document_number


class StatusCode(models.TextChoices):
    """What a partner says of a hand-over."""

    TAKEN = "taken", _("Taken on")
    CONTACTED = "contacted", _("Debtor contacted")
    PROMISED = "promised", _("Debtor promised to pay")
    CONTESTED = "contested", _("Debtor contests")
    RECOVERED = "recovered", _("Money recovered")
    COURT = "court", _("Court action begun")
    NOT_FOUND = "not_found", _("Debtor not found")
    HOPELESS = "hopeless", _("No hope of recovery")
    COMMENT = "comment", _("Comment")


class HandOverEvent(Scoped):
    """One thing said of a hand-over, by the partner or by us; insert-only."""

    handover = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="events")
    code = models.CharField(max_length=12, choices=StatusCode.choices)
    day = models.DateField()
    # recovered, and what the partner keeps of it
    amount_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)
    text = models.TextField(blank=True, default="")
    is_partner = models.BooleanField()
    author_name = models.CharField(max_length=200)
    key = models.CharField(max_length=100)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "handover", "key"], name="recovery_event_key"),
            models.CheckConstraint(condition=Q(code__in=StatusCode.values), name="recovery_event_code"),
            models.CheckConstraint(
                condition=Q(code=StatusCode.RECOVERED, amount_minor__gt=0, fee_minor__gte=0)
                & Q(fee_minor__lte=models.F("amount_minor"))
                | ~Q(code=StatusCode.RECOVERED) & Q(amount_minor=0, fee_minor=0),
                name="recovery_event_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.day}"
