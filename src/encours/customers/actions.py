"""The only writers of customers, their contacts and the comments about them."""

from django.db import transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.customers.models import Customer, Note

NOTE_LENGTH_MAX = 4000


class CustomerUnknown(NotFound):
    """No such customer in this organisation."""

    message = gettext_noop("There is no such customer in this organisation.")


class NoteEmpty(Refused):
    """A comment says nothing."""

    message = gettext_noop("Write something first: the note is empty.")


class NoteTooLong(Refused):
    """A comment is longer than a page."""

    message = gettext_noop("A note has at most {length_max} characters.")


@transaction.atomic
def add_note(*, organisation_id: int, customer_id: int, text: str, by: Actor) -> Note:
    """Keep an internal comment on a customer; it stays as it was written. Refuses an empty one."""
    said = text.strip()
    if not said:
        raise NoteEmpty
    if len(said) > NOTE_LENGTH_MAX:
        raise NoteTooLong(length_max=NOTE_LENGTH_MAX)
    if not Customer.objects.filter(organisation_id=organisation_id, pk=customer_id).exists():
        raise CustomerUnknown
    note = Note.objects.create(
        organisation_id=organisation_id,
        customer_id=customer_id,
        text=said,
        author_id=by.user_id,
        author_name=by.name,
    )
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="add_note",
        subject_kind="customer",
        subject_id=customer_id,
        details={"note": note.pk},
    )
    return note
