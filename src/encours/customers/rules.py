"""What is wrong with a customer's identifiers, and which customers may be one and the same: pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from encours.core import ids
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
