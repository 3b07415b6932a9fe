"""`encours kpis` and `encours token`: the published example, the documented form, the history."""

import json
from datetime import date
from typing import Any

import pytest

from encours.access import tokens
from encours.access.models import ApiToken
from encours.core.errors import EncoursError
from encours.entrypoints.cli import kpis, token, words
from tests.books import Books
from tests.cast import Company
from tests.documented import documented, shape


def call(module: Any, *arguments: str) -> int:
    parser = words.Parser(prog="test")
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(arguments)))


@pytest.fixture
def autumn(company: Company) -> Books:
    """Sales of 700 in September (200 paid), 800 in October, 1 200 in November: 2 500 are owed on 30 November."""
    books = Books(company)
    september = books.invoice(company.acme, 70_000, issued=date(2026, 9, 10), due=date(2026, 12, 10))
    books.invoice(company.acme, 80_000, issued=date(2026, 10, 10), due=date(2026, 12, 31))
    books.invoice(company.acme, 120_000, issued=date(2026, 11, 10), due=date(2027, 1, 31))
    books.pay(september, day=date(2026, 11, 20), minor=20_000)
    return books


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert call(kpis, "--as-of", "2026-11-30", "--json", *arguments) == 0
    return json.loads(capsys.readouterr().out)


class TestKpis:
    def test_gives_the_published_countback(self, autumn: Books, capsys: pytest.CaptureFixture[str]) -> None:
        [found] = document(capsys)["currencies"]
        assert round(found["kpis"]["dso_countback"]["value"], 1) == 82.4
        assert found["kpis"]["outstanding"]["value"] == {"amount": "2500.00", "currency": "EUR"}
        assert found["kpis"]["dso_simple"]["value"] == round(2500 / 2700 * 91, 2)

    def test_json_is_as_documented(self, autumn: Books, capsys: pytest.CaptureFixture[str]) -> None:
        assert shape(document(capsys, "--history", "0")) == shape(documented("kpis"))

    def test_history_ends_on_the_day(self, autumn: Books, capsys: pytest.CaptureFixture[str]) -> None:
        [found] = document(capsys, "--history", "3")["currencies"]
        assert [month["as_of"] for month in found["history"]] == ["2026-09-30", "2026-10-31", "2026-11-30"]
        last = found["history"][-1]["kpis"]
        assert {code: found["kpis"][code] for code in last} == last

    def test_takes_a_period(self, autumn: Books, capsys: pytest.CaptureFixture[str]) -> None:
        assert call(kpis, "--from", "2026-11-01", "--to", "2026-11-30", "--json") == 0
        [found] = json.loads(capsys.readouterr().out)["currencies"]
        assert found["period"] == {"from": "2026-11-01", "to": "2026-11-30", "days": 30}
        assert found["kpis"]["sales"]["value"]["amount"] == "1200.00"

    def test_says_at_least_when_history_runs_out(self, autumn: Books, capsys: pytest.CaptureFixture[str]) -> None:
        autumn.pay(
            autumn.invoice(autumn.company.cobalt, 100, issued=date(2026, 8, 1), due=date(2026, 8, 1)),
            day=date(2026, 8, 1),
        )
        autumn.credit_note(autumn.company.cobalt, 100_000, issued=date(2026, 10, 1))
        [found] = document(capsys, "--gross")["currencies"]
        assert found["kpis"]["dso_countback"] == {"value": 122, "unit": "days", "is_lower_bound": True}

    def test_table_names_each_figure(self, autumn: Books, capsys: pytest.CaptureFixture[str]) -> None:
        assert call(kpis, "--as-of", "2026-11-30") == 0
        text = capsys.readouterr().out
        assert "DSO" in text
        assert "82" in text

    def test_empty_books_say_so(self, company: Company, capsys: pytest.CaptureFixture[str]) -> None:
        assert document(capsys)["currencies"] == []

    def test_refuses_an_upside_down_period(self, autumn: Books) -> None:
        with pytest.raises(EncoursError) as refused:
            call(kpis, "--from", "2026-12-01", "--to", "2026-11-30")
        assert refused.value.code == "period_unusable"


class TestToken:
    def test_is_issued_listed_and_revoked(self, company: Company, capsys: pytest.CaptureFixture[str]) -> None:
        email = company.collector.email
        assert call(token, "--issue", "ERP", "--user", email, "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert shape(found) == shape(documented("token"))
        assert ApiToken.objects.get().digest == tokens.digest_of(found["secret"])
        assert call(token, "--revoke", str(found["tokens"][0]["id"])) == 0
        assert email in capsys.readouterr().out
        assert ApiToken.objects.get().revoked_at is not None

    def test_is_for_people_of_the_organisation(self, company: Company) -> None:
        with pytest.raises(EncoursError) as refused:
            call(token, "--issue", "ERP", "--user", "nobody@example.org")
        assert refused.value.code == "person_unknown"
