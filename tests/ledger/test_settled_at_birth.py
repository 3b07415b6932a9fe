"""An item may be born settled, as long as its legs come in the same transaction."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from encours.ledger import invariants
from encours.ledger import staged_actions as staged
from encours.ledger.models import OpenItem
from tests.cast import Company

DAY = dt.date(2026, 1, 15)


def post(company: Company, *rows: tuple[str, str, int, int]) -> staged.Batch:
    """Post items from (number, kind, amount, open) as an import does; item ids begin at 9_000_001."""
    batch = staged.Batch(company.organisation_id, company.entity.pk, "test", "birth", company.by)
    values = ", ".join(
        f"({9_000_001 + index}::bigint, {company.acme.pk}::bigint, '{kind}', '411', '{number}', null::bigint, 1, 1,"
        f" date '{DAY}', date '{DAY}', false, false, 'EUR', {amount}::bigint, {opened}::bigint)"
        for index, (number, kind, amount, opened) in enumerate(rows)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""create temp table born on commit drop as select * from (values {values})
                as t (item_id, {staged.ITEM_COLUMNS}, open_minor)"""
        )
    staged.post_staged(batch, view="born", settled_on="item_date")
    return batch


def allocate(batch: staged.Batch, *legs: tuple[int, int]) -> None:
    values = ", ".join(
        f"(8000001::bigint, {9_000_001 + index}::bigint, 'EUR', {minor}::bigint)" for index, minor in legs
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""create temp table born_leg on commit drop as select * from (values {values})
                as t (allocation_id, item_id, currency, amount_minor)"""
        )
        cursor.execute(
            f"""create temp table born_head on commit drop as select 8000001::bigint as allocation_id, ':1' as key,
                date '{DAY}' as allocation_date, '' as code, null::date as code_date"""
        )
    staged.allocate_staged(batch, heads="born_head", legs="born_leg")


def commit() -> None:
    """What the database checks when a transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")


def test_with_its_legs_it_stands(company: Company) -> None:
    batch = post(company, ("F1", "invoice", 10_000, 4_000), ("R1", "receipt", -6_000, 0))
    allocate(batch, (0, -6_000), (1, 6_000))
    commit()
    assert list(OpenItem.objects.order_by("pk").values_list("open_minor", flat=True)) == [4_000, 0]
    assert [finding for finding in invariants.check(company.organisation_id) if not finding.is_kept] == []


def settle_without_legs(company: Company) -> None:
    post(company, ("F1", "invoice", 10_000, 4_000))
    commit()


def test_without_its_legs_it_is_refused(company: Company) -> None:
    with pytest.raises(IntegrityError, match="without the legs"), transaction.atomic():
        settle_without_legs(company)


def test_legs_of_another_amount_decide(company: Company) -> None:
    batch = post(company, ("F1", "invoice", 10_000, 4_000), ("R1", "receipt", -6_000, 0))
    allocate(batch, (0, -5_000), (1, 5_000))
    commit()
    assert list(OpenItem.objects.order_by("pk").values_list("open_minor", flat=True)) == [5_000, -1_000]


def test_more_than_is_owed_is_refused(company: Company) -> None:
    with pytest.raises(IntegrityError, match="open_within_amount"), transaction.atomic():
        post(company, ("F1", "invoice", 10_000, 14_000))
