"""Amounts of money as people write them, in French and English notation, with their currency."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from encours.core.errors import EncoursError
from encours.core.money import Money


@dataclass(frozen=True, slots=True)
class FoundAmount:
    """An amount named in a text, and where."""

    money: Money
    start: int
    end: int
    words: str


_SIGNS = {"€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD", "dollars": "USD",
          "£": "GBP", "gbp": "GBP", "chf": "CHF", "cad": "CAD"}  # fmt: skip
_SIGN = r"€|\$|£|(?<![a-z])(?:eur(?:os?)?|usd|dollars|gbp|chf|cad)(?![a-z])"
_NUMBER = r"\d{1,3}(?:[ \u00a0\u202f.,'’]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?![\d])"
_AFTER = re.compile(
    rf"(?<![\w.,/-])(?P<number>{_NUMBER})\s?(?P<kilo>k(?=\s?(?:{_SIGN}|\b)))?\s?(?P<sign>{_SIGN})", re.IGNORECASE
)
_BEFORE = re.compile(
    rf"(?P<sign>€|\$|£|\b(?:eur|usd|gbp|chf|cad))\s?(?P<number>{_NUMBER})(?P<kilo>k\b)?", re.IGNORECASE
)
_CENTS = re.compile(
    r"(?<![\w/.-])(?P<euros>\d{1,3}(?:[ \u00a0\u202f]?\d{3})*)\s?(?:€|euros?)\s?(?:et )?(?P<cents>\d{2})(?!\d|"
    r"\s?[€%]|/)",
    re.IGNORECASE,
)


def amounts_in(text: str) -> list[FoundAmount]:
    """Every amount with its currency, in the order of the text; a bare number is none.

    "1 234,50 €", "€1,234.50", "EUR 1.234,50", "1234,5 euros" -> EUR 1234.50; "12k€" -> EUR 12000.00
    """
    found: list[FoundAmount] = []
    for match in _CENTS.finditer(text):
        _add(found, match, Decimal(re.sub(r"\D", "", match["euros"]) + "." + match["cents"]), "EUR")
    for pattern in (_AFTER, _BEFORE):
        for match in pattern.finditer(text):
            value = _value(match["number"])
            if value is not None:
                _add(found, match, value * (1000 if match["kilo"] else 1), _SIGNS[match["sign"].lower()])
    return sorted(found, key=lambda one: one.start)


def _add(found: list[FoundAmount], match: re.Match[str], value: Decimal, currency: str) -> None:
    if any(match.start() < one.end and one.start < match.end() for one in found):
        return
    try:
        money = Money.from_decimal(value, currency)
    except EncoursError:
        return
    found.append(FoundAmount(money, match.start(), match.end(), match[0].strip()))


def _value(number: str) -> Decimal | None:
    """The last mark followed by one or two digits is the decimal one; every other mark groups thousands."""
    tail = re.search(r"[.,](\d{1,2})$", number)
    whole = re.sub(r"\D", "", number[: tail.start()] if tail else number)
    try:
        return Decimal(f"{whole}.{tail[1]}" if tail else whole)
    except InvalidOperation:
        return None
