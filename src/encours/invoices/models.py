"""Documents and their versions."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Entity, Scoped
from encours.customers.models import Customer


class DocumentKind(models.TextChoices):
    """What the document is to the customer."""

    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")
    DEBIT_NOTE = "debit_note", _("Debit note")
    DEPOSIT = "deposit", _("Deposit invoice")


class Document(Scoped):
    """One version of an invoice, credit note, debit note or deposit; only its mark of being current changes."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=20, choices=DocumentKind.choices)
    number = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    external_id = models.CharField(max_length=80, blank=True, default="")
    reference = models.CharField(max_length=35, blank=True, default="")
    order_number = models.CharField(max_length=80, blank=True, default="")
    related_number = models.CharField(max_length=80, blank=True, default="")
    issue_date = models.DateField()
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField(null=True)
    tax_minor = models.BigIntegerField(null=True)
    gross_minor = models.BigIntegerField()
    # what the file said was still open, when it gives no history
    stated_open_minor = models.BigIntegerField(null=True)
    # a digest of the imported fields, by which a re-import knows that nothing changed
    fingerprint = models.BinaryField(max_length=16)
    import_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "entity", "number"],
                name="invoices_document_current",
                condition=Q(is_current=True),
            ),
            models.UniqueConstraint(
                fields=["organisation", "entity", "number", "version"],
                name="invoices_document_version",
                condition=Q(version__gt=1),
            ),
            models.CheckConstraint(condition=Q(kind__in=DocumentKind.values), name="invoices_document_kind"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer"], name="invoices_document_customer"),
            models.Index(
                fields=["organisation", "external_id"],
                name="invoices_document_external",
                condition=~Q(external_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class DocumentCopy(Scoped):
    """The PDF of a document as its customer gets it; only ever withdrawn, and the latest not withdrawn is in force."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    # by number, not by version: a correction of the books does not take the file away
    number = models.CharField(max_length=80)
    file_name = models.CharField(max_length=200)
    content = models.BinaryField()
    size_bytes = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    import_id = models.BigIntegerField(null=True)
    added_by_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by_name = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "entity", "number", "sha256"],
                name="invoices_copy_once",
                condition=Q(withdrawn_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.file_name}"
