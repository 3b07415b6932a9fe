"""Whom a silent payment pays, as the Code civil and accountants have it."""

import datetime as dt

import pytest

from encours.matching.rules.facts import Imputation
from encours.matching.rules.imputation import Debt, impute

PAID = dt.date(2026, 3, 20)


def debt(item_id, issued, due, amount, *, interest=0, rate=0):
    return Debt(item_id, dt.date(2026, *issued), dt.date(2026, *due), amount, interest, rate)


OLD = debt(1, (1, 5), (2, 5), 50_000)
YOUNG = debt(2, (2, 10), (3, 10), 40_000)
NOT_DUE = debt(3, (3, 1), (4, 30), 90_000)
DEAR = debt(4, (2, 15), (3, 15), 30_000, rate=1_215)
TWIN = debt(5, (1, 5), (2, 5), 25_000)
WITH_INTEREST = debt(6, (1, 2), (2, 1), 50_000, interest=1_250)

# the case, what is paid, the debts, the order, {item: (principal, interest)}
CASES = [
    ("oldest due first", 60_000, [YOUNG, OLD], Imputation.LEGAL,
     {1: (50_000, 0), 2: (10_000, 0)}),
    ("due before not due", 95_000, [NOT_DUE, YOUNG, OLD], Imputation.LEGAL,
     {1: (50_000, 0), 2: (40_000, 0), 3: (5_000, 0)}),
    ("most interest to discharge first", 40_000, [OLD, DEAR], Imputation.LEGAL,
     {4: (30_000, 0), 1: (10_000, 0)}),
    ("not due, though dear, waits", 50_000, [OLD, NOT_DUE._replace(rate_permyriad=1_215)], Imputation.LEGAL,
     {1: (50_000, 0)}),
    ("equal ones in proportion", 30_000, [OLD, TWIN], Imputation.LEGAL,
     {1: (20_000, 0), 5: (10_000, 0)}),
    ("the cent left over to the largest remainder", 10_000, [OLD, TWIN], Imputation.LEGAL,
     {1: (6_667, 0), 5: (3_333, 0)}),
    ("interest before principal", 20_000, [WITH_INTEREST], Imputation.LEGAL,
     {6: (18_750, 1_250)}),
    ("oldest first, whatever the rate", 60_000, [DEAR, YOUNG, OLD], Imputation.OLDEST,
     {1: (50_000, 0), 2: (10_000, 0)}),
    ("nothing is guessed", 60_000, [OLD, YOUNG], Imputation.NONE,
     {}),
    ("more than all debts: the rest is nobody's", 99_999, [OLD], Imputation.LEGAL,
     {1: (50_000, 0)}),
]  # fmt: skip


@pytest.mark.parametrize(("case", "amount", "debts", "order", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_silent_payment_goes_in_order(case, amount, debts, order, expected):
    shares = impute(amount, debts, paid_on=PAID, imputation=order)
    assert {one.item_id: (one.principal_minor, one.interest_minor) for one in shares} == expected


def test_principal_only_is_the_other_choice():
    shares = impute(20_000, [WITH_INTEREST], paid_on=PAID, imputation=Imputation.LEGAL, interest_first=False)
    assert [(one.principal_minor, one.interest_minor) for one in shares] == [(20_000, 0)]
