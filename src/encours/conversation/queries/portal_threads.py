"""Threads of what was written between us and one person, by mail and on the customer's page; never a comment."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from encours.access.rules import Scope
from encours.conversation.models import PortalNote
from encours.core import statements
from encours.core.text import fold
from encours.customers import queries as customers
from encours.messaging import queries as messaging
from encours.messaging.models import Message, Reply, State

EXCHANGES_MAX = 40
# a note of ours is announced on the first page for so long
ANNOUNCED_DAYS = 30


@dataclass(frozen=True, slots=True)
class Exchange:
    """One thing written: by us or by them, by mail or on their page."""

    at: datetime
    is_ours: bool
    is_on_page: bool
    title: str
    text: str
    # who of ours signs a note; a mail says so itself
    author: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """What belongs together, the oldest first."""

    exchanges: Sequence[Exchange]

    @property
    def subject(self) -> str:
        """The subject it began with; a note of ours has none."""
        return next((one.title for one in self.exchanges if one.title), "")

    @property
    def opening(self) -> str:
        """What an answer goes on from: the subject, else the first words."""
        return self.subject or self.exchanges[0].text

    @property
    def last(self) -> Exchange:
        """What was written last."""
        return self.exchanges[-1]


def threads_with(email: str, *, customer_id: int, organisation_id: int) -> list[Thread]:
    """What we wrote to this person, by mail or on their page, and what came from them, the latest thread first.

    Nobody else's letters, and no comment of colleagues: those are never read here.
    """
    accounts = customers.with_merged(customer_id, organisation_id=organisation_id)
    sent = _sent(email, accounts, organisation_id)
    heard = list(
        Reply.objects.filter(organisation_id=organisation_id, customer_id__in=accounts, from_email__iexact=email)
        .defer("freed_by_name", "read_by_name")
        .order_by("-received_at")[:EXCHANGES_MAX]
    )
    notes = _notes(email, accounts, organisation_id)
    texts = messaging.texts_of([one.pk for one in sent], organisation_id=organisation_id)
    found: dict[str, Exchange] = {}
    for one in sent:
        at = one.state_at or one.created_at
        found[f"m{one.pk}"] = Exchange(at, True, False, one.content.subject, texts.get(one.pk, ""))
    for reply in heard:
        found[f"r{reply.pk}"] = Exchange(reply.received_at, False, reply.is_by_portal, reply.subject, reply.text)
    for note in notes:
        found[f"n{note.pk}"] = Exchange(note.written_at, True, True, "", note.text, note.author_name)
    threads = [
        Thread(sorted((found[key] for key in keys), key=lambda one: one.at))
        for keys in _together(found, [*_links(heard), *((f"n{one.pk}", f"r{one.reply_id}") for one in notes)])
    ]
    return sorted(threads, key=lambda thread: thread.last.at, reverse=True)


def _sent(email: str, accounts: Sequence[int], organisation_id: int) -> list[Message]:
    to_them = Q(content__recipients__contains=[email]) | Q(content__recipients__contains=[email.lower()])
    found = Message.objects.filter(
        to_them, organisation_id=organisation_id, customer_id__in=accounts, state__in=[State.SENT, State.CAUGHT]
    )
    return list(found.select_related("content").defer("content__raw").order_by("-pk")[:EXCHANGES_MAX])


def _notes(email: str, accounts: Sequence[int], organisation_id: int) -> list[PortalNote]:
    """What stands on their page for this person: for everybody of the account, or in answer to what they wrote."""
    theirs = Q(reply=None) | Q(reply__from_email__iexact=email)
    found = PortalNote.objects.filter(
        theirs, organisation_id=organisation_id, customer_id__in=accounts, withdrawn_at=None
    ).exclude(text="")
    return list(found.order_by("-pk")[:EXCHANGES_MAX])


def latest_note(email: str, *, customer_id: int, organisation_id: int, now: datetime) -> PortalNote | None:
    """The note of ours that the first page announces, if one was written of late."""
    accounts = customers.with_merged(customer_id, organisation_id=organisation_id)
    since = now - timedelta(days=ANNOUNCED_DAYS)
    ((is_any,),) = statements.rows(
        "select exists (select from conversation_portalnote where organisation_id = %s"
        " and customer_id = any(%s::bigint[]) and written_at > %s)",
        [organisation_id, accounts, since],
    )
    found = next(iter(_notes(email, accounts, organisation_id)), None) if is_any else None
    return found if found is not None and found.written_at > since else None


def _links(heard: Iterable[Reply]) -> Iterable[tuple[str, str]]:
    """What answers what, by the identities of mails and by what colleagues marked as answered."""
    for reply in heard:
        for message_id in (reply.message_id, reply.answer_id):
            if message_id is not None:
                yield f"r{reply.pk}", f"m{message_id}"


def _together(found: Mapping[str, Exchange], links: Iterable[tuple[str, str]]) -> Iterable[list[str]]:
    """The keys of each thread: what answers each other, and what goes on under the same subject."""
    head = {key: key for key in found}

    def of(key: str) -> str:
        while head[key] != key:
            key = head[key]
        return key

    for one, other in links:
        if one in head and other in head:
            head[of(one)] = of(other)
    latest: dict[str, str] = {}
    for key, exchange in sorted(found.items(), key=lambda row: row[1].at):
        subject = _bare(exchange.title)
        # a letter of ours begins a conversation, though the reminder before it had the same subject
        begins = exchange.is_ours and not _IS_ANSWER.match(exchange.title)
        if subject and subject in latest and not begins:
            head[of(key)] = of(latest[subject])
        latest[subject] = key
    threads: dict[str, list[str]] = {}
    for key in found:
        threads.setdefault(of(key), []).append(key)
    return threads.values()


_IS_ANSWER = re.compile(r"^\s*(?:re|r|rép|tr|fwd?)\s*:", re.IGNORECASE)


def _bare(subject: str) -> str:
    """A subject without what answering puts before it: "Re: RE: Avoir" -> "avoir"."""
    return fold(re.sub(r"^(?:\s*(?:re|r|rép|tr|fwd?)\s*:)+", "", subject, flags=re.IGNORECASE))


def notes_on_page(
    customer_id: int, *, scope: Scope, limit: int = 100, before_id: int | None = None
) -> list[PortalNote]:
    """What colleagues wrote on a customer's page, taken back or not, the latest first: for the desk and programs."""
    accounts = customers.with_merged(customer_id, organisation_id=scope.organisation_id)
    return notes_of(accounts, organisation_id=scope.organisation_id, limit=limit, before_id=before_id)


