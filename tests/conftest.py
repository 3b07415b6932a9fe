"""Databases and the fixed cast for every test."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.db import connections

from tests import cast, databases

# A property fails for what it finds, never for how busy the machine is.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("house")


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
    before = str(connection.settings_dict["NAME"])
    with django_db_blocker.unblock(), databases.as_owner():
        if django_db_keepdb and not django_db_createdb:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, keepdb=True)
        else:
            databases.take_copy()
        databases.flush_as_owner()
    yield
    with django_db_blocker.unblock(), databases.as_owner():
        made = str(connection.settings_dict["NAME"])
        databases.use(before)
        if not django_db_keepdb:
            databases.drop(made)


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
