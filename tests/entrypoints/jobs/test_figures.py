"""Figures are ready before people come, and the tables stay in good order."""

from datetime import date

import pytest
from django.db import connection

from encours.analytics.models import Standing
from encours.entrypoints.jobs import figures
from encours.ledger import upkeep
from tests.books import Books
from tests.cast import Company


def test_standings_are_refreshed_for_every_organisation(company: Company) -> None:
    Books(company).invoice(company.acme, 5_000, issued=date(2026, 1, 5), due=date(2026, 2, 5))
    figures.refresh_standings.func(0)
    assert Standing.objects.get(customer=company.acme).overdue_minor == 5_000


@pytest.mark.django_db(transaction=True)
def test_tables_are_tidied_by_the_product_itself(committed_company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(committed_company)
    books.invoice(committed_company.acme, 5_000, issued=date(2026, 1, 5), due=date(2026, 2, 5))
    monkeypatch.setattr(upkeep, "_is_sparse", lambda index: True)
    assert upkeep.tidy() == list(upkeep.SPARSE_INDEXES)
    with connection.cursor() as cursor:
        cursor.execute("select reltuples from pg_class where relname = 'ledger_openitem'")
        assert cursor.fetchone()[0] == 1
