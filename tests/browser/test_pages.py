"""Each staff page at 1440 px in the light and at 390 px in the dark: it opens, fits, and axe finds nothing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from encours.collections.models import Scenario
from tests.browser.conftest import NARROW, WIDE, barriers, settled
from tests.browser.pages import PAGES
from tests.entrypoints.desk.conftest import Books

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("size", "theme"), [(WIDE, "light"), (NARROW, "dark")])
def test_every_page_opens_fits_and_has_no_barrier(
    books: Books, seat: Callable[..., Page], size: tuple[int, int], theme: str
):
    page = seat(size, theme=theme)
    found = {}
    known = {"scenario": Scenario.objects.order_by("pk").values_list("pk", flat=True)[0]}
    for pattern, word in PAGES:
        address = pattern.format(**known)
        page.goto(address)
        settled(page)
        complaints = barriers(page)
        if word not in page.inner_text("body"):
            complaints.append(f"“{word}” is not on it")
        if page.evaluate("document.documentElement.scrollWidth") > size[0]:
            complaints.append("it is wider than the screen")
        if complaints:
            found[address] = complaints
    assert found == {}


def test_the_sign_in_page_has_no_barrier(seat: Callable[..., Page]):
    page = seat()
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    assert barriers(page) == []


def test_the_keyboard_walks_the_rows_and_goes_anywhere(books: Books, seat: Callable[..., Page]):
    page = seat(address="/customers/C001")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert "FA-2" in page.inner_text("[data-row][aria-selected=true]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents/*")
    page.keyboard.press("Control+k")
    page.keyboard.type("boreal")
    page.wait_for_selector("#palette [role=option]:has-text('Borealis')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/C002")
    page.keyboard.press("?")
    assert page.is_visible("#help")
