"""Cash application: share applied alone, precision, what is found by case, and speed beside lxml's parse of the file.

    python -m bench.matching [--book DIR] [--lines N] [--seed N]     the tables
    python -m bench.matching --calibrate                             how often each kind of evidence was wrong

Scored by the truth that generated books bring: a line is right when its items and the money on each are those of the
truth. Books are of several manners (bench/make_bank.py) and, with --book, anybody's. The floors of error in
`matching.rules.evidence` are judgements checked with seeds 1 to 4; what is reported uses seed 101 and above.
"""

import argparse
import csv
import datetime as dt
import gc
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from bench import commands, make_bank
from bench.measure import Book as BenchBook
from bench.measure import Figure
from encours.matching.rules.book import Book
from encours.matching.rules.facts import Candidate, CustomerFacts, Line, Outcome, Policy, Status
from encours.matching.rules.run import match

RATIO_MAX = 5.0  # parse, match and write together; here only what proposing takes of it
SEED = 101
SPEED_LINES = 83_000  # 250,000 open items
CALIBRATION_SEEDS = range(1, 5)
NOTHING_TO_PAY = {"unrelated", "settled", "prepaid", "unrel"}  # of no open item: not counted in the share
PEER = "Tryton 8.2 (1,000 lines of such a book, statement rules by number): 58.0 % right, 9.2 % wrong, 8 lines/s"
ENTRY_FIELDS = ("CdtDbtInd", "NtryRef", "Amt", "BookgDt/Dt")
DETAIL_FIELDS = ("RltdPties/Dbtr/Pty/Nm", "RltdPties/DbtrAcct/Id/IBAN", "RmtInf/Strd/CdtrRefInf/Ref")
NAMESPACE = re.compile(r"\{.*\}")


@dataclass
class Score:
    """What became of the lines of one case."""

    lines: int = 0
    alone: int = 0
    wrong: int = 0
    first_right: int = 0  # proposed, and the first proposal is right


@dataclass
class Result:
    """One book, matched."""

    name: str
    items: int
    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    by_evidence: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    exact_only: Score = field(default_factory=Score)
    last_day: str = ""
    parse_seconds: float = 0.0
    index_seconds: float = 0.0
    match_seconds: float = 0.0

    @property
    def lines(self) -> int:
        return sum(one.lines for one in self.scores.values())

    @property
    def payable(self) -> int:
        return sum(one.lines for case, one in self.scores.items() if case not in NOTHING_TO_PAY)

    @property
    def share(self) -> float:
        alone = sum(one.alone for case, one in self.scores.items() if case not in NOTHING_TO_PAY)
        return 100 * alone / max(1, self.payable)

    @property
    def precision(self) -> float:
        alone = sum(one.alone for one in self.scores.values())
        return 100 * (1 - sum(one.wrong for one in self.scores.values()) / max(1, alone))


def minor(text: str) -> int:
    """Cents of a decimal string."""
    whole, _, part = text.lstrip("-").partition(".")
    return (-1 if text.startswith("-") else 1) * (int(whole) * 100 + int((part + "00")[:2]))


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file by their headers."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def read_items(folder: Path) -> list[Candidate]:
    """The open documents."""
    days: dict[str, dt.date] = {}

    def day(text: str) -> dt.date:
        if text not in days:
            days[text] = dt.date.fromisoformat(text)
        return days[text]

    return [
        Candidate(
            int(row["invoice_id"]), int(row["customer_id"]), row["number"], row["kind"], day(row["invoice_date"]),
            day(row["due_date"]), row["currency"], minor(row["gross"]), minor(row["open_amount"]), row["reference"],
        )
        for row in rows(folder / "invoices.csv")
        if minor(row["open_amount"])
    ]  # fmt: skip


def read_customers(folder: Path) -> list[CustomerFacts]:
    """The customers."""
    return [
        CustomerFacts(
            int(row["customer_id"]), row["number"], row["name"], (row["iban"],) if row["iban"] else (),
            parent_id=int(row.get("parent_id") or 0), city=row.get("city", ""),
        )
        for row in rows(folder / "customers.csv")
    ]  # fmt: skip


def entries(path: Path) -> Iterator[dict[str, str]]:
    """The fields of each entry of a camt.053 file by their names, in one walk."""
    wanted = {"NtryRef", "Amt", "CdtDbtInd", "Nm", "IBAN", "Ustrd", "Ref", "EndToEndId", "Dt"}
    for _, entry in etree.iterparse(path, tag="{*}Ntry"):
        found: dict[str, str] = {}
        for node in entry.iter():
            name = NAMESPACE.sub("", node.tag)
            if name in wanted and node.text and node.text.strip():
                found[name] = f"{found[name]}\n{node.text}" if name == "Ustrd" and name in found else node.text
        yield found
        entry.clear()
        while entry.getprevious() is not None:
            del entry.getparent()[0]


