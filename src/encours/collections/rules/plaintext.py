"""A scenario as plain text: a TOML file that people write, compare and keep under version control."""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from encours.collections.rules.steps import (
    CHOICE_LISTS,
    CHOICES,
    DAYS_MAX,
    NAME_LENGTH_MAX,
    ROLES,
    STEPS_MAX,
    EntryChoice,
    Grouping,
    ScenarioInvalid,
    Step,
    StepsAlike,
    read_steps,
)
from encours.core.errors import Refused, gettext_noop

FORMAT = 1
LANGUAGES = ("fr", "en")
CENTS = 100
HEADER = "# A reminder scenario of Encours. How to write one: docs/howto/write-a-scenario.md"
AMOUNT_MINOR_MAX = 10**15

# what the file calls a field, in the order in which it is written
STEP_FIELDS: Mapping[str, str] = {
    "key": "key", "name": "name", "days": "days", "count_from": "basis", "event": "event", "channel": "channel",
    "template": "template_key", "tone": "tone", "to": "to_roles", "escalate_after": "escalate_after", "cc": "cc_roles",
    "cc_colleagues": "cc_internal", "sender": "sender", "mode": "mode", "grouping": "grouping",
    "minimum": "minimum_minor", "confirm_from": "confirm_from_minor", "stop_when": "stop_when",
    "deadline_days": "new_deadline_days", "last": "is_last",
    "attach_invoices": "with_copies",
}  # fmt: skip
_FILE_NAMES = {field: name for name, field in STEP_FIELDS.items()}
_AMOUNTS = frozenset({"minimum_minor", "confirm_from_minor"})
_TOP = ("format", "name", "language", "grouping", "entry", "step")
_DEFAULTS = Step("", "", 0)


class ScenarioFileBroken(Refused):
    """The file is no TOML."""

    message = gettext_noop("{file}, line {line}: this is not TOML ({problem}).")


class ScenarioFieldUnknown(Refused):
    """The file has a field that means nothing here."""

    message = gettext_noop("{file}, line {line}: “{field}” is not a field here. Possible are: {expected}.")


class ScenarioFieldMissing(Refused):
    """The file lacks a field."""

    message = gettext_noop("{file}, line {line}: “{field}” is missing. Expected: {expected}.")


class ScenarioFieldUnusable(Refused):
    """A field of the file has a value that cannot be."""

    message = gettext_noop("{file}, line {line}: “{field}” cannot be “{value}”. Expected: {expected}.")


class ScenarioFormatUnknown(Refused):
    """The file was written for another version of the product."""

    message = gettext_noop("{file}, line {line}: format {value} is not known to this version, which reads format 1.")


@dataclass(frozen=True, slots=True)
class ScenarioText:
    """All that a scenario says, as its file has it."""

    name: str
    steps: tuple[Step, ...]
    language: str = "fr"
    grouping: Grouping = Grouping.CUSTOMER
    entry: EntryChoice = EntryChoice.BY_AGE


def write_scenario(scenario: ScenarioText) -> str:
    """The file of a scenario: what stands at its usual value is left out, amounts are decimals in quotes.

    A step of +10 for 50 EUR at least has `key`, `name`, `days = 10`, `template` and `minimum = "50.00"`.
    """
    lines = [
        HEADER, f"format = {FORMAT}", f"name = {_text(scenario.name)}", f"language = {_text(scenario.language)}",
        f"grouping = {_text(scenario.grouping)}", f"entry = {_text(scenario.entry)}",
    ]  # fmt: skip
    for step in scenario.steps:
        lines += ["", "[[step]]"]
        for name, field in STEP_FIELDS.items():
            value = getattr(step, field)
            if field in ("key", "name", "days") or value != getattr(_DEFAULTS, field):
                lines.append(f"{name} = {_value(field, value)}")
    return "\n".join(lines) + "\n"


