"""What the demo's customers were invoiced: invoices, instalments, deposits and credit notes of eighteen months."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from encours.core.dates import add_months, days, month_start
from encours.core.terms import Terms
from encours.entrypoints.demo import words
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.market import CORE, LARGE, MIDDLE, SEED, SMALL, Customer

MONTHS = 18
INVOICE, CREDIT_NOTE, DEPOSIT = "invoice", "credit_note", "deposit"
# invoices a month and company, in percent of one, by size of the customer; and how much bigger its orders are
_RHYTHM = {CORE: 390, LARGE: 200, MIDDLE: 105, SMALL: 55}
_WEIGHT = {CORE: 8, LARGE: 4, MIDDLE: 2, SMALL: 1}
# percent of a usual month: August is quiet, September catches up
_SEASON = {1: 92, 2: 96, 3: 108, 4: 98, 5: 90, 6: 112, 7: 98, 8: 68, 9: 112, 10: 114, 11: 104, 12: 96}
_BLOCKED_DAYS = 45  # whoever has stopped paying is not delivered any more after so many days
_INITIALS = {
    INVOICE: {"01": "FA", "02": "FS"},
    CREDIT_NOTE: {"01": "AV", "02": "AS"},
    DEPOSIT: {"01": "AC", "02": "AD"},
}
_TAX_PERCENT = 20
_LONG_ORDER_MINOR = 800_000


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of a document and the day it falls due."""

    due_date: dt.date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice, before VAT."""

    label: str
    quantity: int
    price_minor: int

    @property
    def net_minor(self) -> int:
        """Quantity times price."""
        return self.quantity * self.price_minor


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice, deposit invoice or credit note; amounts of a credit note are positive here."""

    customer: Customer
    company_code: str
    kind: str
    issue_date: dt.date
    net_minor: int
    tax_minor: int
    instalments: tuple[Instalment, ...]
    seed: str
    number: str = ""
    order_number: str = ""
    related_seed: str = ""
    label: str = ""

    @property
    def gross_minor(self) -> int:
        """What is to pay, tax included."""
        return self.net_minor + self.tax_minor

    @property
    def chance(self) -> random.Random:
        """The document's own luck, the same in every book that holds it."""
        return random.Random(self.seed)


def documents(customers: Sequence[Customer], *, today: dt.date) -> tuple[Document, ...]:
    """Everything issued up to the last business day before today, numbered in order of issue."""
    until = FRANCE.previous_business_day(today - dt.timedelta(days=1))
    start = month_start(add_months(today, -MONTHS))
    issued = [
        document
        for customer in customers
        for document in _issued_to(customer, start, _end_of_trade(customer, today, until))
        if document.issue_date <= until
    ]
    return _numbered(issued)


def _end_of_trade(customer: Customer, today: dt.date, until: dt.date) -> dt.date:
    if customer.habit.silent_days <= _BLOCKED_DAYS:
        return until
    return min(until, today - dt.timedelta(days=customer.habit.silent_days - _BLOCKED_DAYS))


def _issued_to(customer: Customer, start: dt.date, end: dt.date) -> Iterator[Document]:
    month = start
    while month <= end:
        for code in customer.company_codes:
            for document in _month_of(customer, code, month):
                if document.issue_date <= end:
                    yield document
        month = add_months(month, 1)


def _month_of(customer: Customer, code: str, month: dt.date) -> Iterator[Document]:
    seed = f"{SEED}:{customer.number}:{code}:{month:%Y-%m}"
    chance = random.Random(seed)
    share = _RHYTHM[customer.size] * _SEASON[month.month] // 100
    # a second company sells less often to the same customer
    share = share // 2 if len(customer.company_codes) > 1 and code == "02" else share
    count = share // 100 + (chance.randrange(100) < share % 100)
    open_days = _open_days(month)
    for rank in range(count):
        # a fifth of all invoices leaves in the last week of the month
        pool = open_days[-5:] if chance.randrange(5) == 0 else open_days
        yield from _order(customer, code, chance.choice(pool), f"{seed}:{rank}")


@lru_cache(maxsize=64)
def _open_days(month: dt.date) -> tuple[dt.date, ...]:
    return tuple(day for day in days(month, add_months(month, 1)) if FRANCE.is_business_day(day))


