"""`encours statement`: the documented form, the PDF, and a customer that does not exist."""

import json
from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from encours.customers.queries import CustomerUnknown
from encours.entrypoints.cli import main, statement, words
from tests.books import Books
from tests.documented import documented, shape


def call(*arguments):
    parser = words.Parser(prog="test")
    statement.add_arguments(parser)
    return int(statement.run(parser.parse_args(["--customer", "C001", "--as-of", "2026-10-31", *arguments])))


@pytest.fixture
def owing(company):
    Books(company).invoice(company.acme, 120_000, issued=date(2026, 8, 1), due=date(2026, 9, 1), number="F-1")
    return company


class TestStatement:
    def test_is_a_command(self):
        assert main.COMMANDS["statement"][0] == "statement"

    def test_json_is_as_documented(self, owing, capsys):
        assert call("--json") == 0
        found, told = json.loads(capsys.readouterr().out), documented("statement")
        assert shape(found) == shape(told)
        assert found["statements"][0]["items"] == told["statements"][0]["items"]
        assert found["statements"][0]["aged"] == told["statements"][0]["aged"]

    def test_is_written_as_a_pdf(self, owing, tmp_path, capsys):
        assert call("--pdf", str(tmp_path / "statement.pdf")) == 0
        pages = PdfReader(BytesIO((tmp_path / "statement.pdf").read_bytes())).pages
        assert "F-1" in pages[0].extract_text()
        with pytest.raises(statement.FileUnwritable):
            call("--pdf", str(tmp_path / "nowhere" / "statement.pdf"))

    def test_is_printed_for_people(self, owing, capsys):
        assert call() == 0
        assert "F-1" in capsys.readouterr().out

    def test_of_nobody_is_refused(self, owing):
        with pytest.raises(CustomerUnknown):
            call("--customer", "C999")
