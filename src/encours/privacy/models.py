"""Legal holds and erasures."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import F, Q

from encours.access.models import Scoped
from encours.customers.models import Customer


class LegalHold(Scoped):
    """Nothing of a customer is erased from a day on, because a claim may go to court; only its end is added."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    why = models.TextField()
    started_date = models.DateField()
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    ended_date = models.DateField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")
    ended_why = models.TextField(blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "customer"],
                name="privacy_hold_one_at_a_time",
                condition=Q(ended_date__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(ended_date__isnull=True) | Q(ended_date__gte=F("started_date")), name="privacy_hold_days"
            ),
            models.CheckConstraint(condition=~Q(why=""), name="privacy_hold_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} held since {self.started_date}"


class Erasure(Scoped):
    """A person at a customer's was erased: when, on whose request, and what stays until when; insert-only.

    It names nobody: the person is gone, and their contact's number means nothing any more.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    contact_ref = models.BigIntegerField()
    asked_date = models.DateField()
    why = models.TextField(blank=True, default="")
    # [{"code": "exchanges", "count": 12, "until": "2031-11-22"}]
    kept = models.JSONField(default=list)
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    def __str__(self) -> str:
        return f"contact {self.contact_ref} erased on {self.asked_date}"
