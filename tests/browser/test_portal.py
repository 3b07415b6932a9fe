"""A customer's own page in a real browser: a date proposed, a claim with a file; axe and the width on each page."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from encours.access import context
from encours.collections.models import Promise
from encours.customers.models import Contact
from encours.disputes.models import Dispute
from encours.entrypoints import kept
from encours.portal import actions as portal
from encours.portal.queries import PATH
from tests.browser.conftest import NARROW, WIDE, barriers
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books

pytestmark = pytest.mark.browser
PAGES = (
    "", "?chosen=1", "invoices/{item}", "promise", "contest?item={item}", "write?about=paid", "details", "exchanges",
    "paid", "who",
)  # fmt: skip


@pytest.fixture
def books(committed_company: Company) -> Books:
    """Acme owes 1 200.00 since 40 days and 1 500.00 since 10."""
    made = Books(committed_company)
    made.invoice(committed_company.acme, "FA-1", 120_000, due=-40)
    made.invoice(committed_company.acme, "FA-2", 150_000, due=-10)
    return made


@pytest.fixture
def page(committed_company: Company, books: Books, live_server: LiveServer, browser: Browser) -> Iterator[Page]:
    """The browser of Acme's contact, at the link of a message."""
    company = committed_company
    cache.clear()
    kept.forget()
    company.entity.iban = "FR7630006000011234567890189"
    company.entity.save(update_fields=["iban"])
    given = {"organisation_id": company.organisation_id, "by": company.by}
    portal.set_policy(form=portal.PolicyForm(is_on=True), now=timezone.now(), **given)
    contact = Contact.objects.get(customer=company.acme)
    secret = portal.give_link(customer_id=company.acme.pk, contact_ref=contact.pk, today=books.today, **given)
    opened = browser.new_context(
        viewport={"width": WIDE[0], "height": WIDE[1]}, base_url=live_server.url, locale="fr-FR"
    )
    made = opened.new_page()
    complaints: list[str] = []
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    made.goto(f"{PATH}{secret}")
    yield made
    opened.close()
    assert complaints == []


def test_a_customer_chooses_promises_and_contests(committed_company: Company, page: Page):
    total = "2\u202f700,00\u00a0€"
    assert total in page.inner_text("#pay")
    page.get_by_label("Choisir FA-1").uncheck()
    page.wait_for_function("total => !document.querySelector('#pay').innerText.includes(total)", arg=total)
    page.click(".pt-items li:first-child >> text=Proposer une date")
    page.click("button:has-text('Envoyer')")
    page.wait_for_selector("text=C’est noté")
    page.click(".pt-items li:nth-child(2) >> text=Contester")
    page.click("label:has-text('Livraison')")
    page.fill("#text", "Il manque une palette")
    page.set_input_files("#files", [{"name": "bon.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}])
    page.click("button:has-text('Envoyer la réclamation')")
    page.wait_for_selector("text=Nous avons votre réclamation")
    context.bind(committed_company.organisation_id)
    made = Promise.objects.get()
    assert (made.source, made.amount_minor, made.author_name) == ("portal", 120_000, "Compta Acme")
    assert Dispute.objects.get().document_number == "FA-2"


def test_every_page_fits_and_has_no_barrier(page: Page):
    home = page.url
    item = page.locator("ul.pt-items input[name=item]").first.get_attribute("value")
    found = {}
    for pattern in PAGES:
        for width, height in (WIDE, NARROW):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(home + pattern.format(item=item))
            complaints = barriers(page) if width == WIDE[0] or pattern == "" else []
            if page.evaluate("document.documentElement.scrollWidth") > width:
                complaints.append("it is wider than the screen")
            if complaints:
                found[pattern, width] = complaints
    assert found == {}
