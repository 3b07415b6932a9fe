"""What the database itself refuses of matches: few of them are asked one by one, many all at once."""

import pytest
from django.db import IntegrityError, connection, transaction

from encours.matching.models import How, Match
from encours.payments.models import BankLine
from tests.cast import Company
from tests.matching.bank import TODAY, Bank, set_up

FEW, MANY = 2, 1_100


@pytest.fixture
def bank(company: Company) -> Bank:
    return set_up(company)[1]


def lines(bank: Bank, count: int, *, keyed: str = "law") -> list[BankLine]:
    return BankLine.objects.bulk_create(
        BankLine(
            organisation=bank.company.organisation, entity=bank.entity, account=bank.account, booking_date=TODAY,
            value_date=TODAY, currency="EUR", amount_minor=100 + number, key=f"{keyed}:{number}",
        )
        for number in range(count)
    )  # fmt: skip


def matches(bank: Bank, line_ids: list[int], *, keyed: str) -> list[Match]:
    return [
        Match(
            organisation=bank.company.organisation, entity=bank.entity, line_id=line_id, how=How.ALONE, currency="EUR",
            amount_minor=100, match_date=TODAY, key=f"{keyed}:{number}", actor_name="tests",
        )
        for number, line_id in enumerate(line_ids)
    ]  # fmt: skip


@pytest.mark.parametrize("count", [FEW, MANY])
class TestMatches:
    def test_a_line_is_applied_once(self, bank: Bank, count: int) -> None:
        ids = [line.pk for line in lines(bank, count)]
        Match.objects.bulk_create(matches(bank, ids, keyed="first"))
        others = [line.pk for line in lines(bank, count, keyed="other")]
        with pytest.raises(IntegrityError, match=f"bank line {ids[-1]} is applied already"), transaction.atomic():
            Match.objects.bulk_create(matches(bank, [*others, ids[-1]], keyed="again"))

    def test_a_line_is_of_the_organisation(self, bank: Bank, count: int) -> None:
        ids = [line.pk for line in lines(bank, count)]
        with pytest.raises(IntegrityError, match=f"bank line {ids[-1] + 1} is not of this"), transaction.atomic():
            Match.objects.bulk_create(matches(bank, [*ids, ids[-1] + 1], keyed="strange"))

    def test_the_planner_is_left_as_it_was(self, bank: Bank, count: int) -> None:
        Match.objects.bulk_create(matches(bank, [line.pk for line in lines(bank, count)], keyed="first"))
        with connection.cursor() as cursor:
            cursor.execute("show enable_nestloop")
            assert cursor.fetchone() == ("on",)
