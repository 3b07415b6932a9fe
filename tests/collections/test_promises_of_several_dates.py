"""A promise of several payments, kept in part, broken, changed: what the cash says, what the run and the tasks do."""

import datetime as dt

import pytest

from encours.access.rules import Scope
from encours.collections import actions as collections
from encours.collections.actions.pauses import DatePast
from encours.collections.actions.promises import PromiseAmountUnusable, PromiseEmpty, PromiseUnknown
from encours.collections.models import Promise
from encours.collections.queries import promises
from encours.collections.rules.promises import KeptRate, PromiseState, kept_rate, state_of
from encours.ledger import actions as ledger
from encours.team.models import Task
from tests import cast
from tests.collections import books
from tests.collections.books import TODAY

DAY = dt.timedelta(days=1)


@pytest.fixture
def brevanne(company: cast.Company) -> cast.Company:
    books.set_up(company)
    books.post(company, company.acme, "F1", amount=900_00)
    return company


def said(company, *payments, **more):
    given = {"currency": "EUR", "today": TODAY, "by": company.by, **more}
    return collections.record_promises(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, payments=list(payments), **given
    )


def three(company):
    return said(company, (300_00, TODAY + DAY), (300_00, TODAY + 8 * DAY), (300_00, TODAY + 15 * DAY))


def states(company, today):
    scope = Scope(organisation_id=company.organisation_id, user_id=None, role="collector")
    found = promises.promise_list(scope, wanted=promises.PromiseFilter(), today=today)
    return [row.state.value for row in sorted(found.rows, key=lambda row: row.promise.promised_date)], found


def see_broken(company, today):
    return collections.see_broken_promises(organisation_id=company.organisation_id, today=today, by=company.by)


class TestState:
    @pytest.mark.parametrize(
        ("received", "today", "is_withdrawn", "expected"),
        [
            (0, TODAY, False, PromiseState.RUNNING),
            (40, TODAY, False, PromiseState.RUNNING),
            (100, TODAY, False, PromiseState.KEPT),
            (0, TODAY + DAY, False, PromiseState.BROKEN),
            (40, TODAY + DAY, False, PromiseState.PARTLY_KEPT),
            (100, TODAY + DAY, False, PromiseState.KEPT),
            (40, TODAY + DAY, True, PromiseState.WITHDRAWN),
        ],
    )
    def test_is_what_the_cash_makes_of_it(self, received, today, is_withdrawn, expected):
        found = state_of(100, promised_date=TODAY, received_minor=received, today=today, is_withdrawn=is_withdrawn)
        assert found is expected

    def test_the_rate_leaves_out_what_runs_or_was_withdrawn(self):
        kept, partly, broken = PromiseState.KEPT, PromiseState.PARTLY_KEPT, PromiseState.BROKEN
        ended = [(kept, 100, 100), (partly, 100, 30), (broken, 100, 0), (PromiseState.RUNNING, 900, 0)]
        rate = kept_rate([*ended, (PromiseState.WITHDRAWN, 50, 0)])
        assert rate == KeptRate(1, 1, 1, 300, 130)
        assert rate.percent == 33
        assert kept_rate([]).percent is None


class TestSeveralDates:
    def test_stand_as_one_series_in_the_order_of_their_days(self, brevanne):
        made = said(brevanne, (100_00, TODAY + 9 * DAY), (200_00, TODAY + DAY))
        assert [promise.amount_minor for promise in made] == [200_00, 100_00]
        assert len({promise.series for promise in made}) == 1
        _, found = states(brevanne, TODAY)
        assert [(row.position, row.count) for row in found.rows] == [(1, 2), (2, 2)]

    def test_one_of_a_single_day_is_no_series(self, brevanne):
        assert [promise.series for promise in said(brevanne, (100_00, TODAY))] == [""]

    def test_the_first_kept_the_rest_still_holds_reminders(self, brevanne):
        three(brevanne)
        books.pay(brevanne, brevanne.acme, "P1", 300_00, day=TODAY + DAY)
        assert states(brevanne, TODAY + 2 * DAY)[0] == ["kept", "running", "running"]
        assert books.decisions(brevanne, books.run(brevanne, TODAY + 2 * DAY))[0][2] == "held"

    def test_the_first_broken_none_of_them_holds_any_more(self, brevanne):
        three(brevanne)
        assert books.decisions(brevanne, books.run(brevanne, TODAY + DAY))[0][2] == "held"
        assert books.decisions(brevanne, books.run(brevanne, TODAY + 2 * DAY))[0][2] == "due"

    def test_paid_late_after_all_the_others_hold_again(self, brevanne):
        three(brevanne)
        books.pay(brevanne, brevanne.acme, "P1", 300_00, day=TODAY + 2 * DAY)
        assert states(brevanne, TODAY + 2 * DAY)[0][0] == "broken"
        assert books.decisions(brevanne, books.run(brevanne, TODAY + 2 * DAY))[0][2] == "held"

    def test_refuses_all_when_one_is_unusable(self, brevanne):
        with pytest.raises(PromiseAmountUnusable):
            said(brevanne, (100_00, TODAY), (0, TODAY))
        with pytest.raises(DatePast):
            said(brevanne, (100_00, TODAY), (100_00, TODAY - DAY))
        with pytest.raises(PromiseEmpty):
            said(brevanne)
        assert Promise.objects.count() == 0

    def test_the_same_key_twice_is_one_promise(self, brevanne):
        said(brevanne, (100_00, TODAY), (200_00, TODAY + DAY), key="call:1")
        said(brevanne, (100_00, TODAY), (200_00, TODAY + DAY), key="call:1")
        assert Promise.objects.count() == 2


