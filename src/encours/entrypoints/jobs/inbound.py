"""Bring in what customers answered, every two minutes, mailbox by mailbox, and have what came along scanned."""

import os
from datetime import UTC, datetime

from django.conf import settings
from procrastinate.contrib.django import app

from encours.access.models import Organisation
from encours.connectors.clamd import client as clamd
from encours.connectors.imap import client
from encours.core.actors import Actor
from encours.entrypoints.jobs.organisations import in_each_organisation
from encours.messaging import actions as messaging
from encours.messaging import inbound_queries as inbound

BY = Actor.system("mailboxes")


def pull_now(organisation: Organisation) -> None:
    """Read the active mailboxes of an organisation that is bound to the connection."""
    if os.environ.get("ENCOURS_MAIL") == "mailbox":
        return
    for mailbox_id in inbound.active_mailboxes(organisation.pk):
        messaging.pull_mailbox(
            organisation_id=organisation.pk,
            mailbox_id=mailbox_id,
            open_folder=client.open_mailbox,
            now=datetime.now(UTC),
            by=BY,
        )
    if settings.ATTACHMENT_SCANNER:
        messaging.scan_waiting(
            organisation_id=organisation.pk,
            scan=clamd.scanner(settings.ATTACHMENT_SCANNER),
            now=datetime.now(UTC),
            by=BY,
        )


@app.periodic(cron="*/2 * * * *")
@app.task(queue="messages", queueing_lock="messaging.pull", lock="messaging.pull")
def pull(timestamp: int) -> None:
    """Bring in new mail; one turn at a time, and a mail that was brought in twice is kept once."""
    del timestamp
    in_each_organisation(pull_now)
