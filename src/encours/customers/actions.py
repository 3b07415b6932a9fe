"""The only writers of customers, their contacts and the comments about them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.customers.models import Contact, Customer, Note, Segment

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


class SegmentNameMissing(Refused):
    """A segment has a name that people can choose it by."""

    message = gettext_noop("A segment needs a name.")


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who follows a customer and where it belongs; None leaves nobody, or nothing, there."""

    customer_id: int
    collector_id: int | None = None
    sales_rep_id: int | None = None
    segment_id: int | None = None
    parent_id: int | None = None
    success_owner_id: int | None = None


@transaction.atomic
def save_segment(
    *, organisation_id: int, name: str, by: Actor, priority: int = 100, conditions: Sequence[Any] = ()
) -> Segment:
    """Make or change the segment of that name; customers already in it stay. Refuses one without a name."""
    called = name.strip()
    if not called:
        raise SegmentNameMissing
    segment, is_new = Segment.objects.update_or_create(
        organisation_id=organisation_id,
        name=called,
        defaults={"priority": priority, "conditions": list(conditions)},
    )
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="create_segment" if is_new else "update_segment",
        subject_kind="segment",
        subject_id=segment.pk,
        details={"name": called, "priority": priority, "conditions": list(conditions)},
    )
    return segment


@transaction.atomic
def assign_customers(*, organisation_id: int, assignments: Sequence[Assignment], by: Actor, why: str = "") -> int:
    """Say for many customers at once who collects, who sells, which segment and parent; how many changed.

    Rows of other organisations are not touched, whatever the numbers given.
    """
    columns = [[getattr(row, one.name) for row in assignments] for one in fields(Assignment)]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update customers_customer c
            set collector_id = a.collector, sales_rep_id = a.sales_rep, segment_id = a.segment, parent_id = a.parent,
                success_owner_id = a.success_owner,
                changed_at = transaction_timestamp()
            from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                        %s::bigint[]) as a (customer, collector, sales_rep, segment, parent, success_owner)
            where c.organisation_id = %s and c.id = a.customer
              and (c.collector_id, c.sales_rep_id, c.segment_id, c.parent_id, c.success_owner_id)
                  is distinct from (a.collector, a.sales_rep, a.segment, a.parent, a.success_owner)
            """,
            [*columns, organisation_id],
        )
        changed = int(cursor.rowcount)
    if changed:
        record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="assign_customers",
            subject_kind="organisation" if len(assignments) != 1 else "customer",
            subject_id=organisation_id if len(assignments) != 1 else assignments[0].customer_id,
            why=why[:500],
            details={"count": changed, **(asdict(assignments[0]) if len(assignments) == 1 else {})},
        )
    return changed


@transaction.atomic
def add_note(
    *,
    organisation_id: int,
    customer_id: int,
    text: str,
    now: datetime,
    by: Actor,
    subject_kind: str = "",
    subject: str = "",
    answers_id: int | None = None,
) -> Note:
    """Keep an internal comment on a customer, or on something of theirs; it stays as written. Refuses an empty one."""
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
        recorded_at=now,
        subject_kind=subject_kind,
        subject=subject,
        answers_id=answers_id,
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


@transaction.atomic
def mark_contact_bounced(*, organisation_id: int, email: str, why: str, now: datetime, by: Actor) -> int:
    """Note on every contact with this address that it does not exist; how many were marked. The first time stays."""
    contacts = Contact.objects.filter(organisation_id=organisation_id, email__iexact=email, bounced_at=None)
    customer_ids = list(contacts.values_list("customer_id", flat=True))
    marked = contacts.update(bounced_at=now)
    for customer_id in dict.fromkeys(customer_ids):
        record_audit(
            by=by,
            organisation_id=organisation_id,
            verb="contact_bounced",
            subject_kind="customer",
            subject_id=customer_id,
            why=why[:500],
            details={"email": email},
        )
    return marked


def lock_one(*, organisation_id: int, customer_id: int) -> Customer:
    """A customer, held until the transaction ends so that nobody else merges it; refuses what is not there."""
    found = (
        Customer.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id, pk=customer_id).first()
    )
    if found is None:
        raise CustomerUnknown
    return found


def lock_pair(*, organisation_id: int, customer_ids: tuple[int, int]) -> tuple[Customer, Customer]:
    """Two customers, held in one order whoever asks, so that two people merging them wait instead of deadlocking."""
    held = {pk: lock_one(organisation_id=organisation_id, customer_id=pk) for pk in sorted(customer_ids)}
    return held[customer_ids[0]], held[customer_ids[1]]


def mark_merged(duplicate: Customer, *, into: Customer) -> int:
    """Lead the duplicate's number to the kept customer and give that one its contacts; how many were new to it.

    Part of a merge, which records it in the audit trail.
    """
    duplicate.merged_into = into
    duplicate.save(update_fields=["merged_into"])
    known = set(
        Contact.objects.filter(organisation_id=into.organisation_id, customer=into).values_list("email", "name")
    )
    copies = [
        Contact(
            organisation_id=into.organisation_id,
            customer=into,
            name=contact.name,
            role=contact.role,
            email=contact.email,
            phone=contact.phone,
            language=contact.language,
        )
        for contact in Contact.objects.filter(organisation_id=into.organisation_id, customer=duplicate)
        if (contact.email, contact.name) not in known
    ]
    Contact.objects.bulk_create(copies)
    return len(copies)


def mark_unmerged(duplicate: Customer) -> None:
    """Let the duplicate's number stand for itself again; part of undoing a merge."""
    duplicate.merged_into = None
    duplicate.save(update_fields=["merged_into"])
