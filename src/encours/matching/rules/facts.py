"""What the matching rules look at and what they answer: plain values, loaded by queries or written down in tests.

A run reads hundreds of thousands of items and lines, so what comes in rows is a named tuple (made from a row of the
database without a call per field); the rest is frozen dataclasses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

MILLION = 1_000_000  # probabilities are whole parts per million


class AdviceLine(NamedTuple):
    """One line of a remittance advice that belongs to the bank line: the number as the payer wrote it.

    `amount_minor` is what was paid for it (None or 0: the whole of it); `deduction_minor` what the payer kept.
    """

    document_number: str
    amount_minor: int | None = None
    discount_minor: int = 0
    deduction_minor: int = 0
    deduction_reason: str = ""


class Line(NamedTuple):
    """One line of a bank statement; money in is positive.

    `key` is unique in a run and decides ties. `is_undone`: a person took back what was applied; nothing is applied
    alone again. `tied_customer_id`: somebody already said whose money it is.
    """

    key: str
    booking_date: date
    currency: str
    amount_minor: int
    entry_reference: str = ""
    counterparty_name: str = ""
    counterparty_iban: str = ""
    ultimate_name: str = ""
    text: str = ""
    structured_reference: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    bank_code: str = ""
    return_reason: str = ""
    charges_minor: int = 0
    original_currency: str = ""
    original_amount_minor: int = 0
    entity_id: int = 0
    advice: tuple[AdviceLine, ...] = ()
    is_undone: bool = False
    tied_customer_id: int = 0


class Candidate(NamedTuple):
    """One open item. `amount_minor` and `open_minor` are signed: + the customer owes, - we owe (credit note).

    Early-payment discount: `discount_permyriad` (200 = 2 %) is allowed for money booked until `discount_until`.
    `is_claimed`: in dispute; it is matched when quoted, never guessed.
    """

    item_id: int
    customer_id: int
    document_number: str
    kind: str
    item_date: date
    due_date: date
    currency: str
    amount_minor: int
    open_minor: int
    reference: str = ""
    order_number: str = ""
    external_id: str = ""
    entity_id: int = 0
    discount_until: date | None = None
    discount_permyriad: int = 0
    is_claimed: bool = False
    instalment_number: int = 1
    instalment_count: int = 1


class CustomerFacts(NamedTuple):
    """One customer as payers are recognised by: names, accounts, identifiers, mandates, group."""

    customer_id: int
    number: str
    name: str
    ibans: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    vat_number: str = ""
    siren: str = ""
    external_id: str = ""
    parent_id: int = 0
    mandates: tuple[str, ...] = ()
    city: str = ""


@dataclass(frozen=True, slots=True)
class Habits:
    """How one customer pays, counted over confirmed matches."""

    oldest_first: int = 0
    several_at_once: int = 0
    whole_account: int = 0
    short_by_permyriad: Mapping[int, int] = field(default_factory=dict)  # 200 -> how often 2 % was kept
    short_by_minor: Mapping[int, int] = field(default_factory=dict)  # 1500 -> how often 15.00 of charges


@dataclass(frozen=True, slots=True)
class Learnt:
    """What people confirmed and undid: whose account and whose name pays for whom, how customers pay, how often a
    kind of evidence was right.

    `payers` maps an IBAN, `names` a folded payer name, to {customer_id: confirmations less undos}; `evidence` maps a
    signature (`Proposal.signature`) to (right, wrong).
    """

    payers: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    names: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    habits: Mapping[int, Habits] = field(default_factory=dict)
    evidence: Mapping[str, tuple[int, int]] = field(default_factory=dict)


class RuleEffect(StrEnum):
    """What a rule of the user does with a line."""

    IGNORE = "ignore"  # internal transfer, not ours: leave it out of cash application
    BOOK = "book"  # book it on `account` (fees, interest)
    CUSTOMER = "customer"  # always this customer's money
    NEVER_CUSTOMER = "never_customer"  # never this customer's money
    NEVER_ALONE = "never_alone"  # a person looks at it
    PAYOUT = "payout"  # a card or PSP payout: its advice lines are gross, fee, net


@dataclass(frozen=True, slots=True)
class UserRule:
    """A rule somebody added (CA-14): every condition that is not empty must hold; the first rule that holds decides.

    Texts are compared without case and accents; `text_contains` looks in the text, the names and the references.
    """

    rule_id: int
    effect: RuleEffect
    name_contains: str = ""
    text_contains: str = ""
    iban: str = ""
    bank_code: str = ""
    direction: str = ""  # "in", "out" or both
    amount_min_minor: int | None = None
    amount_max_minor: int | None = None
    customer_id: int = 0
    account: str = ""


class Imputation(StrEnum):
    """Which items a payment goes to when its payer is silent (Code civil 1342-10)."""

    NONE = "none"  # nothing is guessed: it stays on account
    LEGAL = "legal"  # due ones first, most interest to discharge, oldest, pro rata
    OLDEST = "oldest"  # first in, first out


@dataclass(frozen=True, slots=True)
class Policy:
    """What may run alone, and how what is left is treated; an organisation's setting."""

    alone_min_ppm: int = 990_000  # the bar for applying alone; all that passes it together is right far more often
    rival_margin: int = 300  # points (hundredths of a nat) between the best and the next
    tolerance_minor: int = 5  # a difference nobody writes a letter for: rounding
    charges_max_minor: int = 3_000  # what bank charges may come to
    discount_grace_days: int = 3  # days after the discount date a bank transfer may still take
    discount_max_permyriad: int = 500
    deduction_max_permyriad: int = 1_000  # beyond this a short payment is a part payment
    withholding_permyriad: tuple[int, ...] = ()  # rates customers may hold back by law, e.g. (500,) retenue de garantie
    books_discounts_alone: bool = True  # within the terms the invoice itself allows
    books_rounding_alone: bool = True
    books_charges_alone: bool = False
    applies_on_account_alone: bool = False  # customer sure, nothing quoted, nothing fits: on account without a person
    old_line_days: int = 0  # older lines wait for a person; 0 = never
    imputation: Imputation = Imputation.NONE
    rules: tuple[UserRule, ...] = ()
    entities_share: bool = True  # one entity's bank account may receive what is owed to another
    rates: Mapping[str, int] = field(default_factory=dict)  # "USD" -> ppm of the line's currency per unit, for FX


