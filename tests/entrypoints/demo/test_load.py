"""The loader takes the invented files through the importers and the last weeks through the rooms' actions."""

import datetime as dt
from pathlib import Path

import pytest

from encours.access import context
from encours.access.models import Membership, Organisation
from encours.collections.models import Reminder
from encours.core.dates import instant_of
from encours.credit.models import CreditLimit, ExceptionalTerms, InsuranceCover, LimitProposal
from encours.customers.models import AssignmentRule
from encours.disputes.models import CreditNoteRequest
from encours.entrypoints.demo import bank, load, market, papers, people, replay
from encours.entrypoints.demo.book import book_of
from encours.invoices.models import DocumentCopy
from encours.ledger import invariants
from encours.ledger.models import OpenItem
from encours.matching.models import OPEN_STATES, LineWork
from encours.messaging.models import Message
from encours.payments.models import Statement
from encours.team.models import Goal

TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    """Thirty customers and two weeks: the same road, walked in seconds."""
    everyone = market.customers()
    monkeypatch.setattr(market, "customers", lambda: everyone[:30])
    monkeypatch.setattr(replay, "WEEKS", 2)
    monkeypatch.setattr(papers, "COPIES_MAX", 4)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.mark.usefixtures("small", "transactional_db")
def test_the_loaded_books_are_those_invented_and_hold_every_law(tmp_path: Path) -> None:
    said: list[str] = []
    now = instant_of(TODAY, dt.time(10, 0), timezone="Europe/Paris")
    load.load(tmp_path, today=TODAY, now=now, say=said.append)

    organisation = Organisation.objects.get(name=people.GROUP)
    book = book_of(TODAY)
    with context.bound(organisation.pk):
        unused = sum(receipt.amount_minor for receipt in book.cash.receipts if not receipt.uses)
        expected = sum(part.open_minor for part in book.cash.parts) - sum(part.open_minor for part in book.cash.credits)
        # transfers of the last days are in the bank and wait for whoever opens the demo
        works = LineWork.objects.filter(state__in=OPEN_STATES, line__end_to_end_id__startswith="ENC-")
        in_bank = sum(work.amount_minor for work in works)
        free = LineWork.objects.filter(match__isnull=False, line__end_to_end_id=bank.FREE)
        used = sum(work.amount_minor for work in free)
        assert sum(item.open_minor for item in OpenItem.objects.all()) == expected - unused + in_bank - used
        assert LineWork.objects.filter(how="alone").count() > 20
        assert not Statement.objects.exclude(difference_minor=0).exists()
        assert all(finding.is_kept for finding in invariants.check(organisation.pk))
        assert Membership.objects.count() == len(people.EVERYBODY)
        assert Reminder.objects.filter(decided_date__lt=TODAY, outcome="due").exists()
        assert Message.objects.filter(state="caught").exists()
        assert not Reminder.objects.filter(decided_at__gt=now).exists()
        assert DocumentCopy.objects.count() == papers.COPIES_MAX
        assert CreditLimit.objects.filter(source="file").count() > 10
        for waits in (LimitProposal, ExceptionalTerms, CreditNoteRequest):
            assert waits.objects.filter(decided_as="").count() == 1
        assert Goal.objects.filter(user=None).count() == 2
        assert AssignmentRule.objects.exists()
        assert InsuranceCover.objects.exists()
    assert load.loaded_on(tmp_path) == TODAY
    assert organisation.sandbox
