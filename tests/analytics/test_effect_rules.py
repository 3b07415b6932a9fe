"""The effect of a step, in cases that can be reckoned by hand."""

import math
import random

import pytest

from encours.analytics.rules.effect import Reached, effect
from encours.collections.rules.holdout import kept_aside


def side(is_aside: bool, days: list[int | None], start: int = 0) -> list[Reached]:
    return [Reached(start + number, is_aside, one) for number, one in enumerate(days)]


class TestEffect:
    def test_four_days_gained_with_a_known_spread(self):
        # 15 at 4 and 15 at 16: mean 10, variance 36 * 30/29; 15 at 8 and 15 at 20: mean 14, the same
        rows = side(False, [4, 16] * 15) + side(True, [8, 20] * 15, start=100)
        found = effect(rows, horizon_days=30)
        assert found.gained_days == pytest.approx(4)
        error = math.sqrt(2 * 36 * (30 / 29) / 30)
        assert found.high_days - found.low_days == pytest.approx(2 * 2.0017 * error, rel=0.001)
        assert found.is_shown

    def test_nineteen_customers_on_a_side_are_not_enough(self):
        found = effect(side(False, [10] * 50) + side(True, [14] * 19, start=100), horizon_days=30)
        assert (found.gained_days, found.missing, found.is_shown) == (None, 1, False)

    def test_what_is_not_paid_counts_as_the_whole_horizon(self):
        found = effect(side(False, [10] * 20) + side(True, [None] * 10 + [45] * 10, start=100), horizon_days=30)
        assert found.kept_aside.mean_days == 30
        assert found.kept_aside.paid == 0
        assert found.gained_days == 20

    def test_a_customer_with_many_invoices_counts_once(self):
        many = [Reached(1, False, 30)] * 1_000
        found = effect([*many, *side(False, [10] * 19, start=2), *side(True, [10] * 20, start=100)], horizon_days=30)
        assert found.written_to.customers == 20
        assert found.written_to.mean_days == pytest.approx(11)

    def test_no_effect_is_hardly_ever_called_one(self):
        chance = random.Random(7)
        shown = 0
        for _ in range(300):
            draw = [chance.randrange(0, 31) for _ in range(80)]
            shown += effect(side(False, draw[:40]) + side(True, draw[40:], start=100), horizon_days=30).is_shown
        assert 3 <= shown <= 30  # about one in twenty

    def test_nobody_came_to_the_step(self):
        found = effect([], horizon_days=30)
        assert (found.missing, found.written_to.mean_days) == (20, None)


class TestTheDraw:
    def test_is_the_same_each_time_and_about_the_share(self):
        people = range(1, 10_001)
        drawn = kept_aside(people, share_permille=200, seed="a")
        assert drawn == kept_aside(reversed(people), share_permille=200, seed="a")
        assert 1_880 < len(drawn) < 2_120
        assert drawn != kept_aside(people, share_permille=200, seed="b")
