"""Mail to colleagues: what the product tells the people who work with it."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Scoped, User


class StaffMailState(models.TextChoices):
    """Where a mail to a colleague is."""

    QUEUED = "queued", _("To leave")
    LEAVING = "leaving", _("Leaving")
    SENT = "sent", _("Sent")
    CAUGHT = "caught", _("Caught by the sandbox")
    FAILED = "failed", _("Not sent")
    IN_DOUBT = "in_doubt", _("In doubt")


class StaffMail(Scoped):
    """One mail to one colleague, written when it was queued; only its state moves, and it leaves once."""

    key = models.CharField(max_length=200)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    email = models.CharField(max_length=254)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    # what an answer to it goes to, in the words of the room that asked for it; empty: answers are not read
    about_kind = models.CharField(max_length=20, blank=True, default="")
    about_id = models.BigIntegerField(null=True, blank=True)
    send_after = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    state = models.CharField(max_length=10, choices=StaffMailState.choices, default=StaffMailState.QUEUED)
    state_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="messaging_staffmail_key"),
            models.CheckConstraint(condition=Q(state__in=StaffMailState.values), name="messaging_staffmail_state"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "send_after", "id"],
                name="messaging_staffmail_waiting",
                condition=Q(state__in=["queued", "leaving"]),
            ),
        ]

    def __str__(self) -> str:
        return self.subject