def parsed(path: Path) -> int:
    """The limit: lxml reads, of each entry, the fields that a matcher needs, each by its path; how many entries."""
    count = 0
    with path.open("rb") as file:
        _, root = next(etree.iterparse(file, events=("start",)))
    space = root.tag[: root.tag.index("}") + 1]

    def written(place: str) -> str:
        return "/".join(space + step for step in place.split("/"))

    of_entry, of_detail = [*map(written, ENTRY_FIELDS)], [*map(written, DETAIL_FIELDS)]
    details, texts = written("NtryDtls/TxDtls"), written("RmtInf/Ustrd")
    for _, entry in etree.iterparse(path, tag=f"{space}Ntry"):
        for place in of_entry:
            entry.findtext(place)
        detail = entry.find(details)
        if detail is not None:
            for place in of_detail:
                detail.findtext(place)
            "".join(one.text or "" for one in detail.findall(texts))
        count += 1
        entry.clear()
        while entry.getprevious() is not None:
            del entry.getparent()[0]
    return count


def read_lines(path: Path) -> list[Line]:
    """The lines as the engine takes them."""
    return [
        Line(
            one["NtryRef"], dt.date.fromisoformat(one["Dt"]), "EUR",
            minor(one["Amt"]) * (1 if one["CdtDbtInd"] == "CRDT" else -1), one["NtryRef"], one.get("Nm", ""),
            one.get("IBAN", ""), "", one.get("Ustrd", ""), one.get("Ref", ""),
            "" if one.get("EndToEndId") == "NOTPROVIDED" else one.get("EndToEndId", ""),
        )
        for one in entries(path)
    ]  # fmt: skip


def read_truth(folder: Path) -> dict[str, tuple[str, dict[int, int]]]:
    """What each entry pays: its case and {item: money}."""
    found: dict[str, tuple[str, dict[int, int]]] = {}
    for row in rows(folder / "truth.csv"):
        _, pays = found.setdefault(row["entry_ref"], (row["case"], {}))
        if row["invoice_id"]:
            item_id = int(row["invoice_id"])
            pays[item_id] = pays.get(item_id, 0) + minor(row["amount"])
    return found


def matched(folder: Path, *, name: str, policy: Policy | None = None) -> Result:
    """Match one book and score it."""
    items, customers, truth = read_items(folder), read_customers(folder), read_truth(folder)
    bank = folder / "bank.camt053.xml"
    result = Result(name, len(items))
    start = time.perf_counter()
    parsed(bank)
    result.parse_seconds = time.perf_counter() - start
    lines = read_lines(bank)
    result.last_day = max(line.booking_date for line in lines).isoformat()
    gc.collect()
    gc.freeze()
    start = time.perf_counter()
    book = Book(items=items, customers=customers, policy=policy)
    result.index_seconds = time.perf_counter() - start
    start = time.perf_counter()
    outcomes = match(lines, book, today=lines[0].booking_date)
    result.match_seconds = time.perf_counter() - start
    gc.unfreeze()
    for line, outcome in zip(lines, outcomes, strict=True):
        case, pays = truth[line.entry_reference]
        _score(result, case, outcome, pays)
    _exact_only(result, items, lines, truth)
    return result


def _score(result: Result, case: str, outcome: Outcome, pays: dict[int, int]) -> None:
    score = result.scores[case]
    score.lines += 1
    best = outcome.best
    is_right = best is not None and {one.item_id: one.amount_minor for one in best.allocations} == pays
    if outcome.status == Status.APPLIED:
        score.alone += 1
        score.wrong += not is_right
    elif pays and is_right:
        score.first_right += 1
    if best is not None and outcome.status == Status.APPLIED:
        for part in best.signature.split("/"):
            result.by_evidence[part]["right" if is_right else "wrong"] += 1


def _exact_only(
    result: Result, items: list[Candidate], lines: list[Line], truth: dict[str, tuple[str, dict[int, int]]]
) -> None:
    """What the plainest matcher gets: the whole number or the reference as written, and its amount to the cent."""
    known = {key: item for item in items for key in (item.document_number, item.reference) if key}
    for line in lines:
        words = [line.structured_reference, *re.split(r"[\s,;]+", line.text)]
        item = next((known[word] for word in words if word in known), None)
        if item is not None and item.open_minor == line.amount_minor:
            result.exact_only.alone += 1
            result.exact_only.wrong += truth[line.entry_reference][1] != {item.item_id: line.amount_minor}


