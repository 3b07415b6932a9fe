"""The commands of cash application from start to end, in an own data folder, beside lxml's parse of the same file.

    python -m bench.commands --book DIR        DIR has customers.csv, invoices.csv, payments.csv, bank.camt053.xml

What a person waits for: the program starts, the embedded server starts, the work is done, everything is told, the
server is stopped with all of it on disk.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Figure, seconds

RATIO_MAX = 5.0  # lines on their invoices, of the time that lxml needs
BOOKS = ("customers.csv", "invoices.csv", "payments.csv")


@dataclass(frozen=True)
class Timed:
    """One command: seconds of the clock, and of all processors together."""

    wall: float
    processor: float


def timed(home: Path, *words: str) -> Timed:
    """Run `encours` with its data in `home`; what it prints goes to a file there."""
    environment = {**os.environ, "ENCOURS_HOME": str(home)}
    environment.pop("DATABASE_URL", None)
    command = [str(Path(sys.executable).with_name("encours")), *words]
    before, start = os.times(), time.perf_counter()
    with (home / "told.json").open("wb") as out:
        subprocess.run(command, env=environment, stdout=out, check=True)
    wall, after = time.perf_counter() - start, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Timed(wall, used)


def measured(folder: Path, *, lines: int, items: int, last_day: str, parse: Callable[[], object]) -> list[Figure]:
    """Import the books, then the bank file, then match: the last two are the figures."""
    bank = folder / "bank.camt053.xml"
    with tempfile.TemporaryDirectory(prefix="encours-commands-") as home:
        place = Path(home)
        timed(place, "import", *(str(folder / name) for name in BOOKS if (folder / name).exists()), "--json")
        before = seconds(parse, runs=1)
        imported = timed(place, "import", str(bank), "--json")
        between = seconds(parse, runs=1)
        matched = timed(place, "match", "--as-of", last_day, "--json")
        after = seconds(parse, runs=1)
    limit = (before + between + after) / 3
    book = f"{lines:,} bank lines, {items:,} open items"
    both = (imported.wall + matched.wall) / limit

    def beside_lxml(work: str, taken: Timed, more: str = "") -> Figure:
        return Figure(
            work=f"{work}, start to end",
            book=book,
            ours_seconds=taken.wall,
            limit="lxml reads the fields of the camt.053 file",
            limit_seconds=limit,
            ratio_max=RATIO_MAX,
            note=f"{taken.processor:.1f} s of it on the client's processors{more}",
        )

    return [
        beside_lxml("cash application: `encours match --json`", matched),
        beside_lxml("bank file in: `encours import`", imported, f"; with the match {both:.1f} times the parse"),
    ]


def main() -> None:
    """Print the figures of a book."""
    from bench import __main__ as table
    from bench.matching import parsed, read_items, read_lines

    parser = argparse.ArgumentParser(prog="bench.commands", description=__doc__.splitlines()[0])
    parser.add_argument("--book", type=Path, required=True)
    folder = parser.parse_args().book
    lines = read_lines(folder / "bank.camt053.xml")
    figures = measured(
        folder,
        lines=len(lines),
        items=len(read_items(folder)),
        last_day=max(line.booking_date for line in lines).isoformat(),
        parse=lambda: parsed(folder / "bank.camt053.xml"),
    )
    for figure in figures:
        print(table.line(figure))


if __name__ == "__main__":
    main()
