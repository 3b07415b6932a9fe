"""How a company numbers is learnt from its own documents."""

import pytest

from encours.matching.rules import folding
from encours.matching.rules.numbering import Numbering

# how numbers are made from (running, year, month, customer), one of them, its prefix, what stands around, what runs
WAYS = [
    (lambda n, y, m, c: f"FA-{y}-{n:05d}", "FA-2026-00412", "FA", ("2026",), "00412"),
    (lambda n, y, m, c: f"F{y}/{n:04d}", "F2026/0412", "F", ("2026",), "0412"),
    (lambda n, y, m, c: f"{y}{n:05d}", "202600412", "", ("2026",), "00412"),
    (lambda n, y, m, c: f"VTE{n:06d}", "VTE000412", "VTE", (), "000412"),
    (lambda n, y, m, c: str(4_000 + n), "4412", "", (), "4412"),
    (lambda n, y, m, c: f"INV{y % 100}{m:02d}-{n:04d}", "INV2607-0412", "INV", ("2607",), "0412"),
    (lambda n, y, m, c: f"{y}-{m:02d}-{n:04d}", "2026-07-0412", "", ("2026", "07"), "0412"),
    (lambda n, y, m, c: f"C{c:05d}-{y % 100}-{n:03d}", "C00007-26-412", "C", ("00007", "26"), "412"),
]


@pytest.mark.parametrize(("way", "number", "prefix", "around", "sequence"), WAYS)
def test_the_running_part_is_told_from_year_month_and_customer(way, number, prefix, around, sequence):
    documents = [
        (way(index, 2025 + index // 300, 1 + index % 12, index % 40), 2025 + index // 300, 1 + index % 12, index % 40)
        for index in range(1, 600)
    ]
    parts = Numbering(documents).parts(number)
    assert (parts.prefix, parts.around, parts.sequence) == (prefix, around, sequence)


def test_the_running_part_alone_reads_as_the_whole_taken_apart():
    documents = [(f"FA-2026-{index:05d}", 2026, 5, 1) for index in range(300)]
    numbering = Numbering(documents)
    assert numbering.sequence("FA-2026-00412") == numbering.parts("FA-2026-00412").sequence == "00412"
    assert numbering.is_of_a_pattern("FA-2026-99999")
    assert not numbering.is_of_a_pattern("AV-2026-99999")


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("S.à r.l. Müller & Söhne", "MUELLER SOEHNE"),
        ("SAS Dupré et Cie", "DUPRE"),
        ("DUPRE SAS", "DUPRE"),
        ("Ets. Le Goff", "LE GOFF"),
        ("Nordbau GmbH & Co. KG", "NORDBAU"),
        ("SA", "SA"),
    ],
)
def test_a_name_is_compared_without_its_legal_form(name, core):
    assert folding.core(name) == core


def test_a_label_cut_into_lines_is_one_text_again():
    text = "VIR SEPA RECU /DE BOULANGERIE L\nINDQVIST SA /MOTIF PAIEMENT F20\n26/30222"
    joined, removed = folding.unwrapped(text)
    assert joined == "VIR SEPA RECU /DE BOULANGERIE LINDQVIST SA /MOTIF PAIEMENT F2026/30222"
    assert removed == [31, 63]


def test_plain_text_keeps_every_character_in_its_place():
    text = "Réglt n°4 — Œuvre ß Łódź 💶"
    assert len(folding.plain(text)) == len(text)
