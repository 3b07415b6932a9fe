"""A remittance advice that belongs to a line: its documents and amounts as the payer gave them."""

from collections.abc import Sequence

from encours.matching.rules import folding, quotes
from encours.matching.rules.drafts import Draft
from encours.matching.rules.facts import AdviceLine, Line, Reason, Residual, Treatment
from encours.matching.rules.payers import Payer
from encours.matching.rules.quotes import Quote
from encours.matching.rules.standing import Standing

ADVISED = 1_500
FEES = ("FEE", "FRAIS", "COMMISSION", "CHARGE", "SPESEN", "GEBUHR")


def advised(line: Line, standing: Standing, customers: Sequence[int]) -> list[tuple[AdviceLine, int]]:
    """Each line of the advice with the open item it names; lines that name none are left out."""
    found = []
    for one in line.advice:
        written = folding.plain(one.document_number)
        positions = [
            position for position in standing.shelf.by_compact.get(folding.compact(written)) if standing.opens[position]
        ]
        if not positions:
            partly = quotes.partly_written(written, standing.shelf, customers, ())
            partly = [quote for quote in partly if standing.opens[quote.position]]
            positions = [quote.position for quote in sorted(partly, key=lambda quote: (-quote.points, quote.position))]
        if positions:
            found.append((one, _fitting(one, positions, standing)))
    return found


def _fitting(advice: AdviceLine, positions: Sequence[int], standing: Standing) -> int:
    """Among instalments of one number, the one that is open for what is paid."""
    meant = (advice.amount_minor or 0) + advice.discount_minor + advice.deduction_minor
    return next((one for one in positions if standing.opens[one] == meant), positions[0])


def draft(line: Line, standing: Standing, payer: Payer, found: Sequence[tuple[AdviceLine, int]]) -> Draft | None:
    """The advice as a draft: None when it wants more than the line or an item has.

    Example: FA-1 980.00 less 20.00 discount and FA-2 500.00 on a line of 1,480.00: both paid, the discount for a person
    to decide.
    """
    cash: dict[int, int] = {}
    residuals: list[Residual] = []
    for one, position in found:
        item, left = standing.shelf.items[position], standing.opens[position] - cash.get(position, 0)
        kept = one.discount_minor + one.deduction_minor
        amount = one.amount_minor or left - kept
        if not amount or abs(amount) > abs(left) or (amount > 0) != (left > 0):
            return None
        cash[position] = cash.get(position, 0) + amount
        residuals += _kept(one, item.item_id, item.document_number, left - amount, standing)
    rest = line.amount_minor - sum(cash.values())
    if not cash or rest * line.amount_minor < 0:
        return None
    if rest:
        residuals.append(Residual(Treatment.ON_ACCOUNT, rest))
    named = tuple(Quote(position, "advice", ADVISED) for _, position in found)
    points = standing.shelf.rarity(line.amount_minor) if not rest else -420
    kind = "far_over" if rest else "sum" if len(cash) > 1 else "exact"
    code = "amount_over" if rest else "amount_of_several" if len(cash) > 1 else "amount_equal"
    reason = Reason(code, points, {"over_minor": rest, "amount_minor": line.amount_minor, "count": len(cash)})
    return Draft(payer.customer_id, tuple(cash.items()), kind, points, payer, named, tuple(residuals), [reason])


def _kept(advice: AdviceLine, item_id: int, number: str, left: int, standing: Standing) -> list[Residual]:
    """What the payer kept, each with its treatment; what nobody explains stays open."""
    policy = standing.book.policy
    is_fee = any(word in folding.plain(advice.deduction_reason) for word in FEES)
    treatment = Treatment.CHARGE if is_fee else Treatment.DEDUCTION
    found = []
    for minor, kind, is_booked in (
        (advice.discount_minor, Treatment.DISCOUNT, False),
        (advice.deduction_minor, treatment, is_fee and policy.books_charges_alone),
    ):
        if 0 < minor <= left:
            found.append(Residual(kind, minor, item_id, number, is_booked))
            left -= minor
    if left > 0:
        found.append(Residual(Treatment.PARTIAL, left, item_id, number))
    return found
