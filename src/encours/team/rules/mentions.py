"""Who a comment names: @ and the first part of a colleague's address, or their first name where only one has it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from encours.core.text import fold

# an address (nadia@brevanne.example) names nobody: there stands something before its @
_MENTION = re.compile(r"(?<![\w@.])@([\w][\w.\-]{0,63})")


class Colleague(NamedTuple):
    """Somebody who can be named."""

    user_id: int
    email: str
    first_name: str
    last_name: str

    @property
    def handle(self) -> str:
        """What names this person for certain: "maelle.quintrec" of maelle.quintrec@valtorane.example."""
        return self.email.partition("@")[0].lower()


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a text names, in its order, and which of its names fit nobody or several."""

    user_ids: tuple[int, ...]
    unknown: tuple[str, ...] = ()


def named(text: str, colleagues: Sequence[Colleague]) -> Named:
    """The colleagues that a text names.

    "@maelle.quintrec can you look?" names Maëlle; "@maelle" does too, unless two colleagues bear that first name; a dot
    at the end belongs to the sentence. What fits nobody stays text and is told.
    """
    found: dict[int, None] = {}
    unknown: dict[str, None] = {}
    for match in _MENTION.finditer(text):
        word = match[1].rstrip(".-")
        fits = _fits(word, colleagues)
        if len(fits) == 1:
            found[fits[0]] = None
        else:
            unknown[word] = None
    return Named(tuple(found), tuple(unknown))


def _fits(word: str, colleagues: Sequence[Colleague]) -> list[int]:
    said = fold(word)
    exact = [one.user_id for one in colleagues if fold(one.handle) == said]
    if exact:
        return exact
    return [
        one.user_id
        for one in colleagues
        if said in {fold(one.first_name), fold(f"{one.first_name}.{one.last_name}"), fold(one.last_name)} - {""}
    ]
