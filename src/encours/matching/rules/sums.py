"""Which items of one account add up to an amount: structured sets first, free ones only of small accounts."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from encours.matching.rules.book import points_of

MOST_ITEMS = 5_000
MOST_PAIRED = 1_500
MOST_TRIPLED = 60
MOST_FREE = 20
MOST_FOUND = 6


class Sum(NamedTuple):
    """One set that adds up: its places in the account, what kind of set, and among how many (in points) it was."""

    places: tuple[int, ...]
    kind: str
    alternatives: int


def sums(amounts: Sequence[int], target: int, *, due_count: int = 0) -> list[Sum]:
    """The sets that add up to the target, of the simplest kinds first; a kind that answers ends the search.

    `amounts` are in the order of their due dates, credit notes among them; the first `due_count` are due. Example:
    [100, 250, 400, 60] and 350 -> the two oldest.
    """
    count = len(amounts)
    if not 2 <= count <= MOST_ITEMS:
        return []
    whole = _whole(amounts, target, due_count)
    if whole:
        return whole
    for search in (_oldest, _run, _oldest_and_one, _all_but_one, _pairs, _triples, _free):
        found = search(amounts, target)
        if found:
            return (found + _swapped(amounts, found[0]))[:MOST_FOUND]
    return []


def _swapped(amounts: Sequence[int], found: Sum) -> list[Sum]:
    """The same sum with another item of an equal amount: nothing tells the two apart."""
    is_oldest = found.kind == "oldest"  # of the oldest ones a swap is a little less likely
    chosen = set(found.places)
    left: dict[int, int] = {amount: place for place, amount in enumerate(amounts) if place not in chosen}
    for place in found.places:
        other = left.get(amounts[place])
        if other is not None:
            swapped = tuple(sorted({*chosen} - {place} | {other}))
            alternatives = 2 * points_of(len(amounts)) if is_oldest else found.alternatives
            return [Sum(swapped, "oldest_and_one" if is_oldest else found.kind, alternatives)]
    return []


def _whole(amounts: Sequence[int], target: int, due_count: int) -> list[Sum]:
    found = []
    debts = [place for place, amount in enumerate(amounts) if amount > 0]
    for kind, places in (
        ("whole", range(len(amounts))),
        ("whole_debts", debts),
        ("due", range(due_count)),
        ("due_debts", [place for place in debts if place < due_count]),
    ):
        if len(places) > 1 and sum(amounts[place] for place in places) == target:
            found.append(Sum(tuple(places), kind, 100))
    return found[:1]


def _oldest(amounts: Sequence[int], target: int) -> list[Sum]:
    """The oldest ones, however many."""
    found = []
    for pick in (lambda amount: True, lambda amount: amount > 0):
        places = [place for place, amount in enumerate(amounts) if pick(amount)]
        for number, total in enumerate(accumulate(amounts[place] for place in places), 1):
            if total == target and number > 1:
                found.append(Sum(tuple(places[:number]), "oldest", points_of(len(places)) + 50))
    return found[:1]


def _run(amounts: Sequence[int], target: int) -> list[Sum]:
    """Neighbours by due date."""
    seen: dict[int, int] = {0: 0}
    found = []
    total = 0
    for place, amount in enumerate(amounts, 1):
        total += amount
        start = seen.get(total - target)
        if start is not None and place - start > 1:
            found.append(Sum(tuple(range(start, place)), "run", 2 * points_of(len(amounts))))
        seen.setdefault(total, place)
    return found


def _oldest_and_one(amounts: Sequence[int], target: int) -> list[Sum]:
    """The oldest ones and a single later one."""
    at: dict[int, list[int]] = {}
    for place, amount in enumerate(amounts):
        at.setdefault(amount, []).append(place)
    found = []
    total = 0
    for number, amount in enumerate(amounts, 1):
        total += amount
        for place in at.get(target - total, ()):
            if place > number:
                found.append(Sum((*range(number), place), "oldest_and_one", 2 * points_of(len(amounts))))
    return found


def _all_but_one(amounts: Sequence[int], target: int) -> list[Sum]:
    missing = sum(amounts) - target
    return [
        Sum(tuple(place for place in range(len(amounts)) if place != left), "all_but_one", points_of(len(amounts)) + 50)
        for left, amount in enumerate(amounts)
        if amount == missing and len(amounts) > 2
    ]


def _pairs(amounts: Sequence[int], target: int) -> list[Sum]:
    if len(amounts) > MOST_PAIRED:
        return []
    seen: dict[int, list[int]] = {}
    found = []
    for place, amount in enumerate(amounts):
        found += [
            Sum((other, place), "pair", 2 * points_of(len(amounts)) - 69) for other in seen.get(target - amount, ())
        ]
        seen.setdefault(amount, []).append(place)
    return found


def _triples(amounts: Sequence[int], target: int) -> list[Sum]:
    if len(amounts) > MOST_TRIPLED:
        return []
    at = {amount: place for place, amount in enumerate(amounts)}
    found = []
    for first, left in enumerate(amounts):
        for second in range(first + 1, len(amounts)):
            third = at.get(target - left - amounts[second], -1)
            if third > second:
                found.append(Sum((first, second, third), "three", 3 * points_of(len(amounts)) - 179))
    return found


def _free(amounts: Sequence[int], target: int) -> list[Sum]:
    """Any set of a small account, met in the middle."""
    if len(amounts) > MOST_FREE:
        return []
    half = len(amounts) // 2
    left = _subset_sums(amounts[:half])
    right = _subset_sums(amounts[half:])
    by_total: dict[int, list[int]] = {}
    for mask, total in enumerate(left):
        by_total.setdefault(total, []).append(mask)
    found = []
    for mask, total in enumerate(right):
        for other in by_total.get(target - total, ()):
            whole = other | mask << half
            places = tuple(place for place in range(len(amounts)) if whole >> place & 1)
            if len(places) > 1:
                found.append(Sum(places, "some", 69 * len(amounts)))
    return found


def _subset_sums(amounts: Sequence[int]) -> list[int]:
    totals = [0]
    for amount in amounts:
        totals += [total + amount for total in totals]
    return totals


type Search = Callable[[Sequence[int], int], list[Sum]]
