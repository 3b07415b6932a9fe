"""Campaigns and whom they reach, schedules of statements."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from encours.access.models import Entity, Scoped
from encours.customers.models import Customer, Segment

LAST_DAY = 28  # a day every month has


class CampaignKind(models.TextChoices):
    """What the message of a campaign is."""

    MESSAGE = "message", _("Message")
    STATEMENT = "statement", _("Statement of account")


class CampaignState(models.TextChoices):
    """Where a campaign is."""

    DRAFT = "draft", _("Draft")
    SENDING = "sending", pgettext_lazy("campaign", "Sending")
    DONE = "done", pgettext_lazy("run", "Done")
    STOPPED = "stopped", _("Stopped")


class StatementSchedule(Scoped):
    """A statement of account for a list of customers, every month; people edit it, each period runs once."""

    name = models.CharField(max_length=80)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False)
    segment = models.ForeignKey(Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    only_overdue = models.BooleanField(default=False)
    day_of_month = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1), MaxValueValidator(LAST_DAY)]
    )
    # the account as of the last day of the month before, rather than of the day it is sent
    is_month_end = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    author_name = models.CharField(max_length=200)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="mailings_schedule_name"),
            models.CheckConstraint(
                condition=Q(day_of_month__gte=1, day_of_month__lte=LAST_DAY), name="mailings_schedule_day"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Campaign(Scoped):
    """One message to many; its words and list are fixed when it is launched, a statement's by its schedule."""

    key = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=CampaignKind.choices, default=CampaignKind.MESSAGE)
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=40, default="email")
    template_key = models.CharField(max_length=60)
    # empty: each customer's own
    language = models.CharField(max_length=5, blank=True, default="")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False)
    from_collector = models.BooleanField(default=False)
    subject = models.CharField(max_length=200, blank=True, default="")
    text = models.TextField(blank=True, default="")
    with_items = models.BooleanField(default=False)
    # as the list of customers understands them: text, collector_id, segment_id, only, country
    filters = models.JSONField(default=dict, blank=True)
    schedule = models.ForeignKey(
        StatementSchedule, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns", db_index=False
    )
    as_of_date = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=CampaignState.choices, default=CampaignState.DRAFT)
    author_id = models.BigIntegerField(null=True)
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    launched_at = models.DateTimeField(null=True, blank=True)
    launched_by_name = models.CharField(max_length=200, blank=True, default="")
    # whoever is still put off after this day is left out
    last_date = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="mailings_campaign_key"),
            models.CheckConstraint(condition=Q(kind__in=CampaignKind.values), name="mailings_campaign_kind"),
            models.CheckConstraint(condition=Q(state__in=CampaignState.values), name="mailings_campaign_state"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "id"], name="mailings_campaign_sending", condition=Q(state="sending")),
        ]

    def __str__(self) -> str:
        return self.name


class RecipientState(models.TextChoices):
    """What became of one customer in a campaign."""

    WAITING = "waiting", _("To be written to")
    QUEUED = "queued", pgettext_lazy("campaign", "Written to")
    EXCLUDED = "excluded", _("Left out")


class CampaignRecipient(Scoped):
    """One customer of a launched campaign: written to once, or left out with the reasons; never both."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="recipients", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=RecipientState.choices, default=RecipientState.WAITING)
    # the checks that spoke, as decisions keep them
    reasons = models.JSONField(default=list)
    # put off by a check: asked again on this day
    not_before = models.DateField(null=True, blank=True)
    message_id = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "campaign", "customer"], name="mailings_recipient_once"),
            models.CheckConstraint(condition=Q(state__in=RecipientState.values), name="mailings_recipient_state"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "campaign", "id"],
                name="mailings_recipient_waiting",
                condition=Q(state="waiting"),
            ),
            models.Index(fields=["organisation", "customer"], name="mailings_recipient_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.customer_id} {self.state}"
