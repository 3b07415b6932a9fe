"""The customers list: what each customer owes today, kept ready to be sorted, filtered and paged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from encours.access.rules import Scope
from encours.analytics.models import ALL_ENTITIES
from encours.core import statements
from encours.credit.queries import OVER_LIMIT
from encours.ledger.queries import Selection


@dataclass(frozen=True, slots=True)
class StandingRow:
    """One customer in one currency."""

    customer_id: int
    number: str
    name: str
    country: str
    collector_id: int | None
    collector_name: str
    segment_id: int | None
    segment_name: str
    currency: str
    outstanding_minor: int
    not_due_minor: int
    overdue_minor: int
    unapplied_minor: int
    item_count: int
    overdue_count: int
    oldest_due_date: date | None
    days_late: int
    average_delay_days: float | None

    @property
    def id(self) -> int:
        """The customer's, with the sort value it makes the place in the list."""
        return self.customer_id


@dataclass(frozen=True, slots=True)
class StandingTotal:
    """How many customers and what they owe, in one currency."""

    currency: str
    customer_count: int
    outstanding_minor: int
    not_due_minor: int
    overdue_minor: int
    unapplied_minor: int


# sort -> the expression; its value in the last row seen is the place in the list
SORTS = {
    "overdue": "s.overdue_minor",
    "outstanding": "s.outstanding_minor",
    "not_due": "s.not_due_minor",
    "unapplied": "s.unapplied_minor",
    "days_late": "coalesce(%(today)s::date - s.oldest_due_date, 0)",
    "average_delay": "coalesce(s.paid_late_days_minor / nullif(s.paid_minor, 0), -100000)",
    "name": "c.name",
    "number": "c.number",
}
ONLY = {
    "": "true",
    "owing": "s.outstanding_minor > 0",
    "overdue": "s.overdue_minor > 0",
    "credit": "s.outstanding_minor < 0",
    "unapplied": "s.unapplied_minor < 0",
    "settled": "s.item_count = 0",
    # over all companies, as the limit is; asks for `today`
    "over_limit": f"""(s.customer_id, s.currency) in (
        select o.customer_id, o.currency
        from ({OVER_LIMIT}) o (customer_id, currency, amount_minor, from_date, excess_minor))""",
}


def standings(
    *,
    scope: Scope,
    today: date,
    text: str = "",
    only: str = "",
    sort: str = "overdue",
    is_descending: bool = True,
    after: tuple[Any, int] | None = None,
    limit: int | None = 51,
    **asked: Any,
) -> Sequence[StandingRow]:
    """A page of customers; `after` is the sort value and customer id of the last row seen.

    The caller refreshes the standings first (analytics.actions.refresh_standings). `asked` are fields of
    ledger.queries.Selection: collector_id, segment_id, entity_id, country, currency, customer_id.
    """
    source, parameters = _source(Selection.of(scope, **asked), text=text, only=only)
    parameters |= {"today": today, "limit": limit}
    direction = "desc" if is_descending else "asc"
    place = ""
    if after is not None:
        place = f" and ({SORTS[sort]}, s.customer_id) {'<' if is_descending else '>'} (%(after)s, %(after_id)s)"
        parameters |= {"after": after[0], "after_id": after[1]}
    order = f"{SORTS[sort]} {direction}, s.customer_id {direction}"
    sql = f"""
        select s.customer_id, c.number, c.name, c.country, c.collector_id,
               coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.email, ''), c.segment_id,
               coalesce(g.name, ''), s.currency, s.outstanding_minor, s.not_due_minor, s.overdue_minor,
               s.unapplied_minor, s.item_count, s.overdue_count, s.oldest_due_date,
               coalesce(%(today)s::date - s.oldest_due_date, 0),
               (s.paid_late_days_minor / nullif(s.paid_minor, 0))::float8
        from {source}{place}
        order by {order} {"limit %(limit)s" if limit is not None else ""}"""
    if "customer_id" in asked:  # a row or two, by their key
        return [StandingRow(*row) for row in statements.rows(sql, parameters)]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [StandingRow(*row) for row in cursor.fetchall()]


def standings_total(
    *, scope: Scope, today: date, text: str = "", only: str = "", **asked: Any
) -> Sequence[StandingTotal]:
    """Count and sums of the same filters, by currency."""
    source, parameters = _source(Selection.of(scope, **asked), text=text, only=only)
    parameters["today"] = today  # the standings are those of the day they were refreshed for, limits change any day
    sql = f"""
        select s.currency, count(*), sum(s.outstanding_minor)::bigint, sum(s.not_due_minor)::bigint,
               sum(s.overdue_minor)::bigint, sum(s.unapplied_minor)::bigint
        from {source} group by 1 order by 3 desc, 1"""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [StandingTotal(*row) for row in cursor.fetchall()]


