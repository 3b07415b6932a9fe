"""Conditions on customers as forms ask them and as people say them: lines of field, comparison and values."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from encours.core.errors import EncoursError
from encours.customers import rules

BLANK_ROWS = 2
ROWS_MAX = 12
FIELDS = (
    ("country", gettext_lazy("Country")),
    ("postcode", gettext_lazy("Postcode")),
    ("city", gettext_lazy("City")),
    ("language", gettext_lazy("Language")),
    ("terms", gettext_lazy("Payment terms")),
    ("naf_code", gettext_lazy("NAF code")),
    ("legal_form", gettext_lazy("Legal form")),
    ("is_natural_person", gettext_lazy("Kind (company or person)")),
    ("number", gettext_lazy("Customer number")),
    ("name", gettext_lazy("Name")),
    ("email", gettext_lazy("E-mail address")),
)
TESTS = (
    ("is", pgettext_lazy("condition", "is")),
    ("is_not", pgettext_lazy("condition", "is not")),
    ("begins", pgettext_lazy("condition", "begins with")),
    ("contains", pgettext_lazy("condition", "contains")),
)
KINDS = {rules.PERSON: gettext_lazy("person"), rules.COMPANY: gettext_lazy("company")}
SEGMENT_FIELD = ("segment", gettext_lazy("Segment"))
FIELD_WORDS, TEST_WORDS = dict((*FIELDS, SEGMENT_FIELD)), dict(TESTS)


class Row:
    """A condition as the form shows it, whole or half filled in."""

    def __init__(self, field: str = "", test: str = "is", text: str = "", problem: str = "") -> None:
        self.field, self.test, self.text, self.problem = field, test, text, problem


def joined(conditions: Sequence[rules.Condition]) -> str:
    """What a segment asks, as one says it: "Country is BE or LU, and NAF code begins with 41"."""
    if not conditions:
        return ""
    parts = [_words(one) for one in conditions]
    text = parts[0]
    for part in parts[1:]:
        text = gettext("{one}, and {other}").format(one=text, other=part)
    return text[:1].upper() + text[1:]


def _words(one: rules.Condition) -> str:
    values = [str(KINDS.get(value, value)) if one.field == "is_natural_person" else value for value in one.values]
    joined = values[0]
    for value in values[1:]:
        joined = gettext("{one} or {other}").format(one=joined, other=value)
    field = gettext("kind") if one.field == "is_natural_person" else _uncapital(str(FIELD_WORDS[one.field]))
    return f"{field} {TEST_WORDS[one.test]} {joined}"


def _uncapital(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def with_blanks(rows: Sequence[Row]) -> list[Row]:
    """The rows with a few empty ones after them, as far as there is room."""
    return [*rows, *(Row() for _ in range(min(BLANK_ROWS, ROWS_MAX - len(rows))))]


def stored(
    kept: Sequence[Mapping[str, Any]], *, fields: Sequence[str] = rules.CONDITION_FIELDS
) -> tuple[list[Row], tuple[rules.Condition, ...]]:
    """The rows of what is kept, and the conditions they make."""
    conditions = rules.conditions_of(kept, fields=fields)
    return [Row(one.field, one.test, ", ".join(_shown(one))) for one in conditions], conditions


def _shown(one: rules.Condition) -> list[str]:
    return [str(KINDS.get(value, value)) if one.field == "is_natural_person" else value for value in one.values]


def asked(
    said: QueryDict, *, fields: Sequence[str] = rules.CONDITION_FIELDS
) -> tuple[list[Row], tuple[rules.Condition, ...]]:
    """The rows as typed, those that say nothing left out, and the conditions that hold."""
    rows: list[Row] = []
    conditions: list[rules.Condition] = []
    typed = zip(said.getlist("field"), said.getlist("test"), said.getlist("values"), strict=False)
    for field, test, text in list(typed)[:ROWS_MAX]:
        if not field:
            continue
        row = Row(field, test, text)
        try:
            conditions.append(rules.condition(field, test, _values(field, text), fields=fields))
        except EncoursError as error:
            row.problem = error.translated(gettext)
        rows.append(row)
    return rows, tuple(conditions)


def _values(field: str, text: str) -> list[str]:
    values = rules.values_in(text)
    if field != "is_natural_person":
        return values
    codes = {str(word).casefold(): code for code, word in KINDS.items()}
    return [codes.get(value.casefold(), value) for value in values]
