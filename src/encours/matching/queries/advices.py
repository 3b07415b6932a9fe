"""Remittance advices beside the books: those that wait for their payment, and what their lines name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from encours.access.rules import Scope
from encours.customers.queries import owned_by
from encours.invoices import queries as invoices
from encours.ledger import queries as ledger
from encours.ledger.models import OpenItem
from encours.matching.models import OPEN_STATES, LineWork
from encours.matching.queries.book import KINDS
from encours.matching.rules import folding
from encours.payments.models import BankLine, RemittanceAdvice, RemittanceLine
from encours.payments.queries import payments_told

TABS = ("waiting", "joined", "left_out")
LISTED_MAX = 300
LINES_SHOWN_MAX = 2000
_PAYMENTS_SHOWN = 8
_PAYMENT_WITHIN_DAYS = 45


@dataclass(frozen=True, slots=True)
class AdviceRow:
    """One advice in a list; `age_days` since its own day, or since it came in."""

    id: int
    customer_number: str
    payer_name: str
    number: str
    source: str
    day: date
    age_days: int
    line_count: int
    found_count: int
    currency: str
    total_minor: int
    bank_line_id: int | None


@dataclass(frozen=True, slots=True)
class LineFound:
    """One line of an advice and the open item it names; `state` says open, settled, elsewhere or unknown."""

    line: RemittanceLine
    state: str
    item: OpenItem | None
    document_id: int | None

    @property
    def meant_minor(self) -> int:
        """What the line settles in all: paid, discounted and kept back."""
        return self.line.amount_minor + self.line.discount_minor + self.line.deduction_minor


def in_scope(scope: Scope) -> QuerySet[RemittanceAdvice]:
    """The advices of companies and customers the reader sees; those nobody is recognised in are everybody's."""
    found = RemittanceAdvice.objects.filter(organisation_id=scope.organisation_id).select_related("customer", "entity")
    if scope.entity_ids:
        found = found.filter(Q(entity=None) | Q(entity_id__in=scope.entity_ids))
    if scope.own_portfolio_only:
        found = found.filter(owned_by(scope.people, "customer__"))
    return found


def _of_tab(scope: Scope, tab: str) -> QuerySet[RemittanceAdvice]:
    found = in_scope(scope)
    if tab == "joined":
        return found.filter(bank_line__isnull=False)
    return found.filter(bank_line=None, is_left_out=tab == "left_out")


def listed(scope: Scope, *, tab: str, today: date, limit: int = LISTED_MAX) -> list[AdviceRow]:
    """The advices of a tab: those that wait the oldest first, the others the latest first."""
    found = _of_tab(scope, tab)
    waiting_first = [] if tab == "waiting" else ["-pk"]
    rows = list(found.order_by(*waiting_first, "advice_date", "pk")[:limit])
    counts = _counts([row.pk for row in rows], scope.organisation_id)
    return [
        AdviceRow(
            row.pk,
            row.customer.number if row.customer else "",
            row.payer_name or (row.customer.name if row.customer else ""),
            row.number,
            row.source,
            day := row.advice_date or row.recorded_at.date(),
            max(0, (today - day).days),
            *counts.get(row.pk, (0, 0)),
            row.currency,
            row.total_minor,
            row.bank_line_id,
        )
        for row in rows
    ]


def counts_by_tab(scope: Scope) -> dict[str, int]:
    """How many advices stand in each tab."""
    return {tab: _of_tab(scope, tab).count() for tab in TABS}


def _counts(ids: Sequence[int], organisation_id: int) -> dict[int, tuple[int, int]]:
    """How many lines each advice has, and how many of them name a document that is known as written."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select l.advice_id, count(*), count(*) filter (where l.invoice_number = any(
                   select d.number from invoices_document d where d.organisation_id = %(organisation)s and d.is_current
                     and d.entity_id in (select e.id from access_entity e where e.organisation_id = %(organisation)s)
                     and d.number in (select n.invoice_number from payments_remittanceline n
                         where n.organisation_id = %(organisation)s and n.advice_id = any(%(ids)s))))
               from payments_remittanceline l
               where l.organisation_id = %(organisation)s and l.advice_id = any(%(ids)s) group by l.advice_id""",
            {"organisation": organisation_id, "ids": list(ids)},
        )
        return {int(advice): (int(lines), int(found)) for advice, lines, found in cursor.fetchall()}


