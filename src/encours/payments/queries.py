"""Read what was received."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, QuerySet

from encours.access.rules import Scope
from encours.customers.queries import owned_by
from encours.payments.models import BankAccount, BankLine, Receipt, RemittanceAdvice, RemittanceLine, Statement
from encours.payments.rules import Period, gap_before


def receipts_in_scope(scope: Scope) -> QuerySet[Receipt]:
    """The receipts of the companies and customers the reader may see."""
    receipts = Receipt.objects.filter(organisation_id=scope.organisation_id)
    if scope.entity_ids:
        receipts = receipts.filter(entity_id__in=scope.entity_ids)
    if scope.own_portfolio_only:
        receipts = receipts.filter(owned_by(scope.people, "customer__"))
    return receipts


def last_received_date(scope: Scope) -> date | None:
    """The day up to which money is known: the last receipt, or the end of the last statement."""
    received: date | None = receipts_in_scope(scope).aggregate(last=Max("received_date"))["last"]
    statements = Statement.objects.filter(organisation_id=scope.organisation_id)
    if scope.entity_ids:
        statements = statements.filter(account__entity_id__in=scope.entity_ids)
    told: date | None = statements.aggregate(last=Max("to_date"))["last"]
    return max((day for day in (received, told) if day is not None), default=None)


def receipts_of(customer_ids: Sequence[int], *, scope: Scope, limit: int) -> Sequence[Receipt]:
    """The latest receipts of a customer and of those that were merged into it."""
    receipts = receipts_in_scope(scope).filter(customer_id__in=customer_ids)
    return list(receipts.order_by("-received_date", "-pk")[:limit])


def receipt_count(customer_ids: Sequence[int], *, scope: Scope) -> int:
    """How many receipts a customer has, with those that were merged into it."""
    return receipts_in_scope(scope).filter(customer_id__in=customer_ids).count()


def bank_accounts(scope: Scope) -> QuerySet[BankAccount]:
    """The bank accounts of the companies the reader may see; those to be confirmed first."""
    accounts = BankAccount.objects.filter(organisation_id=scope.organisation_id).select_related("entity")
    if scope.entity_ids:
        accounts = accounts.filter(entity_id__in=scope.entity_ids)
    return accounts.order_by("is_confirmed", "name", "iban", "account_number", "pk")


def own_transfers(organisation_id: int) -> list[tuple[str, int]]:
    """Own accounts that stand on the other side of own movements, and how many: transfers within the house."""
    own = BankAccount.objects.filter(organisation_id=organisation_id).exclude(iban="").values_list("iban", flat=True)
    lines = BankLine.objects.filter(organisation_id=organisation_id, counterparty_iban__in=list(own))
    found = lines.values_list("counterparty_iban").annotate(count=Count("pk")).order_by("counterparty_iban")
    return [(iban, count) for iban, count in found]


def movements(account_id: int, *, organisation_id: int) -> QuerySet[BankLine]:
    """The lines that make an account's balance: batches as the bank booked them, the latest first."""
    lines = BankLine.objects.filter(organisation_id=organisation_id, account_id=account_id, batch_key="")
    return lines.order_by("-booking_date", "-pk")


def payments_told(organisation_id: int) -> QuerySet[BankLine]:
    """The lines that stand for one payment each: those that are no batch with known details."""
    return BankLine.objects.filter(organisation_id=organisation_id, detail_count=0)


@dataclass(frozen=True, slots=True)
class Gap:
    """Two statements of an account between which one is missing."""

    account_id: int
    since: date
    until: date
    amount_minor: int
    currency: str


def statement_gaps(organisation_id: int, *, account_id: int | None = None) -> list[Gap]:
    """What is missing between the statements known today, whatever order they came in."""
    rows = Statement.objects.filter(organisation_id=organisation_id, is_interim=False).order_by("to_date", "pk")
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    by_account: dict[int, list[Statement]] = {}
    for row in rows:
        by_account.setdefault(row.account_id, []).append(row)
    gaps = []
    for account, statements in by_account.items():
        periods = [
            Period(one.pk, one.from_date, one.to_date, one.opening_minor, one.closing_minor) for one in statements
        ]
        for one, period in zip(statements, periods, strict=True):
            found = gap_before(period, periods)
            if found is not None and found[0]:
                gaps.append(Gap(account, found[1], one.from_date, found[0], one.currency))
    return gaps


@dataclass(frozen=True, slots=True)
class AdviceLine:
    """One invoice as the payer names it, with what is paid, discounted and kept back of it."""

    invoice_number: str
    amount_minor: int
    discount_minor: int
    deduction_minor: int
    deduction_reason: str


@dataclass(frozen=True, slots=True)
class Advice:
    """A remittance advice and its lines."""

    id: int
    customer_id: int | None
    payer_name: str
    number: str
    advice_date: date | None
    currency: str
    total_minor: int
    lines: tuple[AdviceLine, ...]


def advices_of_lines(line_ids: Sequence[int], *, organisation_id: int) -> Mapping[int, Advice]:
    """The remittance advice each bank line has, by line id; two queries however many lines."""
    heads = {
        row.pk: row
        for row in RemittanceAdvice.objects.filter(organisation_id=organisation_id, bank_line_id__in=line_ids)
    }
    told: dict[int, list[AdviceLine]] = {}
    rows = RemittanceLine.objects.filter(organisation_id=organisation_id, advice_id__in=heads)
    for line in rows.order_by("advice_id", "position"):
        told.setdefault(line.advice_id, []).append(
            AdviceLine(
                line.invoice_number, line.amount_minor, line.discount_minor, line.deduction_minor, line.deduction_reason
            )
        )
    return {
        head.bank_line_id: Advice(
            head.pk,
            head.customer_id,
            head.payer_name,
            head.number,
            head.advice_date,
            head.currency,
            head.total_minor,
            tuple(told.get(head.pk, ())),
        )
        for head in heads.values()
        if head.bank_line_id is not None
    }
