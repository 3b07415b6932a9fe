"""The only writers of disputes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from django.db import connection, transaction

from encours.access import actions as access
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.customers.models import Customer
from encours.disputes.actions import reasons
from encours.disputes.actions.closing import DisputeClosedAlready, DisputeUnknown, close, close_dispute, locked_open
from encours.disputes.actions.reasons import DisputeWordUnknown, check_owner
from encours.disputes.models import Dispute, DisputeOutcome, DisputePriority, DisputeReason
from encours.ledger.models import OpenItem

__all__ = [
    "LINE_NUMBER_MAX",
    "LINE_TEXT_MAX",
    "NO_LINE",
    "CustomerNotHere",
    "DisputeAmountUnusable",
    "DisputeClosedAlready",
    "DisputeDayPast",
    "DisputeUnknown",
    "DisputeWordUnknown",
    "ImportedDispute",
    "InvoiceLine",
    "LineUnusable",
    "NotedDeduction",
    "NothingToDispute",
    "assign_dispute",
    "close_dispute",
    "close_dropped",
    "note_deductions",
    "open_dispute",
    "open_disputes",
    "withdraw_by_key",
]


class CustomerNotHere(NotFound):
    """The disputing customer is not of this organisation."""

    message = gettext_noop("There is no such customer.")


class NothingToDispute(Refused):
    """The document or item named has nothing open on this account."""

    message = gettext_noop("Nothing is open on {document_number} for this customer.")


class DisputeAmountUnusable(Refused):
    """The disputed amount is not between nothing and what is open."""

    message = gettext_noop("The disputed amount must be above zero and at most what is open.")


class DisputeDayPast(Refused):
    """A dispute is answered on a day to come."""

    message = gettext_noop("{day} is past: choose today or a later day.")


class LineUnusable(Refused):
    """A line is of an invoice, and its own amount is contested: without one the whole invoice would leave dunning."""

    message = gettext_noop("A contested line needs its invoice and its amount.")


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """The line of an invoice that is contested: its number, what it says; either may be unknown."""

    number: str = ""
    text: str = ""

    @property
    def is_named(self) -> bool:
        """Whether anything is said of it."""
        return bool(self.number.strip() or self.text.strip())


NO_LINE = InvoiceLine()


@dataclass(frozen=True, slots=True)
class ImportedDispute:
    """One disputed document as a file states it."""

    customer_id: int
    document_number: str
    opened_date: date
    amount_minor: int | None = None
    currency: str = ""
    reason: str = DisputeReason.OTHER.value
    note: str = ""
    entity_id: int | None = None

    @property
    def key(self) -> str:
        """What it is known by from one file to the next."""
        return f"import:{self.entity_id or 0}:{self.customer_id}:{self.document_number}"


LINE_NUMBER_MAX, LINE_TEXT_MAX = 20, 200
# how a dispute ended that a full export dropped; stated again, it is opened again
DROPPED = gettext_noop("The full export no longer states it.")


@transaction.atomic
def open_dispute(
    *,
    organisation_id: int,
    customer_id: int,
    today: date,
    by: Actor,
    document_number: str = "",
    item_id: int | None = None,
    amount_minor: int | None = None,
    reason: str = DisputeReason.OTHER.value,
    note: str = "",
    key: str = "",
    owner_id: int | None = None,
    priority: int = DisputePriority.NORMAL,
    due_date: date | None = None,
    line: InvoiceLine = NO_LINE,
) -> Dispute:
    """Note that the customer contests an item, a document, one of its lines or the account; that part is not chased.

    Without an owner the reason's own has it, else the customer's collector; without a day the reason's term counts.
    Refused when nothing is open there, for more than is open, or for a line without its amount. The same `key` twice
    gives the first dispute again.
    """
    if key and (found := Dispute.objects.filter(organisation_id=organisation_id, key=key).first()):
        return found
    own = reasons.offered(organisation_id, reason)
    customer = Customer.objects.filter(organisation_id=organisation_id, pk=customer_id).first()
    if customer is None:
        raise CustomerNotHere()
    if due_date is not None and due_date < today:
        raise DisputeDayPast(day=due_date)
    items = _open_items(organisation_id, customer_id, document_number, item_id)
    _check_part(items, amount_minor, line)
    dispute = Dispute.objects.create(
        organisation_id=organisation_id,
        customer_id=customer_id,
        entity_id=items[0].entity_id if len({item.entity_id for item in items}) == 1 else None,
        document_number=items[0].document_number if item_id else document_number,
        item_id=item_id,
        line_number=line.number.strip()[:LINE_NUMBER_MAX],
        line_text=line.text.strip()[:LINE_TEXT_MAX],
        amount_minor=amount_minor,
        currency=items[0].currency if items else "",
        reason=reason,
        reason_label=own.label if own else "",
        owner_id=owner_id or (own.owner_id if own else None) or customer.collector_id,
        priority=DisputePriority(priority),
        due_date=due_date or reasons.answer_by(own, today=today),
        note=note,
        key=key or f"dispute:{uuid4()}",
        opened_date=today,
        opened_by_name=by.name,
    )
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="open_dispute", subject_kind="customer", subject_id=customer_id,
        why=note, details={"dispute": dispute.pk, "document_number": dispute.document_number, "reason": reason,
                           "amount_minor": amount_minor, "line": f"{line.number} {line.text}".strip()},
    )  # fmt: skip
    return dispute


def _check_part(items: Sequence[OpenItem], amount_minor: int | None, line: InvoiceLine) -> None:
    open_minor = sum(item.open_minor for item in items)
    if amount_minor is not None and not 0 < amount_minor <= open_minor:
        raise DisputeAmountUnusable(amount_minor=amount_minor, open_minor=open_minor)
    if line.is_named and (amount_minor is None or not items):
        raise LineUnusable


def _open_items(
    organisation_id: int, customer_id: int, document_number: str, item_id: int | None
) -> Sequence[OpenItem]:
    if not document_number and item_id is None:
        return []
    items = OpenItem.objects.filter(organisation_id=organisation_id, customer_id=customer_id, open_minor__gt=0)
    items = items.filter(pk=item_id) if item_id is not None else items.filter(document_number=document_number)
    found = list(items.order_by("due_date", "pk"))
    if not found:
        raise NothingToDispute(document_number=document_number)
    return found


@transaction.atomic
def assign_dispute(
    *,
    organisation_id: int,
    dispute_id: int,
    owner_id: int | None,
    priority: int,
    due_date: date | None,
    today: date,
    by: Actor,
    why: str = "",
) -> Dispute:
    """Say who sees to an open dispute, how much it presses and by when it is answered, on a day not past."""
    dispute = locked_open(organisation_id, dispute_id)
    if due_date is not None and due_date < today and due_date != dispute.due_date:
        raise DisputeDayPast(day=due_date)
    check_owner(organisation_id, owner_id)
    dispute.owner_id, dispute.priority, dispute.due_date = owner_id, DisputePriority(priority), due_date
    dispute.save(update_fields=["owner", "priority", "due_date"])
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="assign_dispute", subject_kind="customer",
        subject_id=dispute.customer_id, why=why,
        details={"dispute": dispute.pk, "owner": owner_id, "priority": priority, "due_date": due_date},
    )  # fmt: skip
    return dispute


@transaction.atomic
def open_disputes(*, organisation_id: int, disputes: Iterable[ImportedDispute], by: Actor) -> int:
    """Note many disputes at once, as a file states them; how many are new. The same document twice is noted once.

    One that a person closed stays closed, whatever the file says; one that a full export had dropped is opened again.
    """
    given = list({row.key: row for row in disputes}.values())
    keys = _keys(organisation_id, given)
    rows = [
        (
            organisation_id, row.customer_id, row.entity_id, row.document_number, row.amount_minor, row.currency,
            row.reason, row.note, keys[row.key], row.opened_date, by.name,
        )
        for row in given
        if row.key in keys
    ]  # fmt: skip
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into disputes_dispute (organisation_id, customer_id, entity_id, document_number, amount_minor,
                                          currency, reason, note, key, opened_date, opened_by_name)
            select * from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::text[],
                                 %s::text[], %s::text[], %s::text[], %s::date[], %s::text[])
            on conflict (organisation_id, key) do nothing
            """,
            [list(column) for column in zip(*rows, strict=True)],
        )
        count = int(cursor.rowcount)
    if count:
        access.record_audit(
            by=by, organisation_id=organisation_id, verb="open_disputes", subject_kind="organisation",
            subject_id=organisation_id, details={"count": count},
        )  # fmt: skip
    return count


