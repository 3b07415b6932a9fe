"""Open a file whatever it is: say its kind from its content and how it is written, or refuse it clearly."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from encours.core.errors import EncoursError
from encours.imports.formats import blocks, copies, dues, fec, headers, parties
from encours.imports.formats.bank import files as bank
from encours.imports.formats.bank.model import NotABankFile
from encours.imports.formats.blocks import Hints, Staged, Style
from encours.imports.formats.dates import DateOrder
from encours.imports.formats.einvoice import files as einvoice
from encours.imports.formats.einvoice.model import EInvoice
from encours.imports.formats.headers import Columns
from encours.imports.formats.problems import FileUnreadable, KindNotReadYet, KindUnknown
from encours.imports.formats.remittance import files as remittance
from encours.imports.formats.remittance import sheet
from encours.imports.formats.tables import Table, open_table
from encours.imports.formats.text import is_zip, text_encoding

ACCEPTED = ("fec", *headers.KINDS)
_FOREIGN = [
    (re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt|<BkToCstmr"), "camt"),
    (re.compile(r"urn:iso:std:iso:20022:tech:xsd:pain"), "SEPA pain"),
    (re.compile(r"SCRDMCCBDACIOMessageStructure|urn:oasis:names:specification:ubl"), "Order-X / UBL"),
    (re.compile(r"(?m)^:20:[^\n]*\r?\n(?:[^\n]*\n)*?:25:"), "MT940"),
    (re.compile(r"OFXHEADER|<OFX>"), "OFX"),
    (re.compile(r"(?m)^0[147]\d{5}[ \d]{5}"), "CFONB 120"),
    (re.compile(r"(?m)^01,[^,\n]*,[^,\n]*,\d{6},"), "BAI2"),
    (re.compile(r"(?im)^(?:received|return-path|message-id|delivered-to): "), "e-mail"),
]


@dataclass(frozen=True, slots=True)
class KnownMapping:
    """A learnt mapping as the readers need it."""

    name: str
    kind: str
    signature: str
    columns: Mapping[str, str]
    dates: DateOrder | None = None
    decimal_mark: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose kind is known: a table with its columns, or a FEC with its dialect."""

    path: Path
    kind: str
    table: Table | None = None
    columns: Columns | None = None
    mapping: KnownMapping | None = None
    dialect: fec.Dialect | None = None
    bank: str = ""  # the format of a bank file, an advice or an e-invoice; "sheet" where it is a table
    invoice: EInvoice | None = None

    @property
    def form(self) -> dict[str, object]:
        """How the file is written, for people."""
        if self.dialect is not None:
            return {
                "encoding": self.dialect.encoding,
                "separator": self.dialect.delimiter,
                "columns": self.dialect.width,
                "siren": self.dialect.siren,
                "closing_date": self.dialect.closing_date,
            }
        if self.table is None or self.columns is None:
            return {"format": self.bank} if self.bank else {}
        return {
            "encoding": self.table.encoding,
            "separator": self.table.delimiter,
            "sheet": self.table.sheet,
            "header_line": self.table.header_line,
            "mapping": self.mapping.name if self.mapping else "",
            "headings": {name: self.table.header[place] for name, place in self.columns.places.items()},
            "ignored_columns": list(self.columns.ignored),
        }

    def style(self) -> Style:
        """How the table writes its days and amounts."""
        if self.table is None or self.columns is None:
            raise TypeError("a FEC has its own reader")
        hints = Hints(self.mapping.dates, self.mapping.decimal_mark) if self.mapping else Hints()
        return blocks.style_of(self.table, self.columns, hints=hints)

    def staged(self, *, currency: str, share: tuple[int, int] = (0, 1)) -> Iterator[Staged]:
        """The rows of a table, ready for COPY; of `share` (1, 3) the second of every three blocks."""
        if self.table is None or self.columns is None:
            raise TypeError("a FEC has its own reader")
        style, table = self.style(), replace(self.table, share=share)
        match self.kind:
            case "customers":
                return parties.customers(table, self.columns, style, currency=currency)
            case "contacts":
                return parties.contacts(table, self.columns, style)
            case "payments":
                return dues.payments(table, self.columns, style, currency=currency)
            case _:
                return dues.invoices(table, self.columns, style, currency=currency)


