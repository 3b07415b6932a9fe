"""A plan drawn up while others write about the same customer and company waits for nobody who waits for it."""

import threading
from datetime import date

import pytest
from django.db import connection, transaction

from encours.access import actions as access
from encours.access import context
from encours.customers.models import Note
from encours.plans import actions as plans
from encours.plans.actions import Wanted
from encours.plans.models import Plan
from encours.plans.rules.schedule import Terms
from tests.books import Books
from tests.cast import Company

TODAY = date(2026, 12, 1)
TERMS = Terms(principal_minor=900_00, start_date=TODAY, first_date=date(2027, 1, 4), count=3)


def waiting_for_the_audit_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from pg_locks where locktype = 'advisory' and not granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_plan_is_drawn_up_while_a_longer_deed_writes_of_the_same_customer(committed_company: Company) -> None:
    company = committed_company
    failures: list[Exception] = []
    with context.bound(company.organisation_id):
        item = Books(company).invoice(company.acme, 900_00, issued=date(2026, 9, 1), due=date(2026, 10, 1), number="F1")
    wanted = Wanted(customer_id=company.acme.pk, item_ids=[item.pk], terms=TERMS)

    def draw_up() -> None:
        try:
            with context.bound(company.organisation_id):
                plans.draft(wanted, organisation_id=company.organisation_id, today=TODAY, key="form-1", by=company.by)
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    drawing = threading.Thread(target=draw_up)
    with context.bound(company.organisation_id), transaction.atomic():
        # a deed of several parts holds the audit trail from its first part on
        access.record_audit(
            by=company.by, organisation_id=company.organisation_id, verb="note", subject_kind="customer",
            subject_id=company.acme.pk,
        )  # fmt: skip
        drawing.start()
        pause = threading.Event()
        while not waiting_for_the_audit_lock():
            assert drawing.is_alive(), failures
            pause.wait(0.02)
        # the plan now holds the customer and the company, which this row refers to
        Note.objects.create(
            organisation_id=company.organisation_id, customer=company.acme, text="replayed", author_name="demo"
        )
    drawing.join()
    assert failures == []
    with context.bound(company.organisation_id):
        assert Plan.objects.get(organisation_id=company.organisation_id).number == "PLAN-2026-0001"