def _keys(organisation_id: int, disputes: Sequence[ImportedDispute]) -> dict[str, str]:
    """The key under which each stated dispute is to be noted; those that are known already are left out."""
    wanted = {row.key: row.key for row in disputes}
    with connection.cursor() as cursor:
        cursor.execute(
            """select regexp_replace(key, '#[0-9]+$', ''), count(*), bool_or(closed_date is null),
                      (array_agg(closing_note order by id desc))[1]
               from disputes_dispute
               where organisation_id = %s and regexp_replace(key, '#[0-9]+$', '') = any(%s) group by 1""",
            [organisation_id, list(wanted)],
        )
        for key, count, is_open, closing_note in cursor.fetchall():
            if is_open or closing_note != DROPPED:
                del wanted[key]
            else:
                wanted[key] = f"{key}#{count + 1}"
    return wanted


@transaction.atomic
def close_dropped(
    *, organisation_id: int, entity_id: int, stated: Iterable[ImportedDispute], today: date, by: Actor
) -> int:
    """Close what earlier files stated of a company and its full export states no more; how many. Only on demand."""
    kept = {row.key for row in stated}
    start = f"import:{entity_id}:"
    held = Dispute.objects.select_for_update(of=("self",)).filter(organisation_id=organisation_id, closed_date=None)
    known = held.filter(key__startswith=start)
    dropped = [one for one in known if one.key.partition("#")[0] not in kept]
    for one in dropped:
        close(one, outcome=DisputeOutcome.WITHDRAWN, today=today, by=by, note=DROPPED)
    return len(dropped)


