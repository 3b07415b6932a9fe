"""OFX 1 (SGML, tags left open) and OFX 2 (XML), read as a stream of tags: banks' files keep neither grammar."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from encours.core.currencies import is_currency
from encours.imports.formats.bank.cfonb120 import iban_of
from encours.imports.formats.bank.model import Line, NoStatement, Read, Statement, reference
from encours.imports.formats.bank.plain_amounts import loose_minor
from encours.imports.formats.problems import Problem
from encours.imports.formats.text import text_encoding

_TAG = re.compile(r"<(/?)([A-Za-z0-9_.]{1,40})\s*/?>([^<]*)")
_DECLARED = re.compile(rb"(?:CHARSET:|encoding=[\"'])([A-Za-z0-9_-]+)")
_CHUNK_CHARACTERS = 1 << 16
_TAIL_MAX = 1 << 20
_STATEMENTS = {"STMTRS", "CCSTMTRS", "INVSTMTRS"}
_ACCOUNTS = {"BANKACCTFROM", "CCACCTFROM", "INVACCTFROM"}
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")


@dataclass(slots=True)
class _State:
    currency: str
    statement: Statement | None = None
    is_told: bool = False
    account: dict[str, str] = field(default_factory=dict)
    movement: dict[str, str] | None = None
    inside: list[str] = field(default_factory=list)
    closing: str = ""
    rank: int = 0
    count: int = 0


def read(path: Path, *, currency: str) -> Read:
    """Statements and their lines; `currency` stands in where a bank tells none. Refuses a file without statement."""
    state = _State(currency=currency)
    for is_end, name, value in _tags(path):
        if is_end:
            yield from _ended(state, name)
        else:
            yield from _begun(state, name, value)
    if state.statement is not None:
        yield from _told(state)
    if not state.count:
        raise NoStatement(format="OFX")


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        found = _DECLARED.search(file.read(2000))
    guessed = text_encoding(path)
    is_windows = found is not None and found[1].upper() in {b"1252", b"WINDOWS-1252", b"USASCII"}
    return "cp1252" if is_windows and guessed not in {"utf-8", "utf-8-sig"} else guessed


def _tags(path: Path) -> Iterator[tuple[bool, str, str]]:
    with path.open(encoding=_encoding(path), errors="replace") as file:
        tail = ""
        while chunk := file.read(_CHUNK_CHARACTERS):
            text = tail + chunk
            # a value may go on in the next chunk: what follows the last tag's beginning waits for it
            cut = text.rfind("<")
            cut = cut if cut > 0 and len(text) - cut < _TAIL_MAX else len(text)
            yield from _found(text[:cut])
            tail = text[cut:]
        yield from _found(tail)


def _found(text: str) -> Iterator[tuple[bool, str, str]]:
    for match in _TAG.finditer(text):
        yield bool(match[1]), match[2].upper(), html.unescape(match[3]).strip()


def _begun(state: _State, name: str, value: str) -> Read:
    if name in _STATEMENTS:
        state.statement, state.is_told, state.account, state.closing = Statement(format="ofx"), False, {}, ""
        return
    statement = state.statement
    if statement is None:
        return
    if name == "STMTTRN":
        if state.movement is not None:
            # the tag of the movement before was left open
            yield from _movement(state)
        yield from _told(state)
        state.movement = {}
        state.rank += 1
        return
    if not value:
        state.inside.append(name)
        return
    within = state.inside[-1] if state.inside else ""
    if state.movement is not None:
        state.movement.setdefault(f"PAYEE {name}" if within == "PAYEE" else name, value)
        if within in {"BANKACCTTO", "CCACCTTO"} and name == "ACCTID":
            state.movement.setdefault("TO", value)
    elif name == "CURDEF":
        statement.currency = value[:3].upper()
    elif name == "DTSTART":
        statement.from_date = _day(value)
    elif name == "DTEND":
        statement.to_date = _day(value)
    elif within in _ACCOUNTS:
        state.account.setdefault(name, value)
    elif name == "BALAMT" and within == "LEDGERBAL":
        state.closing = value


def _ended(state: _State, name: str) -> Read:
    while state.inside and name in state.inside:
        if state.inside.pop() == name:
            break
    if name == "STMTTRN" and state.movement is not None:
        yield from _movement(state)
    elif name in _STATEMENTS and state.statement is not None:
        if state.movement is not None:
            yield from _movement(state)
        yield from _told(state)
        if state.closing and state.statement.currency:
            state.statement.closing_minor = loose_minor(state.closing, state.statement.currency)
        state.statement, state.inside = None, []


def _told(state: _State) -> Read:
    if state.is_told or state.statement is None:
        return
    state.statement.currency = state.statement.currency or state.currency
    _identify(state.statement, state.account)
    state.is_told = True
    state.count += 1
    yield state.statement


def _identify(statement: Statement, account: dict[str, str]) -> None:
    number = "".join(account.get("ACCTID", "").split()).upper()
    bank, branch = account.get("BANKID", account.get("BROKERID", "")), account.get("BRANCHID", "")
    if not is_currency(statement.currency):
        statement.currency = ""
    statement.place = f"ACCTID {number}"
    if _IBAN.fullmatch(number):
        statement.iban = number
        return
    if len(bank) == 5 and len(branch) == 5:
        statement.iban = iban_of(bank, branch, number.rjust(11, "0"))
    statement.account_number = f"{bank}/{number}"[:60] if bank and number else number[:60]


def _day(text: str) -> date | None:
    """20260131120000[-5:EST] -> 2026-01-31."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


def _movement(state: _State) -> Iterator[Line | Problem]:
    told, statement = state.movement or {}, state.statement
    state.movement = None
    if statement is None:
        return
    currency = statement.currency
    booked = _day(told.get("DTPOSTED", ""))
    minor = loose_minor(told.get("TRNAMT", ""), currency) if is_currency(currency) else None
    if not is_currency(currency):
        yield Problem(state.rank, "CURDEF", currency, "currency_unknown")
    elif booked is None:
        yield Problem(state.rank, "DTPOSTED", told.get("DTPOSTED", "")[:200], "date_unreadable")
    elif minor is None:
        yield Problem(state.rank, "TRNAMT", told.get("TRNAMT", "")[:200], "amount_unreadable")
    elif minor == 0:
        yield Problem(state.rank, "TRNAMT", told.get("TRNAMT", "")[:200], "amount_zero")
    else:
        yield _line(state.rank, booked, minor, told, currency)


def _line(rank: int, booked: date, minor: int, told: dict[str, str], currency: str) -> Line:
    name = told.get("PAYEE NAME", told.get("NAME", ""))
    memo = told.get("MEMO", "")
    line = Line(
        place=rank,
        booking_date=booked,
        value_date=_day(told.get("DTAVAIL", "")),
        amount_minor=minor,
        currency=currency,
        counterparty_name=name[:200],
        counterparty_iban=told.get("TO", "") if _IBAN.fullmatch(told.get("TO", "")) else "",
        text=" ".join(f"{name} {memo}".split()) if not memo.startswith(name) else " ".join(memo.split()),
        bank_reference=reference(told.get("FITID", ""))[:80],
        entry_reference=reference(told.get("REFNUM", told.get("CHECKNUM", "")))[:80],
        bank_code=told.get("TRNTYPE", "")[:40],
    )
    if told.get("CHECKNUM"):
        line.details["cheque"] = told["CHECKNUM"][:40]
    return line
