"""The French accounting file (FEC, LPF A47 A-1) in the dialects that accounting packages really write."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path

from encours.core import ids
from encours.core.money import FRENCH, DecimalStyle
from encours.core.text import fold_words
from encours.imports.formats.amounts import AmountEvidence, AmountReader
from encours.imports.formats.dates import DateReader
from encours.imports.formats.problems import AmountsAmbiguous, FieldsMissing, FileUnreadable, Problem
from encours.imports.formats.text import text_encoding

RECEIVABLE = ("411", "413", "416", "418", "419")
_NAMES = {
    "journalcode": "journal",
    "journallib": "journal_label",
    "ecriturenum": "entry_number",
    "ecrituredate": "entry_date",
    "comptenum": "account",
    "comptelib": "account_label",
    "compauxnum": "auxiliary",
    "compauxlib": "auxiliary_label",
    "pieceref": "piece",
    "piecedate": "piece_date",
    "ecriturelib": "label",
    "debit": "debit",
    "credit": "credit",
    "montant": "amount",
    "sens": "side",
    "ecriturelet": "code",
    "datelet": "code_date",
    "validdate": "valid_date",
    "montantdevise": "foreign_amount",
    "idevise": "foreign_currency",
    "dateecheance": "due_date",
    "echeance": "due_date",
    "dateech": "due_date",
}
_REQUIRED = ("journal", "entry_date", "account")
_FILE_NAME = re.compile(r"(?<!\d)(\d{9,10})FEC(\d{8})?", re.IGNORECASE)
_TREASURY = re.compile(r"5[1345678]")
_OPENING_LABEL = re.compile(r"a nouveau|anouveau|report a nouv|ouverture|reprise de solde|reprise des soldes")
_OPENING_CODES = {"an", "ano", "ran", "anx", "anouv", "ouv", "open"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How this FEC is written."""

    encoding: str
    delimiter: str
    places: dict[str, int]
    width: int
    newline: str
    is_quoted: bool
    siren: str
    closing_date: date | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line on a receivable account; `amount_minor` is debit less credit."""

    line: int
    journal: str
    entry_number: str
    entry_date: date
    account: str
    account_label: str
    auxiliary: str
    auxiliary_label: str
    piece: str
    issue_date: date
    due_date: date | None
    label: str
    amount_minor: int
    code: str
    code_date: date | None
    counterparts: str  # letters: S sale, T treasury, W write-off, D discount

    @property
    def customer_number(self) -> str:
        """The auxiliary account, or the account itself where the books have none."""
        return self.auxiliary or self.account


@dataclass(slots=True)
class Tally:
    """What went by while the file was read."""

    rows: int = 0
    debit_minor: int = 0
    credit_minor: int = 0
    journals: dict[str, Counter[str]] = field(default_factory=dict)
    # receivable lines that also state an amount in another currency: the books keep the general ledger's
    foreign: Counter[str] = field(default_factory=Counter)
    labels: dict[str, str] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    first_date: date | None = None
    last_date: date | None = None

    def nature_of_journal(self, journal: str) -> str:
        """What a journal is for: "opening", "sales", "treasury" or "other", from its name and its accounts."""
        if is_opening(journal, self.labels.get(journal, "")):
            return "opening"
        seen = self.journals.get(journal, Counter())
        total = sum(seen.values()) or 1
        if seen["T"] * 4 >= total:
            return "treasury"
        if seen["S"] * 5 >= total or re.search(
            r"\b(?:ventes?|factur|sales|clients)", fold_words(self.labels.get(journal, ""))
        ):
            return "sales"
        return (
            "treasury" if re.search(r"\b(?:banque|caisse|bank)", fold_words(self.labels.get(journal, ""))) else "other"
        )


def siren_in_name(name: str) -> str:
    """The SIREN a FEC's file name begins with, where it passes its check: "732829320FEC20251231.txt" -> 732829320."""
    found = _FILE_NAME.search(name)
    if found is None:
        return ""
    checked = ids.check_siren(found[1][:9])
    return checked.value if checked.is_right and checked.value.strip("0") else ""


def is_opening(journal: str, label: str) -> bool:
    """Whether a journal carries the balances of the year before: "ANO A nouveaux" does."""
    return fold_words(journal) in _OPENING_CODES or bool(_OPENING_LABEL.search(fold_words(label)))


def _names(row: Sequence[str]) -> list[str]:
    return [_NAMES.get(re.sub(r"[^a-z]", "", fold_words(cell)), "") for cell in row]


def looks_like_fec(path: Path, encoding: str) -> bool:
    """Whether the first line has the headings of a FEC."""
    return _header(path, encoding)[0] is not None


