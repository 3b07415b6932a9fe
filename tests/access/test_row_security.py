"""Row-level security: no statement, however it is written, crosses from one organisation into another."""

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError

from encours.access import context, guard
from encours.core.database import APPLICATION_ROLE
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

# a value of the right type for every column, whatever the table; laws of a room refuse later than row security does
PLACEHOLDER = {
    "bigint": "0",
    "integer": "0",
    "smallint": "0",
    "numeric": "0",
    "double precision": "0",
    "boolean": "false",
    "date": "date '2026-01-01'",
    "timestamp with time zone": "now()",
    "time without time zone": "time '09:00'",
    "interval": "interval '0'",
    "jsonb": "'{}'",
    "bytea": "''",
    "uuid": "gen_random_uuid()",
    "ARRAY": "'{}'",
}


@pytest.fixture
def dora(committed_company: cast.Company) -> cast.Company:
    """The other tenant; afterwards the connection is bound to ours again."""
    with cast.company("dora") as made:
        pass
    assert context.bound_organisation() == committed_company.organisation_id
    return made


def foreign_row(table: str, organisation_id: int) -> str:
    """An insert of a row that belongs to another organisation, every obligatory column filled."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select column_name, data_type from information_schema.columns where table_name = %s
               and is_nullable = 'NO' and column_default is null and is_identity = 'NO' and is_generated = 'NEVER'""",
            [table],
        )
        columns = {name: PLACEHOLDER.get(kind, "'x'") for name, kind in cursor.fetchall()}
    columns["organisation_id"] = str(organisation_id)
    names = ", ".join(f'"{name}"' for name in columns)
    return f"insert into {table} ({names}) values ({', '.join(columns.values())})"


def test_the_product_runs_as_a_role_that_row_security_binds(committed_company: cast.Company) -> None:
    del committed_company
    assert guard.connected_as() == (APPLICATION_ROLE, True)


def test_every_table_that_carries_an_organisation_is_guarded(committed_company: cast.Company) -> None:
    del committed_company
    tables = guard.scoped_tables()
    assert len(tables) >= 10
    assert [table for table, is_guarded in tables.items() if not is_guarded] == []


def test_no_scoped_table_belongs_to_the_role_it_binds(committed_company: cast.Company) -> None:
    del committed_company
    with connection.cursor() as cursor:
        cursor.execute(
            "select tablename from pg_tables where schemaname = 'public' and tableowner = %s", [APPLICATION_ROLE]
        )
        assert cursor.fetchall() == []


def test_no_foreign_row_can_be_written_into_any_table(committed_company: cast.Company, dora: cast.Company) -> None:
    del committed_company
    crossed = []
    with connection.cursor() as cursor:  # the rooms' own triggers would often refuse first; here the guard stands alone
        cursor.execute("set role none; set session_replication_role = replica; set role encours_app")
    for table in guard.scoped_tables():
        statement = foreign_row(table, dora.organisation_id)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
            crossed.append(f"{table}: written")
        except ProgrammingError as refusal:
            if "row-level security" not in str(refusal) and "permission denied" not in str(refusal):
                crossed.append(f"{table}: {refusal}")
        except DatabaseError as refusal:
            crossed.append(f"{table}: refused for another reason: {refusal}")
    connection.close()
    assert crossed == []


def test_no_foreign_row_can_be_read_changed_or_removed(committed_company: cast.Company, dora: cast.Company) -> None:
    del committed_company
    with connection.cursor() as cursor:
        for table in guard.scoped_tables():
            cursor.execute(
                f"select count(*) from {table} where organisation_id = %s",
                [dora.organisation_id],
            )
            assert cursor.fetchone() == (0,), table
        cursor.execute("update customers_customer set name = 'stolen' where id = %s", [dora.acme.pk])
        assert cursor.rowcount == 0
        cursor.execute("delete from customers_contact where customer_id = %s", [dora.acme.pk])
        assert cursor.rowcount == 0


def test_a_row_of_ours_cannot_be_given_away(committed_company: cast.Company, dora: cast.Company) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        connection.cursor().execute(
            "update customers_customer set organisation_id = %s where id = %s",
            [dora.organisation_id, committed_company.acme.pk],
        )


def test_unbound_nothing_is_seen(committed_company: cast.Company) -> None:
    del committed_company
    context.bind(None)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from customers_customer")
        assert cursor.fetchone() == (0,)


def test_a_person_sees_their_memberships_elsewhere_and_cannot_make_one(
    committed_company: cast.Company, dora: cast.Company
) -> None:
    nadia = committed_company.collector.pk
    name = connection.settings_dict["NAME"]
    with psycopg.connect(settings.DATABASE_ADDRESS, dbname=name, autocommit=True) as owner:
        owner.execute(
            """insert into access_membership (organisation_id, user_id, role, entity_ids, own_portfolio_only, is_active)
               values (%s, %s, 'sales', '{}', false, true)""",
            [dora.organisation_id, nadia],
        )
    context.bind_user(nadia)
    try:
        with connection.cursor() as cursor:
            cursor.execute("select role from access_membership where organisation_id = %s", [dora.organisation_id])
            assert cursor.fetchall() == [("sales",)]
            cursor.execute("update access_membership set role = 'admin' where user_id = %s and role = 'sales'", [nadia])
            assert cursor.rowcount == 0
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute("delete from access_membership where user_id = %s", [nadia])
    finally:
        context.bind_user(None)


def test_views_and_functions_do_not_lead_around_the_guard(committed_company: cast.Company) -> None:
    del committed_company
    with connection.cursor() as cursor:
        cursor.execute(
            """select c.relname from pg_class c where c.relkind in ('v', 'm')
               and c.relnamespace = 'public'::regnamespace
               and not coalesce(c.reloptions, '{}') @> '{security_invoker=true}'"""
        )
        assert cursor.fetchall() == [], "a view needs security_invoker, else it reads as its owner"
        cursor.execute(
            """select p.proname from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef
               and p.prorettype <> 'trigger'::regtype"""
        )
        assert cursor.fetchall() == [], "only triggers may run as the owner"


@pytest.mark.parametrize(
    "table", ["access_organisation", "access_entity", "access_user", "access_membership", "customers_customer"]
)
def test_what_facts_refer_to_is_never_deleted(committed_company: cast.Company, table: str) -> None:
    del committed_company
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(f"delete from {table}")
