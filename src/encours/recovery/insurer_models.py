"""What was declared to a credit insurer."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Scoped
from encours.customers.models import Customer
from encours.recovery.rules.deadlines import Kind


class InsurerWord(models.TextChoices):
    """What the insurer was told, or asked for."""

    NOTICE = Kind.INSURER_NOTICE.value, _("Overdue declared to the insurer")
    CLAIM = Kind.INSURER_CLAIM.value, _("Claim made on the insurer")


class InsurerDeclaration(Scoped):
    """What a person declared to the insurer of a customer, with the items it named; only its taking back is added."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=InsurerWord.choices)
    declared_date = models.DateField()
    # the number the insurer gave it
    reference = models.CharField(max_length=200, blank=True, default="")
    # item_id, document_number, due_date, currency, open_minor of each item, as they stood
    lines = models.JSONField()
    author_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    withdrawn_date = models.DateField(null=True)
    withdrawn_why = models.TextField(blank=True, db_default="", default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=InsurerWord.values), name="recovery_insurer_kind"),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "customer"], name="recovery_insurer_customer")]

    @property
    def documents(self) -> list[str]:
        """The documents it names, each once."""
        return list(dict.fromkeys(str(line["document_number"]) for line in self.lines))

    def __str__(self) -> str:
        return f"{self.kind} {self.declared_date}"
