"""All that waits for one person's word on one page, counted in the rail; never what they asked for themselves."""

import datetime as dt

import pytest

from encours.access.models import Membership, User
from encours.access.rules import Scope
from encours.collections import actions as collections
from encours.collections.models import Scenario, ScenarioDraft
from encours.conversation.models import Answer, BankChange
from encours.conversation.queries import approvals
from encours.core.actors import Actor
from encours.messaging import actions as messaging
from encours.messaging.models import Reply, Understanding
from encours.recovery import actions as recovery
from encours.recovery.models import BadDebtPolicy
from tests.entrypoints.desk.conftest import seated

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def hugo(company):
    """A colleague who asks for things."""
    person = User.objects.create(email="hugo@brevanne.example", first_name="Hugo", last_name="Second")
    Membership.objects.create(organisation=company.organisation, user=person, role="cfo")
    return Actor(user_id=person.pk, name=person.display_name, channel="desk")


def doubtful(company, books, by, number="FA-1"):
    item = company.acme.pk
    from encours.ledger.models import OpenItem

    found = OpenItem.objects.get(document_number=number)
    return recovery.propose(
        recovery.NewBadDebt(customer_id=item, kind="doubtful", key=f"t:{number}", why="Silence", item_ids=[found.pk],
                            rate_permyriad=5_000),
        organisation_id=company.organisation_id, today=books.today, by=by,
    )  # fmt: skip


def scenario_proposed(company, by):
    collections.install_default_scenarios(organisation_id=company.organisation_id, language="fr", now=NOW, by=by)
    scenario = Scenario.objects.filter(organisation=company.organisation).order_by("pk")[0]
    version = scenario.versions.order_by("-number")[0]
    ask = {"organisation_id": company.organisation_id, "scenario_id": scenario.pk, "now": NOW, "by": by}
    collections.keep_draft(steps=version.steps, **ask)
    collections.propose_draft(note="Plus doux", **ask)
    return scenario


def reply(company):
    messaging.record_reply(
        organisation_id=company.organisation_id, key="r1", customer_id=company.acme.pk, from_email="c@acme.example",
        from_name="Lise", subject="Re", text="Bonjour", now=NOW, by=company.by,
    )  # fmt: skip
    return Reply.objects.get()


def test_each_thing_waits_for_the_one_who_may_and_did_not_ask(company, books, hugo):
    doubtful(company, books, hugo)
    scenario = scenario_proposed(company, hugo)
    page = seated(company).get("/approvals").content.decode()
    assert "Silence" in page
    assert scenario.name in page
    assert "Plus doux" in page
    ScenarioDraft.objects.update(proposer_id=company.collector.pk)
    assert "Plus doux" not in seated(company).get("/approvals").content.decode()
    own = seated(company, role="collector").get("/approvals").content.decode()
    assert "Silence" not in own


def test_above_the_limit_it_waits_for_the_finance_director(company, books, hugo):
    doubtful(company, books, hugo)
    BadDebtPolicy.objects.create(organisation=company.organisation, limit_minor=100)
    assert "Silence" not in seated(company).get("/approvals").content.decode()
    assert "Silence" in seated(company, role="cfo").get("/approvals").content.decode()


def test_bank_details_wait_for_a_second_person_and_answers_for_who_may_write(company, books, hugo):
    made = reply(company)
    understood = Understanding.objects.filter(reply=made).first() or Understanding.objects.create(
        organisation=company.organisation, reply=made, kind="bank_detail_change", confidence_percent=90,
        is_abstaining=False, needs_person=True,
    )  # fmt: skip
    BankChange.objects.create(
        organisation=company.organisation, understanding=understood, reply=made, customer=company.acme, state="called",
        called_by_id=hugo.user_id, called_by_name=hugo.name, called_number="01 23", called_name="Lise", called_at=NOW,
    )  # fmt: skip
    Answer.objects.create(
        organisation=company.organisation,
        reply=made,
        customer=company.acme,
        kind="statement",
        to_email="c@acme.example",
    )
    page = seated(company, role="cfo").get("/approvals").content.decode()
    assert "01 23" in page
    assert "Lise" in page
    collector = seated(company, role="collector").get("/approvals").content.decode()
    assert "01 23" not in collector
    assert f"/inbox/reply/{made.pk}" in collector or "Acme" in collector
    nobody = seated(company, role="sales").get("/approvals").content.decode()
    assert "Acme" not in nobody


def test_a_team_is_asked_for_at_once_and_each_is_told_what_their_own_page_says(
    company, books, hugo, django_assert_max_num_queries
):
    doubtful(company, books, hugo)
    scenario_proposed(company, hugo)
    BadDebtPolicy.objects.update_or_create(
        organisation=company.organisation, defaults={"needs_second_person": True, "limit_minor": None}
    )
    members = [
        (User.objects.create(email=f"p{number}@brevanne.example").pk, role, narrow)
        for number, (role, narrow) in enumerate(
            [("cfo", False)] * 4 + [("credit_manager", False)] * 4 + [("auditor", False), ("credit_manager", True)]
        )
    ]
    scopes = [Scope(company.organisation_id, pk, role, (), narrow) for pk, role, narrow in members]
    scopes.append(Scope(company.organisation_id, hugo.user_id, "cfo"))
    with django_assert_max_num_queries(25):  # eight for each sight that may decide, whatever their number
        told = {(one.user_id, one.name, one.pk) for one in approvals.waits_for(scopes, limit=50)}
    assert told == {
        (scope.user_id, name, row.pk)
        for scope in scopes
        for name, waiting in approvals.WAITING.items()
        if name != approvals.ANSWERS
        for row in waiting(scope)
    }
    assert hugo.user_id not in {user_id for user_id, _, _ in told}
    assert len({user_id for user_id, _, _ in told}) >= 8
