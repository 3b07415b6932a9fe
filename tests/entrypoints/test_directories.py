"""The company's directory says who somebody is; the invitation says that they may enter."""

import base64
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from lxml import html

from config import signin
from encours.access import context
from encours.access.models import Membership, User
from encours.customers.models import Customer
from tests import cast, directories
from tests.cast import Company
from tests.directories import Directory

type Named = Callable[[Mapping[str, str]], None]
ROOT = Path(__file__).parents[2]
FRENCH, ENGLISH = {"Accept-Language": "fr"}, {"Accept-Language": "en"}
START = {
    "oidc": "/accounts/oidc/directory/login/?process=login",
    "saml": "/accounts/saml/directory/login/?process=login",
}


@pytest.fixture
def visitor(company: Company, settings: Any) -> Client:
    """A browser at the sign-in page; SAML wants a host with a domain."""
    del company
    settings.ALLOWED_HOSTS = ["encours.example"]
    return Client(HTTP_HOST="encours.example")


def comes_back(visitor: Client, **headers: Any) -> Any:
    """Through the directory's page and back, as the browser is led."""
    leaving = visitor.post(START["oidc"])
    assert leaving.status_code == 302, leaving.content
    back = requests.get(leaving["Location"], allow_redirects=False, timeout=5).headers["Location"]
    return visitor.get(back.removeprefix("http://encours.example"), headers=headers or FRENCH)


def posts_back(visitor: Client, answer: Callable[[str], str] = lambda answer: answer, **headers: Any) -> Any:
    """The same for SAML: the directory's page posts what it signed, then the browser follows."""
    leaving = visitor.post(START["saml"])
    page = html.fromstring(requests.get(leaving["Location"], timeout=5).text)
    [form] = page.forms
    sent = visitor.post(urlsplit(form.action).path, {"SAMLResponse": answer(form.fields["SAMLResponse"])})
    return visitor.get(sent["Location"], headers=headers or FRENCH)


def is_in(visitor: Client) -> bool:
    return "_auth_user_id" in visitor.session


def said(answer: Any) -> str:
    return unescape(answer.content.decode())


