"""Import runs, the rows they refused, and the mappings they learnt."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from encours.access.models import Entity, Scoped


class RunState(models.TextChoices):
    """How far a run has come."""

    RUNNING = "running", _("Running")
    DONE = "done", pgettext_lazy("run", "Done")
    REFUSED = "refused", _("Refused")
    INTERRUPTED = "interrupted", _("Interrupted: nothing was written")


class FileKind(models.TextChoices):
    """What a file holds."""

    FEC = "fec", _("FEC")
    CUSTOMERS = "customers", _("Customers")
    CONTACTS = "contacts", _("Contacts")
    INVOICES = "invoices", _("Invoices")
    PAYMENTS = "payments", _("Payments")
    BANK = "bank", _("Bank statement")
    REMITTANCE = "remittance", _("Remittance advice")
    EINVOICE = "einvoice", _("E-invoice")
    COPIES = "copies", _("Invoices as PDF")
    UNKNOWN = "", _("Unknown")


class ImportRun(Scoped):
    """One file's import, or its dry run; written beside the import itself, so that its progress is seen meanwhile."""

    entity = models.ForeignKey(Entity, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField(default=0)
    kind = models.CharField(max_length=20, choices=FileKind.choices, blank=True, default="")
    state = models.CharField(max_length=20, choices=RunState.choices, default=RunState.RUNNING)
    is_dry_run = models.BooleanField(default=False)
    mapping_name = models.CharField(max_length=100, blank=True, default="")
    progress_percent = models.SmallIntegerField(default=0)
    progress_step = models.CharField(max_length=40, blank=True, default="")
    rows_read = models.BigIntegerField(default=0)
    rows_created = models.BigIntegerField(default=0)
    rows_changed = models.BigIntegerField(default=0)
    rows_unchanged = models.BigIntegerField(default=0)
    rows_rejected = models.BigIntegerField(default=0)
    detail = models.JSONField(default=dict)
    tie_out = models.JSONField(null=True)
    refusal = models.JSONField(null=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="imports_importrun_state"),
            models.CheckConstraint(condition=Q(kind__in=FileKind.values), name="imports_importrun_kind"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "-id"], name="imports_importrun_latest"),
            models.Index(fields=["organisation", "sha256"], name="imports_importrun_sha256"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.state}"


class RejectedRow(Scoped):
    """One cell or row that a run refused or warned about; insert-only."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rejections", db_index=False)
    line = models.BigIntegerField()
    field = models.CharField(max_length=60, blank=True, default="")
    value = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=40)
    is_warning = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "run", "line"], name="imports_rejectedrow_run")]

    def __str__(self) -> str:
        return f"{self.line}: {self.field} {self.reason}"


class ImportMapping(Scoped):
    """How the columns of one kind of export are read: learnt from a person once, used by its name or its header."""

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=FileKind.choices)
    # the folded headings, by which the next file of the same export is known
    signature = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    date_order = models.CharField(max_length=3, blank=True, default="")
    decimal_mark = models.CharField(max_length=1, blank=True, default="")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="imports_importmapping_name"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "signature"], name="imports_mapping_signature"),
        ]

    def __str__(self) -> str:
        return self.name
