"""The engine of all written advices: rows of cells and the text around them, in, one advice out."""

import re
from collections.abc import Sequence
from datetime import date
from itertools import zip_longest

from encours.core.ids import check_iban
from encours.core.text import fold_words
from encours.imports.formats.bank.plain_amounts import loose_minor
from encours.imports.formats.dates import DateEvidence, DateReader
from encours.imports.formats.problems import DatesAmbiguous, DatesContradict
from encours.imports.formats.remittance import words
from encours.imports.formats.remittance.model import LINES_MAX, Advice, AdviceLine, AdviceTooLong

_GAP = re.compile(r"\t+|\s{2,}|\s*\|\s*|\s*;\s*")
_REASON_CUT = re.compile(r"^[\s:(–—-]+|[\s).,:;–—-]+$")
_LINK = re.compile(r"(?i)^(?:de|sur|of|on|for|pour|wegen|due to|f[uü]r|auf|la|le|the|eur|€)\b|^€")
_ORDINAL = re.compile(r"(?<=\d)(?:er|\.)(?= )")


def rows_of(text: str) -> list[list[str]]:
    """Lines of a text as cells: columns stand apart by tabs, bars, semicolons or several blanks."""
    return [[cell.strip() for cell in _GAP.split(line.strip())] for line in text.splitlines()]


def read(rows: Sequence[Sequence[str]], text: str, *, source: str, currency: str) -> Advice:
    """Read an advice; `text` is all that is written, `rows` the same as cells.

    A table with known headings is read by its columns; without one, each row with an invoice and an amount is a line;
    in running text each invoice takes the amount behind it.
    """
    advice = Advice(source=source)
    _labels(advice, text, currency)
    if len(rows) > LINES_MAX * 3:
        raise AdviceTooLong(limit=LINES_MAX, what="lines")
    header = next(
        ((place, found) for place, row in enumerate(rows) if "invoice" in (found := columns(row)) and len(found) > 1),
        None,
    )
    if header is not None:
        _by_columns(advice, rows[header[0] + 1 :], header[1], first=header[0] + 2)
    if not advice.lines:
        _by_rows(advice, rows)
    if not advice.lines:
        _by_words(advice, text)
        for line in advice.lines if len(advice.lines) > 1 else ():
            # what stands behind the last number is the whole, when it is the total
            line.amount_minor = None if line.amount_minor == advice.total_minor else line.amount_minor
    _stray_deductions(advice, text)
    return advice.settled()


def columns(row: Sequence[str]) -> dict[str, int]:
    """Which column is what: ["Invoice no", "Gross", "Net paid"] -> invoice 0, gross 1, amount 2."""
    found: dict[str, int] = {}
    for place, cell in enumerate(row):
        folded = fold_words(cell)
        name = next((name for name, known in words.COLUMNS.items() if folded in known and name not in found), None)
        if name is not None:
            found[name] = place
    if "amount" not in found and "gross" in found and not {"discount", "deduction"} & found.keys():
        found["amount"] = found.pop("gross")
    return found if "amount" in found or "gross" in found else {}


def _labels(advice: Advice, text: str, currency: str) -> None:
    if found := words.PAYER.search(text):
        advice.payer_name = found[1].strip(" :")[:200]
    if found := words.NUMBER.search(text):
        advice.number = found[1].strip(".-/")[:80]
    advice.advice_date = _date(text)
    ibans = ("".join(found[0].split()) for found in words.IBAN.finditer(text))
    advice.payer_iban = next((iban for iban in ibans if check_iban(iban).is_right), "")
    codes = [found[1] or "EUR" for found in words.CURRENCY.finditer(text)]
    advice.currency = max(set(codes), key=codes.count) if codes else currency
    totals = [minor for found in words.TOTAL.finditer(text) if (minor := _money(found[1], advice.currency)) is not None]
    advice.total_minor = totals[-1] if totals else None


def _date(text: str) -> date | None:
    """The payment's day: the one its label names; day first unless the text proves otherwise."""
    evidence = DateEvidence()
    for found in words.ANY_DATE.finditer(text):
        evidence.see(found[1], 0)
    try:
        order = evidence.order(is_french=True)
    except (DatesAmbiguous, DatesContradict):
        order = "dmy"
    reader = DateReader(order)
    for found in words.DATE.finditer(text):
        day, _ = reader.read(_ORDINAL.sub("", found[1]))
        if day:
            return date.fromisoformat(day)
    return None


