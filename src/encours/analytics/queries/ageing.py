"""The aged balance as of a day, known at an instant, by customer, collector, segment, country or entity."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import connection

from encours.analytics.queries import kept
from encours.analytics.rules.ageing import STANDARD, Basis, Bucket, Scheme, Unapplied
from encours.ledger import queries as ledger
from encours.ledger.queries import AsOf, Selection

UNAPPLIED = "unapplied"
TOTAL = "total"


class By(StrEnum):
    """What the lines of the balance are."""

    CUSTOMER = "customer"
    COLLECTOR = "collector"
    SEGMENT = "segment"
    ENTITY = "entity"
    COUNTRY = "country"


class Line(NamedTuple):
    """One line: whose balance it is and its columns in minor units of one currency.

    A tuple, because a balance has some ten thousand lines and a frozen dataclass takes ten times as long to make.
    """

    key: int | str | None
    number: str  # the customer's number, the entity's code; empty for collectors, segments, countries
    name: str
    currency: str
    columns_minor: tuple[int, ...]  # the buckets in order, then unapplied, then the total

    @property
    def total_minor(self) -> int:
        """The balance of the line."""
        return self.columns_minor[-1]


@dataclass(frozen=True, slots=True)
class AgedBalance:
    """The lines of a question, largest first, and the totals of each currency."""

    as_of: AsOf
    scheme: Scheme
    by: By
    lines: Sequence[Line]
    totals: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The codes of the columns, as in each line."""
        return (*(bucket.code for bucket in self.scheme.buckets), UNAPPLIED, TOTAL)


# by -> (key in the grouped items joined with customers c, number, name, join for the label)
_GROUPS = {
    By.CUSTOMER: ("customer_id", "c.number", "c.name", "join customers_customer c on c.id = g.key"),
    By.ENTITY: ("entity_id", "e.code", "e.name", "join access_entity e on e.id = g.key"),
    By.COLLECTOR: (
        "collector_id",
        "''",
        "coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.email, '')",
        "left join access_user u on u.id = g.key",
    ),
    By.SEGMENT: ("segment_id", "''", "coalesce(s.name, '')", "left join customers_segment s on s.id = g.key"),
    By.COUNTRY: ("country", "g.key", "g.key", ""),
}
_OF_CUSTOMER = {By.COLLECTOR, By.SEGMENT, By.COUNTRY}


def ageing(selection: Selection, as_of: AsOf, *, scheme: Scheme = STANDARD, by: By = By.CUSTOMER) -> AgedBalance:
    """The aged balance, one line a key and currency, largest balance first, with the totals of each currency.

    The standard columns of today are summed from the kept standings while these are up to the books, any other balance
    from the open items.
    """
    standings = kept.state(selection, as_of)
    if scheme == STANDARD and standings.is_up_to_date:
        of_customer = by in _OF_CUSTOMER
        sql, parameters = kept.aged_sql(
            selection, by=_GROUPS[by][0], is_of_customer=of_customer, is_split=standings.is_split
        )
    else:
        sql, parameters = grouped_sql(selection, as_of, scheme=scheme, by=by)
    _, number, name, join = _GROUPS[by]
    with connection.cursor() as cursor:
        cursor.execute(f"select {number}, {name}, g.* from ({sql}) g {join} order by g.total desc, g.key", parameters)
        lines = [Line(row[2], row[0], row[1], row[3], row[4:]) for row in cursor.fetchall()]
    return AgedBalance(as_of=as_of, scheme=scheme, by=by, lines=lines, totals=_totals(lines))


def _totals(lines: Sequence[Line]) -> dict[str, tuple[int, ...]]:
    by_currency: dict[str, list[tuple[int, ...]]] = {}
    for line in lines:
        by_currency.setdefault(line.currency, []).append(line.columns_minor)
    return {currency: tuple(map(sum, zip(*rows, strict=True))) for currency, rows in sorted(by_currency.items())}


def grouped_sql(selection: Selection, as_of: AsOf, *, scheme: Scheme, by: By) -> tuple[str, dict[str, Any]]:
    """SQL of the balance without names: key, currency, the columns. Keys of the customer join after a first sum."""
    items, parameters = ledger.open_items_sql(selection, as_of)
    sums = column_sums(scheme)
    if by not in _OF_CUSTOMER:
        key = _GROUPS[by][0]
        return (
            f"select {key} as key, currency, {sums} from ({items}) o where open_minor <> 0 group by 1, 2"
        ), parameters
    names = [*(bucket.code for bucket in scheme.buckets), UNAPPLIED, TOTAL]
    again = ", ".join(f"sum({name})::bigint as {name}" for name in names)
    return (
        f"select c.{_GROUPS[by][0]} as key, o.currency, {again} from ("
        f"select customer_id, currency, {sums} from ({items}) o where open_minor <> 0 group by 1, 2) o"
        f" join customers_customer c on c.id = o.customer_id group by 1, 2"
    ), parameters


