"""The sums that KPIs stand on, for many days at once: a few set-based statements, however long the history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from encours.analytics.queries.ageing import TOTAL, UNAPPLIED, By
from encours.analytics.queries.payments import parts_sql
from encours.analytics.rules.ageing import Basis, Scheme, Unapplied
from encours.analytics.rules.kpis import FullyPaid, Position, Punctuality, Settled
from encours.analytics.rules.periods import Period
from encours.ledger import queries as ledger
from encours.ledger.queries import AsOf, Selection

type Group = tuple[Any, str]  # what the figures are broken down by (None: not at all), and the currency

EPOCH = date(2000, 1, 1)
CLAIMS = "('invoice', 'debit_note', 'deposit')"
SALES = "('invoice', 'debit_note', 'deposit', 'credit_note')"

_KEYS = {
    None: ("null::bigint", ""),
    By.ENTITY: ("i.entity_id", ""),
    By.CUSTOMER: ("i.customer_id", ""),
    By.COLLECTOR: ("c.collector_id", "join customers_customer c on c.id = i.customer_id"),
    By.SEGMENT: ("c.segment_id", "join customers_customer c on c.id = i.customer_id"),
    By.COUNTRY: ("c.country", "join customers_customer c on c.id = i.customer_id"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose figures, as of when, broken down by what."""

    selection: Selection
    as_of: AsOf
    by: By | None = None

    @property
    def key(self) -> str:
        """The SQL of the group's key, for items `i`."""
        return _KEYS[self.by][0]

    @property
    def join(self) -> str:
        """The join the key needs."""
        return _KEYS[self.by][1]

    def parameters(self) -> dict[str, Any]:
        """The values every statement names."""
        return {**self.selection.parameters(), "day": self.as_of.day, "known_at": self.as_of.known_at}

    def items(self) -> str:
        """The conditions on items `i` of what is asked."""
        known = " and i.recorded_at <= %(known_at)s" if self.as_of.known_at else ""
        return f"{self.selection.conditions('i')} and i.item_date <= %(day)s{known}"

    def legs(self) -> str:
        """The conditions on legs `l`."""
        known = " and l.recorded_at <= %(known_at)s" if self.as_of.known_at else ""
        return f"l.organisation_id = %(organisation)s and l.allocation_date <= %(day)s{known}"


def _rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class PositionOnDay:
    """A position, and its overdue amount x days overdue."""

    position: Position
    overdue_days_minor: int


def positions(asked: Asked, days: Sequence[date]) -> dict[Group, list[PositionOnDay]]:
    """What was owed at the end of each day (sorted), all days in one pass over items and legs.

    Each amount and each leg counts from the first day on or after its date, as not due until the last day on or before
    its due date and as overdue from there on; so rows are summed by these two places and the days follow by adding up.
    """
    found = _events(asked, days, falls="width_bucket(due_date, %(days)s::date[])")
    return {group: [_position(rows, index, day) for index, day in enumerate(days)] for group, rows in found.items()}


def aged_on_days(asked: Asked, days: Sequence[date], *, scheme: Scheme) -> dict[Group, list[dict[str, int]]]:
    """The aged balance at the end of each day (sorted), by column, all days in one pass over items and legs."""
    found = _events(asked, days, falls="due_date" if scheme.basis is Basis.DUE else "item_date")
    return {group: [_aged(rows, index, day, scheme) for index, day in enumerate(days)] for group, rows in found.items()}


def _aged(rows: Iterable[tuple[Any, ...]], index: int, day: date, scheme: Scheme) -> dict[str, int]:
    sums = dict.fromkeys((*(bucket.code for bucket in scheme.buckets), UNAPPLIED, TOTAL), 0)
    for is_owed, starts, from_date, minor, _ in rows:
        if starts <= index:
            is_apart = not is_owed and scheme.unapplied is Unapplied.APART
            column = UNAPPLIED if is_apart else scheme.bucket_of(age_days=(day - from_date).days).code
            sums[column] += int(minor)
            sums[TOTAL] += int(minor)
    return sums


