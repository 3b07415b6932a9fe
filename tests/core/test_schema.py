"""What the migrations made is what the models say: each column, reference, index and constraint."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

pytestmark = pytest.mark.django_db
MODELS = [model for room in settings.ROOMS for model in apps.get_app_config(room.rpartition(".")[2]).get_models()]
FIELDS = [(model._meta.db_table, field) for model in MODELS for field in model._meta.local_concrete_fields]


def rows(query: str, *given: object) -> set[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, given or None)
        return set(cursor.fetchall())


def test_each_column_has_its_type_and_may_be_empty_or_not() -> None:
    types = [field.db_type(connection) for _, field in FIELDS]
    names = dict(rows("select t, t::regtype::text from unnest(%s::text[]) t", sorted(set(types))))
    wanted = {
        # a generated column follows from others that are never empty; PostgreSQL is not told so
        (table, field.column, names[kind], field.null or field.generated)
        for (table, field), kind in zip(FIELDS, types, strict=True)
    }
    there = rows(
        """select relname, attname, atttypid::regtype::text, not attnotnull
           from pg_attribute a join pg_class c on c.oid = attrelid
           where relname = any(%s) and attnum > 0 and not attisdropped""",
        [table for table, _ in FIELDS],
    )
    assert (wanted - there, there - wanted) == (set(), set())


def test_each_reference_index_and_constraint_of_the_models_is_there() -> None:
    references = {
        (table, field.column, field.remote_field.model._meta.db_table)
        for table, field in FIELDS
        if field.is_relation and field.db_constraint
    }
    there = rows(
        """select conrelid::regclass::text, attname, confrelid::regclass::text from pg_constraint
           join pg_attribute on attrelid = conrelid and attnum = conkey[1] where contype = 'f'"""
    )
    assert references - there == set()
    wanted = {
        (model._meta.db_table, one.name) for model in MODELS for one in (*model._meta.indexes, *model._meta.constraints)
    }
    there = rows(
        """select conrelid::regclass::text, conname from pg_constraint
           union select indrelid::regclass::text, relname from pg_index join pg_class on oid = indexrelid"""
    )
    assert wanted - there == set()
