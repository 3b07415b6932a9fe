"""Write the book as the exports of an ERP would: French CSV files that the importers read without a mapping."""

import csv
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from encours.entrypoints.demo import bank, limits
from encours.entrypoints.demo.book import Book
from encours.entrypoints.demo.cash import Imputation, Receipt
from encours.entrypoints.demo.market import Contact, Customer
from encours.entrypoints.demo.trade import CREDIT_NOTE, Document

type Row = Sequence[str]
_KINDS = {"invoice": "Facture", "credit_note": "Avoir", "deposit": "Acompte"}
_ROLES = {"accounts": "Comptabilité", "cfo": "DAF", "purchaser": "Achats", "other": "Autre"}
_CUSTOMERS = [
    "N° client",
    "Raison sociale",
    "Forme juridique",
    "SIREN",
    "SIRET",
    "N° TVA",
    "Code NAF",
    "Adresse",
    "Code postal",
    "Ville",
    "Pays",
    "Langue",
    "E-mail",
    "Téléphone",
    "IBAN",
    "Conditions de paiement",
    "Particulier",
    "Plafond",
]
_CONTACTS = ["N° client", "Nom", "Fonction", "E-mail", "Téléphone", "Langue", "Principal"]
_INVOICES = [
    "N° facture",
    "N° client",
    "Type",
    "Date facture",
    "Date échéance",
    "N° échéance",
    "Montant échéance",
    "Montant HT",
    "Montant TVA",
    "Montant TTC",
    "Devise",
    "N° commande",
    "Facture d’origine",
]
_PAYMENTS = [
    "N° règlement",
    "N° client",
    "Date",
    "N° facture",
    "Montant",
    "Escompte",
    "Devise",
    "Mode",
    "Émetteur",
    "IBAN émetteur",
    "Libellé",
]


def write_customers(book: Book, folder: Path) -> list[Path]:
    """The customers and whom to write to there."""
    granted = limits.granted(book)
    rows = (_customer(customer, granted.get(customer.number)) for customer in book.customers)
    contacts = ((customer, contact) for customer in book.customers for contact in customer.contacts)
    return [
        _write(folder / "clients.csv", _CUSTOMERS, rows),
        _write(folder / "contacts.csv", _CONTACTS, (_contact(*pair) for pair in contacts)),
    ]


def write_movements(
    book: Book, folder: Path, *, company_code: str, period: tuple[dt.date, dt.date], bank_since: dt.date
) -> list[Path]:
    """What one company issued and received in the half-open period, but for what comes in by the bank's statements.

    A file without rows is not written.
    """
    start, end = period

    def is_in(day: dt.date) -> bool:
        return start <= day < end

    invoices = [
        row
        for document in book.documents
        if document.company_code == company_code and is_in(document.issue_date)
        for row in _document(document, book.number_of)
    ]
    payments = [
        row
        for receipt in book.cash.receipts
        if receipt.company_code == company_code
        and is_in(receipt.received_date)
        and not bank.is_by_bank(receipt, since=bank_since)
        for row in _receipt(receipt)
    ]
    payments += [
        row
        for used in book.cash.imputations
        if used.invoice.company_code == company_code and is_in(used.used_on)
        for row in _imputation(used)
    ]
    name = f"{company_code}-{end - dt.timedelta(days=1):%Y-%m-%d}"
    found = []
    if invoices:
        found.append(_write(folder / f"factures-{name}.csv", _INVOICES, invoices))
    if payments:
        found.append(_write(folder / f"reglements-{name}.csv", _PAYMENTS, payments))
    return found


def _write(path: Path, header: Row, rows: Iterable[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def _customer(customer: Customer, limit_minor: int | None) -> Row:
    return [
        customer.number,
        customer.name,
        customer.legal_form,
        customer.siren,
        customer.siret,
        customer.vat_number,
        customer.naf_code,
        customer.street,
        customer.postcode,
        customer.city,
        customer.country,
        customer.language,
        customer.email,
        customer.phone,
        customer.iban,
        customer.terms,
        "oui" if customer.is_natural_person else "non",
        _amount(limit_minor) if limit_minor is not None else "",
    ]


def _contact(customer: Customer, contact: Contact) -> Row:
    return [
        customer.number,
        contact.name,
        _ROLES[contact.role],
        contact.email,
        contact.phone,
        contact.language,
        "oui" if contact.is_primary else "non",
    ]


def _document(document: Document, number_of: Callable[[str], str]) -> Iterator[Row]:
    sign = -1 if document.kind == CREDIT_NOTE else 1
    for rank, instalment in enumerate(document.instalments, start=1):
        yield [
            document.number,
            document.customer.number,
            _KINDS[document.kind],
            _day(document.issue_date),
            _day(instalment.due_date),
            str(rank),
            _amount(sign * instalment.amount_minor),
            _amount(sign * document.net_minor),
            _amount(sign * document.tax_minor),
            _amount(sign * document.gross_minor),
            document.customer.currency,
            document.order_number,
            number_of(document.related_seed),
        ]


def _receipt(receipt: Receipt) -> Iterator[Row]:
    uses = [(use.document.number, use.amount_minor, use.discount_minor) for use in receipt.uses]
    for number, amount_minor, discount_minor in uses or [("", receipt.amount_minor, 0)]:
        yield [
            receipt.number,
            receipt.customer.number,
            _day(receipt.received_date),
            number,
            _amount(amount_minor),
            _amount(discount_minor) if discount_minor else "",
            receipt.customer.currency,
            receipt.method,
            receipt.payer_name,
            receipt.payer_iban,
            receipt.reference,
        ]


def _imputation(used: Imputation) -> Iterator[Row]:
    """No money moves: what is taken from the credit note is given to the invoice, under one number."""
    for document, amount_minor in ((used.invoice, used.amount_minor), (used.credit_note, -used.amount_minor)):
        yield [
            f"IMP-{used.credit_note.number}",
            document.customer.number,
            _day(used.used_on),
            document.number,
            _amount(amount_minor),
            "",
            document.customer.currency,
            "Imputation",
            "",
            "",
            f"Avoir {used.credit_note.number} imputé sur {used.invoice.number}",
        ]


def _day(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


def _amount(amount_minor: int) -> str:
    """Euros and cents as a French spreadsheet writes them: 123456 -> "1234,56"."""
    sign, whole, cents = "-" if amount_minor < 0 else "", abs(amount_minor) // 100, abs(amount_minor) % 100
    return f"{sign}{whole},{cents:02d}"
