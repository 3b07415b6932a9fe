"""BAI2: comma separated records 01 to 99 with continuations (88), several on a line where the bank likes it so."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from encours.core.currencies import is_currency
from encours.imports.formats.bank.model import (
    BankFileBroken,
    FileTooRich,
    Line,
    NoStatement,
    Read,
    Statement,
    joined,
    reference,
)
from encours.imports.formats.problems import Problem
from encours.imports.formats.text import text_encoding

_BREAK = re.compile(r"/\s+(?=(?:01|02|03|16|49|88|98|99),)")
_CODES = {"01", "02", "03", "16", "49", "88", "98", "99"}
_WORDS = re.compile(r"(?:^|\n)\s*(EREF|REMI|DBNM|CRNM|DACT|CACT|CREF|OBI|ORIG NAME|DES|ID)\s*: ?([^\n]*)")
_CONTINUED_MAX = 5000
_AMOUNT = re.compile(r"[+-]?\d{1,16}")


@dataclass(slots=True)
class _Record:
    code: str
    line: int
    texts: list[str]


@dataclass(slots=True)
class _State:
    group: list[str] = field(default_factory=list)
    group_date: date | None = None
    statement: Statement | None = None
    total: int = 0
    count: int = 0
    statements: int = 0


def read(path: Path) -> Read:
    """Statements and their lines; an account's control total that does not hold is told, not refused."""
    state = _State()
    for record in _records(path):
        yield from _take(state, record)
    if not state.statements:
        raise NoStatement(format="BAI2")


def _records(path: Path) -> Iterator[_Record]:
    record: _Record | None = None
    with path.open(encoding=text_encoding(path), errors="replace") as file:
        for number, raw in enumerate(file, 1):
            for part in _BREAK.split(raw.strip()):
                code, comma, rest = part.partition(",")
                if not part.strip():
                    continue
                if code not in _CODES or not comma:
                    if record is None or record.code != "16":
                        raise BankFileBroken(place=f"line {number}", field="record", value=part[:40])
                    record.texts.append(part)
                    continue
                if code == "88":
                    if record is None:
                        raise BankFileBroken(place=f"line {number}", field="88", value=part[:40])
                    record.texts.append(_bare(rest))
                    if len(record.texts) > _CONTINUED_MAX:
                        raise FileTooRich(place=f"line {number}", limit=_CONTINUED_MAX, what="88")
                    continue
                if record is not None:
                    yield record
                record = _Record(code, number, [_bare(rest)])
    if record is not None:
        yield record


def _bare(text: str) -> str:
    text = text.rstrip()
    return text.removesuffix("/")


def _take(state: _State, record: _Record) -> Read:
    match record.code:
        case "02":
            state.group = ",".join(record.texts).split(",")
            state.group_date = _day(record, state.group[3] if len(state.group) > 3 else "")
        case "03":
            state.statement = _account(state, record)
            state.statements += 1
            yield state.statement
        case "16":
            if state.statement is None:
                raise BankFileBroken(place=f"line {record.line}", field="16", value="")
            yield from _movement(state, record)
        case "49":
            if state.statement is not None:
                yield from _checked(state, record)
            state.statement = None


def _day(record: _Record, text: str) -> date:
    try:
        year = int(text[:2])
        return date(2000 + year if year < 80 else 1900 + year, int(text[2:4]), int(text[4:6]))
    except ValueError:
        raise BankFileBroken(place=f"line {record.line}", field="date", value=text[:20]) from None


def _number(record: _Record, text: str) -> int:
    if not text.strip():
        return 0
    if not _AMOUNT.fullmatch(text.strip()):
        raise BankFileBroken(place=f"line {record.line}", field="amount", value=text[:40])
    return int(text)


