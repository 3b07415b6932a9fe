"""From what a person ticks on the workbench to money on items and differences, and from a proposal to its ticks."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from encours.matching.rules.facts import Allocation, Proposal, Residual, Treatment

LEFT_OPEN = (Treatment.PARTIAL, Treatment.ON_ACCOUNT)
# what is allowed as a rate of all invoices at once lies on each of them
BY_RATE = (Treatment.DISCOUNT, Treatment.WITHHOLDING)
# differences that stay the customer's until somebody decides
KEPT_OPEN = (Treatment.PARTIAL, Treatment.ON_ACCOUNT, Treatment.DEDUCTION, Treatment.WITHHOLDING)


class Tick(NamedTuple):
    """An item a person ticked, and how much of it the payment is for, its part of the difference included."""

    item_id: int
    document_number: str
    amount_minor: int  # signed as the item is: negative for a credit note


class Difference(NamedTuple):
    """What a person wants done with the difference; `item_id` 0 leaves to the rule which item bears it."""

    treatment: Treatment = Treatment.PARTIAL
    item_id: int = 0


class Part(NamedTuple):
    """One difference of several, told with its item and amount: 24.00 of discount on FA-1."""

    treatment: Treatment
    item_id: int
    amount_minor: int


class Chosen(NamedTuple):
    """What the ticks come to; `short_minor` is positive when the items are more than the money."""

    allocations: tuple[Allocation, ...]
    residuals: tuple[Residual, ...]
    short_minor: int
    rest_minor: int = 0  # of the shortfall, what no part tells
    fault: str = ""  # parts_beyond, part_beyond_item


def chosen(received_minor: int, ticks: Sequence[Tick], difference: Difference, parts: Sequence[Part] = ()) -> Chosen:
    """Money on the ticked items, and the difference treated as asked.

    Received 21,894.50, ticked 22,014.50, deduction on FA-4256: that invoice gets 120.00 less and keeps them open as a
    deduction. Received 1,176.00, ticked 1,200.00, discount: 24.00 booked away. Received 500.00, ticked 480.00: 20.00
    stay on account. A short payment without treatment leaves the last items ticked open for it.

    Several differences are told as parts, each on its item, two on one item if need be; what they leave of the
    shortfall is treated as `difference` says. 144.00 short, 24.00 of discount on FA-1 and 120.00 kept back on FA-2:
    both in one gesture.
    """
    sign = 1 if received_minor >= 0 else -1
    short = sign * (sum(tick.amount_minor for tick in ticks) - received_minor)
    if short <= 0:
        fault = "parts_beyond" if parts else ""
        return Chosen(_allocations(ticks, {}), _over(-short, difference.treatment), short, 0, fault)
    treatment = Treatment.PARTIAL if difference.treatment == Treatment.ON_ACCOUNT else difference.treatment
    rest = short - sum(part.amount_minor for part in parts)
    told: dict[int, int] = {}
    for part in parts:
        told[part.item_id] = told.get(part.item_id, 0) + part.amount_minor
    fault = _fault(ticks, told, rest, sign)
    left = [tick._replace(amount_minor=tick.amount_minor - sign * told.get(tick.item_id, 0)) for tick in ticks]
    borne = {} if fault or not rest else _borne(left, rest, sign, treatment, difference.item_id)
    kept: dict[tuple[Treatment, int], int] = {}
    for one in (*parts, *(Part(treatment, item_id, amount) for item_id, amount in borne.items())):
        kept[one.treatment, one.item_id] = kept.get((one.treatment, one.item_id), 0) + one.amount_minor
    numbers = {tick.item_id: tick.document_number for tick in ticks}
    residuals = tuple(
        Residual(how, amount, item_id, numbers.get(item_id, ""), how not in KEPT_OPEN)
        for (how, item_id), amount in kept.items()
    )
    less = {tick.item_id: sign * (told.get(tick.item_id, 0) + borne.get(tick.item_id, 0)) for tick in ticks}
    return Chosen(_allocations(ticks, less), residuals, short, rest, fault)


def _fault(ticks: Sequence[Tick], told: Mapping[int, int], rest: int, sign: int) -> str:
    """Why parts do not fit: more than is short in all, or more than their item is ticked for."""
    room = {tick.item_id: sign * tick.amount_minor for tick in ticks}
    if rest < 0:
        return "parts_beyond"
    return "part_beyond_item" if any(amount > room.get(one, 0) for one, amount in told.items()) else ""


def _allocations(ticks: Sequence[Tick], less: dict[int, int]) -> tuple[Allocation, ...]:
    found = (
        Allocation(tick.item_id, tick.document_number, tick.amount_minor - less.get(tick.item_id, 0)) for tick in ticks
    )
    return tuple(one for one in found if one.amount_minor or less.get(one.item_id))


def _over(over_minor: int, treatment: Treatment) -> tuple[Residual, ...]:
    if not over_minor:
        return ()
    if treatment == Treatment.WRITE_OFF:
        return (Residual(Treatment.WRITE_OFF, over_minor, is_booked=True),)
    return (Residual(Treatment.ON_ACCOUNT, over_minor),)


def _borne(ticks: Sequence[Tick], short: int, sign: int, treatment: Treatment, item_id: int) -> dict[int, int]:
    """Which items bear the shortfall: the one that was named, all in proportion for a rate, else from the last back."""
    able = [tick for tick in ticks if sign * tick.amount_minor > 0]
    room = {tick.item_id: sign * tick.amount_minor for tick in able}
    if room.get(item_id, 0) >= short:
        return {item_id: short}
    borne = dict.fromkeys(room, 0)
    left = short
    if not item_id and treatment in BY_RATE and (total := sum(room.values())):
        for one, amount in room.items():
            borne[one] = short * amount // total
        left -= sum(borne.values())
    order = [tick.item_id for tick in reversed(able)]
    if item_id in room:
        order = [item_id, *(one for one in order if one != item_id)]
    for one in order:
        take = min(left, room[one] - borne[one])
        borne[one] += take
        left -= take
    return {one: amount for one, amount in borne.items() if amount}


class Seen(NamedTuple):
    """A proposal as the workbench shows it: what is ticked, and what becomes of the difference."""

    ticks: tuple[Tick, ...]
    difference: Difference
    parts: tuple[Part, ...] = ()


def seen(proposal: Proposal) -> Seen:
    """The ticks of a proposal: an invoice of 1,200.00 paid with 1,176.00 less 2 % is ticked whole, as a discount."""
    kept: dict[int, int] = {}
    treated = [one for one in proposal.residuals if one.treatment not in LEFT_OPEN]
    for one in treated:
        if one.item_id:
            kept[one.item_id] = kept.get(one.item_id, 0) + one.amount_minor
    ticks = tuple(
        Tick(
            one.item_id,
            one.document_number,
            one.amount_minor + (kept.get(one.item_id, 0) if one.amount_minor >= 0 else -kept.get(one.item_id, 0)),
        )
        for one in proposal.allocations
    )
    if not treated:
        return Seen(ticks, Difference(Treatment.PARTIAL))
    if len({one.treatment for one in treated}) > 1 and all(one.item_id for one in treated):
        parts = tuple(Part(one.treatment, one.item_id, one.amount_minor) for one in treated)
        return Seen(ticks, Difference(Treatment.PARTIAL), parts)
    bearers = {one.item_id for one in treated}
    return Seen(ticks, Difference(treated[0].treatment, next(iter(bearers)) if len(bearers) == 1 else 0))


def is_as_proposed(
    proposal: Proposal, ticks: Sequence[Tick], difference: Difference, parts: Sequence[Part] = ()
) -> bool:
    """Whether a person left the proposal as it is, so that it is applied, and learnt from, as such."""
    shown = seen(proposal)
    has_gap = shown.difference.treatment not in LEFT_OPEN
    same_ticks = sorted(shown.ticks) == sorted(ticks) and sorted(shown.parts) == sorted(parts)
    return same_ticks and (shown.difference == difference if has_gap else difference.treatment in LEFT_OPEN)
