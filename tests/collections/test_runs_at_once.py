"""Whoever takes the day's turn at the same moment as another decides nothing twice, and what is decided is counted."""

import threading

import pytest
from django.db import connection

from encours.access import context
from encours.collections import actions as collections
from encours.collections.actions import running
from encours.collections.models import DunningRun, Reminder
from encours.entrypoints.jobs import collections as job
from tests.cast import Company
from tests.collections import books


def filled(company: Company) -> None:
    books.set_up(company)
    for number in range(6):
        books.post(company, company.acme, f"A{number}", late=number * 9 + 1)
    books.post(company, company.borealis, "B1", late=40)


def test_two_turns_at_once_make_one_run(committed_company: Company) -> None:
    company = committed_company
    with context.bound(company.organisation_id):
        filled(company)
    start, failures = threading.Barrier(3), []

    def turn() -> None:
        try:
            with context.bound(company.organisation_id):
                # both found that it was time before either had begun
                assert job.is_time(company.organisation, books.NOW)
                start.wait(20)
                job.run_now(company.organisation, books.NOW)
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=turn) for _ in range(2)]
    for thread in threads:
        thread.start()
    start.wait(20)
    for thread in threads:
        thread.join()
    assert failures == []
    with context.bound(company.organisation_id):
        assert DunningRun.objects.filter(organisation_id=company.organisation_id, is_whole=True).count() == 1
        runs = set(Reminder.objects.filter(organisation_id=company.organisation_id).values_list("run_id", flat=True))
        assert len(runs) == 1


def test_the_lock_is_free_again_after_a_run_that_failed(committed_company: Company, monkeypatch) -> None:
    company = committed_company
    ask = {"organisation_id": company.organisation_id, "today": books.TODAY, "now": books.NOW, "by": company.by}
    with context.bound(company.organisation_id):
        filled(company)
        with monkeypatch.context() as broken:
            broken.setattr(running, "finish", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                collections.run_dunning(**ask, is_once_a_day=True)
        assert not DunningRun.objects.filter(organisation_id=company.organisation_id).exists()
        made = collections.run_dunning(**ask, is_once_a_day=True)
        assert collections.run_dunning(**ask, is_once_a_day=True) == made
        assert collections.run_dunning(**ask).pk > made.pk  # a person who asks for another gets another


def test_what_was_decided_is_counted_for_the_planner(committed_company: Company) -> None:
    company = committed_company
    with context.bound(company.organisation_id):
        filled(company)
        collections.run_dunning(
            organisation_id=company.organisation_id, today=books.TODAY, now=books.NOW, by=company.by
        )
        count = Reminder.objects.filter(organisation_id=company.organisation_id).count()
    with connection.cursor() as cursor:
        cursor.execute("select reltuples from pg_class where relname = 'collections_reminder'")
        assert cursor.fetchone()[0] >= count > 0
