"""How items may be tied together: decided on plain values, before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


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


LETTERS = 26


def lettering_code(number: int) -> str:
    """The lettrage code of a number, two letters first, as accountants count: 0 -> AA, 675 -> ZZ, 676 -> AAA.

    >>> lettering_code(0), lettering_code(27), lettering_code(676)
    ('AA', 'BB', 'AAA')
    """
    width, rest = 2, number
    while rest >= LETTERS**width:
        rest -= LETTERS**width
        width += 1
    letters = ""
    for _ in range(width):
        rest, place = divmod(rest, LETTERS)
        letters = chr(ord("A") + place) + letters
    return letters


def lettering_number(code: str) -> int | None:
    """The number of a lettrage code, whole or partial; None where it is written in another way: "ab" -> 1.

    >>> lettering_number("AA"), lettering_number("aaa"), lettering_number("L001")
    (0, 676, None)
    """
    letters = code.upper()
    if len(letters) < 2 or not (letters.isascii() and letters.isalpha()):
        return None
    number = 0
    for letter in letters:
        number = number * LETTERS + ord(letter) - ord("A")
    return number + sum(int(LETTERS**width) for width in range(2, len(letters)))


@dataclass(frozen=True, slots=True)
class Tie:
    """One leg of an allocation that stands: which item it ties, and what is open of that item."""

    allocation_id: int
    item_id: int
    open_minor: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Allocations that hang together through their items: one lettrage code for all of them."""

    allocation_ids: tuple[int, ...]
    item_ids: tuple[int, ...]
    is_balanced: bool
    code: str  # the oldest one given, "" where none was


def lettering_groups(ties: Sequence[Tie]) -> list[Group]:
    """The groups that a lettrage code is given to: items paid together, or one after another, until all is settled.

    A receipt on invoice 1 and part of invoice 2, then another on the rest of 2: one group of two allocations and four
    items, which balances once nothing is open of any of them.
    """
    root: dict[tuple[str, int], tuple[str, int]] = {}

    def top(node: tuple[str, int]) -> tuple[str, int]:
        while root.setdefault(node, node) != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for tie in ties:
        root[top(("item", tie.item_id))] = top(("allocation", tie.allocation_id))
    members: dict[tuple[str, int], list[Tie]] = {}
    for tie in ties:
        members.setdefault(top(("allocation", tie.allocation_id)), []).append(tie)
    return [
        Group(
            allocation_ids=tuple(sorted({tie.allocation_id for tie in found})),
            item_ids=tuple(sorted({tie.item_id for tie in found})),
            is_balanced=all(tie.open_minor == 0 for tie in found),
            code=next((tie.code for tie in sorted(found, key=lambda tie: tie.allocation_id) if tie.code), ""),
        )
        for found in members.values()
    ]


def open_day(wanted: date, *, closed_until: date | None) -> date:
    """The first day at or after the wanted one on which the books are open: 12 March, closed until 31 -> 1 April."""
    return wanted if closed_until is None or wanted > closed_until else closed_until + timedelta(days=1)
