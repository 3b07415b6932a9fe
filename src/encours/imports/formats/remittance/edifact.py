"""EDIFACT REMADV: one payment's documents, segment by segment."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from encours.core.currencies import is_currency
from encours.imports.formats.bank.model import minor_of
from encours.imports.formats.problems import FileIsDamaged
from encours.imports.formats.remittance.model import LINES_MAX, Advice, AdviceLine, AdviceTooLong, NoAdvice

_SIZE_MAX_BYTES = 20 * 1024 * 1024
MESSAGES_MAX = 5_000
_PAID, _GROSS, _DISCOUNT = ("12", "11", "9"), ("39", "77", "38"), ("52", "21")
# UN/EDIFACT 4465, as far as remittance advices use it
_REASONS = {
    "1": "agreed settlement", "2": "below specification goods", "3": "damaged goods", "4": "short delivery",
    "5": "price query", "6": "proof of delivery required", "7": "payment on account", "8": "returnable container",
    "9": "invoice error", "10": "costs for draft", "11": "bank charges", "12": "agent commission",
    "13": "counter claim", "14": "wrong delivery", "15": "goods returned to agent", "16": "goods partly returned",
    "17": "transport damage", "18": "goods on consignment", "19": "trade discount", "20": "deduction for late delivery",
    "21": "advertising costs", "22": "customs duties", "23": "telephone and postal costs", "24": "repair costs",
    "27": "discount", "ZZZ": "mutually defined",
}  # fmt: skip


def is_remadv(head: str) -> bool:
    """Whether the text begins an interchange that holds a remittance advice."""
    return head.lstrip().startswith(("UNA", "UNB", "UNH")) and "REMADV" in head


def read(path: Path, *, currency: str) -> list[Advice]:
    """Each remittance advice of an interchange, in its order; refuses one without documents.

    An interchange is an envelope for many messages, one payment each; messages of other kinds in it are left out.
    """
    if path.stat().st_size > _SIZE_MAX_BYTES:
        raise AdviceTooLong(limit=_SIZE_MAX_BYTES, what="bytes")
    text = path.read_text(encoding="latin-1")
    found: list[Advice] = []
    state = _State(Advice(source="edifact", currency=currency))
    is_advice = True
    for segment in _segments(text):
        if segment[0][0].strip() == "UNH":
            found += _whole(state) if is_advice else []
            state = _State(Advice(source="edifact", currency=currency))
            is_advice = len(segment) < 3 or segment[2][0] in ("", "REMADV")
        elif is_advice:
            state.take(segment)
        if len(found) > MESSAGES_MAX:
            raise AdviceTooLong(limit=MESSAGES_MAX, what="UNH")
    found += _whole(state) if is_advice else []
    if not found:
        raise NoAdvice()
    return found


def _whole(state: "_State") -> list[Advice]:
    """The message read, closed also where the file ends before it does; nothing where it names no document."""
    state.close()
    return [state.advice.settled()] if state.advice.lines else []


def _segments(text: str) -> Iterator[list[list[str]]]:
    """Segments as elements of components: DOC+380+F-1' -> [[DOC], [380], [F-1]]."""
    component, element, release, end = ":", "+", "?", "'"
    text = text.lstrip()
    if text.startswith("UNA") and len(text) > 9:
        component, element, release, end = text[3], text[4], text[6], text[8]
        text = text[9:]
    elements: list[list[str]] = [[""]]
    is_released = False
    for sign in text:
        if is_released:
            elements[-1][-1] += sign
            is_released = False
        elif sign == release:
            is_released = True
        elif sign == component:
            elements[-1].append("")
        elif sign == element:
            elements.append([""])
        elif sign == end:
            yield elements
            elements = [[""]]
        elif sign not in "\r\n":
            elements[-1][-1] += sign
            if len(elements[-1][-1]) > 5000:
                raise FileIsDamaged(reason="EDIFACT")


