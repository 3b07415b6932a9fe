"""The aged balance and the KPIs beside the best hand-written SQL on the same rows in the same server."""

import datetime as dt
from collections.abc import Callable

import psycopg
from django.utils import timezone

from bench.measure import Book, Figure, seconds
from encours.access import context
from encours.analytics import actions
from encours.analytics.queries import ageing, kpis
from encours.ledger import upkeep
from encours.ledger.queries import AsOf, Selection

PAST_DAYS = 180
MONTHS = 13

# the same documents and the same legs as plain tables with the indexes a careful hand would give them
TABLES = """
drop schema if exists bench_raw cascade;
create schema bench_raw;
create table bench_raw.invoice as
    select id as invoice_id, customer_id, item_date as invoice_date, due_date,
           (amount_minor / 100.0)::numeric(14, 2) as gross, (open_minor / 100.0)::numeric(14, 2) as open_amount
    from ledger_openitem where organisation_id = %(organisation)s
      and kind in ('invoice', 'credit_note', 'debit_note', 'deposit');
alter table bench_raw.invoice add primary key (invoice_id);
create index on bench_raw.invoice (customer_id, due_date) include (open_amount) where open_amount <> 0;
create index on bench_raw.invoice (due_date) where open_amount > 0;
create table bench_raw.payment as
    select l.item_id as invoice_id, l.allocation_date as booked_on, (-l.amount_minor / 100.0)::numeric(14, 2) as amount
    from ledger_allocationleg l join bench_raw.invoice i on i.invoice_id = l.item_id
    where l.organisation_id = %(organisation)s;
create index on bench_raw.payment (invoice_id);
"""
AGED = """
select customer_id,
 sum(open_amount) filter (where due_date >= %(d)s) as not_due,
 sum(open_amount) filter (where due_date < %(d)s and due_date >= %(d)s - 30) as d30,
 sum(open_amount) filter (where due_date < %(d)s - 30 and due_date >= %(d)s - 60) as d60,
 sum(open_amount) filter (where due_date < %(d)s - 60 and due_date >= %(d)s - 90) as d90,
 sum(open_amount) filter (where due_date < %(d)s - 90) as older,
 sum(open_amount) as total
from {source} group by customer_id order by customer_id"""
KEPT = "bench_raw.invoice where open_amount <> 0"
PAST = """(select i.customer_id, i.due_date, i.gross - coalesce(p.paid, 0) as open_amount
 from bench_raw.invoice i left join (select invoice_id, sum(amount) as paid from bench_raw.payment
   where booked_on <= %(d)s group by invoice_id) p using (invoice_id)
 where i.invoice_date <= %(d)s) x where open_amount <> 0"""


def run(book: Book) -> list[Figure]:
    """Today and past days by customer, and a year of KPIs."""
    assert book.organisation_id is not None
    today = dt.date.fromisoformat(book.as_of)
    name = f"{book.invoices:,} invoices"
    with psycopg.connect(book.dsn, autocommit=True) as owner:
        for statement in (TABLES % {"organisation": book.organisation_id}).split(";\n"):
            if statement.strip():
                owner.execute(statement)
        owner.execute("vacuum analyze bench_raw.invoice, bench_raw.payment")
        upkeep.tidy()  # as the product does after an import
        with context.bound(book.organisation_id):
            figures = [
                _today(book, owner, name, today),
                *(_past(book, owner, name, today - dt.timedelta(days=days)) for days in (1, PAST_DAYS)),
                _history(book, owner, name, today),
            ]
        owner.execute("drop schema bench_raw cascade")
    return figures


def _by_hand(owner: psycopg.Connection, source: str, day: dt.date) -> Callable[[], object]:
    sql = AGED.format(source=source)
    return lambda: owner.execute(sql, {"d": day}).fetchall()


def _today(book: Book, owner: psycopg.Connection, name: str, today: dt.date) -> Figure:
    chosen = Selection(organisation_id=book.organisation_id or 0)
    from_items = seconds(lambda: ageing.ageing(chosen, AsOf(today)), runs=3)
    # as the job does after an import and each night
    kept = seconds(
        lambda: actions.refresh_standings(organisation_id=chosen.organisation_id, today=today),
        runs=1,
    )
    return Figure(
        work="aged balance by customer, today",
        book=name,
        ours_seconds=seconds(lambda: ageing.ageing(chosen, AsOf(today)), runs=5),
        limit="hand-written SQL, balance kept on the row",
        limit_seconds=seconds(_by_hand(owner, KEPT, today), runs=5),
        ratio_max=1.5,
        note=f"with names, from the standings a job keeps (reckoned in {kept:.1f} s); from items {from_items:.3f} s",
    )


def _past(book: Book, owner: psycopg.Connection, name: str, day: dt.date) -> Figure:
    chosen = Selection(organisation_id=book.organisation_id or 0)
    known_at = timezone.now()
    return Figure(
        work=f"aged balance by customer as of {day.isoformat()}, as known at an instant",
        book=name,
        ours_seconds=seconds(lambda: ageing.ageing(chosen, AsOf(day, known_at)), runs=5),
        limit="hand-written SQL, from invoices and allocations",
        limit_seconds=seconds(_by_hand(owner, PAST, day), runs=3),
        ratio_max=1.0,
    )


def _history(book: Book, owner: psycopg.Connection, name: str, today: dt.date) -> Figure:
    chosen = Selection(organisation_id=book.organisation_id or 0)
    days = [today - dt.timedelta(days=30 * index) for index in range(MONTHS)]
    by_hand = [_by_hand(owner, PAST, day) for day in days]
    return Figure(
        work=f"all KPIs of {MONTHS} month ends",
        book=name,
        ours_seconds=seconds(lambda: kpis.history(chosen, AsOf(today), count=MONTHS), runs=1),
        limit=f"the aged balance alone by hand, {MONTHS} times",
        limit_seconds=seconds(lambda: [ask() for ask in by_hand], runs=1),
        ratio_max=1.0,
    )
