"""Numbers of registered mail: La Poste's thirteen signs, and the Universal Postal Union's S10."""

import re

from encours.core.errors import Refused, gettext_noop

_UPU = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_FRENCH = re.compile(r"[0-9][A-Z][0-9]{11}[0-9A-Z]?|[0-9]{2}[0-9]{11}[0-9]?")
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


class RegisteredNumberUnusable(Refused):
    """What was typed or scanned is no number of a registered letter."""

    message = gettext_noop("“{number}” is not the number of a registered letter.")


def number(written: str) -> str:
    """The number without spaces, in capitals: "1a 123 456 7890 1" -> 1A12345678901; RR123456785FR is checked.

    An S10 number (two letters, eight figures, a check figure, a country) with a wrong check figure was misread.
    """
    bare = re.sub(r"[\s.-]", "", written).upper()
    if _UPU.fullmatch(bare):
        if _check_figure(bare[2:10]) != int(bare[10]):
            raise RegisteredNumberUnusable(number=written)
        return bare
    if not _FRENCH.fullmatch(bare):
        raise RegisteredNumberUnusable(number=written)
    return bare


def _check_figure(figures: str) -> int:
    """The check figure of UPU S10: 11 less the weighted sum modulo 11; 10 becomes 0 and 11 becomes 5."""
    rest = 11 - sum(int(figure) * weight for figure, weight in zip(figures, _WEIGHTS, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)
