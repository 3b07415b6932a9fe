"""The week of one person's customers: what is owed and late, what came in, what was promised and contested."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from encours.access.rules import Scope
from encours.analytics.queries import ageing
from encours.analytics.queries.ageing import By
from encours.analytics.rules.ageing import STANDARD
from encours.collections.queries.promises import PromiseFilter, promise_list
from encours.collections.rules.promises import PromiseState
from encours.customers.queries import owned_sql
from encours.ledger.queries import AsOf, Selection

LATEST_SHOWN = 5
WEEK = timedelta(days=7)
_NOT_KEPT = frozenset({PromiseState.BROKEN, PromiseState.PARTLY_KEPT})

RECEIVED = """
select r.currency, sum(r.amount_minor)::bigint from payments_receipt r
join customers_customer c on c.organisation_id = r.organisation_id and c.id = r.customer_id
where r.organisation_id = %(organisation)s and r.received_date between %(first)s and %(last)s and {seen}
group by 1 order by 1
"""
DISPUTED = """
select count(*) filter (where d.opened_date between %(first)s and %(last)s),
       count(*) filter (where d.closed_date between %(first)s and %(last)s),
       count(*) filter (where d.closed_date is null)
from disputes_dispute d
join customers_customer c on c.organisation_id = d.organisation_id and c.id = d.customer_id
where d.organisation_id = %(organisation)s and {seen}
"""


@dataclass(frozen=True, slots=True)
class Late:
    """One customer with what is overdue."""

    number: str
    name: str
    currency: str
    overdue_minor: int


@dataclass(frozen=True)
class Weekly:
    """The figures of a week, per currency where they are money: owed and overdue now, and overdue a week ago."""

    first: date
    last: date
    owed_minor: Mapping[str, int]
    overdue_minor: Mapping[str, int]
    overdue_before_minor: Mapping[str, int]
    received_minor: Mapping[str, int]
    latest: Sequence[Late]
    promises_broken: int
    promises_running: int
    disputes_opened: int
    disputes_closed: int
    disputes_open: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell: no customer of theirs owes or paid anything."""
        return not (self.owed_minor or self.received_minor or self.disputes_open)


def weekly(scope: Scope, *, today: date) -> Weekly:
    """The seven days up to yesterday, for the customers and companies a person sees."""
    last = today - timedelta(days=1)
    first = last - WEEK + timedelta(days=1)
    selection = Selection.of(scope)
    now = ageing.ageing(selection, AsOf(last), by=By.CUSTOMER)
    before = ageing.ageing(selection, AsOf(last - WEEK), by=By.CUSTOMER)
    overdue = [index for index, bucket in enumerate(STANDARD.buckets) if (bucket.first_days or 0) > 0]
    rows = [
        Late(line.number, line.name, line.currency, sum(line.columns_minor[index] for index in overdue))
        for line in now.lines
    ]
    late = [row for row in rows if row.overdue_minor > 0]
    ((opened, closed, still_open),) = _rows(DISPUTED, scope, first, last)
    promised = promise_list(scope, wanted=PromiseFilter(since=first), today=today)
    ended = [row.state for row in promised.rows if first <= row.promise.promised_date <= last]
    return Weekly(
        first=first,
        last=last,
        owed_minor={currency: columns[-1] for currency, columns in now.totals.items() if columns[-1]},
        overdue_minor=_summed(now.totals, overdue),
        overdue_before_minor=_summed(before.totals, overdue),
        received_minor=dict(_rows(RECEIVED, scope, first, last)),
        latest=sorted(late, key=lambda row: -row.overdue_minor)[:LATEST_SHOWN],
        promises_broken=sum(state in _NOT_KEPT for state in ended),
        promises_running=promised.counts[PromiseState.RUNNING.value],
        disputes_opened=opened,
        disputes_closed=closed,
        disputes_open=still_open,
    )


def _summed(totals: Mapping[str, tuple[int, ...]], places: Sequence[int]) -> dict[str, int]:
    found = {currency: sum(columns[place] for place in places) for currency, columns in totals.items()}
    return {currency: minor for currency, minor in found.items() if minor}


def _rows(sql: str, scope: Scope, first: date, last: date) -> list[tuple[Any, ...]]:
    seen = ["true"]
    if scope.own_portfolio_only:
        seen.append(owned_sql("c"))
    if scope.entity_ids:
        table = "r" if " payments_receipt r" in sql else "d"
        seen.append(f"({table}.entity_id is null or {table}.entity_id = any(%(entities)s))")
    values: dict[str, Any] = {
        "organisation": scope.organisation_id,
        "first": first,
        "last": last,
        "people": list(scope.people),
        "entities": list(scope.entity_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.format(seen=" and ".join(seen)), values)
        return list(cursor.fetchall())