def _header(path: Path, encoding: str) -> tuple[list[str] | None, str, str]:
    with path.open(encoding=encoding, newline="") as file:
        head = file.read(8192)
    newline = "\n" if "\n" in head else "\r"
    for text in islice((part for part in head.split(newline) if part.strip()), 3):
        for delimiter in ("\t", "|", ";"):
            row = [cell.strip().strip('"').strip() for cell in text.strip("\r\n\ufeff").split(delimiter)]
            names = _names(row)
            if len({*names} & {"journal", "entry_number", "entry_date", "account", "piece", "label"}) >= 5:
                return row, delimiter, newline
    return None, "", newline


def dialect_of(path: Path, *, name: str = "") -> Dialect:
    """How the file is written; refuses what lacks a journal, a date, an account or an amount."""
    encoding = text_encoding(path)
    header, delimiter, newline = _header(path, encoding)
    if header is None:
        raise FileUnreadable(file=path.name)
    places: dict[str, int] = {}
    for index, field_name in enumerate(_names(header)):
        if field_name:
            places.setdefault(field_name, index)
    missing = [field_name for field_name in _REQUIRED if field_name not in places]
    if not ({"debit", "credit"} <= places.keys() or {"amount", "side"} <= places.keys()):
        missing.append("Debit / Credit")
    if missing:
        raise FieldsMissing(kind="fec", fields=", ".join(missing), header=", ".join(header)[:300])
    found = _FILE_NAME.search(name or path.name)
    closing = DateReader().read(found[2])[0] if found and found[2] else ""
    with path.open(encoding=encoding, newline="") as file:
        is_quoted = file.read(200).lstrip("\ufeff").startswith('"')
    return Dialect(
        encoding=encoding,
        delimiter=delimiter,
        places=places,
        width=len(header),
        newline=newline,
        is_quoted=is_quoted,
        siren=siren_in_name(name or path.name),
        closing_date=date.fromisoformat(closing) if closing else None,
    )


