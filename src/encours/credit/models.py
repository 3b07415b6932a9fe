"""What a customer may owe at most."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q

from encours.access.models import Scoped
from encours.customers.models import Customer


class LimitSource(models.TextChoices):
    """Where a limit was said."""

    DESK = "desk", "desk"
    FILE = "file", "file"
    API = "api", "api"


class CreditLimit(Scoped):
    """A limit decided for a customer from a day on, or none any more; insert-only, the latest counts.

    What a file of customers says is kept when the file says something new: a limit that a person set meanwhile stays
    until the other system changes its own.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    # without an amount the customer has no limit from then on
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    from_date = models.DateField()
    source = models.CharField(max_length=10, choices=LimitSource.choices)
    author_name = models.CharField(max_length=200)
    why = models.CharField(max_length=500, blank=True, default="")
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True) | Q(amount_minor__gte=0), name="credit_limit_not_negative"
            ),
            models.CheckConstraint(condition=Q(source__in=LimitSource.values), name="credit_limit_source"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-from_date", "-id"], name="credit_limit_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.amount_minor} {self.currency} {self.from_date}"
