"""The only writers of the room's caches: standings and snapshots."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from encours.analytics.models import ALL_ENTITIES, Snapshot, StandingDay
from encours.analytics.queries import ageing, facts, payments, reports
from encours.analytics.queries.reports import Asked, Report
from encours.analytics.rules.ageing import STANDARD
from encours.analytics.rules.periods import months_to
from encours.core import statements
from encours.customers import queries as customers
from encours.ledger import queries as ledger
from encours.ledger.queries import AsOf, Selection

DELAY_MONTHS = 12
# from this many customers on, one pass over the whole book is quicker than looking each of them up
EVERYBODY_COUNT = 5_000
# from this many items on, the first report of the books takes longer than a page may
LARGE_ITEMS = 60_000


def refresh_standings(*, organisation_id: int, today: date) -> int:
    """Bring the kept standings up to the books and the day; the number of customers reckoned again.

    A new day reckons every customer, as each may have become overdue; within the day only those whose account changed,
    noted by triggers in the transactions that changed it. Two at once wait for one another. Costs one small read when
    nothing changed.
    """
    if _version(organisation_id, today) is not None:
        return 0
    with transaction.atomic():
        _lock(organisation_id)
        touched = _take_touched(organisation_id)
        day = StandingDay.objects.filter(organisation_id=organisation_id).first()
        is_same_day = day is not None and day.as_of == today
        if is_same_day and not touched:
            return 0
        _note_day(organisation_id, today, has_changed=bool(touched))
        if is_same_day and len(touched) < EVERYBODY_COUNT:
            ids = [pk for pk in touched if pk]
            return _reckon(organisation_id, today, customer_ids=ids) if ids else 0
        return _reckon(organisation_id, today, customer_ids=None)


def books_version(*, organisation_id: int, today: date) -> int:
    """The number that changes with the books, once the standings of the day are up to them.

    What is reckoned from the books under this number holds as long as the number does.
    """
    version = _version(organisation_id, today)
    while version is None:
        refresh_standings(organisation_id=organisation_id, today=today)
        version = _version(organisation_id, today)
    return version


def _version(organisation_id: int, today: date) -> int | None:
    """The version of the standings; None while they lag behind the books or the day."""
    rows = statements.rows(
        """select version from analytics_standingday where organisation_id = %(organisation)s and as_of = %(today)s
           and not exists (select from analytics_touched where organisation_id = %(organisation)s)""",
        {"organisation": organisation_id, "today": today},
    )
    return int(rows[0][0]) if rows else None


def _note_day(organisation_id: int, today: date, *, has_changed: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into analytics_standingday as day (organisation_id, as_of, version) values (%s, %s, 1)
               on conflict (organisation_id) do update set as_of = excluded.as_of,
                   version = day.version + %s, refreshed_at = excluded.refreshed_at""",
            [organisation_id, today, int(has_changed)],
        )


def _lock(organisation_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('analytics.standings'), %s)", [organisation_id])


