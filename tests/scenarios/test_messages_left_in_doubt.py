"""A morning of reminders: one leaves, one address is dead, one line is cut; a person settles it, nothing doubles."""

import pytest

from encours.access.models import AuditEntry
from encours.access.rules import Scope
from encours.connectors.smtp import client
from encours.messaging import actions as messaging
from encours.messaging import invariants, queries
from encours.messaging.rules import sample
from encours.messaging.rules.values import Address, Draft, Sender
from tests.messaging.conftest import NOW, Postbox, postbox, ready_to_send, state

__all__ = ["postbox"]


def draft(company, customer, address, *, language="fr"):
    context = sample.context(language=language)
    context["customer"] = {"name": customer.name, "number": customer.number}
    return Draft(
        key=f"reminder:{customer.number}:1",
        kind="reminder",
        customer_id=customer.pk,
        sender=Sender(user_id=company.collector.pk, entity_id=company.entity.pk),
        to=[Address(address, f"Compta {customer.name}")],
        template_key="reminder_1",
        language=language,
        context=context,
        send_after=NOW,
    )


@pytest.fixture
def morning(company, postbox):
    ready_to_send(company, postbox)
    drafts = [
        draft(company, company.acme, "compta@acme.example"),
        draft(company, company.borealis, "refused@borealis.example"),
        draft(company, company.cobalt, "drop@cobalt.example", language="en"),
    ]
    queued = messaging.queue_messages(organisation_id=company.organisation_id, drafts=drafts, by=company.by)
    again = messaging.queue_messages(organisation_id=company.organisation_id, drafts=drafts, by=company.by)
    assert again.ids == queued.ids
    return {number: queued.ids[f"reminder:{number}:1"] for number in ("C001", "C002", "C003")}


def deliver(company):
    report = messaging.deliver_due(organisation_id=company.organisation_id, now=NOW, limit=100, connect=client.connect)
    return dict(report.states)


def test_the_morning_ends_with_nothing_doubled_and_everything_told(company, morning, postbox: Postbox):
    assert deliver(company) == {"sent": 1, "refused": 1, "in_doubt": 1}
    assert {number: state(pk) for number, pk in morning.items()} == {
        "C001": "sent",
        "C002": "refused",
        "C003": "in_doubt",
    }

    # the dead address is written to no more, the doubt waits for a person
    assert [row.email for row in queries.suppressions(company.organisation_id)] == ["refused@borealis.example"]
    scope = Scope(organisation_id=company.organisation_id, user_id=company.collector.pk, role="collector")
    [doubt] = queries.messages(scope, states=["in_doubt"])
    assert doubt.customer == company.cobalt
    assert doubt.subject == "3 overdue invoices, €14,088.40"
    assert deliver(company) == {}
    assert len(postbox.letters()) == 2

    messaging.settle_in_doubt(
        organisation_id=company.organisation_id,
        message_id=doubt.pk,
        was_sent=True,
        why="Cobalt has it",
        by=company.by,
        now=NOW,
    )
    assert deliver(company) == {}
    assert len(postbox.letters()) == 2

    story = [event.state for event in queries.message_in_full(doubt.pk, scope=scope).events]
    assert story == ["queued", "rendered", "handing_over", "in_doubt", "sent"]
    verbs = list(AuditEntry.objects.order_by("sequence").values_list("verb", flat=True))
    assert verbs[-1] == "message_doubt_settled"
    assert all(finding.is_kept for finding in invariants.check(company.organisation_id))
