"""Disputes have an owner, a priority and a day; reasons are worded, archived, and keep their label in history."""

import datetime as dt

import pytest

from encours.access.models import Membership, User
from encours.access.rules import Scope
from encours.collections.models import ReminderItem
from encours.core.errors import Refused
from encours.disputes import actions as disputes
from encours.disputes import queries
from encours.disputes.actions import DisputeClosedAlready, DisputeDayPast, reasons
from encours.disputes.models import Dispute
from tests import cast
from tests.collections import books
from tests.collections.books import NOW, TODAY

DAY = dt.timedelta(days=1)


@pytest.fixture
def brevanne(company: cast.Company) -> cast.Company:
    books.post(company, company.acme, "F1", amount=100_00)
    return company


def opened(company, **more):
    given = {"document_number": "F1", "customer_id": company.acme.pk, "today": TODAY, "by": company.by, **more}
    return disputes.open_dispute(organisation_id=company.organisation_id, **given)


def worded(company, label, **more):
    return reasons.keep_reason(organisation_id=company.organisation_id, label=label, by=company.by, **more)


def codes(company):
    return [code for code, _ in queries.reasons_offered(company.organisation_id)]


class TestOwner:
    def test_is_the_customers_collector_when_nobody_is_named(self, brevanne):
        assert opened(brevanne).owner_id == brevanne.collector.pk

    def test_is_the_reasons_own_with_its_term(self, brevanne):
        logistics = User.objects.create(email="logistics@brevanne.example")
        Membership.objects.create(organisation=brevanne.organisation, user=logistics, role="adv")
        worded(brevanne, "Livraison", code="delivery", owner_id=logistics.pk, answer_days=5)
        made = opened(brevanne, reason="delivery")
        assert (made.owner_id, made.due_date) == (logistics.pk, TODAY + 5 * DAY)

    def test_changes_with_priority_and_day_while_it_is_open(self, brevanne):
        made = opened(brevanne)
        order = {"organisation_id": brevanne.organisation_id, "dispute_id": made.pk, "today": TODAY, "by": brevanne.by}
        disputes.assign_dispute(**order, owner_id=None, priority=3, due_date=TODAY + DAY)
        made.refresh_from_db()
        assert (made.owner_id, made.priority, made.due_date) == (None, 3, TODAY + DAY)
        with pytest.raises(DisputeDayPast):
            disputes.assign_dispute(**order, owner_id=None, priority=3, due_date=TODAY - DAY)
        with pytest.raises(Refused):
            disputes.assign_dispute(**order, owner_id=999_999, priority=2, due_date=None)
        disputes.close_dispute(**order, outcome="unfounded")
        with pytest.raises(DisputeClosedAlready):
            disputes.assign_dispute(**order, owner_id=None, priority=1, due_date=None)


class TestReasons:
    def test_a_new_label_leaves_the_old_disputes_as_they_were(self, brevanne):
        worded(brevanne, "Prix contractuel", code="price")
        old = opened(brevanne, reason="price", amount_minor=10_00)
        worded(brevanne, "Prix du devis", code="price")
        new = opened(brevanne, reason="price", amount_minor=10_00)
        assert [made.get_reason_display() for made in (old, new)] == ["Prix contractuel", "Prix du devis"]

    def test_an_own_reason_is_offered_until_it_is_archived(self, brevanne):
        own = worded(brevanne, "Pénurie")
        made = opened(brevanne, reason=own.code)
        assert own.code in codes(brevanne)
        reasons.archive_reason(organisation_id=brevanne.organisation_id, code=own.code, now=NOW, by=brevanne.by)
        assert own.code not in codes(brevanne)
        with pytest.raises(reasons.DisputeWordUnknown):
            opened(brevanne, reason=own.code)
        assert Dispute.objects.get(pk=made.pk).get_reason_display() == "Pénurie"
        reasons.restore_reason(organisation_id=brevanne.organisation_id, code=own.code, by=brevanne.by)
        assert own.code in codes(brevanne)

    def test_a_usual_reason_is_archived_too_and_still_taken_from_files(self, brevanne):
        reasons.archive_reason(organisation_id=brevanne.organisation_id, code="quality", now=NOW, by=brevanne.by)
        assert "quality" not in codes(brevanne)
        assert opened(brevanne, reason="quality").reason == "quality"

    @pytest.mark.parametrize(
        ("given", "refusal"),
        [
            ({"label": " "}, reasons.ReasonUnlabelled),
            ({"label": "Pénurie"}, reasons.ReasonTwice),
            ({"label": "Other", "code": "nobody-knows"}, reasons.ReasonUnknown),
            ({"label": "Other", "owner_id": 999_999}, reasons.OwnerElsewhere),
        ],
    )
    def test_refuses_what_nobody_could_choose(self, brevanne, given, refusal):
        worded(brevanne, "Pénurie")
        with pytest.raises(refusal):
            worded(brevanne, **given)

    def test_another_tenants_reasons_are_not_offered(self, brevanne):
        worded(brevanne, "Pénurie")
        with cast.company("dora") as dora:
            assert "Pénurie" not in dict(queries.reasons_offered(dora.organisation_id)).values()


class TestList:
    def listed(self, company, **wanted):
        scope = Scope(organisation_id=company.organisation_id, user_id=None, role="credit_manager")
        return queries.dispute_list(scope, wanted=queries.DisputeFilter(**wanted), today=TODAY, after_id=None, limit=10)

    def test_puts_what_is_to_be_answered_first_first(self, brevanne):
        later = opened(brevanne, amount_minor=1_00, due_date=TODAY + 9 * DAY)
        none = opened(brevanne, amount_minor=1_00)
        soon = opened(brevanne, amount_minor=1_00, due_date=TODAY)
        assert [row.pk for row in self.listed(brevanne)] == [soon.pk, later.pk, none.pk]

    def test_tells_the_late_the_mine_and_the_closed_apart(self, brevanne):
        made = opened(brevanne, due_date=TODAY)
        assert self.listed(brevanne, state="late") == []
        assert [row.pk for row in self.listed(brevanne, owner_ids=(brevanne.collector.pk,))] == [made.pk]
        assert self.listed(brevanne, owner_ids=(0,)) == []
        disputes.close_dispute(
            organisation_id=brevanne.organisation_id, dispute_id=made.pk, outcome="unfounded", today=TODAY,
            by=brevanne.by,
        )  # fmt: skip
        assert (self.listed(brevanne), len(self.listed(brevanne, state="closed"))) == ([], 1)


def test_only_the_disputed_part_leaves_the_reminder(brevanne):
    books.set_up(brevanne)
    books.post(brevanne, brevanne.acme, "F2", amount=50_00)
    opened(brevanne, amount_minor=30_00)
    opened(brevanne, document_number="F2")
    run = books.run(brevanne)
    asked = {item.document_number: item.claimed_minor for item in ReminderItem.objects.filter(reminder__run=run)}
    assert asked == {"F1": 70_00}
