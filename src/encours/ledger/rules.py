"""How items may be tied together: decided on plain values, before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Open:
    """What is still open of one item: positive when the customer owes it, negative when we do."""

    item_id: int
    currency: str
    open_minor: int


@dataclass(frozen=True)
class Leg:
    """The change an allocation makes to one item's open amount."""

    item_id: int
    currency: str
    amount_minor: int


def settle(owed: Sequence[Open], given: Sequence[Open]) -> list[Leg]:
    """Use what we owe (receipts, credit notes) on what is owed to us, each in the order given.

    Nothing is taken beyond what is open on either side, so the legs sum to zero. Items of another currency than the
    first are left alone.

    >>> settle([Open(1, "EUR", 100), Open(2, "EUR", 50)], [Open(9, "EUR", -120)])
    [Leg(item_id=1, currency='EUR', amount_minor=-100), Leg(item_id=2, currency='EUR', amount_minor=-20), \
Leg(item_id=9, currency='EUR', amount_minor=120)]
    """
    if not owed or not given:
        return []
    currency = owed[0].currency
    debts = [item for item in owed if item.currency == currency and item.open_minor > 0]
    credits = [item for item in given if item.currency == currency and item.open_minor < 0]
    to_spread = min(sum(item.open_minor for item in debts), -sum(item.open_minor for item in credits))
    return [*_take(debts, to_spread), *_take(credits, to_spread)]


def _take(items: Sequence[Open], amount_minor: int) -> list[Leg]:
    legs, rest_minor = [], amount_minor
    for item in items:
        part_minor = min(rest_minor, abs(item.open_minor))
        if part_minor == 0:
            break
        signed_minor = -part_minor if item.open_minor > 0 else part_minor
        legs.append(Leg(item.item_id, item.currency, signed_minor))
        rest_minor -= part_minor
    return legs


def undone(legs: Sequence[Leg]) -> list[Leg]:
    """The legs that give back exactly what these took."""
    return [Leg(leg.item_id, leg.currency, -leg.amount_minor) for leg in legs]


def unbalanced(legs: Sequence[Leg]) -> dict[str, int]:
    """What the legs leave per currency, where that is not zero."""
    left: dict[str, int] = {}
    for leg in legs:
        left[leg.currency] = left.get(leg.currency, 0) + leg.amount_minor
    return {currency: amount_minor for currency, amount_minor in left.items() if amount_minor}
