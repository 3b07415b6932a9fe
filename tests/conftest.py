"""Databases and the fixed cast for every test."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import hypothesis
import pytest
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.core.cache import cache
from django.db import connections

from config import signin
from tests import cast, databases, directories

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


@pytest.fixture
def named(settings: Any) -> Iterator[Callable[[Mapping[str, str]], None]]:
    """Settings as if the product had been started with these names in its environment."""
    from allauth.socialaccount.providers.saml.provider import SAMLProvider  # loads a C library that few tests need

    registry.load()
    before = dict(registry.provider_map)
    for one in (OpenIDConnectProvider, SAMLProvider):
        registry.register(one)
    cache.clear()

    def apply(environ: Mapping[str, str]) -> None:
        settings.SOCIALACCOUNT_PROVIDERS = signin.directories(environ)
        settings.DIRECTORY_FORM_TARGETS = signin.form_targets(environ)
        settings.ROOT_URLCONF = "tests.directory_urls"

    yield apply
    registry.provider_map.clear()
    registry.provider_map.update(before)


@pytest.fixture
def open_id(named: Callable[[Mapping[str, str]], None]) -> Iterator[directories.Directory]:
    """An OpenID provider that knows Nadia, named in the environment."""
    with directories.serving(directories.OpenIdDoor, directories.Person("4711", "nadia@brevanne.example")) as up:
        named(directories.open_id_environment(up))
        yield up


@pytest.fixture
def saml(named: Callable[[Mapping[str, str]], None]) -> Iterator[directories.Directory]:
    """A SAML identity provider that knows Nadia, named in the environment."""
    with directories.serving(directories.SamlDoor, directories.Person("4711", "nadia@brevanne.example", None)) as up:
        named({"ENCOURS_SAML_METADATA": f"{up.address}/metadata", "ENCOURS_SAML_ENTITY_ID": up.address,
               "ENCOURS_SAML_NAME": "Annuaire"})  # fmt: skip
        yield up
