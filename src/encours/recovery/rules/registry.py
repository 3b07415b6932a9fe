"""The periods of the law: each with its article, source, validity and doubt; a missing one refuses."""

import functools
from datetime import date
from pathlib import Path

from encours.core.dates import add_months
from encours.core.legal_values import LegalValue, Registry, read_file

VALUES_FILE = Path(__file__).parents[1] / "registry" / "values.toml"
_MONTHS = {"years": 12, "months": 1}


@functools.cache
def periods() -> Registry:
    """The periods this version of the product was shipped with."""
    return read_file(VALUES_FILE)


def after(start: date, value: LegalValue) -> date:
    """The last day of a period that begins after a day: 31 December 2024 + 2 months -> 28 February 2025 (CPC 641)."""
    return add_months(start, int(value.value) * _MONTHS[value.unit])
