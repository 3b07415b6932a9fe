"""Write on a customer's own page, and take it back: the one way in which a colleague's note is shown to a customer."""

from datetime import datetime

from django.db import transaction

from encours.access import actions as access
from encours.conversation.models import PortalNote
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.customers import queries as customers
from encours.customers.actions import lock_one
from encours.messaging import actions as messaging
from encours.messaging.models import Reply
from encours.portal.queries import has_way, policy_of

TEXT_LETTERS_MAX = 5_000


class PageClosed(Refused):
    """The organisation's customers have no page of their own."""

    message = gettext_noop("The customers' page is closed: nobody would read it. Write an e-mail.")


class PageNoteEmpty(Refused):
    """A note says something, in at most so many letters."""

    message = gettext_noop("Write something, in at most {letters_max} letters.")


class NotOnThePage(Refused):
    """Who wrote has no way to the page."""

    message = gettext_noop("{email} has no way to the customer's page: answer by e-mail.")


class PageNoteUnknown(NotFound):
    """No such note on a customer's page."""

    message = gettext_noop("There is no such note on the customer's page.")


class WithdrawnAlready(Conflict):
    """It is no longer shown."""

    message = gettext_noop("{name} took this note back already.")


@transaction.atomic
def write_portal_note(
    *,
    organisation_id: int,
    customer_id: int,
    text: str,
    key: str,
    now: datetime,
    by: Actor,
    reply_id: int | None = None,
) -> PortalNote:
    """Show the customer a note on their page, or answer there what one of them wrote, which then is answered.

    Refuses where the page is closed, an empty note, and an answer to somebody who has no way to the page. The same
    key is the same note.
    """
    customer = lock_one(organisation_id=organisation_id, customer_id=customer_id)
    known = PortalNote.objects.filter(organisation_id=organisation_id, key=key).first()
    if known is not None:
        return known
    if not policy_of(organisation_id).is_on:
        raise PageClosed
    if not 0 < len(text.strip()) <= TEXT_LETTERS_MAX:
        raise PageNoteEmpty(letters_max=TEXT_LETTERS_MAX, field="text")
    reply = None
    if reply_id is not None:
        accounts = customers.with_merged(customer_id, organisation_id=organisation_id)
        reply = Reply.objects.filter(organisation_id=organisation_id, customer_id__in=accounts, pk=reply_id).first()
        if reply is None:
            raise PageNoteUnknown
        if not has_way(customer, reply.from_email):
            raise NotOnThePage(email=reply.from_email)
    made = PortalNote.objects.create(
        organisation_id=organisation_id,
        key=key,
        customer_id=customer_id,
        reply=reply,
        text=text.strip(),
        author_id=by.user_id,
        author_name=by.name,
        written_at=now,
    )
    _audit("portal_note_written", made, by)
    if reply is not None:
        messaging.mark_reply_answered(
            organisation_id=organisation_id, reply_id=reply.pk, message_id=None, by=by, now=now
        )
    return made


@transaction.atomic
def withdraw_portal_note(*, organisation_id: int, note_id: int, now: datetime, by: Actor) -> PortalNote:
    """Show a note no more; that it was shown, and until when, stays known here."""
    found = PortalNote.objects.select_for_update().filter(organisation_id=organisation_id, pk=note_id).first()
    if found is None:
        raise PageNoteUnknown
    if found.withdrawn_at is not None:
        raise WithdrawnAlready(name=found.withdrawn_by_name)
    found.withdrawn_at, found.withdrawn_by_name = now, by.name
    found.save(update_fields=["withdrawn_at", "withdrawn_by_name"])
    _audit("portal_note_withdrawn", found, by)
    return found


def _audit(verb: str, note: PortalNote, by: Actor) -> None:
    access.record_audit(
        by=by,
        organisation_id=note.organisation_id,
        verb=verb,
        subject_kind="customer",
        subject_id=str(note.customer_id),
        why="",
        details={"note": note.pk, "reply": note.reply_id},
    )
