"""`encours match`: what is applied and why, as programs read it, and what a second call tells."""

import argparse
import json
from datetime import date

import pytest

from encours.entrypoints.cli import main, match
from tests.documented import documented, shape
from tests.matching.bank import open_of, set_up


@pytest.fixture
def brevanne(company):
    books, bank = set_up(company)
    owed = books.invoice(company.acme, 810_33, issued=date(2026, 10, 1), due=date(2026, 10, 31), number="F-2026-0412")
    books.invoice(company.borealis, 318_07, issued=date(2026, 10, 2), due=date(2026, 11, 1), number="F-2026-0413")
    bank.line(794_12, text="VIR SEPA RECU F-2026-0412 ESC 2 %", counterparty_iban=company.acme.iban,
              counterparty_name="ACME")  # fmt: skip
    bank.line(91_17, text="REMB TROP PERCU 4471", counterparty_name="MUTUELLE DU LITTORAL")
    return company, owed


def document(capsys, *words):
    parser = argparse.ArgumentParser()
    match.add_arguments(parser)
    assert match.run(parser.parse_args(["--as-of", "2026-11-20", "--json", *words])) == 0
    return json.loads(capsys.readouterr().out)


class TestMatch:
    def test_is_a_command(self):
        assert main.COMMANDS["match"][0] == "match"

    def test_tells_each_line_with_its_reasons(self, brevanne, capsys):
        _, owed = brevanne
        found = document(capsys)
        assert shape(found) == shape(documented("match"))
        line = found["lines"][0]
        assert (line["status"], line["customer_number"]) == ("applied", "C001")
        assert line["allocations"] == [
            {"invoice_number": "F-2026-0412", "amount": {"amount": "794.12", "currency": "EUR"}}
        ]
        assert line["residual"]["amount"] == {"amount": "16.21", "currency": "EUR"}
        assert 0.9 < line["probability"] <= 1
        assert all(reason["text"] for reason in line["reasons"])
        assert open_of(owed) == 16_21

    def test_a_second_call_applies_nothing_and_tells_the_whole(self, brevanne, capsys):
        first = document(capsys)
        again = document(capsys)
        assert again["counts"]["applied"] == 0
        assert again["earlier"]["applied"] == first["counts"]["applied"] == 1
        assert [line["line"] for line in again["lines"]] == [line["line"] for line in first["lines"]]

    def test_propose_only_leaves_the_books_alone(self, brevanne, capsys):
        _, owed = brevanne
        found = document(capsys, "--propose-only")
        assert (found["counts"]["applied"], open_of(owed)) == (0, 810_33)
        assert found["lines"][0]["status"] == "proposed"
