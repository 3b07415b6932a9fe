"""One table per signal: what the bank says, and what it pays."""

import pytest

from encours.matching.rules import wording
from encours.matching.rules.facts import (
    AdviceLine,
    CustomerFacts,
    Learnt,
    Policy,
    RuleEffect,
    Status,
    Treatment,
    UserRule,
)
from encours.matching.rules.propose import propose
from tests.matching.rules.ledger_of_cases import (
    ACME,
    ACME_IBAN,
    BOREALIS,
    BOREALIS_IBAN,
    COBALT,
    CUSTOMERS,
    NORD,
    NORD_IBAN,
    TODAY,
    best_of,
    book,
    item,
    line,
    outcome_of,
    paid,
)

FA412 = {"FA-2026-00412": 120_000}

# what the payer wrote -> the reason it is read by; 1,200.00 from Acme's account
QUOTED = [
    ("VIR SEPA RECU /DE ACME /MOTIF FA-2026-00412", "quote_full"),
    ("fa 2026 00412", "quote_full"),
    ("REGLT FACT FA202600412", "quote_full"),
    ("N/FACT FA-2O26-OO4I2", "quote_full"),  # letters for digits
    ("2026-00412", "quote_dated"),
    ("FACT 2026/412", "quote_dated"),
    ("F26/412 MERCI", "quote_dated"),
    ("RECHNUNG 00412", "quote_padded"),
    ("FACTURE NO 412", "quote_bare"),
    ("FA-2026-004 12", "quote_split"),
    ("FA-2026-00\n412", "quote_split"),
    ("FA-2026-00421", "quote_swapped"),
    ("FA-2026-0412", "quote_dated"),
    ("FA-2026-00472", "quote_wrong"),
    ("FACTURE FA-2026-004", "quote_cut"),
    ("RF18 5390 0754 7034 MERCI", "quote_reference"),
]


@pytest.mark.parametrize(("text", "code"), QUOTED)
def test_a_number_is_read_however_mangled(text, code):
    found = outcome_of(line(120_000, text, iban=ACME_IBAN))
    assert found.status == Status.APPLIED, (found.why_not, found.best)
    assert paid(found.best) == FA412
    reasons = {reason.code for reason in found.best.reasons}
    assert any(reason.startswith("quote_") for reason in reasons)
    if code not in ("quote_split", "quote_cut", "quote_swapped", "quote_wrong"):
        assert code in reasons


def test_a_number_broken_by_the_line_of_the_bank_is_read_and_shown_where_it_stands():
    text = "VIR SEPA RECU /DE ACME DISTRIBU\nTION SAS /MOTIF REGLT FA-2026-0\n0412 /REF NOTPROVIDED"
    found = outcome_of(line(120_000, text))
    assert found.status == Status.APPLIED
    assert paid(found.best) == FA412
    quoted = [one for one in found.best.highlights if one.code == "full"]
    assert text[quoted[0].start : quoted[0].end] == "FA-2026-0\n0412"


def test_a_waiting_line_shows_its_payers_name_also_where_the_account_told_it():
    text = "VIR INST ACME DISTRIBUTION REGLEMENT"
    best = outcome_of(line(1_111, text, iban=ACME_IBAN)).best
    assert [text[one.start : one.end] for one in best.highlights if one.field == "text"] == ["ACME DISTRIBUTION"]


# several numbers in one text
LISTED = [
    ("FA-2026-00412, FA-2026-00415", 165_650, [412, 415]),
    ("FA-2026-00412/00415/00420", 263_881, [412, 415, 420]),
    ("FA-2026-00412/415/420", 263_881, [412, 415, 420]),
    ("REGLT 412 + 415 + 420", 263_881, [412, 415, 420]),
    ("FACTURES 00412 A 00420", 263_881, [412, 415, 420]),
    ("FA-2026-00412 ET FA-2026-00415 MOINS AV-2026-00031", 153_650, [412, 415, 31]),
    ("FA-2026-00412 ET FA-2026-00415 MOINS AVOIR", 153_650, [412, 415, 31]),
]


@pytest.mark.parametrize(("text", "amount", "numbers"), LISTED)
def test_several_numbers_are_read_together(text, amount, numbers):
    best = best_of(line(amount, text, iban=ACME_IBAN))
    assert sorted(int(number[-5:]) for number in paid(best)) == sorted(numbers)
    assert sum(paid(best).values()) == amount


