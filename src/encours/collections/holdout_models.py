"""Hold-outs: customers drawn by lot who are not written to by a step, so that what the step does can be measured."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q

from encours.access.models import Scoped
from encours.customers.models import Customer

SHARE_MAX_PERMILLE = 500


class Draw(Scoped):
    """Customers drawn by lot from a day on, to measure what a deed does; only its end is added to the row."""

    share_permille = models.PositiveSmallIntegerField()
    # how long after the deed its effect is looked for
    horizon_days = models.PositiveSmallIntegerField(default=30)
    why = models.TextField()
    started_date = models.DateField()
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    ended_date = models.DateField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")

    class Meta:
        abstract = True


def _laws_of_a_draw(name: str) -> list[models.CheckConstraint]:
    return [
        models.CheckConstraint(
            condition=Q(share_permille__gt=0, share_permille__lte=SHARE_MAX_PERMILLE),
            name=f"collections_{name}_share",
        ),
        models.CheckConstraint(
            condition=Q(ended_date__isnull=True) | Q(ended_date__gte=models.F("started_date")),
            name=f"collections_{name}_ends_after_it_starts",
        ),
    ]


class HoldOut(Draw):
    """A group kept aside from a step of a scenario: its customers are not written to by it."""

    scenario = models.ForeignKey("collections.Scenario", on_delete=models.PROTECT, related_name="+")
    # empty: every reminder of the scenario
    step_key = models.CharField(max_length=80, blank=True, default="")
    # whoever owed more on the day of the draw takes no part; empty: everybody does
    owed_max_minor = models.BigIntegerField(null=True, blank=True)
    owed_currency = models.CharField(max_length=3, blank=True, default="")
    ended_why = models.TextField(blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            *_laws_of_a_draw("holdout"),
            models.UniqueConstraint(
                fields=["organisation", "scenario", "step_key"],
                condition=Q(ended_date__isnull=True),
                name="collections_holdout_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.step_key or 'all'} {self.share_permille}‰"


class HoldOutCustomer(Scoped):
    """A customer that takes part in a hold-out, and on which side the lot put it; insert-only."""

    hold_out = models.ForeignKey(HoldOut, on_delete=models.PROTECT, related_name="customers")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    is_kept_aside = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "hold_out", "customer"], name="collections_holdout_once"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {'aside' if self.is_kept_aside else 'written to'}"


class SuggestionTrial(Draw):
    """A time in which the customers that the lot draws are shown without a suggestion.

    The lot is a hash of the trial and the customer: whoever comes later is drawn the same way, and nothing is stored.
    """

    class Meta:
        constraints: ClassVar = [
            *_laws_of_a_draw("trial"),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(ended_date__isnull=True),
                name="collections_trial_one_at_a_time",
            ),
        ]

    @property
    def seed(self) -> str:
        """What the lot is drawn by."""
        return f"suggestions:{self.pk}"

    def __str__(self) -> str:
        return f"{self.started_date} {self.share_permille}‰"
