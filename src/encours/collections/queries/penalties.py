"""What a reminder says of penalties: what is left to claim on the items it asks for, or why that is not told."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext

from encours.core.money import Money
from encours.ledger.queries import AsOf, Selection
from encours.penalties.queries.accruals import accruals
from encours.penalties.rules.accrual import Accrual

# the variables of a letter that make it reckon penalties
PENALTY_PATHS = ("penalties.interest", "penalties.compensation", "penalties.total")

type DebtKey = tuple[int, str, int]  # company, document, instalment: what stays when an invoice is corrected


def reckoned(customer_ids: Collection[int], *, organisation_id: int, day: date) -> Mapping[int, list[Accrual]]:
    """The penalties of these customers run up to a day, by customer."""
    found: dict[int, list[Accrual]] = {}
    selection = Selection(organisation_id=organisation_id, customer_ids=sorted(customer_ids))
    for accrual in accruals(selection, AsOf(day)):
        found.setdefault(accrual.item.customer_id, []).append(accrual)
    return found


def penalty_words(found: Sequence[Accrual], *, debts: Collection[DebtKey]) -> dict[str, Any]:
    """Interest and compensation left to claim on the debts a letter asks for; one missing rate withholds them all.

    What was invoiced or waived already is not said again. Nothing for what bears none: a template that prints it all
    the same is refused.
    """
    asked = [
        one for one in found if (one.item.entity_id, one.item.document_number, one.item.instalment_number) in debts
    ]
    refusal = next((one.refusal for one in asked if one.refusal), None)
    if refusal:
        return {path.split(".")[1]: {"withheld": refusal.translated(gettext)} for path in PENALTY_PATHS}
    documents = {(entity_id, number) for entity_id, number, _ in debts}
    interest: dict[str, int] = {}
    compensation: dict[str, int] = {}
    for one in asked:
        _add(interest, one.item.currency, one.interest_left_minor)
    for one in found:
        if (one.item.entity_id, one.item.document_number) in documents:
            _add(compensation, one.compensation_currency, one.compensation_left_minor)
    total = dict(interest)
    for currency, minor in compensation.items():
        _add(total, currency, minor)
    return {"interest": _words(interest), "compensation": _words(compensation), "total": _words(total)}


def _add(sums: dict[str, int], currency: str, minor: int) -> None:
    if minor > 0:
        sums[currency] = sums.get(currency, 0) + minor


def _words(sums: Mapping[str, int]) -> list[dict[str, str]]:
    return [Money(minor, currency).as_json() for currency, minor in sorted(sums.items())]
