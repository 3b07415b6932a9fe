"""The form of the FEC (LPF A47 A-1): eighteen columns, tabs, decimal commas, days as AAAAMMJJ."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from encours.core.currencies import exponent

FEC_HEADINGS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FecRow:
    """One line of the FEC, amounts in minor units of the company's or the item's currency."""

    journal: str
    journal_name: str
    entry_number: str
    entry_date: date
    account: str
    account_name: str
    customer_number: str
    customer_name: str
    document_number: str
    document_date: date
    label: str
    debit_minor: int
    credit_minor: int
    code: str
    code_date: date | None
    valid_date: date
    currency: str
    is_foreign: bool


MEDIA_TYPE = "text/tab-separated-values; charset=utf-8"


def fec_lines(rows: Iterable[FecRow]) -> Iterator[str]:
    """The file, line by line with its headings: 1234.50 on 30 November 2026 is written "1234,50" and "20261130"."""
    yield "\t".join(FEC_HEADINGS) + "\r\n"
    for row in rows:
        foreign = row.debit_minor - row.credit_minor
        cells = (
            row.journal, row.journal_name, row.entry_number, _day(row.entry_date), row.account, row.account_name,
            row.customer_number, row.customer_name, row.document_number, _day(row.document_date), row.label,
            _amount(row.debit_minor, row.currency), _amount(row.credit_minor, row.currency), row.code,
            _day(row.code_date), _day(row.valid_date), _amount(foreign, row.currency) if row.is_foreign else "",
            row.currency if row.is_foreign else "",
        )  # fmt: skip
        yield "\t".join(_plain(cell) for cell in cells) + "\r\n"


def _day(day: date | None) -> str:
    return day.strftime("%Y%m%d") if day else ""


def _amount(minor: int, currency: str) -> str:
    digits = exponent(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    return ("-" if minor < 0 else "") + (f"{whole},{rest:0{digits}d}" if digits else str(whole))


def _plain(cell: str) -> str:
    return " ".join(cell.split())
