"""What the API answers, and that its figures are those of the command line and the desk."""

import json
from datetime import date
from typing import Any

import pytest

from encours.analytics.rules.definitions import DEFINITIONS
from encours.entrypoints import figures, formats
from encours.entrypoints.cli import words
from encours.entrypoints.cli.main import _run
from encours.invoices.models import Document
from encours.payments.models import Receipt
from tests.books import Books
from tests.cast import Company
from tests.entrypoints.api.conftest import TODAY, Program


def printed(capsys: pytest.CaptureFixture[str], command: str, *arguments: str) -> Any:
    """What a command prints as JSON."""
    import importlib

    module = importlib.import_module(f"encours.entrypoints.cli.{command}")
    parser = words.Parser(prog=command)
    module.add_arguments(parser)
    assert _run(module, parser.parse_args([*arguments, "--json"])) == 0
    return json.loads(capsys.readouterr().out)


class TestLists:
    def test_customers_are_paged_to_the_end(self, program: Program, filled: Books) -> None:
        seen, cursor = [], None
        while True:
            asked = {"limit": 1, "sort": "outstanding"} | ({"cursor": cursor} if cursor else {})
            page = program.read("customers", **asked)
            seen += [row["customer_number"] for row in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == ["C001", "C002", "C003"]

    def test_customers_carry_what_they_owe(self, program: Program, filled: Books) -> None:
        [acme] = program.read("customers/C001")
        assert acme["outstanding"] == {"amount": "1500.00", "currency": "EUR"}
        assert acme["customer_name"] == "Acme"

    def test_open_items_of_a_past_day(self, program: Program, filled: Books) -> None:
        found = program.read("open-items", as_of="2026-02-10")["items"]
        assert [(row["open"]["amount"], row["days_late"]) for row in found] == [("800.00", 6), ("1000.00", -19)]

    def test_open_items_are_paged(self, program: Program, filled: Books) -> None:
        first = program.read("open-items", as_of=TODAY, limit=2)
        rest = program.read("open-items", as_of=TODAY, limit=2, cursor=first["next_cursor"])
        numbers = [row["invoice_number"] for row in [*first["items"], *rest["items"]]]
        assert len(numbers) == len(set(numbers)) == 3
        assert rest["next_cursor"] is None

    def test_documents_and_receipts(self, program: Program, company: Company) -> None:
        common = {"organisation": company.organisation, "entity": company.entity, "customer": company.acme}
        for number in ("F1", "F2", "F3"):
            Document.objects.create(
                **common, kind="invoice", number=number, issue_date=TODAY, currency="EUR", gross_minor=12_345,
                fingerprint=bytes(16),
            )  # fmt: skip
        Receipt.objects.create(**common, number="R1", received_date=TODAY, currency="EUR", amount_minor=500)
        first = program.read("documents", limit=2)
        rest = program.read("documents", limit=2, cursor=first["next_cursor"])
        assert [row["invoice_number"] for row in [*first["items"], *rest["items"]]] == ["F3", "F2", "F1"]
        [document] = program.read("documents/F1")
        assert document["gross"] == {"amount": "123.45", "currency": "EUR"}
        [receipt] = program.read("receipts", customer_number="C001")["items"]
        assert (receipt["receipt_number"], receipt["amount"]["amount"]) == ("R1", "5.00")


class TestFigures:
    def test_ageing_is_that_of_the_command_line(
        self, program: Program, filled: Books, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for by in ("customer", "collector", "segment", "entity", "country"):
            asked = program.read("ageing", as_of=TODAY, by=by)
            assert asked == printed(capsys, "ageing", "--as-of", TODAY.isoformat(), "--by", by)

    def test_kpis_are_those_of_the_command_line(
        self, program: Program, filled: Books, capsys: pytest.CaptureFixture[str]
    ) -> None:
        asked = program.read("kpis", as_of=TODAY, history=3)
        shown = printed(capsys, "kpis", "--as-of", TODAY.isoformat(), "--history", "3")
        assert asked["currencies"] == shown["currencies"]
        assert asked["fingerprint"] == shown["fingerprint"]

    def test_desk_shows_the_same_totals(self, program: Program, filled: Books) -> None:
        [total] = program.read("ageing", as_of=TODAY)["totals"]
        program.force_login(filled.company.collector)
        page = program.get("/ageing", {"as_of": TODAY.isoformat(), "by": "customer"})
        assert page.status_code == 200
        minor = round(float(total["total"]["amount"]) * 100)
        shown = {formats.money(minor, "EUR", language=code) for code in ("fr", "en")}
        shown |= {formats.money_round(minor, "EUR", language=code) for code in ("fr", "en")}
        assert any(text in page.content.decode() for text in shown)

    @pytest.mark.parametrize("code", ["overdue", "add_weighted", "late_count_share", "sales", "top_ten_share"])
    def test_open_to_their_rows(self, program: Program, filled: Books, code: str) -> None:
        page = program.read(f"kpis/{code}/rows", as_of=TODAY, first_date="2026-01-01")
        assert page["items"]

    def test_every_figure_is_defined(self, program: Program, filled: Books) -> None:
        document = program.read("kpis", as_of=TODAY)
        [currency] = document["currencies"]
        assert set(currency["kpis"]) == {definition["code"] for definition in document["definitions"]}
        assert set(currency["kpis"]) == {definition.code for definition in DEFINITIONS}

    def test_overdue_starts_the_day_after(self, program: Program, filled: Books) -> None:
        def overdue(day: date) -> str:
            found = program.read("kpis", as_of=day)["currencies"][0]["kpis"]["overdue"]["value"]
            return str(found["amount"])

        assert (overdue(TODAY), overdue(date(2026, 4, 1))) == ("1000.00", "1500.00")


def test_figures_read_well() -> None:
    from encours.analytics.rules.reckoning import Figure

    assert figures.figure_text(Figure(82.43, "days"), "EUR", language="fr") == "82,4\u00a0j"
    assert figures.figure_text(Figure(91.0, "days", is_lower_bound=True), "EUR", language="en") == "≥ 91.0\u00a0d"
    assert figures.figure_text(Figure(94.67, "percent"), "EUR", language="fr") == "94,7\u00a0%"
    assert figures.figure_text(Figure(123_456, "money"), "EUR", language="fr") == "1\u202f234,56\u00a0€"
