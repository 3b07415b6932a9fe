"""Write down what customers answer, and that somebody read it."""

from datetime import datetime

from django.db import transaction

from encours.access import actions as access
from encours.core.actors import Actor
from encours.core.errors import NotFound, gettext_noop
from encours.messaging import inbound_queries as inbound
from encours.messaging.models import Reply, Understanding
from encours.messaging.rules.inbound.mail import Mail
from encours.messaging.rules.understanding import facts, reading


class ReplyUnknown(NotFound):
    """No such reply in this organisation."""

    message = gettext_noop("There is no such reply.")


@transaction.atomic
def record_reply(
    *,
    organisation_id: int,
    key: str,
    customer_id: int,
    from_email: str,
    subject: str,
    text: str,
    now: datetime,
    by: Actor,
    from_name: str = "",
    message_id: int | None = None,
    is_understood: bool = False,
) -> int:
    """Keep a customer's answer, unread: its reminders are held until somebody reads it. What it says is kept beside.

    `key` is its own Message-ID, or whatever names it once; the same answer recorded twice exists once.
    """
    reply = Reply(
        organisation_id=organisation_id,
        key=key[:255],
        customer_id=customer_id,
        message_id=message_id,
        from_email=from_email[:254],
        from_name=from_name[:200],
        subject=subject[:500],
        text=text,
        received_at=now,
    )
    before = Reply.objects.filter(organisation_id=organisation_id, key=reply.key).first()
    if before is not None:
        return before.pk
    Reply.objects.bulk_create([reply], ignore_conflicts=True)
    made = Reply.objects.get(organisation_id=organisation_id, key=reply.key)
    if not is_understood:  # who took in the mail itself understood it from its bytes
        _understand(made, now=now)
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="reply_received",
        subject_kind="reply",
        subject_id=str(made.pk),
        why="",
        details={"customer_id": customer_id, "subject": reply.subject},
    )
    return made.pk


def _understand(reply: Reply, *, now: datetime) -> None:
    headers = {"from": (f"{reply.from_name} <{reply.from_email}>",), "subject": (reply.subject,)}
    written = Mail(headers=headers, parts=(), attachments=(), text=reply.text, is_whole=True)
    examples = inbound.examples_of(reply.organisation_id)
    understood = reading.understand(written, today=now.date(), examples=examples)
    store_understanding(understood, organisation_id=reply.organisation_id, reply_id=reply.pk)


def store_understanding(
    understood: facts.Understanding, *, organisation_id: int, mail_id: int | None = None, reply_id: int | None = None
) -> int:
    """Keep what a mail or an answer was understood to say; part of taking it in, which leaves the audit entry."""
    main = understood.main
    made = Understanding(
        organisation_id=organisation_id,
        mail_id=mail_id,
        reply_id=reply_id,
        kind=main.kind,
        confidence_percent=main.confidence_percent,
        quote=main.quote,
        fields=dict(main.fields),
        intents=[intent.as_json() for intent in understood.intents],
        is_abstaining=understood.is_abstaining,
        needs_person=understood.needs_a_person,
        language=understood.language,
    )
    made.save(force_insert=True)
    return made.pk


@transaction.atomic
def mark_reply_read(*, organisation_id: int, reply_id: int, by: Actor, now: datetime) -> None:
    """Say that somebody has read the answer; what it held may leave again. The first reader stays."""
    replies = Reply.objects.filter(organisation_id=organisation_id, pk=reply_id)
    if not replies.exists():
        raise ReplyUnknown
    if replies.filter(read_at=None).update(read_at=now, read_by_name=by.name):
        access.record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="reply_read",
            subject_kind="reply",
            subject_id=str(reply_id),
            why="",
            details={},
        )
