"""Scenarios and who they apply to, the sending policy, pauses, promises, runs and the decisions they took."""

from datetime import time
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from encours.access.models import Entity, Scoped, User
from encours.collections.day_models import Call as Call
from encours.collections.day_models import CallScript as CallScript
from encours.collections.day_models import RankingPolicy as RankingPolicy
from encours.collections.event_models import EventRule as EventRule
from encours.collections.event_models import Occurrence as Occurrence
from encours.collections.event_models import RuleEffect as RuleEffect
from encours.collections.holdout_models import HoldOut as HoldOut
from encours.collections.holdout_models import HoldOutCustomer as HoldOutCustomer
from encours.collections.holdout_models import SuggestionTrial as SuggestionTrial
from encours.collections.rules.facts import Outcome
from encours.collections.rules.steps import EntryChoice, Grouping
from encours.collections.wording_models import StepWords as StepWords
from encours.customers.models import Customer, Segment
from encours.ledger.models import OpenItem


def working_days() -> list[int]:
    """Monday to Friday."""
    return [0, 1, 2, 3, 4]


class Scenario(Scoped):
    """A way of chasing that people know by its name; what it does stands in its versions."""

    name = models.CharField(max_length=80)
    language = models.CharField(max_length=5, default="fr")
    archived_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="collections_scenario_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ScenarioVersion(Scoped):
    """The steps of a scenario as published once; insert-only, the highest number is in force."""

    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    steps = models.JSONField()
    grouping = models.CharField(max_length=10, default=Grouping.CUSTOMER.value)
    entry = models.CharField(max_length=10, default=EntryChoice.BY_AGE.value)
    note = models.TextField(blank=True, default="")
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=200)
    # who agreed to it, where the organisation asks for a second person
    approver_name = models.CharField(max_length=200, blank=True, default="")
    published_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "scenario", "number"], name="collections_version_number"),
            models.CheckConstraint(
                condition=Q(grouping__in=[choice.value for choice in Grouping]), name="collections_version_grouping"
            ),
            models.CheckConstraint(
                # a chosen step belongs to one assignment, never to a scenario as such
                condition=Q(entry__in=[EntryChoice.BY_AGE.value, EntryChoice.IN_ORDER.value]),
                name="collections_version_entry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} v{self.number}"


class DraftState(models.TextChoices):
    """Where a draft of a scenario stands."""

    OPEN = "open", _("Draft")
    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Approved")
    PUBLISHED = "published", _("In force")
    DISCARDED = "discarded", _("Thrown away")


class ScenarioDraft(Scoped):
    """Steps on the way from one version to the next, one such draft at a time a scenario; its authors edit it."""

    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="drafts")
    steps = models.JSONField()
    grouping = models.CharField(max_length=10, default=Grouping.CUSTOMER.value)
    entry = models.CharField(max_length=10, default=EntryChoice.BY_AGE.value)
    note = models.TextField(blank=True, default="")
    state = models.CharField(max_length=12, choices=DraftState.choices, default=DraftState.OPEN)
    # the version the draft was begun from: another one published since is a conflict
    based_on = models.PositiveIntegerField()
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=200)
    changed_at = models.DateTimeField()
    proposed_at = models.DateTimeField(null=True)
    proposer = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    proposer_name = models.CharField(max_length=200, blank=True, default="")
    approved_at = models.DateTimeField(null=True)
    approver_name = models.CharField(max_length=200, blank=True, default="")
    returned_why = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "scenario"],
                name="collections_draft_one",
                condition=Q(state__in=["open", "proposed", "approved"]),
            ),
            models.CheckConstraint(condition=Q(state__in=DraftState.values), name="collections_draft_state"),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.state}"


class ScenarioAssignment(Scoped):
    """Which scenario a customer, a segment or (neither) all others get; none means “no action”. The last one counts."""

    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    segment = models.ForeignKey(Segment, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    scenario = models.ForeignKey(Scenario, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # a segment or customer that goes back to what applies above it
    is_inherited = models.BooleanField(default=False)
    # empty: as the scenario says
    entry = models.CharField(max_length=10, blank=True, default="")
    # the step at which what is late on that day begins, where one was chosen
    entry_step = models.CharField(max_length=80, blank=True, default="")
    why = models.TextField(blank=True, default="")
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(customer__isnull=True) | Q(segment__isnull=True), name="collections_assignment_target"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-id"], name="collections_assignment_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id or self.segment_id or 'default'} -> {self.scenario_id or 'no action'}"


class SendingPolicy(Scoped):
    """When and how often customers are written to: one row for the organisation, one for a company that differs."""

    entity = models.ForeignKey(Entity, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    weekdays = ArrayField(models.SmallIntegerField(), default=working_days)
    opens_at = models.TimeField(default=time(9))
    closes_at = models.TimeField(default=time(18))
    timezone = models.CharField(max_length=60, default="Europe/Paris")
    country = models.CharField(max_length=2, default="FR")
    holiday_region = models.CharField(max_length=20, blank=True, default="")
    # pairs of ISO dates, both ends kept silent
    silent_periods = models.JSONField(default=list, blank=True)
    contact_delay_days = models.PositiveSmallIntegerField(default=3)
    weekly_cap = models.PositiveSmallIntegerField(default=2)
    bank_age_days_max = models.PositiveSmallIntegerField(default=5)
    # the day a person stated the bank is known to, where no payment came in
    bank_known_date = models.DateField(null=True, blank=True)
    # whether a second person agrees to a scenario before it is in force
    asks_approval = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation"], name="collections_policy_one", condition=Q(entity__isnull=True)
            ),
            models.UniqueConstraint(fields=["organisation", "entity"], name="collections_policy_entity"),
            models.CheckConstraint(condition=Q(opens_at__lt=models.F("closes_at")), name="collections_policy_hours"),
            models.CheckConstraint(condition=Q(weekly_cap__gte=1), name="collections_policy_cap"),
        ]

    def __str__(self) -> str:
        return f"{self.opens_at}-{self.closes_at} {self.timezone}"


