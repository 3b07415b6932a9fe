"""Take the pictures of the README from a running demo: `python docs/take_pictures.py [--port 8000]`."""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent / "picture"
PASSWORD = "encours-a-essayer"  # noqa: S105 - the demo prints it at every start
COLLECTOR, MANAGER = "maelle.quintrec@valtorane.example", "mathieu.delaubriac@valtorane.example"
WIDTH, HEIGHT = 1440, 900
# file, who looks, address
PICTURES = (("today", COLLECTOR, "/"),)


def main() -> None:
    """Sign in as each person once and picture their pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--address", action="append", help="picture these addresses instead, as the credit manager")
    parser.add_argument("--width", type=int, default=WIDTH)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    wanted = PICTURES
    if arguments.address:
        wanted = tuple((_name(address), MANAGER, address) for address in arguments.address)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        pages: dict[str, Page] = {}
        for name, email, address in wanted:
            if email not in pages:
                size = {"width": arguments.width, "height": HEIGHT}
                page = browser.new_page(viewport=size, locale="fr-FR", base_url=f"http://localhost:{arguments.port}")
                pages[email] = _signed_in(page, email)
            _picture(pages[email], address, arguments.folder / f"{name}.png")
        browser.close()


def _name(address: str) -> str:
    return address.strip("/").partition("?")[0].replace("/", "-") or "index"


def _signed_in(page: Page, email: str) -> Page:
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")
    return page


def _picture(page: Page, address: str, path: Path) -> None:
    """The page at rest: fonts loaded, charts drawn."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    if address == "/":
        # the first row whose letter is ready, as far as j goes
        while page.locator("#peek iframe").count() == 0 and page.locator("[data-row][aria-selected=true]").count():
            page.keyboard.press("j")
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(400)
    page.wait_for_timeout(1500)
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
