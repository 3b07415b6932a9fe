"""Where recognised words stand in a text, cut so that a page can mark them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from encours.matching.rules.drafts import QUOTE_CLASS
from encours.matching.rules.facts import Highlight, Proposal


class Piece(NamedTuple):
    """A stretch of a text: plain (`mark` empty), the number of a document, or the payer."""

    text: str
    mark: str = ""  # document, payer


def pieces(text: str, highlights: Iterable[Highlight], *, field: str = "text") -> list[Piece]:
    """The text in pieces: "VIR ACME FACT 4177" -> "VIR ", payer "ACME", " FACT ", document "4177".

    Where two highlights overlap the first one counts; places beyond the text are left aside.
    """
    found: list[Piece] = []
    at = 0
    for one in sorted((one for one in highlights if one.field == field), key=lambda one: (one.start, -one.end)):
        if one.start < at or one.end <= one.start or one.end > len(text):
            continue
        if one.start > at:
            found.append(Piece(text[at : one.start]))
        found.append(Piece(text[one.start : one.end], "document" if one.code in QUOTE_CLASS else "payer"))
        at = one.end
    if at < len(text):
        found.append(Piece(text[at:]))
    return found


def words_read(proposal: Proposal, fields: dict[str, str]) -> dict[str, str]:
    """For each document the proposal quotes, the word of the line it was recognised by.

    Quotes and highlights stand in the same order; a quote that is nowhere in the line has no highlight.
    """
    marks: Sequence[Highlight] = [one for one in proposal.highlights if one.code in QUOTE_CLASS]
    found: dict[str, str] = {}
    place = 0
    for reason in proposal.reasons:
        if not reason.code.startswith("quote_") or place >= len(marks):
            continue
        mark = marks[place]
        if reason.code != f"quote_{mark.code}":
            continue
        place += 1
        word = fields.get(mark.field, "")[mark.start : mark.end]
        number = reason.data.get("document_number")
        if word and number:
            found.setdefault(str(number), word)
    return found
