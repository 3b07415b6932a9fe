"""What one person proposes and another decides: the columns that every such row has."""

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Scoped
from encours.core.second_person import Decision as DecisionCode
from encours.core.second_person import Standing

# all that is ever added to a proposal once it stands
DECIDED = ("decided_as", "decided_date", "decided_by_id", "decided_by_name", "decided_why")


class Decision(models.TextChoices):
    """What became of a proposal."""

    APPROVED = DecisionCode.APPROVED.value, _("Approved")
    REFUSED = DecisionCode.REFUSED.value, _("Refused")
    WITHDRAWN = DecisionCode.WITHDRAWN.value, _("Withdrawn")


# the constraint that every table of proposals has
IS_DECIDED_WHOLLY = Q(decided_as="", decided_date__isnull=True) | Q(
    decided_as__in=Decision.values, decided_date__isnull=False
)


class Proposal(Scoped):
    """One thing that waits for a second person; its decision is added to the row, nothing else of it changes."""

    proposed_date = models.DateField()
    proposed_by_id = models.BigIntegerField(null=True)
    proposed_by_name = models.CharField(max_length=200)
    why = models.CharField(max_length=500, blank=True, default="")
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    decided_as = models.CharField(max_length=10, choices=Decision.choices, blank=True, db_default="", default="")
    decided_date = models.DateField(null=True, blank=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")
    decided_why = models.CharField(max_length=500, blank=True, db_default="", default="")

    class Meta:
        abstract = True

    @property
    def standing(self) -> Standing:
        """As the rules take it."""
        return Standing(self.proposed_by_id, self.decided_as)

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has to decide."""
        return not self.decided_as
