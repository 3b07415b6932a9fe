"""While a collector is away, what they would be told of their customers is told to whoever stands in, too."""

import datetime as dt

import pytest

from encours.access.models import Membership, User
from encours.customers.models import Customer
from encours.team import actions as team
from encours.team.actions import notices
from encours.team.models import Notification

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
TODAY = NOW.date()


@pytest.fixture
def substitute(company):
    user = User.objects.create(email="omar@brevanne.example", first_name="Omar")
    Membership.objects.create(organisation=company.organisation, user=user, role="collector")
    Customer.objects.filter(pk=company.acme.pk).update(collector=company.collector)
    return user


def away(company, substitute, *, first=TODAY, last=TODAY + dt.timedelta(days=4)):
    return team.note_absence(
        organisation_id=company.organisation_id, user_id=company.collector.pk, substitute_id=substitute.pk,
        first_date=first, last_date=last, today=TODAY, by=company.by,
    )  # fmt: skip


def told(company, *, key="reply:1", customer=None, now=NOW):
    notices.notify(
        organisation_id=company.organisation_id, user_ids=[company.collector.pk],
        notice=notices.Notice("reply", "Acme answered", key, customer_id=(customer or company.acme).pk),
        by=company.by, now=now, tells_author=True,
    )  # fmt: skip
    return set(Notification.objects.filter(key=key).values_list("user_id", flat=True))


def test_both_are_told_while_the_absence_lasts(company, substitute):
    away(company, substitute)
    assert told(company) == {company.collector.pk, substitute.pk}
    assert told(company, key="later", now=NOW + dt.timedelta(days=9)) == {company.collector.pk}


def test_nobody_stands_in_before_the_first_day(company, substitute):
    away(company, substitute, first=TODAY + dt.timedelta(days=2))
    assert told(company) == {company.collector.pk}


def test_of_a_customer_the_absent_person_does_not_follow_they_alone_are_told(company, substitute):
    away(company, substitute)
    Customer.objects.filter(pk=company.borealis.pk).update(collector=None)
    assert told(company, customer=company.borealis) == {company.collector.pk}


def test_whoever_else_sees_their_own_portfolio_alone_is_told_too_as_they_see_the_customers_meanwhile(
    company, substitute
):
    Membership.objects.filter(user=substitute).update(own_portfolio_only=True)
    away(company, substitute)
    assert told(company) == {company.collector.pk, substitute.pk}
