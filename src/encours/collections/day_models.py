"""The collector's day: calls and what came of them, what to say on the telephone, how the list is ranked."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Scoped, User
from encours.collections.rules.calls import CallOutcome
from encours.customers.models import Contact, Customer

OUTCOMES = [
    (CallOutcome.REACHED.value, _("Reached")),
    (CallOutcome.PROMISE.value, _("Promises to pay")),
    (CallOutcome.DISPUTE.value, _("Contests")),
    (CallOutcome.SAYS_PAID.value, _("Says it is paid")),
    (CallOutcome.CALL_BACK.value, _("To be called back")),
    (CallOutcome.REFUSES.value, _("Refuses to pay")),
    (CallOutcome.VOICEMAIL.value, _("Voicemail")),
    (CallOutcome.NO_ANSWER.value, _("No answer")),
    (CallOutcome.WRONG_NUMBER.value, _("Wrong number")),
]


class Call(Scoped):
    """One telephone call to a customer: who called whom, when, what came of it; insert-only."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="calls", db_index=False)
    contact = models.ForeignKey(
        Contact,
        null=True,
        blank=True,
        # a contact may go, the call with the name of that day stays
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # as they stood that day
    contact_name = models.CharField(max_length=200, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    outcome = models.CharField(max_length=14, choices=OUTCOMES)
    note = models.TextField(blank=True, default="")
    call_date = models.DateField()
    called_at = models.DateTimeField()
    # the day the customer stands on the list again
    next_date = models.DateField(null=True, blank=True)
    # the step of the scenario that asked for the call, where one did
    step_key = models.CharField(max_length=80, blank=True, default="")
    # law 6: one form sent twice is one call
    key = models.CharField(max_length=200)
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="collections_call_key"),
            models.CheckConstraint(
                condition=Q(outcome__in=[outcome.value for outcome in CallOutcome]), name="collections_call_outcome"
            ),
            models.CheckConstraint(
                condition=Q(next_date__isnull=True) | Q(next_date__gte=models.F("call_date")),
                name="collections_call_next_after",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-id"], name="collections_call_customer"),
            models.Index(fields=["organisation", "call_date"], name="collections_call_day"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.outcome} {self.call_date}"


class CallScript(Scoped):
    """What to say on the telephone at a step of a scenario, in a language; insert-only, the last one counts."""

    # empty: at any step that has no script of its own
    step_key = models.CharField(max_length=80, blank=True, default="")
    language = models.CharField(max_length=5)
    text = models.TextField(blank=True, default="")
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organisation", "language", "step_key", "-id"], name="collections_callscript_latest")
        ]

    def __str__(self) -> str:
        return f"{self.step_key or 'any step'} {self.language}"


class RankingPolicy(Scoped):
    """How an organisation ranks its list of the day, as somebody set it; insert-only, the last one counts."""

    # factor -> percent of its usual weight
    weights = models.JSONField(default=dict)
    # below this overdue amount nobody is called
    minimum_call_minor = models.BigIntegerField(default=0)
    no_answer_days = models.PositiveSmallIntegerField(default=1)
    why = models.TextField(blank=True, default="")
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(minimum_call_minor__gte=0), name="collections_ranking_minimum"),
            models.CheckConstraint(condition=Q(no_answer_days__gte=1), name="collections_ranking_no_answer"),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "-id"], name="collections_ranking_latest")]

    def __str__(self) -> str:
        return f"ranking of {self.recorded_at:%Y-%m-%d}"
