"""Payment plans, their instalments and the items they cover."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Entity, Scoped
from encours.customers.models import Customer
from encours.plans.rules.schedule import Clause as ClauseCode
from encours.plans.rules.schedule import Frequency as FrequencyCode
from encours.plans.rules.standing import State as StateCode


class Frequency(models.TextChoices):
    """How often an instalment falls due."""

    WEEKLY = FrequencyCode.WEEKLY.value, _("Every week")
    FORTNIGHTLY = FrequencyCode.FORTNIGHTLY.value, _("Every two weeks")
    MONTHLY = FrequencyCode.MONTHLY.value, _("Every month")


class Clause(models.TextChoices):
    """What becomes of interest while the plan runs."""

    NONE = ClauseCode.NONE.value, _("No interest as long as the plan is kept")
    STATUTORY = ClauseCode.STATUTORY.value, _("Late-payment penalties go on and are claimed apart")
    AGREED = ClauseCode.AGREED.value, _("An agreed rate, in the instalments")


class State(models.TextChoices):
    """Where a plan is in its life."""

    DRAFT = StateCode.DRAFT.value, _("Draft")
    APPROVED = StateCode.APPROVED.value, _("Approved, to be signed")
    AGREED = StateCode.AGREED.value, _("Agreed")
    RUNNING = StateCode.RUNNING.value, _("Running")
    KEPT = StateCode.KEPT.value, _("Kept")
    BROKEN = StateCode.BROKEN.value, _("Broken")
    CANCELLED = StateCode.CANCELLED.value, _("Cancelled")


ENDS = (State.KEPT, State.BROKEN, State.CANCELLED)


class Plan(Scoped):
    """One plan as it was drawn up; its approval, agreement and end are added to the row, its terms never change."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    principal_minor = models.BigIntegerField()
    down_payment_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)
    interest_minor = models.BigIntegerField(default=0)
    frequency = models.CharField(max_length=12, choices=Frequency.choices)
    clause = models.CharField(max_length=12, choices=Clause.choices)
    percent = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    start_date = models.DateField()
    # calendar days an instalment may be late before the plan is in breach
    grace_days = models.SmallIntegerField(default=8)
    # a breach makes all that is left due at once
    accelerates = models.BooleanField(default=True)
    # a breach ends the plan without anyone deciding it
    breaks_alone = models.BooleanField(default=False)
    # after a breach penalties are reckoned as if there had been no plan
    revives_penalties = models.BooleanField(default=True)
    note = models.TextField(blank=True, default="")
    drafted_date = models.DateField()
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    approved_date = models.DateField(null=True)
    approved_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")
    agreed_date = models.DateField(null=True)
    # who signed for the customer, and in what quality
    signed_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")
    ended_date = models.DateField(null=True)
    ended_as = models.CharField(max_length=12, blank=True, db_default="", default="")
    ended_why = models.TextField(blank=True, db_default="", default="")
    ended_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="plans_plan_number"),
            models.UniqueConstraint(fields=["organisation", "key"], name="plans_plan_key"),
            models.CheckConstraint(condition=Q(frequency__in=Frequency.values), name="plans_plan_frequency"),
            models.CheckConstraint(condition=Q(clause__in=Clause.values), name="plans_plan_clause"),
            models.CheckConstraint(
                condition=Q(principal_minor__gt=0, down_payment_minor__gte=0, fee_minor__gte=0, interest_minor__gte=0),
                name="plans_plan_amounts",
            ),
            models.CheckConstraint(
                condition=Q(ended_date__isnull=True, ended_as="")
                | Q(ended_date__isnull=False, ended_as__in=[end.value for end in ENDS]),
                name="plans_plan_ended_as",
            ),
            # nobody agrees to what was not approved; only what was agreed is kept or broken
            models.CheckConstraint(
                condition=Q(agreed_date__isnull=True) | Q(approved_date__isnull=False), name="plans_plan_approved"
            ),
            models.CheckConstraint(
                condition=~Q(ended_as__in=["kept", "broken"]) | Q(agreed_date__isnull=False), name="plans_plan_agreed"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-id"], name="plans_plan_customer"),
            models.Index(
                fields=["organisation", "customer"],
                name="plans_plan_standing",
                condition=Q(agreed_date__isnull=False, ended_date__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total_minor(self) -> int:
        """All that is to be paid."""
        return self.principal_minor + self.fee_minor + self.interest_minor


class PlanInstalment(Scoped):
    """One instalment of a plan, as agreed: number 0 is the down payment; insert-only."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="instalments")
    number = models.SmallIntegerField()
    due_date = models.DateField()
    amount_minor = models.BigIntegerField()
    principal_minor = models.BigIntegerField()
    interest_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "plan", "number"], name="plans_instalment_number"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="plans_instalment_amount"),
            models.CheckConstraint(
                condition=Q(
                    amount_minor=models.F("principal_minor") + models.F("interest_minor") + models.F("fee_minor")
                ),
                name="plans_instalment_sums",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.amount_minor}"


class PlanItem(Scoped):
    """A debt the plan covers, by what a corrected invoice keeps, and what was open of it; insert-only."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="items")
    entity_id = models.BigIntegerField()
    document_number = models.CharField(max_length=80)
    instalment_number = models.SmallIntegerField()
    instalment_count = models.SmallIntegerField(default=1)
    # the open item as it stood when the plan was drawn up
    item_id = models.BigIntegerField()
    due_date = models.DateField()
    amount_minor = models.BigIntegerField()
    # the plan's own fee and interest, posted when it was agreed
    is_own = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "plan", "entity_id", "document_number", "instalment_number"],
                name="plans_item_once",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="plans_item_amount"),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "document_number"], name="plans_item_document")]

    def __str__(self) -> str:
        return f"{self.document_number} {self.amount_minor}"