def signature_of(header: Sequence[str]) -> str:
    """By which the next file of the same export is known: its headings in their order."""
    return hashlib.sha256("|".join(headers.heading(text) for text in header).encode()).hexdigest()


def open_file(
    path: Path,
    *,
    kind: str | None,
    mappings: Sequence[KnownMapping] = (),
    mapping: str | None = None,
    name: str = "",
    is_named: Callable[[str], bool] = lambda name: False,
) -> Opened:
    """Open a file; `kind` and `mapping` (a name) settle what the content would otherwise tell.

    `name` is what people call the file, where its bytes lie under another one: a FEC's tells company and closing day.
    `is_named` knows whether a file's name alone says that it is the copy of an invoice in the books.
    """
    if kind in {None, "einvoice"} and (form := einvoice.recognise(path, is_told=kind is not None)):
        return Opened(path, "einvoice", bank=form, invoice=einvoice.read(path, form))
    if kind in {None, "copies"} and (
        form := copies.recognise(path, name=name or path.name, is_told=kind is not None, is_named=is_named)
    ):
        return Opened(path, "copies", bank=form)
    if kind in {None, "bank"} and (form := bank.recognise(path)):
        if form == "zip":
            bank.check_archive(path)
        return Opened(path, "bank", bank=form)
    if kind in {None, "remittance"} and (form := remittance.recognise(path, is_told=kind is not None)):
        return Opened(path, "remittance", bank=form)
    if not is_zip(path):
        encoding = text_encoding(path)
        if kind == "fec" or (kind is None and fec.looks_like_fec(path, encoding)):
            return Opened(path, "fec", dialect=fec.dialect_of(path, name=name))
        _refuse_foreign(path, encoding)
    known_headings = {headers.heading(text) for one in mappings for text in one.columns.values()}
    if kind is None and not _is_of_payments(path) and _is_advice(path):
        return Opened(path, "remittance", bank="sheet")
    try:
        table = open_table(path, is_known=lambda row: sum(headers.heading(cell) in known_headings for cell in row))
    except KindUnknown:
        if kind == "bank":
            raise NotABankFile(file=name or path.name) from None
        raise
    chosen = _mapping_for(table, mappings, mapping)
    columns = headers.columns_for(
        table.header, kind=kind or (chosen.kind if chosen else None), mapping=chosen.columns if chosen else None
    )
    form = "sheet" if columns.kind == "bank" else ""
    return Opened(path, columns.kind, table=table, columns=columns, mapping=chosen, bank=form)


def _is_of_payments(path: Path) -> bool:
    """Whether a table is our own books' payments: each row says which customer paid, as no payer's advice does."""
    try:
        header = open_table(path, is_known=lambda row: 0).header
    except EncoursError:
        return False
    return headers.guess_kind(header) == "payments" and "customer" in headers.columns_of(header, "payments").places


def _is_advice(path: Path) -> bool:
    """Whether a table is a remittance advice; what cannot be read at all is told by the reader of tables."""
    try:
        return sheet.looks_like_advice(path)
    except FileUnreadable:
        return False


def _mapping_for(table: Table, mappings: Sequence[KnownMapping], name: str | None) -> KnownMapping | None:
    if name is not None:
        return next((one for one in mappings if one.name == name), None)
    signature = signature_of(table.header)
    return next((one for one in mappings if one.signature == signature), None)


def _refuse_foreign(path: Path, encoding: str) -> None:
    with path.open(encoding=encoding, newline="") as file:
        head = file.read(4000)
    for pattern, found in _FOREIGN:
        if pattern.search(head):
            raise KindNotReadYet(found=found)
