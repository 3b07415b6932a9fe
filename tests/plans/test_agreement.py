"""The agreement on paper: the mentions the law wants, in both languages, as a PDF that reads back."""

import io
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from pypdf import PdfReader

from encours.plans.rules.agreement import Agreement, Covered, Part, Party, in_words, pdf
from encours.plans.rules.schedule import Clause

AGREEMENT = Agreement(
    number="PLAN-2026-0001",
    language="fr",
    day=date(2026, 12, 1),
    creditor=Party("Brévanne SAS", "SAS au capital de 50 000 €, 552 100 554 RCS Nantes"),
    debtor=Party("Acme", "1 rue du Port, 44000 Nantes"),
    currency="EUR",
    covered=[Covered("F-1", date(2026, 10, 1), 1_200_00)],
    parts=[Part(0, date(2026, 12, 1), 200_00), Part(1, date(2027, 1, 4), 500_00), Part(2, date(2027, 2, 4), 500_00)],
    principal_minor=1_200_00,
    fee_minor=0,
    interest_minor=0,
    clause=Clause.NONE,
    percent=Decimal(0),
    grace_days=8,
    accelerates=True,
    breaks_alone=True,
    revives_penalties=True,
    is_business=True,
    iban="FR76 3000 4000 0312 3456 7890 143",
)


def text_of(agreement):
    pages = PdfReader(io.BytesIO(pdf(agreement))).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


class TestAgreement:
    def test_acknowledges_the_debt_in_figures_and_words(self):
        text = text_of(AGREEMENT)
        assert "reconnaît devoir" in text
        assert "mille deux cents euros" in text
        assert "Acompte" in text

    @pytest.mark.parametrize(
        ("change", "there", "not_there"),
        [
            ({}, "Déchéance du terme", "Les échéances à venir conservent"),
            ({"accelerates": False}, "Les échéances à venir conservent", "Déchéance du terme"),
            ({}, "sans mise en demeure préalable", "par simple écrit"),
            ({"breaks_alone": False}, "par simple écrit", "sans mise en demeure préalable"),
            ({}, "n’emporte pas novation", "3,50"),
            ({}, "comme si le présent accord n’avait pas été conclu", "reste acquise"),
            ({"revives_penalties": False}, "reste acquise", "comme si le présent accord"),
            ({"is_business": False}, "titre exécutoire", "comme si le présent accord"),
            ({"clause": Clause.STATUTORY}, "L441-10", "renonce aux pénalités"),
            ({"clause": Clause.AGREED, "percent": Decimal("3.50"), "interest_minor": 5_00}, "3,50 %", "renonce aux"),
            ({"language": "en"}, "no novation", "novation :"),
            ({"language": "en"}, "Acceleration", "Déchéance"),
        ],
    )
    def test_says_what_was_chosen_and_nothing_else(self, change, there, not_there):
        text = text_of(replace(AGREEMENT, **change))
        assert there in text
        assert not_there not in text

    def test_the_same_agreement_gives_the_same_bytes(self):
        assert pdf(AGREEMENT) == pdf(AGREEMENT)

    def test_what_a_customer_is_called_is_never_markup(self):
        debtor = Party('#read("/etc/passwd") *fat*', "x")
        assert '#read("/etc/passwd") *fat*' in text_of(replace(AGREEMENT, debtor=debtor))


@pytest.mark.parametrize(
    ("minor", "language", "expected"),
    [
        (1_234_56, "fr", "mille deux cent trente-quatre euros et cinquante-six centimes"),
        (80_00, "fr", "quatre-vingts euros"),
        (1_00, "fr", "un euro"),
        (1_000_000_00, "fr", "un million d’euros"),
        (1_01, "en", "one euro and one cent"),
    ],
)
def test_amounts_in_words(minor, language, expected):
    assert in_words(minor, "EUR", language) == expected
