"""The name of a file means the invoice it is the copy of, and never a piece of another one's number."""

import pytest

from encours.invoices import rules


@pytest.mark.parametrize(
    ("name", "key", "is_meant"),
    [
        ("FA-2026-4290.pdf", "fa20264290", True),
        ("Facture FA-2026-4290 Acme.pdf", "fa20264290", True),
        ("2026-11-19_FA-2026-4290 (1).pdf", "fa20264290", True),
        ("archives/2026/FA_2026_4290.PDF", "fa20264290", True),
        ("4290.pdf", "4290", True),
        ("Facture 4290 Acme.pdf", "4290", True),
        ("12345_Acme.pdf", "12345", True),
        ("FA-2026-4290.pdf", "20264290", True),
        ("FA-2026-4290-2.pdf", "fa20264290", False),  # another invoice, or a part of one
        ("AV-2026-4290.pdf", "20264290", False),  # a credit note of that year
        ("2026-11-19 FA-7.pdf", "2026", False),
        ("Acme 4290.pdf", "4290", False),
        ("rapport.pdf", "fa20264290", False),
    ],
)
def test_a_name_means_a_number(name, key, is_meant):
    assert (key in {one.key for one in rules.named_in(name)}) is is_meant


def test_the_longest_piece_comes_first():
    keys = [one.key for one in rules.named_in("FA-2026-4290-2.pdf")]
    assert keys == sorted(keys, key=len, reverse=True)


def test_an_advice_that_names_an_invoice_is_no_copy_of_it():
    assert rules.is_advice_name("Avis de virement FA-2026-4290.pdf")
    assert not rules.is_advice_name("Facture FA-2026-4290 Davison.pdf")


def test_only_a_pdf_of_a_bearable_size_is_kept():
    assert rules.copy_problem(b"%PDF-1.7 ...") == ""
    assert rules.copy_problem(b"MZ...") == "copy_not_pdf"
    assert rules.copy_problem(b"%PDF-" + bytes(rules.COPY_BYTES_MAX)) == "copy_too_large"
