"""From a proposal to what is booked: the receipt, the items for what was left, and the legs that tie them together."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from encours.core.money import round_half_up
from encours.ledger.rules import open_day
from encours.matching.rules.facts import Allocation, Residual, Treatment

# treatment -> (kind of item, account of its other side where it is not the usual one of that kind)
KINDS = {
    Treatment.DISCOUNT: ("discount", ""),
    Treatment.CHARGE: ("charge", ""),
    Treatment.DEDUCTION: ("deduction", ""),
    Treatment.WITHHOLDING: ("withholding", ""),
    Treatment.WRITE_OFF: ("write_off", ""),
    Treatment.FX: ("fx_difference", ""),
}
ROUNDING_LOSS, ROUNDING_GAIN, FX_GAIN = "658", "758", "766"
LEFT_OPEN = (Treatment.PARTIAL, Treatment.ON_ACCOUNT)


class Open(NamedTuple):
    """What the booking needs of an open item."""

    item_id: int
    customer_id: int
    entity_id: int
    currency: str
    open_minor: int
    item_date: date
    document_number: str = ""


class Extra(NamedTuple):
    """An item booked for a difference; `amount_minor` as it stands on the customer's account, settled at once."""

    kind: str
    counterpart: str
    customer_id: int
    amount_minor: int
    document_number: str
    treatment: str
    currency: str


class Leg(NamedTuple):
    """What the booking changes of an item: one that is there (`item_id`), or the nth item booked for a difference."""

    item_id: int
    amount_minor: int
    expected_minor: int  # what is open of it before, looked at again under lock
    currency: str
    extra: int = -1


class Booking(NamedTuple):
    """All that one line puts into the books; `receipt_leg_minor` is what the receipt gives, positive for money in."""

    customer_id: int
    entity_id: int
    currency: str
    receipt_minor: int
    receipt_leg_minor: int
    book_date: date
    allocation_date: date
    legs: tuple[Leg, ...]
    extras: tuple[Extra, ...]

    @property
    def on_account_minor(self) -> int:
        """Money of the line that settles nothing yet."""
        return self.receipt_minor - self.receipt_leg_minor

    @property
    def closes_all(self) -> bool:
        """Whether nothing stays open of anything it touches: a group that balances by itself."""
        return self.on_account_minor == 0 and all(leg.expected_minor + leg.amount_minor == 0 for leg in self.legs)


class Unbookable(NamedTuple):
    """Why a proposal cannot be booked as it stands, and on which item."""

    code: str  # more_than_open, other_currency, other_company, item_gone, more_than_received, wrong_side
    item_id: int = 0


class Money(NamedTuple):
    """The line, as far as booking goes."""

    entity_id: int
    currency: str
    amount_minor: int
    booking_date: date


def taker(money: Money, allocations: Sequence[Allocation], opens: Mapping[int, Open]) -> int:
    """The company in whose books money settles something: the one all its items are of, else the one it came to.

    1,000.00 on A's bank account for an invoice of B -> B; for one of A and one of B -> A, which the booking refuses.
    """
    owners = {opens[one.item_id].entity_id for one in allocations if one.item_id in opens}
    return owners.pop() if len(owners) == 1 else money.entity_id


def book(
    money: Money,
    customer_id: int,
    allocations: Sequence[Allocation],
    residuals: Sequence[Residual],
    opens: Mapping[int, Open],
    *,
    closed_until: date | None = None,
    accounts: Mapping[tuple[int, str], str] | None = None,
) -> Booking | Unbookable:
    """What is booked for a line, or why it cannot be.

    1,176.00 received for an invoice of 1,200.00 with 2 % discount: a receipt of 1,176.00, a discount item of 24.00,
    legs of -1,200.00 on the invoice, +1,176.00 on the receipt, +24.00 on the discount. Without a booked difference
    the invoice keeps 24.00 open. Money for no item stays on the receipt. `accounts` names another account for the
    other side of a difference, by item and treatment.
    """
    closing: dict[int, int] = {}
    for one in residuals:
        if one.is_booked and one.item_id and one.treatment not in LEFT_OPEN:
            closing[one.item_id] = closing.get(one.item_id, 0) + one.amount_minor
    legs: list[Leg] = []
    taken: dict[int, int] = {}
    for given in allocations:
        taken[given.item_id] = taken.get(given.item_id, 0) + given.amount_minor
    for item_id, amount in taken.items():
        item = opens.get(item_id)
        leg = -(amount + _signed(closing[item_id], item)) if item_id in closing else -amount
        if fault := _fault(money, item, leg):
            return Unbookable(fault, item_id)
        if leg and item:
            legs.append(Leg(item_id, leg, item.open_minor, item.currency))
    if closing and any(item_id not in taken for item_id in closing):
        return Unbookable("item_gone", next(i for i in closing if i not in taken))
    extras = _extras(money, customer_id, residuals, opens, accounts or {}) if residuals else []
    used = -sum([leg.amount_minor for leg in legs]) + sum([extra.amount_minor for extra in extras])
    if abs(used) > abs(money.amount_minor) or used * money.amount_minor < 0:
        return Unbookable("more_than_received")
    legs += _extra_legs(extras)
    day = open_day(money.booking_date, closed_until=closed_until)
    last = max([day, *[opens[leg.item_id].item_date for leg in legs if leg.item_id]])
    return Booking(
        customer_id, money.entity_id, money.currency, money.amount_minor, used, day, last,
        tuple(legs), tuple(extras),
    )  # fmt: skip


def _signed(amount_minor: int, item: Open | None) -> int:
    return -amount_minor if item is not None and item.open_minor < 0 else amount_minor