# who pays: the account, the name as banks write it, the number, the text
PAYERS = [
    ({"iban": ACME_IBAN}, "payer_account"),
    ({"name": "ACME DISTRIBUTION"}, "payer_name"),
    ({"name": "SAS ACME DISTRIBUTION"}, "payer_name"),
    ({"name": "ACME DISTRIBUTI"}, "payer_cut_name"),
    ({"name": "ACME DISTRIBUTION LYON"}, "payer_name_and_town"),
    ({"name": "ACME DISTRIBUTIONS"}, "payer_alike_name"),
    ({"text": "VIR SEPA RECU /DE ACME DISTRIBUTION SAS /MOTIF REGLEMENT"}, "payer_name"),
    ({"text": "VIR ACME DISTRIBUTION FA-2026-00415"}, "payer_name"),
    ({"text": "VIR SEPA RECU /DE ACME DISTRI BUTION /MOTIF FA-2026-00415"}, "payer_name"),
    ({"name": "VIR SEPA ACME DISTRIBUTION"}, "payer_name"),
    ({"text": "CLIENT CL00101"}, "payer_number"),
]


@pytest.mark.parametrize(("shown", "code"), PAYERS)
def test_a_payer_is_known_by_what_the_line_shows(shown, code):
    best = best_of(line(45_650, **shown))
    assert paid(best) == {"FA-2026-00415": 45_650}
    assert best.reasons[-1].code == code


def test_an_account_confirmed_before_is_the_customers():
    learnt = Learnt(payers={"FR7699999999999999999999999": {ACME: 3}})
    best = best_of(line(45_650, iban="FR7699999999999999999999999"), book(learnt=learnt))
    assert best.reasons[-1].code == "payer_learnt_account"


def test_the_head_office_pays_for_its_daughter():
    best = best_of(line(66_613, "FA-2026-00501", iban=ACME_IBAN))
    assert (best.customer_id, best.reasons[-1].code) == (COBALT, "payer_group")


def test_a_factor_pays_what_it_quotes_in_full():
    found = outcome_of(line(120_000, "CESSION FA-2026-00412", name="Factor SA", iban="FR7611111111111111111111111"))
    assert (found.status, found.best.reasons[-1].code) == (Status.APPLIED, "payer_stranger")


# the amount: what came, and what becomes of the difference. 982.31 open, 2 % until today
AMOUNTS = [
    (98_231, "FA-2026-00420", {}, None),
    (96_266, "FA-2026-00420", {}, (Treatment.DISCOUNT, 1_965, True)),  # what the invoice allows, in time
    (98_229, "FA-2026-00420", {}, (Treatment.WRITE_OFF, 2, True)),
    (95_284, "FA-2026-00420 escompte 3%", {}, (Treatment.DISCOUNT, 2_947, False)),
    (96_731, "FA-2026-00420 moins frais bancaires", {}, (Treatment.CHARGE, 1_500, False)),
    (96_731, "FA-2026-00420", {"charges_minor": 1_500}, (Treatment.CHARGE, 1_500, False)),
    (90_000, "FA-2026-00420 déduction casse", {}, (Treatment.DEDUCTION, 8_231, False)),
    (90_000, "FA-2026-00420 Abzug Mangel", {}, (Treatment.DEDUCTION, 8_231, False)),
    (93_319, "FA-2026-00420 retenue de garantie 5%", {}, (Treatment.WITHHOLDING, 4_912, False)),
    (50_000, "FA-2026-00420 acompte", {}, (Treatment.PARTIAL, 48_231, False)),
    (50_000, "FA-2026-00420", {}, (Treatment.PARTIAL, 48_231, False)),
    (98_731, "FA-2026-00420", {}, (Treatment.ON_ACCOUNT, 500, False)),
]


@pytest.mark.parametrize(("amount", "text", "more", "left"), AMOUNTS)
def test_a_difference_is_told_from_its_size_and_words(amount, text, more, left):
    found = outcome_of(line(amount, text, iban=ACME_IBAN, **more))
    assert found.status == Status.APPLIED
    residuals = [(one.treatment, one.amount_minor, one.is_booked) for one in found.best.residuals]
    assert residuals == ([left] if left else [])
    assert sum(paid(found.best).values()) + found.best.on_account_minor == amount


def test_a_discount_taken_after_its_day_is_not_booked_alone():
    late = line(96_266, "FA-2026-00420", iban=ACME_IBAN, booking_date=TODAY.replace(day=20))
    residual = outcome_of(late).best.residuals[0]
    assert (residual.treatment, residual.is_booked) == (Treatment.DISCOUNT, False)


