"""What there is about a person or a customer: counted, and written out in files that one can read elsewhere."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet

from encours.access.rules import Scope
from encours.collections.models import Call, Promise
from encours.core.dates import business_date
from encours.core.errors import jsonable
from encours.customers import queries as customers
from encours.customers.models import Contact, Customer, Note
from encours.messaging.models import InboundMail, MessageContent, Reply
from encours.portal.models import PortalVisit
from encours.privacy.models import Erasure, LegalHold, Purge, RetentionPolicy
from encours.privacy.rules import let_go_before


@dataclass(frozen=True, slots=True)
class Kept:
    """How much of a kind names a person or belongs to a customer, and the last day of it."""

    count: int
    last: date | None


def hold_of(customer_id: int, *, organisation_id: int) -> LegalHold | None:
    """The legal hold that runs on a customer, if one does."""
    return LegalHold.objects.filter(
        organisation_id=organisation_id, customer_id=customer_id, ended_date__isnull=True
    ).first()


def holds(organisation_id: int) -> Sequence[LegalHold]:
    """Every legal hold, those that run first."""
    found = LegalHold.objects.filter(organisation_id=organisation_id).select_related("customer")
    return list(found.order_by("-ended_date", "-pk")[:500])


def erasures(organisation_id: int) -> Sequence[Erasure]:
    """Who asked to be erased, by customer, the latest first."""
    found = Erasure.objects.filter(organisation_id=organisation_id).select_related("customer")
    return list(found.order_by("-pk")[:500])


def purges(organisation_id: int) -> Sequence[Purge]:
    """What was let go, the latest first."""
    return list(Purge.objects.filter(organisation_id=organisation_id).order_by("-pk")[:24])


def lets_go_by_night(organisation_id: int) -> bool:
    """Whether what is past its term goes each night."""
    return RetentionPolicy.objects.filter(organisation_id=organisation_id, lets_go_by_night=True).exists()


def past_term(organisation_id: int, *, today: date) -> dict[str, int]:
    """How much is past its term, by kind: what a purge of today would let go."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select kind, count(*) from privacy_past_term(%s, %s) group by kind",
            [organisation_id, start_of(let_go_before("exchanges", today))],
        )
        counts = {str(kind): int(number) for kind, number in cursor.fetchall()}
    people = len(forgotten_people(organisation_id, today=today))
    return counts | ({"contact": people} if people else {})


def start_of(day: date) -> datetime:
    """The instant a day begins, on the day's own side: nothing of that day is past yet."""
    return datetime.combine(day, time(), UTC) - timedelta(hours=14)


_FORGOTTEN = """
select c.id, c.customer_id from customers_contact c
join customers_customer k on k.id = c.customer_id
where c.organisation_id = %(organisation)s and c.recorded_at < %(before)s
  and not exists (select from privacy_legalhold h where h.organisation_id = c.organisation_id and h.ended_date is null
                  and h.customer_id in (k.id, k.merged_into_id))
  and not exists (select from ledger_openitem i where i.organisation_id = c.organisation_id
                  and i.customer_id in (k.id, k.merged_into_id)
                  and (i.open_minor <> 0 or i.item_date >= %(before)s::date))
  and not exists (select from messaging_message m where m.organisation_id = c.organisation_id
                  and m.customer_id = c.customer_id and m.created_at >= %(before)s)
  and not exists (select from messaging_reply r where r.organisation_id = c.organisation_id
                  and r.customer_id = c.customer_id and r.received_at >= %(before)s)
  and not exists (select from collections_call l where l.organisation_id = c.organisation_id
                  and l.customer_id = c.customer_id and l.called_at >= %(before)s)
order by c.id limit 5000
"""


def forgotten_people(organisation_id: int, *, today: date) -> list[tuple[int, int]]:
    """Contacts and their customers with whom nothing happened for three years: no exchange, no invoice, no debt."""
    before = start_of(let_go_before("contacts", today))
    with connection.cursor() as cursor:
        cursor.execute(_FORGOTTEN, {"organisation": organisation_id, "before": before})
        return [(int(contact), int(customer)) for contact, customer in cursor.fetchall()]


def exchanges_with(contact: Contact) -> Kept:
    """The messages to and answers from a person's address."""
    sent = _sent_to(contact)
    heard = _heard_from(contact)
    days = [
        *(at for at in [sent.order_by("-recorded_at").values_list("recorded_at", flat=True).first()] if at),
        *(at for at in [heard.order_by("-received_at").values_list("received_at", flat=True).first()] if at),
    ]
    last = business_date(max(days), timezone=settings.TIME_ZONE) if days else None
    return Kept(sent.count() + heard.count(), last)


