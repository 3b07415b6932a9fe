"""CFONB 120, the statement of French banks: 120 characters a record, 01 and 07 balances, 04 movements, 05 complements.

Banks cut trailing blanks, leave blank lines between records or none at all, and break the character set.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from encours.core.currencies import exponent, is_currency
from encours.core.errors import gettext_noop
from encours.imports.formats.amounts import MINOR_LIMIT
from encours.imports.formats.bank.model import (
    BankFileBroken,
    FileTooRich,
    Line,
    NoStatement,
    Read,
    Statement,
    joined,
)
from encours.imports.formats.problems import FileUnreadable, Problem

_LENGTH = 120
_SIGNED = {sign: (digit, 1) for digit, sign in enumerate("{ABCDEFGHI")} | {
    sign: (digit, -1) for digit, sign in enumerate("}JKLMNOPQR")
}
_KINDS = frozenset({"01", "04", "05", "07"})
_COMPLEMENTS_MAX = 500
_RIB_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")
# the interbank codes of payments that came back unpaid: cheques, bills, transfers, debits
_RETURNED = frozenset({"02", "12", "22", "32", "A4", "B2", "C2", "D2"})
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")
_REASON = re.compile(r"\b([A-Z]{2}\d{2})\b")


class MovementOutsideStatement(FileUnreadable):
    message = gettext_noop("Line {line}: a movement (04) stands before the opening balance (01) of its statement.")


class ComplementWithoutMovement(FileUnreadable):
    message = gettext_noop("Line {line}: a complement (05) has no movement (04) it belongs to.")


class StatementNotEnded(FileUnreadable):
    message = gettext_noop("Line {line}: a new statement begins (01) before the closing balance (07) of the last one.")


class BalanceOutsideStatement(FileUnreadable):
    message = gettext_noop("Line {line}: a closing balance (07) without an opening balance (01).")


class StatementCutOff(FileUnreadable):
    message = gettext_noop("The last statement has no closing balance (07): the file is cut off. Export it again.")


@dataclass(slots=True)
class _State:
    statement: Statement | None = None
    line: Line | None = None
    complements: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0


def read(path: Path) -> Read:
    """Statements and their lines; refuses records out of order, unreadable days and amounts, a missing 07."""
    state = _State()
    for number, record in _records(path):
        yield from _take(state, number, record)
    if state.statement is not None:
        raise StatementCutOff()
    if not state.count:
        raise NoStatement(format="CFONB 120")


def _records(path: Path) -> Iterator[tuple[int, str]]:
    """The records with their line numbers, whether lines break every 120 characters, elsewhere, or never."""
    with path.open(encoding="latin-1", newline=None) as file:
        number, tail = 0, ""
        while line := file.readline(1 << 16):
            number += 1
            text = tail + line.rstrip("\n")
            tail = ""
            whole = len(text) - len(text) % _LENGTH if len(text) > _LENGTH else 0
            for start in range(0, whole, _LENGTH):
                yield number, text[start : start + _LENGTH]
            rest = text[whole:]
            if not line.endswith("\n") and len(line) == 1 << 16:
                tail = rest
            elif rest.strip():
                yield number, rest.ljust(_LENGTH)


def _take(state: _State, number: int, record: str) -> Read:
    kind = record[:2]
    if kind not in _KINDS:
        raise BankFileBroken(place=f"line {number}", field="record", value=record[:20])
    if kind == "05":
        if state.line is None:
            raise ComplementWithoutMovement(line=number)
        _complement(state, number, record)
        return
    if state.line is not None:
        line = _completed(state)
        yield line if line.amount_minor else Problem(line.place, "amount", "0", "amount_zero")
    if kind == "01":
        if state.statement is not None:
            raise StatementNotEnded(line=number)
        state.statement = _opening(number, record)
        state.count += 1
        yield state.statement
        return
    if state.statement is None:
        raise (MovementOutsideStatement if kind == "04" else BalanceOutsideStatement)(line=number)
    if kind == "04":
        state.line, state.complements = _movement(number, record), {}
    else:
        state.statement.closing_minor = _amount(number, record, slice(90, 104))
        state.statement.to_date = _day(number, record, slice(34, 40))
        state.statement = None


def _day(number: int, record: str, where: slice) -> date:
    text = record[where]
    try:
        year = int(text[4:6])
        return date(2000 + year if year < 80 else 1900 + year, int(text[2:4]), int(text[:2]))
    except ValueError:
        raise BankFileBroken(place=f"line {number}", field="date", value=text) from None


def _amount(number: int, record: str, where: slice) -> int:
    """The last character carries sign and digit: 0000000001904} -> -19040 (the record says how many are decimals)."""
    text = record[where]
    digit, sign = _SIGNED.get(text[-1:], (None, 0))
    digits = text[:-1].strip().rjust(1, "0")
    if digit is None and text[-1:].isdecimal():
        digit, sign = int(text[-1]), 1
    if digit is None or not digits.isdecimal() or not digits.isascii():
        raise BankFileBroken(place=f"line {number}", field="amount", value=text)
    minor = sign * (int(digits) * 10 + digit)
    places = record[19]
    if not places.isdecimal() or abs(minor) >= MINOR_LIMIT:
        raise BankFileBroken(place=f"line {number}", field="decimals", value=places)
    return _scaled(number, minor, int(places), record[16:19])


def _scaled(number: int, minor: int, places: int, currency: str) -> int:
    """Minor units of the currency, where the record has other decimals than it; nothing is rounded."""
    wanted = exponent(currency) if is_currency(currency) else 2
    if places <= wanted:
        scaled_up: int = minor * 10 ** abs(wanted - places)
        return scaled_up
    factor: int = 10 ** abs(places - wanted)
    scaled, rest = divmod(abs(minor), factor)
    if rest:
        raise BankFileBroken(place=f"line {number}", field="decimals", value=str(places))
    return scaled if minor > 0 else -scaled


def _opening(number: int, record: str) -> Statement:
    bank, branch, currency, account = record[2:7], record[11:16], record[16:19], record[21:32]
    if not is_currency(currency):
        raise BankFileBroken(place=f"line {number}", field="currency", value=currency)
    if not account.strip():
        raise BankFileBroken(place=f"line {number}", field="account", value=account)
    return Statement(
        format="cfonb120",
        place=f"line {number}",
        iban=iban_of(bank, branch, account),
        account_number=f"{bank}{branch}{account}".replace(" ", ""),
        currency=currency,
        from_date=_day(number, record, slice(34, 40)),
        opening_minor=_amount(number, record, slice(90, 104)),
    )


def iban_of(bank: str, branch: str, account: str) -> str:
    """The IBAN of a French account: 20041 01005 0500013M026 -> FR1420041010050500013M02606.

    The RIB key is 97 - (89 bank + 15 branch + 3 number) mod 97, letters counting 1 to 9; the IBAN has its own key.
    """
    if not (bank.isdecimal() and branch.isdecimal() and re.fullmatch(r"[0-9A-Z]{11}", account)):
        return ""
    figures = account.translate(_RIB_LETTERS)
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(figures)) % 97
    body = f"{bank}{branch}{account}{key:02}"
    spelt = "".join(str(int(sign, 36)) for sign in f"{body}FR00")
    return f"FR{98 - int(spelt) % 97:02}{body}"


def _movement(number: int, record: str) -> Line:
    code = record[32:34].strip()
    line = Line(
        place=number,
        booking_date=_day(number, record, slice(34, 40)),
        value_date=_day(number, record, slice(42, 48)) if record[42:48].strip() else None,
        amount_minor=_amount(number, record, slice(90, 104)),
        currency=record[16:19],
        text=record[48:80].strip(),
        entry_reference=record[81:88].strip().strip("0") and record[81:88].strip(),
        bank_reference=record[104:120].strip(),
        bank_code=code,
    )
    internal = record[7:11].strip()
    if internal:
        line.details["internal_code"] = internal
    if code in _RETURNED or record[40:42].strip():
        line.return_reason = record[40:42].strip() or "NARR"
    return line


def _complement(state: _State, number: int, record: str) -> None:
    name, text = record[45:48], record[48:118].rstrip()
    if not text.strip():
        return
    found = state.complements.setdefault(name, [])
    found.append(text)
    if len(found) > _COMPLEMENTS_MAX:
        raise FileTooRich(place=f"line {number}", limit=_COMPLEMENTS_MAX, what=f"05 {name}")


def _completed(state: _State) -> Line:
    """The movement with what its complements tell."""
    line, told = state.line, state.complements
    if line is None:
        raise AssertionError
    state.line = None
    label = [line.text, *(part.strip() for part in told.pop("LIB", ()))]
    remitted = joined([*told.pop("LCC", ()), *told.pop("LC2", ()), *told.pop("LCS", ())], width=70)
    line.text = " ".join(part for part in [*label, remitted] if part)
    line.counterparty_name = joined(told.pop("NPY" if line.amount_minor > 0 else "NBE", ()), width=70)[:200]
    line.counterparty_name = line.counterparty_name or joined(told.pop("NPY", told.pop("NBE", ())), width=70)[:200]
    ultimate = [*told.pop("NPO", ()), *told.pop("NBU", ())]
    line.ultimate_name = joined(ultimate, width=70)[:200]
    client = told.pop("RCN", [])
    if client:
        line.end_to_end_id = client[0][:35].strip()
        purpose = client[0][35:].strip()
        line.text = " ".join(part for part in (line.text, purpose) if part)
    for name in ("IPY", "IBE", "CPY", "CBE", "IBA"):
        account = "".join(told[name][0][:35].split()) if name in told else ""
        if _IBAN.fullmatch(account):
            line.counterparty_iban = account
            del told[name]
            break
    line.mandate_id = told.pop("RUM", [""])[0][:35].strip()
    line.structured_reference = " ".join(part.strip() for part in told.pop("REF", []))[:140]
    returned = told.pop("RET", [])
    if returned:
        line.details["return_note"] = " ".join(returned)[:300]
    _original(line, told.pop("MMO", []))
    if line.return_reason in {"", "NARR"}:
        reason = _REASON.search(str(line.details.get("return_note", "")))
        line.return_reason = reason[1] if reason else line.return_reason
    if told:
        line.details["complements"] = {name: [part.strip() for part in parts] for name, parts in told.items()}
    return line


def _original(line: Line, parts: list[str]) -> None:
    """MMO: currency, decimals, amount of origin, such as USD2000000000123456."""
    found = re.match(r"([A-Z]{3})(\d)(\d{1,14})", parts[0]) if parts else None
    if found and is_currency(found[1]):
        minor = int(found[3]) * 10 ** exponent(found[1]) // 10 ** int(found[2])
        line.original_currency, line.original_amount_minor = found[1], minor if line.amount_minor > 0 else -minor
