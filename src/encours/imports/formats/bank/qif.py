"""QIF: a letter and a value a line, a caret after each movement; neither currency nor, mostly, account are told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from encours.imports.formats.bank.model import BankFileBroken, Line, NoStatement, Read, Statement
from encours.imports.formats.bank.plain_amounts import loose_minor
from encours.imports.formats.dates import DateEvidence, DateOrder, DateReader
from encours.imports.formats.problems import Problem
from encours.imports.formats.text import text_encoding

_TYPES = {"bank", "cash", "ccard", "oth a", "oth l"}
_FRENCH = ("banque", "esp", "virement", "prlv", "carte", "cheque", "vir ")
_RECORD_LINES_MAX = 2000


@dataclass(slots=True)
class _Record:
    section: str
    line: int
    values: dict[str, str] = field(default_factory=dict)


def read(path: Path, *, currency: str) -> Read:
    """One statement a section; `currency` is the account's, since QIF tells none."""
    days = DateReader(_order(path))
    statement: Statement | None = None
    account, section = "", None
    for record in _records(path):
        if record.section == "account":
            account = record.values.get("N", account)
            continue
        if record.section not in _TYPES:
            continue
        if statement is None or section != (record.section, account):
            section = (record.section, account)
            statement = Statement(format="qif", currency=currency, account_name=account[:100])
            yield statement
        yield from _movement(record, days, currency)
    if statement is None:
        raise NoStatement(format="QIF")


def _records(path: Path) -> Iterator[_Record]:
    section = ""
    record: _Record | None = None
    with path.open(encoding=text_encoding(path), errors="replace") as file:
        for number, raw in enumerate(file, 1):
            line = raw.rstrip("\r\n\x1a")
            if line.startswith("!"):
                head = line[1:].strip().lower()
                section = head.removeprefix("type:").strip() if head.startswith(("type:", "account")) else section
                record = None
            elif line.startswith("^"):
                if record is not None:
                    yield record
                record = None
            elif line.strip():
                record = record or _Record(section, number)
                record.values.setdefault(line[0], line[1:].strip())
                if number - record.line > _RECORD_LINES_MAX:
                    raise BankFileBroken(place=f"line {record.line}", field="^", value="")
    if record is not None and record.section:
        yield record


def _order(path: Path) -> DateOrder:
    """Day or month first, as the whole file proves; refused where nothing does and no French word speaks for it."""
    evidence = DateEvidence()
    is_french = False
    for record in _records(path):
        if "D" in record.values and record.section in _TYPES:
            evidence.see(_date_text(record.values["D"]), record.line)
            payee = record.values.get("P", "").lower()
            is_french = is_french or any(word in payee for word in _FRENCH)
    return evidence.order(is_french=is_french)


def _date_text(text: str) -> str:
    """12/25'06 -> 12/25/2006; blanks stand for zeros."""
    if "'" in text:
        head, _, year = text.partition("'")
        year = year.strip().rjust(2, "0")
        text = f"{head}/{'20' + year if len(year) == 2 else year}"
    return text.replace(" ", "")


def _movement(record: _Record, days: DateReader, currency: str) -> Iterator[Line | Problem]:
    told = record.values
    if "D" not in told and "T" not in told:
        return
    day, reason = days.read(_date_text(told.get("D", "")))
    minor = loose_minor(told.get("T", told.get("U", "")), currency)
    if not day:
        yield Problem(record.line, "D", told.get("D", "")[:200], reason or "date_unreadable")
        return
    if minor is None:
        yield Problem(record.line, "T", told.get("T", "")[:200], "amount_unreadable")
        return
    if minor == 0:
        yield Problem(record.line, "T", told.get("T", "")[:200], "amount_zero")
        return
    payee, memo = told.get("P", ""), told.get("M", "")
    yield Line(
        place=record.line,
        booking_date=date.fromisoformat(day),
        amount_minor=minor,
        currency=currency,
        counterparty_name=payee[:200],
        text=" ".join(f"{payee} {memo}".split()) if memo else payee,
        entry_reference=told.get("N", "")[:80],
    )
