"""Move amounts from one customer account to another, 411 to 416: the items themselves stay where they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.ledger.actions import REVERSAL_SOURCE, NewItem, Posting, Settlement, allocate, post
from encours.ledger.models import ItemKind, OpenItem
from encours.ledger.rules import Leg

CUSTOMER_ACCOUNTS = "41"


class TransferUnusable(Refused):
    """A transfer goes between two different customer accounts, for more than nothing."""

    message = gettext_noop("A transfer goes from one customer account (41…) to another, for an amount above zero.")


@dataclass(frozen=True)
class Moved:
    """What is moved of one document, between which accounts."""

    customer_id: int
    document_number: str
    currency: str
    amount_minor: int
    from_account: str
    to_account: str


@transaction.atomic
def transfer(posting: Posting, *, moved: Sequence[Moved], by: Actor, why: str = "") -> list[OpenItem]:
    """Post, for each amount, an item on either account and tie the two; the same key a second time adds nothing.

    What a customer owes does not change, nor any invoice: 1,200.00 from 411 to 416 is -1,200.00 on 411 and +1,200.00 on
    416, both settled at once, so the sums of items and entries agree account by account. Refused: the same account
    twice, an account that is no customer's, an amount that is not above zero.
    """
    for one in moved:
        accounts = {one.from_account, one.to_account}
        if one.amount_minor <= 0 or len(accounts) < 2 or not all(a.startswith(CUSTOMER_ACCOUNTS) for a in accounts):
            raise TransferUnusable
    sides = [
        NewItem(
            customer_id=one.customer_id,
            kind=ItemKind.TRANSFER,
            document_number=one.document_number,
            item_date=posting.transaction_date,
            due_date=posting.transaction_date,
            currency=one.currency,
            amount_minor=amount_minor,
            account=account,
        )
        for one in moved
        for account, amount_minor in ((one.from_account, -one.amount_minor), (one.to_account, one.amount_minor))
    ]
    items = post(posting, items=sides, by=by, why=why)
    for taken, given in zip(items[::2], items[1::2], strict=True):
        allocate(
            # tied as a correction is: no lettrage code, and not undone apart from its posting
            Settlement(
                organisation_id=posting.organisation_id,
                allocation_date=posting.transaction_date,
                key=f"transfer:{taken.pk}",
                source=REVERSAL_SOURCE,
            ),
            legs=[
                Leg(taken.pk, taken.currency, -taken.amount_minor),
                Leg(given.pk, given.currency, -given.amount_minor),
            ],
            by=by,
            why=why,
        )
    return items
