"""The legal values penalties rest on; a missing rate refuses by its name."""

import functools
from pathlib import Path

from encours.core.errors import gettext_noop
from encours.core.legal_values import LegalValueMissing, Registry, read_file

ECB_RATE = "ecb_refinancing_rate"
LEGAL_RATE = "legal_interest_rate_business"
COMMERCIAL_POINTS = "commercial_points"
PUBLIC_POINTS = "public_points"
FLOOR_MULTIPLE = "floor_multiple"
COMMERCIAL_COMPENSATION = "commercial_compensation"
PUBLIC_COMPENSATION = "public_compensation"
HALF_YEARLY = (ECB_RATE, LEGAL_RATE)

VALUES_FILE = Path(__file__).parents[1] / "registry" / "values.toml"


class EcbRateMissing(LegalValueMissing):
    """The refinancing rate at the start of a half-year is not known."""

    message = gettext_noop(
        "The ECB refinancing rate of {half_year} is not known: enter it with its source, penalties are never guessed."
    )


class LegalRateMissing(LegalValueMissing):
    """The legal interest rate of a half-year is not known."""

    message = gettext_noop(
        "The legal interest rate of {half_year} is not known: enter it with its source, penalties are never guessed."
    )


_MISSING = {ECB_RATE: EcbRateMissing, LEGAL_RATE: LegalRateMissing}


@functools.cache
def shipped() -> Registry:
    """The values this version of the product was shipped with."""
    return read_file(VALUES_FILE, missing=_MISSING)
