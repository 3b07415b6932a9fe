"""The Monday report: one page a person, once a week, of the customers they may see."""

import datetime as dt

import pytest

from encours.access.models import Membership, Organisation, User
from encours.customers.models import Customer
from encours.entrypoints.jobs import reports
from encours.messaging.models import StaffMail
from encours.team.actions.notices import choose
from tests.collections import books

MONDAY = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def sales(company) -> User:
    user = User.objects.create(email="paul@brevanne.example", first_name="Paul", last_name="Brun", language="fr")
    Membership.objects.create(organisation=company.organisation, user=user, role="sales")
    Customer.objects.filter(pk=company.acme.pk).update(sales_rep=user)
    return user


def report(company, now=MONDAY) -> list[StaffMail]:
    reports.report_now(Organisation.objects.get(pk=company.organisation_id), now)
    return list(StaffMail.objects.order_by("email"))


class TestReport:
    def test_tells_the_week_of_the_customers_one_sees(self, company, sales):
        old = books.post(company, company.acme, "F1", late=40, amount=1_234_50)
        books.post(company, company.borealis, "F2", late=20, amount=500_00)
        books.post(company, company.acme, "F3", late=3, amount=100_00)
        books.pay(company, company.acme, "R1", 234_50, day=dt.date(2026, 11, 19), on=old)
        whole, own = report(company)
        assert (whole.email, own.email) == (company.collector.email, sales.email)
        assert "Acme (C001) : 1 100,00 €" in own.text.replace("\u202f", " ").replace("\u00a0", " ")
        assert "Borealis" not in own.text
        assert "Borealis" in whole.text
        assert "Reçu cette semaine : 234,50 €" in own.text.replace("\u00a0", " ").replace("\u202f", " ")
        # a week before: 1,234.50 overdue; now 1,000.00 and the 100.00 that fell due since
        assert "(−134,50 € en une semaine)" in own.text.replace("\u00a0", " ").replace("\u202f", " ")

    def test_each_gets_one_a_week(self, company, sales):
        books.post(company, company.acme, "F1", late=40)
        assert len(report(company)) == len(report(company, MONDAY + dt.timedelta(hours=2))) == 2
        assert len(report(company, MONDAY + dt.timedelta(days=7))) == 4

    @pytest.mark.parametrize("hours", [-3, 24])
    def test_leaves_on_monday_from_seven_on(self, company, sales, hours):
        books.post(company, company.acme, "F1", late=40)
        assert report(company, MONDAY + dt.timedelta(hours=hours)) == []

    def test_whoever_wants_none_gets_none(self, company, sales):
        books.post(company, company.acme, "F1", late=40)
        choose(
            organisation_id=company.organisation_id, user_id=sales.pk, values={"weekly_report": False}, now=MONDAY,
            by=company.by,
        )  # fmt: skip
        assert [mail.email for mail in report(company)] == [company.collector.email]

    def test_with_nothing_to_tell_nothing_is_sent(self, company, sales):
        books.post(company, company.borealis, "F2", late=20)
        assert [mail.email for mail in report(company)] == [company.collector.email]
