"""What was agreed, suspended, entered and decided about penalties; only added to."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Entity, Scoped
from encours.customers.models import Customer
from encours.penalties.rules.interest import SuspensionKind as SuspensionCode
from encours.penalties.rules.rates import Imputation as ImputationCode
from encours.penalties.rules.rates import RateKind as RateKindCode
from encours.penalties.rules.rates import Regime as RegimeCode
from encours.penalties.rules.registry import HALF_YEARLY


class Regime(models.TextChoices):
    """Which law the customer's debts follow."""

    COMMERCIAL = RegimeCode.COMMERCIAL.value, _("Between professionals (C. com. L441-10)")
    PUBLIC = RegimeCode.PUBLIC.value, _("Public buyer (Code de la commande publique)")


class RateKind(models.TextChoices):
    """How the contract states its rate."""

    STATUTORY = RateKindCode.STATUTORY.value, _("As the law says: ECB rate + 10 points")
    ECB_PLUS = RateKindCode.ECB_PLUS.value, _("ECB rate + points")
    LEGAL_TIMES = RateKindCode.LEGAL_TIMES.value, _("A multiple of the legal interest rate")
    FIXED = RateKindCode.FIXED.value, _("A fixed rate")


class Imputation(models.TextChoices):
    """What a partial payment pays first."""

    PRINCIPAL = ImputationCode.PRINCIPAL.value, _("The principal first")
    INTEREST = ImputationCode.INTEREST.value, _("The interest first (C. civ. 1343-1)")


class PenaltyTerms(Scoped):
    """The regime and rate of a customer, a company or everyone, for what is issued from a day on; the last counts."""

    entity = models.ForeignKey(
        Entity, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    regime = models.CharField(max_length=12, choices=Regime.choices, default=Regime.COMMERCIAL)
    rate_kind = models.CharField(max_length=12, choices=RateKind.choices, default=RateKind.STATUTORY)
    # points, times or percent, by the kind
    figure = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    imputation = models.CharField(max_length=10, choices=Imputation.choices, default=Imputation.PRINCIPAL)
    valid_from = models.DateField()
    why = models.TextField()
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(regime__in=Regime.values), name="penalties_terms_regime"),
            models.CheckConstraint(condition=Q(imputation__in=Imputation.values), name="penalties_terms_imputation"),
            models.CheckConstraint(
                condition=Q(rate_kind=RateKind.STATUTORY, figure__isnull=True)
                | Q(rate_kind__in=[RateKind.ECB_PLUS, RateKind.LEGAL_TIMES, RateKind.FIXED], figure__gte=0),
                name="penalties_terms_figure",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "customer"], name="penalties_terms_customer")]

    def __str__(self) -> str:
        return f"{self.regime} {self.rate_kind} {self.figure or ''}"


class SuspensionKind(models.TextChoices):
    """Why days bear nothing."""

    INSOLVENCY = SuspensionCode.INSOLVENCY.value, _("Insolvency proceedings opened (C. com. L622-28)")
    COURT_DELAY = SuspensionCode.COURT_DELAY.value, _("Time given by the judge (C. civ. 1343-5)")
    PLAN = SuspensionCode.PLAN.value, _("Payment plan that waives penalties")
    GRACE = SuspensionCode.GRACE.value, _("Time we granted")


