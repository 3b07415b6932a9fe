"""The PDFs of invoices are kept, found by their name alone, and sent or attached as they are."""

import json
import os
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from encours.access.models import Entity
from encours.access.rules import Scope
from encours.collections import actions as collections
from encours.entrypoints.cli import import_
from encours.entrypoints.jobs import inbox
from encours.imports import actions as imports
from encours.invoices import copy_actions as keeping
from encours.invoices import copy_queries as copies
from encours.invoices.models import Document, DocumentCopy
from encours.messaging.models import Message
from tests.collections import books as collections_books
from tests.entrypoints.desk.conftest import Books

NOW = datetime.now(UTC).replace(microsecond=0)
PDF = b"%PDF-1.7\n1 0 obj\n"


@pytest.fixture
def books(company) -> Books:
    made = Books(company)
    made.invoice(company.acme, "FA-2026-4290", 120_000, due=-40)
    made.invoice(company.borealis, "FA/2026/4291", 45_000, due=-10)
    return made


@pytest.fixture
def bring(company, tmp_path):
    def brought(name: str, content: bytes | dict[str, bytes], kind: str | None = None, entity: str | None = None):
        path = tmp_path / name
        if isinstance(content, dict):
            with zipfile.ZipFile(path, "w") as archive:
                for member, raw in content.items():
                    archive.writestr(member, raw)
        else:
            path.write_bytes(content)
        return imports.import_files(
            [imports.FileGiven(path, name)],
            organisation_id=company.organisation_id,
            options=imports.Options(kind=kind, entity_code=entity),
            by=company.by,
            now=NOW,
            today=NOW.date(),
        ).files[0]

    return brought


def counts(result):
    return result.created, result.changed, result.unchanged, result.rejected_count


def test_a_zip_is_kept_file_by_file_and_what_means_nothing_is_told(company, books, bring):
    files = {
        "2026/FA-2026-4290.pdf": PDF,
        "FA_2026_4291 Borealis.pdf": PDF + b"b",
        "FA-2099-1.pdf": PDF,
        "__MACOSX/._FA-2026-4290.pdf": b"x",
        "FA-2026-4290 scan.pdf": b"GIF89a",
    }
    found = bring("factures.zip", files)
    assert (found.kind, counts(found)) == ("copies", (2, 0, 0, 2))
    assert {(one.value, one.reason) for one in found.rejected} == {
        ("FA-2099-1.pdf", "copy_unknown"),
        ("FA-2026-4290 scan.pdf", "copy_not_pdf"),
    }
    again = bring("factures.zip", files)
    assert counts(again) == (0, 0, 2, 2)
    assert DocumentCopy.objects.count() == 2


def test_many_names_are_looked_up_together(company, books, django_assert_max_num_queries):
    names = [f"Facture FA-2026-{number} Acme.pdf" for number in range(4280, 4300)]
    with django_assert_max_num_queries(4):
        found = copies.named_by_each(names, organisation_id=company.organisation_id)
    meant = {name: [one.number for one in documents] for name, documents in found.items() if documents}
    assert meant == {
        "Facture FA-2026-4290 Acme.pdf": ["FA-2026-4290"],
        "Facture FA-2026-4291 Acme.pdf": ["FA/2026/4291"],
    }


def test_a_file_alone_is_refused_with_its_reason_and_an_advice_is_left_to_the_advices(company, books, bring):
    assert counts(bring("FA-2026-4290.pdf", PDF)) == (1, 0, 0, 0)
    assert bring("FA-2099-1.pdf", PDF, kind="copies").refusal.code == "copy_unknown"
    assert bring("photo.zip", {"a.pdf": PDF, "b.jpg": b"x"}, kind="copies").refusal.code == "no_copies"
    assert bring("Avis de virement FA-2026-4290.pdf", PDF).kind != "copies"


