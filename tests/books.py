"""Books for tests, in a clerk's words: an invoice is issued, a receipt comes in, one settles the other."""

import itertools
from collections.abc import Sequence
from datetime import date
from typing import Any

from encours.customers.models import Customer
from encours.ledger import actions as ledger
from encours.ledger.models import Allocation, ItemKind, OpenItem
from encours.ledger.rules import Leg
from tests.cast import Company


class Books:
    """The books of one company of the cast."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self._numbers = itertools.count(1)

    def _post(self, kind: str, customer: Customer, day: date, parts: Sequence[tuple[int, date]], **more: Any):
        entity = more.pop("entity", None) or self.company.entity
        number = more.pop("number", None) or f"{kind[:2].upper()}{next(self._numbers):04d}"
        posting = ledger.Posting(
            organisation_id=self.company.organisation_id,
            entity_id=entity.pk,
            transaction_date=day,
            source="test",
            key=f"{kind}:{number}:{next(self._numbers)}",
        )
        items = [
            ledger.NewItem(
                customer_id=customer.pk,
                kind=kind,
                document_number=number,
                item_date=day,
                due_date=due,
                currency=more.get("currency", "EUR"),
                amount_minor=minor,
                instalment_number=index,
                instalment_count=len(parts),
            )
            for index, (minor, due) in enumerate(parts, start=1)
        ]
        return ledger.post(posting, items=items, by=self.company.by, why="test")

    def invoice(self, customer: Customer, minor: int, *, issued: date, due: date, **more: Any) -> OpenItem:
        """An invoice of one instalment."""
        return self._post(ItemKind.INVOICE, customer, issued, [(minor, due)], **more)[0]

    def instalments(
        self, customer: Customer, parts: Sequence[tuple[int, date]], *, issued: date, **more: Any
    ) -> list[OpenItem]:
        """An invoice to be paid in several parts."""
        return self._post(ItemKind.INVOICE, customer, issued, parts, **more)

    def credit_note(self, customer: Customer, minor: int, *, issued: date, **more: Any) -> OpenItem:
        """A credit note of `minor` in the customer's favour."""
        return self._post(ItemKind.CREDIT_NOTE, customer, issued, [(-minor, issued)], **more)[0]

    def receipt(self, customer: Customer, minor: int, *, day: date, **more: Any) -> OpenItem:
        """Money received, not applied yet."""
        return self._post(ItemKind.RECEIPT, customer, day, [(-minor, day)], **more)[0]

    def settle(self, owed: OpenItem, given: OpenItem, *, day: date, minor: int | None = None) -> Allocation:
        """Apply what was given to what is owed, in whole or `minor` of it."""
        owed.refresh_from_db()
        given.refresh_from_db()
        taken = minor if minor is not None else min(owed.open_minor, -given.open_minor)
        return ledger.allocate(
            ledger.Settlement(
                organisation_id=self.company.organisation_id,
                allocation_date=day,
                key=f"settle:{owed.pk}:{given.pk}:{next(self._numbers)}",
            ),
            legs=[Leg(owed.pk, owed.currency, -taken), Leg(given.pk, given.currency, taken)],
            by=self.company.by,
        )

    def pay(self, owed: OpenItem, *, day: date, minor: int | None = None) -> Allocation:
        """A receipt applied to one item on the day it comes in."""
        owed.refresh_from_db()
        given = self.receipt(
            owed.customer, minor or owed.open_minor, day=day, currency=owed.currency, entity=owed.entity
        )
        return self.settle(owed, given, day=day)

    def undo(self, allocation: Allocation) -> Allocation:
        """Take an allocation back."""
        return ledger.undo_allocation(
            organisation_id=self.company.organisation_id, allocation_id=allocation.pk, by=self.company.by, why="test"
        )

    def reverse(self, item: OpenItem) -> OpenItem:
        """Correct an item by its mirror."""
        return ledger.reverse_item(
            organisation_id=self.company.organisation_id, item_id=item.pk, by=self.company.by, why="test"
        )
