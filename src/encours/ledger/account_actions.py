"""Postings that concern no customer, the accounts that items are booked against, and closed periods."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.ledger.actions import REVERSAL_SOURCE, AlreadyReversed, Posting, chosen_counterparts
from encours.ledger.models import COUNTERPARTS, Closing, CounterpartAccount, Entry, Transaction

# what companies of one group owe one another (PCG 451); no item has this kind, it is chosen as the others are
CURRENT_ACCOUNT_KIND, CURRENT_ACCOUNT = "current_account", "451"
USUAL_ACCOUNTS = {
    **{kind.value: account for kind, account in COUNTERPARTS.items()},
    CURRENT_ACCOUNT_KIND: CURRENT_ACCOUNT,
}
_ACCOUNT = re.compile(r"[1-7][0-9A-Z]{1,19}")


class CounterpartReceivable(Refused):
    """The other side of an item is never a customer account: those are written by their items alone."""

    message = gettext_noop("{account} is a customer account: choose another one for the other side.")


class AccountMalformed(Refused):
    """An account of the general ledger is digits, then perhaps letters, of a class from 1 to 7."""

    message = gettext_noop("{account} is no account of the general ledger: write its number, such as 665 or 45100000.")


class CurrentAccountIsBank(Refused):
    """What companies owe one another is no money at a bank."""

    message = gettext_noop("{account} is an account of class 5: money between companies goes through one of class 4.")


class TransactionNotReversible(Refused):
    """The transaction is unknown, or puts items on customers' accounts, which are reversed one by one."""

    message = gettext_noop("Transaction {transaction_id} cannot be taken back as a whole.")


@transaction.atomic
def choose_counterpart(*, organisation_id: int, entity_id: int, kind: str, account: str, by: Actor, why: str) -> bool:
    """Book the other side of a kind of item on another account from now on; an empty one returns to the usual.

    True where that changed anything. `CURRENT_ACCOUNT_KIND` is the account money for another company goes through. What
    is booked already stays where it is. Refuses the customers' own accounts, and a bank for what companies owe.
    """
    usual = USUAL_ACCOUNTS[kind]
    account = "".join(account.split()).upper() or usual
    if account.startswith("41"):
        raise CounterpartReceivable(account=account, field=kind)
    if not _ACCOUNT.fullmatch(account):
        raise AccountMalformed(account=account, field=kind)
    if kind == CURRENT_ACCOUNT_KIND and account.startswith("5"):
        raise CurrentAccountIsBank(account=account, field=kind)
    rows = CounterpartAccount.objects.filter(organisation_id=organisation_id, entity_id=entity_id, kind=kind)
    before = next(iter(rows.values_list("account", flat=True)), usual)
    if before == account:
        return False
    rows.delete()
    if account != usual:
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
        details={"kind": kind, "account": account, "before": before},
    )
    return True


@transaction.atomic
def choose_counterparts(
    *, organisation_id: int, entity_id: int, accounts: Mapping[str, str], by: Actor, why: str
) -> int:
    """Choose the accounts of several kinds at once, all or none; how many changed."""
    changed = 0
    for kind, account in accounts.items():
        changed += choose_counterpart(
            organisation_id=organisation_id, entity_id=entity_id, kind=kind, account=account, by=by, why=why
        )
    return changed


def current_account(*, organisation_id: int, entity_id: int) -> str:
    """The account a company books what it owes the others of its group on: 451 unless it chose another."""
    return chosen_counterparts(organisation_id, entity_id).get(CURRENT_ACCOUNT_KIND, CURRENT_ACCOUNT)


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
