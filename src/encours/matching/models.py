"""Where each bank line stands, what was applied and undone, what was learnt, and what may run alone."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from encours.access.models import Entity, Scoped, User
from encours.customers.models import Customer
from encours.ledger.models import Allocation, OpenItem, Transaction
from encours.payments.models import BankAccount, BankLine, Receipt


class How(models.TextChoices):
    """Who decided that a line pays what it pays."""

    ALONE = "alone", _("Applied alone")
    CONFIRMED = "confirmed", _("Confirmed")
    BULK = "bulk", _("Confirmed in a batch")
    MANUAL = "manual", _("Chosen by hand")
    TIED = "tied", _("Known to the books already")


class Match(Scoped):
    """One bank line applied: the receipt it became, what it settled, and why; undone by a row that reverses it."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    # null: booked on an account that is no customer's
    receipt = models.ForeignKey(
        Receipt, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    item = models.ForeignKey(
        OpenItem, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    # null: all of it stays on account
    allocation = models.ForeignKey(
        Allocation, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    how = models.CharField(max_length=10, choices=How.choices)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    on_account_minor = models.BigIntegerField(default=0)
    # [{"item_id", "invoice_number", "amount_minor"}], and what was left with its treatment and the item booked for it
    allocations = models.JSONField(default=list)
    residuals = models.JSONField(default=list)
    # the items booked for differences, and what was booked where no customer is concerned
    extra_item_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    transaction = models.ForeignKey(
        Transaction, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    probability_ppm = models.IntegerField(null=True)
    signature = models.CharField(max_length=200, blank=True, default="")
    reasons = models.JSONField(default=list)
    match_date = models.DateField()
    recorded_at = models.DateTimeField(db_default=TransactionNow())
    key = models.CharField(max_length=200)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    why = models.TextField(blank=True, default="")
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="matching_match_key"),
            models.UniqueConstraint(
                fields=["organisation", "reverses"],
                name="matching_match_reverses",
                condition=Q(reverses__isnull=False),
            ),
            models.CheckConstraint(condition=Q(how__in=How.values), name="matching_match_how"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "line"], name="matching_match_line"),
            models.Index(fields=["organisation", "match_date"], name="matching_match_day"),
            models.Index(
                fields=["organisation", "receipt"], name="matching_match_receipt", condition=Q(receipt__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.how}"


class State(models.TextChoices):
    """Where a bank line stands in cash application."""

    WAITING = "waiting", _("Waiting, nothing found")
    PROPOSED = "proposed", _("Waiting, with a proposal")
    RETURNED = "returned", _("Returned by the bank")
    APPLIED = "applied", _("Applied")
    ON_ACCOUNT = "on_account", _("On account")
    BOOKED = "booked", _("Booked elsewhere")
    TIED = "tied", _("Known to the books")
    IGNORED = "ignored", _("Left out")


OPEN_STATES = (State.WAITING.value, State.PROPOSED.value, State.RETURNED.value)


class LineWork(Scoped):
    """What is known and decided about one bank line today: its state, its proposals, whose desk it is on."""

    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    account = models.ForeignKey(
        BankAccount, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    booking_date = models.DateField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    # whose money it is or may be
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    probability_ppm = models.IntegerField(null=True)
    why_not = models.CharField(max_length=40, blank=True, default="")
    # the best proposal and the ones beside it, as `queries.proposed` reads them
    proposal = models.JSONField(null=True)
    rivals = models.JSONField(default=list)
    rule = models.ForeignKey(
        "MatchingRule", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False
    )
    match = models.ForeignKey(
        Match, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    how = models.CharField(max_length=10, choices=How.choices, blank=True, default="", db_default="")
    owner = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False
    )
    note = models.TextField(blank=True, default="", db_default="")
    # a person took back what was applied: nothing is applied alone to it again
    is_undone = models.BooleanField(default=False, db_default=False)
    decided_date = models.DateField(null=True)
    changed_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "line"], name="matching_linework_line"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="matching_linework_state"),
        ]
        indexes: ClassVar = [
            # the queue: likeliest first
            models.Index(
                fields=["organisation", "state", "-probability_ppm", "booking_date", "id"],
                name="matching_linework_queue",
                condition=Q(state__in=OPEN_STATES),
            ),
            models.Index(
                fields=["organisation", "customer"],
                name="matching_linework_customer",
                condition=Q(state__in=OPEN_STATES) & Q(customer__isnull=False),
            ),
            models.Index(
                fields=["organisation", "account", "booking_date"],
                name="matching_linework_day",
                include=["state", "how", "amount_minor", "is_undone"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.state}"


class PayerKind(models.TextChoices):
    """What a payer is recognised by."""

    IBAN = "iban", _("Bank account")
    NAME = "name", _("Name on statements")


class PayerAlias(Scoped):
    """An account or a name, and a customer it paid for, counted over what was applied and undone."""

    kind = models.CharField(max_length=5, choices=PayerKind.choices)
    # the IBAN without blanks, or the folded name
    value = models.CharField(max_length=200)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    confirmed_count = models.IntegerField(default=0)
    undone_count = models.IntegerField(default=0)
    last_date = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "value", "customer"], name="matching_payeralias_value"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "customer"], name="matching_payeralias_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.value} {self.customer_id}"


class EvidenceCount(Scoped):
    """How often a kind of evidence was right and wrong, by what people confirmed and undid."""

    signature = models.CharField(max_length=200)
    right_count = models.IntegerField(default=0)
    wrong_count = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "signature"], name="matching_evidencecount_signature"),
        ]

    def __str__(self) -> str:
        return self.signature


