"""Points into probabilities: how sure each proposal is beside its rivals and beside none being right.

Points are hundredths of a nat of log-odds, each the logarithm of how much likelier the evidence is if the proposal is
right than by chance. They are priors of sense (one digit that agrees: ln 10; an amount: how rare it is in this book; an
account: how many customers there are), so they hold for a book of any size. What sense cannot say - how often a payer
quotes the wrong number - is a floor of error: of each kind of evidence, how many of a million are taken to be wrong, a
judgement that generated books confirm (`python -m bench.matching --calibrate` counts them; other seeds than those it
reports), and the floors of how it is quoted, how the amount fits and who pays add up.
`Learnt.evidence` moves a floor with what people confirmed and undid.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

from encours.matching.rules.facts import MILLION

NOT_OURS = -330  # a line in thirty is from nobody who owes us
NOT_AN_ITEM = -520  # a known customer pays what is not in the books
# of a million that were taken for sure, how many were wrong: by how it is quoted, how the amount fits, who pays
QUOTES: Mapping[str, int] = {
    "reference": 5, "advice": 5, "full": 10, "dated": 20, "part": 100, "slip": 200, "cut": 500, "order": 2_000,
    "range": 500, "none": 1_000,
}  # fmt: skip
KINDS: Mapping[str, int] = {
    "exact": 5, "sum": 20, "rate": 200, "rounding": 200, "short": 300, "partial": 300, "over": 300, "twice": 500,
    "several_rate": 300, "several_rounding": 300, "several_short": 5_000, "several_partial": 30_000,
    "far_over": 50_000, "completed": 2_000, "completed_cut": 3_000, "netted": 1_000, "whole": 300,
    "whole_debts": 500, "due": 500, "due_debts": 500, "oldest": 1_000, "run": 3_000, "oldest_and_one": 3_000,
    "all_but_one": 2_000, "pair": 4_000, "three": 6_000, "some": 8_000, "on_account": 1_000, "imputed": 1_000,
}  # fmt: skip
PAYERS: Mapping[str, int] = {
    "account": 5, "number": 50, "name": 100, "alike": 1_500, "group": 800, "unknown": 300, "other": 800,
}  # fmt: skip
UNCOUNTED = 50_000
SIGNATURES = 4_096  # kinds of evidence: how it is quoted, how the amount fits, who pays
TRUST = 2_000  # how many counted cases a floor of the calibration is worth


# how an amount fits that says something by itself; the others only say which part of the money goes where
FITTING = frozenset(
    KINDS.keys()
    - {"short", "partial", "over", "twice", "several_short", "several_partial", "far_over", "on_account", "imputed"}
)
STRANGERS = ("unknown", "other")
SEALED = ("reference", "advice")  # names customer and document at once, and cannot be slipped into by chance
READ = ("full", "dated", "part")  # stands there; a slip, a cut end, an order or a range is our own reading


@lru_cache(maxsize=SIGNATURES)
def witnesses(signature: str) -> int:
    """How many of the three independent witnesses agree: what is quoted, how much it is, who pays.

    "none/exact/unknown", an amount and nothing else -> 1; "part/exact/unknown" -> 2; a creditor reference counts twice.
    A few digits do not count where the payer is known to be somebody else.
    """
    quoted, kind, payer = signature.split("/")
    is_read = quoted in READ and not (quoted == "part" and payer == "other")
    return (2 if quoted in SEALED else is_read) + (kind in FITTING) + (payer not in STRANGERS)


def probabilities(points: Sequence[int], nothing: int) -> list[int]:
    """Each proposal's share of a million beside its rivals and beside nothing: [1000, 0] and -300 -> [999953, 45]."""
    top = max(nothing, *points)
    weights = [math.exp((one - top) / 100) for one in points]
    total = sum(weights) + math.exp((nothing - top) / 100)
    return [math.floor(MILLION * weight / total) for weight in weights]


def floored(probability_ppm: int, signature: str, learnt: Mapping[str, tuple[int, int]]) -> int:
    """A probability after what experience says of its kind: 1,000,000 of a kind wrong once in a thousand -> 999,000."""
    wrong_ppm = _floor(signature)
    if signature in learnt:
        right, wrong = learnt[signature]
        wrong_ppm = (wrong_ppm * TRUST + wrong * MILLION) // (TRUST + right + wrong)
    return probability_ppm * (MILLION - min(MILLION, wrong_ppm)) // MILLION


@lru_cache(maxsize=SIGNATURES)
def _floor(signature: str) -> int:
    quoted, kind, payer = signature.split("/")
    return QUOTES.get(quoted, UNCOUNTED) + KINDS.get(kind, UNCOUNTED) + PAYERS.get(payer, UNCOUNTED)
