"""Mass lettrage on plain values: what settles what, never more than is open, whatever the order."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from encours.matching.rules.lettrage import Entry, Way, lettrage

DAY = date(2026, 11, 2)


def entry(item_id, open_minor, *, due=DAY, number="", related="", customer=1, currency="EUR"):
    kind = "invoice" if open_minor > 0 else "receipt"
    return Entry(item_id, customer, 1, currency, "411", kind, number or f"N{item_id}", DAY, due, open_minor, related)


def parts(groups):
    return [(group.way.value, sorted((part.item_id, part.amount_minor) for part in group.parts)) for group in groups]


class TestWays:
    def test_a_credit_note_goes_to_the_invoice_it_names(self):
        book = [entry(1, 300), entry(2, 300, number="F-9"), entry(3, -40, related="F-9")]
        assert parts(lettrage(book, [Way.REFERENCE])) == [("reference", [(2, -40), (3, 40)])]

    def test_one_payment_for_two_invoices_agrees_to_the_cent(self):
        book = [entry(1, 310), entry(2, 205), entry(3, 77), entry(4, -515)]
        assert parts(lettrage(book, [Way.SUM])) == [("sum", [(1, -310), (2, -205), (4, 515)])]

    def test_two_ways_to_reach_an_amount_are_none(self):
        assert lettrage([entry(1, 100), entry(2, 100), entry(3, -100)], [Way.SUM]) == []

    def test_the_oldest_due_is_settled_first(self):
        book = [entry(1, 100, due=date(2026, 12, 1)), entry(2, 100, due=date(2026, 10, 1)), entry(3, -150)]
        assert parts(lettrage(book, [Way.OLDEST])) == [("oldest", [(1, -50), (2, -100), (3, 150)])]

    def test_accounts_and_currencies_are_not_mixed(self):
        book = [entry(1, 100), entry(2, -100, customer=2), entry(3, -100, currency="USD")]
        assert lettrage(book, list(Way)) == []


@given(
    st.lists(st.integers(-300, 300).filter(bool), max_size=9),
    st.permutations(list(Way)),
    st.randoms(use_true_random=False),
)
def test_never_takes_more_than_is_open_in_any_order(amounts, ways, chance):
    book = [entry(number, amount) for number, amount in enumerate(amounts, start=1)]
    groups = lettrage(book, ways)
    shuffled = list(book)
    chance.shuffle(shuffled)
    assert lettrage(shuffled, ways) == groups
    left = {one.item_id: one.open_minor for one in book}
    for group in groups:
        assert sum(part.amount_minor for part in group.parts) == 0
        for part in group.parts:
            before = left[part.item_id]
            left[part.item_id] += part.amount_minor
            assert abs(left[part.item_id]) < abs(before)
            assert left[part.item_id] * before >= 0
