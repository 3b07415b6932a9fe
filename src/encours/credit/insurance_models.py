"""Credit insurance: the policy that covers what customers owe, and how far it covers each of them."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import F, Q

from encours.access.models import Scoped
from encours.customers.models import Customer


class InsurancePolicy(Scoped):
    """What an insurer covers of invoices issued from a day on, and by when it wants to be told; its end is added."""

    insurer_name = models.CharField(max_length=200)
    policy_number = models.CharField(max_length=60, blank=True, default="")
    # days after the due date of the invoice
    declare_days = models.SmallIntegerField()
    # without them, the claim is made by the notice
    claim_days = models.SmallIntegerField(null=True, blank=True)
    # customers of whom nothing is said are covered too
    covers_others = models.BooleanField(default=False)
    from_date = models.DateField()
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    # what is issued from then on is not covered by it
    ended_date = models.DateField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(declare_days__gt=0) & (Q(claim_days__isnull=True) | Q(claim_days__gte=F("declare_days"))),
                name="credit_insurancepolicy_days",
            ),
            models.CheckConstraint(
                condition=Q(ended_date__isnull=True) | Q(ended_date__gte=F("from_date")),
                name="credit_insurancepolicy_ended",
            ),
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(ended_date__isnull=True), name="credit_insurancepolicy_running"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.insurer_name} {self.policy_number}".strip()


class InsuranceCover(Scoped):
    """What the insurer said of a customer for invoices issued from a day on; insert-only, the latest counts."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    is_covered = models.BooleanField()
    # up to how much it is covered; without an amount, whatever it owes
    amount_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    from_date = models.DateField()
    why = models.CharField(max_length=300, blank=True, default="")
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True) | Q(amount_minor__gt=0, is_covered=True),
                name="credit_insurancecover_amount",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-from_date", "-id"], name="credit_insurancecover_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.is_covered} {self.amount_minor} {self.from_date}"
