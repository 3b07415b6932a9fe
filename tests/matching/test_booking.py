"""What is booked for a line: cases in cents, the expected legs last."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.ledger.rules import Tie as Tied
from encours.ledger.rules import lettering_code, lettering_groups, lettering_number, open_day
from encours.matching.rules.booking import Booking, Money, Open, Unbookable, book, totals
from encours.matching.rules.facts import Allocation, Residual, Treatment

DAY = date(2026, 11, 20)
INVOICE = Open(1, 7, 3, "EUR", 1_200_00, date(2026, 10, 1), "F-1")
SECOND = Open(2, 7, 3, "EUR", 300_00, date(2026, 11, 25), "F-2")
CREDIT = Open(3, 7, 3, "EUR", -50_00, date(2026, 11, 2), "A-1")
DOLLARS = Open(4, 7, 3, "USD", 100_00, date(2026, 11, 2), "F-4")
OTHERS = Open(5, 7, 4, "EUR", 100_00, date(2026, 11, 2), "F-5")
OPENS = {one.item_id: one for one in (INVOICE, SECOND, CREDIT, DOLLARS, OTHERS)}


def money(minor):
    return Money(3, "EUR", minor, DAY)


def pay(item, minor):
    return Allocation(item.item_id, item.document_number, minor)


def short(treatment, minor, *, booked=True, item=INVOICE):
    return Residual(treatment, minor, item.item_id if item else 0, item.document_number if item else "", booked)


CASES = {
    "paid to the cent": (1_200_00, [pay(INVOICE, 1_200_00)], [], {1: -1_200_00}, 0, []),
    "part payment": (700_00, [pay(INVOICE, 700_00)], [short(Treatment.PARTIAL, 500_00, booked=False)],
                     {1: -700_00}, 0, []),
    "discount booked": (1_176_00, [pay(INVOICE, 1_176_00)], [short(Treatment.DISCOUNT, 24_00)],
                        {1: -1_200_00}, 0, [("discount", "", -24_00)]),
    "discount left open": (1_176_00, [pay(INVOICE, 1_176_00)], [short(Treatment.DISCOUNT, 24_00, booked=False)],
                           {1: -1_176_00}, 0, []),
    "rounding is a small loss": (1_199_98, [pay(INVOICE, 1_199_98)], [short(Treatment.WRITE_OFF, 2)],
                                 {1: -1_200_00}, 0, [("write_off", "658", -2)]),
    "a cent too much is ours": (1_200_02, [pay(INVOICE, 1_200_00)], [short(Treatment.WRITE_OFF, 2, item=None)],
                                {1: -1_200_00}, 0, [("other_income", "", 2)]),
    "too much stays on account": (1_250_00, [pay(INVOICE, 1_200_00)], [], {1: -1_200_00}, 50_00, []),
    "a credit note is netted": (1_150_00, [pay(INVOICE, 1_200_00), pay(CREDIT, -50_00)], [],
                                {1: -1_200_00, 3: 50_00}, 0, []),
    "money paid back uses the credit note": (-50_00, [pay(CREDIT, -50_00)], [], {3: 50_00}, 0, []),
    "nothing chosen": (80_00, [], [], {}, 80_00, []),
}  # fmt: skip


@pytest.mark.parametrize(("received", "allocations", "residuals", "legs", "kept", "extras"), CASES.values(), ids=CASES)
def test_books(received, allocations, residuals, legs, kept, extras):
    found = book(money(received), 7, allocations, residuals, OPENS)
    assert isinstance(found, Booking)
    assert {leg.item_id: leg.amount_minor for leg in found.legs if leg.item_id} == legs
    assert found.on_account_minor == kept
    assert [(extra.kind, extra.counterpart, extra.amount_minor) for extra in found.extras] == extras
    assert sum(leg.amount_minor for leg in found.legs) + found.receipt_leg_minor == 0


@pytest.mark.parametrize(
    ("received", "allocations", "residuals", "fault"),
    [
        (2_000_00, [pay(INVOICE, 1_200_01)], [], "more_than_open"),
        (1_200_00, [pay(INVOICE, 1_190_00)], [short(Treatment.DISCOUNT, 24_00)], "more_than_open"),
        (100_00, [pay(INVOICE, 200_00)], [], "more_than_received"),
        (100_00, [pay(DOLLARS, 100_00)], [], "other_currency"),
        (100_00, [pay(OTHERS, 100_00)], [], "other_company"),
        (100_00, [pay(CREDIT, 50_00)], [], "wrong_side"),
        (100_00, [Allocation(99, "F-99", 100_00)], [], "item_gone"),
    ],
)
def test_refuses(received, allocations, residuals, fault):
    found = book(money(received), 7, allocations, residuals, OPENS)
    assert isinstance(found, Unbookable)
    assert found.code == fault
    shown = totals(money(received), 7, allocations, residuals, OPENS)
    assert (shown.is_possible, shown.fault) == (False, fault)


def test_an_allocation_is_dated_when_all_of_it_is_there():
    found = book(money(300_00), 7, [pay(SECOND, 300_00)], [], OPENS)
    assert (found.book_date, found.allocation_date) == (DAY, SECOND.item_date)


def test_a_closed_period_moves_the_money_to_the_first_open_day():
    found = book(money(700_00), 7, [pay(INVOICE, 700_00)], [], OPENS, closed_until=date(2026, 11, 30))
    assert found.book_date == date(2026, 12, 1)
    assert open_day(DAY, closed_until=None) == DAY


@given(st.integers(0, 200_000))
def test_lettering_codes_read_back(number):
    code = lettering_code(number)
    assert lettering_number(code) == lettering_number(code.lower()) == number
    assert code.isalpha()


def test_lettering_codes_count_as_accountants_do():
    assert [lettering_code(number) for number in (0, 25, 26, 675, 676)] == ["AA", "AZ", "BA", "ZZ", "AAA"]


def test_what_hangs_together_is_one_group():
    groups = lettering_groups(
        [Tied(1, 10, 0, "aa"), Tied(1, 20, 0, "aa"), Tied(2, 20, 0), Tied(2, 30, 0), Tied(3, 40, 5)]
    )
    assert [(group.allocation_ids, group.is_balanced, group.code) for group in groups] == [
        ((1, 2), True, "aa"),
        ((3,), False, ""),
    ]


@given(st.data())
def test_totals_never_lie(data):
    """Whatever is chosen: received = allocated + on account, and what is shown as left is what would be open."""
    received = data.draw(st.integers(1, 2_000_00))
    chosen = [
        pay(item, data.draw(st.integers(1, item.open_minor))) for item in (INVOICE, SECOND) if data.draw(st.booleans())
    ]
    shown = totals(money(received), 7, chosen, [], OPENS)
    assert shown.allocated_minor + shown.on_account_minor == received
    if shown.is_possible:
        found = book(money(received), 7, chosen, [], OPENS)
        assert shown.left_open_minor == sum(leg.expected_minor + leg.amount_minor for leg in found.legs)
