"""`make bench`: import, ageing, dunning, pages and mail on one large book; prints a table and keeps it in docs."""

import argparse
import datetime as dt
import importlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
# in this order: the first fills the database that the others read
PARTS = ("importing", "ageing", "dunning", "pages", "mailing", "understanding", "matching")
INVOICES_A_CUSTOMER = 20


def main() -> int:
    """Make or take a book, run the parts asked for, print and keep the table."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--book", type=Path, help="a folder with customers.csv, invoices.csv, payments.csv, meta.json")
    parser.add_argument("--invoices", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--keep", action="store_true", help="write docs/benchmarks.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="encours-bench-") as folder:
        os.environ["ENCOURS_HOME"] = str(Path(folder) / "home")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        figures = run(arguments, Path(folder))
    table = as_markdown(figures)
    print(table)
    if arguments.keep:
        PAGE.write_text(table)
    return 0


def run(arguments: argparse.Namespace, folder: Path) -> list:
    """Every part in turn on the same book and database."""
    from encours.entrypoints.cli.main import set_up

    set_up(as_owner=False, command="bench")
    from django.conf import settings

    from bench.measure import Book

    source = arguments.book or make_book(folder / "book", arguments.invoices)
    meta = json.loads((source / "meta.json").read_text())
    book = Book(folder=source, dsn=settings.DATABASE_ADDRESS, invoices=meta["invoices"], as_of=meta["as_of"])
    figures = []
    for name in PARTS:
        part = importlib.import_module(f"bench.{name}")
        if name == "importing":
            book, found = part.run(book)
            book = replace(book, organisation_id=book.organisation_id)
        elif name in arguments.only:
            found = part.run(book)
        else:
            continue
        figures += found
        for figure in found:
            print(line(figure), flush=True)
    return figures


def make_book(folder: Path, invoices: int) -> Path:
    """A book of our own making, the same for the same size."""
    print(f"Making a book of {invoices:,} invoices ...", flush=True)
    customers = max(1, invoices // INVOICES_A_CUSTOMER)
    subprocess.run(
        [
            sys.executable,
            str(ROOT / "bench" / "make_book.py"),
            "--out",
            str(folder),
            "--invoices",
            str(invoices),
            "--customers",
            str(customers),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder


def line(figure) -> str:
    """One row of the table."""
    reached = "yes" if figure.is_reached else "**no**"
    return (
        f"| {figure.work} | {figure.book} | {figure.ours_seconds:.3f} s | {figure.limit}: {figure.limit_seconds:.3f} s "
        f"| {figure.ratio:.2f} | {figure.ratio_max:.2f} | {reached} | {figure.note} |"
    )


def as_markdown(figures: list) -> str:
    """The whole page: machine, day, table."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**3
    head = [
        "# Benchmarks",
        "",
        f"Taken on {dt.date.today().isoformat()} by `make bench`: {os.cpu_count()} cores ({platform.machine()}), "
        f"{memory} GiB, {platform.system()}, Python {platform.python_version()}, embedded PostgreSQL 18.",
        "",
        "A ratio is ours divided by the limit, both taken in this run on the same rows; smaller is better.",
        "",
        "| work | book | ours | limit | ratio | to reach | reached | note |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *(line(figure) for figure in figures), ""])


if __name__ == "__main__":
    sys.exit(main())
