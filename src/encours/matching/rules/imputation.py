"""Which debts a payment goes to when its payer is silent: the French legal order, or the oldest first."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from encours.matching.rules.facts import Imputation


class Debt(NamedTuple):
    """One debt: its principal, the interest already run on it, and the yearly rate it bears (1000 = 10 %)."""

    item_id: int
    item_date: date
    due_date: date
    open_minor: int
    interest_minor: int = 0
    rate_permyriad: int = 0


class Share(NamedTuple):
    """What one debt gets of the payment, interest apart."""

    item_id: int
    principal_minor: int
    interest_minor: int = 0


def impute(
    amount_minor: int,
    debts: Iterable[Debt],
    *,
    paid_on: date,
    imputation: Imputation,
    interest_first: bool = True,
) -> list[Share]:
    """Share a payment out among debts, in the order of law or of age.

    `LEGAL` (Code civil 1342-10): what is due comes first; among it, what the debtor has most interest to discharge,
    taken as the highest rate; then the oldest debt; equal ones in proportion. Within a debt, interest before principal
    (1343-1) unless `interest_first` is False: most French receivables ledgers take principal only, so both are offered.
    `OLDEST`: by due date, then by date. `NONE`: nothing is shared out.

    Example: 600.00 paid silently on 20 March on 500.00 due in January and 400.00 due in February: 500.00 and 100.00;
    what is due in April gets nothing.
    """
    if imputation == Imputation.NONE or amount_minor <= 0:
        return []
    owed = [one for one in debts if one.open_minor > 0]
    shares: list[Share] = []
    left = amount_minor
    for group in _in_order(owed, paid_on, imputation):
        wanted = [one.open_minor + (one.interest_minor if interest_first else 0) for one in group]
        for debt, given in zip(group, _in_proportion(min(left, sum(wanted)), wanted), strict=True):
            interest = min(given, debt.interest_minor) if interest_first else 0
            if given:
                shares.append(Share(debt.item_id, given - interest, interest))
        left -= min(left, sum(wanted))
        if not left:
            break
    return shares


def _in_order(debts: Sequence[Debt], paid_on: date, imputation: Imputation) -> list[list[Debt]]:
    """The debts in turn; those that nothing tells apart together."""
    if imputation == Imputation.OLDEST:
        return [[one] for one in sorted(debts, key=lambda one: (one.due_date, one.item_date, one.item_id))]

    def turn(one: Debt) -> tuple[bool, int, date]:
        return (one.due_date > paid_on, -one.rate_permyriad, one.item_date)

    ordered = sorted(debts, key=lambda one: (*turn(one), one.item_id))
    return [list(group) for _, group in groupby(ordered, key=turn)]


def _in_proportion(amount: int, wanted: Sequence[int]) -> list[int]:
    """An amount in proportion, to the cent: the largest remainders get what is left over."""
    total = sum(wanted)
    if amount >= total:
        return list(wanted)
    given = [amount * one // total for one in wanted]
    by_remainder = sorted(range(len(wanted)), key=lambda place: (-(amount * wanted[place] % total), place))
    for place in by_remainder[: amount - sum(given)]:
        given[place] += 1
    return given
