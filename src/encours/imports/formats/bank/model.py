"""What every bank file is read as: a statement's head, then its lines, whatever the format."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from encours.core.currencies import exponent
from encours.core.errors import gettext_noop
from encours.imports.formats.amounts import MINOR_LIMIT
from encours.imports.formats.problems import FileUnreadable, Problem

type Read = Iterator[Statement | Line | Problem]

_PLAIN = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?")
TEXT_MAX = 4000
PARTS_MAX = 200_000


class BankFileBroken(FileUnreadable):
    """A bank file does not follow its format; nothing of it is taken, since its balances could not hold."""

    message = gettext_noop("{place}: {field} cannot be read ({value}). Export the statement again.")


class NoStatement(FileUnreadable):
    message = gettext_noop("The file is a {format} file but holds no statement: export it again.")


class NotABankFile(FileUnreadable):
    message = gettext_noop(
        "This is no bank statement that is known: accepted are camt.052, camt.053 and camt.054, MT940 and MT942, "
        "CFONB 120, OFX, QIF, BAI2, CSV or XLSX with dates and amounts, and ZIP files of these."
    )


class XmlForbidden(FileUnreadable):
    message = gettext_noop("The file declares XML entities ({found}), which no bank does: it is refused.")


class FileTooRich(FileUnreadable):
    message = gettext_noop("{place}: more than {limit} {what}: split the file.")


@dataclass(slots=True)
class Statement:
    """One statement or report; closing values may be learnt only after its lines were read."""

    format: str
    place: str = ""
    iban: str = ""
    account_number: str = ""
    bic: str = ""
    currency: str = ""
    account_name: str = ""
    owner_name: str = ""
    number: str = ""
    account_kind: str = "bank"
    is_interim: bool = False
    from_date: date | None = None
    to_date: date | None = None
    opening_minor: int | None = None
    closing_minor: int | None = None
    # what the file itself says of its lines: count, sum of credits less debits
    stated_count: int | None = None
    stated_sum_minor: int | None = None
    pending: int = 0  # entries that are not booked yet, left out


@dataclass(slots=True)
class Line:
    """One movement, or one payment of a batch when it stands in `parts`."""

    place: int  # line of the file, or rank of the entry
    booking_date: date
    amount_minor: int  # + came in
    currency: str
    value_date: date | None = None
    counterparty_name: str = ""
    counterparty_iban: str = ""
    ultimate_name: str = ""
    text: str = ""
    structured_reference: str = ""
    entry_reference: str = ""
    bank_reference: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    bank_code: str = ""
    return_reason: str = ""
    charges_minor: int = 0
    original_currency: str = ""
    original_amount_minor: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
    parts: Sequence["Line"] = ()


def minor_of(text: str, currency: str) -> int | None:
    """Minor units of a plainly written amount: "12.5" in EUR -> 1250; None where it has too many decimals or no digits.

    Decimals beyond the currency's own are accepted when they are zeros: nothing is rounded.
    """
    if not _PLAIN.fullmatch(text):
        return None
    whole, _, part = text.partition(".")
    places = exponent(currency)
    if len(part) > places:
        if part[places:].strip("0"):
            return None
        part = part[:places]
    minor = int(whole + part.ljust(places, "0"))
    return minor if abs(minor) < MINOR_LIMIT else None


def joined(parts: Sequence[str], *, width: int) -> str:
    """Lines of a remittance text as one: a full line was cut by the format, and its next one continues the word.

    ["INV 2026-04", "12 AND 13"] of width 11 -> "INV 2026-0412 AND 13".
    """
    text = ""
    before = 0
    for part in parts:
        if text and before < width:
            text += " "
        text += part
        before = len(part)
    return " ".join(text.split())[:TEXT_MAX]


_NO_REFERENCE = {"NOTPROVIDED", "NONREF", "NOTAVAILABLE", "NONE", "NOREF", "UNKNOWN", "NA", "N/A", "0"}


def reference(text: str) -> str:
    """A reference, or nothing where the bank wrote that there is none."""
    text = text.strip()
    return "" if text.upper().replace(" ", "").strip("-./") in _NO_REFERENCE else text[:140]
