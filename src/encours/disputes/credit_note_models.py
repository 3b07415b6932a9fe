"""Credit notes asked of who issues the invoices."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Entity
from encours.access.proposal_models import IS_DECIDED_WHOLLY, Decision, Proposal
from encours.customers.models import Customer

# asked for and neither refused, issued nor given up
IS_STANDING = Q(done_as="") & Q(decided_as__in=["", Decision.APPROVED])
# what is added to a request that was agreed to, once it is over
DONE = ("done_as", "done_date", "done_by_name", "done_why", "credit_note_number")


class CreditNoteEnd(models.TextChoices):
    """What became of a credit note that was agreed to."""

    ISSUED = "issued", _("Issued")
    DROPPED = "dropped", _("Given up")


class CreditNoteRequest(Proposal):
    """A credit note asked for what a dispute contests; agreed to by a second person, it is issued where invoices are.

    Encours numbers no invoice and no credit note: it waits for it to come in with the books. One stands at a time for
    a dispute.
    """

    dispute = models.ForeignKey("disputes.Dispute", on_delete=models.PROTECT, related_name="credit_notes")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    # whose invoice it is; empty: any company of ours
    entity = models.ForeignKey(
        Entity, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    document_number = models.CharField(max_length=80)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # the dispute was opened with it, from the account, and ends with it
    has_opened_dispute = models.BooleanField(default=False)
    done_as = models.CharField(max_length=10, choices=CreditNoteEnd.choices, blank=True, db_default="", default="")
    done_date = models.DateField(null=True, blank=True)
    done_by_name = models.CharField(max_length=200, blank=True, db_default="", default="")
    done_why = models.CharField(max_length=500, blank=True, db_default="", default="")
    credit_note_number = models.CharField(max_length=80, blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=IS_DECIDED_WHOLLY, name="disputes_creditnoterequest_decided"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) & ~Q(document_number="") & ~Q(why=""),
                name="disputes_creditnoterequest_said",
            ),
            models.CheckConstraint(
                condition=Q(done_as="", done_date__isnull=True)
                | Q(done_as__in=CreditNoteEnd.values, done_date__isnull=False, decided_as=Decision.APPROVED),
                name="disputes_creditnoterequest_done",
            ),
            models.UniqueConstraint(
                fields=["organisation", "dispute"], name="disputes_creditnoterequest_stands", condition=IS_STANDING
            ),
            # one credit note fulfils one request
            models.UniqueConstraint(
                fields=["organisation", "customer", "credit_note_number"],
                name="disputes_creditnoterequest_number",
                condition=~Q(credit_note_number=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_number} {self.amount_minor} {self.currency}"

    @property
    def is_to_issue(self) -> bool:
        """Whether it was agreed to and has not come yet."""
        return self.decided_as == Decision.APPROVED and not self.done_as
