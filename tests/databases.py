"""The test databases: migrated once, copied for each process, and emptied after each test that commits.

Migrating takes ten seconds, copying a migrated database one. The template is known by what it was made of, so that the
processes of one run share it, and a server that is kept gives it to the next run.
"""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.commands import flush
from django.db import connections

TEMPLATE = "test_encours_template"
ROOT = Path(__file__).parents[1]
# written by Django when it migrates; written again after each flush, they took longer than many a test
KEPT_TABLES = {"django_content_type", "auth_permission"}
EMPTIED_BY_ROWS = """
do $$
declare
    one text;
begin
    set local session_replication_role = replica;
    foreach one in array %s::text[] loop
        execute format('delete from %%I', one);
    end loop;
end $$
"""


@contextlib.contextmanager
def as_owner() -> Iterator[None]:
    """Connect as the tables' owner instead of the bound role."""
    connection = connections["default"]
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    bound = options.pop("options", None)
    try:
        yield
    finally:
        connection.close()
        if bound is not None:
            options["options"] = bound


def spare_the_disk() -> None:
    """Let the server of a throw-away data folder not wait for the disk: nothing in it needs to outlive a power cut."""
    if os.environ.get("ENCOURS_TEST_HOME_IS_THROWN_AWAY") == "1" and "DATABASE_URL" not in os.environ:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            _do(f"alter system set {name} = off")
        _do("select pg_reload_conf()")


def take_copy() -> None:
    """Make this process's test database, as a copy of the template, and use it."""
    connection = connections["default"]
    wanted = str(connection.settings_dict["TEST"]["NAME"])
    made_of = _made_of()
    with _alone():
        spare_the_disk()
        if not _rows("select 1 from pg_database where datname = %s and shobj_description(oid, 'pg_database') = %s",
                     TEMPLATE, made_of):  # fmt: skip
            connection.settings_dict["TEST"]["NAME"] = TEMPLATE
            connection.creation.create_test_db(verbosity=0, autoclobber=True)
            connection.settings_dict["TEST"]["NAME"] = wanted
            connection.close()
            _do(f'comment on database "{TEMPLATE}" is %s', made_of)
        _do(f'drop database if exists "{wanted}" with (force)')
        _do(f'create database "{wanted}" template "{TEMPLATE}"')
    use(wanted)


def use(name: str) -> None:
    """What the database is called from now on."""
    settings.DATABASES["default"]["NAME"] = connections["default"].settings_dict["NAME"] = name


def drop(name: str) -> None:
    """A test database goes, whoever still reads in it: a thread of the browser's server may, for a moment longer."""
    connections["default"].close()
    _do(f'drop database if exists "{name}" with (force)')


def flush_as_owner() -> None:
    """Let a test that commits be followed by an empty database.

    Its few rows are deleted: to truncate makes each table and each index anew as a file. Truncating is left for an
    owner who may not switch the triggers of facts off.
    """
    # on the class: beside a running event loop, as the browser brings one, Django makes another connection
    operations = type(connections["default"].ops)
    django_way = operations.execute_sql_flush
    [(by_rows,)] = _rows("select rolsuper from pg_roles where rolname = session_user")

    def truncated(self: Any, sql_list: list[str]) -> None:
        django_way(self, ["set role none", *sql_list, "set role encours_app"])

    def deleted(self: Any, sql_list: list[str]) -> None:
        del sql_list
        tables = set(self.connection.introspection.django_table_names(only_existing=True)) - KEPT_TABLES
        with self.connection.cursor() as cursor:
            cursor.execute("set role none")
            cursor.execute(EMPTIED_BY_ROWS, [sorted(tables)])
            cursor.execute("set role encours_app")

    operations.execute_sql_flush = deleted if by_rows else truncated
    if by_rows:
        flush.emit_post_migrate_signal = lambda *_given, **_named: None


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One process at a time makes the template or copies it."""
    with (settings.ENCOURS_HOME / "test-template.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _made_of() -> str:
    """A digest of everything a migrated database follows from."""
    found = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for path in sorted((ROOT / "src").rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def _do(statement: str, *given: object) -> None:
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute(statement, given or None)


def _rows(query: str, *given: object) -> list[tuple[Any, ...]]:
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute(query, given or None)
        return list(cursor.fetchall())
