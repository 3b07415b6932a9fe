"""The open items of a run, indexed once by number, reference, amount, customer; the customers by what payers show."""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from encours.matching.rules import folding
from encours.matching.rules.facts import Candidate, CustomerFacts, Learnt, Policy
from encours.matching.rules.numbering import Numbering, Parts

SAMPLE = 20_000
CROWDED = 64  # a sequence that so many items share says nothing without their payer
RARE_WORD = 200


class Keys[Key: (bytes, int)]:
    """A dictionary of many keys that nearly always have one value: a list only where there are several."""

    __slots__ = ("first", "more")

    def __init__(self, keys: Sequence[Key], *, blank: Key) -> None:
        """The value of a key is its position; blank keys are left out."""
        self.first: dict[Key, int] = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
        self.more: dict[Key, list[int]] = {}
        if len(self.first) < len(keys):
            first, more = self.first, self.more
            for position, key in enumerate(keys):
                if first[key] != position:
                    more.setdefault(key, [first[key]]).append(position)
        self.first.pop(blank, None)
        self.more.pop(blank, None)

    def get(self, key: Key) -> Sequence[int]:
        """All values of a key."""
        if key in self.more:
            return self.more[key]
        return (self.first[key],) if key in self.first else ()


class Shelf:
    """The items of one currency. A position in `items` names an item inside the engine."""

    def __init__(self, items: list[Candidate], numbering: Numbering) -> None:
        self.items = items
        self.numbering = numbering
        numbers = [item.document_number for item in items]
        self.compacts = [folding.compact(number) for number in numbers]
        self.by_compact = Keys(self.compacts, blank=b"")
        self.digits = [folding.digits(number) for number in numbers]
        self.by_digits = Keys(self.digits, blank=b"")
        self.sequences = [numbering.sequence(number) for number in numbers]
        self.by_sequence = Keys([int(found) if found else 0 for found in self.sequences], blank=0)
        self.by_reference = Keys([folding.unseparated(item.reference) for item in items], blank=b"")
        self.by_order = Keys([folding.unseparated(item.order_number) for item in items], blank=b"")
        self.by_external_id = Keys([folding.unseparated(item.external_id) for item in items], blank=b"")
        self.by_amount: defaultdict[int, list[int]] = defaultdict(list)
        self.by_customer: defaultdict[int, list[int]] = defaultdict(list)
        for position, item in enumerate(items):
            self.by_amount[item.open_minor].append(position)
            self.by_customer[item.customer_id].append(position)
        self._parts: dict[int, Parts] = {}
        self.ln_items = points_of(max(2, len(items)))

    @cached_property
    def digit_texts(self) -> list[str]:
        """All the digits of each number, as text."""
        return [digits.decode() for digits in self.digits]

    @cached_property
    def bare_sequences(self) -> list[str]:
        """The running numbers without the zeros before them."""
        return [sequence.lstrip("0") for sequence in self.sequences]

    def parts(self, position: int) -> Parts:
        """The number of an item taken apart."""
        found = self._parts.get(position)
        if found is None:
            found = self._parts[position] = self.numbering.parts(self.items[position].document_number)
        return found

    def rarity(self, amount_minor: int) -> int:
        """How much an equal amount says, in points: 49.00 that a thousand items have says little, 1,234.57 much."""
        others = max(0, len(self.by_amount.get(amount_minor, ())) - 1)
        amount = abs(amount_minor)
        roundness = 300 if amount % 10_000 == 0 else 60 if amount % 1_000 == 0 else 12 if amount % 100 == 0 else 1
        share = math.log(others / len(self.items) + roundness / (5 * (amount + 1_000)))
        return max(0, round(-100 * share))


class Book:
    """All that one run looks things up in; never changed by it."""

    def __init__(
        self,
        *,
        items: Iterable[Candidate] = (),
        customers: Iterable[CustomerFacts],
        learnt: Learnt | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.learnt, self.policy = learnt or Learnt(), policy or Policy()
        self.customers = {one.customer_id: one for one in customers}
        self.ln_customers = points_of(max(2, len(self.customers)))
        self._cores: dict[int, str] = {}
        self._index_customers()
        self.shelve(items)

    def shelve(self, items: Iterable[Candidate]) -> None:
        """Index the items, which may come after the customers; once, before anything is looked up."""
        self.shelves = _shelved(items, by_entity=not self.policy.entities_share)

    def shelf_of(self, currency: str, entity_id: int) -> Shelf | None:
        """The items a line of this currency, on an account of this entity, may pay."""
        return self.shelves.get((currency, 0 if self.policy.entities_share else entity_id))

    def _index_customers(self) -> None:
        self.by_iban: defaultdict[str, list[int]] = defaultdict(list)
        self.by_code: defaultdict[bytes, list[int]] = defaultdict(list)
        self.by_mandate: dict[str, int] = {}
        for one in self.customers.values():
            for iban in one.ibans:
                self.by_iban[iban.replace(" ", "")].append(one.customer_id)
            for code in {one.number, one.external_id, one.vat_number, one.siren}:
                if len(code) >= 3:
                    self.by_code[folding.compact(code)].append(one.customer_id)
            for mandate in one.mandates:
                self.by_mandate[mandate] = one.customer_id

    def index_names(self) -> None:
        """What many lines will ask for, before they are shared out: each process would make its own."""
        _ = self.first_words, self.sorted_names, self.by_word

    @cached_property
    def by_name(self) -> Mapping[str, list[int]]:
        """Customers by the core of their names and aliases."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for one in self.customers.values():
            for core in {folding.core(name) for name in (one.name, *one.aliases)}:
                if core:
                    found[core].append(one.customer_id)
        return found

    @cached_property
    def first_words(self) -> frozenset[str]:
        """The words that names begin with, so that few places of a text are looked up."""
        return frozenset(name.split(" ", 1)[0] for name in self.by_name)

    def core_of(self, customer_id: int) -> str:
        """The core of a customer's name."""
        found = self._cores.get(customer_id)
        if found is None:
            found = self._cores[customer_id] = folding.core(self.customers[customer_id].name)
        return found

    @cached_property
    def sorted_names(self) -> list[str]:
        """The cores in order, to find what a cut name begins."""
        return sorted(self.by_name)

    def names_beginning(self, start: str, *, most: int = 20) -> list[str]:
        """The cores that begin so."""
        at = bisect_left(self.sorted_names, start)
        found = []
        for name in self.sorted_names[at : at + most]:
            if not name.startswith(start):
                break
            found.append(name)
        return found

    @cached_property
    def by_word(self) -> Mapping[str, list[str]]:
        """Cores by each of their words, for names that are only alike."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name in self.by_name:
            for word in set(name.split()):
                found[word].append(name)
        return found


def _shelved(items: Iterable[Candidate], *, by_entity: bool) -> dict[tuple[str, int], Shelf]:
    """The items apart by currency, and by entity where one may not receive what is owed to another."""
    rows: defaultdict[tuple[str, int], list[Candidate]] = defaultdict(list)
    for item in items:
        if item.open_minor:
            rows[item.currency, item.entity_id if by_entity else 0].append(item)
    return {key: Shelf(found, numbering_of(found)) for key, found in rows.items()}


def numbering_of(items: Sequence[Candidate]) -> Numbering:
    """The patterns, learnt from a sample spread over the items."""
    step = max(1, len(items) // SAMPLE)
    return Numbering(
        (one.document_number, one.item_date.year, one.item_date.month, one.customer_id) for one in items[::step]
    )


def points_of(count: int) -> int:
    """A count as points: hundredths of its natural logarithm."""
    return round(100 * math.log(count)) if count > 0 else 0
