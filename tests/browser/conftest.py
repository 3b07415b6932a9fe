"""A real browser before a real server: Chromium of the machine, the product served from this process."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from encours.access.models import Membership, User
from encours.collections import actions as collections
from encours.entrypoints import kept
from encours.messaging import actions as messaging
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE, NARROW = (1440, 900), (390, 844)
PASSWORD = "correct-horse-battery"  # of a person who lives for one test
# nothing is asked for by htmx, nothing that a page loads by itself is to come, and the letters have their widths
SETTLED = """async () => {
  await document.fonts.ready;
  return !document.querySelector(".htmx-request, [hx-trigger=load] .en-skel");
}"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    if not shutil.which(CHROMIUM):
        pytest.skip("no Chromium on this machine")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's loop runs in the test's thread
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session", autouse=True)
def _no_connection_outlives_its_request() -> Iterator[None]:
    """The server's threads let go of the test database, so that it can be dropped."""
    settings = connections["default"].settings_dict
    kept = settings["CONN_MAX_AGE"]
    settings["CONN_MAX_AGE"] = 0
    yield
    settings["CONN_MAX_AGE"] = kept


@pytest.fixture
def seat(committed_company: Company, live_server: LiveServer, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of Nadia's, signed in, at a width and in a theme; nothing on it may fail in silence."""
    company = committed_company
    cache.clear()
    kept.forget()
    Membership.objects.filter(user=company.collector).update(role="admin")
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    visitor = Client()
    visitor.force_login(company.collector)
    session = visitor.cookies[settings.SESSION_COOKIE_NAME].value

    def opened(
        size: tuple[int, int] = WIDE, *, theme: str = "light", address: str = "/", by_form: bool = False
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=theme, base_url=live_server.url, locale="fr-FR"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        if by_form:
            sign_in(page, company.collector, address)
        else:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
            page.goto(address)
        settled(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def books(committed_company: Company) -> Books:
    """The cast's books, committed, as tests/entrypoints/desk tells them."""
    made = Books(committed_company)
    made.invoice(committed_company.acme, "FA-1", 120_000, due=-40)
    made.invoice(committed_company.acme, "FA-2", 150_000, due=-10, parts=3)
    made.receipt(committed_company.acme, "RG-1", 50_000, on=-5, pays="FA-2")
    made.invoice(committed_company.borealis, "FA-3", 80_000, due=20)
    decide_the_day(made)
    return made


def decide_the_day(books: Books) -> None:
    """The standard scenario, its templates, and the decisions of the day, so that working screens have work."""
    company, now = books.company, timezone.now()
    organisation_id, by = company.organisation_id, company.by
    messaging.install_default_templates(organisation_id=organisation_id, by=by)
    collections.install_default_scenarios(organisation_id=organisation_id, language="fr", now=now, by=by)
    collections.state_bank_date(organisation_id=organisation_id, known=books.today, today=books.today, by=by)
    collections.run_dunning(organisation_id=organisation_id, today=books.today, now=now, by=by)


def sign_in(page: Page, user: User, address: str) -> None:
    """By the form, as people do."""
    user.set_password(PASSWORD)
    user.save()
    page.goto("/accounts/login/?next=" + address)
    page.fill("#id_login", user.email)
    page.fill("#id_password", PASSWORD)
    page.click("button.btn-primary")
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    page.goto(address)


def settled(page: Page) -> None:
    """Wait until a page is all there; unlike a quiet network, that is not half a second late."""
    page.wait_for_function(SETTLED)


def barriers(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]