class TestOpenIdConnect:
    def test_the_page_offers_the_directory_and_may_lead_there(self, visitor: Client, open_id: Directory) -> None:
        page = visitor.get("/accounts/login/?next=/items", headers=FRENCH)
        assert "Se connecter avec Annuaire" in said(page)
        assert f"form-action 'self' https: {open_id.address}" in page["Content-Security-Policy"]
        [form] = [form for form in html.fromstring(page.content).forms if "/oidc/" in (form.action or "")]
        assert form.action == "/accounts/oidc/directory/login/?process=login&next=%2Fitems"

    def test_a_known_member_enters_and_stays_in_their_organisation(
        self, visitor: Client, company: Company, open_id: Directory
    ) -> None:
        with context.bound(None), cast.company("dora") as dora, context.bound(dora.organisation_id):
            Customer.objects.create(organisation=dora.organisation, number="D900", name="Dora's own")
        answer = comes_back(visitor)
        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert visitor.get("/customers/C001").status_code == 200
        assert visitor.get("/customers/D900").status_code == 404
        assert visitor.get("/customers/C001").wsgi_request.organisation_id == company.organisation_id

    def test_the_password_is_wiped_and_the_subject_remembered(
        self, visitor: Client, company: Company, open_id: Directory
    ) -> None:
        company.collector.set_password("gruyere-nuage-42")
        company.collector.save()
        comes_back(visitor)
        assert not User.objects.get(pk=company.collector.pk).has_usable_password()
        assert SocialAccount.objects.get().uid == "4711"
        visitor.logout()
        open_id.person.email = "nadia.ferrand@brevanne.example"
        comes_back(visitor)
        assert is_in(visitor)

    @pytest.mark.parametrize(
        ("change", "french", "english"),
        [
            ({"email": "eve@brevanne.example"}, "personne n’a invité", "nobody has invited this address"),
            ({"is_verified": False}, "n’a pas vérifié l’adresse", "has not verified the address"),
            ({"is_verified": None}, "n’a pas vérifié l’adresse", "has not verified the address"),
            ({"email": "", "is_verified": None}, "n’a pas transmis votre adresse", "did not tell your e-mail address"),
        ],
        ids=["unknown", "not verified", "says nothing of it", "no address"],
    )
    def test_others_are_refused_and_told_why(
        self, visitor: Client, open_id: Directory, change: dict[str, Any], french: str, english: str
    ) -> None:
        for name, value in change.items():
            setattr(open_id.person, name, value)
        for headers, words in ((FRENCH, french), (ENGLISH, english)):
            answer = comes_back(visitor, **headers)
            assert answer.status_code == 403
            assert words in said(answer)
            assert not is_in(visitor)
        assert not SocialAccount.objects.exists()

    @pytest.mark.parametrize("ended", ["account", "membership"])
    def test_whoever_was_shut_out_stays_out(
        self, visitor: Client, company: Company, open_id: Directory, ended: str
    ) -> None:
        if ended == "account":
            User.objects.filter(pk=company.collector.pk).update(is_active=False)
        else:
            Membership.objects.filter(user=company.collector).update(is_active=False)
        answer = comes_back(visitor)
        assert (answer.status_code, is_in(visitor)) == (403, False)
        assert "Votre accès a été fermé" in said(answer)
        assert "Your access here has been ended" in said(comes_back(visitor, **ENGLISH))

    @pytest.mark.parametrize(("is_verified", "enters"), [(None, True), (False, False)])
    def test_named_domains_stand_in_for_a_directory_that_says_nothing(
        self, visitor: Client, open_id: Directory, named: Named, is_verified: bool | None, enters: bool
    ) -> None:
        named(directories.open_id_environment(open_id, ENCOURS_OIDC_MAIL_DOMAINS="brevanne.fr, brevanne.example"))
        open_id.person.is_verified = is_verified
        comes_back(visitor)
        assert is_in(visitor) is enters

    @pytest.mark.parametrize(
        "lie", [{"audience": "another-product"}, {"is_late_by": timedelta(hours=1)}, {"address": "http://elsewhere"}]
    )
    def test_a_token_for_another_reader_of_another_hour_or_maker_is_not_believed(
        self, visitor: Client, open_id: Directory, lie: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leaving = visitor.post(START["oidc"])
        back = requests.get(leaving["Location"], allow_redirects=False, timeout=5).headers["Location"]
        if "address" in lie:
            monkeypatch.setattr(directories.OpenIdDoor, "id_token", lambda door: forged_issuer(door))
        else:
            for name, value in lie.items():
                setattr(open_id, name, value)
        answer = visitor.get(back.removeprefix("http://encours.example"), headers=FRENCH)
        assert (answer.status_code, is_in(visitor)) == (401, False)
        assert "rien n’a été cru" in said(answer)

    def test_an_answer_meant_for_another_browser_is_not_taken(self, visitor: Client, open_id: Directory) -> None:
        leaving = visitor.post(START["oidc"])
        back = requests.get(leaving["Location"], allow_redirects=False, timeout=5).headers["Location"]
        other = Client(HTTP_HOST="encours.example")
        assert other.get(back.removeprefix("http://encours.example")).status_code == 401
        assert not is_in(other)

    def test_a_directory_that_is_down_is_said(self, visitor: Client, open_id: Directory) -> None:
        open_id.is_down = True
        answer = visitor.post(START["oidc"], headers=ENGLISH)
        assert answer.status_code == 503
        assert "did not answer as agreed" in said(answer)


def forged_issuer(door: directories.OpenIdDoor) -> str:
    """A token that another issuer made out."""
    import jwt

    told = jwt.decode(FORGED(door), options={"verify_signature": False})
    return jwt.encode({**told, "iss": "http://elsewhere"}, directories.key("forger"), algorithm="RS256")


FORGED = directories.OpenIdDoor.id_token


class TestSaml:
    def test_a_directory_that_is_down_is_said(self, visitor: Client, saml: Directory) -> None:
        saml.is_down = True
        answer = visitor.post(START["saml"], headers=ENGLISH)
        assert answer.status_code == 503
        assert "did not answer as agreed" in said(answer)

    def test_a_known_member_enters(self, visitor: Client, company: Company, saml: Directory) -> None:
        assert "Se connecter avec Annuaire" in said(visitor.get("/accounts/login/", headers=FRENCH))
        answer = posts_back(visitor)
        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert visitor.get("/customers/C001").wsgi_request.organisation_id == company.organisation_id

    def test_this_side_tells_its_own_metadata(self, visitor: Client, saml: Directory) -> None:
        told = visitor.get("/accounts/saml/directory/metadata/")
        assert b"http://encours.example/accounts/saml/directory/acs/" in told.content

    @pytest.mark.parametrize(
        ("change", "french", "english"),
        [
            ({"email": "eve@brevanne.example"}, "personne n’a invité", "nobody has invited this address"),
            ({"is_verified": False}, "n’a pas vérifié l’adresse", "has not verified the address"),
            ({"email": ""}, "n’a pas transmis votre adresse", "did not tell your e-mail address"),
        ],
    )
    def test_others_are_refused_and_told_why(
        self, visitor: Client, saml: Directory, change: dict[str, Any], french: str, english: str
    ) -> None:
        for name, value in change.items():
            setattr(saml.person, name, value)
        for headers, words in ((FRENCH, french), (ENGLISH, english)):
            answer = posts_back(visitor, **headers)
            assert (answer.status_code, is_in(visitor)) == (403, False)
            assert words in said(answer)

    def test_whoever_was_shut_out_stays_out(self, visitor: Client, company: Company, saml: Directory) -> None:
        Membership.objects.filter(user=company.collector).update(is_active=False)
        answer = posts_back(visitor)
        assert (answer.status_code, is_in(visitor)) == (403, False)

    @pytest.mark.parametrize(
        "lie", [{"signs_as": "forger"}, {"signs_as": ""}, {"audience": "another"}, {"is_late_by": timedelta(hours=1)}]
    )
    def test_a_forged_unsigned_foreign_or_old_assertion_is_not_believed(
        self, visitor: Client, saml: Directory, lie: dict[str, Any]
    ) -> None:
        for name, value in lie.items():
            setattr(saml, name, value)
        answer = posts_back(visitor)
        assert (answer.status_code, is_in(visitor)) == (401, False)
        assert "rien n’a été cru" in said(answer)

    def test_a_word_changed_after_signing_is_not_believed(self, visitor: Client, saml: Directory) -> None:
        saml.person.email = "eve@brevanne.example"

        def become_nadia(response: str) -> str:
            told = base64.b64decode(response).replace(b"eve@brevanne.example", b"nadia@brevanne.example")
            return base64.b64encode(told).decode()

        answer = posts_back(visitor, become_nadia)
        assert (answer.status_code, is_in(visitor)) == (401, False)

    def test_what_nobody_asked_for_is_not_taken(self, visitor: Client, saml: Directory) -> None:
        leaving = visitor.post(START["saml"])
        [form] = html.fromstring(requests.get(leaving["Location"], timeout=5).text).forms
        other = Client(HTTP_HOST="encours.example")
        sent = other.post(urlsplit(form.action).path, {"SAMLResponse": form.fields["SAMLResponse"]})
        assert other.get(sent["Location"]).status_code in {401, 403}
        assert not is_in(other)


@pytest.mark.django_db
def test_the_addresses_are_those_that_are_documented(named: Named) -> None:
    named({"ENCOURS_OIDC_ISSUER": "https://id.brevanne.example"})
    howto = (ROOT / "docs" / "howto" / "sign-in.md").read_text()
    assert f"`https://<your address>{reverse('openid_connect_callback', args=['directory'])}`" in howto
    assert f"`https://<your address>{reverse('saml_acs', args=['directory'])}`" in howto
    assert f"`https://<your address>{reverse('saml_metadata', args=['directory'])}`" in howto


def test_the_environment_is_all_that_names_them() -> None:
    environ = {
        "DATABASE_URL": "postgresql://unused/unused",
        "ENCOURS_OIDC_ISSUER": "https://id.brevanne.example",
        "ENCOURS_SAML_METADATA": "https://id.brevanne.example/metadata",
    }
    asked = "from config import settings; print(*settings.INSTALLED_APPS, *settings.SOCIALACCOUNT_PROVIDERS)"
    told = subprocess.run(
        [sys.executable, "-c", asked], env={**os.environ, **environ}, capture_output=True, text=True, check=True,
        cwd=ROOT / "src",
    )  # fmt: skip
    brought = {f"allauth.socialaccount.providers.{one}" for one in ("openid_connect", "saml")}
    assert brought | {"openid_connect", "saml"} <= set(told.stdout.split())


@pytest.mark.parametrize("name", ["ENCOURS_OIDC_ISSUER", "ENCOURS_SAML_METADATA"])
def test_a_directory_elsewhere_without_tls_is_not_taken(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="https"):
        signin.directories({name: "http://id.brevanne.example"})
