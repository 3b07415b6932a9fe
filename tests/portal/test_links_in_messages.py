"""Reminders bring the link while the portal is open, and say nothing of it while it is closed."""

import pytest
from django.utils import timezone

from encours.collections.models import Reminder
from encours.collections.queries.messages import drafts_of
from encours.messaging import queries as messaging
from encours.messaging.rules import wording
from encours.portal import actions as portal
from encours.portal import queries
from encours.portal.queries import PATH
from tests.collections import books


@pytest.fixture
def brevanne(company):
    books.set_up(company)
    books.post(company, company.acme, "F1", amount=1_000_00)
    books.run(company)
    return company


def letter(company):
    reminder = Reminder.objects.filter(organisation=company.organisation, customer=company.acme).latest("pk")
    [draft] = drafts_of(company.organisation_id, [reminder.pk], today=books.TODAY)
    version = messaging.current_version(
        draft.template_key, organisation_id=company.organisation_id, language=draft.language
    )
    return draft, wording.render(messaging.wording_of(version), draft.context)


def test_the_link_is_that_of_who_is_written_to(brevanne):
    portal.set_policy(
        organisation_id=brevanne.organisation_id,
        form=portal.PolicyForm(is_on=True, address="https://compte.brevanne.example"),
        now=timezone.now(),
        by=brevanne.by,
    )
    draft, made = letter(brevanne)
    start = f"https://compte.brevanne.example{PATH}"
    link = draft.context["links"]["portal"]
    assert link.startswith(start)
    assert queries.opened_by(link.removeprefix(start), today=books.TODAY).person.email == draft.to[0].email
    for shown in (made.html, made.text):
        assert link in shown
        assert f"{link}?to=promise" in shown


def test_closed_it_is_not_spoken_of(brevanne):
    draft, made = letter(brevanne)
    assert draft.context["links"] == {}
    assert PATH not in made.html + made.text
    assert "Voir mon compte" not in made.html
