"""How to pay what is chosen: by company and currency, the account, the reference, a code for the bank's app."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from segno.helpers import make_epc_qr

from encours.access.models import Entity
from encours.conversation.queries.portal import Owed
from encours.core.ids import creditor_reference, grouped
from encours.core.money import Money
from encours.customers.models import Customer

# the European Payments Council's guideline 069-12
_EUROS_MAX, _NAME_LETTERS_MAX = Decimal("999999999.99"), 70
_INK = "#111217"


@dataclass(frozen=True, slots=True)
class Payment:
    """One transfer: from the settings of the company, never from a message."""

    entity: Entity
    currency: str
    amount_minor: int
    count: int
    reference: str

    @property
    def iban(self) -> str:
        """The account to pay to, in fours."""
        return grouped(self.entity.iban)

    @property
    def reference_shown(self) -> str:
        """The reference to quote, in fours."""
        return grouped(self.reference)

    @property
    def code(self) -> str:
        """The transfer as the address of a picture, a QR code a bank's app reads: in euro, to a known account."""
        amount = Money(self.amount_minor, self.currency).as_decimal()
        if self.currency != "EUR" or not self.entity.iban or not 0 < amount <= _EUROS_MAX:
            return ""
        made = make_epc_qr(
            name=self.entity.name[:_NAME_LETTERS_MAX], iban=self.entity.iban, amount=amount, reference=self.reference
        )
        return made.svg_data_uri(border=0, omitsize=True, dark=_INK)


def payments_for(rows: Iterable[Owed], *, customer: Customer, entities: Sequence[Entity]) -> list[Payment]:
    """The transfers that settle these invoices, one for each company and currency, the largest first."""
    sums: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in rows:
        if row.free_minor > 0:
            sums[row.item.entity_id, row.item.currency].append(row.free_minor)
    by_id = {entity.pk: entity for entity in entities}
    made = [
        Payment(by_id[entity_id], currency, sum(minors), len(minors), creditor_reference(customer.number))
        for (entity_id, currency), minors in sums.items()
        if entity_id in by_id
    ]
    return sorted(made, key=lambda one: -one.amount_minor)
