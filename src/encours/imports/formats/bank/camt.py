"""camt.052, camt.053 and camt.054 in any version, streamed entry by entry; schema validity is not asked for.

Banks' files fail their own schema (order of elements, missing indicators), so elements are found by their name alone.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from encours.core.currencies import is_currency
from encours.imports.formats.bank.model import (
    PARTS_MAX,
    FileTooRich,
    Line,
    NoStatement,
    Read,
    Statement,
    joined,
    minor_of,
    reference,
)
from encours.imports.formats.bank.transaction import (
    Transaction,
    bank_code,
    original_amount,
    read_transaction,
    total_charges,
)
from encours.imports.formats.bank.xml import Node, attribute, deep, descendants, kids, stream, words
from encours.imports.formats.problems import Problem

_REPORTS = {"Stmt": "camt.053", "Rpt": "camt.052", "Ntfctn": "camt.054"}
_WANTED = frozenset({"TxDtls", "Ntry", *_REPORTS})
_BOOKED = {"", "BOOK", "BOOKED"}
_OPENING = {"OPBD": 3, "PRCD": 2, "OPAV": 0}
_CLOSING = {"CLBD": 3, "CLAV": 0}
_USTRD_WIDTH = 140


def read(path: Path) -> Read:
    """Statements and their lines; refuses what is no camt, declares entities, or holds no statement."""
    reader = _Reader()
    for found in stream(path, _WANTED, taken=reader.take):
        yield from found
    if not reader.is_found:
        raise NoStatement(format="camt")


@dataclass(slots=True)
class _Reader:
    """One pass over a file; `parts` are the payments of the entry at hand."""

    statement: Statement | None = None
    parts: list[Transaction] = field(default_factory=list)
    rank: int = 0
    is_found: bool = False
    version: str = ""

    def take(self, node: Node, parent: Node) -> list[Statement | Line | Problem] | None:
        """What an element that has ended stands for."""
        name = node[0]
        if name == "TxDtls":
            if len(self.parts) >= PARTS_MAX:
                raise FileTooRich(place=f"Ntry {self.rank + 1}", limit=PARTS_MAX, what="TxDtls")
            self.parts.append(read_transaction(node))
            return None
        made: list[Statement | Line | Problem] = []
        if self.statement is None:
            head = parent if name == "Ntry" else node
            if head[0] not in _REPORTS:
                return None
            self.statement, self.is_found = _head(head), True
            made.append(self.statement)
        if name == "Ntry":
            made.extend(self._entry(node, self.statement))
        else:
            self.statement, self.rank, self.parts = None, 0, []
        return made

    def _entry(self, node: Node, statement: Statement) -> list[Line | Problem]:
        parts, self.parts = self.parts, []
        self.rank += 1
        entry = _entry_of(node)
        if entry.status not in _BOOKED:
            statement.pending += 1
            return []
        currency = entry.currency or statement.currency
        minor = minor_of(entry.amount, currency) if is_currency(currency) else 0
        booked = entry.booked or entry.valued or statement.to_date
        wrong = (
            ("Amt/@Ccy", currency, "currency_unknown")
            if not is_currency(currency)
            else ("Amt", entry.amount, "amount_unreadable")
            if minor is None
            else ("CdtDbtInd", entry.side, "side_unknown")
            if entry.side not in {"CRDT", "DBIT"}
            else ("Amt", entry.amount, "amount_zero")
            if minor == 0
            else ("BookgDt", entry.booked_text, "date_unreadable")
            if booked is None
            else None
        )
        if wrong is not None or minor is None or booked is None:
            where, value, reason = wrong or ("", "", "missing")
            return [Problem(self.rank, where, value[:200], reason)]
        line = _line(entry, self.rank, booked, minor if entry.side == "CRDT" else -minor, currency)
        _take_parts(line, entry, parts, own_iban=statement.iban)
        return [line]


@dataclass(slots=True)
class _Entry:
    amount: str = ""
    currency: str = ""
    side: str = ""
    status: str = ""
    booked: date | None = None
    booked_text: str = ""
    valued: date | None = None
    entry_reference: str = ""
    bank_reference: str = ""
    bank_code: str = ""
    is_reversal: bool = False
    charges: list[tuple[str, str]] = field(default_factory=list)
    original: tuple[str, str] = ("", "")
    batch_id: str = ""
    batch_count: str = ""
    note: str = ""


def _entry_of(node: Node) -> _Entry:
    entry = _Entry()
    for name, child in kids(node):
        match name:
            case "Amt":
                entry.amount, entry.currency = words(child), attribute(child, "Ccy")
            case "CdtDbtInd":
                entry.side = words(child)
            case "BookgDt":
                entry.booked_text = deep(child)
                entry.booked = day(entry.booked_text)
            case "ValDt":
                entry.valued = day(deep(child))
            case "Sts":
                entry.status = deep(child)
            case "NtryRef":
                entry.entry_reference = reference(words(child))
            case "AcctSvcrRef":
                entry.bank_reference = reference(words(child))
            case "BkTxCd":
                entry.bank_code = bank_code(child)
            case "RvslInd":
                entry.is_reversal = words(child) == "true"
            case "Chrgs":
                entry.charges += total_charges(child)
            case "AmtDtls":
                entry.original = original_amount(child)
            case "AddtlNtryInf":
                entry.note = words(child)
            case "NtryDtls":
                for inner, details in kids(child):
                    if inner == "Btch":
                        parts = dict(kids(details))
                        entry.batch_count = words(parts["NbOfTxs"]) if "NbOfTxs" in parts else ""
                        named = parts.get("PmtInfId", parts.get("MsgId"))
                        entry.batch_id = "" if named is None else words(named)
    return entry


def _line(entry: _Entry, rank: int, booked: date, amount_minor: int, currency: str) -> Line:
    details: dict[str, Any] = {}
    if entry.batch_id or entry.batch_count:
        details["batch"] = {"reference": entry.batch_id[:140], "count": entry.batch_count[:15]}
    if entry.is_reversal:
        details["reversal"] = True
    return Line(
        place=rank,
        booking_date=booked,
        value_date=entry.valued,
        amount_minor=amount_minor,
        currency=currency,
        text=joined([entry.note], width=_USTRD_WIDTH),
        entry_reference=entry.entry_reference,
        bank_reference=entry.bank_reference,
        bank_code=entry.bank_code,
        charges_minor=_charges(entry.charges, currency),
        details=details,
    )


def _charges(charges: list[tuple[str, str]], currency: str) -> int:
    return sum(minor_of(amount, currency) or 0 for amount, of in charges if of in {"", currency})


def _take_parts(line: Line, entry: _Entry, parts: list[Transaction], *, own_iban: str) -> None:
    """One payment is the line itself; several are its parts, when their amounts add up to it."""
    _take_original(line, entry.original)
    if len(parts) == 1:
        _fill(line, parts[0], own_iban=own_iban)
        return
    if not parts:
        return
    made = [_part(line, transaction, rank, own_iban=own_iban) for rank, transaction in enumerate(parts, 1)]
    if all(part is not None for part in made):
        found = [part for part in made if part is not None]
        if sum(part.amount_minor for part in found) == line.amount_minor:
            line.parts = found
            return
        if sum(part.amount_minor - part.charges_minor for part in found) == line.amount_minor:
            for part in found:
                part.amount_minor -= part.charges_minor
            line.parts = found
            return
    line.details["payments"] = [transaction.told() for transaction in parts[:100]]
    line.details["payments_differ"] = True


def _part(line: Line, transaction: Transaction, rank: int, *, own_iban: str) -> Line | None:
    currency = transaction.currency or line.currency
    minor = minor_of(transaction.amount, line.currency) if currency == line.currency else None
    if minor is None:
        return None
    side = transaction.side or ("CRDT" if line.amount_minor >= 0 else "DBIT")
    part = Line(
        place=line.place,
        booking_date=line.booking_date,
        value_date=line.value_date,
        amount_minor=minor if side == "CRDT" else -minor,
        currency=line.currency,
        bank_code=line.bank_code,
        entry_reference=f"{line.entry_reference}/{rank}" if line.entry_reference else "",
    )
    _fill(part, transaction, own_iban=own_iban)
    return part


def _fill(line: Line, transaction: Transaction, *, own_iban: str) -> None:
    """Put what a payment tells on the line that stands for it."""
    party = transaction.counterparty(is_credit=line.amount_minor >= 0, own_iban=own_iban)
    line.counterparty_name, line.counterparty_iban = party.name[:200], party.account[:40]
    line.ultimate_name = party.ultimate[:200]
    text = joined(transaction.texts, width=_USTRD_WIDTH)
    if text and line.text and line.text != text:
        line.details["note"] = line.text
    line.text = text or joined([transaction.note], width=_USTRD_WIDTH) or line.text
    line.structured_reference = transaction.structured[:140]
    line.end_to_end_id = transaction.end_to_end_id[:80]
    line.mandate_id = transaction.mandate_id[:80]
    line.bank_reference = line.bank_reference or transaction.bank_reference
    line.bank_code = transaction.bank_code or line.bank_code
    line.return_reason = transaction.return_reason[:40]
    line.charges_minor = line.charges_minor or _charges(transaction.charges, line.currency)
    _take_original(line, transaction.original)
    line.details.update(transaction.extra())


def _take_original(line: Line, original: tuple[str, str]) -> None:
    amount, currency = original
    if not amount or not is_currency(currency):
        return
    minor = minor_of(amount, currency)
    if minor is not None and (currency != line.currency or minor != abs(line.amount_minor)):
        line.original_currency = currency
        line.original_amount_minor = minor if line.amount_minor >= 0 else -minor


def _head(node: Node) -> Statement:
    """What stands before the entries: account, period, balances."""
    name = node[0]
    statement = Statement(format=_REPORTS[name], is_interim=name != "Stmt")
    best = {"opening": -1, "closing": -1}
    made: date | None = None
    for inner, child in kids(node):
        match inner:
            case "Id":
                statement.number = statement.number or words(child)[:70]
            case "CreDtTm":
                made = day(words(child))
            case "FrToDt":
                period = dict(kids(child))
                statement.from_date = day(words(period["FrDtTm"])) if "FrDtTm" in period else None
                statement.to_date = day(words(period["ToDtTm"])) if "ToDtTm" in period else None
            case "Acct":
                _account(child, statement)
            case "Bal":
                _balance(child, statement, best)
            case "TxsSummry":
                _summary(child, statement)
    if best["opening"] == 0 or best["closing"] == 0:
        statement.opening_minor = statement.closing_minor = None
    statement.to_date = statement.to_date or made
    statement.place = f"{name} {statement.number}".strip()
    return statement


def _account(node: Node, statement: Statement) -> None:
    for name, child in kids(node):
        match name:
            case "Id":
                for inner, value in kids(child):
                    if inner == "IBAN":
                        statement.iban = words(value).replace(" ", "")[:34]
                    elif inner == "Othr":
                        other = dict(kids(value))
                        statement.account_number = words(other["Id"]).replace(" ", "")[:60] if "Id" in other else ""
            case "Ccy":
                statement.currency = words(child)[:3]
            case "Nm":
                statement.account_name = words(child)[:100]
            case "Ownr":
                statement.owner_name = next((words(one) for inner, one in kids(child) if inner == "Nm"), "")[:200]
            case "Svcr":
                statement.bic = next((words(one) for one in descendants(child) if one[0] in {"BIC", "BICFI"}), "")[:11]


def _balance(node: Node, statement: Statement, best: dict[str, int]) -> None:
    amount, currency, side, code, dated = "", "", "CRDT", "", None
    for name, child in kids(node):
        match name:
            case "Amt":
                amount, currency = words(child), attribute(child, "Ccy")
            case "CdtDbtInd":
                side = words(child)
            case "Tp":
                code = deep(child)
            case "Dt":
                dated = day(deep(child))
    statement.currency = statement.currency or currency
    if currency not in {"", statement.currency} or not is_currency(statement.currency):
        return
    minor = minor_of(amount, statement.currency)
    if minor is None:
        return
    minor = -minor if side == "DBIT" else minor
    kind = code[:4]
    if kind in _OPENING and _OPENING[kind] > best["opening"]:
        statement.opening_minor, best["opening"] = minor, _OPENING[kind]
        statement.from_date = statement.from_date or dated
    elif kind in _CLOSING and _CLOSING[kind] > best["closing"]:
        statement.closing_minor, best["closing"] = minor, _CLOSING[kind]
        statement.to_date = dated or statement.to_date


def _summary(node: Node, statement: Statement) -> None:
    for name, child in kids(node):
        if name == "TtlNtries":
            for inner, value in kids(child):
                if inner == "NbOfNtries" and words(value).isdecimal():
                    statement.stated_count = int(words(value)[:9])


_DAYS: dict[str, date | None] = {}


def day(text: str) -> date | None:
    """The day of a date or an instant: 2026-01-31T23:59:00+01:00 -> 2026-01-31."""
    found = _DAYS.get(text[:10])
    if found is None:
        try:
            found = date.fromisoformat(text[:10])
        except ValueError:
            return None
        if len(_DAYS) < 20_000:
            _DAYS[text[:10]] = found
    return found
