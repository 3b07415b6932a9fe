"""Credit insurance: what is covered, by when the insurer wants to be told and asked, and what was declared."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from encours.access import context
from encours.access.models import AuditEntry
from encours.access.rules import Scope
from encours.credit import insurance_actions as insurance
from encours.credit import insurance_queries as queries
from encours.credit.models import InsurancePolicy
from encours.credit.rules.insurance import Insured
from encours.recovery import actions as recovery
from encours.recovery.actions.acts import ReasonMissing
from encours.recovery.actions.insurers import DeclarationUnusable, NothingToDeclare
from encours.recovery.models import InsurerDeclaration
from encours.recovery.queries import guardian
from encours.recovery.rules.deadlines import Kind
from encours.team.models import Task
from tests import cast
from tests.collections import books
from tests.collections.books import TODAY

DAY = dt.timedelta(days=1)
LONG_AGO = TODAY - 400 * DAY


def policy(company, **more) -> InsurancePolicy:
    said = {
        "insurer_name": "Assurcrédit", "policy_number": "7781", "declare_days": 60, "claim_days": 150,
        "covers_others": False, "from_date": LONG_AGO,
    } | more  # fmt: skip
    return insurance.set_policy(insurance.NewPolicy(**said), organisation_id=company.organisation_id, by=company.by)


def cover(company, customer, **more):
    said = {"is_covered": True, "amount_minor": None, "currency": "EUR", "from_date": LONG_AGO} | more
    return insurance.set_cover(organisation_id=company.organisation_id, customer_id=customer.pk, by=company.by, **said)


def declare(company, customer, kind="insurer_notice", *, day=TODAY):
    return recovery.declare_to_insurer(
        organisation_id=company.organisation_id, customer_id=customer.pk, kind=kind, declared_date=day, today=TODAY,
        by=company.by, reference="D-1",
    )  # fmt: skip


def days(company) -> list[tuple[str, str, dt.date, dt.date | None]]:
    found = guardian.deadlines(guardian.Asked(company.organisation_id, TODAY))
    return [
        (one.deadline.kind.value, one.subject, one.deadline.safe_date, one.deadline.possible_date)
        for one in found
        if one.deadline.kind in (Kind.INSURER_NOTICE, Kind.INSURER_CLAIM)
    ]


@pytest.mark.parametrize(("owed", "covered", "left"), [(62, 50, 12), (62, 80, 0), (62, None, 0), (62, 0, 62)])
def test_what_is_owed_beyond_the_cover_is_not_insured(owed, covered, left):
    assert Insured(owed, covered).uninsured_minor == left


class TestTheDays:
    def test_run_from_the_due_date_for_who_was_covered_when_it_was_issued(self, company):
        books.post(company, company.acme, "F1", late=10)  # due on Saturday 14 November
        books.post(company, company.borealis, "F2", late=10)
        books.post(company, company.acme, "F3", late=-5)
        policy(company)
        assert days(company) == []
        cover(company, company.acme)
        cover(company, company.acme, is_covered=False, from_date=TODAY)  # taken away for what comes
        due = TODAY - 10 * DAY
        assert days(company) == [
            ("insurer_notice", "F1", due + 60 * DAY, None),
            ("insurer_claim", "F1", due + 150 * DAY, None),
        ]
        assert due + 60 * DAY == dt.date(2027, 1, 13)

    def test_follow_the_policy_in_force_when_it_was_issued(self, company):
        books.post(company, company.acme, "F1", late=10)  # issued 40 days ago
        policy(company, claim_days=None, covers_others=True)
        policy(company, insurer_name="Autre", declare_days=30, claim_days=None, from_date=TODAY - 20 * DAY)
        assert [one[2] for one in days(company)] == [TODAY + 50 * DAY]
        assert InsurancePolicy.objects.get(ended_date=None).insurer_name == "Autre"
        with pytest.raises(insurance.BeginsTooEarly):
            policy(company)
        insurance.end_policy(organisation_id=company.organisation_id, today=TODAY, by=company.by)
        assert [one[2] for one in days(company)] == [TODAY + 50 * DAY]

    def test_that_are_over_show_for_two_months(self, company):
        policy(company, claim_days=None, covers_others=True)
        books.post(company, company.acme, "F1", late=60 + 60)
        books.post(company, company.acme, "F2", late=60 + 61)
        assert [one[1] for one in days(company)] == ["F1"]


class TestDeclaring:
    def test_ends_the_days_of_what_was_late_and_closes_the_task(self, company):
        policy(company, covers_others=True)
        books.post(company, company.acme, "F1", late=45)
        books.post(company, company.acme, "F2", late=1)
        given = {"organisation_id": company.organisation_id, "today": TODAY, "by": company.by}
        assert recovery.ask_in_time(**given) == (1, 0)
        made = declare(company, company.acme, day=TODAY - DAY)
        assert [line["document_number"] for line in made.lines] == ["F1"]
        assert Task.objects.get().closed_date == TODAY
        assert [one[:2] for one in days(company) if one[0] == "insurer_notice"] == [("insurer_notice", "F2")]
        assert AuditEntry.objects.get(verb="declare_to_insurer").details["documents"] == ["F1"]
        assert recovery.ask_in_time(**given) == (0, 0)

    def test_is_refused_for_nothing_or_a_day_to_come_and_taken_back_with_a_reason(self, company):
        policy(company, covers_others=True)
        books.post(company, company.acme, "F1", late=45)
        with pytest.raises(DeclarationUnusable):
            declare(company, company.acme, day=TODAY + DAY)
        made = declare(company, company.acme)
        with pytest.raises(NothingToDeclare):
            declare(company, company.acme)
        given = {
            "organisation_id": company.organisation_id, "declaration_id": made.pk, "today": TODAY, "by": company.by,
        }  # fmt: skip
        with pytest.raises(ReasonMissing):
            recovery.withdraw_declaration(why=" ", **given)
        recovery.withdraw_declaration(why="pas envoyée", **given)
        assert "insurer_notice" in [one[0] for one in days(company)]
        with pytest.raises(DatabaseError), transaction.atomic():
            InsurerDeclaration.objects.filter(pk=made.pk).update(reference="x")

    def test_is_nobody_elses(self, company):
        policy(company, covers_others=True)
        with cast.company("dora") as dora, context.bound(dora.organisation_id):
            assert queries.running_policy(dora.organisation_id) is None
            assert not InsurancePolicy.objects.exists()


class TestCovers:
    def test_tell_what_is_not_insured_the_most_first(self, company):
        books.post(company, company.acme, "F1", amount=620_00)
        books.post(company, company.borealis, "F2", amount=900_00)
        cover(company, company.acme, amount_minor=500_00)
        cover(company, company.borealis, is_covered=False)
        found = queries.covers(Scope(company.organisation_id, None, "cfo"), today=TODAY)
        assert [(one.customer.number, one.insured.uninsured_minor) for one in found] == [
            ("C002", 900_00), ("C001", 120_00),
        ]  # fmt: skip

    def test_refuse_an_amount_without_cover(self, company):
        for more in ({"amount_minor": 0}, {"amount_minor": 5, "is_covered": False}):
            with pytest.raises(insurance.CoverUnusable):
                cover(company, company.acme, **more)
