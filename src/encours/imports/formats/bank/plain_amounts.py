"""Amounts in files that mix decimal commas and points: the mark is told by each amount alone."""

import re

from encours.imports.formats.amounts import mark_shown
from encours.imports.formats.bank.model import minor_of

_BLANKS = re.compile(r"[\s'\u00a0\u202f]")


def loose_minor(text: str, currency: str) -> int | None:
    """Minor units: "1,234.50" -> 123450, "-161,25" -> -16125, "12.50-" -> -1250; None where it is no amount."""
    bare = _BLANKS.sub("", text)
    if bare.endswith("-"):
        bare = f"-{bare[:-1]}"
    mark = mark_shown(bare)
    if mark == ",":
        bare = bare.replace(".", "").replace(",", ".")
    elif mark == ".":
        bare = bare.replace(",", "")
    elif mark == "?":
        # three digits behind a lone mark: an amount of two decimals is never written so, thousands are
        bare = bare.replace(",", "") if "," in bare else bare
    if bare.startswith((".", "-.", "+.")):
        bare = bare.replace(".", "0.", 1)
    return minor_of(bare.rstrip("."), currency)
