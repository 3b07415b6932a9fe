"""Under a plan the items are left alone and the instalments are chased; broken, the items are chased again."""

import datetime as dt

import pytest

from encours.collections import actions as collections
from encours.collections.models import Reminder, ReminderItem
from encours.collections.queries.messages import drafts_of
from encours.plans import actions as plans
from encours.plans.rules.schedule import Terms
from tests.collections import books
from tests.collections.books import TODAY

DAY = dt.timedelta(days=1)


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    return company


def agree(company, items, *, first, count=3, **more):
    total = sum(item.open_minor for item in items)
    wanted = plans.Wanted(
        customer_id=company.acme.pk,
        item_ids=[item.pk for item in items],
        terms=Terms(principal_minor=total, start_date=TODAY, first_date=first, count=count),
        **more,
    )
    given = {"organisation_id": company.organisation_id, "today": TODAY, "by": company.by}
    plan = plans.draft(wanted, key="p", **given)
    plans.approve(plan_id=plan.pk, **given)
    return plans.agree(plan_id=plan.pk, signed_by="Paul", agreed_date=TODAY, **given)


def claimed(company, made):
    rows = ReminderItem.objects.filter(reminder__run=made, reminder__outcome="due").order_by("document_number")
    return [(row.document_number, row.instalment_number, row.claimed_minor) for row in rows]


class TestDunning:
    def test_what_a_plan_covers_is_not_chased_and_the_rest_is(self, brevanne):
        covered = books.post(brevanne, brevanne.acme, "F1", late=12)
        books.post(brevanne, brevanne.acme, "F2", late=12)
        agree(brevanne, [covered], first=TODAY + 30 * DAY)
        made = books.run(brevanne)
        assert claimed(brevanne, made) == [("F2", 1, 100_00)]
        (check,) = [c for c in Reminder.objects.get(run=made).checks if c["code"] == "plan"]
        assert check["data"]["documents"] == ["F1"]

    def test_the_instalment_past_its_day_is_chased_once_a_step(self, brevanne):
        covered = books.post(brevanne, brevanne.acme, "F1", late=12)
        plan = agree(brevanne, [covered], first=TODAY, count=1)
        late = TODAY + 6 * DAY
        state = {"organisation_id": brevanne.organisation_id, "known": late - DAY, "today": late, "by": brevanne.by}
        collections.state_bank_date(**state)
        made = books.run(brevanne, late)
        assert claimed(brevanne, made) == [(plan.number, 1, 100_00)]
        (draft,) = drafts_of(brevanne.organisation_id, [Reminder.objects.get(run=made).pk], today=late)
        assert [(item["number"], item["days_late"]) for item in draft.context["items"]] == [(f"{plan.number} (1/1)", 6)]
        assert claimed(brevanne, books.run(brevanne, late)) == []

    def test_broken_the_items_are_chased_again(self, brevanne):
        covered = books.post(brevanne, brevanne.acme, "F1", late=12)
        plan = agree(brevanne, [covered], first=TODAY, count=2)
        given = {"organisation_id": brevanne.organisation_id, "plan_id": plan.pk, "by": brevanne.by, "why": "no"}
        plans.cancel(today=TODAY, now=books.NOW, **given)
        assert claimed(brevanne, books.run(brevanne)) == [("F1", 1, 100_00)]

    def test_a_draft_changes_nothing(self, brevanne):
        item = books.post(brevanne, brevanne.acme, "F1", late=12)
        wanted = plans.Wanted(
            customer_id=brevanne.acme.pk,
            item_ids=[item.pk],
            terms=Terms(principal_minor=100_00, start_date=TODAY, first_date=TODAY, count=1),
        )
        plans.draft(wanted, organisation_id=brevanne.organisation_id, today=TODAY, key="p", by=brevanne.by)
        assert claimed(brevanne, books.run(brevanne)) == [("F1", 1, 100_00)]