def _take_touched(organisation_id: int) -> list[int]:
    """Whoever was noted by a transaction that has committed; what is not seen here is noted for the next time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "with taken as (delete from analytics_touched where organisation_id = %s returning customer_id)"
            " select distinct customer_id from taken",
            [organisation_id],
        )
        return [row[0] for row in cursor.fetchall()]


_COLUMNS = (
    "outstanding_minor, not_due_minor, overdue_minor, late_30_minor, late_60_minor, late_90_minor, late_more_minor,"
    " unapplied_minor, item_count, overdue_count, oldest_due_date, paid_minor, paid_late_days_minor"
)


_LATE = ("late_30_minor", "late_60_minor", "late_90_minor", "late_more_minor")


def _reckon(organisation_id: int, today: date, *, customer_ids: list[int] | None) -> int:
    kept_of = customers.merged(organisation_id)
    if customer_ids is not None and kept_of:
        kept = {kept_of.get(pk, pk) for pk in customer_ids}
        customer_ids = sorted({*customer_ids, *kept, *(pk for pk, become in kept_of.items() if become in kept)})
    selection = Selection(organisation_id=organisation_id, customer_ids=customer_ids)
    items, parameters = ledger.open_items_sql(selection, AsOf(today))
    period = months_to(today, months=DELAY_MONTHS)
    parts, more = payments.parts_sql(selection, AsOf(today), period=period)
    parameters |= more | {"all_entities": ALL_ENTITIES, "merged": list(kept_of), "kept": list(kept_of.values())}
    if kept_of:
        parts = _of_kept_customers(parts)
    some = " and customer_id = any(%(customers)s::bigint[])" if customer_ids is not None else ""
    of_customers = " and c.id = any(%(customers)s::bigint[])" if customer_ids is not None else ""
    is_split = _has_several_entities(organisation_id)
    groups = ", (customer_id, currency, entity_id)" if is_split else ""
    entity = "coalesce(entity_id, %(all_entities)s)" if is_split else "%(all_entities)s::bigint"
    late = ", ".join(
        f"sum(open_minor) filter (where {ageing.condition(bucket, STANDARD)})::bigint as {name}"
        for name, bucket in zip(_LATE, STANDARD.buckets[1:], strict=True)
    )
    sql = f"""
        with owed as (
            select customer_id, {entity} as entity_id, currency, sum(open_minor)::bigint as outstanding_minor,
                   sum(open_minor) filter (where open_minor > 0 and due_date >= %(day)s)::bigint as not_due,
                   sum(open_minor) filter (where open_minor > 0 and due_date < %(day)s)::bigint as overdue,
                   {late},
                   sum(open_minor) filter (where open_minor < 0)::bigint as unapplied, count(*) as item_count,
                   count(*) filter (where open_minor > 0 and due_date < %(day)s) as overdue_count,
                   min(due_date) filter (where open_minor > 0 and due_date < %(day)s) as oldest_due_date
            from ({items}) o where open_minor <> 0
            group by grouping sets ((customer_id, currency){groups})
        ), paid as (
            select customer_id, {entity} as entity_id, currency, sum(amount_minor)::bigint as paid_minor,
                   sum(amount_minor::numeric * (paid_date - due_date)) as paid_late_days_minor
            from ({parts}) p group by grouping sets ((customer_id, currency){groups})
        ), every as (
            select c.id as customer_id, coalesce(o.entity_id, p.entity_id, %(all_entities)s) as entity_id,
                   coalesce(o.currency, p.currency, (select currency from access_entity
                       where organisation_id = %(organisation)s order by id limit 1), 'EUR') as currency,
                   o.outstanding_minor, o.not_due, o.overdue, {", ".join(f"o.{name}" for name in _LATE)},
                   o.unapplied, o.item_count, o.overdue_count,
                   o.oldest_due_date, p.paid_minor, p.paid_late_days_minor
            from customers_customer c
            left join (owed o full join paid p using (customer_id, entity_id, currency)) on customer_id = c.id
            where c.organisation_id = %(organisation)s{of_customers}
        )
        insert into analytics_standing (organisation_id, customer_id, entity_id, currency, {_COLUMNS})
        select %(organisation)s, customer_id, entity_id, currency, coalesce(outstanding_minor, 0),
               coalesce(not_due, 0), coalesce(overdue, 0), {", ".join(f"coalesce({name}, 0)" for name in _LATE)},
               coalesce(unapplied, 0), coalesce(item_count, 0), coalesce(overdue_count, 0), oldest_due_date,
               coalesce(paid_minor, 0), coalesce(paid_late_days_minor, 0)
        from every"""
    with connection.cursor() as cursor:
        cursor.execute(f"delete from analytics_standing where organisation_id = %(organisation)s{some}", parameters)
        cursor.execute(sql, parameters)
        count = int(cursor.rowcount)
        if customer_ids is None:
            cursor.execute("analyze analytics_standing")
    return count


def _is_large(organisation_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from (select from ledger_openitem where organisation_id = %s limit %s) i",
            [organisation_id, LARGE_ITEMS],
        )
        return int(cursor.fetchone()[0]) == LARGE_ITEMS


def _of_kept_customers(parts: str) -> str:
    """How a duplicate paid is the habit of the customer it became."""
    return f"""select coalesce(m.kept, q.customer_id) as customer_id, q.entity_id, q.currency, q.amount_minor,
        q.paid_date, q.due_date from ({parts}) q
        left join unnest(%(merged)s::bigint[], %(kept)s::bigint[]) as m(merged, kept) on m.merged = q.customer_id"""


def _has_several_entities(organisation_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) > 1 from (select 1 from access_entity where organisation_id = %s limit 2) e",
            [organisation_id],
        )
        return bool(cursor.fetchone()[0])


def report_kpis(asked: Asked, *, not_before: datetime | None = None) -> Report:
    """The KPI report of a question, from the kept snapshot while the books are unchanged, else reckoned and kept.

    The snapshot is a cache: without it the same question gives the same content and fingerprint. A report of books so
    large that it takes long is given as it was reckoned since `not_before`, where that is given, and says when.
    """
    kept = _kept(asked, reports.KPIS, lambda: reports.reckoned(asked), not_before)
    return reports.report_of(asked, kept.content, made_at=kept.made_at)


def aged_months(
    asked: Asked, days: Sequence[date], *, not_before: datetime | None = None
) -> dict[str, list[list[int]]]:
    """The standard aged balance at each day of the question's history, by currency; kept like the report beside it."""

    def reckoned() -> dict[str, Any]:
        months = facts.aged_on_days(facts.Asked(asked.selection, asked.as_of), days, scheme=STANDARD)
        aged = {currency: [list(columns.values()) for columns in by_day] for (_, currency), by_day in months.items()}
        return {"days": [day.isoformat() for day in days], "aged": aged}

    content = _kept(asked, reports.AGED, reckoned, not_before).content
    return dict(content["aged"])


