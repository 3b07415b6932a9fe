"""What colleagues are told: mentions, notifications, and how each person wants to be told."""

from datetime import time
from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Scoped, User
from encours.customers.models import Customer, Note


class Mention(Scoped):
    """A colleague named in a comment; insert-only."""

    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="mentions")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "note", "user"], name="team_mention_once"),
        ]

    def __str__(self) -> str:
        return f"{self.note_id} @{self.user_id}"


class NoticeKind(models.TextChoices):
    """What a notification is about."""

    MENTION = "mention", _("You are named in a comment")
    ANSWER = "answer", _("Your comment is answered")
    TASK = "task", _("A task is yours")
    RULE = "rule", _("A rule tells you")
    REPLY = "reply", _("A customer has answered")
    PROMISE = "promise", _("A promise is broken")
    DISPUTE = "dispute", _("A dispute is yours")
    APPROVAL = "approval", _("Something waits for your word")
    REPORT = "report", _("Your report")


class Notification(Scoped):
    """One thing one person is told once; only its reading and its mailing are added."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=NoticeKind.choices)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True, default="")
    # an address of the desk, without its host
    link = models.CharField(max_length=300, blank=True, default="")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # the comment an answer by e-mail goes to
    note = models.ForeignKey(Note, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    told_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    read_at = models.DateTimeField(null=True, blank=True)
    # by e-mail or by the chat, at once or with the others of the day
    passed_on_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "user", "key"], name="team_notification_key"),
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="team_notification_kind"),
            models.CheckConstraint(condition=~Q(title=""), name="team_notification_titled"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "user", "-id"], name="team_notification_of"),
            models.Index(
                fields=["organisation", "user"], name="team_notification_unread", condition=Q(read_at__isnull=True)
            ),
            models.Index(
                fields=["organisation", "id"],
                name="team_notification_waiting",
                condition=Q(passed_on_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ByMail(models.TextChoices):
    """When a person gets notifications by e-mail."""

    AT_ONCE = "at_once", _("At once")
    DAILY = "daily", _("Once a day, all together")
    NEVER = "never", _("Never")


class NoticeChoice(Scoped):
    """How one person wants to be told; without a row: mentions at once, the rest once a day."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    mentions = models.CharField(max_length=10, choices=ByMail.choices, default=ByMail.AT_ONCE)
    others = models.CharField(max_length=10, choices=ByMail.choices, default=ByMail.DAILY)
    digest_at = models.TimeField(default=time(8))
    # nothing by e-mail or chat from then to then, nor on days nobody works
    quiet_from = models.TimeField(default=time(19))
    quiet_until = models.TimeField(default=time(8))
    weekly_report = models.BooleanField(default=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "user"], name="team_noticechoice_user"),
            models.CheckConstraint(
                condition=Q(mentions__in=ByMail.values, others__in=ByMail.values), name="team_noticechoice_mail"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.mentions}, {self.others}"


class ChatHook(Scoped):
    """A chat channel told what people are told, by its incoming webhook (the form that Slack and Mattermost read)."""

    name = models.CharField(max_length=80)
    # a secret: whoever has the address may write there
    address_encrypted = models.TextField()
    kinds = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    problem = models.TextField(blank=True, default="")
    last_notification_id = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="team_chathook_name"),
        ]

    def __str__(self) -> str:
        return self.name