class Treatment(StrEnum):
    """What becomes of a difference between the money and the items."""

    PARTIAL = "partial"  # the item stays open for it
    ON_ACCOUNT = "on_account"  # money beyond the items: stays as the customer's unapplied cash
    DISCOUNT = "discount"
    CHARGE = "charge"  # bank charges, or a provider's fee
    DEDUCTION = "deduction"
    WITHHOLDING = "withholding"
    WRITE_OFF = "write_off"  # rounding
    FX = "fx"


class Allocation(NamedTuple):
    """Money of the line on one item: `amount_minor` (negative for a credit note that is netted)."""

    item_id: int
    document_number: str
    amount_minor: int


class Residual(NamedTuple):
    """A difference and its treatment: of one item (`item_id`), or money beyond all items (`item_id` 0).

    Always positive when the item keeps or loses a debt, also on account. `is_booked`: the policy allows to book it and
    close the item without a person; otherwise the item stays open for it until somebody decides.
    """

    treatment: Treatment
    amount_minor: int
    item_id: int = 0
    document_number: str = ""
    is_booked: bool = False


class Reason(NamedTuple):
    """One piece of evidence: a code that `wording` turns into a sentence, its points, what fills the sentence."""

    code: str
    points: int
    data: Mapping[str, Any] = {}


class Highlight(NamedTuple):
    """Where recognised words stand: characters `start` to `end` of a field of the line."""

    field: str
    start: int
    end: int
    code: str


class Proposal(NamedTuple):
    """What a line may pay. The allocations and what is on account sum to the line's amount, always.

    `signature` names the kind of evidence, for learning; `points` are hundredths of a nat of log-odds.
    """

    customer_id: int
    allocations: tuple[Allocation, ...]
    residuals: tuple[Residual, ...]
    points: int
    probability_ppm: int
    reasons: tuple[Reason, ...]
    highlights: tuple[Highlight, ...] = ()
    signature: str = ""
    currency: str = ""  # of the items, where it is not the line's: the amounts are then those of the payer's order

    @property
    def on_account_minor(self) -> int:
        """Money that stays the customer's unapplied cash."""
        return sum(one.amount_minor for one in self.residuals if one.treatment == Treatment.ON_ACCOUNT)


class Status(StrEnum):
    """What becomes of a line in a run."""

    APPLIED = "applied"
    PROPOSED = "proposed"
    UNMATCHED = "unmatched"
    IGNORED = "ignored"
    BOOKED = "booked"  # by a rule of the user, on its account
    RETURNED = "returned"  # money that goes back: proposes the undo of what it had paid


class Outcome(NamedTuple):
    """The answer for one line: `why_not` says what kept it from being applied alone; `rule_id` which rule decided."""

    line_key: str
    status: Status
    best: Proposal | None = None
    rivals: tuple[Proposal, ...] = ()
    why_not: str = ""
    rule_id: int = 0
    account: str = ""
