"""How the demo's invoices were paid: receipts and what each of them settles, by the habits of the customers."""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from encours.entrypoints.demo import behaviour
from encours.entrypoints.demo.behaviour import FRANCE, Habit
from encours.entrypoints.demo.market import SEED, Customer
from encours.entrypoints.demo.trade import CREDIT_NOTE, MONTHS, Document, Instalment

_FRESH_MINOR_MIN = 90_000
_METHODS = ("Virement",) * 8 + ("Prélèvement", "Chèque")
_DELIVERY_DAYS_MIN = 4  # nobody pays the day before the invoice


@dataclass(slots=True)
class Part:
    """One instalment as it is being paid off."""

    document: Document
    instalment: Instalment
    rank: int
    open_minor: int
    paid_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """What a receipt settles of a document, and the agreed discount that was taken with it."""

    document: Document
    amount_minor: int
    discount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """One transfer with what it settles; less than its amount means the rest stays on account."""

    number: str
    customer: Customer
    company_code: str
    received_date: dt.date
    amount_minor: int
    uses: tuple[Use, ...]
    method: str
    payer_name: str
    payer_iban: str
    reference: str


@dataclass(frozen=True, slots=True)
class Imputation:
    """A credit note used on an invoice by our own clerks, without any money."""

    credit_note: Document
    invoice: Document
    amount_minor: int
    used_on: dt.date


