"""Send what a person wrote to a customer: through the checks and the outbox, as a contact like any other."""

from datetime import UTC, date, datetime

from django.db import transaction

from encours.access import actions as access
from encours.collections.queries import writing
from encours.collections.queries.writing import Written
from encours.collections.rules.writing import OWN_WORDS
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.messaging import actions as messaging
from encours.messaging.rules.values import Sender


class NobodyAddressed(Refused):
    """A message goes to somebody who can be written to."""

    message = gettext_noop("Choose at least one person to write to.")


class WordsMissing(Refused):
    """A message in one's own words has a subject and a text."""

    message = gettext_noop("Write a subject and a text.")


class WritingStopped(Refused):
    """The law forbids to claim here, whoever asks."""

    message = gettext_noop("This customer is insolvent: nothing may be claimed (C. com. L622-21).")


class NotSeen(Refused):
    """Something speaks against the message and the person has not said that they saw it."""

    message = gettext_noop("Say that you have seen what speaks against this message, then send it.")


@transaction.atomic
def write(
    written: Written,
    *,
    key: str,
    has_seen: bool,
    today: date,
    now: datetime,
    by: Actor,
    waits: bool | None = None,
) -> int:
    """Queue the message and return its id; the same key sends it once, however often it is asked for.

    The checks are asked as for a reminder: what they hold leaves only when the person says to have seen it
    (`has_seen`), and nothing is claimed from an insolvent customer. In a sandbox it ends in the mailbox page.
    It leaves at once, or with `waits` at the next hour at which its reader is written to; None: as the hours say.
    Refuses a message to nobody, without words, or whose template lacks something.
    """
    if not written.to:
        raise NobodyAddressed(field="to")
    if written.template_key == OWN_WORDS and not (written.subject.strip() and written.text.strip()):
        raise WordsMissing(field="subject" if not written.subject.strip() else "text")
    organisation_id = written.customer.organisation_id
    found = writing.considered(written, today=today, now=now)
    if found.is_stopped:
        raise WritingStopped
    if found.asks_a_word and not has_seen:
        raise NotSeen(field="has_seen")
    leaves = writing.leaving_of(written, now=now)
    send_after = leaves.opens.astimezone(UTC) if (leaves.waits if waits is None else waits) else now
    letter = writing.letter(written, found.listed, today=today)
    messaging.install_default_templates(organisation_id=organisation_id, by=by)
    message_id = messaging.queue_message(
        organisation_id=organisation_id,
        key=f"written:{key}",
        kind="written",
        customer_id=written.customer.pk,
        sender=Sender(written.person.pk if written.person else None, written.entity.pk),
        to=written.to,
        template_key=written.template_key,
        language=written.language,
        context=writing.context_of(written, found.listed, today=today),
        attachments=written.attachments,
        by=by,
        send_after=send_after,
        now=now,
    )
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="write_to_customer",
        subject_kind="customer",
        subject_id=written.customer.pk,
        details={
            "message": message_id,
            "subject": letter.subject,
            "items": [claim.item.document_number for claim in found.listed],
            "set_aside": [check.code for check in found.checks if check.outcome not in ("passed", "adjusted")],
        },
    )
    return message_id
