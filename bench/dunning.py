"""A dunning run, decisions stored with their reasons, beside the hand-written SQL that stores who is due."""

import datetime as dt
from pathlib import Path

import psycopg

from bench.measure import Book, Figure, seconds

RATIO_MAX = 5.0
DAYS_LATER = 14

# One table each, the state of the last run on the invoice, one statement: nothing a product needs besides.
TABLES = """
drop schema if exists bench_raw cascade;
create schema bench_raw;
create table bench_raw.customer (
    customer_id int primary key, number text, name text, street text, zip text, city text, country text, language text,
    email text, iban text, payment_days int, dunning_block smallint);
create table bench_raw.invoice (
    invoice_id bigint primary key, number text, reference text, customer_id int not null, kind text, invoice_date date,
    due_date date, currency text, net numeric(14,2), tax numeric(14,2), gross numeric(14,2), open_amount numeric(14,2),
    disputed smallint, dunning_level smallint, dunned_on date);
"""
INDEX = """
create index on bench_raw.invoice (customer_id) where open_amount <> 0;
create index on bench_raw.invoice (due_date) where open_amount > 0;
analyze bench_raw.customer; analyze bench_raw.invoice;
"""
RESET = """
drop table if exists bench_raw.dunning_action, bench_raw.dunning_letter;
create table bench_raw.dunning_letter (
    letter_id bigint generated always as identity primary key, run_on date not null,
    customer_id int not null references bench_raw.customer, level smallint not null, items int not null,
    total numeric(14,2) not null);
create table bench_raw.dunning_action (
    letter_id bigint not null references bench_raw.dunning_letter,
    invoice_id bigint not null references bench_raw.invoice, level smallint not null, days_overdue int not null,
    open_amount numeric(14,2) not null, primary key (letter_id, invoice_id));
"""
BY_HAND = """
with due as (
    select i.invoice_id, i.customer_id, i.open_amount, %(day)s - i.due_date as late,
           least(i.dunning_level + 1, 3)::smallint as level
    from bench_raw.invoice i join bench_raw.customer c using (customer_id)
    where i.open_amount > 0 and i.due_date <= %(day)s - 5 and i.kind = 'invoice' and i.disputed = 0
      and c.dunning_block = 0 and (i.dunned_on is null or i.dunned_on <= %(day)s - 10)),
pick as materialized (select * from due where late >= (array[5, 25, 45])[level]),
letter as (
    insert into bench_raw.dunning_letter (run_on, customer_id, level, items, total)
    select %(day)s, customer_id, max(level), count(*), sum(open_amount) from pick group by customer_id
    returning letter_id, customer_id),
action as (
    insert into bench_raw.dunning_action (letter_id, invoice_id, level, days_overdue, open_amount)
    select l.letter_id, p.invoice_id, p.level, p.late, p.open_amount from pick p join letter l using (customer_id)
    returning invoice_id, level)
update bench_raw.invoice i set dunning_level = a.level, dunned_on = %(day)s from action a
where a.invoice_id = i.invoice_id
"""


def run(book: Book) -> list[Figure]:
    """The first run over a book, and the run two weeks later with the history of the first."""
    from encours.access import context

    day = dt.date.fromisoformat(book.as_of)
    limit = by_hand(book, day)
    if book.organisation_id is None:
        raise RuntimeError("the book is imported first")
    with context.bound(book.organisation_id):
        first, counts = ours(book.organisation_id, day, keeps=True)
        later, counts_later = ours(book.organisation_id, day + dt.timedelta(days=DAYS_LATER), keeps=False)
    size = f"{book.invoices:,} invoices"
    return [
        Figure("dunning run, first", size, first, "hand-written SQL with state", limit, RATIO_MAX, note=told(counts)),
        Figure("dunning run, two weeks later", size, later, "the same", limit, RATIO_MAX, note=told(counts_later)),
    ]


def told(counts: dict[str, int]) -> str:
    """What the run decided, as a note."""
    return ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(counts.items()))


def by_hand(book: Book, day: dt.date) -> float:
    """The median time of the statement on its own tables; nothing of ours is in them."""
    with psycopg.connect(book.dsn) as connection:
        connection.execute(TABLES)
        for table in ("customer", "invoice"):
            copy_in(connection, table, book.folder / f"{table}s.csv")
        connection.execute(INDEX)
        connection.execute(RESET)
        connection.commit()

        def work() -> None:
            connection.execute(BY_HAND, {"day": day})

        taken = seconds(work, before=connection.rollback)
        connection.rollback()
        connection.execute("drop schema bench_raw cascade")
        connection.commit()
        return taken


def copy_in(connection: psycopg.Connection, table: str, path: Path) -> None:
    """The file as it is."""
    with (
        connection.cursor().copy(f"copy bench_raw.{table} from stdin with (format csv, header)") as copy,
        path.open("rb") as file,
    ):
        while block := file.read(1 << 20):
            copy.write(block)


def ours(organisation_id: int, day: dt.date, *, keeps: bool) -> tuple[float, dict[str, int]]:
    """The median time of the decisions of a day; the last one may stay, as the history of the next run."""
    from django.db import transaction

    from encours.collections import actions as collections
    from encours.collections.queries import facts
    from encours.core.actors import Actor
    from encours.core.dates import instant_of

    by = Actor.system("bench")
    calendar = facts.calendar_of(facts.policy_of(organisation_id))
    now = instant_of(day, calendar.opens_at, timezone=calendar.timezone)
    collections.state_bank_date(organisation_id=organisation_id, known=day, today=day, by=by)
    made = {}

    def work() -> None:
        with transaction.atomic():
            run = collections.decide_all(organisation_id=organisation_id, today=day, now=now, by=by)
            made.update(run.counts)
            transaction.set_rollback(True)

    taken = seconds(work)
    if keeps:
        collections.decide_all(organisation_id=organisation_id, today=day, now=now, by=by)
    return taken, made