def _order(customer: Customer, code: str, day: dt.date, seed: str) -> Iterator[Document]:
    chance = random.Random(seed)
    lines = _basket(customer, code, chance)
    net_minor, label = sum(line.net_minor for line in lines), max(lines, key=lambda line: line.net_minor).label
    order_number = f"{chance.choice(['BC', 'CDE', 'PO'])}{chance.randrange(1000, 99_999)}"
    has_deposit = net_minor > _LONG_ORDER_MINOR and chance.randrange(100) < 16 and customer.country == "FR"
    parts = 3 if net_minor > _LONG_ORDER_MINOR and chance.randrange(100) < 18 else 1
    bare = Document(
        customer=customer,
        company_code=code,
        kind=INVOICE,
        issue_date=day,
        net_minor=net_minor,
        tax_minor=_tax(customer, net_minor),
        instalments=(),
        seed=seed,
        order_number=order_number,
        label=label,
    )
    if has_deposit:
        deposit = _deposit(bare, chance)
        yield deposit
        bare = replace(
            bare,
            net_minor=net_minor - deposit.net_minor,
            tax_minor=bare.tax_minor - deposit.tax_minor,
            related_seed=deposit.seed,
        )
    invoice = replace(bare, instalments=_instalments(bare, parts))
    yield invoice
    if chance.randrange(1000) < 42:
        yield _credit_note(invoice, chance)


def _basket(customer: Customer, code: str, chance: random.Random) -> tuple[Line, ...]:
    """An order of one to five lines."""
    catalogue = words.GOODS if code == "01" else words.SERVICES
    found = []
    for _ in range(chance.randint(1, 2 + _WEIGHT[customer.size] // 2)):
        name, lowest, highest = chance.choice(catalogue)
        price_minor = chance.randrange(lowest, highest, 50)
        quantity = chance.randint(1, _WEIGHT[customer.size] + 1) if price_minor < 200_000 else 1
        found.append(Line(name, quantity, price_minor))
    return tuple(found)


def lines_of(document: Document) -> tuple[Line, ...]:
    """What an invoice lists: the order again, less the deposit that was invoiced before."""
    if document.kind != INVOICE:
        return (Line(document.label, 1, document.net_minor),)
    lines = _basket(document.customer, document.company_code, document.chance)
    deducted = sum(line.net_minor for line in lines) - document.net_minor
    return (*lines, Line("Acompte déjà facturé", 1, -deducted)) if deducted else lines


def _tax(customer: Customer, net_minor: int) -> int:
    """VAT to the nearest cent; none on what leaves the country."""
    return 0 if customer.country != "FR" else (net_minor * _TAX_PERCENT + 50) // 100


def _instalments(document: Document, parts: int) -> tuple[Instalment, ...]:
    first = Terms.parse(document.customer.terms).due_date(document.issue_date)
    if parts == 1:
        return (Instalment(first, document.gross_minor),)
    share_minor = document.gross_minor // parts
    amounts = [share_minor] * (parts - 1) + [document.gross_minor - share_minor * (parts - 1)]
    return tuple(Instalment(add_months(first, rank), amount) for rank, amount in enumerate(amounts))


def _deposit(document: Document, chance: random.Random) -> Document:
    """Thirty percent asked with the order, due at once, some weeks before the invoice."""
    day = FRANCE.previous_business_day(document.issue_date - dt.timedelta(days=chance.randint(15, 32)))
    net_minor = document.net_minor * 30 // 100
    tax_minor = _tax(document.customer, net_minor)
    return replace(
        document,
        kind=DEPOSIT,
        issue_date=day,
        net_minor=net_minor,
        tax_minor=tax_minor,
        instalments=(Instalment(day + dt.timedelta(days=8), net_minor + tax_minor),),
        seed=f"{document.seed}:deposit",
        label=f"Acompte, {document.label.lower()}",
    )


def _credit_note(invoice: Document, chance: random.Random) -> Document:
    """Goods returned or a price put right, some weeks after the invoice: part of it, rarely all."""
    percent = 100 if chance.randrange(8) == 0 else chance.randint(6, 32)
    net_minor = invoice.net_minor * percent // 100
    tax_minor = invoice.tax_minor if percent == 100 else _tax(invoice.customer, net_minor)
    day = FRANCE.next_business_day(invoice.issue_date + dt.timedelta(days=chance.randint(9, 40)))
    return replace(
        invoice,
        kind=CREDIT_NOTE,
        issue_date=day,
        net_minor=net_minor,
        tax_minor=tax_minor,
        instalments=(Instalment(day, net_minor + tax_minor),),
        seed=f"{invoice.seed}:credit",
        related_seed=invoice.seed,
        label="Retour de marchandise" if percent > 15 else "Rectification de prix",
    )


def _numbered(issued: list[Document]) -> tuple[Document, ...]:
    """Numbers without a gap in each series, by day of issue, as the law asks."""
    counts: dict[tuple[str, int], int] = {}
    found = []
    for document in sorted(issued, key=lambda document: (document.issue_date, document.seed)):
        initials = _INITIALS[document.kind][document.company_code]
        series = (initials, document.issue_date.year)
        counts[series] = counts.get(series, 0) + 1
        found.append(replace(document, number=f"{initials}-{series[1]}-{counts[series]:04d}"))
    return tuple(found)