@dataclass(slots=True)
class Cash:
    """All that came in, and what is left to pay."""

    receipts: list[Receipt] = field(default_factory=list)
    imputations: list[Imputation] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    credits: list[Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Payment:
    day: dt.date
    part: Part
    amount_minor: int
    discount_minor: int = 0


def settled(documents: Sequence[Document], *, today: dt.date, customers: Sequence[Customer]) -> Cash:
    """Pay the documents as their customers do, up to the last business day before today."""
    until = FRANCE.previous_business_day(today - dt.timedelta(days=1))
    by_number = {customer.number: customer for customer in customers}
    cash = Cash()
    accounts: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for document in documents:
        accounts[document.customer.number, document.company_code].append(document)
    for found in accounts.values():
        _pay_account(cash, found, until=until, today=today, customers=by_number)
    cash.receipts += _unapplied(cash, until)
    cash.receipts.sort(key=lambda receipt: (receipt.received_date, receipt.customer.number, receipt.company_code))
    cash.receipts = [_numbered(receipt, rank) for rank, receipt in enumerate(cash.receipts, start=1)]
    return cash


def _numbered(receipt: Receipt, rank: int) -> Receipt:
    return Receipt(
        f"ENC-{receipt.received_date.year}-{rank:05d}",
        *[getattr(receipt, name) for name in Receipt.__dataclass_fields__ if name != "number"],
    )


def _pay_account(
    cash: Cash,
    documents: Sequence[Document],
    *,
    until: dt.date,
    today: dt.date,
    customers: dict[str, Customer],
) -> None:
    parts = [
        Part(document, instalment, rank, instalment.amount_minor)
        for document in documents
        if document.kind != CREDIT_NOTE
        for rank, instalment in enumerate(document.instalments)
    ]
    credits = [
        Part(document, document.instalments[0], 0, document.gross_minor)
        for document in documents
        if document.kind == CREDIT_NOTE
    ]
    payments = _intended(parts, until=until, today=today)
    _use_credits(cash, parts, credits, payments, until=until)
    by_day: dict[dt.date, list[_Payment]] = defaultdict(list)
    for payment in sorted(payments, key=lambda payment: (payment.day, payment.part.instalment.due_date)):
        by_day[payment.day].append(payment)
    for day, found in by_day.items():
        receipt = _receipt(day, found, customers)
        if receipt is not None:
            cash.receipts.append(receipt)
    cash.parts += parts
    cash.credits += credits


def _intended(parts: Iterable[Part], *, until: dt.date, today: dt.date) -> list[_Payment]:
    """When each instalment is paid if nothing else happens, in one or two payments."""
    found = []
    for part in parts:
        habit = part.document.customer.habit
        chance = random.Random(f"{part.document.seed}:{part.rank}")
        for payment in _payments_of(part, habit, chance, today=today):
            if payment.day <= until and not _is_silent(habit, payment.day, today):
                found.append(payment)
    return found


def _is_silent(habit: Habit, day: dt.date, today: dt.date) -> bool:
    return bool(habit.silent_days) and day > today - dt.timedelta(days=habit.silent_days)


def _payments_of(part: Part, habit: Habit, chance: random.Random, *, today: dt.date) -> list[_Payment]:
    # drift is counted from the book's first month, so that it shows in a year's averages
    age_days = (today - part.instalment.due_date).days
    months = max(0, MONTHS - max(age_days, 0) // 30)
    day = behaviour.pays_on(habit, part.instalment.due_date, chance, months=months)
    earliest = part.document.issue_date + dt.timedelta(days=_DELIVERY_DAYS_MIN)
    day = day if day > earliest else FRANCE.next_business_day(earliest)
    amount_minor, luck = part.instalment.amount_minor, chance.randrange(100)
    if luck < habit.discount_share and day < part.instalment.due_date:
        return [_Payment(day, part, amount_minor, discount_minor=amount_minor // 100)]
    if luck < habit.partial_share:
        half_minor = amount_minor // 200 * 100
        later = FRANCE.next_business_day(day + dt.timedelta(days=chance.randint(22, 41)))
        return [_Payment(day, part, half_minor), _Payment(later, part, amount_minor - half_minor)]
    if luck < habit.short_share:
        kept_minor = amount_minor * chance.randint(2, 9) // 100
        if chance.randrange(3):  # two of three are put right in the end
            later = FRANCE.next_business_day(day + dt.timedelta(days=chance.randint(35, 80)))
            return [_Payment(day, part, amount_minor - kept_minor), _Payment(later, part, kept_minor)]
        return [_Payment(day, part, amount_minor - kept_minor)]
    return [_Payment(day, part, amount_minor)]


def _use_credits(
    cash: Cash, parts: Sequence[Part], credits: Sequence[Part], payments: Sequence[_Payment], *, until: dt.date
) -> None:
    """Most credit notes are used at once on an invoice that is still open; the others wait, which people forget."""
    for credit in sorted(credits, key=lambda part: part.document.issue_date):
        chance = random.Random(f"{credit.document.seed}:use")
        day = FRANCE.next_business_day(credit.document.issue_date + dt.timedelta(days=chance.randint(0, 12)))
        if day > until or chance.randrange(100) < 7:
            continue
        target = _still_open(credit, parts, payments, day)
        if target is None:
            continue
        amount_minor = min(credit.open_minor, target.open_minor)
        credit.open_minor -= amount_minor
        target.open_minor -= amount_minor
        cash.imputations.append(Imputation(credit.document, target.document, amount_minor, day))


def _still_open(credit: Part, parts: Sequence[Part], payments: Sequence[_Payment], day: dt.date) -> Part | None:
    """The invoice credited, else the next one to be paid, if no payment has touched it by that day."""
    touched = {id(payment.part) for payment in payments if payment.day <= day}
    candidates = [
        part
        for part in parts
        if id(part) not in touched
        and part.document.issue_date <= day
        and part.open_minor == part.instalment.amount_minor
        and len(part.document.instalments) == 1
    ]
    own = [part for part in candidates if part.document.seed == credit.document.related_seed]
    others = [part for part in candidates if part.open_minor >= credit.open_minor]
    return next(iter(own or sorted(others, key=lambda part: part.instalment.due_date)), None)


def _receipt(day: dt.date, payments: Sequence[_Payment], customers: dict[str, Customer]) -> Receipt | None:
    uses: dict[str, Use] = {}
    for payment in payments:
        amount_minor = min(payment.amount_minor, payment.part.open_minor)
        if amount_minor <= 0:
            continue
        discount_minor = min(payment.discount_minor, amount_minor)
        payment.part.open_minor -= amount_minor
        if payment.part.open_minor == 0:
            payment.part.paid_on = day
        document = payment.part.document
        before = uses.get(document.seed, Use(document, 0))
        uses[document.seed] = Use(
            document,
            before.amount_minor + amount_minor - discount_minor,
            before.discount_minor + discount_minor,
        )
    if not uses:
        return None
    customer = payments[0].part.document.customer
    payer = customers.get(customer.parent_number, customer)
    chance = random.Random(f"{SEED}:{customer.number}:{day}")
    return Receipt(
        number="",
        customer=customer,
        company_code=payments[0].part.document.company_code,
        received_date=day,
        amount_minor=sum(use.amount_minor for use in uses.values()),
        uses=tuple(uses.values()),
        method="Virement" if customer.country != "FR" else chance.choice(_METHODS),
        payer_name=payer.name.upper(),
        payer_iban=payer.iban,
        reference=_remittance(list(uses.values()), customer, chance),
    )


def _unapplied(cash: Cash, until: dt.date) -> list[Receipt]:
    """Money that nobody has used yet: four fresh transfers that would pay an invoice, two old ones paid twice."""
    chance = random.Random(f"{SEED}:{until}:unapplied")
    late = [part for part in cash.parts if part.open_minor > _FRESH_MINOR_MIN and part.instalment.due_date < until]
    fresh = {part.document.customer.number: part for part in late if not part.document.customer.habit.silent_days}
    chosen = sorted(fresh.values(), key=lambda part: part.document.seed)
    found = [
        _on_account(part, FRANCE.add_business_days(until, -(rank // 3)), part.open_minor, chance)
        for rank, part in enumerate(chance.sample(chosen, min(4, len(chosen))))
    ]
    paid = [part for part in cash.parts if part.paid_on and 25 < (until - part.paid_on).days < 90]
    for part in chance.sample(paid, min(2, len(paid))):
        day = FRANCE.next_business_day((part.paid_on or until) + dt.timedelta(days=7))
        found.append(_on_account(part, day, part.instalment.amount_minor, chance))
    return found


def _on_account(part: Part, day: dt.date, amount_minor: int, chance: random.Random) -> Receipt:
    customer = part.document.customer
    return Receipt(
        number="",
        customer=customer,
        company_code=part.document.company_code,
        received_date=day,
        amount_minor=amount_minor,
        uses=(),
        method="Virement",
        payer_name=customer.name.upper(),
        payer_iban=customer.iban,
        reference=chance.choice(["VIR SEPA", "REGLEMENT", f"REF {chance.randrange(10_000, 99_999)}"]),
    )


def _remittance(uses: Sequence[Use], customer: Customer, chance: random.Random) -> str:
    """What the payer wrote: all numbers, some of them, or only who pays."""
    numbers = [use.document.number for use in uses]
    if len(numbers) > 4 or chance.randrange(9) == 0:
        return f"REGLT {customer.number}"
    written = " ".join(dict.fromkeys(numbers))
    return chance.choice([f"VIR {written}", written, f"REGLEMENT {written}", f"FACT {written}"])
