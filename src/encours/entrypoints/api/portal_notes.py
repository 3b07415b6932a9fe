"""What colleagues wrote on a customer's own page: read it, write there, take it back."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from encours.access.models import User
from encours.access.rules import Permission, Scope
from encours.conversation import actions as conversation
from encours.conversation.actions.portal_notes import TEXT_LETTERS_MAX, PageNoteUnknown
from encours.conversation.models import PortalNote
from encours.conversation.queries import portal_threads
from encours.core.actors import Actor
from encours.customers import queries as customers
from encours.entrypoints.api.shapes import (
    Limit,
    actor_of,
    cursor_of,
    customer_id_of,
    done_once,
    place_of,
    scope_for,
    scope_of,
)

router = Router()


class PortalNoteIn(Schema):
    """What whoever has a way to the customer's page reads there."""

    text: str = Field(max_length=TEXT_LETTERS_MAX)


class PortalNoteShape(Schema):
    """One note on a customer's page, signed by the token's user; one that was taken back is no longer shown there."""

    portal_note: int
    customer_number: str
    text: str
    author: str
    written_at: datetime
    answers: str = Field(description="The subject of the message it answers: then only who wrote that reads it.")
    withdrawn_at: datetime | None
    withdrawn_by: str


class PortalNotePage(Schema):
    """Some notes, the latest first, and where the next ones begin."""

    items: list[PortalNoteShape]
    next_cursor: str | None


class PortalNotesAsked(Schema):
    """How many notes, and from where on."""

    limit: Limit = 50
    cursor: str | None = None


def _signed(request: HttpRequest, scope: Scope) -> Actor:
    """The customer reads who wrote: a person's name, not that it came through the API."""
    return replace(actor_of(request), name=User.objects.get(pk=scope.user_id or 0).display_name)


@router.get("/customers/{number}/portal-notes", response=PortalNotePage, summary="Notes on a customer's page")
def list_portal_notes(request: HttpRequest, number: str, asked: Query[PortalNotesAsked]) -> Any:
    scope = scope_of(request)
    customer_id = customer_id_of(number, scope=scope) or 0
    place = place_of(asked.cursor, kinds=(int,))
    rows = portal_threads.notes_on_page(
        customer_id, scope=scope, limit=asked.limit + 1, before_id=place[0] if place else None
    )
    shown = rows[: asked.limit]
    return {
        "items": [_note(one, number) for one in shown],
        "next_cursor": cursor_of(shown[-1].pk) if len(rows) > asked.limit else None,
    }


@router.post("/customers/{number}/portal-notes", response=PortalNoteShape, summary="Write on a customer's page")
def add_portal_note(request: HttpRequest, number: str, given: PortalNoteIn) -> Any:
    """The customer reads it on their page; no e-mail leaves. Refused where the page is closed.

    Send an `Idempotency-Key`: the same call again makes nothing new.
    """
    scope = scope_for(request, Permission.SEND_MESSAGE)
    customer_id = customer_id_of(number, scope=scope) or 0

    def write() -> int:
        made = conversation.write_portal_note(
            organisation_id=scope.organisation_id,
            customer_id=customer_id,
            text=given.text,
            key=str(uuid4()),
            now=timezone.now(),
            by=_signed(request, scope),
        )
        return made.pk

    return _kept(done_once(request, scope, "portal_note", write), scope)


@router.post("/portal-notes/{note_id}/withdraw", response=PortalNoteShape, summary="Take back a note")
def withdraw_portal_note(request: HttpRequest, note_id: int) -> Any:
    """The customer sees it no more; that it was shown stays known here.

    Send an `Idempotency-Key`: the same call again changes nothing.
    """
    scope = scope_for(request, Permission.SEND_MESSAGE)
    found = PortalNote.objects.filter(organisation_id=scope.organisation_id, pk=note_id).first()
    if found is None or not customers.in_scope_with_merged(scope).filter(pk=found.customer_id).exists():
        raise PageNoteUnknown

    def withdraw() -> int:
        return conversation.withdraw_portal_note(
            organisation_id=scope.organisation_id, note_id=note_id, now=timezone.now(), by=_signed(request, scope)
        ).pk

    return _kept(done_once(request, scope, "withdraw_portal_note", withdraw), scope)


def _kept(note_id: int, scope: Scope) -> dict[str, Any]:
    found = PortalNote.objects.select_related("customer", "reply")
    note = found.get(organisation_id=scope.organisation_id, pk=note_id)
    return _note(note, note.customer.number)


def _note(note: PortalNote, number: str) -> dict[str, Any]:
    return {
        "portal_note": note.pk,
        "customer_number": number,
        "text": note.text,
        "author": note.author_name,
        "written_at": note.written_at,
        "answers": note.reply.subject if note.reply else "",
        "withdrawn_at": note.withdrawn_at,
        "withdrawn_by": note.withdrawn_by_name,
    }