def lines_found(advice: RemittanceAdvice, *, scope: Scope) -> list[LineFound]:
    """Each line with the item it names: by its number as written, else by the same signs on the customer's account."""
    lines = list(
        RemittanceLine.objects.filter(organisation_id=scope.organisation_id, advice_id=advice.pk).order_by("position")[
            :LINES_SHOWN_MAX
        ]
    )
    parties = invoices.parties_of_numbers(
        {line.invoice_number for line in lines if line.invoice_number}, organisation_id=scope.organisation_id
    )
    customers = {customer for customer, _ in parties.values()}
    if advice.customer_id is not None:
        customers.add(advice.customer_id)
    by_number: dict[bytes, list[OpenItem]] = {}
    for item in ledger.items_in_scope(scope).filter(
        customer_id__in=customers, kind__in=KINDS, currency=advice.currency
    ):
        by_number.setdefault(folding.compact(item.document_number), []).append(item)
    return [_found(line, by_number, parties) for line in lines]


def _found(
    line: RemittanceLine, by_number: dict[bytes, list[OpenItem]], parties: dict[str, tuple[int, int]]
) -> LineFound:
    named = by_number.get(folding.compact(folding.plain(line.invoice_number)), []) if line.invoice_number else []
    meant = line.amount_minor + line.discount_minor + line.deduction_minor
    opens = sorted((one for one in named if one.open_minor), key=lambda one: (one.open_minor != meant, one.due_date))
    if opens:
        return LineFound(line, "open", opens[0], opens[0].document_id)
    if named:
        return LineFound(line, "settled", named[-1], named[-1].document_id)
    return LineFound(line, "elsewhere" if line.invoice_number in parties else "unknown", None, None)


def payments_for(advice: RemittanceAdvice, *, scope: Scope, today: date) -> list[BankLine]:
    """Bank lines that wait and may be the payment of an advice: the same amount first, then its customer's."""
    day = advice.advice_date or today
    is_open = Exists(
        LineWork.objects.filter(
            organisation_id=scope.organisation_id, line_id=OuterRef("pk"), state__in=[str(one) for one in OPEN_STATES]
        )
    )
    is_taken = Exists(
        RemittanceAdvice.objects.filter(organisation_id=scope.organisation_id, bank_line_id=OuterRef("pk"))
    )
    lines = payments_told(scope.organisation_id).filter(
        is_open,
        ~is_taken,
        currency=advice.currency,
        booking_date__gte=day - timedelta(days=_PAYMENT_WITHIN_DAYS),
        booking_date__lte=day + timedelta(days=_PAYMENT_WITHIN_DAYS),
    )
    if scope.entity_ids:
        lines = lines.filter(entity_id__in=scope.entity_ids)
    if advice.entity_id:
        lines = lines.filter(entity_id=advice.entity_id)
    same = list(lines.filter(amount_minor=advice.total_minor).order_by("booking_date", "pk")[:_PAYMENTS_SHOWN])
    if advice.customer_id is None or len(same) == _PAYMENTS_SHOWN:
        return same
    works = LineWork.objects.filter(organisation_id=scope.organisation_id, customer_id=advice.customer_id)
    of_customer = lines.filter(pk__in=works.values("line_id")).exclude(pk__in=[one.pk for one in same])
    return [*same, *of_customer.order_by("-booking_date", "-pk")[: _PAYMENTS_SHOWN - len(same)]]


def of_line(line_id: int, *, scope: Scope) -> RemittanceAdvice | None:
    """The advice a bank line has, the first one where several announce it."""
    return in_scope(scope).filter(bank_line_id=line_id).order_by("pk").first()


def as_listed(row: AdviceRow) -> dict[str, Any]:
    """A row of the list as its export has it."""
    return {name: getattr(row, name) for name in AdviceRow.__slots__}
