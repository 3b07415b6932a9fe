"""A few figures about the books that every page frame shows, read once a minute and not for each page."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date, datetime

from encours.access import queries as access
from encours.access.rules import Scope
from encours.analytics import actions as analytics
from encours.customers import queries as customers
from encours.entrypoints import kept
from encours.entrypoints.requests import DeskRequest
from encours.ledger import queries as ledger
from encours.matching.queries import figures
from encours.payments import queries as payments

KEPT_SECONDS = 60
STALE_AFTER_DAYS = 4


@dataclass(frozen=True)
class Standing:
    """How fresh the books are, and how many of each thing there are."""

    today: date
    entities: tuple[tuple[int, str], ...]
    currencies: tuple[str, ...]
    bank_date: date | None
    books_at: datetime | None
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def tone(self) -> str:
        """Green when money is known to a recent day, amber when it is not."""
        if self.bank_date is None:
            return ""
        return "good" if (self.today - self.bank_date).days <= STALE_AFTER_DAYS else "watch"


def of(scope: Scope, *, today: date) -> Standing:
    """The standing of the organisation as this person may see it."""
    return kept.figures.get(
        ("standing", *reader(scope), today), lambda: _read(scope, today=today), seconds=KEPT_SECONDS
    )


def books_version(request: DeskRequest) -> int:
    """The version of the books this request reads, with the standings up to it; asked once a request."""
    found = getattr(request, "books_version", None)
    if found is None:
        found = analytics.books_version(organisation_id=request.organisation_id, today=request.today)
        request.books_version = found  # type: ignore[attr-defined]  # kept for the rest of the request
    return int(found)


def of_books[T](request: DeskRequest, question: tuple[Hashable, ...], reckon: Callable[[], T]) -> T:
    """A figure that costs a pass over the books: reckoned once for each version of them, scope and question."""
    return kept.figures.get((*reader(request.scope), *question), reckon, state=(request.today, books_version(request)))


def reader(scope: Scope) -> tuple[Hashable, ...]:
    """Those who see the same rows."""
    return scope.organisation_id, scope.entity_ids, scope.people if scope.own_portfolio_only else None


def _read(scope: Scope, *, today: date) -> Standing:
    entities = access.entities(scope)
    return Standing(
        today=today,
        entities=tuple((entity.pk, entity.name) for entity in entities),
        currencies=tuple(sorted({entity.currency for entity in entities})),
        bank_date=payments.last_received_date(scope),
        books_at=ledger.last_recorded_at(scope),
        counts={
            "customers": customers.in_scope(scope).count(),
            "cash": sum(one.lines for one in figures.waiting_money(scope, today=today)),
        },
    )