def _sent_to(contact: Contact) -> QuerySet[MessageContent]:
    found = MessageContent.objects.filter(
        organisation_id=contact.organisation_id, message__customer_id=contact.customer_id
    )
    return found.filter(recipients__contains=[contact.email]) if contact.email else found.none()


def _heard_from(contact: Contact) -> QuerySet[Reply]:
    found = Reply.objects.filter(organisation_id=contact.organisation_id, customer_id=contact.customer_id)
    return found.filter(from_email__iexact=contact.email) if contact.email else found.none()


def data_of(contact: Contact) -> dict[str, bytes]:
    """All that names a person, as files: who they are, what was written to them, what they wrote, calls with them."""
    files: dict[str, bytes] = {"person.json": _json(_plain(contact, _PERSON))}
    for content in _sent_to(contact).select_related("message").iterator(chunk_size=50):
        files[f"sent/{content.message_id}{_ending(content.media_type)}"] = bytes(content.raw)
    heard = list(_heard_from(contact).order_by("pk"))
    files["answers.json"] = _json([_plain(one, _REPLY) for one in heard])
    mails = InboundMail.objects.filter(
        organisation_id=contact.organisation_id, customer_id=contact.customer_id, from_email__iexact=contact.email
    )
    for mail in mails.iterator(chunk_size=50) if contact.email else ():
        files[f"received/{mail.pk}.eml"] = bytes(mail.raw)
    calls = Call.objects.filter(organisation_id=contact.organisation_id, contact_id=contact.pk).order_by("pk")
    files["calls.json"] = _json([_plain(one, _CALL) for one in calls])
    visits = PortalVisit.objects.filter(
        organisation_id=contact.organisation_id, customer_id=contact.customer_id, contact_ref=contact.pk
    )
    files["visits.json"] = _json([_plain(one, _VISIT) for one in visits.order_by("pk")])
    return files


def exchanges_of(customer: Customer, *, scope: Scope) -> dict[str, bytes]:
    """Every exchange with a customer, and those merged into it, as files with an index."""
    ids = customers.with_merged(customer.pk, organisation_id=scope.organisation_id)
    of_customer = Q(organisation_id=scope.organisation_id, customer_id__in=ids)
    files: dict[str, bytes] = {}
    index: list[dict[str, Any]] = []
    sent = MessageContent.objects.filter(
        organisation_id=scope.organisation_id, message__customer_id__in=ids
    ).select_related("message")
    for content in sent.order_by("pk").iterator(chunk_size=50):
        name = f"sent/{content.message_id}{_ending(content.media_type)}"
        files[name] = bytes(content.raw)
        index.append(
            {
                "file": name,
                "subject": content.subject,
                "to": content.recipients,
                "state": content.message.state,
                "at": content.message.state_at,
                "sha256": bytes(content.sha256).hex(),
            }
        )
    for mail in InboundMail.objects.filter(of_customer).order_by("pk").iterator(chunk_size=50):
        name = f"received/{mail.pk}.eml"
        files[name] = bytes(mail.raw)
        index.append(
            {
                "file": name,
                "subject": mail.subject,
                "from": mail.from_email,
                "at": mail.received_at,
                "sha256": bytes(mail.sha256).hex(),
            }
        )
    files["notes.json"] = _json([_plain(one, _NOTE) for one in Note.objects.filter(of_customer).order_by("pk")])
    files["calls.json"] = _json([_plain(one, _CALL) for one in Call.objects.filter(of_customer).order_by("pk")])
    promises = Promise.objects.filter(of_customer).order_by("pk")
    files["promises.json"] = _json([_plain(one, _PROMISE) for one in promises])
    files["index.json"] = _json({"customer": _plain(customer, ("number", "name", "siren")), "exchanges": index})
    return files


_PERSON = ("name", "role", "email", "phone", "language", "channel", "opted_out_channels", "opted_out_at", "bounced_at")
_REPLY = ("received_at", "from_name", "from_email", "subject", "text")
_VISIT = ("visited_at", "browser")
_CALL = ("called_at", "contact_name", "outcome", "phone", "note", "author_name")
_NOTE = ("recorded_at", "author_name", "text", "subject_kind", "subject")
_PROMISE = ("made_date", "promised_date", "amount_minor", "currency", "source", "note", "author_name")


def _plain(row: Any, fields: Sequence[str]) -> dict[str, Any]:
    return {field: getattr(row, field) for field in fields}


def as_file(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """What another room knows of a customer or a person, as a file of their copy."""
    return _json(rows)


def _json(value: Any) -> bytes:
    plain = jsonable(value) if isinstance(value, Mapping) else [jsonable(one) for one in value]
    return json.dumps(plain, ensure_ascii=False, indent=1).encode()


def _ending(media_type: str) -> str:
    return {"application/pdf": ".pdf", "text/plain": ".txt"}.get(media_type, ".eml")
