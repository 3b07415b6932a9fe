"""Write down what customers answer, that somebody read it, and what ended its hold on reminders."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from encours.access import actions as access
from encours.core.actors import Actor
from encours.core.errors import NotFound, gettext_noop
from encours.core.events import publish
from encours.messaging import inbound_queries as inbound
from encours.messaging.events import MailUnderstood
from encours.messaging.models import Freed, HoldUntil, Reply, ReplyPolicy, Understanding
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
        found = _understand(made, now=now)
        publish(MailUnderstood(organisation_id, found, None, made.pk, customer_id, now, by))
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


def _understand(reply: Reply, *, now: datetime) -> int:
    headers = {"from": (f"{reply.from_name} <{reply.from_email}>",), "subject": (reply.subject,)}
    written = Mail(headers=headers, parts=(), attachments=(), text=reply.text, is_whole=True)
    examples = inbound.examples_of(reply.organisation_id)
    understood = reading.understand(written, today=now.date(), examples=examples)
    return store_understanding(understood, organisation_id=reply.organisation_id, reply_id=reply.pk)


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
    """Say that somebody has read the answer; the first reader stays.

    What it held may leave again, unless the organisation holds until the answer is answered.
    """
    replies = _found(organisation_id, reply_id)
    if not replies.filter(read_at=None).update(read_at=now, read_by_name=by.name):
        return
    _audit("reply_read", organisation_id, reply_id, by)
    if inbound.hold_until(organisation_id) == HoldUntil.READ:
        _free(replies, Freed.READ, by=by, now=now)


@transaction.atomic
def mark_reply_answered(
    *, organisation_id: int, reply_id: int, message_id: int | None, by: Actor, now: datetime
) -> None:
    """Say that a message answers it, or a note on the customer's page: it counts as read and holds nothing any more."""
    replies = _found(organisation_id, reply_id)
    replies.filter(read_at=None).update(read_at=now, read_by_name=by.name)
    if message_id is not None:
        replies.update(answer_id=message_id)
    _free(replies, Freed.ANSWERED, by=by, now=now)
    _audit("reply_answered", organisation_id, reply_id, by, message=message_id)


@transaction.atomic
def needs_no_answer(*, organisation_id: int, reply_id: int, by: Actor, now: datetime) -> None:
    """Say that nothing has to be written back: it counts as read and holds nothing any more."""
    replies = _found(organisation_id, reply_id)
    replies.filter(read_at=None).update(read_at=now, read_by_name=by.name)
    if _free(replies, Freed.NO_ANSWER, by=by, now=now):
        _audit("reply_needs_no_answer", organisation_id, reply_id, by)


def _found(organisation_id: int, reply_id: int) -> QuerySet[Reply]:
    replies = Reply.objects.filter(organisation_id=organisation_id, pk=reply_id)
    if not replies.exists():
        raise ReplyUnknown
    return replies


def _free(replies: QuerySet[Reply], how: Freed, *, by: Actor, now: datetime) -> int:
    return replies.filter(freed_at=None).update(freed_at=now, freed_by_name=by.name, freed_how=how)


@transaction.atomic
def set_reply_policy(*, organisation_id: int, hold_until: str, by: Actor, now: datetime) -> None:
    """Say how long an answer holds reminders; answers read before a change are taken as they were."""
    until = HoldUntil(hold_until)
    ReplyPolicy.objects.update_or_create(
        organisation_id=organisation_id, defaults={"hold_until": until, "changed_at": now}
    )
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="reply_policy_set",
        subject_kind="organisation",
        subject_id=str(organisation_id),
        why="",
        details={"hold_until": str(until)},
    )


def _audit(verb: str, organisation_id: int, reply_id: int, by: Actor, **details: object) -> None:
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb=verb,
        subject_kind="reply",
        subject_id=str(reply_id),
        why="",
        details=details,
    )
