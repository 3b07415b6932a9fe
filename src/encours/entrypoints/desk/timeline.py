"""One story of a customer: what is to come, then what happened, from every room that knows something."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import get_language, gettext

from encours.access.rules import Scope
from encours.customers import queries as customers
from encours.entrypoints import formats
from encours.ledger.models import OpenItem
from encours.payments import queries as payments

COMING_SHOWN = 6
PAST_SHOWN = 40
FEEDS = ("all", "exchanges", "money", "notes")
_ZONE = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Event:
    """One line of the timeline."""

    at: datetime
    feed: str  # exchanges, money or notes
    icon: str
    title: str
    when: str
    tone: str = ""
    detail: str = ""
    is_quoted: bool = False
    amount_minor: int | None = None
    currency: str = ""
    url: str = ""
    badge: str = ""
    is_next: bool = False


@dataclass(frozen=True)
class Story:
    """What is to come, the soonest first, and what happened, the latest first."""

    coming: Sequence[Event]
    past: Sequence[Event]


def of(customer_id: int, *, scope: Scope, today: date, items: Sequence[OpenItem], feed: str) -> Story:
    """The story of one customer, whole or one feed of it."""
    coming = sorted(_due(items, today=today), key=lambda event: event.at)
    past: list[Event] = []
    if feed in {"all", "notes"}:
        past.extend(_notes(customer_id, scope=scope, today=today))
    if feed in {"all", "money"}:
        past.extend(_receipts(customer_id, scope=scope, today=today))
    past.sort(key=lambda event: event.at, reverse=True)
    return Story(coming[:COMING_SHOWN] if feed in {"all", "money"} else (), past[:PAST_SHOWN])


def day_start(value: date) -> datetime:
    """Where a fact that has a day but no hour stands among those that have one."""
    return datetime.combine(value, time(12), tzinfo=_ZONE)


def _language() -> str:
    return formats.known_language(get_language())


def _due(items: Iterable[OpenItem], *, today: date) -> Iterable[Event]:
    for item in items:
        if item.open_minor > 0 and item.due_date >= today:
            yield Event(
                at=day_start(item.due_date),
                feed="money",
                icon="calendar-event",
                title=gettext("{document} falls due").format(document=item.document_number),
                when=formats.day_near(item.due_date, today=today, language=_language()),
                amount_minor=item.open_minor,
                currency=item.currency,
                url=reverse("desk:document", args=[item.document_id]) if item.document_id else "",
                is_next=True,
            )


def _notes(customer_id: int, *, scope: Scope, today: date) -> Iterable[Event]:
    for note in customers.notes_of(customer_id, organisation_id=scope.organisation_id, limit=PAST_SHOWN):
        yield Event(
            at=note.recorded_at,
            feed="notes",
            icon="note",
            tone="info",
            title=note.author_name,
            detail=note.text,
            when=formats.instant(note.recorded_at, today=today, language=_language()),
        )


def _receipts(customer_id: int, *, scope: Scope, today: date) -> Iterable[Event]:
    for receipt in payments.receipts_of(customer_id, scope=scope, limit=PAST_SHOWN):
        is_refund = receipt.amount_minor < 0
        facts = receipt.get_method_display() if hasattr(receipt, "get_method_display") else receipt.method
        yield Event(
            at=day_start(receipt.received_date),
            feed="money",
            icon="arrow-up-right" if is_refund else "arrow-down-left",
            tone="" if is_refund else "good",
            title=gettext("Refund") if is_refund else gettext("Payment"),
            amount_minor=abs(receipt.amount_minor),
            currency=receipt.currency,
            detail=" · ".join(part for part in (facts, receipt.reference, receipt.number) if part),
            when=formats.day_near(receipt.received_date, today=today, language=_language()),
        )
