"""Two workers decide for the same organisation at the same moment: the book is decided once."""

import threading

from django.db import connection

from encours.access import context
from encours.collections import actions as collections
from encours.collections.models import Reminder, ReminderItem
from encours.messaging.models import Message
from tests.collections import books


def test_two_runs_at_once_send_once(committed_company):
    company = committed_company
    books.set_up(company)
    for number in range(20):
        books.post(company, company.acme if number % 2 else company.borealis, f"F{number}")
    failures = []

    def work():
        try:
            with context.bound(company.organisation_id):
                collections.run_dunning(
                    organisation_id=company.organisation_id, today=books.TODAY, now=books.NOW, by=company.by
                )
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Reminder.objects.filter(outcome="due").count() == 2
    assert ReminderItem.objects.filter(has_left=True).count() == 20
    assert Message.objects.count() == 2
