"""What is left of the open items while a run spends them; the book itself never changes."""

from collections import defaultdict
from itertools import chain, islice

from encours.matching.rules.book import Book, Shelf


class Standing:
    """One currency's items less what this run has already given out."""

    def __init__(self, book: Book, shelf: Shelf) -> None:
        self.book, self.shelf = book, shelf
        self.opens = [item.open_minor for item in shelf.items]
        self.spent: set[int] = set()
        self._again: defaultdict[int, set[int]] = defaultdict(set)
        self._accounts: dict[int, list[int]] = {}

    def open_minor(self, position: int) -> int:
        """What an item is still open for."""
        return self.opens[position]

    def spend(self, position: int, amount_minor: int) -> None:
        """Give out a part of an item."""
        self.spent.add(position)
        self.opens[position] -= amount_minor
        if self.opens[position]:
            self._again[self.opens[position]].add(position)
        self._accounts.pop(self.shelf.items[position].customer_id, None)

    def of_amount(self, amount_minor: int, *, most: int) -> list[int]:
        """Items open for exactly that, up to so many."""
        opens = self.opens
        found = [
            *islice((one for one in self.shelf.by_amount.get(amount_minor, ()) if opens[one] == amount_minor), most)
        ]
        again = self._again.get(amount_minor)
        if again:
            found = sorted({*found, *(one for one in again if opens[one] == amount_minor)})[:most]
        return found

    def of_customer_and_amount(self, customer_id: int, amount_minor: int) -> list[int]:
        """A customer's items open for exactly that."""
        opens, items = self.opens, self.shelf.items
        of_customer, of_amount = self.shelf.by_customer.get(customer_id, ()), self.shelf.by_amount.get(amount_minor, ())
        again = self._again.get(amount_minor, ())
        if len(of_amount) + len(again) > len(of_customer):
            return [one for one in of_customer if opens[one] == amount_minor]
        # few items have that amount: an account of thousands need not be gone through for each of its lines
        return sorted(
            {
                one
                for one in chain(of_amount, again)
                if opens[one] == amount_minor and items[one].customer_id == customer_id
            }
        )

    def account(self, customer_id: int) -> list[int]:
        """A customer's items that are still open, oldest due first."""
        found = self._accounts.get(customer_id)
        if found is None:
            items = self.shelf.items
            found = [one for one in self.shelf.by_customer.get(customer_id, ()) if self.opens[one]]
            found.sort(key=lambda one: (items[one].due_date, items[one].item_date, items[one].item_id))
            self._accounts[customer_id] = found
        return found
