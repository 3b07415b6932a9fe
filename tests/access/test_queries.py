"""The audit trail: pages, and the chain that tells what was tampered with."""

from collections.abc import Iterator
from datetime import date
from threading import Thread

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from encours.access import actions as access
from encours.access import context, queries
from encours.access.models import AuditEntry
from encours.core.actors import Actor
from encours.core.money import Money
from tests import cast

BY = Actor(user_id=None, name="Nadia Ferrand", channel="desk")


def record(organisation_id: int, *verbs: str) -> None:
    for verb in verbs:
        with transaction.atomic():
            access.record_audit(
                by=BY,
                organisation_id=organisation_id,
                verb=verb,
                subject_kind="customer",
                subject_id=3,
                why="l\u2019été",
                details={
                    "on": date(2026, 1, 31),
                    "amount": Money(1250, "EUR"),
                    "ratio": 0.1,
                    "nested": {"b": [1, None]},
                },
            )


@pytest.fixture
def owner(committed_company: cast.Company) -> Iterator[psycopg.Connection]:
    """A connection past row security: what an administrator of the database could do."""
    del committed_company
    name = connection.settings_dict["NAME"]
    with psycopg.connect(settings.DATABASE_ADDRESS, dbname=name, autocommit=True) as made:
        yield made


@pytest.mark.django_db
class TestAuditPage:
    def test_reads_back_latest_first_from_where_the_last_page_ended(self, company: cast.Company) -> None:
        record(company.organisation_id, "one", "two", "three")
        page = queries.audit_page(company.organisation_id, limit=2)
        assert [entry.verb for entry in page] == ["three", "two"]
        rest = queries.audit_page(company.organisation_id, before_sequence=page[-1].sequence)
        assert [entry.verb for entry in rest] == ["one"]
        assert queries.audit_page(company.organisation_id, subject_kind="customer", subject_id="4") == []

    def test_the_product_cannot_change_or_remove_an_entry(self, company: cast.Company) -> None:
        record(company.organisation_id, "one")
        for attempt in (
            "update access_auditentry set why = ''",
            "delete from access_auditentry",
            "truncate access_auditentry",
        ):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(attempt)


@pytest.mark.django_db(transaction=True)
class TestChain:
    @pytest.mark.parametrize(
        ("tampering", "detail"),
        [
            ("update access_auditentry set why = 'x' where sequence = 2", "entry 2 was changed"),
            ("update access_auditentry set details = '{}' where sequence = 2", "entry 2 was changed"),
            ("update access_auditentry set at = at + interval '1 second' where sequence = 3", "entry 3 was changed"),
            ("update access_auditentry set hash = sha256('x') where sequence = 1", "entry 1 was changed"),
            ("delete from access_auditentry where sequence = 2", "entry 2 is missing"),
            ("delete from access_auditentry where sequence = 1", "entry 1 is missing"),
        ],
    )
    def test_finds_what_even_the_owner_tampered_with(
        self, committed_company: cast.Company, owner: psycopg.Connection, tampering: str, detail: str
    ) -> None:
        organisation_id = committed_company.organisation_id
        record(organisation_id, "one", "two", "three")
        [whole] = queries.verify_chain(organisation_id)
        assert whole.is_kept
        assert whole.figure.startswith("3 entries, ")
        owner.execute(tampering.encode())
        [broken] = queries.verify_chain(organisation_id)
        assert not broken.is_kept
        assert detail in broken.detail

    def test_is_empty_and_whole_before_anything_happened(self, committed_company: cast.Company) -> None:
        [finding] = queries.verify_chain(committed_company.organisation_id)
        assert finding.is_kept
        assert finding.figure.startswith("0 entries")

    def test_stays_one_chain_when_many_write_at_once(self, committed_company: cast.Company) -> None:
        organisation_id = committed_company.organisation_id

        def write() -> None:
            try:
                with context.bound(organisation_id):
                    record(organisation_id, *["at_once"] * 5)
            finally:
                connection.close()

        threads = [Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert AuditEntry.objects.count() == 20
        [finding] = queries.verify_chain(organisation_id)
        assert finding.is_kept, finding.detail

    def test_a_failed_change_leaves_no_entry_and_no_gap(self, committed_company: cast.Company) -> None:
        organisation_id = committed_company.organisation_id
        record(organisation_id, "one")
        with transaction.atomic():
            access.record_audit(by=BY, organisation_id=organisation_id, verb="lost", subject_kind="customer")
            transaction.set_rollback(True)
        record(organisation_id, "two")
        assert [entry.verb for entry in queries.audit_page(organisation_id)] == ["two", "one"]
        assert queries.verify_chain(organisation_id)[0].is_kept


@pytest.mark.django_db
class TestOnlyOrganisation:
    def test_needs_no_name_while_there_is_one(self, company: cast.Company) -> None:
        assert queries.only_organisation(None) == company.organisation
        assert queries.only_organisation("brevanne") == company.organisation

    def test_needs_a_name_when_there_are_several(self, company: cast.Company) -> None:
        access.create_organisation(by=BY, name="Dora")
        with pytest.raises(queries.OrganisationNotNamed, match="brevanne, dora"):
            queries.only_organisation(None)
        assert queries.only_organisation("dora").name == "Dora"

    def test_refuses_a_name_nobody_has(self, company: cast.Company) -> None:
        with pytest.raises(queries.OrganisationUnknown):
            queries.only_organisation("nowhere")
