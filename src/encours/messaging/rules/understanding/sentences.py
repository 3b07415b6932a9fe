"""A text in sentences, its wrapped lines joined, and the language it is in."""

import re
from collections import Counter

from encours.core.text import fold

SENTENCE_LETTERS_MAX = 1_000
_END = re.compile(
    r"(?<=[.!?…])(?<!\bn\.)(?<!\bno\.)(?<!\bM\.)(?<!\bMr\.)(?<!\bMme\.)(?<!\bréf\.)(?<!\bref\.)(?<!\bfact\.)(?<!\binv\.)(?<!\bSt\.)\s+(?=[A-ZÀ-Ý0-9«\"'(])"
)
_WORDS = {
    "fr": "le la les de des du nous vous est et pour une un votre notre facture merci je que pas dans sur ce cette "
    "bonjour avons sera par",
    "en": "the of to we you is and for your our invoice please thank thanks have this that not will be on hello dear "
    "with are",
    "de": "der die das und wir sie ist nicht ich bin bitte mit für ihre ihr auf den dem ein eine rechnung danke werde",
}
_KNOWN = {language: frozenset(fold(word) for word in words.split()) for language, words in _WORDS.items()}


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; a line that goes on in small letters belongs to the one before.

    "Nous réglerons la facture\\nvendredi. Merci." -> ["Nous réglerons la facture vendredi.", "Merci."]
    """
    lines: list[str] = []
    for raw in text.split("\n"):
        line = " ".join(raw.split())
        goes_on = bool(lines) and bool(lines[-1]) and bool(line) and not re.search(r"[.!?:;…]$", lines[-1])
        if goes_on and (line[0].islower() or line[0].isdigit()) and not line.startswith("- ") and len(lines[-1]) > 40:
            lines[-1] += " " + line
        else:
            lines.append(line)
    return [
        piece.strip()[:SENTENCE_LETTERS_MAX] for line in lines if line for piece in _END.split(line) if piece.strip()
    ]


def language_of(text: str) -> str:
    """The likeliest language of a text, "" when nothing tells: "Nous avons payé la facture" -> "fr"."""
    words = re.findall(r"[a-z]+", fold(text[:5_000]))
    counts = Counter({language: sum(word in known for word in words) for language, known in _KNOWN.items()})
    language, count = counts.most_common(1)[0]
    return language if count else ""
