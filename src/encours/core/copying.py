"""Rows for COPY in its text form, built as text: asking the driver for each field would cost more than the row."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from typing import Any

NULL = "\\N"
ROWS_AT_ONCE = 2_000
_MARKS = re.compile(r"[\\\t\n\r]")
_ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def escaped(text: str) -> str:
    """A text as a field of a row: what would end the field or the row is written out."""
    return _MARKS.sub(lambda found: _ESCAPED[found[0]], text) if _MARKS.search(text) else text


def all_escaped(texts: Sequence[str]) -> Sequence[str]:
    """Several texts of one row as its fields: looked through together, as nearly none holds a mark."""
    return [escaped(text) for text in texts] if _MARKS.search("".join(texts)) else texts


def or_null(value: object) -> object:
    """A value that needs no escaping, or the mark of none."""
    return NULL if value is None else value


def copy_rows(cursor: Any, statement: str, rows: Iterable[str]) -> None:
    """Send rows, their fields parted by tabs, with `statement`: "copy staged (a, b) from stdin"."""
    copy_blocks(cursor, statement, blocks(rows))


def blocks(rows: Iterable[str]) -> Iterator[str]:
    """Rows put together to what is worth sending at once."""
    for some in batched(rows, ROWS_AT_ONCE):
        yield "\n".join(some) + "\n"


def copy_blocks(cursor: Any, statement: str, blocks: Iterable[str]) -> None:
    """Send rows that are put together already."""
    with cursor.copy(statement) as copy:
        for block in blocks:
            copy.write(block)
