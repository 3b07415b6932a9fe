"""Lines shared out to writers: no account in two parts, nothing lost, about one size."""

from hypothesis import given
from hypothesis import strategies as st

from encours.matching.rules.parting import parted


class TestParted:
    def test_lines_of_one_account_stay_together(self) -> None:
        assert parted([{1}, {2}, {1}, {2}], count=2) == [[0, 2], [1, 3]]

    def test_what_one_line_ties_together_stays_together(self) -> None:
        assert parted([{1}, {2}, {1, 2}, {3}, {3}, {4}], count=2) == [[0, 1, 2], [3, 4, 5]]

    def test_lines_of_the_first_part_take_their_accounts_with_them(self) -> None:
        assert parted([{1}, {1}, {2}, {2}, {2}, {3}], count=2, first=[5, 0]) == [[0, 1, 5], [2, 3, 4]]

    def test_the_first_part_may_have_a_load_already(self) -> None:
        assert parted([{1}, {2}, {3}], count=2, load=3) == [[], [0, 1, 2]]

    def test_one_part_has_all(self) -> None:
        assert parted([{1}, {2}], count=1) == [[0, 1]]

    @given(
        st.lists(st.sets(st.integers(1, 30), min_size=1, max_size=3), max_size=60),
        st.integers(1, 5),
        st.sets(st.integers(0, 59), max_size=5),
    )
    def test_no_account_is_in_two_parts_and_no_line_is_lost(
        self, accounts: list[set[int]], count: int, first: set[int]
    ) -> None:
        chosen = {place for place in first if place < len(accounts)}
        parts = parted(accounts, count=count, first=chosen)
        assert sorted(place for part in parts for place in part) == list(range(len(accounts)))
        assert all(part == sorted(part) for part in parts)
        assert chosen <= set(parts[0])
        seen = [{account for place in part for account in accounts[place]} for part in parts]
        assert sum(map(len, seen)) == len(set().union(*seen))
