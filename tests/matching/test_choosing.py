"""What a person ticks: money on items, the difference where it was wanted, never a cent more than was received."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.matching.rules.choosing import Difference, Part, Tick, chosen, is_as_proposed, seen
from encours.matching.rules.facts import Allocation, Proposal, Residual, Treatment

PARTIAL, ACCOUNT, DISCOUNT = Treatment.PARTIAL, Treatment.ON_ACCOUNT, Treatment.DISCOUNT
DEDUCTION, WRITE_OFF, CHARGE = Treatment.DEDUCTION, Treatment.WRITE_OFF, Treatment.CHARGE


class TestWhatIsTicked:
    @pytest.mark.parametrize(
        ("received", "ticks", "difference", "money", "left"),
        [
            # exact
            (500, [(1, 500)], (PARTIAL, 0), {1: 500}, []),
            # a credit note is netted
            (900, [(1, 1000), (2, -100)], (PARTIAL, 0), {1: 1000, 2: -100}, []),
            # a deduction on the item that was named, which stays open for it
            (1380, [(1, 1000), (2, 500)], (DEDUCTION, 1), {1: 880, 2: 500}, [(DEDUCTION, 120, 1, False)]),
            # nobody said which: the last item bears it
            (1380, [(1, 1000), (2, 500)], (PARTIAL, 0), {1: 1000, 2: 380}, [(PARTIAL, 120, 2, False)]),
            # a discount is a rate of each invoice, to the cent
            (147, [(1, 100), (2, 50)], (DISCOUNT, 0), {1: 98, 2: 49}, [(DISCOUNT, 2, 1, True), (DISCOUNT, 1, 2, True)]),
            # more than the named item can bear goes on to the others
            (100, [(1, 100), (2, 50)], (CHARGE, 2), {1: 100, 2: 0}, [(CHARGE, 50, 2, True)]),
            (90, [(1, 100), (2, 50)], (CHARGE, 2), {1: 90, 2: 0}, [(CHARGE, 10, 1, True), (CHARGE, 50, 2, True)]),
            # money beyond the items
            (500, [(1, 480)], (PARTIAL, 0), {1: 480}, [(ACCOUNT, 20, 0, False)]),
            (500, [(1, 499)], (WRITE_OFF, 0), {1: 499}, [(WRITE_OFF, 1, 0, True)]),
            (500, [], (PARTIAL, 0), {}, [(ACCOUNT, 500, 0, False)]),
            # money that goes out pays a credit note back
            (-300, [(1, -300)], (PARTIAL, 0), {1: -300}, []),
            (-300, [(1, -320)], (PARTIAL, 0), {1: -300}, [(PARTIAL, 20, 1, False)]),
        ],
    )
    def test_becomes_money_on_items_and_a_difference(self, received, ticks, difference, money, left):
        found = chosen(received, [Tick(one, f"F{one}", amount) for one, amount in ticks], Difference(*difference))
        assert {one.item_id: one.amount_minor for one in found.allocations} == money
        assert [
            (r.treatment, r.amount_minor, r.item_id, r.is_booked)
            for r in sorted(found.residuals, key=lambda r: r.item_id)
        ] == left

    @pytest.mark.parametrize(
        ("received", "parts", "difference", "money", "left"),
        [
            # a discount on one invoice and a deduction on the other
            (1356, [(DISCOUNT, 1, 24), (DEDUCTION, 2, 120)], (PARTIAL, 0), {1: 976, 2: 380},
             [(DISCOUNT, 24, 1, True), (DEDUCTION, 120, 2, False)]),
            # charges and a discount on one item
            (1465, [(CHARGE, 1, 15), (DISCOUNT, 1, 20)], (PARTIAL, 0), {1: 965, 2: 500},
             [(CHARGE, 15, 1, True), (DISCOUNT, 20, 1, True)]),
            # what no part tells is treated as the rest, on what is left of the items
            (1000, [(DISCOUNT, 2, 20)], (PARTIAL, 0), {1: 1000, 2: 0},
             [(DISCOUNT, 20, 2, True), (PARTIAL, 480, 2, False)]),
            # the same difference of the same item, told twice, is one
            (1480, [(DISCOUNT, 1, 15)], (DISCOUNT, 1), {1: 980, 2: 500}, [(DISCOUNT, 20, 1, True)]),
        ],
    )  # fmt: skip
    def test_has_several_differences(self, received, parts, difference, money, left):
        ticks = [Tick(1, "F1", 1000), Tick(2, "F2", 500)]
        found = chosen(received, ticks, Difference(*difference), [Part(*one) for one in parts])
        assert found.fault == ""
        assert {one.item_id: one.amount_minor for one in found.allocations} == money
        assert [(r.treatment, r.amount_minor, r.item_id, r.is_booked) for r in found.residuals] == left
        assert sum(money.values()) == received

    @pytest.mark.parametrize(
        ("received", "parts", "fault"),
        [
            (1400, [(DISCOUNT, 1, 101)], "parts_beyond"),
            (1600, [(DISCOUNT, 1, 1)], "parts_beyond"),
            (500, [(DISCOUNT, 2, 501)], "part_beyond_item"),
            (500, [(DISCOUNT, 2, 300), (DEDUCTION, 2, 300)], "part_beyond_item"),
            (500, [(DISCOUNT, 9, 1)], "part_beyond_item"),
        ],
    )
    def test_refuses_differences_that_do_not_fit(self, received, parts, fault):
        ticks = [Tick(1, "F1", 1000), Tick(2, "F2", 500)]
        assert chosen(received, ticks, Difference(), [Part(*one) for one in parts]).fault == fault

    def test_shows_a_proposal_with_several_differences_as_it_is(self):
        proposal = Proposal(
            1, (Allocation(1, "F1", 976), Allocation(2, "F2", 380)),
            (Residual(DISCOUNT, 24, 1, "F1", True), Residual(DEDUCTION, 120, 2, "F2")), 0, 0, (),
        )  # fmt: skip
        shown = seen(proposal)
        assert [tick.amount_minor for tick in shown.ticks] == [1000, 500]
        again = chosen(1356, shown.ticks, shown.difference, shown.parts)
        assert (again.allocations, again.residuals) == (proposal.allocations, proposal.residuals)
        assert is_as_proposed(proposal, shown.ticks, shown.difference, shown.parts)
        assert not is_as_proposed(proposal, shown.ticks, shown.difference)

    @given(
        received=st.integers(1, 10_000),
        amounts=st.lists(st.integers(-5_000, 5_000).filter(bool), max_size=8),
        treatment=st.sampled_from(list(Treatment)),
        bearer=st.integers(0, 8),
    )
    def test_never_spends_more_than_was_received_nor_loses_a_cent(self, received, amounts, treatment, bearer):
        ticks = [Tick(place + 1, f"F{place}", amount) for place, amount in enumerate(amounts)]
        found = chosen(received, ticks, Difference(treatment, bearer))
        spent = sum(one.amount_minor for one in found.allocations)
        over = sum(r.amount_minor for r in found.residuals if not r.item_id)
        assert spent + over == received
        for tick in ticks:
            given_to = sum(one.amount_minor for one in found.allocations if one.item_id == tick.item_id)
            borne = sum(r.amount_minor for r in found.residuals if r.item_id == tick.item_id)
            assert given_to + borne == tick.amount_minor


class TestAProposal:
    PAID_LESS = Proposal(
        7,
        (Allocation(1, "F1", 98), Allocation(2, "F2", 49)),
        (Residual(DISCOUNT, 2, 1, "F1", True), Residual(DISCOUNT, 1, 2, "F2", True)),
        900, 990_000, (),
    )  # fmt: skip
    PART = Proposal(7, (Allocation(1, "F1", 60),), (Residual(PARTIAL, 40, 1, "F1"),), 100, 500_000, ())

    def test_is_shown_with_its_difference(self):
        shown = seen(self.PAID_LESS)
        assert shown.ticks == (Tick(1, "F1", 100), Tick(2, "F2", 50))
        assert shown.difference == Difference(DISCOUNT, 0)

    def test_left_as_it_is_comes_to_the_same(self):
        for proposal, received in ((self.PAID_LESS, 147), (self.PART, 60)):
            shown = seen(proposal)
            found = chosen(received, shown.ticks, shown.difference)
            assert found.allocations == proposal.allocations
            assert is_as_proposed(proposal, shown.ticks, shown.difference)

    def test_changed_is_no_longer_the_proposal(self):
        shown = seen(self.PAID_LESS)
        assert not is_as_proposed(self.PAID_LESS, shown.ticks[:1], shown.difference)
        assert not is_as_proposed(self.PAID_LESS, shown.ticks, Difference(WRITE_OFF, 0))
        assert is_as_proposed(self.PART, seen(self.PART).ticks, Difference(ACCOUNT, 0))