def _events(asked: Asked, days: Sequence[date], *, falls: str) -> dict[Group, list[tuple[Any, ...]]]:
    """Amounts and legs summed by the first day they count on and by what `falls` makes of their dates."""
    is_known = " and i.legs_last_at <= %(known_at)s" if asked.as_of.known_at else ""
    single = f"i.legs_first_date = i.legs_last_date{is_known}"
    known_leg = " and l.recorded_at <= %(known_at)s" if asked.as_of.known_at else ""
    relevant = f"{asked.items()} and not (i.open_minor = 0 and i.legs_last_date <= %(first_day)s{is_known})"
    sql = f"""
        select key, currency, is_owed, starts, {falls} as falls, sum(minor),
               sum(minor::numeric * (due_date - %(epoch)s::date)) from (
            select {asked.key} as key, i.currency, i.amount_minor > 0 as is_owed, v.minor,
                   width_bucket(v.day - 1, %(days)s::date[]) as starts, i.due_date, i.item_date
            from ledger_openitem i {asked.join}
            cross join lateral (values (i.item_date, i.amount_minor),
                (case when {single} then i.legs_first_date end, i.open_minor - i.amount_minor)) v(day, minor)
            where {relevant} and v.day <= %(day)s
            union all
            select {asked.key}, i.currency, i.amount_minor > 0, l.amount_minor,
                   width_bucket(l.allocation_date - 1, %(days)s::date[]), i.due_date, i.item_date
            from ledger_openitem i {asked.join}
            join ledger_allocationleg l on l.item_id = i.id and l.organisation_id = i.organisation_id
            where {relevant} and i.legs_last_date is not null and not ({single})
              and l.allocation_date <= %(day)s{known_leg}
        ) e group by 1, 2, 3, 4, 5"""
    found: dict[Group, list[tuple[Any, ...]]] = {}
    parameters = asked.parameters() | {"days": list(days), "first_day": days[0], "epoch": EPOCH}
    for key, currency, *rest in _rows(sql, parameters):
        found.setdefault((key, currency), []).append(tuple(rest))
    return found


def _position(rows: Iterable[tuple[Any, ...]], index: int, day: date) -> PositionOnDay:
    current = overdue = unapplied = overdue_due_days = 0
    for is_owed, starts, falls, minor, due_days in rows:
        if starts > index:
            continue
        if not is_owed:
            unapplied += int(minor)
        elif index < falls:
            current += int(minor)
        else:
            overdue += int(minor)
            overdue_due_days += int(due_days)
    return PositionOnDay(Position(current, overdue, unapplied), overdue * (day - EPOCH).days - overdue_due_days)


def sales_by_day(asked: Asked) -> dict[Group, dict[date, int]]:
    """Invoices, deposits and debit notes less credit notes by day; a reversal takes back what it reverses.

    Money paid in advance (419) is no sale: the invoice that uses it is.
    """
    sql = f"""
        select {asked.key}, i.currency, i.item_date, sum(i.amount_minor)::bigint
        from ledger_openitem i {asked.join} left join ledger_openitem o on o.id = i.reverses_id
        where {asked.items()} and coalesce(o.kind, i.kind) in {SALES}
          and i.account not like '419%%' group by 1, 2, 3"""
    found: dict[Group, dict[date, int]] = {}
    for key, currency, day, minor in _rows(sql, asked.parameters()):
        found.setdefault((key, currency), {})[day] = minor
    return found


def settled_by_day(asked: Asked, *, period: Period) -> dict[Group, dict[date, Settled]]:
    """Parts paid, by the day of payment."""
    parts, parameters = parts_sql(asked.selection, asked.as_of, period=period)
    late = "i.paid_date > i.due_date"
    weight = "i.amount_minor::numeric * (i.paid_date - i.due_date)"
    sql = f"""
        select {asked.key}, i.currency, i.paid_date, sum(i.amount_minor), sum({weight}),
               coalesce(sum(i.amount_minor) filter (where {late}), 0), coalesce(sum({weight}) filter (where {late}), 0)
        from ({parts}) i {asked.join} group by 1, 2, 3"""
    found: dict[Group, dict[date, Settled]] = {}
    for key, currency, day, *sums in _rows(sql, parameters):
        found.setdefault((key, currency), {})[day] = Settled(*map(int, sums))
    return found


def cleared_sql(asked: Asked) -> str:
    """SQL of the day each instalment was cleared: its last leg, unless legs were undone or are later than D or K.

    In those cases the last day whose legs leave something, when all legs up to D take the whole amount.
    """
    known = " and i.legs_last_at <= %(known_at)s" if asked.as_of.known_at else ""
    beyond = "i.legs_last_date > %(day)s" + (" or i.legs_last_at > %(known_at)s" if asked.as_of.known_at else "")
    return f"""(
        with undone as materialized (
            select l.item_id from ledger_allocation a
            join ledger_allocationleg l on l.organisation_id = a.organisation_id and l.allocation_id = a.id
            where a.organisation_id = %(organisation)s and a.reverses_id is not null)
        select i.id as item_id, i.legs_last_date as cleared_date from ledger_openitem i
        where {asked.items()} and i.amount_minor > 0 and i.open_minor = 0 and i.legs_last_date <= %(day)s{known}
          and i.id not in (select item_id from undone)
        union all
        select d.item_id, max(d.day) from (
            select l.item_id, l.allocation_date as day, i.amount_minor, sum(l.amount_minor) as minor
            from ledger_openitem i join ledger_allocationleg l on l.item_id = i.id
            where {asked.items()} and {asked.legs()} and i.amount_minor > 0
              and i.legs_first_date <= %(day)s and ({beyond} or i.id in (select item_id from undone))
            group by 1, 2, 3 having sum(l.amount_minor) <> 0) d
        group by d.item_id, d.amount_minor having sum(d.minor) = -d.amount_minor)"""


