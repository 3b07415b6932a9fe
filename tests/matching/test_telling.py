"""What a run tells while the database writes is what is read from the books afterwards."""

from datetime import date
from decimal import Decimal

import pytest

from encours.access import context
from encours.matching.queries import told
from encours.matching.rules import wording
from encours.matching.rules.facts import Reason
from tests.books import Books
from tests.cast import Company
from tests.matching.bank import TODAY, Bank

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(company: Company) -> Bank:
    """Lines that a run applies, keeps for a person, and can make nothing of."""
    books, days = Books(company), {"issued": date(2026, 9, 1), "due": date(2026, 10, 1)}
    books.invoice(company.acme, 120_000, number="F-2026-0412", **days)
    books.invoice(company.acme, 80_000, number="F-2026-0413", **days)
    books.invoice(company.borealis, 99_000, number="F-2026-0501", **days)
    made = Bank(company)
    made.line(120_000, text="VIR F-2026-0412", counterparty_name="ACME SA", counterparty_iban="FR1")
    made.line(60_000, text="ACOMPTE F-2026-0413", counterparty_name="ACME SA")
    made.line(97_020, text="F-2026-0501 escompte 2 %", counterparty_name="BOREALIS")
    made.line(4_242, text="divers", ultimate_name="Personne")
    made.line(-1_250, text="frais")
    return made


def sentence(reason: Reason, currency: str) -> str:
    return wording.sentence(reason, currency=currency, translate=str)


def test_of_a_run_is_the_same_as_read_back(bank: Bank, company: Company) -> None:
    result = bank.run(tell=lambda rows: [told.document(row, sentence, is_new=True) for row in rows])
    assert len(result.told) == 5
    with context.bound(company.organisation_id):
        given = {"today": TODAY, "run_line_ids": result.line_ids, "sentence": sentence, "made": dict}
        read_back = told.told(company.organisation_id, **given)
        joined = told.told(company.organisation_id, **given, known=result.told)
    assert [one for _, one in result.told.values()] != []
    assert sorted((one for _, one in result.told.values()), key=lambda one: one["line"]) == read_back
    assert joined == read_back
    assert {one["status"] for one in read_back} >= {"applied", "unmatched"}
    assert Decimal(read_back[0]["allocations"][0]["amount"]["amount"]) == 1_200


def test_of_a_run_that_only_proposes_is_too(bank: Bank, company: Company) -> None:
    result = bank.run(propose_only=True, tell=lambda rows: [told.document(row, sentence, is_new=True) for row in rows])
    read_back = told.told(
        company.organisation_id, today=TODAY, run_line_ids=result.line_ids, sentence=sentence, made=dict
    )
    assert sorted((one for _, one in result.told.values()), key=lambda one: one["line"]) == read_back
    assert "asked" in {one["why_not"] for one in read_back}
