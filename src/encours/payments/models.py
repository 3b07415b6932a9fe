"""Bank accounts, their statements and lines, remittance advices, receipts."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Entity, Scoped
from encours.customers.models import Customer


class Receipt(Scoped):
    """One payment received from a customer, or refunded when negative; insert-only, corrected in the ledger."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    # the natural key in the books it comes from
    number = models.CharField(max_length=80)
    received_date = models.DateField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    method = models.CharField(max_length=20, blank=True, default="")
    payer_name = models.CharField(max_length=200, blank=True, default="")
    payer_iban = models.CharField(max_length=40, blank=True, default="")
    reference = models.CharField(max_length=200, blank=True, default="")
    import_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "entity", "number"], name="payments_receipt_number"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="payments_receipt_not_zero"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer", "received_date"], name="payments_receipt_customer"),
            # the day up to which a company's bank is known
            models.Index(fields=["organisation", "entity", "received_date"], name="payments_receipt_latest"),
        ]

    def __str__(self) -> str:
        return self.number


class AccountKind(models.TextChoices):
    """Where money of an account lies."""

    BANK = "bank", _("Bank")
    PSP = "psp", _("Payment provider")
    CHEQUES = "cheques", _("Cheques in collection")


class BankAccount(Scoped):
    """One account of a company in one currency; made by the first statement that names it, confirmed by a person."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=100, blank=True, default="")
    iban = models.CharField(max_length=34, blank=True, default="")
    # as the bank writes it where it gives no IBAN, without blanks
    account_number = models.CharField(max_length=60, blank=True, default="")
    bic = models.CharField(max_length=11, blank=True, default="")
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=10, choices=AccountKind.choices, default=AccountKind.BANK)
    ledger_account = models.CharField(max_length=20, default="512")
    is_active = models.BooleanField(default=True)
    is_confirmed = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "iban", "currency"], condition=~Q(iban=""), name="payments_bankaccount_iban"
            ),
            models.UniqueConstraint(
                fields=["organisation", "entity", "account_number", "currency"],
                condition=Q(iban=""),
                name="payments_bankaccount_number",
            ),
            models.CheckConstraint(condition=Q(kind__in=AccountKind.values), name="payments_bankaccount_kind"),
        ]

    def __str__(self) -> str:
        return self.name or self.iban or self.account_number


class Statement(Scoped):
    """One statement or report of an account as a file gave it, and whether its balances hold; insert-only."""

    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=80)
    number = models.CharField(max_length=70, blank=True, default="")
    format = models.CharField(max_length=20)
    # reports of the day and notices of booking: they carry no promise to be whole
    is_interim = models.BooleanField(default=False)
    from_date = models.DateField()
    to_date = models.DateField()
    currency = models.CharField(max_length=3)
    opening_minor = models.BigIntegerField(null=True)
    closing_minor = models.BigIntegerField(null=True)
    sum_minor = models.BigIntegerField(default=0)
    line_count = models.IntegerField(default=0)
    # closing less opening less lines: 0 holds, null cannot be said
    difference_minor = models.BigIntegerField(null=True)
    # opening less the closing of the statement before, as known when it came in; null where none was known
    gap_minor = models.BigIntegerField(null=True)
    gap_from_date = models.DateField(null=True)
    import_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "account", "key"], name="payments_statement_key"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "account", "to_date"], name="payments_statement_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.number} {self.to_date}"


class BankLine(Scoped):
    """One movement of an account, or one payment of a batch that the bank booked as one movement; insert-only.

    A batch is a line of its own (`batch_key` empty, `detail_count` > 0) and each of its payments a line whose
    `batch_key` is the batch's key. The account's balance is the sum of the lines without `batch_key`; what is matched
    to invoices are the lines without details.
    """

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    account = models.ForeignKey(
        BankAccount, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    # the statement it was first seen in
    statement = models.ForeignKey(
        Statement, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    # account id, day, amount, digest of the references, rank among equals: unique in the organisation
    key = models.CharField(max_length=80)
    batch_key = models.CharField(max_length=80, blank=True, default="")
    # how many payments of the batch are known; the one thing that may still be learnt
    detail_count = models.IntegerField(default=0)
    booking_date = models.DateField()
    value_date = models.DateField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    counterparty_name = models.CharField(max_length=200, blank=True, default="")
    counterparty_iban = models.CharField(max_length=40, blank=True, default="")
    ultimate_name = models.CharField(max_length=200, blank=True, default="")
    text = models.TextField(blank=True, default="")
    structured_reference = models.CharField(max_length=140, blank=True, default="")
    entry_reference = models.CharField(max_length=80, blank=True, default="")
    bank_reference = models.CharField(max_length=80, blank=True, default="")
    end_to_end_id = models.CharField(max_length=80, blank=True, default="")
    mandate_id = models.CharField(max_length=80, blank=True, default="")
    bank_code = models.CharField(max_length=40, blank=True, default="")
    return_reason = models.CharField(max_length=40, blank=True, default="")
    charges_minor = models.BigIntegerField(default=0)
    original_currency = models.CharField(max_length=3, blank=True, default="")
    original_amount_minor = models.BigIntegerField(null=True)
    details = models.JSONField(default=dict)
    import_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="payments_bankline_key"),
            models.CheckConstraint(condition=Q(detail_count__gte=0), name="payments_bankline_details"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "account", "booking_date", "amount_minor"], name="payments_bankline_same"
            ),
            models.Index(
                fields=["organisation", "batch_key"], condition=~Q(batch_key=""), name="payments_bankline_batch"
            ),
            models.Index(fields=["organisation", "entity", "booking_date"], name="payments_bankline_latest"),
        ]

    def __str__(self) -> str:
        return self.key


class LineTelling(Scoped):
    """How a further format told a line that was booked already; insert-only.

    Kept so that the same file comes to the same line again, and another line of that format is not taken for it.
    """

    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    # as that format would have booked it
    key = models.CharField(max_length=80)
    booking_date = models.DateField()
    bank_reference = models.CharField(max_length=80, blank=True, default="")
    end_to_end_id = models.CharField(max_length=80, blank=True, default="")
    structured_reference = models.CharField(max_length=140, blank=True, default="")
    counterparty_iban = models.CharField(max_length=40, blank=True, default="")
    counterparty_name = models.CharField(max_length=200, blank=True, default="")
    text = models.TextField(blank=True, default="")
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="payments_linetelling_key"),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "line"], name="payments_linetelling_line")]

    def __str__(self) -> str:
        return self.key


class AdviceSource(models.TextChoices):
    """How a remittance advice came in."""

    EMAIL = "email", _("E-mail")
    PDF = "pdf", _("PDF")
    XLSX = "xlsx", _("Workbook")
    CSV = "csv", _("CSV")
    EDIFACT = "edifact", _("EDIFACT")
    MANUAL = "manual", _("Typed in")


class RemittanceAdvice(Scoped):
    """What a payer says one payment is for; insert-only but for what it is joined to, and being put aside."""

    entity = models.ForeignKey(
        Entity, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    bank_line = models.ForeignKey(
        BankLine, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    # payer, number, day, total and lines: the same advice by two ways comes in once
    key = models.CharField(max_length=64)
    source = models.CharField(max_length=10, choices=AdviceSource.choices)
    payer_name = models.CharField(max_length=200, blank=True, default="")
    payer_email = models.CharField(max_length=254, blank=True, default="")
    payer_iban = models.CharField(max_length=40, blank=True, default="")
    number = models.CharField(max_length=80, blank=True, default="")
    advice_date = models.DateField(null=True)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    file_name = models.CharField(max_length=255, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    import_id = models.BigIntegerField(null=True)
    # a person said that no payment of its own will come for it
    is_left_out = models.BooleanField(default=False, db_default=False)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="payments_remittanceadvice_key"),
            models.CheckConstraint(
                condition=Q(source__in=AdviceSource.values), name="payments_remittanceadvice_source"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "bank_line"], name="payments_advice_line"),
            models.Index(fields=["organisation", "currency", "total_minor"], name="payments_advice_total"),
            models.Index(fields=["organisation", "customer"], name="payments_advice_customer"),
        ]

    def __str__(self) -> str:
        return self.number or self.payer_name


class RemittanceLine(Scoped):
    """One invoice as a remittance advice names it, with what is paid of it and what is kept back; insert-only."""

    advice = models.ForeignKey(RemittanceAdvice, on_delete=models.PROTECT, related_name="lines", db_index=False)
    position = models.IntegerField()
    # as the payer writes it
    invoice_number = models.CharField(max_length=80, blank=True, default="")
    # what is paid for this invoice: its amount less discount and deduction
    amount_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0)
    deduction_minor = models.BigIntegerField(default=0)
    deduction_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "advice", "position"], name="payments_remittanceline_place"
            ),
        ]

    def __str__(self) -> str:
        return self.invoice_number