class _State:
    """The advice and the document at hand."""

    def __init__(self, advice: Advice) -> None:
        self.advice = advice
        self.line: AdviceLine | None = None
        self.sign = 1
        self.gross: int | None = None
        self.reason = ""
        self.is_below = False

    def take(self, segment: list[list[str]]) -> None:
        """Take one segment."""
        name = segment[0][0].strip()
        first = segment[1] if len(segment) > 1 else [""]
        second = segment[2] if len(segment) > 2 else [""]
        match name:
            case "BGM":
                self.advice.number = second[0][:80]
            case "DTM":
                self._day(first)
            case "CUX":
                code = first[1] if len(first) > 1 else ""
                self.advice.currency = code if is_currency(code) else self.advice.currency
            case "NAD":
                self._party(segment)
            case "FII":
                if first[0] in {"OR", "HH"} and len(segment) > 2:
                    self.advice.payer_iban = self.advice.payer_iban or second[0].replace(" ", "")[:40]
            case "DOC":
                self._document(first[0], second[0])
            case "AJT":
                self.reason = _REASONS.get(first[0], first[0])
            case "FTX":
                self._note(segment)
            case "MOA":
                self._amount(first)
            case "UNS":
                self.close()
                self.is_below = True
            case "UNT":
                self.close()

    def _day(self, value: list[str]) -> None:
        if self.line is not None or len(value) < 2 or value[0] not in {"137", "203", "209", "138", "140"}:
            return
        text = value[1]
        try:
            day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        except ValueError:
            return
        if self.advice.advice_date is None or value[0] in {"203", "138"}:
            self.advice.advice_date = day

    def _party(self, segment: list[list[str]]) -> None:
        role = segment[1][0] if len(segment) > 1 else ""
        names = [part for place in (4, 3) if len(segment) > place for part in segment[place] if part]
        if role in {"PR", "PL", "BY", "OY", "MR"} and names and not self.advice.payer_name:
            self.advice.payer_name = " ".join(names[:2])[:200]

    def _document(self, kind: str, number: str) -> None:
        self.close()
        if len(self.advice.lines) >= LINES_MAX:
            raise AdviceTooLong(limit=LINES_MAX, what="DOC")
        self.line = AdviceLine(number[:80], None, place=len(self.advice.lines) + 1)
        self.sign = -1 if kind in {"381", "83", "420"} else 1
        self.advice.lines.append(self.line)

    def _note(self, segment: list[list[str]]) -> None:
        said = " ".join(part for element in segment[4:5] for part in element if part)
        if self.line is not None and said:
            self.line.deduction_reason = (self.line.deduction_reason or said)[:200]

    def _amount(self, value: list[str]) -> None:
        if len(value) < 2:
            return
        code = value[2] if len(value) > 2 and is_currency(value[2]) else self.advice.currency
        minor = minor_of(value[1].replace(",", "."), code) if is_currency(code) else None
        if minor is None:
            return
        if self.line is None:
            if value[0] in {*_PAID, "128", "86", "79"} and (self.is_below or self.advice.total_minor is None):
                self.advice.total_minor, self.advice.currency = minor, code
            return
        if value[0] in _GROSS:
            self.gross = minor
        elif value[0] in _DISCOUNT:
            self.line.discount_minor += abs(minor)
        elif self.reason:
            self.line.deduction_minor += abs(minor)
            self.line.deduction_reason = self.line.deduction_reason or self.reason
        elif value[0] in _PAID and (self.line.amount_minor is None or value[0] == "12"):
            self.line.amount_minor = self.sign * abs(minor)

    def close(self) -> None:
        """End the document at hand: what its gross leaves after discount and deductions was paid."""
        line, gross = self.line, self.gross
        if line is not None and line.amount_minor is None and gross is not None:
            line.amount_minor = self.sign * abs(gross) - line.discount_minor - line.deduction_minor
        self.line, self.gross, self.reason, self.sign = None, None, "", 1