class PauseReason(models.TextChoices):
    """Why nothing is sent for a while."""

    AGREEMENT = "agreement", _("Agreement with the customer")
    WAITING = "waiting", _("Waiting for a document")
    COMMERCIAL = "commercial", _("Commercial reason")
    PAYMENT_PLAN = "payment_plan", _("Payment plan")
    INSOLVENCY = "insolvency", _("Insolvency proceedings")
    HAND_OVER = "hand_over", _("Handed over for recovery")
    OTHER = "other", _("Other")


# a hand-over pauses what it takes along, and ends with it; nobody chooses that by hand
PAUSED_BY_HAND = tuple(choice for choice in PauseReason.choices if choice[0] != PauseReason.HAND_OVER)


class Pause(Scoped):
    """A stop on a customer or one item, until a day or until a person ends it; only its end is added to the row."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="pauses")
    item = models.ForeignKey(
        OpenItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    reason = models.CharField(max_length=20, choices=PauseReason.choices)
    note = models.TextField(blank=True, default="")
    until_date = models.DateField(null=True, blank=True)
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=200)
    start_date = models.DateField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    ended_date = models.DateField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=200, blank=True, default="")
    ended_why = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(reason__in=PauseReason.values), name="collections_pause_reason"),
            models.CheckConstraint(
                condition=Q(until_date__isnull=True) | Q(until_date__gte=models.F("start_date")),
                name="collections_pause_ends_after_start",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "customer"],
                name="collections_pause_running",
                condition=Q(ended_date__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} until {self.until_date or 'ended'}"


class PromiseSource(models.TextChoices):
    """How the promise reached us."""

    CALL = "call", _("Call")
    EMAIL = "email", _("E-mail")
    PORTAL = "portal", _("Portal")
    OTHER = "other", _("Other")


class Promise(Scoped):
    """An amount a customer said would be paid by a day; the cash shows if it is kept, only a withdrawal is added."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="promises")
    item = models.ForeignKey(
        OpenItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    promised_date = models.DateField()
    made_date = models.DateField()
    source = models.CharField(max_length=10, choices=PromiseSource.choices, default=PromiseSource.CALL)
    note = models.TextField(blank=True, default="")
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    withdrawn_date = models.DateField(null=True, blank=True)
    withdrawn_why = models.TextField(blank=True, default="")
    # the promises said in one breath: three payments on three days
    series = models.CharField(max_length=36, blank=True, default="", db_default="")
    # law 6: one form sent twice is one promise
    key = models.CharField(max_length=200, null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="collections_promise_amount"),
            models.CheckConstraint(
                condition=Q(promised_date__gte=models.F("made_date")), name="collections_promise_after_made"
            ),
            models.UniqueConstraint(
                fields=["organisation", "key"], name="collections_promise_key", condition=Q(key__isnull=False)
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "promised_date"], name="collections_promise_customer"),
            models.Index(fields=["organisation", "promised_date"], name="collections_promise_date"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency} by {self.promised_date}"