def fully_paid_by_day(asked: Asked, *, period: Period) -> dict[Group, dict[date, FullyPaid]]:
    """Of the instalments cleared on each day of the period, all the parts that were paid, whenever each was."""
    parts, parameters = parts_sql(asked.selection, asked.as_of, period=Period(date.min, asked.as_of.day))
    parameters |= asked.parameters() | {"cleared_from": period.first_date, "cleared_to": period.last_date}
    sql = f"""
        select {asked.key}, i.currency, cleared.cleared_date, sum(i.amount_minor),
               sum(i.amount_minor::numeric * (i.paid_date - i.item_date))
        from ({parts}) i join {cleared_sql(asked)} cleared on cleared.item_id = i.item_id {asked.join}
        where cleared.cleared_date between %(cleared_from)s and %(cleared_to)s group by 1, 2, 3"""
    found: dict[Group, dict[date, FullyPaid]] = {}
    for key, currency, day, *sums in _rows(sql, parameters):
        found.setdefault((key, currency), {})[day] = FullyPaid(*map(int, sums))
    return found


@dataclass(frozen=True, slots=True)
class Due:
    """Instalments due on a day that were cleared some days after it (0: by then; None: not within the grace)."""

    due_date: date
    cleared_after_days: int | None
    count: int
    amount_minor: int


def due_sql(asked: Asked) -> str:
    """SQL of the instalments that fell due in a period, each with the day it was cleared.

    Left out: what was corrected (its correction counts), and what the books only say was settled before.
    """
    known = " and r.recorded_at <= %(known_at)s" if asked.as_of.known_at else ""
    undone = known.replace("r.", "u.")
    return f"""
        select {asked.key} as key, i.id as item_id, i.currency, i.due_date, i.amount_minor, cleared.cleared_date
        from ledger_openitem i {asked.join}
        left join {cleared_sql(asked)} cleared on cleared.item_id = i.id
        where {asked.items()} and i.kind in {CLAIMS} and i.amount_minor > 0
          and i.due_date between %(due_from)s and %(due_to)s
          and i.id not in (select r.reverses_id from ledger_openitem r
              where r.organisation_id = %(organisation)s and r.reverses_id is not null{known})
          and i.id not in (select settled.item_id from ledger_openitem s
              join ledger_allocationleg l on l.organisation_id = s.organisation_id and l.item_id = s.id
              join ledger_allocationleg settled on settled.organisation_id = l.organisation_id
                and settled.allocation_id = l.allocation_id
              where s.organisation_id = %(organisation)s and s.kind = 'settled_before'
                and not exists (select from ledger_allocation u where u.organisation_id = l.organisation_id
                  and u.reverses_id = l.allocation_id{undone})
                and not exists (select from ledger_allocation u
                  where u.id = l.allocation_id and u.reverses_id is not null))"""


def due_by_day(asked: Asked, *, period: Period, grace_days: int) -> dict[Group, list[Due]]:
    """Counts and amounts of the instalments due on each day of the period, by when they were cleared."""
    parameters = asked.parameters() | {
        "due_from": period.first_date,
        "due_to": period.last_date,
        "grace": grace_days,
    }
    sql = f"""
        select key, currency, due_date,
               case when cleared_date <= due_date + %(grace)s then greatest(cleared_date - due_date, 0) end,
               count(*), sum(amount_minor)::bigint
        from ({due_sql(asked)}) d group by 1, 2, 3, 4"""
    found: dict[Group, list[Due]] = {}
    for key, currency, *rest in _rows(sql, parameters):
        found.setdefault((key, currency), []).append(Due(*rest))
    return found


def punctuality(dues: Iterable[Due], *, period: Period, as_of: date, grace_days: int) -> Punctuality:
    """On time, late or pending on a day; nothing that happened after that day is seen."""
    counts = dict.fromkeys(("on_time", "late", "pending"), 0)
    amounts = dict(counts)
    for due in dues:
        if not period.holds(due.due_date):
            continue
        state = _state(due, as_of=as_of, grace_days=grace_days)
        counts[state] += due.count
        amounts[state] += due.amount_minor
    return Punctuality(
        counts["on_time"], counts["late"], counts["pending"], amounts["on_time"], amounts["late"], amounts["pending"]
    )


def _state(due: Due, *, as_of: date, grace_days: int) -> str:
    after = due.cleared_after_days
    if after is not None and due.due_date + timedelta(days=after) <= as_of:
        return "on_time"
    return "late" if as_of > due.due_date + timedelta(days=grace_days) else "pending"


def balances_by_customer(asked: Asked) -> dict[str, tuple[int, ...]]:
    """The open instalments of each customer who owes, by currency."""
    items, parameters = ledger.open_items_sql(asked.selection, asked.as_of)
    sql = f"""
        select currency, array_agg(owed order by owed desc) from (
            select customer_id, currency, sum(open_minor)::bigint as owed from ({items}) o
            where open_minor > 0 group by 1, 2) c group by 1"""
    return {currency: tuple(owed) for currency, owed in _rows(sql, parameters)}
