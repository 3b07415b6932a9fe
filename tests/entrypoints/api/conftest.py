"""A program with a token, and the cast's books."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from encours.access import context, token_actions
from encours.access.models import Membership
from tests.books import Books
from tests.cast import BY, Company

TODAY = date(2026, 3, 31)


class Program(Client):
    """Calls the API with its token; after each call the organisation is bound again for the test's own reading."""

    def __init__(self, company: Company, secret: str) -> None:
        super().__init__(headers={"Authorization": f"Bearer {secret}"})
        self.company = company

    def request(self, **environment: Any) -> Any:
        answer = super().request(**environment)
        context.bind(self.company.organisation_id)
        return answer

    def read(self, path: str, **asked: Any) -> Any:
        answer = self.get(f"/api/v1/{path}", asked)
        assert answer.status_code == 200, answer.content
        return answer.json()


def secret_of(company: Company, **more: Any) -> str:
    """A fresh token of the cast's collector."""
    given = {"scopes": ["read"], "expires_at": None, "name": "test", "user_id": company.collector.pk} | more
    return token_actions.issue_token(organisation_id=company.organisation_id, by=BY, **given)[1]


@pytest.fixture
def program(company: Company) -> Program:
    """A program that reads as Nadia."""
    Membership.objects.filter(user=company.collector).update(role="credit_manager")
    return Program(company, secret_of(company))


@pytest.fixture
def filled(company: Company) -> Books:
    """Acme owes and is late, Borealis paid late, Cobalt has something in credit."""
    books = Books(company)
    books.invoice(company.acme, 100_000, issued=date(2026, 1, 30), due=TODAY - timedelta(days=30))
    books.invoice(company.acme, 50_000, issued=date(2026, 3, 1), due=TODAY)
    late = books.invoice(company.borealis, 80_000, issued=date(2026, 1, 5), due=date(2026, 2, 4))
    books.pay(late, day=date(2026, 2, 14))
    books.receipt(company.cobalt, 5_000, day=date(2026, 3, 3))
    return books
