"""Receipts."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q

from encours.access.models import Entity, Scoped
from encours.customers.models import Customer


class Receipt(Scoped):
    """One payment received from a customer, or refunded when negative; insert-only, corrected in the ledger."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    # the natural key in the books it comes from
    number = models.CharField(max_length=80)
    received_date = models.DateField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    method = models.CharField(max_length=20, blank=True, default="")
    payer_name = models.CharField(max_length=200, blank=True, default="")
    payer_iban = models.CharField(max_length=40, blank=True, default="")
    reference = models.CharField(max_length=200, blank=True, default="")
    import_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "entity", "number"], name="payments_receipt_number"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="payments_receipt_not_zero"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "received_date"], name="payments_receipt_customer"),
            # the day up to which a company's bank is known
            models.Index(fields=["organisation", "entity", "received_date"], name="payments_receipt_latest"),
        ]

    def __str__(self) -> str:
        return self.number
