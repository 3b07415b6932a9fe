"""Groups kept aside: who is drawn, who is not written to, and what it teaches."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from encours.analytics.queries.effect import effect_of
from encours.collections.actions import holdouts
from encours.collections.holdout_models import HoldOut, HoldOutCustomer
from encours.collections.models import Reminder
from encours.collections.queries import holdouts as queries
from encours.collections.queries import scenarios
from encours.collections.queries.facts import plan_of
from encours.customers.models import Customer
from tests.collections import books
from tests.collections.books import TODAY

DAY = dt.timedelta(days=1)
START = TODAY - 60 * DAY


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    return company


def many(company, count: int) -> list[Customer]:
    return Customer.objects.bulk_create([
        Customer(organisation=company.organisation, number=f"M{number:03}", name=f"M{number}", language="fr")
        for number in range(count)
    ])  # fmt: skip


def scenario(company):
    return scenarios.in_force(company.organisation_id)[0]


def keep_aside(company, *, step="reminder_2", share=500, today=TODAY, **more) -> HoldOut:
    return holdouts.keep_aside(
        organisation_id=company.organisation_id, scenario_id=scenario(company).scenario.pk, step_key=step,
        share_permille=share, why="Does the second reminder help?", today=today, by=company.by, **more,
    )  # fmt: skip


def sides(hold_out: HoldOut) -> tuple[set[int], set[int]]:
    rows = HoldOutCustomer.objects.filter(hold_out=hold_out).values_list("customer_id", "is_kept_aside")
    return {pk for pk, aside in rows if not aside}, {pk for pk, aside in rows if aside}


class TestKeepAside:
    def test_the_step_leaves_for_the_others_alone(self, brevanne):
        people = many(brevanne, 30)
        made = keep_aside(brevanne)
        written, aside = sides(made)
        for number, customer in enumerate(people):
            books.post(brevanne, customer, f"F{number}", late=12)
        books.run(brevanne)
        chased = set(Reminder.objects.filter(step_key="reminder_2").values_list("customer_id", flat=True))
        assert chased == {one.pk for one in people} & written
        assert not chased & aside

    def test_the_other_steps_leave_for_everybody(self, brevanne):
        people = many(brevanne, 30)
        keep_aside(brevanne)
        for number, customer in enumerate(people):
            books.post(brevanne, customer, f"F{number}", late=4)
        books.run(brevanne)
        assert Reminder.objects.filter(step_key="reminder_1").count() == 30

    def test_kept_from_the_whole_scenario_gets_nothing(self, brevanne):
        people = many(brevanne, 30)
        _, aside = sides(keep_aside(brevanne, step=""))
        for number, customer in enumerate(people):
            books.post(brevanne, customer, f"F{number}", late=12)
        books.run(brevanne)
        assert not set(Reminder.objects.values_list("customer_id", flat=True)) & aside

    def test_ended_everybody_is_written_to_again(self, brevanne):
        people = many(brevanne, 30)
        made = keep_aside(brevanne, today=TODAY - 5 * DAY)
        holdouts.end_hold_out(
            organisation_id=brevanne.organisation_id, hold_out_id=made.pk, why="enough", today=TODAY, by=brevanne.by
        )
        for number, customer in enumerate(people):
            books.post(brevanne, customer, f"F{number}", late=12)
        books.run(brevanne)
        assert Reminder.objects.filter(step_key="reminder_2").count() == 30

    def test_whoever_owes_much_takes_no_part(self, brevanne):
        people = many(brevanne, 30)
        books.post(brevanne, people[0], "BIG", amount=50_000_00)
        made = keep_aside(brevanne, owed_max_minor=10_000_00)
        written, aside = sides(made)
        assert people[0].pk not in written | aside
        assert people[1].pk in written | aside

    def test_one_group_of_a_scenario_at_a_time(self, brevanne):
        many(brevanne, 30)
        keep_aside(brevanne)
        with pytest.raises(holdouts.AlreadyKeptAside):
            keep_aside(brevanne, step="reminder_1")

    @pytest.mark.parametrize(
        ("more", "refusal"),
        [
            ({"share": 501}, holdouts.ShareOutOfBounds),
            ({"share": 0}, holdouts.ShareOutOfBounds),
            ({"step": "nothing"}, holdouts.StepNotThere),
            ({"step": "thanks"}, holdouts.StepNotThere),
            ({"horizon_days": 0}, holdouts.HorizonOutOfBounds),
            ({"owed_max_minor": -1}, holdouts.NobodyTakesPart),
        ],
    )
    def test_refuses_what_would_teach_nothing(self, brevanne, more, refusal):
        many(brevanne, 30)
        with pytest.raises(refusal):
            keep_aside(brevanne, **more)

    def test_the_draw_cannot_be_changed_afterwards(self, brevanne):
        many(brevanne, 30)
        made = keep_aside(brevanne)
        with pytest.raises(DatabaseError), transaction.atomic():
            HoldOutCustomer.objects.filter(hold_out=made).update(is_kept_aside=False)

    def test_the_customer_page_can_tell(self, brevanne):
        many(brevanne, 30)
        _, aside = sides(keep_aside(brevanne))
        (found,) = queries.of_customer(min(aside), organisation_id=brevanne.organisation_id, today=TODAY)
        assert found[0].step_key == "reminder_2"


class TestTheEffect:
    def test_is_told_once_the_horizon_is_over(self, brevanne):
        people = many(brevanne, 120)
        made = keep_aside(brevanne, today=START)
        _, aside = sides(made)
        for number, customer in enumerate(people):
            # due so that the step of +10 falls 50 days ago; written to, they pay 4 days after it, else 16
            item = books.post(brevanne, customer, f"F{number}", late=60)
            late = 16 if customer.pk in aside else 4
            books.pay(brevanne, customer, f"R{number}", 100_00, day=TODAY - (50 - late) * DAY, on=item)
        plan = plan_of(scenario(brevanne).version, "")
        found = effect_of(made, plan=plan, today=TODAY)
        assert found.gained_days == pytest.approx(12)
        assert found.is_shown
        assert found.kept_aside.customers + found.written_to.customers == 120

    def test_what_came_to_the_step_lately_is_not_judged(self, brevanne):
        people = many(brevanne, 60)
        made = keep_aside(brevanne, today=START)
        for number, customer in enumerate(people):
            books.post(brevanne, customer, f"F{number}", late=20)
        found = effect_of(made, plan=plan_of(scenario(brevanne).version, ""), today=TODAY)
        assert (found.gained_days, found.missing, found.written_to.instalments) == (None, 20, 0)