def read_scenario(text: str, *, file: str) -> ScenarioText:
    """The scenario a file tells; whatever is unknown, missing or senseless is refused with its line and the remedy."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        problem = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise ScenarioFileBroken(
            file=file, line=int(line[1]) if line else text.count("\n") + 1, problem=problem
        ) from None
    place = _Place(file, text)
    for name in found:
        if name not in _TOP:
            raise ScenarioFieldUnknown(file=file, line=place.line(name), field=name, expected=", ".join(_TOP))
    if place.get(found, "format", expected=f"{FORMAT}") != FORMAT or isinstance(found["format"], bool):
        raise ScenarioFormatUnknown(file=file, line=place.line("format"), value=found["format"])
    name = place.get(found, "name", expected=_TEXT)
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_LENGTH_MAX:
        raise place.unusable("name", name, _TEXT)
    return ScenarioText(
        name=name,
        steps=_steps(found, place),
        language=_one_of(found, "language", LANGUAGES, "fr", place),
        grouping=Grouping(_one_of(found, "grouping", tuple(Grouping), "customer", place)),
        entry=EntryChoice(_one_of(found, "entry", ("by_age", "in_order"), "by_age", place)),
    )


def text_difference(before: str, after: str, *, names: tuple[str, str]) -> list[str]:
    """The lines that differ between two files, with some of those around them, as version control shows them."""
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="", n=3)
    return list(found)


_TEXT = f'"..." (1-{NAME_LENGTH_MAX})'
_EXPECTED: Mapping[str, str] = {
    "key": _TEXT,
    "name": _TEXT,
    "days": f"-{DAYS_MAX}..{DAYS_MAX}",
    "template_key": '"reminder_1"',
    "to_roles": ", ".join(sorted(ROLES)),
    "cc_roles": ", ".join(sorted(ROLES)),
    "minimum_minor": '"50.00"',
    "confirm_from_minor": '"5000.00"',
    "new_deadline_days": "0..365",
    "escalate_after": "1..; to = [.., ..]",
    "is_last": "true, false",
    "with_copies": "true, false; channel = email, letter, ...",
    **{field: ", ".join(kind) for field, kind in (*CHOICES.items(), *CHOICE_LISTS.items())},
}


class _Place:
    """Where things stand in the file, for refusals that name the line."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.starts = [n for n, line in enumerate(self.lines, start=1) if re.match(r"\s*\[\[\s*step\s*\]\]", line)]

    def line(self, field: str, step: int = 0) -> int:
        """The line of a field, of the steps from 1 on; else where its table begins."""
        first = self.starts[step - 1] if 0 < step <= len(self.starts) else 1
        ends = [start for start in self.starts if start > first] if step else self.starts
        last = ends[0] - 1 if ends else len(self.lines)
        for number in range(first, last + 1):
            if re.match(rf"\s*[\"']?{re.escape(field)}[\"']?\s*=", self.lines[number - 1]):
                return number
        return first

    def get(self, table: Mapping[str, Any], field: str, *, expected: str, step: int = 0) -> Any:
        """A field that must be there."""
        if field not in table:
            raise ScenarioFieldMissing(file=self.file, line=self.line(field, step), field=field, expected=expected)
        return table[field]

    def unusable(self, field: str, value: object, expected: str, step: int = 0) -> ScenarioFieldUnusable:
        """The refusal of a value."""
        return ScenarioFieldUnusable(
            file=self.file, line=self.line(field, step), field=field, value=value, expected=expected
        )


def _one_of(table: Mapping[str, Any], field: str, allowed: Sequence[str], usual: str, place: _Place) -> str:
    value = table.get(field, usual)
    if not isinstance(value, str) or value not in allowed:
        raise place.unusable(field, value, ", ".join(allowed))
    return value


def _steps(found: Mapping[str, Any], place: _Place) -> tuple[Step, ...]:
    rows = place.get(found, "step", expected="[[step]]")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise place.unusable("step", rows, "[[step]]")
    if len(rows) > STEPS_MAX:
        raise place.unusable("step", len(rows), f"1..{STEPS_MAX}", step=STEPS_MAX + 1)
    plain = [_plain(row, number, place) for number, row in enumerate(rows, start=1)]
    try:
        return read_steps(plain)
    except ScenarioInvalid as error:
        number, field = error.data["step"], error.data["field"]
        raise place.unusable(_FILE_NAMES[field], error.data["value"], _EXPECTED[field], number) from None
    except StepsAlike as error:
        number = max(n for n, row in enumerate(plain, start=1) if row["key"] == error.data["key"])
        raise place.unusable("key", error.data["key"], "≠", number) from None


def _plain(row: Mapping[str, Any], number: int, place: _Place) -> dict[str, Any]:
    """The fields of a step under the names the rules know, with the type each must have."""
    plain: dict[str, Any] = {}
    for name, value in row.items():
        field = STEP_FIELDS.get(name)
        if field is None:
            line = place.line(name, number)
            raise ScenarioFieldUnknown(file=place.file, line=line, field=name, expected=", ".join(STEP_FIELDS))
        if not _HAS_TYPE.get(field, _is_text)(value):
            raise place.unusable(name, value, _EXPECTED[field], number)
        plain[field] = _minor(value) if field in _AMOUNTS else value
        if plain[field] is None:
            raise place.unusable(name, value, _EXPECTED[field], number)
    for field in ("key", "name", "days"):
        place.get(row, field, expected=_EXPECTED[field], step=number)
    return plain


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_HAS_TYPE: Mapping[str, Callable[[object], bool]] = {
    "days": _is_number,
    "new_deadline_days": _is_number,
    "escalate_after": _is_number,
    **dict.fromkeys(("is_last", "with_copies"), lambda value: isinstance(value, bool)),
    **dict.fromkeys(("to_roles", "cc_roles", "cc_internal", "stop_when"), _is_list),
}


def _minor(value: str) -> int | None:
    """ "50.00" as 5000 cents; None for what is no amount."""
    try:
        cents = Decimal(value) * CENTS
    except InvalidOperation:
        return None
    if not cents.is_finite() or cents != int(cents) or not 0 <= cents <= AMOUNT_MINOR_MAX:
        return None
    return int(cents)


def _value(field: str, value: Any) -> str:
    if field in _AMOUNTS:
        return f'"{value // CENTS}.{value % CENTS:02d}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_text(one) for one in value) + "]"
    return _text(str(value))


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def _text(value: str) -> str:
    """A TOML basic string; control characters are escaped, everything else stands as it is."""
    shown = (_ESCAPES.get(c, c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in value)
    return '"' + "".join(shown) + '"'
