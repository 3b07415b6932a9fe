"""Mass lettrage: which of an account's items settle one another, decided for many accounts at once and shown first."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

MOST_SUMMED = 3  # credits that are put together for one debt, or debts for one credit
MOST_ITEMS = 60  # beyond so many, sums are no evidence


class Way(StrEnum):
    """How items are put together."""

    REFERENCE = "reference"  # a credit note or payment that names the document
    SUM = "sum"  # amounts that agree to the cent
    OLDEST = "oldest"  # first in, first out


class Entry(NamedTuple):
    """One open item of an account; `related` is the document it says it belongs to."""

    item_id: int
    customer_id: int
    entity_id: int
    currency: str
    account: str
    kind: str
    document_number: str
    item_date: date
    due_date: date
    open_minor: int
    related: str = ""


class Part(NamedTuple):
    """What a group takes of one item: minus on a debt, plus on a credit."""

    item_id: int
    amount_minor: int


class Tied(NamedTuple):
    """Items that settle one another: the parts sum to zero."""

    customer_id: int
    entity_id: int
    currency: str
    way: Way
    day: date
    parts: tuple[Part, ...]

    @property
    def amount_minor(self) -> int:
        """How much is settled."""
        return sum(part.amount_minor for part in self.parts if part.amount_minor > 0)


def lettrage(entries: Sequence[Entry], ways: Sequence[Way]) -> list[Tied]:
    """The groups, each way tried in turn on what the one before left; the order of the entries changes nothing.

    An invoice of 300.00, a credit note of 40.00 that names it and a payment of 260.00: by reference 40.00 are settled,
    then by sum the rest.
    """
    accounts: dict[tuple[int, int, str, str], list[Entry]] = {}
    for entry in sorted(entries, key=lambda one: (one.due_date, one.item_id)):
        key = (entry.entity_id, entry.customer_id, entry.currency, entry.account)
        accounts.setdefault(key, []).append(entry)
    found: list[Tied] = []
    for key in sorted(accounts):
        account = accounts[key]
        left = {entry.item_id: entry.open_minor for entry in account}
        for way in ways:
            found += _BY_WAY[way](account, left)
    return found


def _tie(way: Way, pairs: Sequence[tuple[Entry, int]], left: dict[int, int]) -> Tied:
    for entry, amount in pairs:
        left[entry.item_id] += amount
    first = pairs[0][0]
    return Tied(
        first.customer_id, first.entity_id, first.currency, way, max(entry.item_date for entry, _ in pairs),
        tuple(Part(entry.item_id, amount) for entry, amount in pairs),
    )  # fmt: skip


def _by_reference(account: Sequence[Entry], left: dict[int, int]) -> list[Tied]:
    debts: dict[str, list[Entry]] = {}
    for entry in account:
        if left[entry.item_id] > 0:
            debts.setdefault(entry.document_number, []).append(entry)
    found = []
    for credit in account:
        if left[credit.item_id] >= 0 or not credit.related:
            continue
        pairs: list[tuple[Entry, int]] = []
        rest = -left[credit.item_id]
        for debt in debts.get(credit.related, ()):
            part = min(rest, left[debt.item_id])
            if part > 0:
                pairs.append((debt, -part))
                rest -= part
        if pairs:
            taken = -sum(amount for _, amount in pairs)
            found.append(_tie(Way.REFERENCE, [*pairs, (credit, taken)], left))
    return found


def _by_sum(account: Sequence[Entry], left: dict[int, int]) -> list[Tied]:
    """Sums that agree and are the only ones that do: two ways to reach an amount are none."""
    found = _equal(account, left)
    for size in range(2, MOST_SUMMED + 1):
        for turned in (1, -1):
            ones = [entry for entry in account if left[entry.item_id] * turned > 0]
            others = [entry for entry in account if left[entry.item_id] * turned < 0]
            if len(others) > MOST_ITEMS or len(ones) > MOST_ITEMS:
                continue
            for one in ones:
                amount = abs(left[one.item_id])
                usable = [entry for entry in others if 0 < abs(left[entry.item_id]) < amount]
                fitting = [
                    group
                    for group in combinations(usable, size)
                    if sum(abs(left[entry.item_id]) for entry in group) == amount
                ]
                if len(fitting) == 1 and not _is_twin(one, ones, left):
                    pairs = [(entry, -left[entry.item_id]) for entry in (one, *fitting[0])]
                    found.append(_tie(Way.SUM, pairs, left))
    return found


def _equal(account: Sequence[Entry], left: dict[int, int]) -> list[Tied]:
    """One debt and one credit of an amount that nothing else on the account has."""
    by_amount: dict[int, list[Entry]] = {}
    for entry in account:
        if left[entry.item_id]:
            by_amount.setdefault(abs(left[entry.item_id]), []).append(entry)
    return [
        _tie(Way.SUM, [(one, -left[one.item_id]) for one in pair], left)
        for pair in by_amount.values()
        if len(pair) == 2 and left[pair[0].item_id] == -left[pair[1].item_id]
    ]


def _is_twin(one: Entry, ones: Sequence[Entry], left: dict[int, int]) -> bool:
    return any(other.item_id != one.item_id and left[other.item_id] == left[one.item_id] for other in ones)


def _by_age(account: Sequence[Entry], left: dict[int, int]) -> list[Tied]:
    debts = [entry for entry in account if left[entry.item_id] > 0]
    found = []
    for credit in (entry for entry in account if left[entry.item_id] < 0):
        pairs: list[tuple[Entry, int]] = []
        rest = -left[credit.item_id]
        for debt in debts:
            part = min(rest, left[debt.item_id])
            if part > 0:
                pairs.append((debt, -part))
                rest -= part
        if pairs:
            taken = -sum(amount for _, amount in pairs)
            found.append(_tie(Way.OLDEST, [*pairs, (credit, taken)], left))
    return found


_BY_WAY = {Way.REFERENCE: _by_reference, Way.SUM: _by_sum, Way.OLDEST: _by_age}
