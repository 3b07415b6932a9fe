"""Which invoice a file is the copy of, by its name, and which files may be one: pure."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from encours.core.text import fold

COPY_BYTES_MAX = 10 * 1024 * 1024
_KEY_LENGTH_MAX = 80
_PARTS_MAX = 24
_BARE_DIGITS_MIN = 5
_PART = re.compile(r"[0-9a-z]+")
_JOINS = frozenset("-./")
_LABELS = frozenset(["facture", "factures", "invoice", "inv", "fac", "fact", "fa", "num", "numero", "no", "n"])
_PREFIX_LENGTH_MAX = 3
_ADVICE = re.compile(
    r"(?:^|[^a-z])(?:avis|virements?|remittance|payments?|paiements?|reglements?|advice|remises?|releves?|statements?)"
    r"(?:[^a-z]|$)"
)


@dataclass(frozen=True, slots=True)
class Named:
    """A piece of a file's name that may be a document's number: as written, and as numbers are compared."""

    written: str
    key: str


def key_of(number: str) -> str:
    """A number as it is compared with the names of files, which take no slash: "FA/2026-4290" -> "fa20264290"."""
    return "".join(_PART.findall(fold(number)))


def named_in(file_name: str) -> tuple[Named, ...]:
    """The pieces of a file's name that may be a number, the longest first.

    A piece is never cut out of a longer number: what stands beside it behind "-", "." or "/" has no digit, and is no
    short prefix but that of invoices. Short plain digits count only alone or behind a word such as "facture".

    "Facture FA-2026-4290 Acme.pdf" -> "facturefa20264290acme", ..., "fa20264290", "20264290"; never "fa2026"
    "AV-2026-4290.pdf" -> "av20264290" alone, since an invoice 2026-4290 is another document
    """
    stem = fold(_stem(file_name))
    parts = [(found.start(), found.end()) for found in _PART.finditer(stem)][:_PARTS_MAX]
    found = []
    for first in range(len(parts)):
        for last in range(first, len(parts)):
            start, end = parts[first][0], parts[last][1]
            key = "".join(stem[begin:stop] for begin, stop in parts[first : last + 1])
            is_whole = first == 0 and last == len(parts) - 1
            if is_whole or (_may_be_number(key, stem, start) and not _is_cut_out(stem, parts, first, last)):
                found.append(Named(stem[start:end], key))
    return tuple(sorted((one for one in found if len(one.key) <= _KEY_LENGTH_MAX), key=lambda one: -len(one.key)))


def _stem(file_name: str) -> str:
    return PurePosixPath(file_name.replace("\\", "/")).stem


def _may_be_number(key: str, stem: str, start: int) -> bool:
    if not any(sign.isdigit() for sign in key):
        return False
    if not key.isdigit() or len(key) >= _BARE_DIGITS_MIN:
        return len(key) >= 3
    before = _PART.findall(stem[:start])
    return bool(before) and before[-1] in _LABELS


def _is_cut_out(stem: str, parts: list[tuple[int, int]], first: int, last: int) -> bool:
    """Whether the piece is a part of something longer, such as 4290 of FA-2026-4290 or 2026-4290 of AV-2026-4290."""

    def belongs(left: int, right: int, other: tuple[int, int]) -> bool:
        word = stem[other[0] : other[1]]
        is_prefix = word not in _LABELS and len(word) <= _PREFIX_LENGTH_MAX
        return stem[left:right] in _JOINS and (is_prefix or any(sign.isdigit() for sign in word))

    before = first > 0 and belongs(parts[first - 1][1], parts[first][0], parts[first - 1])
    after = last + 1 < len(parts) and belongs(parts[last][1], parts[last + 1][0], parts[last + 1])
    return before or after


def is_advice_name(file_name: str) -> bool:
    """Whether a file's name says that it tells of a payment rather than being the invoice it names."""
    return bool(_ADVICE.search(fold(_stem(file_name))))


def copy_problem(content: bytes) -> str:
    """Why these bytes are no copy to keep: `copy_not_pdf`, `copy_too_large`, or nothing."""
    if len(content) > COPY_BYTES_MAX:
        return "copy_too_large"
    return "" if content[:1024].lstrip().startswith(b"%PDF-") else "copy_not_pdf"
