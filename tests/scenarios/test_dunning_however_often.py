"""The decisions of some days are the same whether the job runs once a day or all day long, with one worker or four."""

import contextlib
import datetime as dt
import threading

import pytest
from django.db import connection

from encours.access import context
from encours.collections.models import Reminder, ReminderItem
from encours.core.dates import instant_of
from encours.entrypoints.jobs import collections as job
from encours.messaging.models import Message
from tests import cast
from tests.cast import Company
from tests.collections import books

DAYS = [books.TODAY + dt.timedelta(days=number) for number in range(3)]
HOURS = (0, *range(7, 20, 2))
type Decided = list[tuple[object, ...]]


@pytest.fixture
def twin(committed_company: Company) -> Company:
    """Another organisation with the same cast."""
    del committed_company
    with cast.company("twin") as made:
        pass
    return made


def filled(company: Company) -> None:
    """Accounts late by all sorts of days, one with a payment on account, one with a contact that bounced."""
    books.set_up(company)
    for number in range(9):
        books.post(company, company.acme, f"A{number}", late=number * 9 - 8, amount=100_00 + number)
        books.post(company, company.borealis, f"B{number}", late=number * 4 + 10, amount=250_00 - number)
    books.post(company, company.cobalt, "C1", late=40)
    books.pay(company, company.borealis, "P1", 30_00)
    company.cobalt.contacts.update(bounced_at=books.NOW)


def turns(company: Company, instants: list[dt.datetime], *, workers: int) -> None:
    """At each instant every worker takes its turn; the queue lets one at a time into a job that has a lock."""
    failures: list[Exception] = []
    locks = {job.decide.lock: threading.Lock()} if job.decide.lock else {}

    def turn(now: dt.datetime) -> None:
        try:
            with locks.get(job.decide.lock) or contextlib.nullcontext(), context.bound(company.organisation_id):
                job.turn(company.organisation, now)
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    for now in instants:
        threads = [threading.Thread(target=turn, args=(now,)) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def decided(company: Company) -> tuple[Decided, Decided, Decided]:
    """Decisions with their reasons, what each claims, and the messages made of them."""
    with context.bound(company.organisation_id):
        reminders = Reminder.objects.filter(organisation_id=company.organisation_id)
        names = dict(reminders.values_list("pk", "customer__name"))
        made = [
            (one.customer.name, one.run.run_date, one.step_key, one.outcome, one.send_date, one.totals,
             [(check["code"], check["outcome"]) for check in one.checks])
            for one in reminders.select_related("customer", "run")
        ]  # fmt: skip
        items = ReminderItem.objects.filter(organisation_id=company.organisation_id)
        claimed = [
            (names[one.reminder_id], one.document_number, one.step_key, one.left_date, one.has_left) for one in items
        ]
        messages = Message.objects.filter(organisation_id=company.organisation_id).select_related("customer")
        written = [(one.customer.name, one.kind, one.to, one.context["items"]) for one in messages]
    return sorted(made, key=str), sorted(claimed, key=str), sorted(written, key=str)


def test_once_a_day_or_all_day_long_by_four_decides_the_same(committed_company: Company, twin: Company) -> None:
    for company in (committed_company, twin):
        with context.bound(company.organisation_id):
            filled(company)
    once = [instant_of(day, dt.time(9, 30), timezone="Europe/Paris") for day in DAYS]
    often = [instant_of(day, dt.time(hour), timezone="Europe/Paris") for day in DAYS for hour in HOURS]
    turns(committed_company, once, workers=1)
    turns(twin, often, workers=4)
    made, claimed, written = decided(committed_company)
    assert len({row[1] for row in made}) == len(DAYS)
    assert {row[3] for row in made} >= {"due", "held"} or {row[3] for row in made} >= {"due", "blocked"}
    assert written
    assert decided(twin) == (made, claimed, written)