class Suspension(Scoped):
    """Days on which a customer's debts, or one document, bear nothing; only its lifting is added to the row."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    document_number = models.CharField(max_length=80, blank=True, default="")
    kind = models.CharField(max_length=12, choices=SuspensionKind.choices)
    # both ends included; insolvency begins on the day of the judgment
    first_date = models.DateField()
    last_date = models.DateField(null=True, blank=True)
    why = models.TextField()
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")
    lifted_why = models.TextField(blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=SuspensionKind.values), name="penalties_suspension_kind"),
            models.CheckConstraint(
                condition=Q(last_date__isnull=True) | Q(last_date__gte=models.F("first_date")),
                name="penalties_suspension_days",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "customer"], name="penalties_suspension_customer")]

    def __str__(self) -> str:
        return f"{self.kind} from {self.first_date}"


class LegalRate(Scoped):
    """A half-year's rate that a person entered or verified, with its source; it goes before the one shipped."""

    code = models.CharField(max_length=40, choices=[(code, code) for code in HALF_YEARLY])
    valid_from = models.DateField()
    percent = models.DecimalField(max_digits=6, decimal_places=3)
    source = models.TextField()
    doubt = models.TextField(blank=True, default="")
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(code__in=HALF_YEARLY), name="penalties_legalrate_code"),
            models.CheckConstraint(condition=~Q(source=""), name="penalties_legalrate_source"),
            models.CheckConstraint(
                condition=Q(valid_from__month__in=[1, 7], valid_from__day=1), name="penalties_legalrate_half_year"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "code"], name="penalties_legalrate_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.valid_from} {self.percent}"


class NoteOutcome(models.TextChoices):
    """What was done about penalties."""

    INVOICED = "invoiced", _("Invoiced")
    WAIVED = "waived", _("Waived")


class PenaltyNote(Scoped):
    """One act of one company on a customer's penalties: invoiced by debit note, or waived; undone by its mirror."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    outcome = models.CharField(max_length=10, choices=NoteOutcome.choices)
    # of the debit note; empty for a waiver
    number = models.CharField(max_length=80, blank=True, default="")
    # up to which day interest was reckoned, that day included
    until_date = models.DateField()
    decided_date = models.DateField()
    due_date = models.DateField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    why = models.TextField(blank=True, default="")
    # the warnings that were shown and acknowledged
    acknowledged = ArrayField(models.CharField(max_length=30), default=list)
    key = models.CharField(max_length=200)
    cancels = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="penalties_note_key"),
            # an act is undone once
            models.UniqueConstraint(
                fields=["organisation", "cancels"], name="penalties_note_cancels", condition=Q(cancels__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["organisation", "entity", "number"],
                name="penalties_note_number",
                condition=~Q(number="") & Q(cancels__isnull=True),
            ),
            models.CheckConstraint(condition=Q(outcome__in=NoteOutcome.values), name="penalties_note_outcome"),
            models.CheckConstraint(
                condition=Q(outcome=NoteOutcome.INVOICED) & ~Q(number="") | Q(outcome=NoteOutcome.WAIVED, number=""),
                name="penalties_note_numbered",
            ),
            models.CheckConstraint(
                condition=Q(cancels__isnull=True, amount_minor__gt=0) | Q(cancels__isnull=False, amount_minor__lt=0),
                name="penalties_note_amount",
            ),
            models.CheckConstraint(
                condition=Q(outcome=NoteOutcome.INVOICED) | ~Q(why=""), name="penalties_note_waived_for_a_reason"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "customer", "-id"], name="penalties_note_customer")]

    def __str__(self) -> str:
        return f"{self.number or self.outcome} {self.amount_minor} {self.currency}"


class LineKind(models.TextChoices):
    """What the line claims or waives."""

    INTEREST = "interest", _("Late-payment interest")
    COMPENSATION = "compensation", _("Fixed compensation for recovery costs")


class PenaltyLine(Scoped):
    """The part of a note on one instalment's interest or one document's compensation, with the segments as shown."""

    note = models.ForeignKey(PenaltyNote, on_delete=models.PROTECT, related_name="lines", db_constraint=False)
    kind = models.CharField(max_length=14, choices=LineKind.choices)
    entity_id = models.BigIntegerField()
    # with the document, what stays when a corrected invoice replaces its open item
    instalment_number = models.SmallIntegerField()
    document_number = models.CharField(max_length=80)
    item_id = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    # which decision on this debt: two at once cannot both be the next one
    sequence = models.IntegerField()
    segments = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "entity_id", "document_number", "instalment_number", "kind", "sequence"],
                name="penalties_line_decided_in_turn",
            ),
            models.CheckConstraint(condition=Q(kind__in=LineKind.values), name="penalties_line_kind"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="penalties_line_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.document_number} {self.kind} {self.amount_minor}"
