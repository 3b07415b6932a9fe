"""Make the books of a French company of any size: customers.csv, invoices.csv, payments.csv and meta.json.

The same sizes and seed always give the same bytes. Columns are those that exports have, so that the importer is
measured on what it is for: open amounts agree with the payments to the cent.
"""

import argparse
import csv
import datetime as dt
import json
import random
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

AS_OF = dt.date(2026, 6, 30)
MONTHS = 18
TRADES = (
    "Ateliers", "Boulangerie", "Charpentes", "Carrelages", "Cycles", "Ferronnerie", "Imprimerie", "Jardins",
    "Laiterie", "Menuiserie", "Optique",
)  # fmt: skip
PLACES = (
    "Argoat", "Bélair", "Cornouaille", "Drôme", "Estérel", "Forez", "Gâtinais", "Hurepoix", "Iroise", "Jura",
    "Lubéron", "Morvan", "Nivernais",
)  # fmt: skip
FORMS = ("SAS", "SARL", "SA", "EURL", "SCOP", "SNC")
TOWNS = (
    ("29000", "Quimper"), ("26000", "Valence"), ("42600", "Montbrison"), ("45200", "Montargis"),
    ("39000", "Lons-le-Saunier"), ("58000", "Nevers"), ("84400", "Apt"), ("69003", "Lyon"), ("59000", "Lille"),
    ("31000", "Toulouse"),
)  # fmt: skip
TERMS_DAYS = (15, 30, 30, 30, 45, 45, 60)
VAT_PERCENT = (20, 20, 20, 20, 10, 6, 0)


@dataclass(slots=True)
class Customer:
    """One buyer and its habits."""

    number: int
    name: str
    terms_days: int
    slowness_percent: int


def mod97(text: str) -> int:
    """The remainder that IBANs and creditor references are checked by."""
    return int("".join(str(int(character, 36)) for character in text)) % 97


def cents(minor: int) -> str:
    """Cents as files write them."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def customers(chance: random.Random, count: int) -> tuple[list[Customer], Iterator[tuple[object, ...]]]:
    """The customers, and their rows."""
    made = [
        Customer(
            number,
            f"{chance.choice(TRADES)} {chance.choice(PLACES)} {number} {chance.choice(FORMS)}",
            chance.choice(TERMS_DAYS),
            chance.randint(40, 260),
        )
        for number in range(1, count + 1)
    ]

    def rows() -> Iterator[tuple[object, ...]]:
        for one in made:
            postcode, town = chance.choice(TOWNS)
            account = "".join(chance.choices(string.digits, k=23))
            iban = f"FR{98 - mod97(account + 'FR00'):02d}{account}" if chance.random() < 0.8 else ""
            street = f"{chance.randint(1, 120)} rue des {chance.choice(TRADES)}"
            mail = f"compta{one.number}@client.example"
            yield (
                one.number, f"CL{one.number:06d}", one.name, street, postcode, town, "FR", "fr", mail, iban,
                one.terms_days, int(chance.random() < 0.01),
            )  # fmt: skip

    return made, rows()


@dataclass(slots=True)
class Totals:
    """What the files sum to."""

    credit_notes: int = 0
    open_invoices: int = 0
    open_minor: int = 0
    payments: int = 0


def invoices_and_payments(
    chance: random.Random, buyers: list[Customer], count: int, totals: Totals
) -> Iterator[tuple[tuple[object, ...], list[tuple[object, ...]]]]:
    """Each invoice row in the order of its number, with the payment rows it got."""
    first_day = AS_OF - dt.timedelta(days=30 * MONTHS)
    span = (AS_OF - first_day).days + 1
    payment = 0
    for index in range(count):
        day = first_day + dt.timedelta(days=index * span // count)
        # a tenth of the customers buy half of everything
        buyer = buyers[
            chance.randrange(max(1, len(buyers) // 10)) if chance.random() < 0.5 else chance.randrange(len(buyers))
        ]
        is_credit = chance.random() < 0.02
        net = min(20_000_000, int(chance.lognormvariate(10.9, 1.1))) + 500
        net = -(net // 5) if is_credit else net
        tax = net * chance.choice(VAT_PERCENT) // 100
        gross = net + tax
        number = f"{'AV' if is_credit else 'FA'}-{day:%y}-{index + 1:07d}"
        body = f"{index + 1:010d}"
        paid_day = day + dt.timedelta(
            days=buyer.terms_days * buyer.slowness_percent * chance.randint(50, 160) // 10_000
        )
        open_minor, paid = gross, []
        if paid_day <= AS_OF and chance.random() < 0.86:
            deduction = gross * 2 // 100 if not is_credit and chance.random() < 0.05 else 0
            part = gross - deduction if is_credit or chance.random() < 0.97 else gross // 3
            deduction = deduction if part == gross - deduction else 0
            payment += 1
            paid.append((payment, buyer.number, paid_day, index + 1, cents(part), cents(deduction)))
            open_minor = gross - part - deduction
        totals.credit_notes += is_credit
        totals.open_invoices += open_minor != 0
        totals.open_minor += open_minor
        totals.payments += len(paid)
        due = day if is_credit else day + dt.timedelta(days=buyer.terms_days)
        late = (AS_OF - due).days
        level = 0 if is_credit or not open_minor else 3 if late > 45 else 2 if late > 25 else 1 if late > 5 else 0
        dunned = AS_OF - dt.timedelta(days=chance.choice((7, 14, 21))) if level else ""
        yield (
            (
                index + 1, number, f"RF{98 - mod97(body + 'RF00'):02d}{body}", buyer.number,
                "credit_note" if is_credit else "invoice", day, due, "EUR", cents(net), cents(tax), cents(gross),
                cents(open_minor), int(chance.random() < 0.01), level, dunned,
            ),
            paid,
        )  # fmt: skip


CUSTOMERS = (
    "customer_id", "number", "name", "street", "zip", "city", "country", "language", "email", "iban", "payment_days",
    "dunning_block",
)  # fmt: skip
INVOICES = (
    "invoice_id", "number", "reference", "customer_id", "kind", "invoice_date", "due_date", "currency", "net", "tax",
    "gross", "open_amount", "disputed", "dunning_level", "dunned_on",
)  # fmt: skip
PAYMENTS = (
    "payment_id", "customer_id", "booked_on", "invoice_id", "amount", "deduction",
)  # fmt: skip


def write(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """One CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Write a book of the size asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--invoices", type=int, default=100_000)
    parser.add_argument("--customers", type=int)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    chance, totals = random.Random(arguments.seed), Totals()
    buyers, customer_rows = customers(chance, arguments.customers or max(1, arguments.invoices // 20))
    write(arguments.out / "customers.csv", CUSTOMERS, customer_rows)
    with (arguments.out / "payments.csv").open("w", encoding="utf-8", newline="") as file:
        payments = csv.writer(file, lineterminator="\n")
        payments.writerow(PAYMENTS)

        def rows() -> Iterator[tuple[object, ...]]:
            for invoice, paid in invoices_and_payments(chance, buyers, arguments.invoices, totals):
                payments.writerows(paid)
                yield invoice

        write(arguments.out / "invoices.csv", INVOICES, rows())
    meta = {
        "as_of": AS_OF.isoformat(),
        "currency": "EUR",
        "customers": len(buyers),
        "invoices": arguments.invoices,
        "credit_notes": totals.credit_notes,
        "open_invoices": totals.open_invoices,
        "open_total": cents(totals.open_minor),
        "payment_allocations": totals.payments,
    }
    (arguments.out / "meta.json").write_text(json.dumps(meta, indent=2) + "\n")


if __name__ == "__main__":
    main()
