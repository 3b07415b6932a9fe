"""Tasks and what happened to them, absences, calendar feeds."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Scoped, User
from encours.customers.models import Customer
from encours.team.meeting_models import Goal as Goal
from encours.team.meeting_models import MeetingDecision as MeetingDecision
from encours.team.notice_models import ByMail as ByMail
from encours.team.notice_models import ChatHook as ChatHook
from encours.team.notice_models import Mention as Mention
from encours.team.notice_models import NoticeChoice as NoticeChoice
from encours.team.notice_models import NoticeKind as NoticeKind
from encours.team.notice_models import Notification as Notification


class TaskSubject(models.TextChoices):
    """What a task is about, beside its customer."""

    NOTHING = "", _("The customer")
    ITEM = "item", _("Open item")
    DISPUTE = "dispute", _("Dispute")
    PROMISE = "promise", _("Promise")
    MAIL = "mail", _("E-mail")


class TaskPriority(models.IntegerChoices):
    """How much it presses; within a day the higher comes first."""

    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")


class TaskSource(models.TextChoices):
    """Who asked for it."""

    MANUAL = "manual", _("A person")
    SCENARIO = "scenario", _("A scenario")
    RULE = "rule", _("A rule")
    SYSTEM = "system", _("Encours")


class TaskState(models.TextChoices):
    """Open until it is done or given up."""

    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class TaskEventKind(models.TextChoices):
    """What happened to a task."""

    ADDED = "added", _("Added")
    DONE = "done", _("Done")
    REOPENED = "reopened", _("Reopened")
    POSTPONED = "postponed", _("Put to another day")
    HANDED = "handed", _("Handed over")
    CANCELLED = "cancelled", _("Cancelled")


class Task(Scoped):
    """One thing to do by a day; what it is stays as written, its day, person and state move with its events."""

    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    subject_kind = models.CharField(max_length=10, choices=TaskSubject.choices, blank=True, default="")
    subject_id = models.BigIntegerField(null=True, blank=True)
    title = models.CharField(max_length=200)
    note = models.TextField(blank=True, default="")
    # empty: whoever takes it
    assignee = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    due_date = models.DateField()
    priority = models.SmallIntegerField(choices=TaskPriority.choices, default=TaskPriority.NORMAL)
    source = models.CharField(max_length=10, choices=TaskSource.choices, default=TaskSource.MANUAL)
    # law 6: whoever asks twice with the same key gets the same task
    key = models.CharField(max_length=200)
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    author_name = models.CharField(max_length=200)
    added_date = models.DateField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    state = models.CharField(max_length=10, choices=TaskState.choices, default=TaskState.OPEN, db_default="open")
    closed_date = models.DateField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="team_task_key"),
            models.CheckConstraint(condition=~Q(title=""), name="team_task_titled"),
            models.CheckConstraint(condition=Q(subject_kind__in=TaskSubject.values), name="team_task_subject"),
            models.CheckConstraint(
                condition=Q(subject_kind="", subject_id__isnull=True)
                | (~Q(subject_kind="") & Q(subject_id__isnull=False)),
                name="team_task_subject_named",
            ),
            models.CheckConstraint(condition=Q(priority__in=TaskPriority.values), name="team_task_priority"),
            models.CheckConstraint(condition=Q(source__in=TaskSource.values), name="team_task_source"),
            models.CheckConstraint(
                condition=Q(state="open", closed_date__isnull=True)
                | Q(state__in=["done", "cancelled"], closed_date__isnull=False),
                name="team_task_closed_has_day",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "assignee", "due_date"], name="team_task_to_do", condition=Q(state="open")
            ),
            models.Index(fields=["organisation", "customer", "-id"], name="team_task_customer"),
            models.Index(
                fields=["organisation", "closed_date"], name="team_task_closed", condition=Q(closed_date__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title


class TaskEvent(Scoped):
    """One thing that happened to a task; insert-only."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="events", db_index=False)
    kind = models.CharField(max_length=10, choices=TaskEventKind.choices)
    # postponed: the new day; handed over: to whom
    due_date = models.DateField(null=True, blank=True)
    assignee = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    note = models.TextField(blank=True, default="")
    event_date = models.DateField()
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=TaskEventKind.values), name="team_taskevent_kind"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "task", "id"], name="team_taskevent_task"),
            models.Index(fields=["organisation", "event_date", "kind"], name="team_taskevent_day"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.kind}"


class Absence(Scoped):
    """A person away from one day to another, both included, and who stands in; only its earlier end is added."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    substitute = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_date = models.DateField()
    last_date = models.DateField()
    note = models.CharField(max_length=200, blank=True, default="")
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    # back before the last day, or never gone
    ended_date = models.DateField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(last_date__gte=models.F("first_date")), name="team_absence_days"),
            models.CheckConstraint(condition=~Q(user=models.F("substitute")), name="team_absence_somebody_else"),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "last_date"], name="team_absence_days_of")]

    def __str__(self) -> str:
        return f"{self.user_id} away {self.first_date} to {self.last_date}"


class CalendarFeed(Scoped):
    """A private address under which a calendar program reads one person's open tasks, until it is revoked."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "user"],
                name="team_calendarfeed_one_open",
                condition=Q(revoked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"calendar of {self.user_id}"
