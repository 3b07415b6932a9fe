"""Credit limits: what is used of them, since when they are passed, and what a file may change."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from encours.access.models import AuditEntry
from encours.collections import actions as collections
from encours.collections.models import Occurrence
from encours.credit import actions as credit
from encours.credit import queries
from encours.credit.actions import LimitNegative
from encours.credit.models import CreditLimit
from encours.credit.rules.limits import Use
from tests import cast
from tests.collections import books
from tests.collections.books import NOW, TODAY

DAY = dt.timedelta(days=1)


class TestUse:
    @pytest.mark.parametrize(
        ("limit", "owed", "expected"),
        [  # excess, room, percent
            (1_000, 300, (0, 700, 30)),
            (1_000, 1_000, (0, 0, 100)),
            (1_000, 1_200, (200, 0, 120)),
            (1_000, -50, (0, 1_000, 0)),
            (0, 0, (0, 0, 0)),
            (0, 1, (1, 0, 100)),
        ],
    )
    def test_says_what_is_too_much_and_what_is_left(self, limit, owed, expected):
        use = Use(limit, owed)
        assert (use.excess_minor, use.room_minor, use.percent) == expected


def limit(company, customer, minor, *, day=TODAY, currency="EUR"):
    return credit.set_limit(
        organisation_id=company.organisation_id, customer_id=customer.pk, amount_minor=minor, currency=currency,
        today=day, by=company.by, why="board",
    )  # fmt: skip


def events(company):
    collections.see_events(organisation_id=company.organisation_id, today=TODAY, now=NOW)
    found = Occurrence.objects.filter(organisation=company.organisation, kind="limit_exceeded").order_by("pk")
    return [(one.customer.name, one.occurred_date, one.amount_minor) for one in found.select_related("customer")]


@pytest.mark.django_db
class TestALimit:
    def test_the_latest_counts_and_those_before_stay_readable(self, company):
        limit(company, company.acme, 500_00, day=TODAY - 9 * DAY)
        limit(company, company.acme, 800_00)
        assert limit(company, company.acme, 800_00) is None
        seen = queries.limit_of(company.acme.pk, organisation_id=company.organisation_id, today=TODAY)
        assert seen is not None
        assert seen.use == Use(800_00, 0)
        limit(company, company.acme, None)
        assert queries.limit_of(company.acme.pk, organisation_id=company.organisation_id, today=TODAY) is None
        assert CreditLimit.objects.count() == 3
        entries = AuditEntry.objects.filter(verb="set_credit_limit", subject_id=str(company.acme.pk))
        assert [entry.details["after"] for entry in entries.order_by("sequence")] == ["50000 EUR", "80000 EUR", ""]

    def test_is_refused_below_zero_and_never_changed(self, company):
        with pytest.raises(LimitNegative):
            limit(company, company.acme, -1)
        limit(company, company.acme, 1)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("update credit_creditlimit set amount_minor = 2")

    def test_a_file_that_says_the_same_again_undoes_nobody(self, company):
        def take(minor):
            return credit.take_limits(
                organisation_id=company.organisation_id, limits=[(company.acme.pk, minor)], currency="EUR",
                today=TODAY, by=company.by,
            )  # fmt: skip

        assert (take(500_00), take(500_00)) == (1, 0)
        limit(company, company.acme, 900_00)
        assert take(500_00) == 0
        assert queries.limits_of(company.acme.pk, organisation_id=company.organisation_id)[0].amount_minor == 900_00
        assert take(700_00) == 1


@pytest.mark.django_db
class TestTheEvent:
    def test_is_the_day_the_debt_passed_the_limit_once(self, company):
        limit(company, company.acme, 150_00, day=TODAY - 60 * DAY)
        limit(company, company.borealis, 1_000_00, day=TODAY - 60 * DAY)
        first = books.post(company, company.acme, "F1", day=TODAY - 20 * DAY)
        books.post(company, company.acme, "F2", day=TODAY - 5 * DAY)
        books.post(company, company.borealis, "F3", day=TODAY - 5 * DAY)
        # what is applied within the account changes nothing of what is owed
        books.pay(company, company.acme, "R1", 20_00, day=TODAY - 4 * DAY, on=first)
        assert events(company) == [("Acme", TODAY - 5 * DAY, 30_00)]
        assert len(events(company)) == 1

    def test_comes_again_when_the_debt_fell_within_and_passed_again(self, company):
        limit(company, company.acme, 150_00, day=TODAY - 60 * DAY)
        first = books.post(company, company.acme, "F1", day=TODAY - 20 * DAY)
        books.post(company, company.acme, "F2", day=TODAY - 9 * DAY)
        assert [day for _, day, _ in events(company)] == [TODAY - 9 * DAY]
        books.pay(company, company.acme, "R1", 100_00, day=TODAY - 6 * DAY, on=first)
        assert len(events(company)) == 1
        books.post(company, company.acme, "F3", day=TODAY - 2 * DAY)
        assert [day for _, day, _ in events(company)] == [TODAY - 9 * DAY, TODAY - 2 * DAY]

    def test_a_limit_set_below_what_is_owed_is_passed_that_day(self, company):
        books.post(company, company.acme, "F1", day=TODAY - 90 * DAY)
        assert events(company) == []
        limit(company, company.acme, 40_00, day=TODAY)
        assert events(company) == [("Acme", TODAY, 60_00)]

    def test_old_news_other_currencies_and_lifted_limits_are_none(self, company):
        limit(company, company.acme, 10_00, day=TODAY - 90 * DAY)
        books.post(company, company.acme, "F1", day=TODAY - 80 * DAY)
        limit(company, company.borealis, 10_00, day=TODAY - 5 * DAY, currency="USD")
        books.post(company, company.borealis, "F2", day=TODAY - 4 * DAY)
        limit(company, company.cobalt, 10_00, day=TODAY - 5 * DAY)
        limit(company, company.cobalt, None, day=TODAY - 5 * DAY)
        books.post(company, company.cobalt, "F3", day=TODAY - 4 * DAY)
        assert events(company) == []
        assert [one.since_date for one in queries.over_limit(company.organisation_id, today=TODAY)] == [
            TODAY - 80 * DAY
        ]

    def test_the_other_tenant_hears_nothing(self, company):
        limit(company, company.acme, 10_00)
        books.post(company, company.acme, "F1")
        with cast.company("dora") as dora:
            assert queries.over_limit(dora.organisation_id, today=TODAY) == []
            assert not CreditLimit.objects.exists()
            assert events(dora) == []
