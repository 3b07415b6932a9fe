"""Read pauses and promises, with what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from encours.access.rules import Scope
from encours.collections.models import Pause, Promise
from encours.collections.queries.promised import covered
from encours.collections.rules.promises import PromiseState, state_of
from encours.customers.queries import in_scope_with_merged


@dataclass(frozen=True, slots=True)
class PromiseSeen:
    """A promise, the cash that came for it, and what that makes of it."""

    promise: Promise
    received_minor: int
    state: PromiseState


def running_pauses(scope: Scope, *, today: date) -> QuerySet[Pause]:
    """Everything on hold today that the reader may see, the longest first."""
    pauses = _in_portfolio(Pause.objects.filter(organisation_id=scope.organisation_id), scope)
    running = pauses.filter(Q(ended_date__isnull=True) | Q(ended_date__gt=today), start_date__lte=today)
    running = running.filter(Q(until_date__isnull=True) | Q(until_date__gte=today))
    return running.select_related("customer", "author").order_by("start_date", "pk")


def pauses_of(account_ids: Sequence[int], *, scope: Scope) -> Sequence[Pause]:
    """All pauses of a customer and those merged into it, the latest first."""
    pauses = _in_portfolio(Pause.objects.filter(organisation_id=scope.organisation_id), scope)
    return list(pauses.filter(customer_id__in=account_ids).order_by("-pk"))


def promises(
    scope: Scope, *, today: date, account_ids: Sequence[int] = (), since: date | None = None, limit: int = 500
) -> list[PromiseSeen]:
    """Promises with their state, the next due first; without an account, those of the last month and to come."""
    found = _in_portfolio(Promise.objects.filter(organisation_id=scope.organisation_id), scope)
    if account_ids:
        found = found.filter(customer_id__in=account_ids)
    else:
        found = found.filter(promised_date__gte=since or today - timedelta(days=31), withdrawn_date__isnull=True)
    listed = list(found.select_related("customer").order_by("promised_date", "pk")[:limit])
    cover = covered(scope.organisation_id, customer_ids={promise.customer_id for promise in listed}, today=today)
    return [_seen(promise, cover[promise.pk].in_time_minor if promise.pk in cover else 0, today) for promise in listed]


def _seen(promise: Promise, received_minor: int, today: date) -> PromiseSeen:
    state = state_of(
        promise.amount_minor,
        promised_date=promise.promised_date,
        received_minor=received_minor,
        today=today,
        is_withdrawn=promise.withdrawn_date is not None,
    )
    return PromiseSeen(promise, received_minor, state)


def _in_portfolio[Row: (Pause, Promise)](rows: QuerySet[Row], scope: Scope) -> QuerySet[Row]:
    if not scope.own_portfolio_only:
        return rows
    return rows.filter(customer__in=in_scope_with_merged(scope).values("pk"))


def customers_noted(note: str, *, organisation_id: int, customer_ids: Sequence[int]) -> set[int]:
    """Which of the customers were ever paused with this note; what a person ended is found too, and stays ended."""
    pauses = Pause.objects.filter(organisation_id=organisation_id, customer_id__in=customer_ids, note=note)
    return set(pauses.values_list("customer_id", flat=True))