def _money(text: str, currency: str) -> int | None:
    bare = re.sub(r"[^\d.,'’\-+() ]", "", text.replace("\u00a0", " ").replace("\u202f", " ")).strip()
    is_negative = bare.startswith("(") or "-" in bare
    minor = loose_minor(re.sub(r"[^\d.,]", "", bare), currency)
    return None if minor is None else -minor if is_negative else minor


def _cell_money(row: Sequence[str], place: int | None, currency: str) -> int | None:
    if place is None or place >= len(row) or not re.search(r"\d", row[place]):
        return None
    return _money(row[place], currency)


def _by_columns(advice: Advice, rows: Sequence[Sequence[str]], found: dict[str, int], *, first: int) -> None:
    currency = advice.currency
    for place, row in enumerate(rows, first):
        number = row[found["invoice"]].strip() if found["invoice"] < len(row) else ""
        label = " ".join(row)
        gross = _cell_money(row, found.get("gross"), currency)
        paid = _cell_money(row, found.get("amount"), currency)
        if words.TOTAL_ROW.match(label.strip()) or (not number and paid is not None):
            if paid is not None and advice.total_minor is None:
                advice.total_minor = paid
            continue
        if not re.search(r"\d", number) or (gross is None and paid is None):
            continue
        discount = abs(_cell_money(row, found.get("discount"), currency) or 0)
        deduction = abs(_cell_money(row, found.get("deduction"), currency) or 0)
        if paid is None and gross is not None:
            paid = gross - discount - deduction
        if gross is not None and paid is not None and not deduction and gross - discount > paid > 0:
            deduction = gross - discount - paid
        reason = row[found["reason"]].strip() if deduction and "reason" in found and found["reason"] < len(row) else ""
        _add(advice, AdviceLine(_invoice(number), paid, discount, deduction, reason[:200], place))


def _invoice(text: str) -> str:
    return words.INVOICE_LABEL.sub("", text).strip(" :#.,")[:80]


def _add(advice: Advice, line: AdviceLine) -> None:
    if len(advice.lines) >= LINES_MAX:
        raise AdviceTooLong(limit=LINES_MAX, what="lines")
    advice.lines.append(line)


def _amounts(text: str, currency: str) -> list[int]:
    """The amounts with decimals of a row; numbers without are numbers."""
    found = []
    for match in words.AMOUNT.finditer(text):
        if words.DECIMAL.search(match[1].rstrip(")-")):
            minor = _money(match[1], currency)
            if minor is not None:
                found.append(minor)
    return found


def _without(text: str) -> str:
    """The row without its days, which look like numbers."""
    return words.ANY_DATE.sub(" ", text)


def _by_rows(advice: Advice, rows: Sequence[Sequence[str]]) -> None:
    for place, row in enumerate(rows, 1):
        text = "  ".join(row).strip(" -–•*·\t")
        if words.TOTAL_ROW.match(text) or words.DEDUCTION.match(text) or words.IBAN.search(text):
            continue
        bare = _without(text)
        amounts = _amounts(bare, advice.currency)
        numbers = _numbers(words.AMOUNT.sub(_blank, bare) if amounts else "")
        if len(numbers) != 1 or not amounts or len(amounts) > 4 or len(bare.split()) > 14:
            continue
        line = _less(text, amounts, advice.currency) or _arranged(amounts)
        if words.CREDIT.search(text) and line.amount_minor is not None:
            line.amount_minor = -abs(line.amount_minor)
        line.invoice_number, line.place = numbers[0], place
        if words.DISCOUNT.search(text) and line.deduction_minor and not line.discount_minor:
            line.discount_minor, line.deduction_minor = line.deduction_minor, 0
        elif line.deduction_minor and (found := words.DEDUCTION.search(text)):
            line.deduction_reason = _reason(text, found)
        _add(advice, line)


def _blank(found: re.Match[str]) -> str:
    """An amount gives way; a bare number may be an invoice's."""
    return " " if words.DECIMAL.search(found[1].rstrip(")-")) else found[0]


