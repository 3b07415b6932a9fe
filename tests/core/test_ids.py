"""Identifiers: normal form, or the reason why not."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.core.ids import (
    Checked,
    IdentifierWrong,
    check_bic,
    check_creditor_reference,
    check_email,
    check_iban,
    check_siren,
    check_siret,
    check_vat_number,
    creditor_reference,
    grouped,
    grouped_siren,
    masked_iban,
    vat_number_of_siren,
)

ACCOUNT = "FR7630006000011234567890189"


@pytest.mark.parametrize(
    ("check", "text", "value"),
    [
        (check_siren, "732 829 320", "732829320"),
        (check_siren, "356000000", "356000000"),
        (check_siret, "732 829 320 00074", "73282932000074"),
        (check_siret, "35600000049837", "35600000049837"),  # La Poste counts its offices in fives
        (check_vat_number, "fr 44 732 829 320", "FR44732829320"),
        (check_vat_number, "BE697449992", "BE0697449992"),
        (check_vat_number, "GB980780684", "GB980780684"),
        (check_iban, "FR76 3000 6000 0112 3456 7890 189", ACCOUNT),
        (check_bic, "agrifrpp", "AGRIFRPP"),
        (check_email, " Compta@Dupre.FR ", "Compta@dupre.fr"),
        (check_email, "ap+fr@accounts.example.co.uk", "ap+fr@accounts.example.co.uk"),
        (check_creditor_reference, "RF18 5390 0754 7034", "RF18539007547034"),
    ],
)
def test_what_is_right_takes_its_one_normal_form(check: Callable[[str], Checked], text: str, value: str) -> None:
    assert check(text) == Checked(value)
    assert check(text).required() == value


@pytest.mark.parametrize(
    ("check", "text", "reason"),
    [
        (check_siren, "732829321", "wrong_check_digits"),
        (check_siren, "73282932", "wrong_length"),
        (check_siren, "dupré", "wrong_characters"),
        (check_siret, "35600000049838", "wrong_check_digits"),
        (check_vat_number, "FR45732829320", "wrong_check_digits"),
        (check_vat_number, "US123", "unknown_country"),
        (check_vat_number, "", "unknown_country"),
        (check_iban, "FR7630006000011234567890188", "wrong_check_digits"),
        (check_iban, "FR76 3000 6000", "wrong_length"),
        (check_iban, "ZZ7630006000011234567890188", "unknown_country"),
        (check_bic, "BNPAFRPPXX", "wrong_length"),
        (check_email, "a@b", "wrong_characters"),
        (check_email, "a..b@c.fr", "wrong_characters"),
        (check_email, "jérôme@c.fr", "wrong_characters"),
        (check_email, "a@c.fr; b@c.fr", "wrong_characters"),
        (check_email, "", "wrong_characters"),
        (check_creditor_reference, "RF17539007547034", "wrong_check_digits"),
        (check_creditor_reference, "539007547034", "wrong_characters"),
    ],
)
def test_what_is_wrong_says_why(check: Callable[[str], Checked], text: str, reason: str) -> None:
    checked = check(text)
    assert checked.fault is not None
    assert checked.fault.code == reason
    assert checked.fault.label in checked.fault.sentence
    with pytest.raises(IdentifierWrong):
        checked.required()


@given(
    st.text(max_size=30),
    st.sampled_from([check_siren, check_siret, check_vat_number, check_iban, check_bic, check_email]),
)
def test_no_text_crashes_a_check(text: str, check: Callable[[str], Checked]) -> None:
    assert isinstance(check(text), Checked)


def test_the_french_vat_number_follows_from_the_siren() -> None:
    assert vat_number_of_siren("732829320") == "FR44732829320"


class TestCreditorReference:
    def test_is_read_off_the_number(self) -> None:
        assert creditor_reference("F-2026-0042") == "RF69F20260042"
        assert creditor_reference("0042", prefix="C") == creditor_reference("C0042")

    @given(st.text(min_size=1, max_size=60))
    def test_is_always_right_always_the_same_and_never_too_long(self, number: str) -> None:
        reference = creditor_reference(number)
        assert check_creditor_reference(reference).is_right
        assert reference == creditor_reference(number)
        assert len(reference) <= 25

    def test_keeps_long_numbers_apart(self) -> None:
        long = "FACTURE-2026-LYON-0000000000"
        assert creditor_reference("A" + long) != creditor_reference("B" + long)


def test_people_read_groups_and_strangers_read_a_mask() -> None:
    assert grouped(ACCOUNT) == "FR76 3000 6000 0112 3456 7890 189"
    assert grouped_siren("73282932000074") == "732 829 320 00074"
    assert masked_iban(ACCOUNT) == "FR76 •••• 0189"
    assert masked_iban("123") == "••••"
