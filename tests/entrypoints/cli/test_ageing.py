"""`encours ageing`: the balance as JSON, CSV, workbook and table, for any day."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from encours.core.errors import EncoursError
from encours.entrypoints.cli import ageing, words
from tests.books import Books
from tests.cast import Company
from tests.documented import documented, shape

DAY = date(2026, 3, 31)


def call(*arguments: str) -> int:
    parser = words.Parser(prog="ageing")
    ageing.add_arguments(parser)
    return ageing.run(parser.parse_args(["--as-of", DAY.isoformat(), *arguments]))


@pytest.fixture
def filled(company: Company) -> Books:
    books = Books(company)
    books.invoice(company.acme, 100_000, issued=date(2026, 1, 30), due=date(2026, 3, 1))
    books.invoice(company.acme, 50_000, issued=date(2026, 3, 1), due=DAY)
    books.receipt(company.cobalt, 5_000, day=date(2026, 3, 3))
    return books


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    import json

    assert call(*arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


class TestAgeing:
    def test_json_is_as_documented(self, filled: Books, capsys: pytest.CaptureFixture[str]) -> None:
        found = document(capsys)
        assert shape(found) == shape(documented("ageing"))
        [acme, cobalt] = found["lines"]
        assert acme["buckets"]["days_1_30"] == {"amount": "1000.00", "currency": "EUR"}
        assert acme["buckets"]["not_due"]["amount"] == "500.00"
        assert cobalt["unapplied"]["amount"] == "-50.00"
        assert found["totals"][0]["total"]["amount"] == "1450.00"

    def test_asks_about_any_day(self, filled: Books, capsys: pytest.CaptureFixture[str]) -> None:
        found = document(capsys, "--as-of", "2026-02-28")
        assert found["totals"][0]["total"]["amount"] == "1000.00"

    def test_knows_nothing_before_it_was_recorded(self, filled: Books, capsys: pytest.CaptureFixture[str]) -> None:
        assert document(capsys, "--known-at", "2020-01-01")["lines"] == []

    def test_ages_by_issue_date(self, filled: Books, capsys: pytest.CaptureFixture[str]) -> None:
        found = document(capsys, "--basis", "issue", "--customer", "C001")
        assert found["lines"][0]["buckets"]["days_0_30"]["amount"] == "500.00"
        assert found["lines"][0]["buckets"]["days_31_60"]["amount"] == "1000.00"

    def test_csv_opens_in_a_spreadsheet(
        self, filled: Books, capsys: pytest.CaptureFixture[str], company: Company
    ) -> None:
        type(company.acme).objects.filter(pk=company.acme.pk).update(name="=HYPERLINK(1)")
        assert call("--csv") == 0
        text = capsys.readouterr().out
        assert text.startswith("\ufeff")
        separator = ";" if ";" in text.splitlines()[0] else ","
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=separator))
        assert len(rows) == 3
        assert rows[1][1] == "'=HYPERLINK(1)"
        assert rows[1][-1].replace(",", ".") == "1500.00"

    def test_workbook_holds_numbers(self, filled: Books, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "balance.xlsx"
        assert call("--xlsx", str(path)) == 0
        [_, first, _] = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
        assert (first[0], first[-1]) == ("C001", 1500.0)

    def test_table_reads_well(self, filled: Books, capsys: pytest.CaptureFixture[str]) -> None:
        assert call("--by", "collector") == 0
        text = capsys.readouterr().out
        assert "Nadia Ferrand" in text
        assert "450" in text

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("--as-of", "31/03/2026"), "day_unreadable"),
            (("--buckets", "90,30"), "bucket_limits_unusable"),
            (("--buckets", "a"), "bucket_limits_unusable"),
            (("--entity", "99"), "entity_unknown"),
            (("--customer", "99"), "customer_unknown"),
            (("--organisation", "nobody"), "organisation_unknown"),
        ],
    )
    def test_refuses_with_a_reason(self, filled: Books, arguments: tuple[str, ...], code: str) -> None:
        with pytest.raises(EncoursError) as refused:
            call(*arguments)
        assert refused.value.code == code
