"""How much may be credited, and which credit note of the books is the one that was asked for: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from encours.core.errors import Refused, gettext_noop


class CreditUnusable(Refused):
    """A credit note credits something, and no more than what is contested and still open."""

    message = gettext_noop("Give an amount above zero and at most what is contested and still open.")


def check_amount(amount_minor: int, *, open_minor: int, contested_minor: int | None) -> None:
    """Refuse what goes beyond what is open or contested: of 1 000 open and 400 contested, 400 may be asked, 401 not."""
    most = open_minor if contested_minor is None else min(open_minor, contested_minor)
    if not 0 < amount_minor <= most:
        raise CreditUnusable(field="amount")


@dataclass(frozen=True, slots=True)
class Asked:
    """A credit note that was agreed to and has not come yet."""

    request_id: int
    customer_id: int
    entity_id: int | None
    document_number: str
    amount_minor: int
    currency: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Noted:
    """A credit note of the books; the invoice it names may be unknown."""

    customer_id: int
    entity_id: int
    number: str
    related_number: str
    amount_minor: int
    currency: str
    noted_at: datetime


def fulfils(noted: Noted, asked: Asked) -> bool:
    """Whether a credit note of the books is the one asked for.

    It was learnt since, names the invoice and credits at least as much; or names none and credits exactly as much. One
    that names the invoice for less leaves the rest to ask: a person says whether it is the one.
    """
    if (noted.customer_id, noted.currency) != (asked.customer_id, asked.currency) or noted.noted_at < asked.asked_at:
        return False
    if asked.entity_id not in (None, noted.entity_id):
        return False
    if noted.related_number:
        return noted.related_number == asked.document_number and noted.amount_minor >= asked.amount_minor
    return noted.amount_minor == asked.amount_minor


def fulfilled(asked: Sequence[Asked], noted: Sequence[Noted]) -> list[tuple[Asked, Noted]]:
    """Which request each credit note fulfils: one each, the one that names the invoice first, the oldest first."""
    left = sorted(noted, key=lambda one: not one.related_number)
    found = []
    for request in asked:
        note = next((one for one in left if fulfils(one, request)), None)
        if note is not None:
            left.remove(note)
            found.append((request, note))
    return found