def _kept(asked: Asked, kind: str, reckon: Callable[[], dict[str, Any]], not_before: datetime | None) -> Snapshot:
    state = reports.books_state(asked.selection.organisation_id)
    found = reports.kept_snapshot(asked, kind=kind, state=state, not_before=not_before)
    if found is not None:
        return found
    started_at = _now()
    # through JSON, so that the first reader and the next ones get the very same values
    content = json.loads(json.dumps(reckon()))
    made_at = _now()
    milliseconds = int((made_at - started_at) / timedelta(milliseconds=1))
    return keep_snapshot(asked, kind=kind, books_state=state, content=content, made_at=made_at, took_ms=milliseconds)


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
    return at


@transaction.atomic
def keep_snapshot(
    asked: Asked, *, kind: str, books_state: str, content: dict[str, Any], made_at: datetime, took_ms: int
) -> Snapshot:
    """Keep a report in place of an older answer to the same question; a cache, so nothing else changes."""
    snapshot, _ = Snapshot.objects.update_or_create(
        organisation_id=asked.selection.organisation_id,
        kind=kind,
        as_of=asked.as_of.day,
        known_at=asked.as_of.known_at,
        question=asked.digest,
        defaults={
            "books_state": books_state,
            "fingerprint": reports.fingerprint_of(content),
            "content": content,
            "made_at": made_at,
            "reckoned_ms": took_ms,
        },
    )
    return snapshot


def warm_reports(*, organisation_id: int, today: date, asked_since: datetime) -> int:
    """Reckon again what takes long, was last asked about the organisation lately and is behind the books; how many.

    The questions are those of the whole organisation that readers of the dashboard share. Of large books that nobody
    has asked yet they are reckoned too, so that the first who opens the dashboard does not wait.
    """
    question = Asked(Selection(organisation_id=organisation_id), AsOf(today))
    asked = Snapshot.objects.filter(organisation_id=organisation_id, kind=reports.KPIS, question=question.digest)
    if asked.exists():
        if not asked.filter(reckoned_ms__gte=reports.SLOW_MS, made_at__gte=asked_since).exists():
            return 0
    elif not _is_large(organisation_id):
        return 0
    report = report_kpis(question)
    aged_months(question, sorted({entry.last_date for entry in report.history}))
    return 1
