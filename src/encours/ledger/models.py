"""Transactions, entries, open items and allocations; only added to, never changed."""

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Entity, Scoped
from encours.customers.models import Customer


class Transaction(Scoped):
    """One accounting event: an issue, a receipt, a write-off, or a whole imported file's events of one day."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False)
    transaction_date = models.DateField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    source = models.CharField(max_length=30)
    key = models.CharField(max_length=200)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    why = models.TextField(blank=True, default="")
    reverses = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="ledger_transaction_key"),
        ]

    def __str__(self) -> str:
        return f"{self.transaction_date} {self.source} {self.key}"


class Entry(Scoped):
    """One leg of a transaction on an account; debit positive, credit negative."""

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "account"], name="ledger_entry_account")]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor} {self.currency}"


class ItemKind(models.TextChoices):
    """What put the item on the account."""

    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")
    DEBIT_NOTE = "debit_note", _("Debit note")
    DEPOSIT = "deposit", _("Deposit")
    RECEIPT = "receipt", _("Payment")
    REFUND = "refund", _("Refund")
    DISCOUNT = "discount", _("Discount")
    DEDUCTION = "deduction", _("Deduction")
    WRITE_OFF = "write_off", _("Write-off")
    CHARGE = "charge", _("Bank charge")
    WITHHOLDING = "withholding", _("Withholding tax")
    FX_DIFFERENCE = "fx_difference", _("Exchange difference")
    CONVERSION = "conversion", _("Currency conversion")
    OTHER_INCOME = "other_income", _("Other income")
    TRANSFER = "transfer", _("Transfer between customer accounts")
    SETTLED_BEFORE = "settled_before", _("Settled before, without detail")
    REVERSAL = "reversal", _("Reversal")


# where the other side of a posting goes when the books it comes from do not say
COUNTERPARTS = {
    ItemKind.INVOICE: "70",
    ItemKind.CREDIT_NOTE: "70",
    ItemKind.DEBIT_NOTE: "70",
    ItemKind.DEPOSIT: "487",
    ItemKind.RECEIPT: "512",
    ItemKind.REFUND: "512",
    ItemKind.DISCOUNT: "665",
    ItemKind.DEDUCTION: "709",
    ItemKind.WRITE_OFF: "654",
    ItemKind.CHARGE: "627",
    ItemKind.WITHHOLDING: "448",
    ItemKind.FX_DIFFERENCE: "666",
    ItemKind.CONVERSION: "476",
    ItemKind.OTHER_INCOME: "758",
    ItemKind.TRANSFER: "471",
    ItemKind.SETTLED_BEFORE: "471",
    ItemKind.REVERSAL: "471",
}

# what a balance as of a past day needs of each item: the indexes hold it, so that no page of the table is read
AS_OF_COLUMNS = (
    "id",
    "entity",
    "item_date",
    "amount_minor",
    "recorded_at",
    "legs_first_date",
    "legs_first_at",
    "legs_last_at",
)


class OpenItem(Scoped):
    """One instalment on a customer's account; `open_minor` and `legs_*` are kept by the database from the legs."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="items", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=20, choices=ItemKind.choices)
    account = models.CharField(max_length=20, default="411")
    # where its other side is booked; empty: on the usual account of its kind
    counterpart = models.CharField(max_length=20, blank=True, default="", db_default="")
    document_number = models.CharField(max_length=80)
    # the row of the room that issued it: invoices.Document or payments.Receipt, by kind
    document_id = models.BigIntegerField(null=True)
    instalment_number = models.SmallIntegerField(default=1)
    instalment_count = models.SmallIntegerField(default=1)
    item_date = models.DateField()
    due_date = models.DateField()
    due_inferred = models.BooleanField(default=False)
    is_implied = models.BooleanField(default=False)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    open_minor = models.BigIntegerField()
    legs_first_date = models.DateField(null=True)
    legs_last_date = models.DateField(null=True)
    legs_first_at = models.DateTimeField(null=True)
    legs_last_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_openitem_open_within_amount",
                condition=Q(open_minor__gte=0, open_minor__lte=F("amount_minor"))
                | Q(open_minor__lte=0, open_minor__gte=F("amount_minor")),
            ),
            models.CheckConstraint(name="ledger_openitem_kind", condition=Q(kind__in=ItemKind.values)),
            models.CheckConstraint(
                name="ledger_openitem_instalment",
                condition=Q(instalment_number__gte=1, instalment_number__lte=F("instalment_count")),
            ),
            # an item is reversed once
            models.UniqueConstraint(
                fields=["organisation", "reverses"],
                name="ledger_openitem_reverses",
                condition=Q(reverses__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                # in the order of the aged balance's lines, which are then summed without a sort or a hash
                fields=["organisation", "customer", "currency", "due_date"],
                name="ledger_openitem_open",
                condition=~Q(open_minor=0),
                include=["open_minor", "kind", "legs_last_date", *AS_OF_COLUMNS],
            ),
            # what was still open on a past day is found from what was closed after it
            models.Index(
                fields=["organisation", "legs_last_date"],
                name="ledger_openitem_closed",
                condition=Q(open_minor=0),
                include=["customer", "currency", "due_date", "open_minor", *AS_OF_COLUMNS],
            ),
            models.Index(fields=["organisation", "customer"], name="ledger_openitem_customer"),
            models.Index(fields=["organisation", "document_id"], name="ledger_openitem_document"),
        ]

    def __str__(self) -> str:
        return f"{self.document_number} {self.instalment_number}/{self.instalment_count}"


