"""What one late instalment comes to: its interest, its compensation, what was decided already, and what is left."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from encours.core.legal_values import LegalValue, LegalValueMissing, Registry
from encours.core.money import Money
from encours.penalties.rules.interest import (
    Debt,
    ReductionKind,
    Segment,
    interest_minor,
    is_late,
    segments_of,
)
from encours.penalties.rules.rates import Imputation, compensation_of

HOME_COUNTRIES = frozenset({"", "FR"})

DOUBTFUL_VALUE = "doubtful_value"
DUE_INFERRED = "due_inferred"
UNDATED_PAYMENT = "undated_payment"
FOREIGN_CUSTOMER = "foreign_customer"
DISPUTED = "disputed"
UNAPPLIED = "unapplied"
LIMITED = "limited"
WARNINGS = (DOUBTFUL_VALUE, DUE_INFERRED, UNDATED_PAYMENT, FOREIGN_CUSTOMER, DISPUTED, UNAPPLIED, LIMITED)
LIMITATION_YEARS = 5


@dataclass(frozen=True, slots=True)
class Decided:
    """What was invoiced and waived so far of one debt."""

    invoiced_minor: int = 0
    waived_minor: int = 0

    @property
    def minor(self) -> int:
        """Both together: what is claimed no more."""
        return self.invoiced_minor + self.waived_minor


NOTHING_DECIDED = Decided()


@dataclass(frozen=True, slots=True)
class LateItem:
    """One instalment owed after its due date, with all that its penalties depend on."""

    item_id: int
    customer_id: int
    customer_number: str
    customer_name: str
    country: str
    entity_id: int
    entity_code: str
    document_number: str
    instalment_number: int
    instalment_count: int
    item_date: date
    due_date: date
    due_inferred: bool
    currency: str
    amount_minor: int
    debt: Debt
    is_disputed: bool = False
    interest_decided: Decided = NOTHING_DECIDED
    compensation_decided: Decided = NOTHING_DECIDED


@dataclass(frozen=True, slots=True)
class Accrual:
    """The penalties of one instalment as of a day; a refusal instead of interest where a legal value is missing."""

    item: LateItem
    until: date
    segments: Sequence[Segment]
    compensation: LegalValue | None
    registry: Registry = field(repr=False, compare=False)
    refusal: LegalValueMissing | None = None

    @property
    def interest_minor(self) -> int:
        """The interest run up to the day."""
        return interest_minor(self.segments)

    @property
    def other_interest_minor(self) -> int | None:
        """The interest by the other imputation than the one agreed: payments to interest first (C. civ. 1343-1).

        None where a rate is missing: such a debt may go on for longer.
        """
        agreed = self.item.debt.agreement
        other = Imputation.INTEREST if agreed.imputation is Imputation.PRINCIPAL else Imputation.PRINCIPAL
        otherwise = replace(self.item.debt, agreement=replace(agreed, imputation=other))
        try:
            return interest_minor(segments_of(otherwise, until=self.until, registry=self.registry))
        except LegalValueMissing:
            return None

    @property
    def interest_left_minor(self) -> int:
        """The interest neither invoiced nor waived; negative when more was invoiced than is due by now."""
        return self.interest_minor - self.item.interest_decided.minor

    @property
    def compensation_minor(self) -> int:
        """The fixed compensation of the document, on its first late instalment."""
        if self.compensation is None:
            return 0
        return Money.from_decimal(self.compensation.value, self.compensation.unit).minor

    @property
    def compensation_currency(self) -> str:
        """The compensation is set in euros, whatever the invoice is in."""
        return self.compensation.unit if self.compensation else "EUR"

    @property
    def compensation_left_minor(self) -> int:
        """The compensation neither invoiced nor waived."""
        return self.compensation_minor - self.item.compensation_decided.minor if self.compensation else 0

    @property
    def open_minor(self) -> int:
        """What is still owed of the principal on the day."""
        taken = sum(one.amount_minor for one in self.item.debt.reductions if one.day <= self.until)
        return self.item.amount_minor - taken

    @property
    def days_late(self) -> int:
        """From the due date to the last bearing day, or to the day asked about while something is owed."""
        last = self.segments[-1].last_day if self.segments and not self.open_minor else self.until
        return (last - self.item.due_date).days

    @property
    def limitation_date(self) -> date:
        """The first day on which the claim may be time-barred: five years from its due date (C. com. L110-4).

        Due 31 May 2021 -> 31 May 2026, unless an acknowledgement or a legal claim interrupted it since: acts that the
        books do not tell, so that a person looks.
        """
        due = self.item.due_date
        is_leap_day = (due.month, due.day) == (2, 29)
        return due.replace(year=due.year + LIMITATION_YEARS, day=28 if is_leap_day else due.day)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know before this is claimed."""
        undated = any(one.kind is ReductionKind.UNDATED for one in self.item.debt.reductions)
        is_doubtful = any(segment.rate.doubts for segment in self.segments) or bool(
            self.compensation and self.compensation.doubt
        )
        told = {
            DOUBTFUL_VALUE: is_doubtful,
            DUE_INFERRED: self.item.due_inferred,
            UNDATED_PAYMENT: undated,
            FOREIGN_CUSTOMER: self.item.country not in HOME_COUNTRIES,
            DISPUTED: self.item.is_disputed,
            LIMITED: self.until >= self.limitation_date,
        }
        return tuple(code for code, is_so in told.items() if is_so)