def column_sums(scheme: Scheme) -> str:
    """The columns as SQL sums over `open_minor`, `item_date`, `due_date` of the open items."""
    sums = [
        f"coalesce(sum(open_minor) filter (where {condition(bucket, scheme)}), 0)::bigint as {bucket.code}"
        for bucket in scheme.buckets
    ]
    apart = "coalesce(sum(open_minor) filter (where open_minor < 0), 0)::bigint"
    sums.append(f"{apart if scheme.unapplied is Unapplied.APART else '0::bigint'} as {UNAPPLIED}")
    sums.append(f"sum(open_minor)::bigint as {TOTAL}")
    return ", ".join(sums)


def condition(bucket: Bucket, scheme: Scheme) -> str:
    """What puts an open item into a bucket, in SQL: comparisons of a date with days reckoned once."""
    column = "due_date" if scheme.basis is Basis.DUE else "item_date"
    found = ["open_minor > 0"] if scheme.unapplied is Unapplied.APART else []
    if bucket.last_days is not None:
        found.append(f"{column} >= %(day)s::date - {bucket.last_days}")
    if bucket.first_days is not None:
        found.append(f"{column} <= %(day)s::date - {bucket.first_days}")
    return " and ".join(found) or "true"


@dataclass(frozen=True, slots=True)
class OpenRow:
    """One open instalment behind a figure."""

    item_id: int
    customer_id: int
    customer_number: str
    customer_name: str
    entity_code: str
    kind: str
    document_number: str
    instalment_number: int
    instalment_count: int
    item_date: Any
    due_date: Any
    days_late: int
    currency: str
    amount_minor: int
    open_minor: int

    @property
    def place(self) -> tuple[Any, int]:
        """Where the row stands in the list: what the next page starts after."""
        return (ledger.NEVER_DUE if self.open_minor < 0 else self.due_date), self.item_id


_ROW_COLUMNS = (
    *ledger.LEAN_COLUMNS,
    "kind",
    "document_number",
    "instalment_number",
    "instalment_count",
)


def open_rows(
    selection: Selection,
    as_of: AsOf,
    *,
    scheme: Scheme = STANDARD,
    column: str = TOTAL,
    after: tuple[Any, int] | None = None,
    limit: int | None = None,
) -> Iterator[OpenRow]:
    """The open instalments behind a cell of the balance (or `overdue`), by due date; they sum to the cell.

    What customers have in credit stands last, as it never falls due. `after` is the place of the last row seen.
    """
    items, parameters = ledger.listed_items_sql(selection, as_of, columns=_ROW_COLUMNS)
    place = ""
    if after is not None:
        place = " and (o.listed_at, o.id) > (%(after_date)s::date, %(after_id)s)"
        parameters |= {"after_date": after[0], "after_id": after[1]}
    sql = f"""
        select o.id, o.customer_id, c.number, c.name, e.code, o.kind, o.document_number, o.instalment_number,
               o.instalment_count, o.item_date, o.due_date, %(day)s::date - o.due_date, o.currency, o.amount_minor,
               o.open_minor
        from ({items}) o
        join customers_customer c on c.id = o.customer_id join access_entity e on e.id = o.entity_id
        where open_minor <> 0 and {column_condition(column, scheme)}{_bounds(column)}{place}
        order by o.listed_at, o.id {"limit %(limit)s" if limit is not None else ""}"""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters | {"limit": limit})
        while batch := cursor.fetchmany(2000):
            yield from (OpenRow(*row) for row in batch)


def _bounds(column: str) -> str:
    """Where the rows of a column stand in the order, so that a page of them is found without walking past others."""
    if column == UNAPPLIED:
        return " and o.listed_at = date '9999-12-31'"
    return " and o.listed_at < %(day)s" if column == "overdue" else ""


def column_condition(column: str, scheme: Scheme) -> str:
    """The SQL condition of a column by its code; `overdue`, `owed` and `total` are columns too."""
    if column == TOTAL:
        return "true"
    if column == UNAPPLIED:
        return "open_minor < 0" if scheme.unapplied is Unapplied.APART else "false"
    if column == "owed":
        return "open_minor > 0"
    if column == "overdue":
        return "open_minor > 0 and due_date < %(day)s"
    return next(condition(bucket, scheme) for bucket in scheme.buckets if bucket.code == column)
