"""Invoices from CSV into the books, checks and audit included, beside PostgreSQL's COPY of the same rows."""

import datetime as dt
import resource
from dataclasses import replace
from pathlib import Path

import psycopg

from bench.measure import Book, Figure, seconds

RATIO_MAX = 3.0
CHUNK_BYTES = 1 << 18

# what any table of invoices needs: three unique keys, its customer, its checks, the two lists people look at
TABLES = """
drop schema if exists bench_copy cascade;
create schema bench_copy;
create table bench_copy.customer (
    customer_id int primary key, number text not null unique, name text not null, street text, zip text, city text,
    country text, language text, email text, iban text, payment_days int, dunning_block smallint not null);
create table bench_copy.invoice (
    invoice_id bigint primary key, number text not null unique, reference text not null unique,
    customer_id int not null references bench_copy.customer, kind text not null, invoice_date date not null,
    due_date date not null, currency text not null, net numeric(14,2) not null, tax numeric(14,2) not null,
    gross numeric(14,2) not null, open_amount numeric(14,2) not null, disputed smallint not null,
    dunning_level smallint not null, dunned_on date,
    check (gross = net + tax), check (abs(open_amount) <= abs(gross)));
create index on bench_copy.invoice (customer_id, due_date) include (open_amount) where open_amount <> 0;
create index on bench_copy.invoice (due_date) where open_amount > 0;
"""


def run(book: Book) -> tuple[Book, list[Figure]]:
    """Import the book and leave it in; the figure compares the invoices with their COPY."""
    limit_seconds = copy_seconds(book)
    organisation_id = import_call(book.folder, ("customers.csv",))[0]
    _, ours_seconds = import_call(book.folder, ("invoices.csv",))
    tidy_seconds = tidied()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    empty(book)
    _, all_seconds = import_call(book.folder, ("customers.csv", "invoices.csv", "payments.csv"))
    tidied()
    figure = Figure(
        work="import invoices from CSV, checks and audit included",
        book=f"{book.invoices:,} invoices",
        ours_seconds=ours_seconds,
        limit="COPY into the same keyed and indexed table",
        limit_seconds=limit_seconds,
        ratio_max=RATIO_MAX,
        note=f"client's peak {peak_mb} MB; with customers and allocated payments in one call {all_seconds:.1f} s; "
        f"statistics and indexes put in order afterwards in {tidy_seconds:.1f} s",
    )
    return replace(book, organisation_id=organisation_id), [figure]


def tidied() -> float:
    """What the command does after a large file, once the books are in."""
    from encours.ledger import upkeep

    return seconds(upkeep.tidy, runs=1)


def import_call(folder: Path, names: tuple[str, ...]) -> tuple[int, float]:
    """One call of the importer, as `encours import` makes it: the organisation, and how long it took."""
    from encours.access import context
    from encours.core.actors import Actor
    from encours.imports import actions as imports

    by = Actor(user_id=None, name="bench", channel="cli")
    organisation = imports.prepare_organisation(None, files=[], entity_code=None, by=by)
    now = dt.datetime.now(dt.UTC)

    def call() -> None:
        result = imports.import_files(
            [imports.FileGiven(folder / name, name) for name in names],
            organisation_id=organisation.pk,
            options=imports.Options(indexes_last=True),
            by=by,
            now=now,
            today=now.date(),
        )
        assert not result.is_refused

    with context.bound(organisation.pk):
        return organisation.pk, seconds(call, runs=1)


def empty(book: Book) -> None:
    """Take the measured books out again, as the tables' owner, so that the next parts find each fact once."""
    with psycopg.connect(book.dsn, autocommit=True) as database:
        database.execute(
            """truncate ledger_transaction, ledger_entry, ledger_openitem, ledger_allocation, ledger_allocationleg,
                   invoices_document, payments_receipt, disputes_dispute cascade"""
        )


def copy_seconds(book: Book) -> float:
    """The limit: COPY of the file into an empty keyed table, the median of three."""
    with psycopg.connect(book.dsn) as database:

        def prepare() -> None:
            database.execute(TABLES)
            database.commit()
            copy_file(database, "customer", book.folder / "customers.csv")

        taken = seconds(lambda: copy_file(database, "invoice", book.folder / "invoices.csv"), runs=3, before=prepare)
        database.execute("drop schema bench_copy cascade")
        database.commit()
    return taken


def copy_file(database: psycopg.Connection, table: str, path: Path) -> None:
    """Hand the bytes of a CSV file to COPY."""
    null = {"invoice": "dunned_on", "customer": "payment_days"}[table]
    sql = f"copy bench_copy.{table} from stdin (format csv, header true, force_null ({null}))"
    with database.cursor().copy(sql) as copy, path.open("rb") as file:
        while block := file.read(CHUNK_BYTES):
            copy.write(block)
    database.commit()
