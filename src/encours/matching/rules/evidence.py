"""Points into probabilities: how sure each proposal is beside its rivals and beside none being right.

Points are hundredths of a nat of log-odds, each the logarithm of how much likelier the evidence is if the proposal is
right than by chance. They are priors of sense (one digit that agrees: ln 10; an amount: how rare it is in this book; an
account: how many customers there are), so they hold for a book of any size. What sense cannot say - how often a payer
quotes the wrong number - is `FLOORS`: of each kind of evidence, how many of a million were wrong in the calibration
books (bench/matching.py --calibrate; other seeds than those it reports), never below what so few cases can prove.
`Learnt.evidence` moves a floor with what people confirmed and undid.
"""

import math
from collections.abc import Mapping, Sequence

from encours.matching.rules.facts import MILLION

NOT_OURS = -330  # a line in thirty is from nobody who owes us
NOT_AN_ITEM = -520  # a known customer pays what is not in the books
FLOOR = 2_000  # wrong of a million, of a kind nobody has counted
# kind of evidence -> wrong of a million
FLOORS: Mapping[str, int] = {}
TRUST = 2_000  # how many counted cases a floor of the calibration is worth


def probabilities(points: Sequence[int], nothing: int) -> list[int]:
    """Each proposal's share of a million beside its rivals and beside nothing: [1000, 0] and -300 -> [999953, 45]."""
    top = max(nothing, *points)
    weights = [math.exp((one - top) / 100) for one in points]
    total = sum(weights) + math.exp((nothing - top) / 100)
    return [math.floor(MILLION * weight / total) for weight in weights]


def floored(probability_ppm: int, signature: str, learnt: Mapping[str, tuple[int, int]]) -> int:
    """A probability after what experience says of its kind: 1,000,000 of a kind wrong once in a thousand -> 999,000."""
    wrong_ppm = FLOORS.get(signature, FLOOR)
    if signature in learnt:
        right, wrong = learnt[signature]
        wrong_ppm = (wrong_ppm * TRUST + wrong * MILLION) // (TRUST + right + wrong)
    return probability_ppm * (MILLION - min(MILLION, wrong_ppm)) // MILLION
