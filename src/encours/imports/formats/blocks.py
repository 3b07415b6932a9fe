"""A block of rows, read column by column into the text that COPY takes; each refused cell is told with its line."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from encours.core.currencies import is_currency
from encours.core.money import PLAIN
from encours.core.text import fold_words
from encours.imports.formats.amounts import AmountEvidence, AmountReader
from encours.imports.formats.dates import DateEvidence, DateOrder, DateReader
from encours.imports.formats.headers import Columns
from encours.imports.formats.problems import Problem
from encours.imports.formats.tables import Block, Native, Table

NULL = "\\N"
_UNSAFE = re.compile(r"[\\\t\n\r\x00]")
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": " ", "\n": " ", "\r": " "})
_YES = {"1", "true", "yes", "y", "oui", "o", "vrai", "x", "t"}
_NO = {"", "0", "false", "no", "n", "non", "faux", "f"}
_SHOWN_MAX = 200
DATE_FIELDS = {"issue_date", "due_date", "settled_date", "date", "value_date"}
AMOUNT_FIELDS = {
    "net", "tax", "gross", "open", "paid", "instalment_amount", "amount", "deduction", "debit", "credit", "balance",
    "fee", "original_amount", "amount_inverse", "credit_limit",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """How a file writes its days and amounts; from a mapping, or proved by the file."""

    dates: DateOrder
    decimal_mark: str
    amounts: AmountReader
    days: DateReader


@dataclass(frozen=True, slots=True)
class Hints:
    """What a mapping settles before the file is looked at."""

    dates: DateOrder | None = None
    decimal_mark: str | None = None


def style_of(table: Table, columns: Columns, *, hints: Hints) -> Style:
    """How the file writes days and amounts, looked for as far into it as it takes."""
    from encours.core.money import ENGLISH, FRENCH

    days, amounts = DateEvidence(), AmountEvidence()
    date_places, amount_places = _places(columns, DATE_FIELDS), _places(columns, AMOUNT_FIELDS)
    date_places += [place for place, _, _ in columns.instalments]
    amount_places += [amount for _, amount, _ in columns.instalments]
    for block in table.blocks():
        for line, row in zip(block.lines, block.rows, strict=True):
            for place in date_places:
                days.see(row[place], line)
            for place in amount_places:
                if not isinstance(row[place], Native):
                    amounts.see(row[place], line)
        if not days.needs_more and not amounts.needs_more:
            break
    # whoever writes a decimal comma puts the day first
    order = hints.dates or days.order(is_french=columns.is_french or amounts.comma is not None)
    style = {",": FRENCH, ".": ENGLISH}[hints.decimal_mark] if hints.decimal_mark else amounts.style()
    return Style(order, style.decimal_mark, AmountReader(style), DateReader(order))


def _places(columns: Columns, wanted: set[str]) -> list[int]:
    return [place for name, place in columns.places.items() if name in wanted]


@dataclass(slots=True)
class Staged:
    """What a block became: rows ready for COPY, and the cells that were refused or warned about."""

    text: str
    rows: int
    read: int
    problems: list[Problem]
    warnings: list[Problem]


@dataclass(slots=True)
class BlockReader:
    """One block's columns by field name; a row with a refused cell is left out of the result."""

    block: Block
    columns: Columns
    style: Style
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    _refused: set[int] = field(default_factory=set)
    _cells: list[tuple[str, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cells = list(zip(*self.block.rows, strict=True)) if self.block.rows else []
        self.problems = list(self.block.problems)

    @property
    def count(self) -> int:
        """How many rows the block has."""
        return len(self.block.rows)

    def has(self, name: str) -> bool:
        """Whether the file has a column for the field."""
        return name in self.columns.places

    def refuse(self, index: int, name: str, value: str, reason: str) -> None:
        """Leave the row out, and say why."""
        self._refused.add(index)
        self.problems.append(Problem(self.block.lines[index], name, value[:_SHOWN_MAX], reason))

    def warn(self, index: int, name: str, value: str, reason: str) -> None:
        """Keep the row, and say what is odd about it."""
        self.warnings.append(Problem(self.block.lines[index], name, value[:_SHOWN_MAX], reason))

    def raw(self, place: int) -> Sequence[str]:
        """The cells of a column as they stand."""
        return self._cells[place] if self._cells else ()

    def texts(self, name: str, *, length_max: int, is_required: bool = False) -> list[str]:
        """A column of texts, trimmed, safe for COPY."""
        if not self.has(name):
            return [""] * self.count
        cells = [cell.strip() for cell in self.raw(self.columns.places[name])]
        if _UNSAFE.search("\x1f".join(cells)):
            for index, cell in enumerate(cells):
                if "\x00" in cell:
                    self.refuse(index, name, cell.replace("\x00", "?"), "character_unreadable")
                    cells[index] = ""
            cells = [cell.translate(_ESCAPED) for cell in cells]
        if cells and max(map(len, cells)) > length_max:
            for index, cell in enumerate(cells):
                if len(cell) > length_max:
                    self.refuse(index, name, cell, "too_long")
        if is_required and "" in cells:
            for index, cell in enumerate(cells):
                if not cell:
                    self.refuse(index, name, "", "missing")
        return cells

    def dates(self, name: str, *, is_required: bool = False) -> list[str]:
        """A column of ISO days, NULL where there is none."""
        if not self.has(name):
            return [NULL] * self.count
        return self.dates_at(self.columns.places[name], name, is_required=is_required)

    def dates_at(self, place: int, name: str, *, is_required: bool = False) -> list[str]:
        """The same, by place, for instalment columns."""
        cells = self.raw(place)
        known = {cell: self.style.days.read(cell) for cell in set(cells)}
        days = {cell: day or NULL for cell, (day, _) in known.items()}
        if any(reason or (is_required and not day) for day, reason in known.values()):
            for index, cell in enumerate(cells):
                day, reason = known[cell]
                if reason or (is_required and not day):
                    self.refuse(index, name, cell, reason or "missing")
        return [days[cell] for cell in cells]

    def amounts(self, name: str, currencies: Sequence[str], *, is_required: bool = False) -> list[str]:
        """A column of minor units in each row's currency, empty where there is none."""
        if not self.has(name):
            return [""] * self.count
        return self.amounts_at(self.columns.places[name], name, currencies, is_required=is_required)

    def amounts_at(self, place: int, name: str, currencies: Sequence[str], *, is_required: bool = False) -> list[str]:
        """The same, by place, for instalment columns."""
        cells = self.raw(place)
        result = self._amounts_at_once(cells, currencies)
        if result is None:
            result = [self._amount(index, name, cell, currencies[index]) for index, cell in enumerate(cells)]
        if is_required and "" in result:
            for index, cell in enumerate(cells):
                if not cell.strip():
                    self.refuse(index, name, "", "missing")
        return result

    def _amounts_at_once(self, cells: Sequence[str], currencies: Sequence[str]) -> list[str] | None:
        if not cells or self.block.is_native or currencies.count(currencies[0]) != len(currencies):
            return None
        return self.style.amounts.read_whole_column(cells, currency=currencies[0])

    def _amount(self, index: int, name: str, cell: str, currency: str) -> str:
        minor, reason = self.amount(cell, currency)
        if reason:
            self.refuse(index, name, cell, reason)
        return minor

    def amount(self, cell: str, currency: str) -> tuple[str, str]:
        """A cell in minor units, empty where there is none, and why it cannot be read."""
        if not cell.strip():
            return "", ""
        reader = AmountReader(PLAIN) if isinstance(cell, Native) else self.style.amounts
        return reader.read(cell, currency)

    def currencies(self, *, default: str) -> list[str]:
        """Each row's currency; a row with an unknown one is refused."""
        cells = self.texts("currency", length_max=20)
        meaning = {cell: cell.upper() or default for cell in set(cells)}
        result = [meaning[cell] for cell in cells]
        for code in set(result):
            known = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "$": "USD", "£": "GBP"}.get(code, code)
            if known != code or not is_currency(code):
                for index, cell in enumerate(result):
                    if cell == code and is_currency(known):
                        result[index] = known
                    elif cell == code:
                        self.refuse(index, "currency", cell, "currency_unknown")
                        result[index] = default
        return result

    def choices(self, name: str, words: Mapping[str, str], *, default: str, reason: str) -> list[str]:
        """A column of codes, each told by one of its words."""
        cells = self.texts(name, length_max=80)
        meaning = {cell: words.get(fold_words(cell), "") if cell else default for cell in set(cells)}
        for index, cell in enumerate(cells):
            if not meaning[cell] and cell:
                self.refuse(index, name, cell, reason)
        return [meaning[cell] for cell in cells]

    def flags(self, name: str) -> list[str]:
        """A column of yes and no, in the words of either language."""
        cells = self.texts(name, length_max=20)
        meaning = {cell: "t" if fold_words(cell) in _YES else "f" for cell in set(cells)}
        return [meaning[cell] for cell in cells]

    def check(self, name: str, cells: Sequence[str], is_valid: Callable[[str], bool], reason: str) -> None:
        """Warn about each filled cell that fails a test; the row is kept, and the data-quality page shows it."""
        for index, cell in enumerate(cells):
            if cell and not is_valid(cell):
                self.warn(index, name, cell, reason)

    def staged(self, *columns: Sequence[str]) -> Staged:
        """The rows that were not refused, as COPY takes them, each led by its line."""
        rows = zip(map(str, self.block.lines), *columns, strict=True)
        if self._refused:
            kept = ["\t".join(row) for index, row in enumerate(rows) if index not in self._refused]
        else:
            kept = list(map("\t".join, rows))
        text = "\n".join(kept) + "\n" if kept else ""
        return Staged(text, len(kept), self.block.read, self.problems, self.warnings)