def notes_of(
    account_ids: Sequence[int], *, organisation_id: int, limit: int, before_id: int | None = None
) -> list[PortalNote]:
    """The same of some accounts the reader may see."""
    found = PortalNote.objects.filter(organisation_id=organisation_id, customer_id__in=account_ids)
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    return list(found.select_related("reply").order_by("-pk")[:limit])


def told_to(email: str, *, customer_id: int, organisation_id: int) -> list[dict[str, Any]]:
    """All that was ever written on a customer's page, or in answer to one person there: for their copy."""
    accounts = customers.with_merged(customer_id, organisation_id=organisation_id)
    found = PortalNote.objects.filter(organisation_id=organisation_id, customer_id__in=accounts)
    if email:
        found = found.filter(reply__from_email__iexact=email)
    rows = found.select_related("reply").order_by("pk")
    return [
        {
            "written_at": one.written_at,
            "author_name": one.author_name,
            "text": one.text,
            "withdrawn_at": one.withdrawn_at,
            "answers": one.reply.subject if one.reply else "",
        }
        for one in rows
    ]


def answered_on_page(reply_id: int, *, organisation_id: int) -> PortalNote | None:
    """The note that answers what a customer wrote, if it was answered on their page."""
    found = PortalNote.objects.filter(organisation_id=organisation_id, reply_id=reply_id, withdrawn_at=None)
    return found.order_by("-pk").first()
