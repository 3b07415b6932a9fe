"""How long a short message is: its alphabet, its length and the segments it is billed as (3GPP TS 23.038)."""

import re
from dataclasses import dataclass
from typing import Literal

from encours.core.errors import Refused, gettext_noop

SEGMENTS_MAX = 6
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")  # each takes two places
_QUOTED = re.compile("«[ \u00a0\u202f]*|[ \u00a0\u202f]*»")
# what a phone shows alike, so that a typographer's sign does not halve the room of a message
_PLAIN = str.maketrans({
    "\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-",
    "\u2212": "-", "\u2026": "...", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "œ": "oe", "Œ": "OE",
})  # fmt: skip


class SmsTooLong(Refused):
    """A short message would take more segments than anybody reads."""

    message = gettext_noop("This SMS takes {segments} segments; at most {segments_max} are sent.")


class SmsEmpty(Refused):
    """A short message says nothing."""

    message = gettext_noop("This SMS is empty.")


@dataclass(frozen=True, slots=True)
class Measure:
    """A short message as it is billed."""

    encoding: Literal["GSM-7", "UCS-2"]
    length: int
    segments: int
    left: int  # places left in the last segment

    def as_json(self) -> dict[str, str | int]:
        return {"encoding": self.encoding, "length": self.length, "segments": self.segments}


def plain(text: str) -> str:
    """The text with simple quotes, dashes and spaces, which the short alphabet has: "l’échéance » -> l'échéance"."""
    lines = _QUOTED.sub('"', text.replace("\r\n", "\n")).translate(_PLAIN).split("\n")
    return "\n".join(" ".join(line.split()) for line in lines).strip()


def measure(text: str) -> Measure:
    """How a text is sent: 160 places in one segment, 153 in each of several; 70 and 67 beyond the GSM alphabet.

    "Votre facture F-1 : 1 200,00 €" has 30 letters and takes 31 places of GSM-7, one segment; one "ê" (not in GSM-7)
    makes it UCS-2 with 70 places a segment.
    """
    if all(letter in _BASIC or letter in _EXTENDED for letter in text):
        places = [2 if letter in _EXTENDED else 1 for letter in text]
        return _measured("GSM-7", places, single=160, part=153)
    return _measured("UCS-2", [len(letter.encode("utf-16-be")) // 2 for letter in text], single=70, part=67)


def _measured(encoding: Literal["GSM-7", "UCS-2"], places: list[int], *, single: int, part: int) -> Measure:
    length = sum(places)
    if length <= single:
        return Measure(encoding, length, 1 if length else 0, single - length)
    # a letter of two places is never cut in two, so a segment may stay one place short
    segments, filled = 1, 0
    for place in places:
        if filled + place > part:
            segments, filled = segments + 1, 0
        filled += place
    return Measure(encoding, length, segments, part - filled)


def checked(text: str) -> str:
    """The text ready to send; refuses an empty one and one of too many segments."""
    ready = plain(text)
    if not ready:
        raise SmsEmpty
    segments = measure(ready).segments
    if segments > SEGMENTS_MAX:
        raise SmsTooLong(segments=segments, segments_max=SEGMENTS_MAX)
    return ready
