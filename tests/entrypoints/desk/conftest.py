"""A desk to sit at: a signed-in browser without a screen, and the cast's books."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from encours.access import context
from encours.access.models import Membership
from encours.customers.models import Customer
from encours.entrypoints import kept
from encours.invoices.models import Document
from encours.ledger import actions as ledger
from encours.ledger.actions import NewItem, Posting, Settlement
from encours.payments.models import Receipt
from tests.cast import Company

FINGERPRINT = bytes(16)


class Desk(Client):
    """A browser of one person; after each page the organisation is bound again for the test's own reading."""

    organisation_id: int

    def request(self, **environment: Any) -> Any:
        answer = super().request(**environment)
        context.bind(self.organisation_id)
        return answer

    def part(self, address: str, **more: Any) -> Any:
        """What htmx gets."""
        return self.get(address, headers={"HX-Request": "true"}, **more)


def is_workbook(answer: Any) -> bool:
    """Whether an answer is an XLSX file; read to its end, so that its file is closed."""
    content = b"".join(answer.streaming_content)
    answer.close()
    return content.startswith(b"PK")


class Books:
    """Posts the cast's documents in the words of the story."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.today = timezone.now().astimezone(ZoneInfo("Europe/Paris")).date()

    def day(self, days: int) -> date:
        return self.today + timedelta(days=days)

    def invoice(self, customer: Customer, number: str, amount_minor: int, *, due: int, parts: int = 1) -> Document:
        """An invoice issued 30 days before its (first) due date, `due` days from today."""
        issued = self.day(due - 30)
        document = Document.objects.create(
            organisation=self.company.organisation,
            entity=self.company.entity,
            customer=customer,
            kind="credit_note" if amount_minor < 0 else "invoice",
            number=number,
            issue_date=issued,
            currency="EUR",
            gross_minor=amount_minor,
            fingerprint=FINGERPRINT,
        )
        items = [
            NewItem(
                customer_id=customer.pk,
                kind=document.kind,
                document_number=number,
                document_id=document.pk,
                item_date=issued,
                due_date=self.day(due + 30 * part),
                currency="EUR",
                amount_minor=amount_minor // parts,
                instalment_number=part + 1,
                instalment_count=parts,
            )
            for part in range(parts)
        ]
        ledger.post(self._posting(issued, number), items=items, by=self.company.by)
        return document

    def receipt(self, customer: Customer, number: str, amount_minor: int, *, on: int, pays: str = "") -> Receipt:
        """Money received `on` days from today; `pays` the first open instalment of that document."""
        received = self.day(on)
        receipt = Receipt.objects.create(
            organisation=self.company.organisation,
            entity=self.company.entity,
            customer=customer,
            number=number,
            received_date=received,
            currency="EUR",
            amount_minor=amount_minor,
        )
        item = NewItem(
            customer_id=customer.pk,
            kind="receipt",
            document_number=number,
            document_id=receipt.pk,
            item_date=received,
            due_date=received,
            currency="EUR",
            amount_minor=-amount_minor,
        )
        (posted,) = ledger.post(self._posting(received, number), items=[item], by=self.company.by)
        if pays:
            owed = posted.__class__.objects.filter(document_number=pays, open_minor__gt=0).order_by("due_date")
            ledger.settle(
                Settlement(self.company.organisation_id, received, key=f"pay:{number}"),
                owed=[owed[0].pk],
                given=[posted.pk],
                by=self.company.by,
            )
        return receipt

    def _posting(self, on: date, key: str) -> Posting:
        return Posting(self.company.organisation_id, self.company.entity.pk, on, "test", key)


@pytest.fixture
def books(company: Company) -> Books:
    """Acme owes 1 200.00 since 40 days and 3 x 500.00; Borealis owes 800.00 in 20 days; Cobalt has 50.00 in credit."""
    made = Books(company)
    made.invoice(company.acme, "FA-1", 120_000, due=-40)
    made.invoice(company.acme, "FA-2", 150_000, due=-10, parts=3)
    made.receipt(company.acme, "RG-1", 50_000, on=-5, pays="FA-2")
    made.invoice(company.borealis, "FA-3", 80_000, due=20)
    made.invoice(company.cobalt, "FA-4", 30_000, due=-60)
    made.receipt(company.cobalt, "RG-2", 35_000, on=-20, pays="FA-4")
    return made


def seated(company: Company, *, role: str = "credit_manager", language: str = "fr") -> Desk:
    """A desk for the cast's collector in another role or language."""
    cache.clear()
    kept.forget()
    Membership.objects.filter(organisation=company.organisation, user=company.collector).update(role=role)
    company.collector.language = language
    company.collector.save(update_fields=["language"])
    desk = Desk()
    desk.organisation_id = company.organisation_id
    desk.force_login(company.collector)
    return desk


@pytest.fixture
def desk(company: Company) -> Desk:
    """Nadia at her desk, in French, as credit manager."""
    return seated(company)
