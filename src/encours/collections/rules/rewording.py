"""Which template carries a person's own words, and what such words may be: pure."""

from collections.abc import Mapping
from typing import Any

from encours.messaging.rules.channels import kind_of

SUBJECT_LENGTH_MAX = 200
TEXT_LENGTH_MAX = 6_000


def own_template(channel: str) -> str:
    """The frame for one's own words by a channel: "email" -> "own_words", a registered letter -> "letter_own_words"."""
    kind = kind_of(channel)
    return "own_words" if kind == "email" else f"{kind}_own_words"


def own_context(subject: str, text: str) -> Mapping[str, Any]:
    """What the frame prints of them: the subject in one line, the text by paragraphs."""
    return {
        "own": {"subject": " ".join(subject.split())},
        "own_paragraphs": [{"text": " ".join(part.split())} for part in text.split("\n") if part.strip()],
    }
