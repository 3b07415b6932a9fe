"""Comment with colleagues: a note whose @names are told, and whose answers are told to who wrote it."""

from datetime import datetime

from django.db import transaction

from encours.core.actors import Actor
from encours.customers import actions as customers
from encours.customers.models import Customer, Note
from encours.team.actions.notices import Notice, notify
from encours.team.models import Mention, NoticeKind, Notification
from encours.team.queries.people import colleagues
from encours.team.rules.mentions import Named, named

TITLE_LETTERS_MAX = 140


@transaction.atomic
def comment(
    *,
    organisation_id: int,
    customer_id: int,
    text: str,
    link: str,
    now: datetime,
    by: Actor,
    subject_kind: str = "",
    subject: str = "",
    answers_id: int | None = None,
) -> tuple[Note, Named]:
    """Keep a comment and tell whom it names, and whose comment it answers; names that fit nobody come back as told.

    `link` is the desk's address of what the comment is on. Refuses an empty comment and an unknown customer.
    """
    note = customers.add_note(
        organisation_id=organisation_id,
        customer_id=customer_id,
        text=text,
        now=now,
        by=by,
        subject_kind=subject_kind,
        subject=subject,
        answers_id=answers_id,
    )
    found = named(text, colleagues(organisation_id))
    Mention.objects.bulk_create(
        Mention(organisation_id=organisation_id, note=note, user_id=user_id) for user_id in found.user_ids
    )
    name = Customer.objects.values_list("name", flat=True).get(pk=customer_id)
    _tell(note, found.user_ids, NoticeKind.MENTION, f"{by.name}: {name}", link, now, by)
    if answers_id is not None:
        asked = Note.objects.filter(organisation_id=organisation_id, pk=answers_id).values_list("author_id", flat=True)
        others = [pk for pk in asked if pk is not None and pk not in found.user_ids]
        _tell(note, others, NoticeKind.ANSWER, f"{by.name}: {name}", link, now, by)
    return note, found


def _tell(
    note: Note, user_ids: list[int] | tuple[int, ...], kind: NoticeKind, title: str, link: str, now: datetime, by: Actor
) -> None:
    notice = Notice(
        kind=kind.value, title=title[:TITLE_LETTERS_MAX], key=f"note:{note.pk}", text=note.text, link=link,
        customer_id=note.customer_id, note_id=note.pk,
    )  # fmt: skip
    notify(organisation_id=note.organisation_id, user_ids=user_ids, notice=notice, by=by, now=now)


@transaction.atomic
def answer_by_mail(*, organisation_id: int, note_id: int, text: str, now: datetime, by: Actor) -> Note | None:
    """A colleague's e-mail becomes their answer to a comment; None where the comment is gone or the mail is empty."""
    asked = Note.objects.filter(organisation_id=organisation_id, pk=note_id).first()
    if asked is None or not text.strip():
        return None
    note, _ = comment(
        organisation_id=organisation_id,
        customer_id=asked.customer_id,
        text=text[: customers.NOTE_LENGTH_MAX],
        link=_link_of(asked),
        now=now,
        by=by,
        subject_kind=asked.subject_kind,
        subject=asked.subject,
        answers_id=asked.pk,
    )
    return note


def _link_of(asked: Note) -> str:
    """Where the comment that is answered stands, as whoever was told of it was told."""
    known = Notification.objects.filter(organisation_id=asked.organisation_id, note_id=asked.pk).first()
    return known.link if known else ""