@dataclass(frozen=True, slots=True)
class NotedDeduction:
    """A part of an item that a payer kept back, and until when that can be contested."""

    customer_id: int
    item_id: int
    document_number: str
    amount_minor: int
    currency: str
    customer_reason: str
    key: str
    opened_date: date
    contest_until: date


@transaction.atomic
def note_deductions(*, organisation_id: int, deductions: Sequence[NotedDeduction], by: Actor) -> int:
    """Note what payers kept back, many at once; how many are new. The part is no longer chased until it is decided."""
    rows = [
        (
            organisation_id, row.customer_id, row.document_number, row.item_id, row.amount_minor, row.currency,
            DisputeReason.DEDUCTION.value, row.customer_reason[:200], row.contest_until, row.key, row.opened_date,
            by.name,
        )
        for row in deductions
    ]  # fmt: skip
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into disputes_dispute (organisation_id, customer_id, document_number, item_id, amount_minor,
                                          currency, reason, customer_reason, contest_until, key, opened_date,
                                          opened_by_name, note)
            select *, '' from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[],
                                     %s::text[], %s::text[], %s::date[], %s::text[], %s::date[], %s::text[])
            on conflict (organisation_id, key) do nothing
            """,
            [list(column) for column in zip(*rows, strict=True)],
        )
        count = int(cursor.rowcount)
    if count:
        access.record_audit(
            by=by, organisation_id=organisation_id, verb="note_deductions", subject_kind="organisation",
            subject_id=organisation_id, details={"count": count},
        )  # fmt: skip
    return count


@transaction.atomic
def withdraw_by_key(*, organisation_id: int, key_start: str, today: date, by: Actor, note: str) -> int:
    """Close the open disputes whose key begins so: what they followed from was undone. How many were closed."""
    held = Dispute.objects.select_for_update(of=("self",)).filter(organisation_id=organisation_id, closed_date=None)
    found = held.filter(key__startswith=key_start)
    count = 0
    for dispute in found:
        close(dispute, outcome=DisputeOutcome.WITHDRAWN, today=today, by=by, note=note)
        count += 1
    return count