class Exclusion(Scoped):
    """A step from which a person took out one item or the whole message; put back by `undone_at`."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    step_key = models.CharField(max_length=80)
    item = models.ForeignKey(
        OpenItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    why = models.TextField(blank=True, default="")
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "customer"],
                name="collections_exclusion_live",
                condition=Q(undone_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.step_key} {self.item_id or 'all'}"


class DunningRun(Scoped):
    """One taking of decisions, for the whole book or for one customer; its figures are added when it ends."""

    run_date = models.DateField()
    started_at = models.DateTimeField()
    is_whole = models.BooleanField(default=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    counts = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "-id"], name="collections_run_latest")]

    def __str__(self) -> str:
        return f"run of {self.run_date}"


class Reminder(Scoped):
    """One decision of a run about one message, with every check; insert-only, a later decision follows it."""

    run = models.ForeignKey(
        DunningRun, on_delete=models.PROTECT, related_name="reminders", db_constraint=False, db_index=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="reminders", db_constraint=False, db_index=False
    )
    entity = models.ForeignKey(
        Entity, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    version = models.ForeignKey(
        ScenarioVersion, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    scenario = models.ForeignKey(
        Scenario, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    step_key = models.CharField(max_length=80, blank=True, default="")
    step_name = models.CharField(max_length=80, blank=True, default="")
    step_position = models.SmallIntegerField(null=True)
    channel = models.CharField(max_length=20, blank=True, default="")
    outcome = models.CharField(max_length=12, choices=[(outcome.value, outcome.value) for outcome in Outcome])
    checks = models.JSONField()
    # currency -> minor units asked
    totals = models.JSONField()
    # the largest of them: what decisions are ranked by
    claimed_minor = models.BigIntegerField(default=0)
    claimed_currency = models.CharField(max_length=3, blank=True, default="")
    # what is contested and therefore not asked: document number, minor units, currency
    disputed = models.JSONField(default=list)
    # item ids of the credit notes deducted
    credit_item_ids = ArrayField(models.BigIntegerField(), default=list)
    recipients = models.JSONField(default=dict)
    item_count = models.IntegerField()
    decided_date = models.DateField()
    decided_at = models.DateTimeField()
    # the day it leaves, for the caps on contacts
    send_date = models.DateField(null=True)
    send_after = models.DateTimeField(null=True)
    deadline_date = models.DateField(null=True)
    frees_date = models.DateField(null=True)
    # the first day in a row on which this message was stopped
    stopped_since = models.DateField(null=True)
    message_key = models.CharField(max_length=200, blank=True, default="")
    follows = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    actor_name = models.CharField(max_length=200)
    why = models.TextField(blank=True, default="")
    # who releases or confirms may set checks aside; asked again before the message leaves
    set_aside = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome__in=[outcome.value for outcome in Outcome]), name="collections_reminder_outcome"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "run", "outcome", "customer"], name="collections_reminder_run"),
            models.Index(fields=["organisation", "customer", "-id"], name="collections_reminder_customer"),
            # few decisions follow another; which do is asked for each list of the day
            models.Index(
                fields=["organisation", "follows"],
                name="collections_reminder_follows",
                condition=Q(follows__isnull=False),
            ),
            models.Index(
                fields=["organisation", "send_date", "customer"],
                name="collections_reminder_sent",
                condition=Q(outcome="due"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_name} {self.outcome}"


class ReminderItem(Scoped):
    """One instalment in a decision: what it claims, what is in dispute, and whether the step left for it."""

    reminder = models.ForeignKey(
        Reminder, on_delete=models.PROTECT, related_name="items", db_constraint=False, db_index=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    item = models.ForeignKey(OpenItem, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    # with the instalment number, what a corrected invoice keeps when its open item is replaced
    entity_id = models.BigIntegerField()
    document_number = models.CharField(max_length=80)
    instalment_number = models.SmallIntegerField()
    scenario_id = models.BigIntegerField(null=True)
    step_key = models.CharField(max_length=80, blank=True)
    step_position = models.SmallIntegerField(null=True)
    step_days = models.IntegerField(null=True)
    offset_days = models.IntegerField()
    deadline_days = models.SmallIntegerField(null=True)
    currency = models.CharField(max_length=3)
    open_minor = models.BigIntegerField()
    claimed_minor = models.BigIntegerField()
    disputed_minor = models.BigIntegerField()
    due_date = models.DateField()
    left_date = models.DateField(null=True)
    # a message withdrawn before it was handed over gives its step back
    has_left = models.BooleanField()
    is_thanks = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            # law 6: the same step never leaves twice for the same instalment
            models.UniqueConstraint(
                fields=["organisation", "item", "scenario_id", "step_key"],
                name="collections_step_leaves_once",
                condition=Q(has_left=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "reminder"], name="collections_reminderitem_of"),
            models.Index(
                fields=["organisation", "customer", "document_number"],
                name="collections_history",
                condition=Q(has_left=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_number} {self.claimed_minor} {self.currency}"


class Withdrawal(Scoped):
    """A message that was decided and taken back before it was handed over: by a person, or because the facts moved."""

    reminder = models.OneToOneField(Reminder, on_delete=models.PROTECT, related_name="withdrawal", db_constraint=False)
    why = models.TextField()
    actor_name = models.CharField(max_length=200)
    withdrawn_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.reminder_id} {self.why}"


class HandledKind(models.TextChoices):
    """What a person did with a customer on the list of the day."""

    DONE = "done", _("Done")
    LATER = "later", _("Put off")
    REOPENED = "reopened", pgettext_lazy("state", "Put back")


class Handled(Scoped):
    """A customer dealt with or put off on the list of the day until `returns_date`; insert-only, the last counts."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=HandledKind.choices)
    handled_date = models.DateField()
    returns_date = models.DateField()
    note = models.TextField(blank=True, default="")
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=HandledKind.values), name="collections_handled_kind"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-id"], name="collections_handled_latest"),
            models.Index(fields=["organisation", "handled_date"], name="collections_handled_day"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.kind} until {self.returns_date}"
