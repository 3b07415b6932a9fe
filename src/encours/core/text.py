"""Texts compared as a person compares them: without accents, case or stray spaces."""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "\u2019": "'", "\u2018": "'"})


def fold(text: str) -> str:
    """A search key: "  Éts. DUPRÉ & Cœur " -> "ets. dupre & coeur"."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return re.sub(r"\s+", " ", bare).strip()


def fold_words(text: str) -> str:
    """A looser key, of letters and digits only: "S.A.R.L. L'Été-Neuf" -> "s a r l l ete neuf"."""
    return re.sub(r"[^0-9a-z]+", " ", fold(text)).strip()
