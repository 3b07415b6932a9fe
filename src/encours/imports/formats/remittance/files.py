"""Whether a file is a remittance advice, from its content, and its reader."""

import re
from pathlib import Path

from encours.imports.formats.remittance import edifact, grid, letter, pdf, sheet, words
from encours.imports.formats.remittance.model import Advice, AdviceTooLong, NoAdvice
from encours.imports.formats.text import is_zip, text_encoding

_HEADERS = re.compile(
    r"(?im)\A(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?(?:from|de|subject|mime-version|message-id|date): "
)
_TEXT_MAX_BYTES = 2_000_000


def recognise(path: Path, *, is_told: bool) -> str:
    """pdf, email, edifact, sheet, text, or nothing; `is_told` when a person said that it is an advice."""
    with path.open("rb") as file:
        raw = file.read(16_384)
    if raw.startswith(b"%PDF"):
        return "pdf"
    if is_zip(path):
        return "sheet" if is_told else ""
    head = raw.decode("latin-1")
    if edifact.is_remadv(head):
        return "edifact"
    if _HEADERS.match(head.replace("\r\n", "\n")):
        return "email"
    is_plain = not _is_table(head)
    if is_told:
        return "text" if is_plain else "sheet"
    return "text" if is_plain and words.ADVICE.search(head) and words.INVOICE_LABEL.search(head) else ""


def _is_table(head: str) -> bool:
    """Rows of one width by one separator, as CSV has them; prose has commas here and there."""
    lines = [line for line in head.splitlines()[:30] if line.strip()]
    widths = [max(line.count(sign) for sign in ";,\t") for line in lines]
    return bool(widths) and sum(width >= 2 for width in widths) * 2 > len(widths)


def read(path: Path, form: str, *, currency: str) -> list[Advice]:
    """The advices in a recognised file, several in an EDIFACT interchange; refuses one that names no invoice."""
    if form == "edifact":
        return edifact.read(path, currency=currency)
    if form == "email":
        return letter.read(path, currency=currency)
    return [_one(path, form, currency=currency)]


def _one(path: Path, form: str, *, currency: str) -> Advice:
    match form:
        case "sheet":
            return sheet.read(path, currency=currency)
        case "pdf":
            text = pdf.text_of(path)
        case _:
            if path.stat().st_size > _TEXT_MAX_BYTES:
                raise AdviceTooLong(limit=_TEXT_MAX_BYTES, what="bytes")
            text = path.read_text(encoding=text_encoding(path))
    advice = grid.read(grid.rows_of(text), text, source="pdf" if form == "pdf" else "email", currency=currency)
    if not advice.lines:
        raise NoAdvice()
    return advice
