"""A paper of several parts, set as PDF/A: headings, sentences, facts, tables, places to sign."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from encours.messaging.rules import typesetting

type Block = Mapping[str, Any]

_WORDS = {"fr": {"page": "Page", "of": "sur"}, "en": {"page": "Page", "of": "of"}}


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands at the head and foot of the paper, and its parts."""

    language: str
    title: str
    author: str
    author_line: str
    day: date
    blocks: Sequence[Block]
    subtitle: str = ""


def heading(text: str) -> Block:
    """A title of a part."""
    return {"kind": "heading", "text": text}


def paragraph(text: str) -> Block:
    """A sentence or several."""
    return {"kind": "paragraph", "text": text}


def small(text: str) -> Block:
    """A remark in small print."""
    return {"kind": "small", "text": text}


def facts(rows: Iterable[tuple[str, str]]) -> Block:
    """Names and what they stand for, one below the other."""
    return {"kind": "facts", "rows": [list(row) for row in rows if row[1]]}


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    left: Sequence[int] = (0,),
    wide: int = 0,
    totals: Iterable[tuple[str, str]] = (),
) -> Block:
    """Rows under their heads: columns in `left` begin on the left, figures end on the right, `wide` takes the room."""
    sides = ["left" if index in left else "right" for index in range(len(heads))]
    return {
        "kind": "table",
        "heads": list(heads),
        "rows": [list(row) for row in rows],
        "sides": sides,
        "wide": wide,
        "totals": [list(total) for total in totals],
    }


def signatures(*places: Sequence[str]) -> Block:
    """Where each signs, and what they write there."""
    return {"kind": "signatures", "places": [list(place) for place in places]}


def pdf(paper: Paper) -> bytes:
    """The paper as PDF/A-2; the same paper gives the same bytes."""
    data = {
        "language": paper.language,
        "title": paper.title,
        "subtitle": paper.subtitle,
        "author": paper.author,
        "author_line": paper.author_line,
        "blocks": list(paper.blocks),
        "foot": paper.author_line or paper.author,
        "words": _WORDS[paper.language],
    }
    return typesetting.pdf("paper", data, day=paper.day)
