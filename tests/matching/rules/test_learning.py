"""What confirmations and undos teach, and what it changes."""

from encours.matching.rules import evidence
from encours.matching.rules.facts import Learnt, Residual, Treatment
from encours.matching.rules.learning import Decision, update
from encours.matching.rules.propose import propose
from tests.matching.rules.ledger_of_cases import ACME, best_of, book, item, line

NEW_IBAN = "FR7699999999999999999999999"


def decided(amount, *, is_confirmed=True, text="FA-2026-00412", learnt=None):
    given = line(amount, text, iban=NEW_IBAN, name="LOGIPARC")
    proposal = next(one for one in propose(given, book()) if one.customer_id == ACME)
    return update(learnt or Learnt(), Decision(given, proposal, is_confirmed))


def test_a_confirmed_match_makes_the_payer_known():
    learnt = decided(120_000)
    assert learnt.payers[NEW_IBAN] == {ACME: 1}
    assert learnt.names["LOGIPARC"] == {ACME: 1}
    later = best_of(line(45_650, "", iban=NEW_IBAN), book(learnt=learnt))
    assert later.reasons[-1].code == "payer_learnt_account"


def test_an_undo_takes_the_lesson_back_and_counts_against_the_evidence():
    learnt = decided(120_000, is_confirmed=False, learnt=decided(120_000))
    assert learnt.payers[NEW_IBAN] == {ACME: 0}
    assert list(learnt.evidence.values()) == [(0, 1)]
    assert best_of(line(45_650, "", iban=NEW_IBAN), book(learnt=learnt)).reasons[-1].code != "payer_learnt_account"


def test_nothing_given_is_changed():
    before = Learnt(payers={NEW_IBAN: {ACME: 1}})
    update(before, Decision(line(1, iban=NEW_IBAN), best_of(line(120_000, "FA-2026-00412")), True))
    assert before.payers == {NEW_IBAN: {ACME: 1}}


def test_a_rate_kept_twice_is_a_habit():
    given = line(87_500, "FA-2026-00900", iban=NEW_IBAN)
    fresh = book(item(99, ACME, "FA-2026-00900", 90_000))
    proposal = best_of(given, fresh)._replace(
        residuals=(Residual(Treatment.DISCOUNT, 2_500, 99, "FA-2026-00900"),), customer_id=ACME
    )
    learnt = update(update(Learnt(), Decision(given, proposal, True)), Decision(given, proposal, True))
    assert learnt.habits[ACME].short_by_permyriad == {278: 2}


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