def _fault(money: Money, item: Open | None, leg_minor: int) -> str:
    if item is None:
        return "item_gone"
    if item.currency != money.currency:
        return "other_currency"
    if item.entity_id != money.entity_id:
        return "other_company"
    if leg_minor * item.open_minor > 0:
        return "wrong_side"
    return "more_than_open" if abs(leg_minor) > abs(item.open_minor) else ""


def _extras(
    money: Money,
    customer_id: int,
    residuals: Sequence[Residual],
    opens: Mapping[int, Open],
    accounts: Mapping[tuple[int, str], str],
) -> list[Extra]:
    found = []
    for one in residuals:
        if not one.is_booked or one.treatment in LEFT_OPEN or not one.amount_minor:
            continue
        item = opens.get(one.item_id)
        kind, account = KINDS[one.treatment]
        chosen = accounts.get((one.item_id, one.treatment.value), "")
        if one.item_id == 0:
            # money beyond the items that nobody writes a letter for: ours
            kind, account = ("other_income", "") if one.treatment != Treatment.FX else (kind, FX_GAIN)
            owed = one.amount_minor if money.amount_minor > 0 else -one.amount_minor
            found.append(
                Extra(
                    kind, chosen or account, customer_id, owed, one.document_number, one.treatment.value, money.currency
                )
            )
            continue
        if one.treatment == Treatment.WRITE_OFF and item is not None:
            account = ROUNDING_LOSS if item.open_minor > 0 else ROUNDING_GAIN
        owner = item.customer_id if item is not None else customer_id
        amount = -_signed(one.amount_minor, item)
        found.append(
            Extra(kind, chosen or account, owner, amount, one.document_number, one.treatment.value, money.currency)
        )
    return found


def _extra_legs(extras: Sequence[Extra]) -> list[Leg]:
    return [
        Leg(0, -extra.amount_minor, extra.amount_minor, extra.currency, place) for place, extra in enumerate(extras)
    ]


def book_converted(
    money: Money,
    ordered: Money,
    customer_id: int,
    allocations: Sequence[Allocation],
    residuals: Sequence[Residual],
    opens: Mapping[int, Open],
    *,
    closed_until: date | None = None,
) -> Booking | Unbookable:
    """What is booked when the bank credited another currency than the one the items are in and the payer ordered.

    92.10 EUR for an order of 100.00 USD, an invoice open for 100.00 USD: a receipt of 92.10 EUR; a conversion that
    takes it off the account in EUR and puts 100.00 USD on it; the invoice settled with those. Of an order that is only
    used in part, the same part of the money is converted, the rest stays on account as it came.
    """
    found = book(ordered, customer_id, allocations, residuals, opens, closed_until=closed_until)
    if isinstance(found, Unbookable):
        return found
    used = found.receipt_leg_minor
    if not used:
        return Unbookable("more_than_received")
    converted = round_half_up(Fraction(money.amount_minor * used, ordered.amount_minor))
    number = next((one.document_number for one in allocations), "")
    extras = (
        *found.extras,
        Extra("conversion", "", customer_id, -used, number, "fx", ordered.currency),
        Extra("conversion", "", customer_id, converted, number, "fx", money.currency),
    )
    legs = (*(leg for leg in found.legs if leg.item_id), *_extra_legs(extras))
    return found._replace(
        currency=money.currency,
        receipt_minor=money.amount_minor,
        receipt_leg_minor=converted,
        legs=legs,
        extras=extras,
    )


def realised_difference(
    converted_minor: int, parts: Sequence[tuple[int, int | Fraction]], *, exponents: tuple[int, int]
) -> int:
    """What a conversion gained (+) or lost (-) against the rates of the days the items were booked, in cents.

    `parts` are (amount settled, rate in millionths); `exponents` the decimals of both currencies: 92.10 EUR for
    100.00 USD booked at 0.95 are 2.90 lost.
    """
    foreign, own = exponents
    booked = sum((Fraction(amount * rate) / 1_000_000 for amount, rate in parts), Fraction(0))
    return converted_minor - round_half_up(booked * Fraction(10**own, 10**foreign))


class Totals(NamedTuple):
    """What a person's choice comes to, while it is being made: never rounded, never guessed."""

    received_minor: int
    allocated_minor: int  # money of the line that settles items
    booked_minor: int  # differences booked away
    on_account_minor: int
    left_open_minor: int  # what the chosen items still owe afterwards
    is_possible: bool
    fault: str
    fault_item_id: int


def totals(
    money: Money,
    customer_id: int,
    allocations: Sequence[Allocation],
    residuals: Sequence[Residual],
    opens: Mapping[int, Open],
) -> Totals:
    """The live figures of the workbench, from the very rule that books: what is shown is what would be posted.

    500.00 received, 480.00 on an invoice of 500.00: 480.00 allocated, 20.00 on account, 20.00 left open.
    """
    found = book(money, customer_id, allocations, residuals, opens)
    chosen = {one.item_id for one in allocations}
    open_minor = sum(opens[item_id].open_minor for item_id in chosen if item_id in opens)
    allocated = sum(one.amount_minor for one in allocations)
    if isinstance(found, Unbookable):
        booked = sum(r.amount_minor for r in residuals if r.is_booked and r.treatment not in LEFT_OPEN and r.item_id)
        rest = money.amount_minor - allocated
        return Totals(
            money.amount_minor, allocated, booked, rest, open_minor - allocated - booked, False, found.code,
            found.item_id,
        )  # fmt: skip
    legs = sum(leg.amount_minor for leg in found.legs if leg.item_id)
    booked = -sum(extra.amount_minor for extra in found.extras)
    return Totals(
        money.amount_minor, allocated, booked, found.on_account_minor, open_minor + legs, True, "", 0,
    )  # fmt: skip