class HabitCount(Scoped):
    """How often a customer paid in one way: several at once, oldest first, two per cent short."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    # several_at_once, oldest_first, whole_account, short_by_permyriad, short_by_minor
    kind = models.CharField(max_length=20)
    value = models.BigIntegerField(default=0)
    count = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "customer", "kind", "value"], name="matching_habitcount_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.kind} {self.count}"


class RuleEffect(models.TextChoices):
    """What a rule does with a line; `matching.rules.facts` has the same words."""

    IGNORE = "ignore", _("Leave it out")
    BOOK = "book", _("Book it on an account")
    CUSTOMER = "customer", _("It is a customer’s money")
    NEVER_CUSTOMER = "never_customer", _("It is never a customer’s money")
    NEVER_ALONE = "never_alone", _("A person looks at it")
    PAYOUT = "payout", _("It is a payout, less the fee")


class MatchingRule(Scoped):
    """A rule somebody added for bank lines: each condition filled in must hold; the first rule that holds decides."""

    position = models.IntegerField(default=0)
    name = models.CharField(max_length=100)
    effect = models.CharField(max_length=20, choices=RuleEffect.choices)
    name_contains = models.CharField(max_length=200, blank=True, default="")
    text_contains = models.CharField(max_length=200, blank=True, default="")
    iban = models.CharField(max_length=40, blank=True, default="")
    bank_code = models.CharField(max_length=40, blank=True, default="")
    direction = models.CharField(
        max_length=3, blank=True, default="", choices=[("", _("both")), ("in", _("money in")), ("out", _("money out"))]
    )
    amount_min_minor = models.BigIntegerField(null=True)
    amount_max_minor = models.BigIntegerField(null=True)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.CharField(max_length=20, blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_by_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(effect__in=RuleEffect.values), name="matching_matchingrule_effect"),
            models.CheckConstraint(
                condition=~Q(effect="book") | ~Q(account="") & ~Q(account__startswith="41"),
                name="matching_matchingrule_account",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "position"], name="matching_rule_position")]

    def __str__(self) -> str:
        return self.name


class PeriodChoice(models.TextChoices):
    """What becomes of money whose day lies in a closed period."""

    NEXT_OPEN_DAY = "next_open_day", _("Book it on the first open day")
    REFUSE = "refuse", _("Leave it to a person")


class MatchingPolicy(Scoped):
    """What may be applied alone in an organisation, and how differences are treated; without a row, the usual."""

    alone_min_ppm = models.IntegerField(default=990_000)
    rival_margin = models.IntegerField(default=300)
    tolerance_minor = models.BigIntegerField(default=5)
    charges_max_minor = models.BigIntegerField(default=3_000)
    discount_grace_days = models.IntegerField(default=3)
    discount_max_permyriad = models.IntegerField(default=500)
    deduction_max_permyriad = models.IntegerField(default=1_000)
    withholding_permyriad = ArrayField(models.IntegerField(), default=list, blank=True)
    books_discounts_alone = models.BooleanField(default=True)
    books_rounding_alone = models.BooleanField(default=True)
    books_charges_alone = models.BooleanField(default=False)
    applies_on_account_alone = models.BooleanField(default=False)
    old_line_days = models.IntegerField(default=0)
    imputation = models.CharField(
        max_length=10,
        default="none",
        choices=[("none", _("No guess")), ("legal", _("Order of the Civil Code")), ("oldest", _("Oldest first"))],
    )
    # role -> the most one person of it may write off of one line, in minor units; absent: no limit for roles that may
    # write off, nothing for the others
    write_off_limits = models.JSONField(default=dict)
    contest_days = models.IntegerField(default=60)
    closed_periods = models.CharField(max_length=15, choices=PeriodChoice.choices, default=PeriodChoice.NEXT_OPEN_DAY)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation"], name="matching_matchingpolicy_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.alone_min_ppm}"


class ExportState(models.TextChoices):
    """What the accounting package said of a journal file."""

    MADE = "made", _("Made, not acknowledged")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    REFUSED = "refused", _("Refused")


class JournalExport(Scoped):
    """One file of new postings for a company's accounting; what it refused goes into the next one."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.IntegerField()
    state = models.CharField(max_length=15, choices=ExportState.choices, default=ExportState.MADE)
    row_count = models.IntegerField(default=0)
    debit_minor = models.BigIntegerField(default=0)
    # how often the same file was taken
    attempt_count = models.IntegerField(default=1)
    reference = models.CharField(max_length=200, blank=True, default="")
    made_at = models.DateTimeField(db_default=TransactionNow())
    made_by_name = models.CharField(max_length=200)
    answered_at = models.DateTimeField(null=True)
    # the days it was asked for; null is open on that side
    from_date = models.DateField(null=True)
    to_date = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "entity", "number"], name="matching_journalexport_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"


class ExportedTransaction(Scoped):
    """A transaction that stands in a journal file; insert-only."""

    export = models.ForeignKey(JournalExport, on_delete=models.PROTECT, related_name="transactions", db_index=False)
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "transaction", "export"], name="matching_exported_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "export"], name="matching_exported_export")]

    def __str__(self) -> str:
        return f"{self.export_id} {self.transaction_id}"


class MatchRequest(Scoped):
    """One call of a program with its own key, and the match it made; the same call again finds it. Insert-only."""

    key = models.CharField(max_length=200)
    verb = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    match = models.ForeignKey(Match, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    recorded_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="matching_matchrequest_key"),
        ]

    def __str__(self) -> str:
        return self.key
