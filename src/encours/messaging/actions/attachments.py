"""List the files that came with a mail, and have them scanned; what is not known to be harmless is not handed out."""

from datetime import datetime

from django.db import transaction

from encours.access import actions as access
from encours.core.actors import Actor
from encours.core.errors import Unavailable
from encours.messaging.models import InboundMail, MailAttachment, Scanned
from encours.messaging.rules.inbound import attachments as rules
from encours.messaging.rules.inbound import mail as mails
from encours.messaging.rules.server import Scan, ScanAnswer

A_TURN = 100


def list_attachments(kept: InboundMail, received: mails.Mail) -> None:
    """Note the files of a mail with what may become of them; part of taking it in, which leaves the audit entry."""
    rows = []
    for position, file in enumerate(received.attachments, 1):
        found = rules.verdict(file.name, file.content_type, file.size_bytes, position=position)
        rows.append(
            MailAttachment(
                organisation_id=kept.organisation_id,
                mail=kept,
                position=position,
                name=rules.shown_name(file.name, file.content_type, position=position),
                content_type=file.content_type[:127],
                size_bytes=file.size_bytes,
                sha256=file.sha256,
                state=Scanned.REFUSED if found.is_refused else Scanned.WAITING,
                why=found.why,
            )
        )
    MailAttachment.objects.bulk_create(rows)


def scan_waiting(*, organisation_id: int, scan: Scan, now: datetime, by: Actor, limit: int = A_TURN) -> int:
    """Have the files that wait looked at; how many were. A scanner that does not answer leaves them waiting."""
    waiting = MailAttachment.objects.filter(organisation_id=organisation_id, state=Scanned.WAITING)
    done = 0
    for row in waiting.select_related("mail").order_by("pk")[:limit]:
        content = mails.attachment_content(bytes(row.mail.raw), row.sha256)
        try:
            answer = scan(content or b"")
        except Unavailable:
            return done
        _note(row, answer, now=now, by=by)
        done += 1
    return done


@transaction.atomic
def _note(row: MailAttachment, answer: ScanAnswer, *, now: datetime, by: Actor) -> None:
    state = Scanned.CLEAN if answer.is_clean else Scanned.INFECTED
    MailAttachment.objects.filter(pk=row.pk, state=Scanned.WAITING).update(
        state=state, why=answer.words[:200], scanned_at=now
    )
    if not answer.is_clean:
        access.record_audit(
            by=by,
            organisation_id=row.organisation_id,
            verb="attachment_dangerous",
            subject_kind="mail",
            subject_id=str(row.mail_id),
            why=answer.words[:200],
            details={"name": row.name, "sha256": row.sha256},
        )
