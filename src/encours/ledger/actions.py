"""The only writers of the books: post items, allocate, undo, reverse."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.ledger import rules
from encours.ledger.models import (
    COUNTERPARTS,
    Allocation,
    AllocationLeg,
    CounterpartAccount,
    Entry,
    ItemKind,
    OpenItem,
    Transaction,
)

RECEIVABLES = "411"
REVERSAL_SOURCE = "reversal"


class AllocationUnbalanced(Refused):
    """The legs of an allocation do not sum to zero in each currency."""

    message = gettext_noop("What is taken and what is given differ by {left} (in cents): an allocation sums to zero.")


class NothingToAllocate(Refused):
    """There is nothing open on one of the sides."""

    message = gettext_noop("Nothing is open on one of the two sides.")


class MoreThanOpen(Conflict):
    """Someone used the amount first, or more was asked than is open."""

    message = gettext_noop("An allocation would take more than is still open: look at the account again.")


class AllocatedTooEarly(Refused):
    """An allocation is dated before one of its items exists."""

    message = gettext_noop("An allocation cannot be dated before the items it settles.")


class ItemUnknown(NotFound):
    """No such open item in this organisation."""

    message = gettext_noop("There is no open item {item_id}.")


class AllocationUnknown(NotFound):
    """No such allocation in this organisation."""

    message = gettext_noop("There is no allocation {allocation_id}.")


class AlreadyUndone(Refused):
    """An allocation is undone once."""

    message = gettext_noop("Allocation {allocation_id} was already undone.")


class ReversalStands(Refused):
    """The allocation that ties a reversal to its item is part of the correction and is not undone."""

    message = gettext_noop("Allocation {allocation_id} belongs to a reversal: post the item again instead.")


class AlreadyReversed(Refused):
    """An item is reversed once."""

    message = gettext_noop("{document_number} was already reversed.")


class StillAllocated(Refused):
    """An item that was partly or wholly settled cannot be reversed before that is undone."""

    message = gettext_noop("{document_number} is allocated: undo its allocations before you reverse it.")


@dataclass(frozen=True)
class NewItem:
    """One instalment to post; `amount_minor` positive when the customer owes it."""

    customer_id: int
    kind: str
    document_number: str
    item_date: dt.date
    due_date: dt.date
    currency: str
    amount_minor: int
    document_id: int | None = None
    instalment_number: int = 1
    instalment_count: int = 1
    due_inferred: bool = False
    is_implied: bool = False
    account: str = RECEIVABLES
    counterpart: str = ""


@dataclass(frozen=True)
class Posting:
    """One accounting event of an entity; `key` makes it happen once."""

    organisation_id: int
    entity_id: int
    transaction_date: dt.date
    source: str
    key: str


@transaction.atomic
def post(posting: Posting, *, items: Sequence[NewItem], by: Actor, why: str = "") -> list[OpenItem]:
    """Put items on customers' accounts with their counterpart entries; the same key a second time adds nothing.

    Writes one transaction, its items and its entries (the receivable side by the database from the items).
    """
    known = Transaction.objects.filter(organisation_id=posting.organisation_id, key=posting.key).first()
    if known is not None:
        return list(known.items.order_by("pk"))
    head = Transaction.objects.create(
        organisation_id=posting.organisation_id,
        entity_id=posting.entity_id,
        transaction_date=posting.transaction_date,
        source=posting.source,
        key=posting.key,
        actor_id=by.user_id,
        actor_name=by.name,
        why=why,
    )
    chosen = chosen_counterparts(posting.organisation_id, posting.entity_id)
    items = [replace(item, counterpart=item.counterpart or chosen.get(item.kind, "")) for item in items]
    posted = OpenItem.objects.bulk_create([_open_item(posting, head, item) for item in items])
    Entry.objects.bulk_create(_counterparts(posting, head, items))
    record_audit(
        by=by,
        organisation_id=posting.organisation_id,
        verb="post",
        subject_kind="transaction",
        subject_id=head.pk,
        why=why,
        details={"source": posting.source, "key": posting.key, "items": len(posted)},
    )
    return posted


def _open_item(posting: Posting, head: Transaction, item: NewItem) -> OpenItem:
    return OpenItem(
        organisation_id=posting.organisation_id,
        entity_id=posting.entity_id,
        transaction=head,
        open_minor=item.amount_minor,
        **{name: getattr(item, name) for name in NewItem.__dataclass_fields__},
    )


def _counterparts(posting: Posting, head: Transaction, items: Sequence[NewItem]) -> list[Entry]:
    sums: dict[tuple[str, str], int] = {}
    for item in items:
        where = (item.counterpart or COUNTERPARTS[ItemKind(item.kind)], item.currency)
        sums[where] = sums.get(where, 0) - item.amount_minor
    return [
        Entry(
            organisation_id=posting.organisation_id,
            transaction=head,
            account=account,
            currency=currency,
            amount_minor=amount_minor,
        )
        for (account, currency), amount_minor in sums.items()
        if amount_minor
    ]


@dataclass(frozen=True)
class Settlement:
    """The circumstances of an allocation; `key` makes it happen once."""

    organisation_id: int
    allocation_date: dt.date
    key: str
    source: str = "manual"
    code: str = ""
    code_date: dt.date | None = None


@transaction.atomic
def allocate(settlement: Settlement, *, legs: Sequence[rules.Leg], by: Actor, why: str = "") -> Allocation:
    """Tie items together; refuses what does not sum to zero or takes more than is open.

    Changes the open amounts of the items named, nothing in the entries: matching is not posting.
    """
    known = Allocation.objects.filter(organisation_id=settlement.organisation_id, key=settlement.key).first()
    if known is not None:
        return known
    if not legs:
        raise NothingToAllocate
    if left := rules.unbalanced(legs):
        raise AllocationUnbalanced(left=left)
    head = _allocation(settlement, by=by, why=why)
    _add_legs(head, legs)
    _audit_allocation(head, by=by, verb="allocate", why=why, legs=legs)
    return head


def _allocation(settlement: Settlement, *, by: Actor, why: str, reverses: Allocation | None = None) -> Allocation:
    return Allocation.objects.create(
        organisation_id=settlement.organisation_id,
        allocation_date=settlement.allocation_date,
        key=settlement.key,
        source=settlement.source,
        code=settlement.code,
        code_date=settlement.code_date,
        actor_id=by.user_id,
        actor_name=by.name,
        why=why,
        reverses=reverses,
    )


def _add_legs(head: Allocation, legs: Sequence[rules.Leg]) -> None:
    rows = [
        AllocationLeg(
            organisation_id=head.organisation_id,
            allocation=head,
            item_id=leg.item_id,
            currency=leg.currency,
            amount_minor=leg.amount_minor,
            allocation_date=head.allocation_date,
        )
        for leg in legs
    ]
    try:
        with transaction.atomic():
            AllocationLeg.objects.bulk_create(rows)
    except IntegrityError as error:
        if "ledger_openitem_open_within_amount" in str(error):
            raise MoreThanOpen from error
        if "cannot be dated before" in str(error):
            raise AllocatedTooEarly from error
        raise


def _audit_allocation(head: Allocation, *, by: Actor, verb: str, why: str, legs: Sequence[rules.Leg]) -> None:
    record_audit(
        by=by,
        organisation_id=head.organisation_id,
        verb=verb,
        subject_kind="allocation",
        subject_id=head.pk,
        why=why,
        details={"key": head.key, "legs": [[leg.item_id, leg.amount_minor, leg.currency] for leg in legs]},
    )


@transaction.atomic
def settle(
    settlement: Settlement, *, owed: Sequence[int], given: Sequence[int], by: Actor, why: str = ""
) -> Allocation:
    """Use the items that we owe on the items owed to us, in the order given, as far as they go."""
    found = _opened(settlement.organisation_id, [*owed, *given])
    legs = rules.settle([found[item_id] for item_id in owed], [found[item_id] for item_id in given])
    return allocate(settlement, legs=legs, by=by, why=why)


def _opened(organisation_id: int, item_ids: Sequence[int]) -> dict[int, rules.Open]:
    rows = OpenItem.objects.filter(organisation_id=organisation_id, pk__in=item_ids)
    found = {row.pk: rules.Open(row.pk, row.currency, row.open_minor) for row in rows}
    for item_id in item_ids:
        if item_id not in found:
            raise ItemUnknown(item_id=item_id)
    return found


@transaction.atomic
def undo_allocation(*, organisation_id: int, allocation_id: int, by: Actor, why: str) -> Allocation:
    """Give back exactly what an allocation took, for the same day; it stays readable, and is undone once."""
    head = Allocation.objects.filter(organisation_id=organisation_id, pk=allocation_id).first()
    if head is None:
        raise AllocationUnknown(allocation_id=allocation_id)
    if Allocation.objects.filter(organisation_id=organisation_id, reverses=head).exists() or head.reverses_id:
        raise AlreadyUndone(allocation_id=allocation_id)
    if head.source == REVERSAL_SOURCE:
        raise ReversalStands(allocation_id=allocation_id)
    taken = [
        rules.Leg(leg.item_id, leg.currency, leg.amount_minor)
        for leg in head.legs.filter(organisation_id=organisation_id).order_by("pk")
    ]
    settlement = Settlement(
        organisation_id=organisation_id,
        allocation_date=head.allocation_date,
        key=f"undo:{head.pk}",
        source="undo",
        code=head.code,
    )
    try:
        with transaction.atomic():
            reversal = _allocation(settlement, by=by, why=why, reverses=head)
    except IntegrityError as error:
        raise AlreadyUndone(allocation_id=allocation_id) from error
    legs = rules.undone(taken)
    _add_legs(reversal, legs)
    _audit_allocation(reversal, by=by, verb="undo_allocation", why=why, legs=legs)
    return reversal


@transaction.atomic
def reverse_item(*, organisation_id: int, item_id: int, by: Actor, why: str, on: dt.date | None = None) -> OpenItem:
    """Correct an item by its mirror, allocated with it in full: neither is open any more, on any day known from now.

    The mirror bears the item's own date, or the day `on` where that period is closed. Refused while something else is
    allocated to the item.
    """
    item = OpenItem.objects.filter(organisation_id=organisation_id, pk=item_id).first()
    if item is None:
        raise ItemUnknown(item_id=item_id)
    if item.reverses_id or OpenItem.objects.filter(organisation_id=organisation_id, reverses=item).exists():
        raise AlreadyReversed(document_number=item.document_number)
    if item.open_minor != item.amount_minor:
        raise StillAllocated(document_number=item.document_number)
    day = max(on or item.item_date, item.item_date)
    mirror = _mirror(item, day=day, by=by, why=why)
    if item.amount_minor:
        allocate(
            Settlement(
                organisation_id=organisation_id,
                allocation_date=day,
                key=f"reversal:{item.pk}",
                source=REVERSAL_SOURCE,
            ),
            legs=[
                rules.Leg(item.pk, item.currency, -item.amount_minor),
                rules.Leg(mirror.pk, item.currency, item.amount_minor),
            ],
            by=by,
            why=why,
        )
    return mirror


def _mirror(item: OpenItem, *, day: dt.date, by: Actor, why: str) -> OpenItem:
    head = Transaction.objects.create(
        organisation_id=item.organisation_id,
        entity_id=item.entity_id,
        transaction_date=day,
        source=REVERSAL_SOURCE,
        key=f"reversal:{item.pk}",
        actor_id=by.user_id,
        actor_name=by.name,
        why=why,
        reverses_id=item.transaction_id,
    )
    mirror = OpenItem.objects.create(
        organisation_id=item.organisation_id,
        entity_id=item.entity_id,
        customer_id=item.customer_id,
        transaction=head,
        kind=ItemKind.REVERSAL,
        account=item.account,
        counterpart=item.counterpart,
        document_number=item.document_number,
        document_id=item.document_id,
        instalment_number=item.instalment_number,
        instalment_count=item.instalment_count,
        item_date=day,
        due_date=item.due_date,
        currency=item.currency,
        amount_minor=-item.amount_minor,
        open_minor=-item.amount_minor,
        reverses=item,
    )
    if item.amount_minor:
        Entry.objects.create(
            organisation_id=item.organisation_id,
            transaction=head,
            account=item.counterpart or COUNTERPARTS[ItemKind(item.kind)],
            currency=item.currency,
            amount_minor=item.amount_minor,
        )
    return mirror


def chosen_counterparts(organisation_id: int, entity_id: int) -> dict[str, str]:
    """The accounts a company books the other side of items on, by kind, where they are not the usual ones."""
    chosen = CounterpartAccount.objects.filter(organisation_id=organisation_id, entity_id=entity_id)
    return dict(chosen.values_list("kind", "account"))
