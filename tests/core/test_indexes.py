"""Indexes of empty tables are laid aside and come back as they were, or nothing of the transaction stays."""

import time
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, ProgrammingError, connection, transaction

from encours.core import indexes
from encours.customers.models import Customer
from tests.cast import Company

pytestmark = pytest.mark.django_db
TABLES = ("ledger_openitem", "ledger_allocationleg")


def definitions() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("select indexname, indexdef from pg_indexes where tablename = any(%s)", [list(TABLES)])
        return set(cursor.fetchall())


def lay_aside(tables: Sequence[str]) -> int:
    """The server's own upkeep may be at work with a table for a moment."""
    for _ in range(50):
        if laid := indexes.lay_aside(tables):
            return laid
        time.sleep(0.1)
    return 0


class TestLayAside:
    def test_takes_all_and_puts_the_same_back(self) -> None:
        before = definitions()
        assert lay_aside(TABLES) == len(before) > 5
        assert definitions() == set()
        indexes.put_back()
        assert definitions() == before
        indexes.put_back()
        assert definitions() == before

    def test_leaves_tables_alone_where_anybody_has_a_row(self, company: Company) -> None:
        before = definitions()
        Customer.objects.create(organisation=company.organisation, number="C1", name="Brevanne")
        with connection.cursor() as cursor:
            cursor.execute("select set_config('encours.organisation', '0', false)")
        assert not Customer.objects.exists()  # another organisation's, but there
        assert indexes.lay_aside((*TABLES, "customers_customer")) == 0
        assert definitions() == before

    def test_waits_for_nobody(self, reader: psycopg.Connection) -> None:
        reader.execute("select count(*) from ledger_openitem")
        assert indexes.lay_aside(TABLES) == 0
        reader.rollback()
        assert lay_aside(TABLES) > 0
        indexes.put_back()

    def test_cannot_be_committed_before_they_are_back(self) -> None:
        before = definitions()
        with pytest.raises(IntegrityError, match="not put back"):
            _laid_aside_and_committed()
        assert definitions() == before

    def test_leaves_the_keys_that_others_refer_to(self) -> None:
        with connection.cursor() as cursor:
            assert lay_aside(["auth_group"]) > 0
            cursor.execute("select indexname from pg_indexes where tablename = 'auth_group'")
            assert cursor.fetchall() == [("auth_group_pkey",)]
        indexes.put_back()

    def test_a_double_is_refused_when_the_keys_are_back(self) -> None:
        assert lay_aside(["core_cache"]) > 0
        with connection.cursor() as cursor:
            cursor.execute("insert into core_cache values ('k', '', now()), ('k', '', now())")
        with pytest.raises(IntegrityError, match="core_cache_pkey"), transaction.atomic():
            indexes.put_back()
        connection.cursor().execute("delete from core_cache")
        indexes.put_back()

    def test_takes_no_orders_from_the_product(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """insert into core_indexing (tables, names, definitions)
                   values ('{core_cache}', '{mine}', '{"drop table ledger_openitem"}') returning definitions"""
            )
            (kept,) = cursor.fetchone()
        assert not any("drop" in one for one in kept)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute("update core_indexing set definitions = '{}'")
        indexes.put_back()


@transaction.atomic
def _laid_aside_and_committed() -> None:
    lay_aside(TABLES)
    connection.cursor().execute("set constraints all immediate")


@pytest.fixture
def reader() -> Iterator[psycopg.Connection]:
    """Somebody else at work with the books."""
    name = str(connection.settings_dict["NAME"])
    with psycopg.connect(settings.DATABASE_ADDRESS, dbname=name) as other:
        yield other
        other.rollback()
