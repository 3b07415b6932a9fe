"""Files dropped into the watched folder are imported, and put away with their report."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from encours.entrypoints.jobs import inbox
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
