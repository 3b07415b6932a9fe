"""Signing in by the company's directory in a real browser: its rules about forms and cookies between two sites hold."""

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from encours.entrypoints import kept
from tests.browser.conftest import WIDE, barriers
from tests.cast import Company
from tests.directories import Directory

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("kind", ["open_id", "saml"])
def test_the_directory_leads_in_and_a_stranger_is_told(
    committed_company: Company, live_server: LiveServer, browser: Browser, kind: str, request: pytest.FixtureRequest
) -> None:
    kept.forget()
    directory: Directory = request.getfixturevalue(kind)
    seen = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, base_url=live_server.url, locale="fr-FR")
    try:
        page = seen.new_page()
        directory.person.email = "eve@brevanne.example"
        page.goto("/accounts/login/?next=/customers")
        page.click("text=Se connecter avec Annuaire")
        page.wait_for_selector("text=personne n’a invité cette adresse")
        assert barriers(page) == []
        directory.person.email = committed_company.collector.email
        page.goto("/accounts/login/?next=/customers")
        assert barriers(page) == []
        page.click("text=Se connecter avec Annuaire")
        page.wait_for_url("**/customers")
        assert "Acme" in page.inner_text("main")
    finally:
        seen.close()
