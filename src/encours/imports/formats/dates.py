"""How a file writes days, decided over the whole of it, and the ISO day each cell stands for."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from encours.core.text import fold
from encours.imports.formats.problems import DatesAmbiguous, DatesContradict

type DateOrder = Literal["dmy", "mdy"]

_TIME = r"(?:[T ]\d{1,2}[:h]\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[AaPp][Mm])?(?:Z|[+-]\d{2}:?\d{2})?)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMERIC = re.compile(rf"(\d{{1,2}})([-/. ])(\d{{1,2}})\2(\d{{2}}|\d{{4}}){_TIME}")
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")
_TEXTUAL = re.compile(
    r"(?:(\d{1,2})(?:er|st|nd|rd|th)?[ .-]*([a-z]{3,10})\.?|([a-z]{3,10})\.? (\d{1,2})),?[ .-]*(\d{4}|\d{2})"
)
_EMPTY = {"0000-00-00", "00/00/0000", "00000000", "00.00.0000", "1900-01-00"}
_MONTHS = {
    **{
        name: number
        for number, names in enumerate(
            [
                "jan janv janvier january",
                "feb fev fevr fevrier february",
                "mar mars march",
                "apr avr avril april",
                "may mai",
                "jun juin june",
                "jul juil juillet july",
                "aug aou aout august",
                "sep sept septembre september",
                "oct octobre october",
                "nov novembre november",
                "dec decembre december",
            ],
            1,
        )
        for name in names.split()
    },
}
_SERIAL_FIRST, _SERIAL_LAST = 20_000, 80_000  # 1954 to 2119
YEAR_FIRST, YEAR_LAST = 1950, 2150


def order_shown(text: str) -> str | None:
    """The order a written date proves: "31/01/2026" -> "dmy", "01/31/2026" -> "mdy", "01/02/2026" -> "?"."""
    found = _NUMERIC.fullmatch(text.strip())
    if found is None:
        return None
    first, second = int(found[1]), int(found[3])
    if found[2] == "." or first > 12 >= second:
        return "dmy"
    if second > 12 >= first:
        return "mdy"
    return None if first == second else "?"


@dataclass(slots=True)
class DateEvidence:
    """What the cells seen so far say about the order of day and month in a file."""

    day_first: tuple[str, int] | None = None
    month_first: tuple[str, int] | None = None
    unclear: tuple[str, int] | None = None

    def see(self, text: str, line: int) -> None:
        """Take one more cell into account."""
        match order_shown(text):
            case "dmy":
                self.day_first = self.day_first or (text, line)
            case "mdy":
                self.month_first = self.month_first or (text, line)
            case "?":
                self.unclear = self.unclear or (text, line)

    @property
    def needs_more(self) -> bool:
        """Whether the rest of the file must be looked at."""
        return self.unclear is not None and self.day_first is None and self.month_first is None

    def order(self, *, is_french: bool) -> DateOrder:
        """The order proved; French headings prove day first, other files with no proof are refused."""
        if self.day_first and self.month_first:
            raise DatesContradict(
                day_first=self.day_first[0],
                day_first_line=self.day_first[1],
                month_first=self.month_first[0],
                month_first_line=self.month_first[1],
            )
        if self.needs_more and self.unclear and not is_french:
            raise DatesAmbiguous(example=self.unclear[0], line=self.unclear[1])
        return "mdy" if self.month_first else "dmy"


@dataclass(slots=True)
class DateReader:
    """Reads cells in one order; each distinct cell is worked out once, for files repeat their days."""

    order: DateOrder = "dmy"
    _known: dict[str, tuple[str, str]] = field(default_factory=dict)

    def read(self, text: str) -> tuple[str, str]:
        """(ISO day, reason): "31/01/2026" -> ("2026-01-31", ""); "31/02/2026" -> ("", "date_unreadable")."""
        known = self._known.get(text)
        if known is None:
            known = self._read(text.strip())
            if len(self._known) < 100_000:
                self._known[text] = known
        return known

    def _read(self, text: str) -> tuple[str, str]:
        if not text or text in _EMPTY:
            return "", ""
        try:
            day = self._day(text)
        except (ValueError, OverflowError):
            day = None
        if day is None:
            return "", "date_unreadable"
        return (day.isoformat(), "") if YEAR_FIRST <= day.year <= YEAR_LAST else ("", "date_out_of_range")

    def _day(self, text: str) -> date | None:
        if found := _ISO.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _COMPACT.fullmatch(text):
            if YEAR_FIRST <= int(found[1]) <= YEAR_LAST:
                return date(int(found[1]), int(found[2]), int(found[3]))
            return date(int(text[4:]), int(text[2:4]), int(text[:2]))
        if found := _NUMERIC.fullmatch(text):
            first, second, year = int(found[1]), int(found[3]), _year(found[4])
            is_day_first = self.order == "dmy" or found[2] == "."
            return date(year, second, first) if is_day_first else date(year, first, second)
        if (found := _SERIAL.fullmatch(text)) and _SERIAL_FIRST <= int(found[1]) <= _SERIAL_LAST:
            return date(1899, 12, 30) + timedelta(days=int(found[1]))
        if found := _TEXTUAL.fullmatch(fold(text)):
            month = _MONTHS.get(found[2] or found[3])
            return date(_year(found[5]), month, int(found[1] or found[4])) if month else None
        return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return 2000 + year if year < 70 else 1900 + year
