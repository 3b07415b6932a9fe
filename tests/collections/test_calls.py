"""Calls: what is kept, what they bring with them, when the customer is called again, what counts as contact."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from encours.access.models import AuditEntry, Membership, User
from encours.access.rules import Scope
from encours.collections import actions as collections
from encours.collections.actions.calls import (
    CallOutcomeUnknown,
    ContactNotTheirs,
    DisputeSaid,
    PromiseMissing,
    PromiseSaid,
)
from encours.collections.actions.pauses import DatePast
from encours.collections.models import Call, Handled, Promise
from encours.collections.queries import calls, facts, worklist
from encours.collections.rules.calls import CallOutcome, NextCall, is_worth_a_call, next_call
from encours.core.dates import BusinessCalendar
from encours.customers.models import Contact
from encours.disputes.actions import DisputeAmountUnusable
from encours.disputes.models import Dispute
from encours.messaging.models import Message
from encours.team import actions as team
from tests import cast
from tests.collections import books
from tests.collections.books import NOW, TODAY

DAY = dt.timedelta(days=1)
FRIDAY = dt.date(2026, 11, 27)
MONDAY = dt.date(2026, 11, 30)


@pytest.fixture
def brevanne(company: cast.Company) -> cast.Company:
    books.set_up(company)
    books.post(company, company.acme, "F1", amount=900_00)
    return company


def call(company, outcome="reached", **more):
    given = {"customer_id": company.acme.pk, "today": TODAY, "now": NOW, "by": company.by, **more}
    return collections.record_call(organisation_id=company.organisation_id, outcome=outcome, **given)


class TestNextCall:
    @pytest.mark.parametrize(
        ("outcome", "today", "asked", "missed", "expected"),
        [
            ("no_answer", FRIDAY, None, 0, NextCall(MONDAY)),
            ("no_answer", FRIDAY, None, 2, NextCall(MONDAY, is_exhausted=True)),
            ("voicemail", FRIDAY, None, 2, NextCall(MONDAY)),
            ("call_back", FRIDAY, dt.date(2026, 12, 9), 0, NextCall(dt.date(2026, 12, 9))),
            ("call_back", FRIDAY, None, 0, NextCall(MONDAY)),
            ("reached", FRIDAY, None, 0, NextCall(None)),
            ("wrong_number", FRIDAY, None, 0, NextCall(None)),
            ("promise", FRIDAY, None, 0, NextCall(None)),
        ],
    )
    def test_is_the_day_asked_for_else_the_next_working_day_after_a_miss(self, outcome, today, asked, missed, expected):
        found = next_call(
            CallOutcome(outcome), today=today, asked=asked, missed_before=missed, no_answer_days=1,
            calendar=BusinessCalendar(),
        )  # fmt: skip
        assert found == expected

    def test_skips_a_holiday(self):
        eve = dt.date(2026, 12, 24)
        found = next_call(
            CallOutcome.NO_ANSWER, today=eve, asked=None, missed_before=0, no_answer_days=1, calendar=BusinessCalendar()
        )
        assert found.on == dt.date(2026, 12, 28)

    @pytest.mark.parametrize(("overdue", "worth"), [(149_99, False), (150_00, True)])
    def test_is_not_worth_it_below_the_minimum(self, overdue, worth):
        assert is_worth_a_call(overdue, minimum_minor=150_00) is worth


class TestRecordCall:
    def test_keeps_who_was_called_and_takes_the_customer_off_today(self, brevanne):
        contact = Contact.objects.create(
            organisation=brevanne.organisation, customer=brevanne.acme, name="Chloé", email="c@acme.example", phone="01"
        )
        made = call(brevanne, contact_id=contact.pk, note=" ok ")
        assert (made.contact_name, made.phone, made.note, made.author_name) == ("Chloé", "01", "ok", "Nadia Ferrand")
        assert Handled.objects.get().kind == "done"
        assert AuditEntry.objects.filter(verb="record_call").count() == 1

    def test_no_answer_comes_back_by_itself_the_next_working_day(self, brevanne):
        assert call(brevanne, "no_answer").next_date == TODAY + DAY
        mark = Handled.objects.get()
        assert (mark.kind, mark.returns_date) == ("later", TODAY + DAY)

    def test_a_wrong_number_stays_on_the_list(self, brevanne):
        call(brevanne, "wrong_number")
        assert Handled.objects.count() == 0

    def test_brings_a_promise_of_two_payments_and_their_contact(self, brevanne):
        said = PromiseSaid(((300_00, TODAY + DAY), (600_00, TODAY + 9 * DAY)), "EUR")
        call(brevanne, "promise", promise=said)
        assert [made.source for made in Promise.objects.all()] == ["call", "call"]
        assert books.decisions(brevanne, books.run(brevanne, TODAY + DAY))[0][2] == "held"

    def test_brings_a_dispute(self, brevanne):
        call(brevanne, "dispute", dispute=DisputeSaid("F1", 100_00, "price"), note="price of March")
        dispute = Dispute.objects.get()
        assert (dispute.amount_minor, dispute.reason, dispute.note) == (100_00, "price", "price of March")

    def test_refused_in_part_is_refused_whole(self, brevanne):
        with pytest.raises(DisputeAmountUnusable), transaction.atomic():
            call(
                brevanne, "promise", promise=PromiseSaid(((100_00, TODAY),), "EUR"),
                dispute=DisputeSaid("F1", 99_999_00),
            )  # fmt: skip
        assert (Call.objects.count(), Promise.objects.count(), Dispute.objects.count()) == (0, 0, 0)

    def test_the_same_key_twice_is_one_call_and_one_promise(self, brevanne):
        said = PromiseSaid(((300_00, TODAY + DAY),), "EUR")
        first = call(brevanne, "promise", promise=said, key="form-1")
        assert call(brevanne, "promise", promise=said, key="form-1").pk == first.pk
        assert (Call.objects.count(), Promise.objects.count()) == (1, 1)

    @pytest.mark.parametrize(
        ("outcome", "more", "refusal"),
        [
            ("sang", {}, CallOutcomeUnknown),
            ("promise", {}, PromiseMissing),
            ("call_back", {"next_date": TODAY - DAY}, DatePast),
            ("reached", {"contact_id": 999_999}, ContactNotTheirs),
        ],
    )
    def test_refuses_what_makes_no_sense(self, brevanne, outcome, more, refusal):
        with pytest.raises(refusal):
            call(brevanne, outcome, **more)
        assert Call.objects.count() == 0

    def test_a_call_stays_as_it_was_noted(self, brevanne):
        call(brevanne)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute("update collections_call set note = 'other'")

    def test_misses_in_a_row_are_counted_until_somebody_answers(self, brevanne):
        pk, organisation = brevanne.acme.pk, brevanne.organisation_id
        for outcome in ("no_answer", "reached", "no_answer", "wrong_number"):
            call(brevanne, outcome)
        assert calls.missed_in_a_row(pk, organisation_id=organisation) == 2


class TestContact:
    def dates(self, company, today):
        book = facts.book_of(company.organisation_id, today=today, now=books.at(today))
        [found] = facts.customers(book, ids=[company.acme.pk])
        return found.contact_dates

    def test_somebody_reached_counts_for_delay_and_cap(self, brevanne):
        call(brevanne, "voicemail")
        assert self.dates(brevanne, TODAY + DAY) == (TODAY,)
        [(_, _, outcome)] = books.decisions(brevanne, books.run(brevanne, TODAY + DAY))
        assert outcome == "postponed"

    def test_an_empty_line_does_not(self, brevanne):
        call(brevanne, "no_answer")
        assert self.dates(brevanne, TODAY + DAY) == ()
        assert books.decisions(brevanne, books.run(brevanne, TODAY + DAY))[0][2] == "due"

    def test_the_list_ranks_who_was_called_lower(self, brevanne):
        books.post(brevanne, brevanne.borealis, "F2", amount=850_00, late=31)
        books.post(brevanne, brevanne.acme, "F3", amount=1_00, late=31)
        books.run(brevanne)
        scope = Scope(organisation_id=brevanne.organisation_id, user_id=None, role="collector")
        asked = worklist.Asked(scope, TODAY)
        before = [found.customer_id for found in worklist.ranked(asked).places]
        call(brevanne, "wrong_number")
        assert [found.customer_id for found in worklist.ranked(asked).places] == before
        call(brevanne, "voicemail")
        after = [found.customer_id for found in worklist.ranked(asked).places]
        assert after == [brevanne.borealis.pk, brevanne.acme.pk]
        assert before == [brevanne.acme.pk, brevanne.borealis.pk]


def test_while_the_collector_is_away_the_substitute_signs(brevanne):
    omar = User.objects.create(email="omar@brevanne.example", first_name="Omar", last_name="Testard")
    Membership.objects.create(organisation=brevanne.organisation, user=omar, role="collector")
    team.note_absence(
        organisation_id=brevanne.organisation_id, user_id=brevanne.collector.pk, substitute_id=omar.pk,
        first_date=TODAY, last_date=TODAY + DAY, today=TODAY, by=brevanne.by,
    )  # fmt: skip
    books.run(brevanne)
    assert Message.objects.get().sender_user_id == omar.pk