# nothing is quoted: the amount alone, within the payer's account
SILENT = [
    (45_650, ACME_IBAN, ["FA-2026-00415"]),
    (251_881, ACME_IBAN, ["AV-2026-00031", "FA-2026-00412", "FA-2026-00415", "FA-2026-00420"]),  # the whole account
    (165_650, ACME_IBAN, ["FA-2026-00412", "FA-2026-00415"]),  # the oldest two
    (327_777, BOREALIS_IBAN, ["FA-2026-00413", "FA-2026-00977"]),
]


@pytest.mark.parametrize(("amount", "iban", "numbers"), SILENT)
def test_a_silent_payment_finds_what_adds_up(amount, iban, numbers):
    assert sorted(paid(best_of(line(amount, "virement", iban=iban)))) == numbers


def test_two_items_of_the_same_amount_are_rivals_and_wait():
    found = outcome_of(line(150_000, "Zahlung", iban=NORD_IBAN))
    assert (found.status, found.why_not) == (Status.PROPOSED, "rivals")
    assert {number for one in (found.best, *found.rivals) for number in paid(one)} >= {"FA-2026-00666", "FA-2026-00667"}


def test_the_same_running_number_of_another_year_is_another_document():
    assert paid(best_of(line(31_407, "RE 2025-00412", iban=NORD_IBAN))) == {"FA-2025-00412": 31_407}


def test_a_number_settled_long_since_is_not_taken_for_its_neighbour():
    found = outcome_of(line(64_210, "FA-2026-00399", iban=ACME_IBAN))
    assert found.status != Status.APPLIED


STRANGER_IBAN = "FR7699999000019999999999942"

# of payer, reference and amount two must agree: 456.50 is open of Acme only
WITNESSES = [
    ({"text": "VIR SEPA", "name": "HOLDING PLEIN SUD", "iban": STRANGER_IBAN}, 45_650, "one_witness"),
    ({"text": "REMBOURSEMENT TVA 09/2026"}, 45_650, "one_witness"),
    ({"text": "FA-2026-00415", "iban": STRANGER_IBAN}, 30_000, "one_witness"),  # the number only
    ({"text": "ACOMPTE", "iban": ACME_IBAN}, 30_000, "silent"),  # the payer only
    ({"text": "FACT 415", "iban": NORD_IBAN}, 45_650, "one_witness"),  # a few digits, and another customer pays
    ({"text": "REMISE CB 415 DU 18/06"}, 45_650, "one_witness"),  # the bank's own numbers are none of ours
    ({"text": "CHQ N 0000415"}, 45_650, "one_witness"),
    ({"text": "CHQ 0084471 415"}, 45_650, ""),  # the invoice stands behind the cheque
    ({"text": "MANDATS 414 A 416"}, 45_650, "one_witness"),
    ({"text": "VIR DU 04/12 415 DU 18/06/2026", "iban": NORD_IBAN}, 45_650, "one_witness"),
    ({"text": "VIR", "iban": ACME_IBAN}, 45_650, ""),
    ({"text": "FA-2026-00415", "iban": STRANGER_IBAN}, 45_650, ""),
    ({"text": "FACT 415"}, 45_650, ""),
    ({"text": "FA-2026-00415", "iban": ACME_IBAN}, 30_000, ""),
    ({"text": "FA-2026-00415", "iban": NORD_IBAN}, 45_650, ""),
    ({"text": "RF18 5390 0754 7034", "iban": STRANGER_IBAN}, 50_000, ""),  # names customer and invoice at once
]


@pytest.mark.parametrize(("shown", "amount", "why_not"), WITNESSES)
def test_one_witness_is_none(shown, amount, why_not):
    found = outcome_of(line(amount, **shown))
    assert found.why_not == why_not, found.best
    assert (found.status == Status.APPLIED) is (why_not == "")


def test_an_exact_amount_is_not_taken_where_another_open_document_is_named():
    found = outcome_of(line(45_650, "FA-2026-00977", iban=ACME_IBAN))  # 977 is Borealis', 456.50 is Acme's 415
    assert (found.status, paid(found.best)) == (Status.PROPOSED, {"FA-2026-00415": 45_650})


