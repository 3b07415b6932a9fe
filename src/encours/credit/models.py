"""What a customer may owe at most, for how long it may take to pay, and what of it waits for a second person."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import F, Q

from encours.access.models import Scoped
from encours.access.proposal_models import IS_DECIDED_WHOLLY, Decision, Proposal
from encours.credit.insurance_models import InsuranceCover as InsuranceCover
from encours.credit.insurance_models import InsurancePolicy as InsurancePolicy
from encours.customers.models import Customer


class LimitSource(models.TextChoices):
    """Where a limit was said."""

    DESK = "desk", "desk"
    FILE = "file", "file"
    API = "api", "api"


class CreditLimit(Scoped):
    """A limit decided for a customer from a day on, or none any more; insert-only, the latest counts.

    What a file of customers says is kept when the file says something new: a limit that a person set meanwhile stays
    until the other system changes its own.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    # without an amount the customer has no limit from then on
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    from_date = models.DateField()
    source = models.CharField(max_length=10, choices=LimitSource.choices)
    author_name = models.CharField(max_length=200)
    why = models.CharField(max_length=500, blank=True, default="")
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True) | Q(amount_minor__gte=0), name="credit_limit_not_negative"
            ),
            models.CheckConstraint(condition=Q(source__in=LimitSource.values), name="credit_limit_source"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-from_date", "-id"], name="credit_limit_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.amount_minor} {self.currency} {self.from_date}"


class CreditPolicy(Scoped):
    """From which amount on a limit waits for a second person; one row an organisation, the usual until written."""

    # without an amount no limit ever waits
    threshold_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation"], name="credit_creditpolicy_one"),
            models.CheckConstraint(
                condition=Q(threshold_minor__isnull=True) | Q(threshold_minor__gte=0), name="credit_creditpolicy_amount"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.threshold_minor} {self.currency}"


class LimitProposal(Proposal):
    """A limit that waits for a second person; agreed to, it becomes a limit. One waits at a time for a customer."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    # without an amount: no limit any more
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=10, choices=LimitSource.choices)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=IS_DECIDED_WHOLLY, name="credit_limitproposal_decided"),
            models.UniqueConstraint(
                fields=["organisation", "customer"], name="credit_limitproposal_waits", condition=Q(decided_as="")
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True) | Q(amount_minor__gte=0), name="credit_limitproposal_amount"
            ),
            models.CheckConstraint(
                condition=Q(source__in=[LimitSource.DESK, LimitSource.API]), name="credit_limitproposal_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.amount_minor} {self.currency}"


class ExceptionalTerms(Proposal):
    """Other terms than a customer's usual ones, for what is issued in some days; counted once a second person agrees.

    An early end is added to the row: what was issued until then keeps its due date.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    terms = models.CharField(max_length=20)
    # both ends included: days of issue
    from_date = models.DateField()
    to_date = models.DateField()
    # longer than the law lets professionals in France agree: warned of, where it does not bind
    is_beyond_law = models.BooleanField(default=False)
    ended_date = models.DateField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")
    ended_why = models.CharField(max_length=500, blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=IS_DECIDED_WHOLLY, name="credit_exceptionalterms_decided"),
            models.CheckConstraint(
                condition=Q(to_date__gte=F("from_date")) & ~Q(terms="") & ~Q(why=""),
                name="credit_exceptionalterms_said",
            ),
            # only what was agreed to can end early
            models.CheckConstraint(
                condition=Q(ended_date__isnull=True) | Q(decided_as=Decision.APPROVED),
                name="credit_exceptionalterms_ended",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "-id"], name="credit_terms_customer"),
            models.Index(fields=["organisation"], name="credit_terms_waiting", condition=Q(decided_as="")),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.terms} {self.from_date} {self.to_date}"