class Allocation(Scoped):
    """Items settled against one another, or the undoing of that; a lettrage code when accountants gave one."""

    allocation_date = models.DateField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    code = models.CharField(max_length=20, blank=True, default="")
    code_date = models.DateField(null=True)
    source = models.CharField(max_length=30)
    key = models.CharField(max_length=200)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    why = models.TextField(blank=True, default="")
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="ledger_allocation_key"),
            # an allocation is undone once
            models.UniqueConstraint(
                fields=["organisation", "reverses"],
                name="ledger_allocation_reverses",
                condition=Q(reverses__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "recorded_at"], name="ledger_allocation_recorded"),
            models.Index(fields=["organisation", "allocation_date"], name="ledger_allocation_day"),
        ]

    def __str__(self) -> str:
        return f"{self.allocation_date} {self.code or self.key}"


class AllocationLeg(Scoped):
    """What an allocation changes in one item's open amount: minus on what is owed to us, plus on what we owe."""

    allocation = models.ForeignKey(
        Allocation, on_delete=models.PROTECT, related_name="legs", db_index=False, db_constraint=False
    )
    item = models.ForeignKey(
        OpenItem, on_delete=models.PROTECT, related_name="legs", db_index=False, db_constraint=False
    )
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    allocation_date = models.DateField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_leg_not_zero", condition=~Q(amount_minor=0)),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "item"],
                name="ledger_leg_item",
                include=["amount_minor", "allocation_date", "recorded_at"],
            ),
            models.Index(fields=["organisation", "allocation"], name="ledger_leg_allocation"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.amount_minor}"


class Lettering(Scoped):
    """The lettrage code an allocation bears from then on; the latest row counts, before the allocation's own code.

    A group that balances bears capitals; one that does not, the same letters in lower case; an undone one bears none.
    """

    allocation = models.ForeignKey(
        Allocation, on_delete=models.PROTECT, related_name="letterings", db_index=False, db_constraint=False
    )
    code = models.CharField(max_length=20, blank=True, default="")
    code_date = models.DateField(null=True)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organisation", "allocation", "-id"], name="ledger_lettering_allocation"),
        ]

    def __str__(self) -> str:
        return f"{self.allocation_id} {self.code}"


class LetteringCounter(Scoped):
    """The last lettrage code given on one customer's account of one company, as a number; AA is 0."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    account = models.CharField(max_length=20)
    last_number = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "entity", "customer", "account"], name="ledger_letteringcounter_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.account} {self.last_number}"


class CounterpartAccount(Scoped):
    """The account on which a company books the other side of one kind of item, where it is not the usual one."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=ItemKind.choices)
    account = models.CharField(max_length=20)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "entity", "kind"], name="ledger_counterpartaccount_kind"),
            models.CheckConstraint(
                name="ledger_counterpartaccount_not_receivable", condition=~Q(account__startswith="41")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account}"


class Closing(Scoped):
    """The last day of a company's books that takes no more postings; the latest row counts, so a period may reopen."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False)
    closed_until = models.DateField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    why = models.TextField(blank=True, default="")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "entity", "-id"], name="ledger_closing_latest")]

    def __str__(self) -> str:
        return f"{self.entity_id} {self.closed_until}"


class ExchangeRate(Scoped):
    """What one unit of a currency was worth in another on a day, in millionths; insert-only, the latest row counts."""

    currency = models.CharField(max_length=3)
    base = models.CharField(max_length=3)
    rate_date = models.DateField()
    rate_ppm = models.BigIntegerField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_exchangerate_positive", condition=Q(rate_ppm__gt=0)),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "currency", "base", "-rate_date", "-id"], name="ledger_rate_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.currency}/{self.base} {self.rate_date}"