def test_two_companies_with_one_number_are_ambiguous_until_one_is_named(company, books, bring):
    second = Entity.objects.create(organisation=company.organisation, code="02", name="Autre SAS")
    Books(replace(company, entity=second)).invoice(company.cobalt, "FA-2026-4290", 1_000, due=3)
    refused = bring("FA-2026-4290.pdf", PDF, kind="copies")
    assert refused.refusal.code == "copy_ambiguous"
    bring("FA-2026-4290.pdf", PDF, kind="copies", entity="02")
    [kept] = DocumentCopy.objects.all()
    assert kept.entity_id == second.pk


def test_a_newer_file_is_in_force_and_the_wrong_one_is_never_taken_again(company, books, bring):
    bring("FA-2026-4290.pdf", PDF)
    assert counts(bring("FA-2026-4290.pdf", PDF + b"2")) == (0, 1, 0, 0)
    document = copies.named_by("FA-2026-4290.pdf", organisation_id=company.organisation_id)[0]
    assert copies.content(copies.latest(document)) == PDF + b"2"
    scope = Scope(company.organisation_id, company.collector.pk, "collector")
    keeping.withdraw_copy(copies.latest(document).pk, scope=scope, now=NOW, by=company.by)
    assert copies.content(copies.latest(document)) == PDF
    assert counts(bring("FA-2026-4290.pdf", PDF + b"2")) == (0, 0, 1, 0)
    assert copies.content(copies.latest(document)) == PDF


def test_the_watched_folder_takes_a_pdf_by_its_name(company, books, tmp_path):
    folder = tmp_path / "brevanne"
    folder.mkdir()
    for name in ("FA-2026-4290.pdf", "FA-2099-1.pdf"):
        (folder / name).write_bytes(PDF)
        stamp = (NOW - timedelta(seconds=60)).timestamp()
        os.utime(folder / name, (stamp, stamp))
    inbox.take_in(folder, organisation=company.organisation, now=NOW)
    report = json.loads((folder / "done" / "FA-2026-4290.pdf.report.json").read_text())
    assert (report["kind"], report["created"]) == ("copies", 1)
    assert (folder / "refused" / "FA-2099-1.pdf").is_file()


def test_a_folder_is_taken_by_its_pdfs_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(import_, "FOLDER_PART", 2)
    for number in range(3):
        (tmp_path / f"FA-{number}.pdf").write_bytes(PDF)
    (tmp_path / "notes.txt").write_text("x")
    with import_._gathered([Path(tmp_path)]) as found:
        assert [len(zipfile.ZipFile(one.path).namelist()) for one in found] == [2, 1]
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(import_.FolderWithoutPdf), import_._gathered([empty]):
        pass


def test_a_step_attaches_the_copies_that_are_kept(company, books):
    today = books.today
    now = datetime(today.year, today.month, today.day, 9, 30, tzinfo=UTC)
    books.invoice(company.acme, "FA-2026-4292", 5_000, due=-12)
    document = Document.objects.get(number="FA-2026-4290")
    keeping.keep_copy(document, file_name="FA-2026-4290.pdf", content=PDF, by=company.by)
    collections_books.set_up(company)
    organisation_id = company.organisation_id
    step = {"key": "r", "name": "R", "days": 5, "template_key": "reminder_1", "with_copies": True}
    version = collections.create_scenario(
        organisation_id=organisation_id, name="With copies", steps=[step], now=now, by=company.by
    )
    collections.assign(organisation_id=organisation_id, scenario_id=version.scenario_id, by=company.by)
    collections.state_bank_date(organisation_id=organisation_id, known=today, today=today, by=company.by)
    collections.run_dunning(organisation_id=organisation_id, today=today, now=now, by=company.by)
    [message] = Message.objects.filter(customer=company.acme)
    assert len(message.context["items"]) == 2
    assert [(one.name, bytes(one.content)) for one in message.attachments.all()] == [("FA-2026-4290.pdf", PDF)]
