"""How commands speak: one JSON document, or lines for a person; refusals on stderr."""

import json
import sys
from collections.abc import Mapping, Sequence
from itertools import batched
from typing import Any

import orjson

DONE, REFUSED, USAGE = 0, 1, 2
ROWS_AT_ONCE = 1_000  # stdout is asked for each piece


def print_json(document: Any) -> None:
    """One JSON document and nothing else on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def encoded(row: Any) -> str:
    """One of very many rows as JSON on one line."""
    return orjson.dumps(row, default=str).decode()


def print_json_rows(document: Mapping[str, Any], name: str, rows: Sequence[str]) -> None:
    """One JSON document whose last key holds rows that `encoded` made, each on a line of its own."""
    head = json.dumps(document, ensure_ascii=False, indent=2, default=str)
    write = sys.stdout.write
    write(f"{head[:-2]},\n  {json.dumps(name)}: [")
    for number, some in enumerate(batched(rows, ROWS_AT_ONCE)):
        write(f"{',' if number else ''}\n    " + ",\n    ".join(some))
    write("\n  ]\n}\n" if rows else "]\n}\n")


def print_line(text: str = "") -> None:
    """One line for a person."""
    sys.stdout.write(text + "\n")


def refuse(text: str) -> int:
    """Say on stderr why it was refused; the exit code."""
    sys.stderr.write(text + "\n")
    return REFUSED


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Mapping[int, bool]) -> None:
    """Columns aligned for the eye; `right` names the columns of figures."""
    widths = [max(len(row[index]) for row in [header, *rows]) for index in range(len(header))]
    for row in [header, *rows]:
        cells = [
            cell.rjust(width) if right.get(index) else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print_line("  ".join(cells).rstrip())
