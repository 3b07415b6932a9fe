"""What a review of late customers decided, and what a team wants to collect in a month."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q

from encours.access.models import Scoped, User
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


class Goal(Scoped):
    """What the team, or one person, is to collect in a month; insert-only, the latest counts, zero takes it back."""

    month = models.DateField()  # its first day
    # nobody: the whole team
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="team_goal_not_negative"),
            models.CheckConstraint(condition=Q(month__day=1), name="team_goal_first_of_month"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "month", "-id"], name="team_goal_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.user_id} {self.amount_minor}"
