"""What was learnt changes what is proposed: known payers, and evidence that was right or wrong."""

from encours.matching.rules import evidence
from encours.matching.rules.facts import Learnt
from tests.matching.rules.ledger_of_cases import ACME, best_of, book, line

NEW_IBAN = "FR7699999999999999999999999"


def test_a_payer_that_was_confirmed_is_known():
    learnt = Learnt(payers={NEW_IBAN: {ACME: 1}})
    later = best_of(line(45_650, "", iban=NEW_IBAN), book(learnt=learnt))
    assert later.reasons[-1].code == "payer_learnt_account"


def test_one_that_was_undone_as_often_is_not():
    learnt = Learnt(payers={NEW_IBAN: {ACME: 0}})
    assert best_of(line(45_650, "", iban=NEW_IBAN), book(learnt=learnt)).reasons[-1].code != "payer_learnt_account"


def test_evidence_that_was_wrong_lowers_what_it_is_worth_and_right_raises_it():
    kind = "none/pair/name"
    usual = evidence.floored(1_000_000, kind, {})
    assert (
        evidence.floored(1_000_000, kind, {kind: (0, 20)})
        < usual
        < evidence.floored(1_000_000, kind, {kind: (5_000, 0)})
    )


def test_rivals_share_what_is_likely():
    first, second = evidence.probabilities([500, 500], -300)
    assert first == second < 500_000
