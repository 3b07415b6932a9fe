"""MT940 statements and MT942 reports, tag by tag, with the dialects banks write their text field in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from encours.core.currencies import is_currency
from encours.imports.formats.bank import swift_text
from encours.imports.formats.bank.model import BankFileBroken, FileTooRich, Line, NoStatement, Read, Statement, minor_of
from encours.imports.formats.bank.model import reference as told
from encours.imports.formats.text import text_encoding

_TAG = re.compile(r":(\d{2}[A-Z]?|NS):")
_BALANCE = re.compile(r"([DC])(\d{6})([A-Z]{3})([\d,.]*)")
_MOVEMENT = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4})?\s*(?P<side>R?[DC])(?P<funds>[A-Z ])?"
    r"(?P<amount>\d{1,15}(?:[,.]\d{0,4})?)(?P<code>[A-Z]?[A-Z0-9]{0,3})(?P<rest>.*)",
    re.DOTALL,
)
_FLOOR = re.compile(r"([A-Z]{3})")
_RETURNED = re.compile(
    r"\b(AC0[1-9]|AC1[3-6]|AG0[12]|AM0[1-9]|BE0[1-9]|CNOR|DNOR|FOCR|FF0[15]|MD0[1-7]|MS0[23]|SL01)\b"
)
_RETURNS = {"108", "109", "159", "059", "184", "185"}  # the German business codes of returned debits and transfers
_LINES_MAX = 2000
_WIDTH = 65


@dataclass(slots=True)
class _Tag:
    name: str
    line: int
    texts: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


@dataclass(slots=True)
class _State:
    """The statement and movement being read."""

    statement: Statement | None = None
    is_told: bool = False
    movement: _Tag | None = None
    notes: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)  # :NS: lines of the movement
    count: int = 0


def read(path: Path) -> Read:
    """Statements and their lines; refuses movements, balances and dates that cannot be read."""
    state = _State()
    for tag in _tags(path):
        yield from _take(state, tag)
    yield from _flush(state)
    if not state.count:
        raise NoStatement(format="MT940")


def _tags(path: Path) -> Iterator[_Tag]:
    """The tags of the file with their continuation lines; blocks' envelopes are passed over."""
    tag: _Tag | None = None
    with path.open(encoding=text_encoding(path), errors="replace", newline=None) as file:
        for number, raw in enumerate(file, 1):
            line = raw.rstrip("\r\n").replace("\x00", "").strip("\x01\x03")
            found = _TAG.match(line)
            if found:
                if tag is not None:
                    yield tag
                tag = _Tag(found[1], number, [line[found.end() :]])
            elif line.startswith("-}") or line.strip() == "-" or line.startswith("{1:"):
                if tag is not None:
                    yield tag
                tag = None
                if line.rstrip().endswith("{4:"):
                    continue
            elif tag is not None and line.strip():
                tag.texts.append(line)
                if len(tag.texts) > _LINES_MAX:
                    raise FileTooRich(place=f"line {number}", limit=_LINES_MAX, what=f"lines of :{tag.name}:")
    if tag is not None:
        yield tag


def _take(state: _State, tag: _Tag) -> Read:
    match tag.name:
        case "20":
            yield from _flush(state)
            state.statement, state.is_told = Statement(format="mt940", place=f"line {tag.line}"), False
        case "25" | "25P" if state.movement is None:
            yield from _flush(state)
            if state.statement is None or state.is_told:
                state.statement, state.is_told = Statement(format="mt940", place=f"line {tag.line}"), False
            _account(tag.texts[0], state.statement)
        case "28" | "28C" if state.statement is not None:
            state.statement.number = tag.texts[0].strip()[:70]
        case "60F" | "60M" | "60":
            if state.statement is None:
                raise BankFileBroken(place=f"line {tag.line}", field=":25:", value="")
            yield from _flush(state)
            _balance(tag, state.statement, is_opening=True)
        case "34F" | "13D" if state.statement is not None:
            _interim(tag, state.statement)
        case "61":
            yield from _flush(state)
            yield from _opened(state, tag)
            state.movement, state.notes, state.own = tag, [], []
        case "86":
            if state.movement is not None:
                state.notes.extend(tag.texts)
        case "25":
            # one bank writes the text field under the tag of the account
            state.notes.extend(tag.texts)
        case "NS" if state.movement is not None:
            state.own.extend(tag.texts)
        case "62F" | "62M" | "62":
            yield from _flush(state)
            yield from _opened(state, tag)
            if state.statement is not None:
                _balance(tag, state.statement, is_opening=False)
            state.movement = None
        case "90C" | "90D":
            yield from _flush(state)


def _opened(state: _State, tag: _Tag) -> Read:
    """Tell the statement once its head is complete; refuses movements of no known account."""
    if state.statement is None:
        raise BankFileBroken(place=f"line {tag.line}", field=":25:", value="")
    if state.is_told:
        return
    if not state.statement.iban and not state.statement.account_number:
        raise BankFileBroken(place=f"line {tag.line}", field=":25:", value="")
    state.is_told = True
    state.count += 1
    yield state.statement