def test_a_number_behind_the_word_for_invoice_that_is_not_open_is_somebody_elses():
    short = (item(1, ACME, "412", 120_000), item(2, ACME, "415", 45_650), item(3, ACME, "420", 98_000))
    known, unknown, none = (
        best_of(line(98_000, text, iban=ACME_IBAN), book(items=short)) for text in ("FACT 420", "FACT 187", "VIR")
    )
    assert known.points > none.points > unknown.points


# what banks leave of a name: cut at 31 characters, broken in two lines, the legal form begun
CUT_NAMES = [
    "VIR SEPA RECU /DE ACME D ISTRIBUTION /MOTIF REGLEMENT",
    "VIREMENT RECU ACME DISTRIBUTION S",
    "VIREMENT RECU ACME DISTRIBUTI",
    "VIR SEPA /DE ACME DISTRIBUT/MOTIF REGLEMENT",
]


@pytest.mark.parametrize("text", CUT_NAMES)
def test_a_name_the_bank_cut_is_read(text):
    found = outcome_of(line(45_650, text))
    assert found.status == Status.APPLIED, (found.why_not, found.best)
    shown = [one for one in found.best.highlights if one.field == "text"]
    assert text[shown[0].start : shown[0].end].startswith("ACME D")


def test_a_payers_name_with_a_begun_legal_form_is_a_cut_one():
    found = outcome_of(line(45_650, name="ACME DISTRIBUTION SA"[:19]))
    assert (found.status, found.best.reasons[-1].code) == (Status.APPLIED, "payer_cut_name")


def test_money_of_nobody_matches_nothing():
    found = outcome_of(line(120_000, "CARD SETTLEMENT BATCH 4123456", name="ACQUIRER EUROPE"))
    assert found.status != Status.APPLIED


def test_an_advice_gives_each_document_its_amount():
    advice = (
        AdviceLine("FA-2026-00412", 118_000, deduction_minor=2_000, deduction_reason="casse"),
        AdviceLine("415", 45_650),
    )
    best = best_of(line(163_650, "", iban=ACME_IBAN, advice=advice))
    assert paid(best) == {"FA-2026-00412": 118_000, "FA-2026-00415": 45_650}
    assert [(one.treatment, one.amount_minor) for one in best.residuals] == [(Treatment.DEDUCTION, 2_000)]


def test_a_payout_is_gross_less_fee():
    advice = (AdviceLine("FA-2026-00412", 118_200, deduction_minor=1_800, deduction_reason="fee"),)
    rule = UserRule(1, RuleEffect.PAYOUT, text_contains="payout")
    best = best_of(line(118_200, "PAYOUT", advice=advice), book(policy=Policy(rules=(rule,))))
    assert [(one.treatment, one.amount_minor) for one in best.residuals] == [(Treatment.CHARGE, 1_800)]


def test_another_currency_is_proposed_by_the_payers_order():
    dollars = item(50, ACME, "FA-2026-00700", 50_000, currency="USD")
    found = outcome_of(
        line(46_120, "FA-2026-00700", iban=ACME_IBAN, original_currency="USD", original_amount_minor=50_000),
        book(dollars),
    )
    assert (found.status, found.why_not, found.best.currency) == (Status.PROPOSED, "other_currency", "USD")
    assert paid(found.best) == {"FA-2026-00700": 50_000}


def test_an_instalment_is_chosen_by_its_amount():
    parts = (
        item(60, ACME, "FA-2026-00800", 30_000, instalment_number=1, instalment_count=2),
        item(61, ACME, "FA-2026-00800", 70_000, instalment_number=2, instalment_count=2),
    )
    found = propose(line(70_000, "FA-2026-00800", iban=ACME_IBAN), book(*parts))[0]
    assert [one.item_id for one in found.allocations] == [61]


# rules that people add
@pytest.mark.parametrize(
    ("rule", "status"),
    [
        (UserRule(1, RuleEffect.IGNORE, text_contains="virement interne"), Status.IGNORED),
        (UserRule(2, RuleEffect.BOOK, name_contains="banque", account="627"), Status.BOOKED),
        (UserRule(3, RuleEffect.NEVER_ALONE, amount_min_minor=100_000), Status.PROPOSED),
        (UserRule(4, RuleEffect.NEVER_CUSTOMER, iban=ACME_IBAN, customer_id=ACME), Status.UNMATCHED),
        (UserRule(5, RuleEffect.CUSTOMER, iban=ACME_IBAN, customer_id=ACME), Status.APPLIED),
        (UserRule(6, RuleEffect.IGNORE, direction="out"), Status.APPLIED),
        (UserRule(7, RuleEffect.PAYOUT, bank_code="payout"), Status.BOOKED),
        (UserRule(8, RuleEffect.PAYOUT, bank_code="fee"), Status.APPLIED),
    ],
)
def test_a_rule_of_the_user_decides_before_the_engine(rule, status):
    given = line(120_000, "Virement interne FA-2026-00412", iban=ACME_IBAN, name="Banque", bank_code="payout")
    assert outcome_of(given, book(policy=Policy(rules=(rule,)))).status == status


