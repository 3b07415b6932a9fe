"""Whole statements of made-up companies: what goes alone is right, and most goes alone."""

import pytest

from bench import make_bank
from bench.matching import matched

LINES = 200


@pytest.mark.parametrize("manner", ["french", "cfonb", "cut", "english", "accounts"])
def test_what_is_applied_alone_is_right_and_is_most(manner, tmp_path):
    make_bank.make(tmp_path, manner_name=manner, lines=LINES, seed=7_001)
    found = matched(tmp_path, name=manner)
    assert found.precision >= 99.4, "at most one of some two hundred"
    assert found.share >= 90
    assert found.exact_only.alone < found.share * found.payable / 100