def _account(state: _State, record: _Record) -> Statement:
    fields: list[str] = []
    for text in record.texts:
        fields += text.split(",")
    fields += [""] * 2
    own = fields[1].strip()
    group = state.group[5].strip() if len(state.group) > 5 else ""
    currency = own or group or "USD"
    if not is_currency(currency):
        raise BankFileBroken(place=f"line {record.line}", field="currency", value=currency[:20])
    if state.group_date is None:
        raise BankFileBroken(place=f"line {record.line}", field="02", value="")
    if not fields[0].strip():
        raise BankFileBroken(place=f"line {record.line}", field="account", value="")
    statement = Statement(
        format="bai2",
        place=f"line {record.line}",
        account_number="".join(fields[0].split())[:60],
        currency=currency,
        from_date=state.group_date,
        to_date=state.group_date,
    )
    state.total = state.count = 0
    _summaries(state, record, fields[2:], statement)
    return statement


def _summaries(state: _State, record: _Record, fields: list[str], statement: Statement) -> None:
    """Type, amount, item count, funds type, again and again: 010 opening and 015 closing ledger balance."""
    place = 0
    while place + 1 < len(fields):
        kind, amount = fields[place].strip(), _number(record, fields[place + 1])
        state.total += amount
        if kind == "010":
            statement.opening_minor = amount
        elif kind == "015":
            statement.closing_minor = amount
        elif kind in {"100", "400"} and place + 2 < len(fields):
            count = fields[place + 2].strip()
            if count.isdecimal():
                statement.stated_count = (statement.stated_count or 0) + int(count[:9])
        place = _behind_funds(fields, place + 3)


def _behind_funds(fields: list[str], place: int) -> int:
    """Where the next value stands, behind a funds type and its own values."""
    kind = fields[place].strip() if place < len(fields) else ""
    if kind == "S":
        return place + 4
    if kind == "V":
        return place + 3
    if kind == "D":
        count = fields[place + 1].strip() if place + 1 < len(fields) else "0"
        return place + 2 + 2 * (int(count[:4]) if count.isdecimal() else 0)
    return place + 1


def _movement(state: _State, record: _Record) -> Iterator[Line | Problem]:
    statement = state.statement
    if statement is None or statement.from_date is None:
        return
    fields, rest = record.texts[0].split(","), list(record.texts[1:])
    behind = _behind_funds(fields, 2)
    while len(fields) < behind + 3 and rest:
        fields += rest.pop(0).split(",")
        behind = _behind_funds(fields, 2)
    fields += [""] * 4
    amount, kind = _number(record, fields[1]), fields[0].strip()
    state.total += amount
    state.count += 1
    if not kind.isdecimal():
        yield Problem(record.line, "type", kind[:40], "side_unknown")
        return
    if amount == 0:
        yield Problem(record.line, "amount", fields[1][:40], "amount_zero")
        return
    is_debit = 400 <= int(kind) < 700 or 760 <= int(kind) < 790
    valued = fields[3].strip() if fields[2].strip() == "V" else ""
    said = "\n".join([",".join(fields[behind + 2 :]).rstrip(","), *rest])
    line = Line(
        place=record.line,
        booking_date=statement.from_date,
        value_date=_day(record, valued) if valued else None,
        amount_minor=-amount if is_debit else amount,
        currency=statement.currency,
        text=joined([part.strip() for part in said.split("\n") if part.strip()], width=1 << 20),
        bank_reference=reference(fields[behind])[:80],
        entry_reference=reference(fields[behind + 1])[:80],
        bank_code=kind,
    )
    _words(line, said)
    yield line


def _words(line: Line, said: str) -> None:
    told: dict[str, str] = {}
    for name, value in _WORDS.findall(said):
        told.setdefault(name, value.strip())
    is_credit = line.amount_minor > 0
    line.end_to_end_id = reference(told.get("EREF", ""))[:80]
    line.counterparty_name = told.get("DBNM" if is_credit else "CRNM", told.get("DBNM", ""))[:200]
    line.counterparty_iban = told.get("DACT" if is_credit else "CACT", "")[:40]
    if told.get("REMI"):
        line.details["remittance"] = told["REMI"][:1000]


def _checked(state: _State, record: _Record) -> Iterator[Problem]:
    stated = record.texts[0].split(",")[0]
    if _AMOUNT.fullmatch(stated.strip()) and int(stated) != state.total:
        yield Problem(record.line, "49", stated[:40], "control_total_differs")
