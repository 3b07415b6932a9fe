"""`encours journal`: what accounting does not have, all of it or of some days, each posting in one file."""

import argparse
import json
from datetime import date

import pytest

from encours.access.models import Entity
from encours.entrypoints.cli import journal, main
from tests.documented import documented, shape
from tests.matching.bank import set_up


@pytest.fixture
def posted(company):
    """Two payments, in October and in November, applied by a run."""
    books, bank = set_up(company)
    for number, day in (("F-2026-0412", date(2026, 10, 20)), ("F-2026-0413", date(2026, 11, 12))):
        books.invoice(company.acme, 810_33, issued=date(2026, 9, 1), due=date(2026, 10, 1), number=number)
        bank.line(810_33, day=day, text=f"VIR SEPA RECU {number}", counterparty_iban=company.acme.iban)
    assert bank.run().applied == 2
    return company


def call(*words):
    parser = argparse.ArgumentParser()
    journal.add_arguments(parser)
    return journal.run(parser.parse_args([*words]))


def document(capsys, *words):
    assert call("--json", *words) == 0
    return json.loads(capsys.readouterr().out)


class TestJournal:
    def test_is_a_command(self):
        assert main.COMMANDS["journal"][0] == "journal"

    def test_holds_the_postings_of_the_days_asked_for_and_then_the_rest(self, posted, capsys, tmp_path):
        first = document(capsys, "--from", "2026-10-01", "--to", "2026-10-31", "--output", str(tmp_path / "oct.txt"))
        assert shape(first) == shape(documented("journal"))
        assert (first["journals"][0]["number"], first["journals"][0]["rows"]) == (1, 2)
        text = (tmp_path / "oct.txt").read_text()
        assert "20261020" in text
        assert "20261112" not in text
        rest = document(capsys, "--output", str(tmp_path / "rest.txt"))
        assert (rest["journals"][0]["number"], rest["journals"][0]["from"]) == (2, None)
        assert "20261112" in (tmp_path / "rest.txt").read_text()
        assert [one["number"] for one in document(capsys, "--list")["journals"]] == [2, 1]

    def test_is_refused_when_nothing_is_left(self, posted, capsys):
        document(capsys)
        assert call() == 1
        assert call("--from", "2026-10-01") == 1
        assert "2026-10-01" in capsys.readouterr().err

    @pytest.mark.parametrize("words", [("--from", "2026-11-01", "--to", "2026-10-01"), ("--from", "octobre"),
                                       ("--entity", "99"), ("--number", "7")])  # fmt: skip
    def test_says_what_is_wrong_with_a_call(self, posted, words):
        assert call(*words) == 1

    def test_what_was_refused_goes_into_the_next_file(self, posted, capsys):
        document(capsys)
        assert document(capsys, "--number", "1")["journals"][0]["attempts"] == 2
        refused = document(capsys, "--refuse", "1", "--reference", "compte 5121 inconnu")["journals"][0]
        assert (refused["state"], refused["reference"]) == ("refused", "compte 5121 inconnu")
        again = document(capsys)["journals"][0]
        assert (again["number"], again["rows"]) == (2, 4)
        assert document(capsys, "--acknowledge", "2")["journals"][0]["state"] == "acknowledged"
        assert call("--refuse", "2") == 1

    def test_a_file_that_is_there_is_not_written_over(self, posted, tmp_path, capsys):
        there = tmp_path / "journal.txt"
        there.write_text("mine")
        assert call("--output", str(there)) == 1
        assert there.read_text() == "mine"
        assert document(capsys, "--list")["journals"] == []

    def test_asks_which_company_where_there_are_several(self, posted, capsys):
        Entity.objects.create(organisation=posted.organisation, code="02", name="Brévanne Sud")
        assert call() == 1
        assert "01, 02" in capsys.readouterr().err
        assert document(capsys, "--entity", "01")["journals"][0]["rows"] == 4
