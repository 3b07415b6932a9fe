"""Tables out of files: rows of cells with the line each stands on, block by block, so that memory stays flat."""

import csv
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, islice
from itertools import count as numbers
from pathlib import Path
from typing import Any

from encours.imports.formats import headers
from encours.imports.formats.problems import (
    FileIsBinary,
    FileIsDamaged,
    FileIsEmpty,
    FileIsTooLarge,
    KindUnknown,
    Problem,
    QuoteNeverClosed,
)
from encours.imports.formats.text import chunks, is_zip, text_encoding

type RowCheck = Callable[[Sequence[str]], int] | None
type _Part = tuple[list[int], list[list[str]]]

BLOCK_ROWS = 5000
_HEADER_WITHIN_ROWS = 30
_DELIMITERS = (";", ",", "\t", "|")
_UNPACKED_MB_MAX = 600
_PACKING_RATIO_MAX = 250
_MEMBERS_MAX = 5000
_CELL_MAX = 131_072


class Native(str):
    """A number that a workbook holds as a number: its decimal mark is a point, whatever the texts around it use."""

    __slots__ = ()


@dataclass(slots=True)
class Block:
    """Some rows of a table, each padded to the header's width, with their line numbers and what was refused."""

    lines: list[int]
    rows: list[list[str]]
    problems: list[Problem]
    read: int  # rows gone through so far, those refused included
    is_native: bool = False  # cells may be a workbook's numbers


@dataclass(frozen=True, slots=True)
class Table:
    """A file seen as a header and rows; `blocks` may be asked for again and again.

    `share` is (1, 3) for a table that yields the second of every three blocks: several processes read a large file.
    """

    path: Path
    header: tuple[str, ...]
    header_line: int
    encoding: str  # or "xlsx"
    delimiter: str = ""
    sheet: str = ""
    share: tuple[int, int] = (0, 1)

    def count_rows(self) -> int:
        """About how many rows there are, for showing progress."""
        if self.encoding == "xlsx":
            return sum(1 for _ in _workbook_rows(self.path, self.sheet)) - self.header_line
        return sum(chunk.count(b"\n") for chunk in chunks(self.path)) - self.header_line + 1

    def blocks(self) -> Iterator[Block]:
        """The rows under the header; blank ones are passed over, cut or overlong ones are refused with their line."""
        width, read = len(self.header), 0
        place, count = self.share
        for number, part in enumerate(self._parts()):
            if isinstance(part, int):
                read += part
                continue
            lines, rows = part
            block = Block(lines=lines, rows=rows, problems=[], read=0, is_native=self.encoding == "xlsx")
            if set(map(len, rows)) != {width} or not all(row[0].strip() for row in rows):
                _keep_whole_rows(block, width)
            if lines and lines[0] <= self.header_line:
                _drop_above(block, self.header_line)
            read += len(block.rows) + len({problem.line for problem in block.problems})
            block.read = read
            if number % count == place:
                yield block

    def above(self) -> list[list[str]]:
        """The rows over the header, where exports tell what the file is of."""
        first = next(self._parts(), 0)
        pairs = () if isinstance(first, int) else zip(*first, strict=True)
        return [row for line, row in pairs if line < self.header_line]

    def _parts(self) -> Iterator[_Part | int]:
        return self._workbook_parts() if self.encoding == "xlsx" else self._text_parts()

    def _is_blank(self, text: str) -> bool:
        first = text[0]
        return (first == self.delimiter or first.isspace()) and not text.replace(self.delimiter, "").strip()

    def _workbook_parts(self) -> Iterator[_Part]:
        rows = _workbook_rows(self.path, self.sheet)
        while part := list(islice(rows, BLOCK_ROWS)):
            yield [line for line, _ in part], [row for _, row in part]

    def _text_parts(self) -> Iterator[_Part | int]:
        """The rows of the file, so many lines at a time and what the last record needs beyond.

        Of a part that another process reads, only how many rows it has, where no quote can hide the end of a record.
        """
        place, count = self.share
        with self.path.open(encoding=self.encoding, newline="") as file:
            before = 0
            try:
                for number in numbers():
                    if not (texts := list(islice(file, BLOCK_ROWS))):
                        return
                    is_plain = '"' not in "".join(texts)
                    if number and number % count != place and is_plain:
                        yield len(texts) - sum(map(self._is_blank, texts))
                        before += len(texts)
                        continue
                    reader = csv.reader(chain(texts, file), delimiter=self.delimiter)
                    rows = list(islice(reader, len(texts))) if is_plain else []
                    while reader.line_num < len(texts):  # the last record may end beyond
                        rows.append(next(reader))
                    after = before + reader.line_num
                    is_line_each = reader.line_num == len(rows)
                    yield (list(range(before + 1, after + 1)) if is_line_each else _lines_of(rows, before)), rows
                    before = after
            except csv.Error:
                raise QuoteNeverClosed(line=before + 1) from None
            except UnicodeDecodeError as error:
                raise FileIsDamaged(reason=str(error)) from None


