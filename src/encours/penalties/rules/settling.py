"""On which day, and by what, each part of an instalment was settled: read from whole allocations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from encours.penalties.rules.interest import Reduction, ReductionKind

_KINDS = {
    "receipt": ReductionKind.PAYMENT,
    "charge": ReductionKind.PAYMENT,
    "withholding": ReductionKind.PAYMENT,
    "conversion": ReductionKind.PAYMENT,
    "fx_difference": ReductionKind.PAYMENT,
    "credit_note": ReductionKind.CREDIT_NOTE,
    "settled_before": ReductionKind.UNDATED,
}


@dataclass(frozen=True, slots=True)
class SettledLeg:
    """One leg of an allocation with its item: minus on what is owed, plus on what settles it."""

    item_id: int
    kind: str
    document_number: str
    item_date: date
    due_date: date
    currency: str
    amount_minor: int


def reductions_of(legs: Sequence[SettledLeg]) -> dict[int, list[Reduction]]:
    """What one allocation took from each item owed: the money that came first pays the debt that was due first.

    Nobody says which of several payments paid which of several invoices of one group, so C. civ. 1342-10 decides: the
    oldest first. A payment counts on the day it came in, whenever it was matched: invoices of 100 and 50, money of 120
    on the 3rd and a credit note of 30 on the 9th -> the first has 100 on the 3rd, the second 20 on the 3rd, 30 on the
    9th. Where an item was settled before the books began, the day is not known and that part bears nothing.
    """
    found: dict[int, list[Reduction]] = {}
    for currency in sorted({leg.currency for leg in legs}):
        owed = [leg for leg in legs if leg.currency == currency and leg.amount_minor < 0]
        given = [leg for leg in legs if leg.currency == currency and leg.amount_minor > 0]
        for item_id, reduction in _matched(owed, given):
            found.setdefault(item_id, []).append(reduction)
    return found


def _matched(owed: Sequence[SettledLeg], given: Sequence[SettledLeg]) -> list[tuple[int, Reduction]]:
    debts = iter(sorted(owed, key=lambda leg: (leg.due_date, leg.item_id)))
    debt, open_minor = None, 0
    found: list[tuple[int, Reduction]] = []
    for leg in sorted(given, key=lambda leg: (leg.item_date, leg.item_id)):
        left_minor = leg.amount_minor
        while left_minor:
            if not open_minor:
                debt = next(debts, None)
                open_minor = -debt.amount_minor if debt else 0
            if debt is None:
                return found
            part_minor = min(left_minor, open_minor)
            found.append((debt.item_id, _reduction(leg, debt, part_minor)))
            left_minor, open_minor = left_minor - part_minor, open_minor - part_minor
    return found


def _reduction(leg: SettledLeg, debt: SettledLeg, amount_minor: int) -> Reduction:
    kind = _KINDS.get(leg.kind, ReductionKind.OTHER)
    # without a day of payment nothing may be held against the customer: as if it had been paid in time
    day = min(debt.due_date, leg.item_date) if kind is ReductionKind.UNDATED else leg.item_date
    return Reduction(day, amount_minor, kind, leg.document_number)
