"""Promises to pay with what became of them: the list, those whose day has passed, the rate at which they are kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Q, QuerySet

from encours.access.rules import Scope
from encours.collections.models import Promise
from encours.collections.queries.promised import covered
from encours.collections.rules.promises import KeptRate, PromiseState, is_behind, kept_rate, state_of
from encours.customers.queries import in_scope_with_merged

WINDOW_DAYS = 92
ROWS_MAX = 5_000


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A promise with the money that came for it: by its day, and until now."""

    promise: Promise
    in_time_minor: int
    received_minor: int
    state: PromiseState
    position: int = 1
    count: int = 1
    # less came than the days that are over promised, of the whole series where it is one of several
    is_behind: bool = False

    @property
    def missing_minor(self) -> int:
        """What has not come, not even late."""
        return max(0, self.promise.amount_minor - self.received_minor)


@dataclass(frozen=True, slots=True)
class PromiseFilter:
    """Which promises are wanted."""

    state: str = ""
    people: Collection[int] = ()
    source: str = ""
    text: str = ""
    since: date | None = None


@dataclass(frozen=True, slots=True)
class PromiseList:
    """The promises that fit, the counts of each state, and the rate of those whose day has passed."""

    rows: Sequence[PromiseRow]
    counts: dict[str, int] = field(default_factory=dict)
    rate: KeptRate = field(default_factory=KeptRate)


def promise_list(scope: Scope, *, wanted: PromiseFilter, today: date) -> PromiseList:
    """Promises of the last three months and to come, the next due first; what became of each is found from the cash."""
    since = wanted.since or today - timedelta(days=WINDOW_DAYS)
    found = _in_scope(scope).filter(promised_date__gte=since)
    if wanted.people:
        found = found.filter(customer__collector_id__in=wanted.people)
    if wanted.source:
        found = found.filter(source=wanted.source)
    if text := wanted.text.strip():
        found = found.filter(Q(customer__name__icontains=text) | Q(customer__number=text))
    rows = _seen(list(found.order_by("promised_date", "pk")[:ROWS_MAX]), scope.organisation_id, today)
    counts = {state.value: 0 for state in PromiseState}
    for row in rows:
        counts[row.state.value] += 1
    rate = kept_rate([(row.state, row.promise.amount_minor, row.in_time_minor) for row in rows if _is_over(row, today)])
    shown = [row for row in rows if row.state.value == wanted.state] if wanted.state else _not_withdrawn(rows)
    return PromiseList(sorted(shown, key=lambda row: _order(row, today)), counts, rate)


def promise(promise_id: int, *, scope: Scope) -> Promise | None:
    """One promise the reader may see."""
    return _in_scope(scope).filter(pk=promise_id).first()


def ended_since(organisation_id: int, *, since: date, today: date) -> list[PromiseRow]:
    """The promises whose day lies between, today left out, with what came for them."""
    found = Promise.objects.filter(
        organisation_id=organisation_id, withdrawn_date__isnull=True, promised_date__gte=since, promised_date__lt=today
    )
    return _seen(list(found.order_by("promised_date", "pk")), organisation_id, today)


def _not_withdrawn(rows: Sequence[PromiseRow]) -> list[PromiseRow]:
    return [row for row in rows if row.state is not PromiseState.WITHDRAWN]


def _is_over(row: PromiseRow, today: date) -> bool:
    return row.promise.promised_date < today


def _order(row: PromiseRow, today: date) -> tuple[bool, int]:
    """What is to come first, the nearest day first; then what is over, the latest first."""
    days = (row.promise.promised_date - today).days
    return (days < 0, days if days >= 0 else -days)


def _in_scope(scope: Scope) -> QuerySet[Promise]:
    found = Promise.objects.filter(organisation_id=scope.organisation_id).select_related("customer", "author")
    if not scope.own_portfolio_only:
        return found
    return found.filter(customer__in=in_scope_with_merged(scope).values("pk"))


def _seen(promises: Sequence[Promise], organisation_id: int, today: date) -> list[PromiseRow]:
    cover = covered(organisation_id, customer_ids={promise.customer_id for promise in promises}, today=today)
    series = _series(organisation_id, {promise.series for promise in promises if promise.series})
    rows = []
    for made in promises:
        came = cover.get(made.pk)
        in_time, received = (came.in_time_minor, came.received_minor) if came else (0, 0)
        state = state_of(
            made.amount_minor,
            promised_date=made.promised_date,
            received_minor=in_time,
            today=today,
            is_withdrawn=made.withdrawn_date is not None,
        )
        members = series.get(made.series) or [_Member(made.pk, made.promised_date, made.amount_minor)]
        payments = [
            (one.day, one.amount_minor, cover[one.pk].received_minor if one.pk in cover else 0) for one in members
        ]
        position = next((at for at, one in enumerate(members, start=1) if one.pk == made.pk), 1)
        behind = made.withdrawn_date is None and is_behind(payments, today=today)
        rows.append(PromiseRow(made, in_time, received, state, position, len(members), behind))
    return rows


class _Member(NamedTuple):
    """One payment of a series."""

    pk: int
    day: date
    amount_minor: int


def _series(organisation_id: int, names: Collection[str]) -> dict[str, list[_Member]]:
    """The payments of each series that were not withdrawn, by their days."""
    if not names:
        return {}
    found = Promise.objects.filter(organisation_id=organisation_id, series__in=names, withdrawn_date__isnull=True)
    members: dict[str, list[_Member]] = {}
    rows = found.order_by("promised_date", "pk").values_list("series", "pk", "promised_date", "amount_minor")
    for name, *row in rows:
        members.setdefault(name, []).append(_Member._make(row))
    return members