def _rows(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    with path.open(encoding=dialect.encoding, newline=dialect.newline) as file:
        has_header = False
        for line, text in enumerate(file, 1):
            bare = text.strip("\r\n\ufeff\x1a\x00")
            if not bare.strip():
                continue
            if not has_header:
                has_header = _names([bare.split(dialect.delimiter)[0].strip().strip('"')])[0] != ""
                continue
            row = (
                next(csv.reader([bare], delimiter=dialect.delimiter))
                if dialect.is_quoted
                else bare.split(dialect.delimiter)
            )
            yield line, [cell.strip() for cell in row]


def first_rows(path: Path, dialect: Dialect, *, limit: int) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The headings and the first rows, for a person to look at."""
    header = _header(path, dialect.encoding)[0] or []
    return tuple(header), tuple(tuple(row) for _, row in islice(_rows(path, dialect), limit))


def _amount_style(path: Path, dialect: Dialect) -> DecimalStyle:
    evidence = AmountEvidence()
    places = [dialect.places[name] for name in ("debit", "credit", "amount") if name in dialect.places]
    for count, (line, row) in enumerate(_rows(path, dialect)):
        for place in places:
            if place < len(row):
                evidence.see(row[place], line)
        if count > 5000 and not evidence.needs_more:
            break
    try:
        return evidence.style()
    except AmountsAmbiguous:
        # the law says decimal comma, so only a point leaves a doubt
        if evidence.unclear and "," in evidence.unclear[0]:
            return FRENCH
        raise


@dataclass(slots=True)
class FecReader:
    """Streams the lines on receivable accounts, each with what stands opposite; `tally` fills meanwhile."""

    path: Path
    dialect: Dialect
    currency: str = "EUR"
    tally: Tally = field(default_factory=Tally)
    _entry: list[Line] = field(default_factory=list)
    _letters: set[str] = field(default_factory=set)
    _key: tuple[str, str, str] | None = None
    _sum_minor: int = 0

    def lines(self) -> Iterator[Line]:
        """The receivable lines, entry by entry."""
        amounts, days = AmountReader(_amount_style(self.path, self.dialect)), DateReader("dmy")
        for number, row in _rows(self.path, self.dialect):
            self.tally.rows += 1
            cells = self._cells(number, row)
            if cells is None:
                continue
            yield from self._take(number, cells, amounts, days)
        yield from self._flush()

    def _cells(self, number: int, row: list[str]) -> dict[str, str] | None:
        width = self.dialect.width
        if any(row[width:]):
            self.tally.problems.append(Problem(number, "", row[width][:200], "too_many_columns"))
            return None
        row = row + [""] * (width - len(row))
        return {name: row[place] for name, place in self.dialect.places.items()}

    def _take(self, number: int, cells: dict[str, str], amounts: AmountReader, days: DateReader) -> Iterator[Line]:
        journal, account = cells["journal"], cells["account"]
        amount_minor = self._amount(number, cells, amounts)
        day = self._day(number, "EcritureDate", cells["entry_date"], days, is_required=True)
        if amount_minor is None or day is None:
            return
        if not account:
            self.tally.problems.append(Problem(number, "CompteNum", "", "missing"))
            return
        key = (journal, cells.get("entry_number", ""), cells["entry_date"])
        if key != self._key or (self._sum_minor == 0 and self._letters):
            yield from self._flush()
        self._key = key
        self._sum_minor += amount_minor
        self._see(journal, cells, account, day)
        if account.startswith(RECEIVABLE):
            self.tally.balances[account] = self.tally.balances.get(account, 0) + amount_minor
            foreign = cells.get("foreign_currency", "").strip().upper()[:3]
            if foreign and foreign != self.currency:
                self.tally.foreign[foreign] += 1
            line = self._line(number, cells, amount_minor, (day, days))
            if line is not None and amount_minor:
                self._entry.append(line)

    def _see(self, journal: str, cells: dict[str, str], account: str, day: date) -> None:
        tally = self.tally
        tally.labels.setdefault(journal, cells.get("journal_label", ""))
        tally.first_date = min(tally.first_date or day, day)
        tally.last_date = max(tally.last_date or day, day)
        letter = _letter(account)
        self._letters.add(letter)
        if letter in "ST-" and not account.startswith("41"):
            tally.journals.setdefault(journal, Counter())[letter] += 1

    def _line(
        self, number: int, cells: dict[str, str], amount_minor: int, read: tuple[date, DateReader]
    ) -> Line | None:
        day, days = read
        issue = self._day(number, "PieceDate", cells.get("piece_date", ""), days) or day
        code_date = self._day(number, "DateLet", cells.get("code_date", ""), days)
        return Line(
            line=number,
            journal=cells["journal"][:20],
            entry_number=cells.get("entry_number", "")[:30],
            entry_date=day,
            account=cells["account"][:20],
            account_label=cells.get("account_label", "")[:200],
            auxiliary=cells.get("auxiliary", "")[:60],
            auxiliary_label=cells.get("auxiliary_label", "")[:200],
            piece=cells.get("piece", "")[:60],
            issue_date=issue if -800 < (issue - day).days < 62 else day,
            due_date=self._day(number, "DateEcheance", cells.get("due_date", ""), days),
            label=cells.get("label", "")[:200],
            amount_minor=amount_minor,
            code=cells.get("code", "")[:20],
            code_date=code_date,
            counterparts="",
        )

    def _flush(self) -> Iterator[Line]:
        letters = "".join(sorted(self._letters - {"-", "R"}))
        for line in self._entry:
            yield _with_counterparts(line, letters)
        self._entry, self._letters, self._sum_minor = [], set(), 0

    def _amount(self, number: int, cells: dict[str, str], amounts: AmountReader) -> int | None:
        values = []
        for name in ("debit", "credit") if "debit" in cells and "credit" in cells else ("amount",):
            text = cells[name]
            minor, reason = amounts.read(text, self.currency) if text else ("0", "")
            if reason:
                self.tally.problems.append(Problem(number, name.capitalize(), text[:200], reason))
                return None
            values.append(int(minor))
        if len(values) == 1:
            side = _side(cells["side"])
            if side == 0:
                self.tally.problems.append(Problem(number, "Sens", cells["side"][:200], "side_unknown"))
                return None
            values = [values[0], 0] if side > 0 else [0, values[0]]
        self.tally.debit_minor += values[0]
        self.tally.credit_minor += values[1]
        return values[0] - values[1]

    def _day(self, number: int, name: str, text: str, days: DateReader, *, is_required: bool = False) -> date | None:
        if not text and not is_required:
            return None
        day, reason = days.read(text)
        if not day and (is_required or name == "EcritureDate"):
            self.tally.problems.append(Problem(number, name, text[:200], reason or "missing"))
        return date.fromisoformat(day) if day else None


def _letter(account: str) -> str:
    if account.startswith("41"):
        return "R"
    if account.startswith(("70", "4457")):
        return "S"
    if _TREASURY.match(account):
        return "T"
    if account.startswith(("654", "6714", "6541")):
        return "W"
    return "D" if account.startswith("665") else "-"


def _side(text: str) -> int:
    return {"d": 1, "debit": 1, "+": 1, "+1": 1, "1": 1, "c": -1, "credit": -1, "-": -1, "-1": -1}.get(
        text.strip().lower().replace("é", "e"), 0
    )


def _with_counterparts(line: Line, letters: str) -> Line:
    values = {name: getattr(line, name) for name in Line.__slots__}
    return Line(**{**values, "counterparts": letters})
