"""What happened to customers, the rules that answer it, and what each rule made of it."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q

from encours.access.models import Scoped
from encours.collections.rules.steps import StepEvent
from encours.customers.models import Customer
from encours.ledger.models import OpenItem


class Occurrence(Scoped):
    """Something that happened to a customer and may start a step or a rule; insert-only, its key says which it was."""

    kind = models.CharField(max_length=30)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    item = models.ForeignKey(
        OpenItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    occurred_date = models.DateField()
    # the amount it is about, if it is about one
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    detail = models.JSONField(default=dict)
    key = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="collections_occurrence_key"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in StepEvent]), name="collections_occurrence_kind"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-id"], name="collections_occurrence_of"),
            models.Index(fields=["organisation", "occurred_date", "id"], name="collections_occurrence_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class EventRule(Scoped):
    """When this happens and that holds, then do so: a rule as people wrote it; changed with an audit entry."""

    name = models.CharField(max_length=120)
    event = models.CharField(max_length=30)
    conditions = models.JSONField(default=list)
    actions = models.JSONField(default=list)
    position = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    author_name = models.CharField(max_length=200)
    # only what happens from then on is answered
    active_since = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(event__in=[kind.value for kind in StepEvent]), name="collections_rule_event"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "position"],
                name="collections_rule_running",
                condition=Q(is_active=True, retired_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RuleEffect(Scoped):
    """What one rule made of one occurrence: its conditions held or not, and each deed with its outcome; insert-only."""

    rule = models.ForeignKey(EventRule, on_delete=models.PROTECT, related_name="effects", db_index=False)
    occurrence = models.ForeignKey(Occurrence, on_delete=models.PROTECT, related_name="effects", db_index=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    has_held = models.BooleanField()
    # the rule as it read then, so that the log stays true when the rule changes
    rule_as_it_was = models.JSONField(default=dict)
    deeds = models.JSONField(default=list)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "rule", "occurrence"], name="collections_effect_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "rule", "-id"], name="collections_effect_rule"),
            models.Index(fields=["organisation", "customer", "-id"], name="collections_effect_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.occurrence_id} {self.has_held}"
