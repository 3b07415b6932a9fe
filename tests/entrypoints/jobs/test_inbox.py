"""Files dropped into the watched folder are imported, and put away with their report."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from encours.access.models import Entity
from encours.entrypoints.jobs import inbox
from encours.imports import actions as imports
from encours.invoices.models import Document
from encours.payments.models import BankLine
from tests.cast import Company
from tests.imports.test_bank import camt, entry

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


def drop(folder: Path, name: str, text: str, *, age_seconds: int = 60) -> Path:
    path = folder / name
    path.write_text(text)
    stamp = (NOW - timedelta(seconds=age_seconds)).timestamp()
    os.utime(path, (stamp, stamp))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "brevanne"
    made.mkdir()
    return made


def test_a_statement_is_imported_and_put_away(company: Company, folder: Path) -> None:
    drop(folder, "june.xml", camt(entry("100.00")))
    assert inbox.take_in(folder, organisation=company.organisation, now=NOW) == 1
    assert BankLine.objects.count() == 1
    assert (folder / "done" / "june.xml").is_file()
    report = json.loads((folder / "done" / "june.xml.report.json").read_text())
    assert (report["kind"], report["created"], report["refusal"]) == ("bank", 1, None)


def test_what_is_no_file_of_ours_is_refused_with_its_reason(company: Company, folder: Path) -> None:
    drop(folder, "note.txt", "hello world")
    inbox.take_in(folder, organisation=company.organisation, now=NOW)
    report = json.loads((folder / "refused" / "note.txt.report.json").read_text())
    assert report["refusal"]["code"] == "kind_unknown"


def test_a_file_still_being_copied_is_left(company: Company, folder: Path) -> None:
    drop(folder, "fresh.xml", camt(entry("100.00")), age_seconds=1)
    drop(folder, "half.xml.part", camt(entry("100.00")))
    assert inbox.take_in(folder, organisation=company.organisation, now=NOW) == 0
    assert (folder / "fresh.xml").is_file()


def test_the_same_name_again_is_kept_apart(company: Company, folder: Path) -> None:
    for _ in range(2):
        drop(folder, "june.xml", camt(entry("100.00")))
        inbox.take_in(folder, organisation=company.organisation, now=NOW)
    assert len(list((folder / "done").glob("*june.xml"))) == 2
    assert BankLine.objects.count() == 1


def test_a_folder_of_a_company_says_whose_books_they_are(company: Company, tmp_path: Path, settings: Any) -> None:
    settings.INBOX_FOLDER = str(tmp_path)
    Entity.objects.create(organisation=company.organisation, code="02", name="Brévanne Sud")
    rows = "N° facture;N° client;Date facture;Montant TTC\nFA-1;C001;01/06/2026;10,00\n"
    for place in (tmp_path / "brevanne", tmp_path / "brevanne" / "02"):
        place.mkdir()
        drop(place, "ventes.csv", rows)
    inbox.watch(int(NOW.timestamp()))
    assert (tmp_path / "brevanne" / "refused" / "ventes.csv").is_file()
    assert (tmp_path / "brevanne" / "02" / "done" / "ventes.csv").is_file()
    assert Document.objects.get().entity.code == "02"


def test_a_file_that_fails_holds_up_no_other(company: Company, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(folder, "a.xml", camt(entry("100.00")))
    drop(folder, "b.xml", camt(entry("200.00")))
    whole = imports.import_files

    def failing(given: Any, **more: Any) -> Any:
        if given[0].name == "a.xml":
            raise ZeroDivisionError("a fault of ours")
        return whole(given, **more)

    monkeypatch.setattr(inbox.imports, "import_files", failing)
    with pytest.raises(ZeroDivisionError):
        inbox.take_in(folder, organisation=company.organisation, now=NOW)
    assert (folder / "refused" / "a.xml").is_file()
    assert (folder / "done" / "b.xml").is_file()
    assert BankLine.objects.get().amount_minor == 200_00
