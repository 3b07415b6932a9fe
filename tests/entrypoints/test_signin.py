"""Who gets in: the invited, by password and second factor, and not by guessing."""

import pytest
from allauth.mfa.adapter import get_adapter as factors
from allauth.socialaccount.adapter import get_adapter as directory_adapter
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from config import signin
from encours.access.models import User

PASSWORD = "gruyere-nuage-42"


@pytest.fixture
def nadia(db: None) -> User:
    del db
    cache.clear()
    user = User(email="nadia@brevanne.example")
    user.set_password(PASSWORD)
    user.save()
    return user


def enter(client: Client, email: str, password: str) -> bool:
    client.post(reverse("account_login"), {"login": email, "password": password})
    return "_auth_user_id" in client.session


def test_an_invited_person_enters_by_address_and_password(client: Client, nadia: User) -> None:
    assert enter(client, "Nadia@brevanne.example", PASSWORD)


def test_a_wrong_password_does_not_enter(client: Client, nadia: User) -> None:
    assert not enter(client, nadia.email, "gruyere-nuage-43")


def test_guessing_is_stopped_even_when_the_sixth_guess_is_right(client: Client, nadia: User) -> None:
    for guess in range(5):
        assert not enter(client, nadia.email, f"guess-{guess}")
    assert not enter(client, nadia.email, PASSWORD)


def test_nobody_signs_up_by_themselves(client: Client, nadia: User) -> None:
    client.post(reverse("account_signup"), {"email": "eve@brevanne.example", "password1": PASSWORD})
    assert not User.objects.filter(email="eve@brevanne.example").exists()


def test_the_directory_lets_in_only_the_invited() -> None:
    assert not directory_adapter().is_open_for_signup(RequestFactory().get("/"), None)


def test_second_factors_are_stored_encrypted() -> None:
    stored = factors().encrypt("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in stored
    assert factors().decrypt(stored) == "JBSWY3DPEHPK3PXP"


class TestDirectories:
    def test_a_plain_installation_names_none(self) -> None:
        assert signin.directories({}) == {}
        assert signin.directory_apps({}) == []

    def test_open_id_connect_is_named_by_its_issuer(self) -> None:
        environ = {"ENCOURS_OIDC_ISSUER": "https://id.brevanne.example", "ENCOURS_OIDC_CLIENT_ID": "encours"}
        [app] = signin.directories(environ)["openid_connect"]["APPS"]
        assert app["client_id"] == "encours"
        assert app["settings"]["server_url"] == "https://id.brevanne.example"
        assert signin.directory_apps(environ) == ["allauth.socialaccount.providers.openid_connect"]

    def test_saml_is_named_by_its_metadata(self) -> None:
        environ = {"ENCOURS_SAML_METADATA": "https://id/meta", "ENCOURS_SAML_ENTITY_ID": "https://id"}
        [app] = signin.directories(environ)["saml"]["APPS"]
        assert app["settings"]["idp"] == {"entity_id": "https://id", "metadata_url": "https://id/meta"}
        assert signin.directory_apps(environ) == ["allauth.socialaccount.providers.saml"]
