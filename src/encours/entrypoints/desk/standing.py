"""A few figures about the books that every page frame shows, read once a minute and not for each page."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.cache import cache

from encours.access import queries as access
from encours.access.rules import Scope
from encours.customers import queries as customers
from encours.ledger import queries as ledger
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
    kept = cache.get(_key(scope, today))
    if isinstance(kept, Standing):
        return kept
    read = _read(scope, today=today)
    cache.set(_key(scope, today), read, KEPT_SECONDS)
    return read


def kept[T](scope: Scope, question: tuple[str, ...], reckon: Callable[[], T]) -> T:
    """A figure that costs a scan, reckoned once a minute for each person's scope and question."""
    portfolio = scope.user_id if scope.own_portfolio_only else "all"
    asked = f"{scope.organisation_id}:{portfolio}:{scope.entity_ids}:{question}"
    key = "kept:" + hashlib.sha256(asked.encode()).hexdigest()
    found: T | None = cache.get(key)
    if found is None:
        found = reckon()
        cache.set(key, found, KEPT_SECONDS)
    return found


def _key(scope: Scope, today: date) -> str:
    portfolio = scope.user_id if scope.own_portfolio_only else "all"
    entities = "-".join(map(str, scope.entity_ids))
    return f"standing:{scope.organisation_id}:{portfolio}:{entities}:{today}"


def _read(scope: Scope, *, today: date) -> Standing:
    entities = access.entities(scope)
    return Standing(
        today=today,
        entities=tuple((entity.pk, entity.name) for entity in entities),
        currencies=tuple(sorted({entity.currency for entity in entities})),
        bank_date=payments.last_received_date(scope),
        books_at=ledger.last_recorded_at(scope),
        counts={"customers": customers.in_scope(scope).count()},
    )
