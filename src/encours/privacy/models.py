"""Legal holds, erasures, and what was let go because its term was over."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

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


class RetentionPolicy(Scoped):
    """Whether what is past its term is let go each night; without a row a person does it."""

    lets_go_by_night = models.BooleanField(default=False)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation"], name="privacy_retention_policy_one"),
        ]

    def __str__(self) -> str:
        return f"retention of {self.organisation_id}"


class Purge(Scoped):
    """What was let go at once, by number: exchanges from before a day, people nobody wrote with since; insert-only."""

    before_date = models.DateField()
    counts = models.JSONField(default=dict)  # {"message": 12, "mail": 3, ..., "contact": 1}
    author_name = models.CharField(max_length=200)
    purged_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "-id"], name="privacy_purge_latest")]

    def __str__(self) -> str:
        return f"{self.purged_at}: {self.counts}"
