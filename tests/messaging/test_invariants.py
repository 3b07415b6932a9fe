"""The laws of messages are counted again from their rows."""

from encours.connectors.smtp import client
from encours.messaging import actions as messaging
from encours.messaging import invariants, queries

from .conftest import NOW, queue


def test_hold_after_messages_of_every_end(sender, postbox):
    for number, name in enumerate(("a", "refused", "later", "drop", "content")):
        queue(sender, f"acme:{number}", to=f"{name}@acme.example")
    messaging.deliver_due(organisation_id=sender.organisation_id, now=NOW, limit=100, connect=client.connect)
    findings = invariants.check(sender.organisation_id)
    assert {finding.code: finding.is_kept for finding in findings} == dict.fromkeys(invariants.LAWS, True)
    assert {finding.figure for finding in findings} == {"5", "1"}


def test_a_reply_is_kept_once_and_read_once(sender):
    reply = {
        "organisation_id": sender.organisation_id,
        "key": "<r1@acme.example>",
        "customer_id": sender.acme.pk,
        "from_email": "compta@acme.example",
        "subject": "Re: 3 factures échues",
        "text": "Payé vendredi.",
        "now": NOW,
        "by": sender.by,
    }
    reply_id = messaging.record_reply(**reply)
    assert messaging.record_reply(**reply) == reply_id

    assert queries.unread_replies(sender.organisation_id) == {sender.acme.pk: 1}
    messaging.mark_reply_read(organisation_id=sender.organisation_id, reply_id=reply_id, by=sender.by, now=NOW)
    assert queries.unread_replies(sender.organisation_id) == {}
