"""What the law sets: values with their article, source, validity and doubt; a missing one refuses."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from encours.core.dates import HalfYear
from encours.core.errors import Refused, gettext_noop


class LegalValueMissing(Refused):
    """The registry has no value of that kind for the day; nothing is reckoned with a neighbour's."""

    message = gettext_noop("No legal value {name} is known for {day}: nothing is reckoned without it.")


@dataclass(frozen=True, slots=True)
class LegalValue:
    """One value the law sets, from `valid_from` until the day before `valid_to`."""

    code: str
    value: Decimal
    unit: str
    valid_from: date
    valid_to: date | None
    article: str
    source: str
    doubt: str = ""
    verified_by: str = ""

    def holds_on(self, day: date) -> bool:
        """Whether the day lies within its validity."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class Registry:
    """Legal values by kind; of two that hold on a day, the one given last counts."""

    def __init__(
        self, values: Iterable[LegalValue], *, missing: Mapping[str, type[LegalValueMissing]] | None = None
    ) -> None:
        """`missing` names the refusals that say more of some kinds than that a value is not known."""
        self._missing = missing or {}
        self._values: dict[str, list[LegalValue]] = {}
        for value in values:
            self._values.setdefault(value.code, []).append(value)
        self._found: dict[tuple[str, date], LegalValue] = {}

    def at(self, code: str, day: date) -> LegalValue:
        """The value that holds on a day; refused when there is none.

        The refinancing rate at 20 March 2025 is that of 1 January 2025, 3.15; at 3 January 2080 it is refused.
        """
        if (known := self._found.get((code, day))) is not None:
            return known
        found = next((value for value in reversed(self._values.get(code, ())) if value.holds_on(day)), None)
        if found is None:
            kind = self._missing.get(code, LegalValueMissing)
            raise kind(name=code, day=day, half_year=str(HalfYear.of(day)))
        self._found[code, day] = found
        return found

    def following(self, more: Iterable[LegalValue]) -> "Registry":
        """This registry with values that were learnt later."""
        return Registry([*self.values(), *more], missing=self._missing)

    def values(self, *codes: str) -> list[LegalValue]:
        """All values of these kinds, or of every kind, the latest validity last."""
        wanted = codes or tuple(self._values)
        found = [value for code in wanted for value in self._values.get(code, ())]
        return sorted(found, key=lambda value: value.valid_from)


def read_file(path: Path, *, missing: Mapping[str, type[LegalValueMissing]] | None = None) -> Registry:
    """The registry of a TOML file."""
    return read(tomllib.loads(path.read_text(encoding="utf-8")), missing=missing)


def read(document: Mapping[str, Any], *, missing: Mapping[str, type[LegalValueMissing]] | None = None) -> Registry:
    """The registry a TOML document describes: a half-year gives its own validity."""
    return Registry((_value(row) for row in document["value"]), missing=missing)


def _value(row: Mapping[str, Any]) -> LegalValue:
    half = half_year(row["half_year"]) if "half_year" in row else None
    return LegalValue(
        code=row["code"],
        value=Decimal(row["value"]),
        unit=row["unit"],
        valid_from=half.first_day if half else row["valid_from"],
        valid_to=half.following().first_day if half else row.get("valid_to"),
        article=row["article"],
        source=row["source"],
        doubt=row.get("doubt", ""),
        verified_by=row.get("verified_by", ""),
    )


def half_year(text: str) -> HalfYear:
    """The half-year written as "2026 S2"."""
    year, half = text.split(" S")
    return HalfYear(int(year), int(half))
