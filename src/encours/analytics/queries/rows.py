"""The rows a KPI opens to; each kind of rows sums to the terms of the figures that stand on it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import connection

from encours.analytics.queries import facts
from encours.analytics.queries.ageing import column_condition
from encours.analytics.queries.facts import Asked
from encours.analytics.queries.payments import parts_sql
from encours.analytics.rules.ageing import STANDARD
from encours.analytics.rules.definitions import BY_CODE
from encours.analytics.rules.kpis import punctuality_of
from encours.analytics.rules.periods import Period, months_to
from encours.ledger import queries as ledger


@dataclass(frozen=True, slots=True)
class FactRow:
    """One instalment, part paid, sale or customer behind a figure; `amount_minor` is what it adds to the figure's base.

    `days` is its delay (or its days to pay), `state` on_time, late or pending, where these mean something; `place` and
    `place_id` say where it stands in the list.
    """

    item_id: int
    customer_number: str
    customer_name: str
    kind: str
    document_number: str
    item_date: date | None
    due_date: date | None
    paid_date: date | None
    days: int | None
    state: str
    currency: str
    amount_minor: int
    place: Any
    place_id: int


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the rows is wanted: those after the place and id of the last one seen."""

    after: tuple[Any, int] | None = None
    limit: int | None = None


ALL_ROWS = Page()
_COLUMNS_OF = {
    "not_due": "not_due",
    "overdue": "overdue",
    "unapplied": "unapplied",
    "overdue_share": "overdue",
    "bpdso_simple": "not_due",
    "bpdso_countback": "not_due",
}
_OF_YEAR = {"turnover", "collection_period", "dso_day_value"}


def rows_behind(
    code: str, asked: Asked, *, period: Period, grace_days: int = 0, page: Page = ALL_ROWS
) -> Iterator[FactRow]:
    """The rows behind a KPI, by its definition: open items, parts paid, instalments due, sales or customers."""
    kind = BY_CODE[code].rows
    if kind == "items":
        sql, parameters = _items(asked, column=_COLUMNS_OF.get(code, "total"))
    elif kind == "settled":
        sql, parameters = _fully_paid(asked, period) if code == "days_to_pay" else _settled(asked, period)
    elif kind == "due":
        sql, parameters = _due(asked, period)
    elif kind == "customers":
        sql, parameters = _customers(asked)
    else:
        sold = months_to(period.last_date, months=12) if code in _OF_YEAR else period
        sql, parameters = _sales(asked, sold)
    found = _read(sql, parameters, page)
    if kind != "due":
        return (FactRow(*row) for row in found)
    return (_with_state(row, as_of=asked.as_of.day, grace_days=grace_days) for row in found)


def _with_state(row: tuple[Any, ...], *, as_of: date, grace_days: int) -> FactRow:
    bare = FactRow(*row)
    if bare.due_date is None:
        return bare
    state = punctuality_of(due_date=bare.due_date, cleared_date=bare.paid_date, as_of=as_of, grace_days=grace_days)
    return replace(bare, state=state)


def _read(sql: str, parameters: dict[str, Any], page: Page) -> Iterator[tuple[Any, ...]]:
    after = "where (q.place, q.place_id) > (%(after)s, %(after_id)s)" if page.after else ""
    limit = "limit %(limit)s" if page.limit is not None else ""
    if page.after:
        parameters |= {"after": page.after[0], "after_id": page.after[1]}
    with connection.cursor() as cursor:
        cursor.execute(
            f"select * from ({sql}) q {after} order by q.place, q.place_id {limit}", parameters | {"limit": page.limit}
        )
        while batch := cursor.fetchmany(2000):
            yield from batch


_NAMED = "join customers_customer n on n.id = r.customer_id"
_DOCUMENT = "join ledger_openitem i on i.id = r.item_id"


def _items(asked: Asked, *, column: str) -> tuple[str, dict[str, Any]]:
    columns = (*ledger.LEAN_COLUMNS, "kind", "document_number")
    items, parameters = ledger.open_items_sql(asked.selection, asked.as_of, columns=columns)
    return (
        f"""select r.id, n.number, n.name, r.kind, r.document_number, r.item_date, r.due_date, null::date,
                   %(day)s::date - r.due_date, '', r.currency, r.open_minor, r.due_date as place, r.id as place_id
            from (select * from ({items}) o
                  where open_minor <> 0 and {column_condition(column, STANDARD)}) r {_NAMED}"""
    ), parameters


def _settled(asked: Asked, period: Period) -> tuple[str, dict[str, Any]]:
    parts, parameters = parts_sql(asked.selection, asked.as_of, period=period)
    return (
        f"""select r.item_id, n.number, n.name, i.kind, i.document_number, r.item_date, r.due_date, r.paid_date,
                   r.paid_date - r.due_date, '', r.currency, r.amount_minor, r.paid_date as place, r.leg_id as place_id
            from ({parts}) r {_NAMED} {_DOCUMENT}"""
    ), parameters


def _fully_paid(asked: Asked, period: Period) -> tuple[str, dict[str, Any]]:
    parts, parameters = parts_sql(asked.selection, asked.as_of, period=Period(date.min, asked.as_of.day))
    parameters |= asked.parameters() | {"cleared_from": period.first_date, "cleared_to": period.last_date}
    return (
        f"""select r.item_id, n.number, n.name, i.kind, i.document_number, r.item_date, r.due_date, r.paid_date,
                   r.paid_date - r.item_date, '', r.currency, r.amount_minor, r.paid_date as place, r.leg_id as place_id
            from ({parts}) r {_NAMED} {_DOCUMENT}
            join {facts.cleared_sql(asked)} cleared on cleared.item_id = r.item_id
            where cleared.cleared_date between %(cleared_from)s and %(cleared_to)s"""
    ), parameters


def _due(asked: Asked, period: Period) -> tuple[str, dict[str, Any]]:
    parameters = asked.parameters() | {"due_from": period.first_date, "due_to": period.last_date}
    return (
        f"""select i.id, n.number, n.name, i.kind, i.document_number, i.item_date, r.due_date, r.cleared_date,
                   r.cleared_date - r.due_date, '', r.currency, r.amount_minor, r.due_date as place, i.id as place_id
            from ({facts.due_sql(asked)}) r {_DOCUMENT} join customers_customer n on n.id = i.customer_id"""
    ), parameters


def _sales(asked: Asked, period: Period) -> tuple[str, dict[str, Any]]:
    parameters = asked.parameters() | {"sold_from": period.first_date, "sold_to": period.last_date}
    return (
        f"""select i.id, n.number, n.name, i.kind, i.document_number, i.item_date, i.due_date, null::date, null::int,
                   '', i.currency, i.amount_minor, i.item_date as place, i.id as place_id
            from ledger_openitem i join customers_customer n on n.id = i.customer_id
            left join ledger_openitem o on o.id = i.reverses_id
            where {asked.items()} and coalesce(o.kind, i.kind) in {facts.SALES}
              and i.account not like '419%%'
              and i.item_date between %(sold_from)s and %(sold_to)s"""
    ), parameters


def _customers(asked: Asked) -> tuple[str, dict[str, Any]]:
    items, parameters = ledger.open_items_sql(asked.selection, asked.as_of)
    return (
        f"""select r.customer_id, n.number, n.name, 'customer', '', null::date, null::date, null::date, null::int, '',
                   r.currency, r.owed, -r.owed as place, r.customer_id as place_id
            from (select customer_id, currency, sum(open_minor)::bigint as owed from ({items}) o
                  where open_minor > 0 group by 1, 2) r {_NAMED}"""
    ), parameters
