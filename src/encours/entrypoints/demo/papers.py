"""The PDFs of the demo's recent invoices, set by typst and brought in as an archive of the ERP would be."""

import datetime as dt
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from encours.entrypoints import formats
from encours.entrypoints.demo import people, trade
from encours.entrypoints.demo.book import Book
from encours.entrypoints.demo.market import KEY_ACCOUNTS
from encours.entrypoints.demo.trade import CREDIT_NOTE, DEPOSIT, Document
from encours.messaging.rules import typesetting
from encours.messaging.rules.formats import in_fours

FOLDER = Path(__file__).parent / "typst"
# of the customers who are in a scene, and of key accounts: enough to see, quick to set
DAYS, COPIES_MAX = 75, 60
_TITLES = {CREDIT_NOTE: "Avoir", DEPOSIT: "Facture d’acompte"}
_WORKED = "Document inventé pour l’essai d’Encours."


def chosen(book: Book, *, numbers: frozenset[str]) -> list[Document]:
    """The documents of the last weeks whose PDF is there: of these customers, then of key accounts, latest first."""
    since = book.today - dt.timedelta(days=DAYS)
    recent = [document for document in book.documents if document.issue_date >= since]
    wanted = [
        document
        for document in recent
        if document.customer.number in numbers or document.customer.segment == KEY_ACCOUNTS
    ]
    wanted.sort(key=lambda one: (one.customer.number not in numbers, -one.issue_date.toordinal(), one.number))
    return wanted[:COPIES_MAX]


def write_copies(
    book: Book, folder: Path, *, numbers: frozenset[str], ibans: Mapping[str, str]
) -> Iterator[tuple[str, Path]]:
    """One archive for each of our companies, its PDFs named by the invoice's number."""
    documents = chosen(book, numbers=numbers)
    for company in people.COMPANIES:
        mine = [document for document in documents if document.company_code == company.code]
        if not mine:
            continue
        path = folder / f"factures-pdf-{company.code}-{book.today:%Y-%m-%d}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for document in mine:
                archive.writestr(f"{document.number}.pdf", pdf(document, book=book, iban=ibans[company.code]))
        yield company.code, path


def pdf(document: Document, *, book: Book, iban: str) -> bytes:
    """The document as its customer got it; the same document gives the same bytes."""
    return typesetting.pdf("invoice", _content(document, book, iban), day=document.issue_date, folder=FOLDER)


def _content(document: Document, book: Book, iban: str) -> dict[str, Any]:
    company = next(one for one in people.COMPANIES if one.code == document.company_code)
    details, customer = company.details, document.customer
    sign = -1 if document.kind == CREDIT_NOTE else 1
    mentions = [] if document.kind == CREDIT_NOTE else [details["penalty_mention"], details["discount_mention"]]
    if not document.tax_minor:
        mentions.append("Exonération de TVA : livraison hors de France (art. 262 ou 262 ter I du CGI).")
    return {
        "title": f"{_TITLES.get(document.kind, 'Facture')} {document.number}",
        "seller": [company.name, str(details["street"]), f"{details['postcode']} {details['city']}",
                   f"{details['phone']} · {details['email']}"],
        "buyer": [line for line in (customer.name, customer.street, f"{customer.postcode} {customer.city}".strip(),
                                    "" if customer.country == "FR" else customer.country) if line],
        "facts": _facts(document, book),
        "heads": ["Désignation", "Quantité", "Prix unitaire HT", "Montant HT"],
        "rows": [
            [line.label, str(line.quantity), _money(sign * line.price_minor, document),
             _money(sign * line.net_minor, document)]
            for line in trade.lines_of(document)
        ],
        "totals": [["Total HT", _money(sign * document.net_minor, document)],
                   ["TVA 20 %" if document.tax_minor else "TVA", _money(sign * document.tax_minor, document)]],
        "due": ["Total TTC", _money(sign * document.gross_minor, document)],
        "pay": ["À déduire de vos prochains règlements" if sign < 0 else "Pour régler par virement",
                in_fours(iban), f"en rappelant {document.number}"],
        "mentions": [*mentions, _WORKED],
        "foot": f"{company.name}, {details['legal_form']} au capital de {_euros(int(str(details['capital_minor'])))},"
                f" RCS {details['rcs_city']} {details['siren']}",
    }  # fmt: skip


def _facts(document: Document, book: Book) -> list[list[str]]:
    facts = [["Date", formats.day_full(document.issue_date, language="fr")], ["N° client", document.customer.number]]
    if document.customer.vat_number:
        facts.append(["N° TVA client", document.customer.vat_number])
    if document.order_number:
        facts.append(["Votre commande", document.order_number])
    if document.related_seed and (number := book.number_of(document.related_seed)):
        facts.append(["Facture d’origine" if document.kind == CREDIT_NOTE else "Acompte facturé", number])
    if document.kind != CREDIT_NOTE:
        facts.append(["Échéance", _due(document)])
    return facts


def _due(document: Document) -> str:
    parts: Sequence[trade.Instalment] = document.instalments
    if len(parts) == 1:
        return formats.day_full(parts[0].due_date, language="fr")
    return " ; ".join(
        f"{formats.day_full(part.due_date, language='fr')} : {_money(part.amount_minor, document)}" for part in parts
    )


def _money(minor: int, document: Document) -> str:
    return formats.money(minor, document.customer.currency, language="fr")


def _euros(minor: int) -> str:
    return formats.money_round(minor, "EUR", language="fr")