def _less(text: str, amounts: Sequence[int], currency: str) -> AdviceLine | None:
    """ "595,00 less 2 % discount 11,90" -> 583.10 paid, 11.90 discount; None where no word stands between."""
    if len(amounts) != 2:
        return None
    first = next((one for one in words.AMOUNT.finditer(text) if _money(one[1], currency) == amounts[0]), None)
    behind = text[first.end() :] if first else ""
    if words.DISCOUNT.search(behind):
        return AdviceLine("", amounts[0] - abs(amounts[1]), abs(amounts[1]))
    if found := words.DEDUCTION.search(behind):
        return AdviceLine("", amounts[0] - abs(amounts[1]), 0, abs(amounts[1]), _reason(behind, found))
    return None


def _numbers(text: str) -> list[str]:
    """The invoice numbers of a text: what follows a word for invoice, else what has digits and looks like none else."""
    labelled = words.INVOICE_LABEL.search(text)
    found = [one[0].strip("./-_") for one in words.INVOICE.finditer(text[labelled.end() :] if labelled else text)]
    kept = [one for one in found if len(re.sub(r"\D", "", one)) >= 3]
    return list(dict.fromkeys(kept))


def _arranged(amounts: Sequence[int]) -> AdviceLine:
    """What the amounts of a row without headings are: [1000, 20, 980] -> 980 paid, 20 discount."""
    if len(amounts) == 1:
        return AdviceLine("", amounts[0])
    gross, *between, paid = amounts
    taken = [abs(one) for one in between]
    if gross - sum(taken) == paid:
        discount = taken[0] if taken else 0
        return AdviceLine("", paid, discount, sum(taken[1:]))
    if len(amounts) == 2 and gross > paid > 0:
        return AdviceLine("", paid, 0, gross - paid)
    return AdviceLine("", paid)


def _by_words(advice: Advice, text: str) -> None:
    """Running text: "les factures F-12 (1 200,00 EUR) et F-13 (800,00 EUR)" -> two lines."""
    flat = _without(" ".join(text.split()))
    for label in words.INVOICE_LABEL.finditer(flat):
        behind = flat[label.end() : label.end() + 2000]
        end = re.search(r"(?<!\d)\.(?!\d)\s", behind)
        part = behind[: end.start()] if end else behind
        places = [one for one in words.INVOICE.finditer(part) if _is_number(one[0], part, one.end())]
        for one, after in zip_longest(places, places[1:]):
            between = part[one.end() : after.start() if after else one.end() + 60]
            amounts = _amounts(between, advice.currency)
            # brackets set an amount apart here; they do not make it negative
            sign = -1 if amounts and "-" in between else 1
            line = AdviceLine(one[0].strip("./-_")[:80], sign * abs(amounts[0]) if amounts else None)
            if all(line.invoice_number != known.invoice_number for known in advice.lines):
                _add(advice, line)


def _is_number(text: str, within: str, end: int) -> bool:
    is_amount = re.match(r"[.,]\d{2}\b|\s?(?:€|EUR|USD)", within[end:]) is not None
    return len(re.sub(r"\D", "", text)) >= 3 and not is_amount


def _reason(text: str, found: re.Match[str]) -> str:
    behind = words.AMOUNT.sub(" ", text[found.end() :])
    return _REASON_CUT.sub("", " ".join(behind.split()))[:200]


def _stray_deductions(advice: Advice, text: str) -> None:
    """Lines below the table that say what was kept back, of which invoice and why."""
    if not advice.lines:
        return
    for row in text.splitlines():
        found = words.DEDUCTION.search(row)
        amounts = _amounts(_without(row), advice.currency)
        if found is None or len(amounts) != 1:
            continue
        named = [line for line in advice.lines if line.invoice_number and line.invoice_number in row]
        line = named[0] if named else advice.lines[-1] if len(advice.lines) == 1 else None
        if line is None or (line.deduction_minor and line.deduction_reason) or len(named) > 1:
            continue
        said = _reason(row, found) or row[found.start() : found.end()]
        line.deduction_reason = line.deduction_reason or _clean(said.replace(line.invoice_number, " "))
        taken = abs(amounts[0])
        if line.discount_minor == taken and not line.deduction_minor:
            line.discount_minor, line.deduction_minor = 0, taken
        elif not line.deduction_minor:
            line.deduction_minor = taken
            told = sum(one.amount_minor or 0 for one in advice.lines)
            if line.amount_minor is not None and advice.total_minor == told - taken:
                line.amount_minor -= taken


def _clean(text: str) -> str:
    text = words.INVOICE_LABEL.sub("", text)
    for _ in range(3):
        text = _LINK.sub("", _REASON_CUT.sub("", text))
    return _REASON_CUT.sub("", " ".join(text.split()))[:200]
