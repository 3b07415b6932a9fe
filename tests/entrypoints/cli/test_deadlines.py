"""`encours deadlines`: the documented form, the horizon, one customer."""

import json
from datetime import timedelta

import pytest

from encours.entrypoints.cli import deadlines, main, words
from tests.collections import books
from tests.collections.books import TODAY
from tests.documented import documented, shape


def call(capsys, *arguments):
    parser = words.Parser(prog="test")
    deadlines.add_arguments(parser)
    assert int(deadlines.run(parser.parse_args(["--as-of", TODAY.isoformat(), *arguments]))) == 0
    return capsys.readouterr().out


@pytest.fixture
def old(company):
    """An invoice that was due almost five years ago, paid in part last month."""
    item = books.post(company, company.acme, "FA-1", late=5 * 365 - 20, amount=1_000_00)
    books.pay(company, company.acme, "P1", 100_00, day=TODAY - timedelta(days=30), on=item)
    return item


def test_is_a_command():
    assert main.COMMANDS["deadlines"][0] == "deadlines"


def test_prints_the_documented_form(old, capsys):
    document = json.loads(call(capsys, "--json"))
    assert shape(document) == shape(documented("deadlines"))
    (one,) = document["deadlines"]
    assert one["safe_date"] < one["possible_date"]


def test_looks_only_as_far_as_asked(old, capsys):
    assert json.loads(call(capsys, "--json", "--days", "3"))["deadlines"] == []
    assert json.loads(call(capsys, "--json", "--customer", "C002"))["deadlines"] == []
    assert "FA-1" in call(capsys, "--customer", "C001")
