"""Credit notes asked for: how much, who decides, what stays out of reminders, and when they have come."""

import datetime as dt

import pytest

from encours.access.models import Membership, User
from encours.core.actors import Actor
from encours.core.second_person import OwnProposal, ProposalDecided, ReasonNeeded
from encours.disputes import actions as disputes
from encours.disputes import credit_note_queries as queries
from encours.disputes.actions import closing, credit_notes
from encours.disputes.credit_note_models import CreditNoteRequest
from encours.disputes.models import Dispute
from encours.disputes.rules import Asked, CreditUnusable, Noted, check_amount, fulfilled
from encours.invoices.models import Document
from encours.team.models import Task
from tests import cast
from tests.collections import books

TODAY = books.TODAY
THEN = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
SOON, BEFORE = THEN + dt.timedelta(hours=1), THEN - dt.timedelta(hours=1)


def asked(pk=1, *, customer=7, entity=None, document="F1", minor=40_00):
    return Asked(pk, customer, entity, document, minor, "EUR", THEN)


def noted(number="A1", *, customer=7, entity=3, document="F1", minor=40_00, currency="EUR", at=SOON):
    return Noted(customer, entity, number, document, minor, currency, at)


class TestWhichCreditNoteItIs:
    @pytest.mark.parametrize(
        ("note", "request_", "is_it"),
        [
            (noted(), asked(), True),
            (noted(minor=50_00), asked(), True),
            (noted(minor=30_00), asked(), False),
            (noted(document=""), asked(), True),
            (noted(document="", minor=50_00), asked(), False),
            (noted(document="F2"), asked(), False),
            (noted(customer=8), asked(), False),
            (noted(currency="USD"), asked(), False),
            (noted(), asked(entity=3), True),
            (noted(), asked(entity=4), False),
            (noted(at=BEFORE), asked(), False),
        ],
    )
    def test_is_told_by_customer_invoice_and_amount(self, note, request_, is_it):
        assert bool(fulfilled([request_], [note])) is is_it

    def test_each_answers_one_and_the_one_that_names_the_invoice_goes_first(self):
        found = fulfilled([asked(1), asked(2)], [noted("A9", document=""), noted("A1")])
        assert [(one.request_id, note.number) for one, note in found] == [(1, "A1"), (2, "A9")]


@pytest.mark.parametrize(
    ("minor", "contested", "is_right"),
    [(40_00, None, True), (100_00, None, True), (100_01, None, False), (40_00, 40_00, True), (40_01, 40_00, False),
     (0, None, False), (-1, None, False)],
)  # fmt: skip
def test_no_more_is_credited_than_is_contested_and_open(minor, contested, is_right):
    if is_right:
        check_amount(minor, open_minor=100_00, contested_minor=contested)
    else:
        with pytest.raises(CreditUnusable):
            check_amount(minor, open_minor=100_00, contested_minor=contested)


@pytest.fixture
def brevanne(company):
    books.post(company, company.acme, "F1", amount=100_00)
    return company


def person(company, name, role):
    user = User.objects.create(email=f"{name}@brevanne.example", first_name=name.title(), last_name="Second")
    Membership.objects.create(organisation=company.organisation, user=user, role=role)
    return Actor(user_id=user.pk, name=user.display_name, channel="desk")


@pytest.fixture
def bea(brevanne):
    return person(brevanne, "bea", "credit_manager")


def contested(company, minor=40_00, **given):
    return disputes.open_dispute(
        organisation_id=company.organisation_id, customer_id=company.acme.pk, today=TODAY, by=company.by,
        **{"document_number": "F1", "amount_minor": minor, **given},
    )  # fmt: skip


def ask(company, dispute, minor=None, why="wrong price", by=None):
    return credit_notes.ask_on_dispute(
        organisation_id=company.organisation_id, dispute_id=dispute.pk, amount_minor=minor, why=why, today=TODAY,
        by=by or company.by,
    )  # fmt: skip


def ids(company, request, by):
    return {"organisation_id": company.organisation_id, "request_id": request.pk, "today": TODAY, "by": by}


def came(company, number="A1", related="F1", minor=-40_00):
    return Document.objects.bulk_create([
        Document(organisation=company.organisation, entity=company.entity, customer=company.acme, kind="credit_note",
                 number=number, related_number=related, issue_date=TODAY, currency="EUR", gross_minor=minor,
                 fingerprint=b"x")
    ])[0]  # fmt: skip


def find(company, by):
    return credit_notes.find_issued(organisation_id=company.organisation_id, today=TODAY, by=by)


