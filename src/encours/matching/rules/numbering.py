"""How a company numbers its documents, learnt from its own open items: which part is the year, which one runs."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

RUNS = re.compile(r"[A-Z]+|\d+")
YEAR_SHARE_PERCENT = 95


class Parts(NamedTuple):
    """A number taken apart: "FA-2026-0412" -> prefix "FA", around ("2026",), sequence "0412".

    `years` are the ways its year is written; `around` the digits besides the sequence, in their order, and how many of
    them stand before it.
    """

    prefix: str
    around: tuple[str, ...]
    before: int
    sequence: str
    years: tuple[str, ...] = ()

    @property
    def digits(self) -> str:
        """All digits in their order."""
        return "".join((*self.around[: self.before], self.sequence, *self.around[self.before :]))


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way of numbering: which run of digits is the sequence, how many leading digits of it are a date."""

    sequence_run: int
    date_digits: int = 0
    year_run: int = -1


class Sample(NamedTuple):
    """The runs of digits of one number, and what they may repeat: its year, its month, its customer."""

    digits: list[str]
    year: int
    month: int
    customer_id: int


class Numbering:
    """The patterns of a book. Of a number of no known pattern the last digits are taken to run."""

    def __init__(self, documents: Iterable[tuple[str, int, int, int]]) -> None:
        """`documents`: (number, year, month, customer) of open items; a sample is enough."""
        samples: defaultdict[str, list[Sample]] = defaultdict(list)
        self.endings: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
        for number, year, month, customer_id in documents:
            runs = RUNS.findall(number.upper())
            if runs:
                letters = next((run for run in runs if run[0] > "9"), "")
                self.endings[shape(runs)].add((letters, len(runs[-1])))
            samples[shape(runs)].append(Sample([run for run in runs if run[0] <= "9"], year, month, customer_id))
        self.patterns = {form: _pattern(rows) for form, rows in samples.items() if "9" in form}
        self.years = {
            text
            for form, pattern in self.patterns.items()
            if pattern.year_run >= 0 or pattern.date_digits
            for _, year, _, _ in samples[form][:: max(1, len(samples[form]) // 500)]
            for text in (str(year), str(year)[2:])
        }
        self._is_last_run = all(
            form.endswith("9") and pattern.sequence_run == form.count("9") - 1 and not pattern.date_digits
            for form, pattern in self.patterns.items()
        )

    def runs_of(self, number: str) -> tuple[list[str], Pattern | None]:
        """The runs of a number and the pattern it follows."""
        runs = RUNS.findall(number.upper())
        return runs, self.patterns.get(shape(runs))

    def is_of_a_pattern(self, word: str) -> bool:
        """Whether a word is built as our numbers are, with a prefix we use: "FA-2026-9999"."""
        runs = RUNS.findall(word)
        form = shape(runs)
        if form not in self.patterns:
            return False
        letters = next((run for run in runs if run[0] > "9"), "")
        return (letters, len(runs[-1])) in self.endings[form]

    def is_of_a_length(self, digits: str) -> bool:
        """Whether digits are as many as the running part of our numbers, or the whole of one, has."""
        return len(digits) in self.lengths

    @cached_property
    def lengths(self) -> frozenset[int]:
        """How many digits the last run of our numbers has."""
        return frozenset(length for endings in self.endings.values() for _, length in endings)

    def sequence(self, number: str) -> str:
        """The part that runs: "FA-2026-0412" -> "0412"; blank when there are no digits."""
        if self._is_last_run and number[-1:].isdigit():
            return number[len(number.rstrip("0123456789")) :]
        runs, pattern = self.runs_of(number)
        digits = [run for run in runs if run[0] <= "9"]
        if not digits:
            return ""
        if pattern is None or pattern.sequence_run >= len(digits):
            return digits[-1]
        run = digits[pattern.sequence_run]
        return run[pattern.date_digits :] if len(run) > pattern.date_digits else run

    def parts(self, number: str) -> Parts:
        """The number taken apart."""
        runs, pattern = self.runs_of(number)
        digits = [run for run in runs if run[0] <= "9"]
        letters = next((run for run in runs if run[0] > "9"), "")
        if not digits:
            return Parts(letters, (), 0, "")
        at = len(digits) - 1 if pattern is None or pattern.sequence_run >= len(digits) else pattern.sequence_run
        cut = pattern.date_digits if pattern is not None and len(digits[at]) > pattern.date_digits else 0
        lead = _date_parts(digits[at][:cut])
        around = (*digits[:at], *lead, *digits[at + 1 :])
        year = _year(digits, pattern, lead)
        return Parts(
            letters,
            around,
            at + len(lead),
            digits[at][cut:],
            (year, year[2:]) if len(year) == 4 else (year,) if year else (),
        )


def shape(runs: list[str]) -> str:
    """ "FA", "2026", "0412" -> "A99"."""
    return "".join(["9" if run[0] <= "9" else "A" for run in runs])


def _date_parts(lead: str) -> tuple[str, ...]:
    """ "202607" -> ("2026", "07"); "2607" -> ("26", "07"); "2026" -> ("2026",)."""
    if len(lead) == 6:
        return lead[:4], lead[4:]
    if len(lead) == 4 and not lead.startswith("20"):
        return lead[:2], lead[2:]
    return (lead,) if lead else ()


def _year(digits: list[str], pattern: Pattern | None, lead: tuple[str, ...]) -> str:
    if lead:
        return lead[0]
    if pattern is not None and 0 <= pattern.year_run < len(digits):
        return digits[pattern.year_run]
    return ""


def _pattern(rows: list[Sample]) -> Pattern:
    width = min(len(row.digits) for row in rows)
    counts = [
        0 if width > 1 and _is_customer(rows, run) else len({row.digits[run] for row in rows}) for run in range(width)
    ]
    year_run = next((run for run in range(width) if _is_the_year(rows, run)), -1)
    kinds = [0 if run == year_run else count for run, count in enumerate(counts)]
    sequence_run = max(range(width), key=lambda run: (kinds[run], run))
    if width == 1:
        year_run = -1
    if sequence_run == year_run:
        sequence_run = width - 1
    return Pattern(sequence_run, 0 if year_run >= 0 else _date_digits(rows, sequence_run), year_run)


def _is_customer(rows: list[Sample], run: int) -> bool:
    """Whether a run of digits is the customer's code: a value that comes again is always the same customer's."""
    owners: defaultdict[str, set[int]] = defaultdict(set)
    seen = Counter(row.digits[run] for row in rows)
    for row in rows:
        owners[row.digits[run]].add(row.customer_id)
    again = [value for value, count in seen.items() if count > 1]
    alone = sum(len(owners[value]) == 1 for value in again)
    return len(again) * 5 >= len(seen) and len(again) > 1 and alone * 100 >= len(again) * YEAR_SHARE_PERCENT


def _is_the_year(rows: list[Sample], run: int) -> bool:
    """Whether a run of digits is the year of the document, 2026 or 26; a January invoice may be the old year's."""
    agreeing = sum(digits[run] in _spelt(year) for digits, year, _, _ in rows)
    return agreeing * 100 >= len(rows) * YEAR_SHARE_PERCENT


@cache
def _spelt(year: int) -> frozenset[str]:
    return frozenset(text for near in (year - 1, year, year + 1) for text in (str(near), str(near)[2:]))


def _date_digits(rows: list[Sample], run: int) -> int:
    """How many leading digits are the year, or year and month: "20260412" -> 4, "2607123" -> 4."""
    found: Counter[int] = Counter()
    for digits, year, month, _ in rows:
        text = digits[run]
        for lead in (f"{year}{month:02d}", f"{year}", f"{year % 100:02d}{month:02d}", f"{year % 100:02d}"):
            if text.startswith(lead) and len(text) > len(lead):
                found[len(lead) * 10 + (len(str(year)) if lead.startswith(str(year)) else 2)] += 1
    for kind in (64, 44, 42, 22):
        if found[kind] * 100 >= len(rows) * YEAR_SHARE_PERCENT and len(rows) > 2:
            return kind // 10
    return 0
