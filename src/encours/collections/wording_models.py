"""What a person writes in place of the template's text, for one message before it leaves."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models

from encours.access.models import Entity, Scoped
from encours.customers.models import Customer


class StepWords(Scoped):
    """A person's own words for the next message of one step to one customer; insert-only, the latest counts.

    They are spent once such a message leaves; without text they take back those before. Items, amounts, signature and
    the way to pay stay the product's own.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    step_key = models.CharField(max_length=80)
    subject = models.CharField(max_length=200, blank=True, default="")
    text = models.TextField(blank=True, default="")
    # the last decision there was: what leaves after it spends the words
    after_reminder_id = models.BigIntegerField()
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "step_key", "-id"], name="collections_stepwords_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.step_key} {self.subject}"
