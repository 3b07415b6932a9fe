"""A company drops its books in: files one month, corrected the next; terms change; somebody must not be chased."""

from datetime import UTC, date, datetime
from pathlib import Path

from django.db import connection

from encours.collections.models import Pause
from encours.customers.models import Customer
from encours.imports import actions as imports
from encours.ledger import invariants
from encours.ledger.models import OpenItem
from tests.cast import Company

JULY = date(2026, 7, 1)


def bring(company: Company, folder: Path, **texts: str) -> list[tuple[int, int, int]]:
    paths = []
    for name, text in texts.items():
        path = folder / f"{name}.csv"
        path.write_text(text)
        paths.append(imports.FileGiven(path, path.name))
    result = imports.import_files(
        paths,
        organisation_id=company.organisation_id,
        options=imports.Options(),
        by=company.by,
        now=datetime(2026, 7, 1, 8, tzinfo=UTC),
        today=JULY,
    )
    assert not result.is_refused
    return [(file.created, file.changed, file.unchanged) for file in result.files]


def books_are_right(company: Company) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate; set constraints all deferred")
    assert [finding for finding in invariants.check(company.organisation_id) if not finding.is_kept] == []


def test_two_months_of_files_and_a_change_of_terms(company: Company, tmp_path: Path) -> None:
    customers = (
        "customer_id,number,name,payment_days,dunning_block\n1,K1,Atelier du Forez,30,1\n2,K2,Cycles du Jura,45,0\n"
    )
    invoices = (
        "number,customer_id,invoice_date,due_date,gross,open_amount\n"
        "F1,1,2026-05-04,,1200.00,0.00\nF2,2,2026-05-05,,600.00,600.00\n"
    )
    payments = "payment_id,customer_id,booked_on,invoice_number,amount,deduction\nV1,1,2026-06-10,F1,1176.00,24.00\n"
    assert bring(company, tmp_path, payments=payments, invoices=invoices, customers=customers) == [
        (2, 0, 0),
        (2, 0, 0),
        (1, 0, 0),
    ]
    assert list(Pause.objects.values_list("customer__number", flat=True)) == ["K1"]
    item = OpenItem.objects.get(document_number="F2")
    assert (item.due_date, item.due_inferred) == (date(2026, 6, 19), True)

    # the next export: one invoice corrected, one new, the rest as it was; the pause is not taken twice
    corrected = invoices.replace("600.00,600.00", "660.00,660.00") + "F3,1,2026-06-30,,100.00,100.00\n"
    assert bring(company, tmp_path, payments=payments, invoices=corrected, customers=customers) == [
        (0, 0, 2),
        (1, 1, 1),
        (0, 0, 1),
    ]
    assert Pause.objects.count() == 1
    books_are_right(company)

    # the customer was granted other terms: inferred due dates follow by correction
    Customer.objects.filter(number="K2").update(terms="45EOM")
    redone = imports.reinfer_due_dates(
        organisation_id=company.organisation_id, entity_id=company.entity.pk, by=company.by, why="new contract"
    )
    assert redone == 1
    now_open = OpenItem.objects.get(document_number="F2", open_minor__gt=0)
    assert (now_open.due_date, now_open.due_inferred, now_open.amount_minor) == (date(2026, 6, 30), True, 66000)
    assert not imports.reinfer_due_dates(
        organisation_id=company.organisation_id, entity_id=company.entity.pk, by=company.by
    )
    books_are_right(company)