class TestBroken:
    def test_the_next_day_brings_one_task_to_the_collector(self, brevanne):
        said(brevanne, (900_00, TODAY))
        assert see_broken(brevanne, TODAY) == 0
        assert see_broken(brevanne, TODAY + DAY) == 1
        assert see_broken(brevanne, TODAY + DAY) == 0
        task = Task.objects.get()
        assert (task.assignee_id, task.customer_id, task.due_date, task.source, task.priority) == (
            brevanne.collector.pk, brevanne.acme.pk, TODAY + DAY, "system", 3,
        )  # fmt: skip

    def test_kept_in_part_says_so(self, brevanne):
        said(brevanne, (900_00, TODAY))
        books.pay(brevanne, brevanne.acme, "P1", 100_00, day=TODAY)
        see_broken(brevanne, TODAY + DAY)
        assert states(brevanne, TODAY + DAY)[0] == ["partly_kept"]
        assert "partiellement" in Task.objects.get().title

    def test_kept_brings_no_task(self, brevanne):
        said(brevanne, (900_00, TODAY))
        books.pay(brevanne, brevanne.acme, "P1", 900_00, day=TODAY)
        assert see_broken(brevanne, TODAY + DAY) == 0

    def test_money_that_comes_late_closes_the_task(self, brevanne):
        said(brevanne, (900_00, TODAY))
        see_broken(brevanne, TODAY + DAY)
        books.pay(brevanne, brevanne.acme, "P1", 900_00, day=TODAY + 2 * DAY)
        see_broken(brevanne, TODAY + 2 * DAY)
        assert Task.objects.get().state == "done"

    def test_a_payment_that_bounced_breaks_it_again(self, brevanne):
        said(brevanne, (900_00, TODAY))
        receipt = books.pay(brevanne, brevanne.acme, "P1", 900_00, day=TODAY)
        assert see_broken(brevanne, TODAY + DAY) == 0
        ledger.reverse_item(organisation_id=brevanne.organisation_id, item_id=receipt.pk, by=brevanne.by, why="bounced")
        assert see_broken(brevanne, TODAY + 2 * DAY) == 1

    def test_withdrawn_closes_its_task_and_asks_nothing(self, brevanne):
        [promise] = said(brevanne, (900_00, TODAY))
        see_broken(brevanne, TODAY + DAY)
        collections.withdraw_promise(
            organisation_id=brevanne.organisation_id, promise_id=promise.pk, why="mistake", today=TODAY + DAY,
            by=brevanne.by,
        )  # fmt: skip
        assert Task.objects.get().state == "done"
        assert see_broken(brevanne, TODAY + DAY) == 0

    def test_another_tenants_promises_stay_theirs(self, brevanne):
        said(brevanne, (900_00, TODAY))
        with cast.company("dora") as dora:
            assert see_broken(dora, TODAY + DAY) == 0


class TestChange:
    def test_withdraws_the_old_and_notes_the_new(self, brevanne):
        [old] = said(brevanne, (900_00, TODAY), source="email", note="by mail")
        new = collections.change_promise(
            organisation_id=brevanne.organisation_id, promise_id=old.pk, amount_minor=500_00,
            promised_date=TODAY + 3 * DAY, why="half of it", today=TODAY, by=brevanne.by,
        )  # fmt: skip
        old.refresh_from_db()
        assert (old.withdrawn_date, old.withdrawn_why) == (TODAY, "half of it")
        assert (new.amount_minor, new.promised_date, new.source, new.note) == (
            500_00, TODAY + 3 * DAY, "email", "by mail",
        )  # fmt: skip

    def test_a_withdrawn_one_is_not_changed(self, brevanne):
        [old] = said(brevanne, (900_00, TODAY))
        order = {"organisation_id": brevanne.organisation_id, "promise_id": old.pk, "today": TODAY, "by": brevanne.by}
        collections.withdraw_promise(**order, why="")
        with pytest.raises(PromiseUnknown):
            collections.change_promise(**order, amount_minor=1, promised_date=TODAY, why="")
        assert Promise.objects.count() == 1