def _source(selection: Selection, *, text: str, only: str) -> tuple[str, dict[str, Any]]:
    """Standings joined with their customers, collectors and segments, under the filters."""
    entities, parameters = _entities(selection)
    conditions = [
        "s.organisation_id = %(organisation)s",
        "c.merged_into_id is null",
        ONLY[only],
        *selection.customer_conditions("c"),
    ]
    if selection.currency is not None:
        conditions.append("s.currency = %(currency)s")
    if selection.customer_id is not None:
        conditions.append("s.customer_id = %(customer_id)s")
    if text:
        conditions.append(
            "(c.name_folded like encours_fold(%(text)s) or c.number ilike %(text)s or c.siren like %(text)s)"
        )
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parameters["text"] = f"%{escaped}%"
    return (
        f"{entities} join customers_customer c on c.id = s.customer_id"
        f" left join access_user u on u.id = c.collector_id"
        f" left join customers_segment g on g.id = c.segment_id where {' and '.join(conditions)}"
    ), parameters


def _entities(selection: Selection) -> tuple[str, dict[str, Any]]:
    """The standings of all entities, of one, or of the several a person may see, summed."""
    parameters = selection.parameters()
    chosen = list(selection.entity_ids)
    if selection.entity_id is not None:
        chosen = [selection.entity_id] if not chosen or selection.entity_id in chosen else [-1]
    if not chosen or _has_one_entity(selection.organisation_id):
        return f"(select * from analytics_standing where entity_id = {ALL_ENTITIES}) s", parameters
    parameters["chosen_entities"] = chosen
    if len(chosen) == 1:
        return "(select * from analytics_standing where entity_id = %(chosen_entities)s[1]) s".replace(
            "%(chosen_entities)s[1]", "(%(chosen_entities)s::bigint[])[1]"
        ), parameters
    sums = ", ".join(
        f"sum({name})::bigint as {name}"
        for name in (
            "outstanding_minor", "not_due_minor", "overdue_minor", "unapplied_minor", "item_count", "overdue_count",
            "paid_minor", "paid_late_days_minor",
        )
    )  # fmt: skip
    return (
        f"(select organisation_id, customer_id, currency, {sums}, min(oldest_due_date) as oldest_due_date"
        " from analytics_standing where organisation_id = %(organisation)s"
        " and entity_id = any(%(chosen_entities)s::bigint[]) group by 1, 2, 3) s"
    ), parameters


def _has_one_entity(organisation_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) < 2 from (select 1 from access_entity where organisation_id = %s limit 2) e",
            [organisation_id],
        )
        return bool(cursor.fetchone()[0])


def overdue_total(*, scope: Scope, text: str = "", **asked: Any) -> tuple[int, dict[str, int]]:
    """How many customers are late, whatever the currencies they owe in, and how much is overdue by currency."""
    source, parameters = _source(Selection.of(scope, **asked), text=text, only="overdue")
    with connection.cursor() as cursor:
        cursor.execute(
            f"select s.currency, sum(s.overdue_minor)::bigint from {source} group by 1 order by 2 desc", parameters
        )
        amounts = dict(cursor.fetchall())
        cursor.execute(f"select count(distinct s.customer_id) from {source}", parameters)
        return cursor.fetchone()[0], amounts


def average_delays(customer_ids: Collection[int], *, organisation_id: int) -> dict[int, int]:
    """Days after the due date at which each of the customers pays on average, in whole days, where they ever paid."""
    sql = f"""
        select customer_id, (sum(paid_late_days_minor) / nullif(sum(paid_minor), 0))::integer
        from analytics_standing
        where organisation_id = %s and entity_id = {ALL_ENTITIES} and customer_id = any(%s)
        group by 1 having sum(paid_minor) <> 0"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [organisation_id, list(customer_ids)])
        return dict(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """What the customers of one collector (or segment) owe: the lines of a dashboard."""

    key: int | None
    name: str
    currency: str
    customer_count: int
    outstanding_minor: int
    overdue_minor: int


def overdue_by_collector(*, scope: Scope, today: date, **asked: Any) -> Sequence[GroupStanding]:
    """Customers overdue and the amount, by collector and currency, the largest first; key None has no collector."""
    del today
    source, parameters = _source(Selection.of(scope, **asked), text="", only="overdue")
    sql = f"""
        select c.collector_id, coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.email, ''), s.currency,
               count(*), sum(s.outstanding_minor)::bigint, sum(s.overdue_minor)::bigint
        from {source} group by 1, 2, 3 order by 6 desc, 2"""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [GroupStanding(*row) for row in cursor.fetchall()]
