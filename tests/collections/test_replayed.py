"""A replay over real books: the same as what the daily runs did, read by whoever may see it, and two side by side."""

import datetime as dt

import pytest

from encours.access.rules import Scope
from encours.collections import actions as collections
from encours.collections.models import Reminder
from encours.collections.queries import replay
from encours.collections.queries import scenarios as queries
from encours.collections.queries.facts import plan_of
from encours.collections.rules.steps import Plan, Step
from encours.disputes import actions as disputes
from tests.collections import books
from tests.collections.books import NOW, TODAY

DAY = dt.timedelta(days=1)
FIRST = TODAY - 60 * DAY
GENTLE = (Step("late", "Late", 20, 1, template_key="reminder_1"),)


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    return company


def plan_in_force(company) -> Plan:
    version = queries.in_force(company.organisation_id)[0].version
    return plan_of(version, version.scenario.name)


def scope_of(company, **more) -> Scope:
    return Scope(organisation_id=company.organisation_id, user_id=None, role="credit_manager", **more)


def replayed(company, *, other=None, scope=None, last=TODAY, **more):
    scope = scope or scope_of(company)
    return replay.replayed(plan_in_force(company), other=other, scope=scope, first=FIRST, last=last, now=NOW, **more)


class TestReplayed:
    def test_tells_what_the_daily_runs_did(self, brevanne):
        acme, borealis = brevanne.acme, brevanne.borealis
        paid = books.post(brevanne, acme, "F1", late=50)
        books.post(brevanne, borealis, "F2", late=45)
        contested = books.post(brevanne, borealis, "F3", late=40, amount=30_00)
        day = FIRST
        while day <= TODAY:
            if day == TODAY - 35 * DAY:
                books.pay(brevanne, acme, "R1", 100_00, day=day, on=paid)
            if day == TODAY - 38 * DAY:
                disputes.open_dispute(
                    organisation_id=brevanne.organisation_id, customer_id=borealis.pk, today=day, by=brevanne.by,
                    item_id=contested.pk,
                )  # fmt: skip
            collections.state_bank_date(
                organisation_id=brevanne.organisation_id, known=day - DAY, today=day, by=brevanne.by
            )
            made = books.run(brevanne, day)
            for reminder in Reminder.objects.filter(run=made, outcome="to_confirm"):
                collections.confirm(
                    organisation_id=brevanne.organisation_id, reminder_id=reminder.pk, today=day,
                    now=books.at(day), by=brevanne.by,
                )  # fmt: skip
            day += DAY
        found = replayed(brevanne)
        assert found.one.by_step == found.sent_by_step
        assert found.one.by_month == found.sent_by_month
        assert found.one.by_step["reminder_2"] == 2

    def test_sets_another_scenario_beside_it(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=40)
        gentle = Plan(plan_in_force(brevanne).scenario_id, 0, "Gentle", GENTLE)
        found = replayed(brevanne, other=gentle)
        assert found.one.messages > found.other.messages == 1
        assert found.other.by_step == {"late": 1}
        assert found.other.first_late_days == 20
        alone = [row for row in found.differing if not row.difference.is_of_first]
        assert [(row.number, row.difference.step_key) for row in alone] == [(brevanne.acme.number, "late")]

    def test_keeps_to_the_customers_the_scenario_applies_to(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=40)
        books.post(brevanne, brevanne.borealis, "F2", late=40)
        collections.assign(
            organisation_id=brevanne.organisation_id, scenario_id=None, by=brevanne.by, customer_id=brevanne.acme.pk
        )
        found = replayed(brevanne)
        assert found.one.customers == 1
        assert found.customer_count == found.sample_size

    def test_a_sample_is_told_and_stays_the_same(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=40)
        books.post(brevanne, brevanne.borealis, "F2", late=40)
        one, again = (replayed(brevanne, sample_size=1) for _ in range(2))
        assert one.sample_size == 1 < one.customer_count
        assert one.one == again.one

    def test_a_person_with_a_portfolio_sees_its_own_customers(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=40)
        assert replayed(brevanne, scope=scope_of(brevanne, own_portfolio_only=True)).sample_size == 0

    def test_another_tenant_sees_nothing(self, brevanne):
        books.post(brevanne, brevanne.acme, "F1", late=40)
        other = Scope(organisation_id=brevanne.organisation_id + 1, user_id=None, role="credit_manager")
        plan = plan_in_force(brevanne)
        with pytest.raises(replay.loading.SettingsMissing):
            replay.replayed(plan, other=None, scope=other, first=FIRST, last=TODAY, now=NOW)