def test_what_a_person_undid_is_never_applied_alone_again():
    found = outcome_of(line(120_000, "FA-2026-00412", iban=ACME_IBAN, is_undone=True))
    assert (found.status, found.why_not) == (Status.PROPOSED, "undone_before")


def test_a_returned_payment_is_no_payment():
    assert outcome_of(line(-120_000, "FA-2026-00412", return_reason="AM04")).status == Status.RETURNED


def test_an_entity_does_not_receive_what_is_owed_to_another():
    apart = tuple(one._replace(entity_id=1) for one in (item(1, ACME, "FA-2026-00412", 120_000),))
    policy = Policy(entities_share=False)
    own, other = (line(120_000, "FA-2026-00412", iban=ACME_IBAN, entity_id=entity) for entity in (1, 2))
    assert outcome_of(own, book(items=apart, policy=policy)).status == Status.APPLIED
    assert outcome_of(other, book(items=apart, policy=policy)).status == Status.UNMATCHED


def test_every_reason_and_every_why_not_has_words():
    given = [line(amount, text, iban=ACME_IBAN, **more) for amount, text, more, _ in AMOUNTS]
    for one in (*given, line(150_000, "Zahlung", iban=NORD_IBAN), line(33_333, "", iban=NORD_IBAN)):
        for proposal in propose(one, book()):
            for reason in proposal.reasons:
                assert wording.sentence(reason) != reason.code
                assert "{" not in wording.sentence(reason)


def test_what_is_read_of_many_documents_in_one_way_is_one_sentence():
    best = best_of(line(263_881, "FA-2026-00412, FA-2026-00415, FA-2026-00420", iban=ACME_IBAN))
    told = [wording.sentence(one) for one in wording.gathered(best.reasons, most=2)]
    assert told[0] == "Quotes FA-2026-00412, FA-2026-00415 + 1."
    assert len(told) == 3
    assert sum(one.points for one in wording.gathered(best.reasons)) == sum(one.points for one in best.reasons)


def test_a_namesake_leaves_the_customer_open():
    twin = CustomerFacts(9, "CL00109", "Acme Distribution SARL", city="Nice")
    twins = book(item(90, 9, "FA-2026-00900", 45_650), customers=(*CUSTOMERS, twin))
    assert outcome_of(line(45_650, "", name="ACME DISTRIBUTION"), twins).status == Status.PROPOSED


def test_borealis_is_read_with_or_without_accents():
    assert best_of(line(250_000, "", name="BOREALIS ET FILS")).customer_id == BOREALIS


def test_nord_is_found_in_a_german_text():
    assert best_of(line(31_407, "Überweisung Nordbau GmbH RE 412")).customer_id == NORD


class TestListCutByTheBank:
    """A text that ends within a list: what the amount still needs is one item of the account, or nothing is sure."""

    TEXT = "VIR INST FA-2026-00412 FA-2026-"

    def test_the_only_item_that_makes_the_amount_whole_is_meant(self):
        found = outcome_of(line(120_000 + 45_650, self.TEXT, iban=ACME_IBAN))
        assert (found.status, paid(found.best)) == (
            Status.APPLIED,
            {"FA-2026-00412": 120_000, "FA-2026-00415": 45_650},
        )

    def test_two_items_of_the_same_amount_are_left_to_a_person(self):
        twin = item(11, ACME, "FA-2026-00418", 45_650, month=4)
        found = outcome_of(line(120_000 + 45_650, self.TEXT, iban=ACME_IBAN), book(twin))
        assert (found.status, found.why_not) == (Status.PROPOSED, "rivals")

    def test_what_no_item_makes_whole_is_left_to_a_person(self):
        found = outcome_of(line(120_000 + 33_333, self.TEXT, iban=ACME_IBAN))
        assert found.status == Status.PROPOSED
