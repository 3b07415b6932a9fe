"""Reference rates of the European Central Bank: `eurofxref-hist.csv` and the file of one day."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from encours.core.currencies import is_currency
from encours.core.errors import gettext_noop
from encours.imports.formats.problems import FileUnreadable

LINES_MAX = 20_000
COLUMNS_MAX = 100
SIZE_MAX_BYTES = 8_000_000
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_NONE = {"", "N/A", "-"}
_DECIMALS_MAX = 6


class NoRates(FileUnreadable):
    message = gettext_noop(
        "This is no file of reference rates: it begins with Date and the currencies, as eurofxref-hist.csv of the "
        "European Central Bank does."
    )


class RateUnreadable(FileUnreadable):
    message = gettext_noop("Line {line} of the rates cannot be read: “{value}”.")


class EuroRate(NamedTuple):
    """What one euro was worth in a currency on a day, in millionths."""

    day: date
    currency: str
    rate_ppm: int


def read(text: str) -> Iterator[EuroRate]:
    """Each rate of the file: "2026-11-20,1.0876" under "Date,USD" -> (20 November 2026, USD, 1087600).

    A currency without a rate that day ("N/A") gives none. Anything else that is no rate refuses the file: half of it
    would look like all of it.
    """
    rows = csv.reader(text.removeprefix("\ufeff").splitlines())
    header = [cell.strip() for cell in next(rows, [])]
    if len(header) < 2 or header[0].lower() != "date" or len(header) > COLUMNS_MAX:
        raise NoRates()
    codes = [cell for cell in header[1:] if cell]
    if not codes or not all(is_currency(code) and code != "EUR" for code in codes):
        raise NoRates()
    for line, row in enumerate(rows, start=2):
        if line > LINES_MAX:
            raise RateUnreadable(line=line, value="…")
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        day = _day(cells[0], line)
        for code, cell in zip(codes, cells[1:], strict=False):
            if cell.upper() not in _NONE:
                yield EuroRate(day, code, _ppm(cell, line))


def _day(text: str, line: int) -> date:
    words = text.split()
    try:
        if len(words) == 3:
            return date(int(words[2]), _MONTHS.index(words[1].lower()) + 1, int(words[0]))
        return date.fromisoformat(text)
    except ValueError:
        raise RateUnreadable(line=line, value=text[:40]) from None


def _ppm(text: str, line: int) -> int:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        raise RateUnreadable(line=line, value=text[:40]) from None
    if not rate.is_finite() or rate <= 0 or rate >= 10**9:
        raise RateUnreadable(line=line, value=text[:40])
    found = int((rate.scaleb(_DECIMALS_MAX)).to_integral_value())
    if not found:
        raise RateUnreadable(line=line, value=text[:40])
    return found
