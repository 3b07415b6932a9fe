"""Postings that concern no customer, the accounts that items are booked against, and closed periods."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.ledger.actions import REVERSAL_SOURCE, AlreadyReversed, Posting
from encours.ledger.models import COUNTERPARTS, Closing, CounterpartAccount, Entry, ItemKind, Transaction


class CounterpartReceivable(Refused):
    """The other side of an item is never a customer account: those are written by their items alone."""

    message = gettext_noop("{account} is a customer account: choose another one for the other side.")


class TransactionNotReversible(Refused):
    """The transaction is unknown, or puts items on customers' accounts, which are reversed one by one."""

    message = gettext_noop("Transaction {transaction_id} cannot be taken back as a whole.")


@transaction.atomic
def choose_counterpart(*, organisation_id: int, entity_id: int, kind: str, account: str, by: Actor, why: str) -> None:
    """Book the other side of a kind of item on another account from now on; an empty one returns to the usual.

    What is booked already stays where it is. Refuses the customers' own accounts.
    """
    if account.startswith("41"):
        raise CounterpartReceivable(account=account)
    rows = CounterpartAccount.objects.filter(organisation_id=organisation_id, entity_id=entity_id, kind=kind)
    rows.delete()
    if account and account != COUNTERPARTS[ItemKind(kind)]:
        CounterpartAccount.objects.create(
            organisation_id=organisation_id, entity_id=entity_id, kind=kind, account=account
        )
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="choose_counterpart",
        subject_kind="entity",
        subject_id=entity_id,
        why=why,
        details={"kind": kind, "account": account},
    )


@transaction.atomic
def close_period(
    *, organisation_id: int, entity_id: int, until: dt.date, today: dt.date, by: Actor, why: str
) -> Closing:
    """From now on a company takes no postings dated up to that day; an earlier day reopens what lies after it.

    Refuses a day that is still to come. Files from the books themselves still come in: they are closed there, and are
    only mirrored here.
    """
    if until > today:
        raise DayNotOver(until=until, today=today, field="until")
    closing = Closing.objects.create(
        organisation_id=organisation_id,
        entity_id=entity_id,
        closed_until=until,
        actor_id=by.user_id,
        actor_name=by.name,
        why=why,
    )
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="close_period",
        subject_kind="entity",
        subject_id=entity_id,
        why=why,
        details={"until": until},
    )
    return closing


class DayNotOver(Refused):
    """A day is closed once it is there: what is still to be booked on a later one would have nowhere to go."""

    message = gettext_noop("{until} is still to come: books are closed up to {today} at the latest.")


@dataclass(frozen=True)
class Booked:
    """A posting between two accounts that are no customer's; a negative amount turns debit and credit round."""

    posting: Posting
    debit: str
    credit: str
    currency: str
    amount_minor: int
    why: str = ""


@transaction.atomic
def book_entries(booked: Sequence[Booked], *, by: Actor) -> list[int]:
    """Post what concerns no customer, one transaction each (bank fees, interest, transfers); the transactions' ids.

    Refuses customer accounts, which are written by their items alone.
    """
    for one in booked:
        for account in (one.debit, one.credit):
            if account.startswith("41"):
                raise CounterpartReceivable(account=account)
    if not booked:
        return []
    heads = Transaction.objects.bulk_create(
        Transaction(
            organisation_id=one.posting.organisation_id,
            entity_id=one.posting.entity_id,
            transaction_date=one.posting.transaction_date,
            source=one.posting.source,
            key=one.posting.key,
            actor_id=by.user_id,
            actor_name=by.name,
            why=one.why,
        )
        for one in booked
    )
    Entry.objects.bulk_create(
        Entry(
            organisation_id=head.organisation_id,
            transaction=head,
            account=account,
            currency=one.currency,
            amount_minor=amount_minor,
        )
        for head, one in zip(heads, booked, strict=True)
        for account, amount_minor in ((one.debit, one.amount_minor), (one.credit, -one.amount_minor))
    )
    record_audit(
        by=by,
        organisation_id=booked[0].posting.organisation_id,
        verb="book_entries",
        subject_kind="transaction",
        subject_id=heads[0].pk,
        details={"transactions": len(heads)},
    )
    return [head.pk for head in heads]


@transaction.atomic
def reverse_entries(*, organisation_id: int, transaction_id: int, on: dt.date, by: Actor, why: str) -> Transaction:
    """Take back a posting that concerns no customer by its mirror, on the day `on`; refused for items."""
    head = Transaction.objects.filter(organisation_id=organisation_id, pk=transaction_id).first()
    if head is None or head.items.exists():
        raise TransactionNotReversible(transaction_id=transaction_id)
    if Transaction.objects.filter(organisation_id=organisation_id, reverses=head).exists():
        raise AlreadyReversed(document_number=head.key)
    mirror = Transaction.objects.create(
        organisation_id=organisation_id,
        entity_id=head.entity_id,
        transaction_date=max(on, head.transaction_date),
        source=REVERSAL_SOURCE,
        key=f"reversal:transaction:{head.pk}",
        actor_id=by.user_id,
        actor_name=by.name,
        why=why,
        reverses=head,
    )
    Entry.objects.bulk_create(
        Entry(
            organisation_id=organisation_id,
            transaction=mirror,
            account=entry.account,
            currency=entry.currency,
            amount_minor=-entry.amount_minor,
        )
        for entry in head.entries.filter(organisation_id=organisation_id)
    )
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="reverse_entries",
        subject_kind="transaction",
        subject_id=head.pk,
        why=why,
    )
    return mirror
