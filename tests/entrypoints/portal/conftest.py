"""A customer at their own page: the portal open, a link in the hand, a browser of their own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from encours.access import context
from encours.customers.models import Contact, Customer
from encours.ledger.models import OpenItem
from encours.portal import actions as portal
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books

KEY = "6f1e1f9a-7f2c-4b35-9a35-0d8f4f1f0001"


class Browser(Client):
    """A customer's browser; after each page the organisation is bound again for the test's own reading."""

    organisation_id: int

    def request(self, **environment: Any) -> Any:
        answer = super().request(**environment)
        context.bind(self.organisation_id)
        return answer


@dataclass
class Portal:
    """The company's portal and what a customer does with it."""

    company: Company
    today: Any

    def link(self, customer: Customer, contact: Contact | None = None) -> str:
        """The secret of a person's link; without a contact, of the first one."""
        person = contact or Contact.objects.filter(customer=customer).order_by("pk")[0]
        return portal.give_link(
            organisation_id=self.company.organisation_id, customer_id=customer.pk, contact_ref=person.pk,
            today=self.today, by=self.company.by,
        )  # fmt: skip

    def policy(self, **changes: Any) -> None:
        """Open the portal, with other limits."""
        portal.set_policy(
            organisation_id=self.company.organisation_id,
            form=portal.PolicyForm(**{"is_on": True, **changes}),
            now=datetime.now(UTC),
            by=self.company.by,
        )

    def browser(self, secret: str = "") -> Browser:
        """A browser that has opened the link, if any."""
        made = Browser()
        made.organisation_id = self.company.organisation_id
        if secret:
            assert made.get(f"/portal/{secret}").status_code == 302
        return made

    def handle(self, customer: Customer) -> str:
        """How the pages of the customer's first contact are addressed."""
        person = Contact.objects.filter(customer=customer).order_by("pk")[0]
        return f"/portal/a/{self.company.organisation_id}-{customer.pk}-{person.pk}/"

    def item(self, number: str) -> OpenItem:
        """An open item by its document."""
        return OpenItem.objects.filter(document_number=number, open_minor__gt=0).order_by("due_date")[0]


@pytest.fixture
def open_portal(company: Company, books: Books) -> Portal:
    cache.clear()
    company.entity.iban, company.entity.phone = "FR7630006000011234567890189", "01 99 00 41 00"
    company.entity.save(update_fields=["iban", "phone"])
    made = Portal(company, timezone.localdate())
    made.policy()
    return made


@pytest.fixture
def books(company: Company) -> Books:
    """Acme owes 1 200.00 since 40 days and 450.00 in 20; Borealis owes 800.00 in 20 days."""
    made = Books(company)
    past = datetime.now(UTC) - timedelta(days=90)
    Contact.objects.filter(organisation_id=company.organisation_id).update(recorded_at=past)
    made.invoice(company.acme, "FA-1", 120_000, due=-40)
    made.invoice(company.acme, "FA-2", 45_000, due=20)
    made.invoice(company.borealis, "FA-3", 80_000, due=20)
    return made
