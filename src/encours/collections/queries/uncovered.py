"""Customers that slip through: those who owe and whom no scenario chases, those whom nobody follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from encours.access.rules import Scope
from encours.collections.queries.scenarios import APPLIED
from encours.customers import queries as customers


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A customer that owes something and slips through."""

    number: str
    name: str
    segment: str
    overdue_minor: int
    currency: str
    days_late: int


_OWING = """
select c.number, c.name, coalesce(s.name, ''), f.overdue, f.currency, f.days_late
from customers_customer c
join (
    select i.customer_id, i.currency, sum(i.open_minor)::bigint as overdue,
           %(today)s::date - min(i.due_date) as days_late
    from ledger_openitem i
    where i.organisation_id = %(organisation)s and i.open_minor > 0 and i.due_date < %(today)s
    group by 1, 2
) f on f.customer_id = c.id
left join customers_segment s on s.id = c.segment_id
where c.organisation_id = %(organisation)s and c.merged_into_id is null and c.id = any(%(ids)s) and {condition}
order by f.overdue desc, c.id limit %(limit)s
"""


def without_scenario(scope: Scope, *, today: date, limit: int) -> Sequence[Uncovered]:
    """Who owes something overdue and gets no scenario, neither its own, its segment's nor the default; most first.

    “No action”, chosen for a customer or a segment, counts as none: nobody is chased there.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"select a.id from ({APPLIED}) a where a.scenario_id is null",
            {"organisation": scope.organisation_id},
        )
        ids = {row[0] for row in cursor.fetchall()}
    return _read(scope, ids, "true", today=today, limit=limit)


def without_owner(scope: Scope, *, today: date, limit: int) -> Sequence[Uncovered]:
    """Who owes something overdue and has no collector, or one who no longer works here; most first."""
    return _read(scope, None, _OWNERLESS, today=today, limit=limit)


def count_without_owner(scope: Scope) -> int:
    """How many customers nobody follows."""
    seen = customers.in_scope(scope).filter(merged_into__isnull=True)
    counted = "select count(*) from customers_customer c where c.organisation_id = %s and c.id = any(%s)"
    with connection.cursor() as cursor:
        cursor.execute(f"{counted} and {_OWNERLESS}", [scope.organisation_id, list(seen.values_list("pk", flat=True))])
        return int(cursor.fetchone()[0])


_OWNERLESS = """not exists (
    select from access_membership m
    where m.organisation_id = c.organisation_id and m.user_id = c.collector_id and m.is_active)"""


def _read(scope: Scope, ids: set[int] | None, condition: str, *, today: date, limit: int) -> Sequence[Uncovered]:
    seen = set(customers.in_scope(scope).values_list("pk", flat=True))
    wanted = seen if ids is None else seen & ids
    with connection.cursor() as cursor:
        cursor.execute(
            _OWING.format(condition=condition),
            {"organisation": scope.organisation_id, "today": today, "ids": list(wanted), "limit": limit},
        )
        return [Uncovered(*row) for row in cursor.fetchall()]
