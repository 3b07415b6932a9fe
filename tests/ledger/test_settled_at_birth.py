"""An item may be born settled, as long as its legs come in the same transaction."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from encours.ledger import invariants
from encours.ledger import staged_actions as staged
from encours.ledger.models import OpenItem
from tests.cast import Company

DAY = dt.date(2026, 1, 15)


def post(company: Company, *rows: tuple[str, str, int, int]) -> tuple[staged.Batch, staged.Posted]:
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
    return batch, staged.post_staged(batch, view="born", settled_on="item_date")


def allocate(
    batch: staged.Batch, *legs: tuple[int, int], keeps: tuple[staged.Posted, ...] = (), number: int = 1
) -> None:
    """Allocate by (place of the item, amount); `keeps` as the actions of an import say it."""
    values = ", ".join(
        f"({8_000_000 + number}::bigint, {9_000_001 + index}::bigint, 'EUR', {minor}::bigint)" for index, minor in legs
    )
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists born_leg, born_head")
        cursor.execute(
            f"""create temp table born_leg on commit drop as select * from (values {values})
                as t (allocation_id, item_id, currency, amount_minor)"""
        )
        cursor.execute(
            f"""create temp table born_head on commit drop as
                select {8_000_000 + number}::bigint as allocation_id, ':{number}' as key,
                date '{DAY}' as allocation_date, '' as code, null::date as code_date"""
        )
    staged.allocate_staged(batch, heads="born_head", legs="born_leg", keeps=keeps)


def commit() -> None:
    """What the database checks when a transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")


def test_with_its_legs_it_stands(company: Company) -> None:
    batch, _ = post(company, ("F1", "invoice", 10_000, 4_000), ("R1", "receipt", -6_000, 0))
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
    batch, _ = post(company, ("F1", "invoice", 10_000, 4_000), ("R1", "receipt", -6_000, 0))
    allocate(batch, (0, -5_000), (1, 5_000))
    commit()
    assert list(OpenItem.objects.order_by("pk").values_list("open_minor", flat=True)) == [5_000, -1_000]


class TestPromises:
    """Legs said to be those that items were born with are held against them once, at the end."""

    def test_that_are_kept_stand(self, company: Company) -> None:
        batch, posted = post(company, ("F1", "invoice", 10_000, 4_000), ("R1", "receipt", -6_000, 0))
        allocate(batch, (0, -6_000), (1, 6_000), keeps=(posted,))
        commit()
        assert list(OpenItem.objects.order_by("pk").values_list("open_minor", flat=True)) == [4_000, 0]
        assert [finding for finding in invariants.check(company.organisation_id) if not finding.is_kept] == []

    @pytest.mark.parametrize("minor", [5_000, 7_000])
    def test_that_are_broken_are_refused(self, company: Company, minor: int) -> None:
        with pytest.raises(IntegrityError, match="without the legs"), transaction.atomic():
            self.settle_by(minor, company)

    @staticmethod
    def settle_by(minor: int, company: Company) -> None:
        """Legs of this much for items that were born settled by 6,000."""
        batch, posted = post(company, ("F1", "invoice", 10_000, 4_000), ("R1", "receipt", -8_000, -2_000))
        allocate(batch, (0, -minor), (1, minor), keeps=(posted,))
        commit()

    def test_say_nothing_of_what_comes_after(self, company: Company) -> None:
        batch, posted = post(company, ("F1", "invoice", 10_000, 4_000), ("R1", "receipt", -8_000, -2_000))
        allocate(batch, (0, -6_000), (1, 6_000), keeps=(posted,))
        allocate(batch, (0, -2_000), (1, 2_000), number=2)
        commit()
        assert list(OpenItem.objects.order_by("pk").values_list("open_minor", flat=True)) == [2_000, 0]

    def test_of_nobody_change_nothing(self, company: Company) -> None:
        batch, _ = post(company, ("F1", "invoice", 10_000, 10_000), ("R1", "receipt", -6_000, -6_000))
        allocate(batch, (0, -6_000), (1, 6_000), keeps=(staged.Posted(2, 999_999_999),))
        commit()
        assert list(OpenItem.objects.order_by("pk").values_list("open_minor", flat=True)) == [4_000, 0]


def test_two_halves_of_one_item_in_one_transaction_are_both_taken(company: Company) -> None:
    batch, _ = post(company, ("F1", "invoice", 10_000, 10_000), ("R1", "receipt", -10_000, -10_000))
    allocate(batch, (0, -5_000), (1, 5_000))
    allocate(batch, (0, -5_000), (1, 5_000), number=2)
    commit()
    assert list(OpenItem.objects.order_by("pk").values_list("open_minor", flat=True)) == [0, 0]


def test_more_than_is_owed_is_refused(company: Company) -> None:
    with pytest.raises(IntegrityError, match="open_within_amount"), transaction.atomic():
        post(company, ("F1", "invoice", 10_000, 14_000))
