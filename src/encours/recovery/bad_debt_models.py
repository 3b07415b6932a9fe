"""Debts proposed as doubtful or lost, what was decided, and who may decide."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Entity, Scoped
from encours.customers.models import Customer
from encours.recovery.rules.bad_debt import Accounts

USUAL = Accounts()


class BadDebtKind(models.TextChoices):
    """What is proposed of a debt."""

    DOUBTFUL = "doubtful", _("Doubtful")
    LOSS = "loss", _("Written off")


class BadDebtDecision(models.TextChoices):
    """What became of a proposal."""

    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class BadDebt(Scoped):
    """One proposal for a customer's debts to one company; its decision and its taking back are added to the row."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=BadDebtKind.choices)
    number = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    proposed_date = models.DateField()
    proposed_by_id = models.BigIntegerField(null=True)
    proposed_by_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    why = models.TextField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    # doubtful: the share set aside; a loss: when it was certain, and whether its VAT comes back
    rate_permyriad = models.SmallIntegerField(default=0)
    loss_date = models.DateField(null=True)
    recovers_tax = models.BooleanField(default=False)
    checklist = models.JSONField(default=list)
    answered = ArrayField(models.CharField(max_length=30), default=list)
    decided_as = models.CharField(max_length=10, choices=BadDebtDecision.choices, blank=True, db_default="", default="")
    decided_date = models.DateField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")
    decided_why = models.TextField(blank=True, db_default="", default="")
    reversed_date = models.DateField(null=True)
    reversed_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")
    reversed_why = models.TextField(blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="recovery_baddebt_number"),
            models.UniqueConstraint(fields=["organisation", "key"], name="recovery_baddebt_key"),
            models.CheckConstraint(condition=Q(kind__in=BadDebtKind.values), name="recovery_baddebt_kind"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, rate_permyriad__range=(0, 10_000)), name="recovery_baddebt_amounts"
            ),
            models.CheckConstraint(
                condition=Q(decided_as="", decided_date__isnull=True)
                | Q(decided_as__in=BadDebtDecision.values, decided_date__isnull=False),
                name="recovery_baddebt_decided",
            ),
            # only what was approved was posted, and only that can be taken back
            models.CheckConstraint(
                condition=Q(reversed_date__isnull=True) | Q(decided_as=BadDebtDecision.APPROVED),
                name="recovery_baddebt_reversed",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "customer", "-id"], name="recovery_baddebt_customer")]

    def __str__(self) -> str:
        return self.number


class BadDebtLine(Scoped):
    """One item of a proposal, cut into its part before VAT and its VAT; what was paid or lost since is added to it."""

    bad_debt = models.ForeignKey(BadDebt, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=10, choices=BadDebtKind.choices)
    item_id = models.BigIntegerField()
    document_number = models.CharField(max_length=80)
    instalment_number = models.SmallIntegerField(default=1)
    instalment_count = models.SmallIntegerField(default=1)
    due_date = models.DateField()
    account = models.CharField(max_length=20)
    open_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    is_tax_known = models.BooleanField(default=True)
    provision_minor = models.BigIntegerField(default=0)
    # a loss: how much of it stood on the account of doubtful debts
    from_doubtful_minor = models.BigIntegerField(default=0)
    # proposed or posted, and not over: an item stands once as doubtful and once as lost
    is_standing = models.BooleanField(default=True)
    returned_minor = models.BigIntegerField(default=0, db_default=0)
    lost_minor = models.BigIntegerField(default=0, db_default=0)
    released_minor = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "item_id", "kind"],
                name="recovery_baddebtline_standing",
                condition=Q(is_standing=True),
            ),
            models.CheckConstraint(
                condition=Q(open_minor__gt=0, net_minor__gte=0, tax_minor__gte=0)
                & Q(open_minor=F("net_minor") + F("tax_minor")),
                name="recovery_baddebtline_cut",
            ),
            models.CheckConstraint(
                condition=Q(provision_minor__gte=0, provision_minor__lte=F("net_minor"))
                & Q(released_minor__gte=0, released_minor__lte=F("provision_minor")),
                name="recovery_baddebtline_provision",
            ),
            models.CheckConstraint(
                condition=Q(returned_minor__gte=0, lost_minor__gte=0)
                & Q(open_minor__gte=F("returned_minor") + F("lost_minor")),
                name="recovery_baddebtline_left",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "item_id"], name="recovery_baddebtline_item")]

    def __str__(self) -> str:
        return f"{self.document_number} {self.open_minor}"

    @property
    def left_minor(self) -> int:
        """What of it still stands as doubtful."""
        return self.open_minor - self.returned_minor - self.lost_minor

    @property
    def provision_left_minor(self) -> int:
        """What of its provision still stands."""
        return self.provision_minor - self.released_minor


class BadDebtPolicy(Scoped):
    """Who may decide, and the accounts; one row an organisation, the usual values until it is written."""

    needs_second_person = models.BooleanField(default=True)
    # above it the finance director decides; empty: no limit
    limit_minor = models.BigIntegerField(null=True)
    doubtful_account = models.CharField(max_length=20, default=USUAL.doubtful)
    impairment_account = models.CharField(max_length=20, default=USUAL.impairment)
    charge_account = models.CharField(max_length=20, default=USUAL.charge)
    release_account = models.CharField(max_length=20, default=USUAL.release)
    loss_account = models.CharField(max_length=20, default=USUAL.loss)
    tax_account = models.CharField(max_length=20, default=USUAL.tax)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation"], name="recovery_baddebtpolicy_one"),
            models.CheckConstraint(
                condition=Q(limit_minor__isnull=True) | Q(limit_minor__gte=0), name="recovery_baddebtpolicy_limit"
            ),
            models.CheckConstraint(
                condition=Q(doubtful_account__startswith="41"), name="recovery_baddebtpolicy_doubtful"
            ),
        ]

    def __str__(self) -> str:
        return f"bad debts of {self.organisation_id}"

    def accounts(self) -> Accounts:
        """The accounts as the rules take them."""
        return Accounts(
            self.doubtful_account, self.impairment_account, self.charge_account, self.release_account,
            self.loss_account, self.tax_account,
        )  # fmt: skip
