"""`encours import` from the shell: its JSON, its exit codes, an empty data folder."""

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from encours.access import context
from encours.access.models import Entity, Organisation
from encours.entrypoints.cli import import_
from encours.ledger.models import OpenItem
from tests.documented import documented, shape
from tests.imports.conftest import MONTH, fec_text
from tests.imports.test_bank import camt, entry
from tests.imports.test_remittance import FRENCH


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    import argparse

    parser = argparse.ArgumentParser()
    import_.add_arguments(parser)
    code = import_.run(parser.parse_args(words))
    said = capsys.readouterr()
    return code, said.out, said.err


def bound() -> AbstractContextManager[None]:
    """Look into the one organisation there is."""
    return context.bound(Organisation.objects.get().pk)


def document(out: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.django_db
class TestImport:
    def test_a_first_import_needs_nothing_before_it(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        path = tmp_path / "732829320FEC20261231.txt"
        path.write_text(fec_text(MONTH))
        code, out, _ = run(capsys, str(path), "--json")
        assert code == 0
        file = document(out)["files"][0]
        assert {name: file[name] for name in ("kind", "rows_read", "created", "changed", "unchanged", "rejected")} == {
            "kind": "fec", "rows_read": 21, "created": 9, "changed": 0, "unchanged": 0, "rejected": [],
        }  # fmt: skip
        assert file["tie_out"]["ties"] is True
        with bound():
            assert Entity.objects.get().siren == "732829320"
        code, out, _ = run(capsys, str(path), "--json")
        assert document(out)["files"][0]["unchanged"] == 9
        assert Organisation.objects.count() == 1

    def test_lines_for_a_person_are_in_the_language_asked_for(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "clients.csv"
        path.write_text("numero;raison sociale\nC900;Charpentes Valmorin\n")
        monkeypatch.setenv("ENCOURS_LANGUAGE", "fr")
        assert "clients.csv  Clients" in run(capsys, str(path), "--as", "customers")[1]
        monkeypatch.setenv("ENCOURS_LANGUAGE", "en")
        assert "clients.csv  Customers" in run(capsys, str(path), "--as", "customers")[1]

    def test_a_bank_file_and_an_advice_say_what_they_hold(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        paths = [tmp_path / "a.xml", tmp_path / "avis.txt"]
        paths[0].write_text(camt(entry("3176.00", day="2026-06-16"), opening="10", closing="3186"))
        paths[1].write_text(FRENCH)
        code, out, _ = run(capsys, *map(str, paths), "--json")
        assert code == 0
        bank, advice = document(out)["files"]
        assert (bank["kind"], bank["created"], bank["accounts"][0]["is_new"]) == ("bank", 1, True)
        assert bank["statements"][0]["opening"] == {"amount": "10.00", "currency": "EUR"}
        assert bank["statements"][0]["difference"] == {"amount": "0.00", "currency": "EUR"}
        assert (advice["kind"], advice["payer"], advice["date"]) == ("remittance", "ACME INDUSTRIES SAS", "2026-06-15")
        assert advice["total"] == {"amount": "3176.00", "currency": "EUR"}
        assert advice["lines"][1]["deduction_reason"] == "marchandise abîmée"
        assert advice["detail"]["advice"]["bank_line"] is not None

    def test_refused_rows_have_line_field_and_reason(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "factures.csv"
        path.write_text(
            "N° facture;Code client;Date facture;Montant TTC\nA1;C1;31/01/2026;abc\nA2;C1;31/01/2026;10,00\n"
        )
        code, out, _ = run(capsys, str(path), "--json", "--dry-run")
        assert code == 0
        file = document(out)["files"][0]
        assert (file["created"], file["rejected_count"]) == (1, 1)
        assert {name: file["rejected"][0][name] for name in ("line", "field", "value", "code")} == {
            "line": 2, "field": "gross", "value": "abc", "code": "amount_unreadable",
        }  # fmt: skip
        assert file["rejected"][0]["reason"]
        assert file["form"]["headings"]["gross"] == "Montant TTC"
        monkeypatch.setenv("LANG", "fr_FR.UTF-8")
        _, out, _ = run(capsys, str(path), "--dry-run")
        assert "(colonne «\u00a0Montant TTC\u00a0») abc" in out
        # nothing was there before, and nothing is there now
        assert not Organisation.objects.exists()

    def test_what_is_refused_exits_with_its_reason(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        path = tmp_path / "x.csv"
        path.write_bytes(b"%PDF-1.7 not a table")
        code, _, err = run(capsys, str(path))
        assert code == 1
        assert "x.csv" in err
        code, out, err = run(capsys, str(tmp_path / "nowhere.csv"), "--json")
        assert code == 1
        assert document(out)["refusal"]["code"] == "file_missing"

    def test_several_organisations_must_be_told_apart(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        Organisation.objects.create(name="One", slug="one")
        Organisation.objects.create(name="Two", slug="two")
        path = tmp_path / "c.csv"
        path.write_text("Code client;Raison sociale\nX1;Un\n")
        code, _, err = run(capsys, str(path))
        assert code == 1
        assert "one, two" in err
        assert run(capsys, str(path), "--organisation", "two")[0] == 0

    def test_a_mapping_file_settles_a_foreign_header(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        path, mapping = tmp_path / "alt.csv", tmp_path / "alt.json"
        path.write_text("Belegnr;Kunde;Datum;Betrag\nB1;C001;01/02/2026;1.234\n")
        columns = {"number": "Belegnr", "customer": "Kunde", "issue_date": "Datum", "gross": "Betrag"}
        mapping.write_text(json.dumps({"kind": "invoices", "columns": columns, "dates": "dmy", "decimal": ","}))
        assert run(capsys, str(path))[0] == 1
        assert run(capsys, str(path), "--mapping", str(mapping))[0] == 0
        with bound():
            assert OpenItem.objects.get().amount_minor == 123400

    def test_json_is_as_documented(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        path = tmp_path / "factures.csv"
        path.write_text(
            "N° facture;Code client;Date facture;Montant TTC\nA1;C1;31/01/2026;abc\nA2;C1;31/01/2026;10,00\n"
        )
        _, out, _ = run(capsys, str(path), "--json")
        assert shape(document(out)) == shape(documented("import"))
