"""Formal notices, legal acts, limitation regimes and insolvency proceedings."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Entity, Scoped
from encours.customers.models import Customer
from encours.recovery.bad_debt_models import BadDebt, BadDebtDecision, BadDebtKind, BadDebtLine, BadDebtPolicy
from encours.recovery.dossier_models import SigningKey
from encours.recovery.handover_models import (
    HandOver,
    HandOverEnd,
    HandOverEvent,
    HandOverItem,
    Partner,
    PartnerKind,
    StatusCode,
)
from encours.recovery.insurer_models import InsurerDeclaration, InsurerWord
from encours.recovery.rules.deadlines import ActKind as ActCode
from encours.recovery.rules.deadlines import Regime as RegimeCode

__all__ = [
    "ActKind",
    "BadDebt",
    "BadDebtDecision",
    "BadDebtKind",
    "BadDebtLine",
    "BadDebtPolicy",
    "FormalNotice",
    "HandOver",
    "HandOverEnd",
    "HandOverEvent",
    "HandOverItem",
    "InsurerDeclaration",
    "InsurerWord",
    "LegalAct",
    "LimitationKind",
    "LimitationRegime",
    "NoticeOutcome",
    "Partner",
    "PartnerKind",
    "Proceeding",
    "ProceedingKind",
    "SigningKey",
    "StatusCode",
]


class LimitationKind(models.TextChoices):
    """Which limitation a debt follows."""

    COMMERCIAL = RegimeCode.COMMERCIAL.value, _("Commercial, 5 years (C. com. L110-4)")
    GENERAL = RegimeCode.GENERAL.value, _("General, 5 years (C. civ. 2224)")
    CONSUMER = RegimeCode.CONSUMER.value, _("Consumer, 2 years (C. conso. L218-2)")
    CARRIAGE = RegimeCode.CARRIAGE.value, _("Carriage of goods, 1 year (C. com. L133-6)")


class LimitationRegime(Scoped):
    """What a person said of a customer's limitation, or of one document's; insert-only, the last counts."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    document_number = models.CharField(max_length=80, blank=True, default="")
    regime = models.CharField(max_length=12, choices=LimitationKind.choices)
    # agreed in the contract, between professionals
    agreed_years = models.SmallIntegerField(null=True)
    why = models.TextField()
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(regime__in=LimitationKind.values), name="recovery_regime_known"),
            models.CheckConstraint(
                condition=Q(agreed_years__isnull=True)
                | Q(agreed_years__range=(1, 10), regime__in=[LimitationKind.COMMERCIAL, LimitationKind.GENERAL]),
                name="recovery_regime_years",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "customer"], name="recovery_regime_customer")]

    def __str__(self) -> str:
        return f"{self.regime} {self.document_number}"


class ActKind(models.TextChoices):
    """What happened that moves a deadline, or is believed to."""

    ACKNOWLEDGEMENT = ActCode.ACKNOWLEDGEMENT.value, _("Debt acknowledged by the debtor (C. civ. 2240)")
    PAYMENT = ActCode.PAYMENT.value, _("Payment in part")
    REQUEST_FOR_TIME = ActCode.REQUEST_FOR_TIME.value, _("Time asked for in writing")
    FORMAL_NOTICE = ActCode.FORMAL_NOTICE.value, _("Formal notice (interrupts nothing)")
    SUMMONS = ActCode.SUMMONS.value, _("Summons (C. civ. 2241)")
    ORDER_REQUESTED = ActCode.ORDER_REQUESTED.value, _("Order to pay requested (interrupts nothing)")
    ORDER_ISSUED = ActCode.ORDER_ISSUED.value, _("Order to pay issued")
    ORDER_SERVED = ActCode.ORDER_SERVED.value, _("Order to pay served")
    OPPOSITION = ActCode.OPPOSITION.value, _("Opposition by the debtor")
    ENFORCEMENT = ActCode.ENFORCEMENT.value, _("Precautionary or enforcement measure (C. civ. 2244)")
    CLAIM_FILED = ActCode.CLAIM_FILED.value, _("Claim filed in insolvency (C. com. L622-25-1)")
    TITLE = ActCode.TITLE.value, _("Enforceable title")


