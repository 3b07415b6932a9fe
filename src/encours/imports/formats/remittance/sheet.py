"""Advices as CSV or XLSX: a table of invoices, with payer, number and date in the rows around it."""

import csv
from itertools import islice
from pathlib import Path

from encours.imports.formats.problems import FileIsDamaged
from encours.imports.formats.remittance import grid, words
from encours.imports.formats.remittance.model import LINES_MAX, Advice, NoAdvice
from encours.imports.formats.tables import workbook_sheets
from encours.imports.formats.text import is_zip, text_encoding


def rows(path: Path) -> list[list[str]]:
    """All rows of the file, the sheets of a workbook one after the other."""
    if is_zip(path):
        return list(islice(workbook_sheets(path), LINES_MAX * 3 + 1))
    with path.open(encoding=text_encoding(path), newline="") as file:
        sample = file.read(20_000)
        file.seek(0)
        delimiter = max(";,\t|", key=sample.count)
        try:
            return list(islice(csv.reader(file, delimiter=delimiter), LINES_MAX * 3 + 1))
        except csv.Error as error:
            raise FileIsDamaged(reason=str(error)) from None


def read(path: Path, *, currency: str) -> Advice:
    """One advice; refuses a table without a column of invoices and one of amounts."""
    found = rows(path)
    text = "\n".join("\t".join(row) for row in found)
    advice = grid.read(found, text, source="xlsx" if is_zip(path) else "csv", currency=currency)
    if not advice.lines:
        raise NoAdvice()
    return advice


def looks_like_advice(path: Path) -> bool:
    """Whether its rows say that they are an advice, or are one by their columns alone."""
    found = rows(path)[:40]
    text = "\n".join("\t".join(row) for row in found)
    heads = [grid.columns(row) for row in found]
    has_table = any("invoice" in one and {"discount", "deduction", "reason"} & one.keys() for one in heads)
    return any("invoice" in one for one in heads) and (words.ADVICE.search(text) is not None or has_table)
