"""What a review of late customers decided."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models

from encours.access.models import Scoped
from encours.customers.models import Customer, Note


class MeetingDecision(Scoped):
    """One decision about a customer, taken in the review of a day, with the task that follows from it; insert-only.

    What was decided stands in the note, so the customer's story tells it too.
    """

    meeting_date = models.DateField()
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="+", db_index=False)
    task = models.ForeignKey("team.Task", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organisation", "meeting_date", "id"], name="team_meetingdecision_day"),
        ]

    def __str__(self) -> str:
        return f"{self.meeting_date} {self.customer_id}"
