"""Imports: files are looked at before they are kept, columns are learnt, and the job reports row by row."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone, translation

from encours.access import context
from encours.access.models import Entity, Membership
from encours.entrypoints import import_words, uploads
from encours.entrypoints.jobs.imports import bring_in
from encours.imports.formats.problems import FieldsMissing
from encours.imports.models import ImportMapping, ImportRun
from encours.invoices.models import Document
from tests.cast import Company
from tests.entrypoints.desk.conftest import Desk, seated
from tests.imports.test_bank import camt, entry
from tests.imports.test_remittance import FRENCH

INVOICES = (
    "N° facture;N° client;Date facture;Date échéance;Montant TTC;Devise\n"
    "FA-9101;C001;03/11/2026;03/12/2026;1 250,40;EUR\n"
    "FA-9102;C002;05/11/2026;05/12/2026;abc;EUR\n"
)
FOREIGN = "Belegnr;Kunde;Datum;Faellig;Betrag\nFA-9201;C001;13/11/2026;13/12/2026;10,00\n"


@pytest.fixture
def desk(company: Company, tmp_path: Path, settings: object) -> Desk:
    settings.ENCOURS_HOME = tmp_path
    return seated(company, role="credit_manager")


def dropped(desk: Desk, name: str, text: str) -> str:
    answer = desk.post("/imports", {"files": [SimpleUploadedFile(name, text.encode())]})
    return str(answer.url)


class TestADrop:
    def test_is_shown_before_anything_is_kept(self, desk: Desk):
        page = desk.get(dropped(desk, "factures.csv", INVOICES)).content.decode()
        assert "FA-9101" in page
        assert not Document.objects.exists()

    def test_suggests_what_each_column_is(self, desk: Desk):
        page = desk.get(dropped(desk, "factures.csv", INVOICES)).content.decode()
        assert '<option value="gross" selected>' in page

    def test_says_what_cannot_be_read(self, desk: Desk):
        address = dropped(desk, "odd.csv", FOREIGN)
        page = desk.get(address).content.decode()
        assert "pas encore lisible" in page
        assert 'name="column0-0"' not in page
        assert 'href="?kind0=invoices"' in page  # and lets a person say what it holds, then what each column is
        assert 'name="column0-0"' in desk.get(f"{address}?kind0=invoices").content.decode()

    def test_learns_columns_once_and_for_all(self, company: Company, desk: Desk):
        address = dropped(desk, "odd.csv", FOREIGN)
        fields = ["number", "customer", "issue_date", "due_date", "gross"]
        said = {f"column0-{place}": field for place, field in enumerate(fields)}
        desk.post(address, {"verb": "map0", "kind0": "invoices", "name0": "Notre logiciel", **said})
        assert ImportMapping.objects.get().columns["gross"] == "Betrag"
        assert "Notre logiciel" in desk.get(dropped(desk, "odd2.csv", FOREIGN)).content.decode()

    def test_looks_into_statements_and_advices(self, desk: Desk):
        page = desk.get(dropped(desk, "juin.xml", camt(entry("100.00", text="FACT 4711")))).content.decode()
        assert "FACT 4711" in page
        assert "Relevé bancaire" in page
        page = desk.get(dropped(desk, "avis.txt", FRENCH)).content.decode()
        assert "marchandise abîmée" in page

    def test_belongs_to_one_organisation(self, desk: Desk):
        assert desk.get("/imports/drop/AAAAAAAAAAAAAAAAAAAAAAAA").status_code == 404
        assert desk.get("/imports/drop/..%2F..").status_code == 404

    def test_needs_a_file(self, desk: Desk):
        assert desk.post("/imports", {}, follow=True).status_code == 200

    def test_is_refused_to_who_may_not_import(self, company: Company):
        assert seated(company, role="sales").get("/imports").status_code == 403


class TestTheJob:
    def test_brings_the_rows_in_and_tells_those_it_refused(self, company: Company, desk: Desk):
        word = dropped(desk, "factures.csv", INVOICES).rsplit("/", 1)[1]
        files = uploads.files_of(word, organisation_id=company.organisation_id)
        bring_in(
            organisation_id=company.organisation_id,
            paths=[str(file.path) for file in files],
            entity_code="",
            is_dry_run=False,
            actor_id=company.collector.pk,
            actor_name="Nadia",
        )
        context.bind(company.organisation_id)
        run = ImportRun.objects.get()
        assert Document.objects.get().number == "FA-9101"
        page = desk.get(f"/imports/{run.pk}").content.decode()
        assert "Lignes à corriger à la source" in page
        assert "colonne «\u00a0Montant TTC\u00a0»" in page
        report = b"".join(desk.get(f"/imports/{run.pk}/report").streaming_content).decode()
        assert "abc" in report
        assert "Montant TTC" in report

    def test_says_in_the_readers_language_what_a_refused_file_lacks(self):
        refused = FieldsMissing(kind="invoices", fields="issue_date, gross / net", header="Pièce, Tiers")
        with translation.override("fr"):
            said = import_words.kept_refusal(refused.as_json())
            assert import_words.kept_refusal({"code": "gone_since", "message": "Gone."}) == "Gone."
        assert said.startswith("Pour être lu comme «\u00a0Factures\u00a0», il manque au fichier")
        assert "Date d’émission, Montant TTC / Montant HT" in said

    def test_tells_the_statements_of_a_bank_file(self, company: Company, desk: Desk):
        text = camt(entry("100.00"), opening="10", closing="111")
        word = dropped(desk, "juin.xml", text).rsplit("/", 1)[1]
        bring_in(
            organisation_id=company.organisation_id,
            paths=[str(file.path) for file in uploads.files_of(word, organisation_id=company.organisation_id)],
            entity_code="",
            is_dry_run=False,
            actor_id=company.collector.pk,
            actor_name="Nadia",
        )
        context.bind(company.organisation_id)
        run = ImportRun.objects.get()
        assert run.entity_id == company.entity.pk
        page = desk.get(f"/imports/{run.pk}").content.decode()
        assert "FR7630006000011234567890189" in page
        assert "solde faux" in page


class TestTheRunsOfOtherCompanies:
    def test_are_not_shown_to_who_sees_one_company(self, company: Company, desk: Desk):
        other = Entity.objects.create(organisation=company.organisation, code="02", name="Brevanne Export")
        now = timezone.now()
        runs = [
            ImportRun.objects.create(
                organisation=company.organisation,
                entity=entity,
                file_name=name,
                kind="invoices",
                state="done",
                actor_name="x",
                started_at=now,
            )
            for entity, name in ((company.entity, "ours.csv"), (other, "theirs.csv"))
        ]
        Membership.objects.filter(user=company.collector).update(entity_ids=[company.entity.pk])
        page = desk.get("/imports").content.decode()
        assert "ours.csv" in page
        assert "theirs.csv" not in page
        assert desk.get(f"/imports/{runs[1].pk}").status_code == 404
        assert desk.get(f"/imports/{runs[1].pk}/report").status_code == 404
