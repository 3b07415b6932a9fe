"""The whole invented book of a day: who, what was issued, what was paid, what people did about it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from encours.entrypoints.demo import cash, market, stories, trade
from encours.entrypoints.demo.cash import Cash
from encours.entrypoints.demo.market import Customer
from encours.entrypoints.demo.stories import Event
from encours.entrypoints.demo.trade import Document


@dataclass(frozen=True, slots=True)
class Book:
    """Everything the demo loads; nothing in it happens after `today`, promises and pauses apart."""

    today: dt.date
    customers: tuple[Customer, ...]
    documents: tuple[Document, ...]
    cash: Cash
    events: tuple[Event, ...]
    numbers: Mapping[str, str] = field(repr=False)

    def number_of(self, seed: str) -> str:
        """The number of the document with that seed; nothing where there is none."""
        return self.numbers.get(seed, "")


def book_of(today: dt.date) -> Book:
    """The book as it stands on the morning of a day; the same day always gives the same book."""
    customers = market.customers()
    documents = trade.documents(customers, today=today)
    paid = cash.settled(documents, today=today, customers=customers)
    events = stories.events(paid, customers, today=today)
    return Book(today, customers, documents, paid, events, {document.seed: document.number for document in documents})