def _lines_of(rows: Sequence[Sequence[str]], before: int) -> list[int]:
    """On which line each row begins, where cells hold line breaks of their own."""
    lines = []
    for row in rows:
        lines.append(before + 1)
        before += 1 + sum(cell.count("\n") or cell.count("\r") for cell in row)
    return lines


def _keep_whole_rows(block: Block, width: int) -> None:
    kept_lines, kept_rows = [], []
    for line, row in zip(block.lines, block.rows, strict=True):
        if not any(cell.strip() for cell in row):
            continue
        if any(cell.strip() for cell in row[width:]):
            block.problems.append(Problem(line, "", row[width][:200], "too_many_columns"))
            continue
        kept_lines.append(line)
        kept_rows.append(row if len(row) == width else row[:width] + [""] * (width - len(row)))
    block.lines, block.rows = kept_lines, kept_rows


def _drop_above(block: Block, header_line: int) -> None:
    """Leave the header, and what stands above it, out."""
    under = [index for index, line in enumerate(block.lines) if line > header_line]
    block.lines, block.rows = [block.lines[index] for index in under], [block.rows[index] for index in under]
    block.problems = [problem for problem in block.problems if problem.line > header_line]


def open_table(path: Path, *, is_known: RowCheck = None) -> Table:
    """Open a CSV or XLSX file and find its header, under a title if need be.

    `is_known` counts the cells of a row that are recognised as headings, beside the known words (learnt mappings).
    """
    return _open_workbook(path, is_known) if is_zip(path) else _open_text(path, is_known)


def _open_text(path: Path, is_known: RowCheck) -> Table:
    encoding = text_encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(200_000)
    if not sample.strip():
        raise FileIsEmpty(file=path.name)
    if sample.lstrip()[:5].lower() in {"<?xml", "<html"} or sample.lstrip().startswith(("{", "[{", "<!DOC")):
        raise FileIsBinary(found="XML / HTML / JSON")
    if sample.startswith("sep=") and len(sample) > 5:
        return _with_header(path, encoding, sample[4], sample, is_known)
    best = max(_DELIMITERS, key=lambda delimiter: _fit(sample, delimiter))
    return _with_header(path, encoding, best, sample, is_known)


