"""`encours penalties`: the documented form, a missing rate, private persons."""

import json
from datetime import date

import pytest

from encours.core.errors import EncoursError
from encours.customers.models import Customer
from encours.entrypoints.cli import main, penalties, words
from tests.books import Books
from tests.documented import documented, shape

ISSUED, DUE = date(2025, 5, 1), date(2025, 5, 31)


def call(*arguments):
    parser = words.Parser(prog="test")
    penalties.add_arguments(parser)
    return int(penalties.run(parser.parse_args(arguments)))


@pytest.fixture
def late(company):
    """Acme paid 1 000.00 due on 31 May 2025 on 15 July."""
    books = Books(company)
    books.pay(
        books.invoice(company.acme, 100_000, issued=ISSUED, due=DUE, number="FA-2025-0311"), day=date(2025, 7, 15)
    )
    return company


def document(capsys, *arguments):
    assert call("--as-of", "2026-06-30", "--json", *arguments) == 0
    return json.loads(capsys.readouterr().out)


class TestPenalties:
    def test_is_a_command(self):
        assert main.COMMANDS["penalties"][0] == "penalties"

    def test_json_is_as_documented_to_the_cent(self, late, capsys):
        told = documented("penalties")
        found = document(capsys)
        assert shape(found) == shape(told)
        (item,) = found["items"]
        assert item["segments"] == told["items"][0]["segments"]
        assert found["totals"] == told["totals"]
        assert found["conventions"] == told["conventions"]

    def test_one_customer_alone(self, late, capsys):
        assert document(capsys, "--customer", "C002")["items"] == []
        assert len(document(capsys, "--customer", "C001")["items"]) == 1

    def test_before_the_due_date_there_is_nothing(self, late, capsys):
        assert call("--as-of", "2025-05-31", "--json") == 0
        assert json.loads(capsys.readouterr().out)["items"] == []

    def test_a_missing_rate_exits_1_and_names_the_half_year(self, late, capsys):
        Books(late).invoice(late.borealis, 100_000, issued=ISSUED, due=date(2026, 12, 1), number="F9")
        with pytest.raises(EncoursError) as refusal:
            call("--as-of", "2027-02-01", "--json")
        assert "2027 S1" in refusal.value.sentence
        found = json.loads(capsys.readouterr().out)
        assert [(one["invoice_number"], one["code"]) for one in found["refused"]] == [("F9", "ecb_rate_missing")]
        assert [item["interest"] for item in found["items"]] == [{"amount": "15.80", "currency": "EUR"}, None]

    def test_a_private_person_is_refused(self, late, capsys):
        Customer.objects.filter(pk=late.acme.pk).update(is_natural_person=True)
        with pytest.raises(EncoursError) as refusal:
            call("--as-of", "2026-06-30", "--customer", "C001")
        assert refusal.value.code == "not_between_professionals"
        assert document(capsys)["left_out"] == [{"reason": "natural_person", "customers": 1, "items": 1}]

    def test_for_a_person_it_prints_a_line_a_segment(self, late, capsys):
        assert call("--as-of", "2026-06-30") == 0
        printed = capsys.readouterr().out
        assert "FA-2025-0311" in printed
        assert "13,15" in printed or "13.15" in printed
        assert "10,81" in printed or "10.81" in printed