class TestACreditNoteAskedFor:
    def test_waits_while_the_dispute_stays_open_and_is_asked_once(self, brevanne, bea):
        dispute = contested(brevanne)
        request = ask(brevanne, dispute)
        assert (request.amount_minor, request.currency, request.document_number) == (40_00, "EUR", "F1")
        assert ask(brevanne, dispute) == request
        with pytest.raises(credit_notes.CreditNoteAsked):
            ask(brevanne, dispute, by=bea)
        with pytest.raises(closing.CreditNoteAwaited):
            disputes.close_dispute(organisation_id=brevanne.organisation_id, dispute_id=dispute.pk,
                                   outcome="unfounded", today=TODAY, by=bea)  # fmt: skip

    @pytest.mark.parametrize(
        ("given", "asked_for", "error"),
        [
            ({}, {"minor": 40_01}, CreditUnusable),
            ({}, {"why": ""}, ReasonNeeded),
            ({"document_number": "", "minor": None}, {}, credit_notes.InvoiceNotNamed),
        ],
    )
    def test_is_refused(self, brevanne, given, asked_for, error):
        dispute = contested(brevanne, **given)
        with pytest.raises(error):
            ask(brevanne, dispute, **asked_for)
        assert not CreditNoteRequest.objects.exists()

    def test_becomes_a_task_of_who_issues_and_is_over_when_it_comes(self, brevanne, bea):
        issuer = person(brevanne, "odile", "adv")
        dispute, request = contested(brevanne), None
        request = ask(brevanne, dispute)
        with pytest.raises(OwnProposal):
            credit_notes.agree_credit_note(**ids(brevanne, request, brevanne.by))
        came(brevanne, "A0")
        assert find(brevanne, bea) == 0
        credit_notes.agree_credit_note(**ids(brevanne, request, bea))
        task = Task.objects.get()
        assert (task.assignee_id, task.state) == (issuer.user_id, "open")
        assert "F1" in task.title
        dispute.refresh_from_db()
        assert dispute.closed_date is None
        with pytest.raises(ProposalDecided):
            credit_notes.agree_credit_note(**ids(brevanne, request, bea))
        assert find(brevanne, bea) == 1
        request.refresh_from_db()
        dispute.refresh_from_db()
        task.refresh_from_db()
        assert (request.done_as, request.credit_note_number) == ("issued", "A0")
        assert (dispute.outcome, dispute.closing_note, task.state) == ("customer_right", "A0", "done")
        assert find(brevanne, bea) == 0

    def test_is_noted_by_hand_under_a_number_of_its_own(self, brevanne, bea):
        dispute = contested(brevanne, minor=None)
        request = ask(brevanne, dispute, 30_00)
        with pytest.raises(credit_notes.CreditNoteNotAwaited):
            credit_notes.note_issued(**ids(brevanne, request, bea), number="A7")
        credit_notes.agree_credit_note(**ids(brevanne, request, bea))
        credit_notes.note_issued(**ids(brevanne, request, bea), number=" A7 ")
        dispute.refresh_from_db()
        assert dispute.outcome == "partly_right"
        other = ask(brevanne, contested(brevanne, minor=20_00))
        credit_notes.agree_credit_note(**ids(brevanne, other, bea))
        with pytest.raises(credit_notes.CreditNoteTaken):
            credit_notes.note_issued(**ids(brevanne, other, bea), number="A7")

    def test_refused_leaves_the_dispute_and_given_up_ends_the_task(self, brevanne, bea):
        dispute = contested(brevanne)
        first = ask(brevanne, dispute)
        credit_notes.turn_down_credit_note(**ids(brevanne, first, bea), why="no proof")
        second = ask(brevanne, dispute)
        credit_notes.agree_credit_note(**ids(brevanne, second, bea))
        with pytest.raises(ReasonNeeded):
            credit_notes.drop_credit_note(**ids(brevanne, second, bea), why="")
        credit_notes.drop_credit_note(**ids(brevanne, second, bea), why="paid after all")
        dispute.refresh_from_db()
        assert dispute.closed_date is None
        assert Task.objects.get().state == "done"

    def test_from_the_account_takes_its_part_out_of_reminders_until_it_is_refused(self, brevanne, bea):
        given = {
            "organisation_id": brevanne.organisation_id, "customer_id": brevanne.acme.pk, "document_number": "F1",
            "amount_minor": 25_00, "why": "damaged", "today": TODAY, "by": brevanne.by, "reason": "quality",
        }  # fmt: skip
        request = credit_notes.ask_on_invoice(**given)
        assert credit_notes.ask_on_invoice(**given) == request
        dispute = Dispute.objects.get()
        assert (dispute.amount_minor, dispute.reason, dispute.closed_date) == (25_00, "quality", None)
        credit_notes.turn_down_credit_note(**ids(brevanne, request, bea), why="no")
        dispute.refresh_from_db()
        assert dispute.outcome == "unfounded"

    def test_ends_with_a_dispute_whose_reason_is_gone(self, brevanne, bea):
        dispute = contested(brevanne, key="match:1:1")
        request = ask(brevanne, dispute)
        credit_notes.agree_credit_note(**ids(brevanne, request, bea))
        disputes.withdraw_by_key(
            organisation_id=brevanne.organisation_id, key_start="match:1:", today=TODAY, by=bea, note="undone"
        )
        request.refresh_from_db()
        assert (request.done_as, request.done_why) == ("dropped", "undone")

    def test_is_seen_by_its_own_organisation(self, brevanne):
        request = ask(brevanne, contested(brevanne))
        with cast.company("other") as other:
            assert queries.awaited(other.organisation_id) == []
            assert not CreditNoteRequest.objects.filter(pk=request.pk).exists()