def _sample_rows(sample: str, delimiter: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in islice(reader, 200):
            rows.append((reader.line_num, row))
    except csv.Error:
        pass
    return rows


def _fit(sample: str, delimiter: str) -> tuple[int, int, int]:
    """How well a separator explains the sample: recognised headings first, then rows of one width."""
    rows = [row for _, row in _sample_rows(sample, delimiter) if any(row)]
    widths = [len(row) for row in rows if len(row) > 1]
    same = max((widths.count(width) for width in set(widths)), default=0)
    known = max((headers.recognised(row) for row in rows[:_HEADER_WITHIN_ROWS]), default=0)
    return known if widths else 0, same, max(widths, default=0)


def _with_header(path: Path, encoding: str, delimiter: str, sample: str, is_known: RowCheck) -> Table:
    rows = _sample_rows(sample, delimiter)
    line, header = _header_row(rows, is_known)
    return Table(path=path, header=header, header_line=line, encoding=encoding, delimiter=delimiter)


def _header_row(rows: Sequence[tuple[int, list[str]]], is_known: RowCheck) -> tuple[int, tuple[str, ...]]:
    best: tuple[int, int, list[str]] = (0, 0, [])
    for line, row in rows[:_HEADER_WITHIN_ROWS]:
        count = headers.recognised(row) + (is_known(row) if is_known else 0)
        if count > best[0]:
            best = (count, line, row)
    if best[0] < 2:
        first = next((row for _, row in rows if any(row)), [])
        raise KindUnknown(header=", ".join(first)[:300])
    return best[1], tuple(_trimmed([cell.strip().removeprefix("\ufeff") for cell in best[2]]))


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row = row[:-1]
    return row


def _open_workbook(path: Path, is_known: RowCheck) -> Table:
    from python_calamine import CalamineError, CalamineWorkbook

    _check_zip(path)
    try:
        with CalamineWorkbook.from_path(path) as book:
            names = list(book.sheet_names)
    except (CalamineError, OSError, ValueError) as error:
        raise FileIsDamaged(reason=str(error)) from None
    refusal: KindUnknown | None = None
    for name in names:
        rows = [(line, row) for line, row in islice(_workbook_rows(path, name), _HEADER_WITHIN_ROWS)]
        try:
            line, header = _header_row(rows, is_known)
        except KindUnknown as error:
            refusal = error if refusal is None or any(any(row) for _, row in rows) else refusal
            continue
        return Table(path=path, header=header, header_line=line, encoding="xlsx", sheet=name)
    raise refusal or FileIsEmpty(file=path.name)


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise FileIsDamaged(reason=str(error)) from None
    if not any(member.filename == "xl/workbook.xml" for member in members):
        raise FileIsBinary(found="ZIP")
    unpacked = sum(member.file_size for member in members)
    limit = _UNPACKED_MB_MAX * 1024 * 1024
    packed = max(1, path.stat().st_size)
    is_bomb = unpacked > 50 * 1024 * 1024 and unpacked // packed > _PACKING_RATIO_MAX
    if unpacked > limit or is_bomb or len(members) > _MEMBERS_MAX:
        raise FileIsTooLarge(size_mb=unpacked // 1024 // 1024, limit_mb=_UNPACKED_MB_MAX)


def workbook_sheets(path: Path) -> Iterator[list[str]]:
    """The rows of all sheets of a workbook, one sheet after the other."""
    from python_calamine import CalamineError, CalamineWorkbook

    _check_zip(path)
    try:
        with CalamineWorkbook.from_path(path) as book:
            names = list(book.sheet_names)
    except (CalamineError, OSError, ValueError) as error:
        raise FileIsDamaged(reason=str(error)) from None
    for name in names:
        for _, row in _workbook_rows(path, name):
            yield row


def _workbook_rows(path: Path, sheet: str) -> Iterator[tuple[int, list[str]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(path) as book:
            page = book.get_sheet_by_name(sheet)
            for line, row in enumerate(page.iter_rows(), 1):
                yield line, [_cell(value) for value in row]
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise FileIsDamaged(reason=str(error)) from None


def _cell(value: Any) -> str:
    """A workbook's cell as text: days ISO, numbers with a decimal point and at most six decimals."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, int):
        return Native(value)
    try:
        # a formula's 123.44999999999999 is 123.45: binary noise stands far behind any currency's last decimal
        number = Decimal(str(value)).quantize(Decimal("0.000001")).normalize()
    except ArithmeticError:
        return str(value)
    return Native(f"{number:f}")