def table(results: list[Result]) -> str:
    """The table of all books, and the one of all cases."""
    head = [
        "| book | lines | open items | applied alone | precision | exact reference only | us a line | x lxml's parse |",
        "|---|---|---|---|---|---|---|---|",
    ]
    body = [
        f"| {one.name} | {one.lines:,} | {one.items:,} | {one.share:.1f} % | {one.precision:.3f} % "
        f"| {100 * one.exact_only.alone / max(1, one.payable):.1f} % "
        f"| {1e6 * one.match_seconds / one.lines:.0f} | {one.match_seconds / one.parse_seconds:.2f} |"
        for one in results
    ]
    cases: dict[str, Score] = defaultdict(Score)
    for result in results:
        for case, score in result.scores.items():
            for name in ("lines", "alone", "wrong", "first_right"):
                setattr(cases[case], name, getattr(cases[case], name) + getattr(score, name))
    by_case = ["", "| case | lines | applied alone | of them wrong | else proposed first |", "|---|---|---|---|---|"]
    by_case += [
        f"| {case} | {one.lines:,} | {100 * one.alone / one.lines:.1f} % | {one.wrong} "
        f"| {100 * one.first_right / one.lines:.1f} % |"
        for case, one in sorted(cases.items(), key=lambda pair: -pair[1].lines)
    ]
    return "\n".join([*head, *body, *by_case, "", f"Beside: {PEER}."])


def made(folder: Path, *, lines: int, seed: int, manners: list[str] | None = None) -> list[Result]:
    """Books of all manners, made and matched one after the other."""
    results = []
    for manner in manners or list(make_bank.MANNERS):
        place = folder / f"{manner}-{seed}"
        make_bank.make(place, manner_name=manner, lines=lines, seed=seed)
        results.append(matched(place, name=manner))
    return results


def run(book: BenchBook) -> list[Figure]:
    """For `make bench`: the quality of all manners, and the speed of a large book or of the one given."""
    with tempfile.TemporaryDirectory(prefix="encours-bank-") as folder:
        results = made(Path(folder), lines=4_000, seed=SEED)
        source = book.folder
        if (source / "bank.camt053.xml").exists():
            large = matched(source, name="the book given")
        else:
            large = made(Path(folder), lines=SPEED_LINES, seed=SEED + 1, manners=["french"])[0]
            large.name, source = "french, large", Path(folder) / f"french-{SEED + 1}"
        whole = commands.measured(
            source,
            lines=large.lines,
            items=large.items,
            last_day=large.last_day,
            parse=lambda: parsed(source / "bank.camt053.xml"),
        )
    results.append(large)
    print(table(results), flush=True)
    lowest = min(one.precision for one in results)
    return [
        Figure(
            work="cash application: all lines proposed and resolved",
            book=f"{large.lines:,} bank lines, {large.items:,} open items",
            ours_seconds=large.index_seconds + large.match_seconds,
            limit="lxml reads the fields of the camt.053 file",
            limit_seconds=large.parse_seconds,
            ratio_max=RATIO_MAX,
            note=f"applied alone {large.share:.1f} % at {large.precision:.3f} %; lowest precision of "
            f"{len(results)} books {lowest:.3f} %",
        ),
        *whole,
    ]


def calibrate(folder: Path, lines: int) -> None:
    """How often each part of the evidence was right and wrong when taken for sure: what the floors are made of."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for seed in CALIBRATION_SEEDS:
        for result in made(folder, lines=lines, seed=seed):
            for part, found in result.by_evidence.items():
                counts[part] += found
    for part, found in sorted(counts.items(), key=lambda pair: -sum(pair[1].values())):
        total = sum(found.values())
        print(f"{part:20} {total:8,} taken  {found['wrong']:4} wrong  {1e6 * found['wrong'] / total:8.0f} of a million")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(prog="bench.matching", description=__doc__.splitlines()[0])
    parser.add_argument("--book", type=Path)
    parser.add_argument("--lines", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--calibrate", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="encours-bank-") as folder:
        if arguments.calibrate:
            calibrate(Path(folder), arguments.lines)
        elif arguments.book:
            print(table([matched(arguments.book, name=arguments.book.name)]))
        else:
            print(table(made(Path(folder), lines=arguments.lines, seed=arguments.seed)))


if __name__ == "__main__":
    main()
