"""What is wrong with identifiers, which customers may be one and the same, what a segment asks of them: pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from encours.core import ids
from encours.core.errors import Refused, gettext_noop
from encours.core.text import fold_words

_CHECKS: Mapping[str, Callable[[str], ids.Checked]] = {
    "siren": ids.check_siren,
    "siret": ids.check_siret,
    "vat_number": ids.check_vat_number,
    "iban": ids.check_iban,
    "email": ids.check_email,
}
IDENTIFIERS = tuple(_CHECKS)
_FORMS = frozenset(
    ("sa", "sas", "sasu", "sarl", "eurl", "snc", "sci", "scop", "gie", "gaec", "earl", "ste", "societe", "ets", "gmbh",
     "ag", "etablissements", "ltd", "llc", "inc", "bv", "spa", "srl")
)  # fmt: skip
_ALIKE_PERCENT = 88


def faults(identifiers: Mapping[str, str]) -> list[str]:
    """Which of the filled identifiers cannot be right: {"siren": "732829321", "email": ""} -> ["siren"]."""
    return [name for name in IDENTIFIERS if identifiers.get(name) and not _CHECKS[name](identifiers[name]).is_right]


@dataclass(frozen=True, slots=True)
class Party:
    """A customer as the search for duplicates sees it."""

    customer_id: int
    name: str
    postcode: str


def bare_name(name: str) -> str:
    """A name without accents, marks and legal form: "Éts. Dupré & Fils SARL" -> "dupre fils"."""
    return " ".join(word for word in fold_words(name).split() if word not in _FORMS)


def alike_names(parties: Sequence[Party]) -> list[tuple[Party, Party]]:
    """Pairs in one postcode whose bare names are the same but for a slip of the pen: "Martin Bois" and "Martin Boiss".

    Only parties that begin alike are compared, so the work stays small however many there are.
    """
    groups: dict[tuple[str, str], list[tuple[str, Party]]] = {}
    for party in parties:
        bare = bare_name(party.name)
        if bare and party.postcode:
            groups.setdefault((party.postcode, bare[:3]), []).append((bare, party))
    return [
        (one, other)
        for members in groups.values()
        for index, (name, one) in enumerate(members[:_COMPARED_MAX])
        for other_name, other in members[index + 1 : _COMPARED_MAX]
        if _is_alike(name, other_name)
    ]


_COMPARED_MAX = 60


def _is_alike(name: str, other: str) -> bool:
    # numbers tell branches apart: "agence 12" is not "agence 13"
    if [word for word in name.split() if word.isdigit()] != [word for word in other.split() if word.isdigit()]:
        return False
    return name == other or SequenceMatcher(None, name, other).ratio() * 100 >= _ALIKE_PERCENT


CONDITION_FIELDS = (
    "country", "postcode", "city", "language", "terms", "naf_code", "legal_form", "number", "name", "email",
    "is_natural_person",
)  # fmt: skip
# rules that give customers to people may ask for the segment too; a segment that asks for itself would never end
ASSIGNMENT_FIELDS = ("segment", *CONDITION_FIELDS)
CONDITION_TESTS = ("is", "is_not", "begins", "contains")
PERSON, COMPANY = "person", "company"
VALUES_MAX = 200


class ConditionUnknown(Refused):
    """A segment asks something of customers that nobody can answer."""

    message = gettext_noop("A segment cannot ask for “{field} {test}”.")


class ConditionEmpty(Refused):
    """A condition compares with nothing."""

    message = gettext_noop("Say at least one value to compare with.")


@dataclass(frozen=True, slots=True)
class Condition:
    """Something a segment asks of a customer: a field, how to compare, and values of which one is enough."""

    field: str
    test: str
    values: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As a segment keeps it."""
        return {"field": self.field, "test": self.test, "values": list(self.values)}


def condition(field: str, test: str, values: Sequence[str], *, fields: Sequence[str] = CONDITION_FIELDS) -> Condition:
    """A condition that can be asked, or a refusal: ("country", "is", ["be", ""]) -> country is BE."""
    if field not in fields or test not in CONDITION_TESTS:
        raise ConditionUnknown(field=field, test=test)
    if field == "is_natural_person" and (test != "is" or not set(values) <= {PERSON, COMPANY}):
        raise ConditionUnknown(field=field, test=test)
    kept = tuple(dict.fromkeys(value.strip() for value in values if value.strip()))[:VALUES_MAX]
    if not kept:
        raise ConditionEmpty
    return Condition(field, test, kept)


def conditions_of(
    stored: Sequence[Mapping[str, Any]], *, fields: Sequence[str] = CONDITION_FIELDS
) -> tuple[Condition, ...]:
    """The conditions that are kept; a customer must meet all of them."""
    return tuple(condition(row["field"], row["test"], row["values"], fields=fields) for row in stored)


def values_in(text: str) -> list[str]:
    """The values a person typed, parted by commas, semicolons or lines: "FR, BE" -> ["FR", "BE"]."""
    return [value for value in (part.strip() for part in re.split("[,;\\n]", text)) if value]


def accepts(
    channel: str,
    *,
    opted_out: bool,
    opted_out_channels: Sequence[str],
    valid_from: date | None,
    valid_until: date | None,
    today: date,
) -> bool:
    """Whether a contact may be reached by a channel (email, sms, letter, call) today.

    Who refused e-mail (`opted_out`) may still get a letter; who left on the 30th is not reached from the 31st on, and
    who begins on the 1st not before it.
    """
    if (valid_from and today < valid_from) or (valid_until and today > valid_until):
        return False
    return channel not in opted_out_channels and not (channel == "email" and opted_out)