def accrue(items: Sequence[LateItem], *, until: date, registry: Registry) -> list[Accrual]:
    """The penalties of one customer's late instalments; each document owes its compensation once, on its first one.

    Three instalments of one invoice paid late -> three times interest, once EUR 40 (D441-5: by invoice). What was
    never late on any day is left out.
    """
    found = []
    with_compensation: set[tuple[int, str]] = set()
    for item in sorted(items, key=lambda one: (one.due_date, one.instalment_number, one.item_id)):
        if not is_late(item.debt, until=until):
            continue
        document = (item.entity_id, item.document_number)
        found.append(_accrued(item, until, registry, is_first=document not in with_compensation))
        with_compensation.add(document)
    return found


def _accrued(item: LateItem, until: date, registry: Registry, *, is_first: bool) -> Accrual:
    try:
        segments = segments_of(item.debt, until=until, registry=registry)
        compensation = (
            compensation_of(item.debt.agreement, due_date=item.due_date, registry=registry) if is_first else None
        )
    except LegalValueMissing as refusal:
        return Accrual(item, until, (), None, registry, refusal)
    return Accrual(item, until, segments, compensation, registry)


@dataclass(frozen=True, slots=True)
class Total:
    """What penalties come to in one currency."""

    currency: str
    interest_minor: int = 0
    compensation_minor: int = 0
    invoiced_minor: int = 0
    waived_minor: int = 0
    left_minor: int = 0


def totals_of(accruals: Sequence[Accrual]) -> list[Total]:
    """Sums by currency, refused instalments left out: the reader is told of them apart."""
    found: dict[str, Total] = {}
    for accrual in accruals:
        if accrual.refusal:
            continue
        decided = accrual.item.interest_decided
        add_interest = Total(
            accrual.item.currency,
            interest_minor=accrual.interest_minor,
            invoiced_minor=decided.invoiced_minor,
            waived_minor=decided.waived_minor,
            left_minor=accrual.interest_left_minor,
        )
        _add(found, add_interest)
        if accrual.compensation:
            once = accrual.item.compensation_decided
            _add(
                found,
                Total(
                    accrual.compensation_currency,
                    compensation_minor=accrual.compensation_minor,
                    invoiced_minor=once.invoiced_minor,
                    waived_minor=once.waived_minor,
                    left_minor=accrual.compensation_left_minor,
                ),
            )
    return sorted(found.values(), key=lambda total: -total.left_minor)


def _add(found: dict[str, Total], more: Total) -> None:
    before = found.get(more.currency, Total(more.currency))
    found[more.currency] = Total(
        more.currency,
        before.interest_minor + more.interest_minor,
        before.compensation_minor + more.compensation_minor,
        before.invoiced_minor + more.invoiced_minor,
        before.waived_minor + more.waived_minor,
        before.left_minor + more.left_minor,
    )


def percent(value: Decimal) -> str:
    """A rate as it is written, with two decimals at least: 12.40, 0.00, 7.125."""
    text = plain(value)
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(2, '0')}"


def plain(value: Decimal) -> str:
    """A number of points or times as it is written: 10, 3, 0.5."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