def _flush(state: _State) -> Iterator[Line]:
    """The movement at hand, now that its text field is complete."""
    tag, statement = state.movement, state.statement
    if tag is None or statement is None:
        return
    state.movement = None
    line = _line(tag, statement)
    if line.amount_minor == 0:
        return  # some banks write their balances as movements of nothing
    _describe(line, tag, state)
    yield line


def _account(text: str, statement: Statement) -> None:
    """DE12..., 51230800/0000007055, NL81ASNB9999999999EUR -> IBAN or number, currency where it is told."""
    bare = text.strip()
    found = re.search(r"(?<=[\d/])([A-Z]{3})$", bare)
    if found and is_currency(found[1]):
        statement.currency = found[1]
        bare = bare[: found.start()].rstrip("/ ")
    compact = "".join(bare.split()).replace(".", "")
    if re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}", compact):
        statement.iban = compact
    else:
        statement.account_number = compact[:60]


def _interim(tag: _Tag, statement: Statement) -> None:
    statement.is_interim = True
    statement.format = "mt942"
    found = _FLOOR.match(tag.texts[0])
    if tag.name == "34F" and found and is_currency(found[1]):
        statement.currency = found[1]
    if tag.name == "13D":
        statement.to_date = _day(tag.texts[0][:6])


def _balance(tag: _Tag, statement: Statement, *, is_opening: bool) -> None:
    found = _BALANCE.match(tag.texts[0].strip())
    place = f"line {tag.line}"
    if found is None or not is_currency(found[3]):
        raise BankFileBroken(place=place, field=f":{tag.name}:", value=tag.texts[0][:60])
    statement.currency = found[3]
    minor = _minor(found[4], found[3])
    if minor is None:
        raise BankFileBroken(place=place, field=f":{tag.name}:", value=tag.texts[0][:60])
    minor = minor if found[1] == "C" else -minor
    dated = _day(found[2])
    if is_opening:
        if statement.opening_minor is None:
            statement.opening_minor, statement.from_date = minor, dated
    else:
        statement.closing_minor, statement.to_date = minor, dated


def _minor(text: str, currency: str) -> int | None:
    """380115,1 -> 38011510; leading zeros and a bare comma are usual."""
    plain = text.replace(",", ".").rstrip(".").lstrip("0")
    plain = f"0{plain}" if not plain or plain.startswith(".") else plain
    return minor_of(plain, currency)


def _day(text: str) -> date | None:
    """YYMMDD; the 30th of February, which some banks book on, is the month's last day."""
    try:
        year, month, number = 2000 + int(text[:2]), int(text[2:4]), int(text[4:6])
    except ValueError:
        return None
    year -= 100 if year > 2079 else 0
    if month == 2 and number in {29, 30}:
        return date(year, 3, 1) - timedelta(days=1)
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _entry_day(text: str | None, valued: date) -> date:
    """The booking day has no year: the one nearest to the value date."""
    if not text:
        return valued
    near = [_day(f"{(valued.year + step) % 100:02}{text}") for step in (0, -1, 1)]
    return min((day for day in near if day is not None), key=lambda day: abs((day - valued).days), default=valued)


def _line(tag: _Tag, statement: Statement) -> Line:
    found = _MOVEMENT.match("".join(tag.texts[:2]) if len(tag.texts[0]) < 16 else tag.text)
    place = f"line {tag.line}"
    if found is None:
        raise BankFileBroken(place=place, field=":61:", value=tag.text[:60])
    currency = statement.currency or ""
    if not is_currency(currency):
        raise BankFileBroken(place=place, field=":60F:", value=currency)
    minor, valued = _minor(found["amount"], currency), _day(found["value"])
    if minor is None or valued is None:
        raise BankFileBroken(place=place, field=":61:", value=tag.text[:60])
    # RC takes a credit back, RD a debit
    is_credit = found["side"] in {"C", "RD"}
    first, _, supplement = found["rest"].partition("\n")
    own, _, bank = first.partition("//")
    line = Line(
        place=tag.line,
        booking_date=_entry_day(found["entry"], valued),
        value_date=valued,
        amount_minor=minor if is_credit else -minor,
        currency=currency,
        entry_reference=told(own)[:80],
        bank_reference=told(bank)[:80],
        bank_code=found["code"],
    )
    if found["side"] in {"RC", "RD"}:
        line.details["reversal"] = True
    if supplement.strip():
        line.details["supplement"] = supplement.strip()[:300]
    return line


def _describe(line: Line, tag: _Tag, state: _State) -> None:
    """Read the text field in the bank's dialect."""
    del tag
    words = swift_text.read(state.notes or swift_text.own_lines(state.own), width=_WIDTH)
    line.text = words.text or str(line.details.get("supplement", ""))
    line.counterparty_name, line.counterparty_iban = words.name[:200], words.account[:40]
    line.ultimate_name = words.ultimate[:200]
    line.end_to_end_id, line.mandate_id = told(words.end_to_end_id)[:80], told(words.mandate_id)[:80]
    line.structured_reference = words.structured[:140]
    if words.code:
        line.bank_code = f"{line.bank_code}/{words.code}"[:40]
    if words.code in _RETURNS or words.return_reason:
        found = _RETURNED.search(line.text)
        line.return_reason = words.return_reason or (found[1] if found else "NARR")
