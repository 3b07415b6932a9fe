"""Kept figures: what each customer owes today, and reports already reckoned; all of it can be reckoned again."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models

from encours.access.models import Scoped
from encours.customers.models import Customer

ALL_ENTITIES = 0


class Standing(Scoped):
    """What one customer owes in one currency, to one entity or to all (entity 0), on the day of StandingDay."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    entity_id = models.BigIntegerField(default=ALL_ENTITIES)
    currency = models.CharField(max_length=3)
    outstanding_minor = models.BigIntegerField(default=0)
    not_due_minor = models.BigIntegerField(default=0)
    overdue_minor = models.BigIntegerField(default=0)
    # the overdue by days late, in the columns of the standard aged balance
    late_30_minor = models.BigIntegerField(default=0)
    late_60_minor = models.BigIntegerField(default=0)
    late_90_minor = models.BigIntegerField(default=0)
    late_more_minor = models.BigIntegerField(default=0)
    unapplied_minor = models.BigIntegerField(default=0)
    item_count = models.IntegerField(default=0)
    overdue_count = models.IntegerField(default=0)
    oldest_due_date = models.DateField(null=True)  # of the overdue instalments
    # over the last twelve months: amount paid, and amount x days late
    paid_minor = models.BigIntegerField(default=0)
    paid_late_days_minor = models.DecimalField(max_digits=30, decimal_places=0, default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "customer", "entity_id", "currency"], name="analytics_standing_customer"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "entity_id", "-outstanding_minor", "-customer"],
                name="analytics_standing_outstanding",
            ),
            models.Index(
                fields=["organisation", "entity_id", "-overdue_minor", "-customer"], name="analytics_standing_overdue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.outstanding_minor} {self.currency}"


class StandingDay(Scoped):
    """The day the organisation's standings were last reckoned for; `version` grows with each change of the books."""

    as_of = models.DateField()
    version = models.BigIntegerField(default=1)
    refreshed_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation"], name="analytics_standingday_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.as_of}"


class Touched(Scoped):
    """A customer whose account changed since its standing was reckoned; written by triggers, emptied by the refresh.

    Customer 0 stands for a change of customers' own records, which no account has to be reckoned again for.
    """

    customer_id = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "customer_id"], name="analytics_touched_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id}"


class Snapshot(Scoped):
    """A report as reckoned for a day, a state of knowledge and filters; the fingerprint is that of its content."""

    kind = models.CharField(max_length=20)
    as_of = models.DateField()
    known_at = models.DateTimeField(null=True)
    # digest of the filters and conventions
    question = models.CharField(max_length=64)
    # what the books held: the report is stale once this differs
    books_state = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=64)
    content = models.JSONField()
    # how long it took: what is quick is never given stale
    reckoned_ms = models.IntegerField(default=0)
    made_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "as_of", "known_at", "question"],
                name="analytics_snapshot_question",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.as_of} {self.fingerprint[:12]}"