class LegalAct(Scoped):
    """Something that happened about a customer's debts, or one document; only its taking back is added to the row."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    document_number = models.CharField(max_length=80, blank=True, default="")
    kind = models.CharField(max_length=20, choices=ActKind.choices)
    act_date = models.DateField()
    # a person qualified it; otherwise it moves the possible day only
    is_certain = models.BooleanField(default=False)
    # where the paper is: a message, a register number, a file
    reference = models.CharField(max_length=200, blank=True, default="")
    note = models.TextField(blank=True, default="")
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    withdrawn_date = models.DateField(null=True)
    withdrawn_why = models.TextField(blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=ActKind.values), name="recovery_act_kind"),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "customer"], name="recovery_act_customer")]

    def __str__(self) -> str:
        return f"{self.kind} {self.act_date}"


class NoticeOutcome(models.TextChoices):
    """What became of the registered letter."""

    RECEIVED = "received", _("Received against signature")
    REFUSED = "refused", _("Refused by the addressee")
    UNCLAIMED = "unclaimed", _("Not claimed: the notice stays valid")
    UNDELIVERABLE = "undeliverable", _("Came back: wrong address")


class FormalNotice(Scoped):
    """One demand with all it claimed and the check-list as it was answered; its dispatch and proof are added to it."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    notice_date = models.DateField()
    pay_by_date = models.DateField()
    language = models.CharField(max_length=2)
    channel = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    principal_minor = models.BigIntegerField()
    interest_minor = models.BigIntegerField(default=0)
    compensation_minor = models.BigIntegerField(default=0)
    lines = models.JSONField()
    checklist = models.JSONField()
    # the conditions the author answered for
    answered = ArrayField(models.CharField(max_length=30), default=list)
    message_id = models.BigIntegerField()
    author_id = models.BigIntegerField(null=True)
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    # the proof, from the post's own reports or entered by hand
    sent_date = models.DateField(null=True)
    registered_number = models.CharField(max_length=40, blank=True, db_default="", default="")
    outcome = models.CharField(max_length=16, choices=NoticeOutcome.choices, blank=True, db_default="", default="")
    outcome_date = models.DateField(null=True)
    proof = models.BinaryField(null=True)
    proof_name = models.CharField(max_length=200, blank=True, db_default="", default="")
    proof_sha256 = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="recovery_notice_number"),
            models.UniqueConstraint(fields=["organisation", "key"], name="recovery_notice_key"),
            models.CheckConstraint(condition=Q(principal_minor__gt=0), name="recovery_notice_claims"),
            models.CheckConstraint(
                condition=Q(outcome="", outcome_date__isnull=True)
                | Q(outcome__in=NoticeOutcome.values, outcome_date__isnull=False),
                name="recovery_notice_outcome",
            ),
            models.CheckConstraint(
                condition=Q(proof__isnull=True) | Q(proof_sha256__isnull=False), name="recovery_notice_proof_sealed"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "customer", "-id"], name="recovery_notice_customer")]

    def __str__(self) -> str:
        return self.number


class ProceedingKind(models.TextChoices):
    """Which proceeding was opened."""

    SAFEGUARD = "safeguard", _("Safeguard (sauvegarde)")
    RECEIVERSHIP = "receivership", _("Receivership (redressement judiciaire)")
    LIQUIDATION = "liquidation", _("Liquidation (liquidation judiciaire)")


class Proceeding(Scoped):
    """A customer's insolvency: its judgment, who runs it, its publication; filing and end are added to the row."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=14, choices=ProceedingKind.choices)
    judgment_date = models.DateField()
    court = models.CharField(max_length=200, blank=True, default="")
    trustee_name = models.CharField(max_length=200, blank=True, default="")
    trustee_address = models.TextField(blank=True, default="")
    trustee_email = models.CharField(max_length=254, blank=True, default="")
    has_retention = models.BooleanField(default=False)
    note = models.TextField(blank=True, default="")
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    # the pause and what it stopped, so that a proceeding noted by mistake can be taken back
    pause_id = models.BigIntegerField(null=True)
    published_date = models.DateField(null=True)
    bodacc_reference = models.CharField(max_length=100, blank=True, db_default="", default="")
    claim_filed_date = models.DateField(null=True)
    claim_reference = models.CharField(max_length=200, blank=True, db_default="", default="")
    claim_minor = models.BigIntegerField(null=True)
    ended_date = models.DateField(null=True)
    ended_why = models.TextField(blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=ProceedingKind.values), name="recovery_proceeding_kind"),
            models.CheckConstraint(
                condition=Q(published_date__isnull=True) | Q(published_date__gte=models.F("judgment_date")),
                name="recovery_proceeding_published",
            ),
            models.CheckConstraint(
                condition=Q(claim_filed_date__isnull=True) | Q(claim_filed_date__gte=models.F("judgment_date")),
                name="recovery_proceeding_filed",
            ),
            # one at a time
            models.UniqueConstraint(
                fields=["organisation", "customer"],
                name="recovery_proceeding_open",
                condition=Q(ended_date__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.judgment_date}"
