"""Databases and the fixed cast for every test."""

import contextlib
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.db import connections
from django.test.utils import setup_databases, teardown_databases

from tests import cast

# A property fails for what it finds, never for how busy the machine is.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("house")


@contextlib.contextmanager
def _as_owner() -> Iterator[None]:
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


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_blocker: Any,
) -> Iterator[None]:
    """Make the test database as its owner; tests then run as the role that row-level security binds.

    With `--reuse-db` it is kept from one run to the next, and only new migrations are applied; `--create-db` too makes
    it anew.
    """
    del django_test_environment, django_db_modify_db_settings
    connection = connections["default"]
    with django_db_blocker.unblock():
        with _as_owner():
            made = setup_databases(
                verbosity=0,
                interactive=False,
                keepdb=django_db_keepdb and not django_db_createdb,
                serialized_aliases=[],
            )
        operations = type(connection.ops)
        flush = operations.execute_sql_flush

        def flush_as_owner(self: Any, sql_list: list[str]) -> None:
            flush(self, ["set role none", *sql_list, "set role encours_app"])

        # on the class: beside a running event loop, as the browser brings one, Django makes another connection
        operations.execute_sql_flush = flush_as_owner
    yield
    with django_db_blocker.unblock(), _as_owner():
        _close_left_over_sessions()
        teardown_databases(made, verbosity=0, keepdb=django_db_keepdb)


def _close_left_over_sessions() -> None:
    """A thread of the browser tests' server may hold the database for a moment longer than the tests."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


@pytest.fixture
def company(db: None) -> Iterator[cast.Company]:
    """Our own organisation with its entity and people, bound to the connection."""
    with cast.company() as made:
        yield made


@pytest.fixture
def committed_company(transactional_db: None) -> Iterator[cast.Company]:
    """The same, where the test needs real commits: several connections, killed processes."""
    with cast.company() as made:
        yield made
