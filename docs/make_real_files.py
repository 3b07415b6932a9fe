"""Import every FEC and payment history beside the project, each into a database of its own, and tell how it went.

    .venv/bin/python docs/make_real_files.py            writes docs/real-files.md
    .venv/bin/python docs/make_real_files.py --bank     writes its second half alone: what is only read

Only counts and dialects are written down: the files themselves stay where they are.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CORPORA = ROOT.parent / "shared" / "corpora"
PAGE = ROOT / "docs" / "real-files.md"
BANK = "2-bank-statements"
BANK_TITLE = "## Bank files"
BANK_COUNTS = ("files", "refused", "statements", "lines", "payments", "rejected", "pending", "hold", "differ")
BANK_COLUMNS = (
    "source", "format", "files", "refused", "statements", "lines", "payments inside batches", "rejected lines",
    "announced only", "balances hold", "differ",
)  # fmt: skip
BANK_HEAD = f"""{BANK_TITLE}

Statements of banks and of the test suites of other projects, read with nothing told. A statement holds when its opening
balance and lines make its closing balance; those that differ are made up or cut by their publishers, and are imported
with a warning. All of them come in a second time without a change (`tests/imports/test_bank_corpora.py`).

| {" | ".join(BANK_COLUMNS)} |
|{"---|" * len(BANK_COLUMNS)}
"""
INVOICES = "3-einvoices"
INVOICE_COLUMNS = (
    "source", "syntax", "invoices", "refused", "credit notes", "deposits", "with instalments", "without a due date",
    "paid in part before", "net and tax make the total",
)  # fmt: skip
INVOICE_COUNTS = ("files", "refused", "credit_note", "deposit", "parted", "undated", "prepaid", "hold")
INVOICE_HEAD = f"""
## E-invoices

CII, UBL and PDF with either, of public test suites, examples of the French reform among them, read with nothing told
(`tests/imports/test_einvoice_corpora.py`). The same invoice in two syntaxes reads the same. Files of other kinds
(orders, life-cycle messages, e-reporting, fatturaPA, unit tests of rules) are no such invoices and are left out.

| {" | ".join(INVOICE_COLUMNS)} |
|{"---|" * len(INVOICE_COLUMNS)}
"""
FOLDERS = ("5-erp-and-apis/fec", "1-payment-prediction")
COLUMNS = (
    "file", "kind", "how it is written", "rows read", "created", "rejected, and why", "warnings",
    "lettrage groups full / partial", "open items = general ledger", "imported again",
)  # fmt: skip
HEAD = f"""# Real files

Files that nobody here wrote, imported by `encours import` with no mapping, each into an empty data folder.
Made by `docs/make_real_files.py`; only counts and dialects are told.

| {" | ".join(COLUMNS)} |
|{"---|" * len(COLUMNS)}
"""


def files() -> list[Path]:
    """The FEC and payment histories there are."""
    found = [path for folder in FOLDERS for path in sorted((CORPORA / folder).rglob("*"))]
    return [
        path
        for path in found
        if path.suffix in {".txt", ".csv"} and "expected" not in path.name and "testeur" not in path.parts
    ]


def bring_in(path: Path, home: Path) -> dict[str, Any]:
    """One file by the command line, in the data folder given."""
    command = [sys.executable, "-W", "ignore", "-m", "encours.entrypoints.cli.main", "import", "--json", str(path)]
    environment = {**os.environ, "ENCOURS_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if not done.stdout:
        raise RuntimeError(done.stderr)
    return dict(json.loads(done.stdout)["files"][0])


def row(path: Path, home: Path) -> str:
    """One line of the table: the file imported, then imported again."""
    first, again = bring_in(path, home), bring_in(path, home)
    if first["refusal"]:
        return f"| {path.name} | {first['kind']} | | | | {first['refusal']['message']} | | | | |\n"
    form = first["form"]
    written = f"{form['encoding']}, separator {json.dumps(form['separator'])}"
    written += (
        f", {form['columns']} columns" if "columns" in form else f", {len(form['ignored_columns'])} columns unused"
    )
    reasons: dict[str, int] = {}
    for problem in first["rejected"]:
        reasons[problem["code"]] = reasons.get(problem["code"], 0) + 1
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    letters = first["detail"].get("lettrage")
    groups = f"{letters['groups_full']} / {letters['groups_partial']}" if letters else ""
    tie = ""
    if first["tie_out"]:
        ties = ["to the cent" if account_ties(account) else "differs" for account in first["tie_out"]["accounts"]]
        tie = ", ".join(
            f"{account['account']}: {how}" for account, how in zip(first["tie_out"]["accounts"], ties, strict=True)
        )
    same = f"{again['unchanged']} unchanged" if again["created"] + again["changed"] == 0 else "changed the books"
    rejected = f"{first['rejected_count']} {why}".strip()
    return (
        f"| {path.name} | {first['kind']} | {written} | {first['rows_read']} | {first['created']} | {rejected} "
        f"| {first['warning_count']} | {groups} | {tie} | {same} |\n"
    )


def account_ties(account: dict[str, Any]) -> bool:
    """Whether the open items of an account are its balance."""
    return bool(account["open_items"] == account["general_ledger"])


def bank_files() -> list[Path]:
    """The bank statements there are, without licences and expected results."""
    found = (path for path in sorted((CORPORA / BANK).rglob("*")) if path.is_file() and "camt-xsd" not in path.parts)
    left_out = {".json", ".pydata", ".md", ".yml"}
    return [path for path in found if path.suffix not in left_out and not path.name.startswith(("LICENSE", "COPYING"))]


def bank_half() -> str:
    """The table of bank files, a row a source and format, and the files that are refused with their reason."""
    tallies: dict[tuple[str, str], Counter[str]] = {}
    refused: dict[str, list[str]] = {}
    for path in bank_files():
        source = path.relative_to(CORPORA / BANK).parts[1]
        form, tally, why = _read(path)
        tallies.setdefault((source, form), Counter()).update(tally)
        if why:
            refused.setdefault(why, []).append(path.name)
    lines = [BANK_HEAD]
    for (source, form), tally in sorted(tallies.items()):
        cells = [source, form, *(str(tally[name]) for name in BANK_COUNTS)]
        lines.append(f"| {' | '.join(cells)} |\n")
    lines.append("\n| refused, and why | files |\n|---|---|\n")
    lines += [f"| {why} | {', '.join(sorted(names))} |\n" for why, names in sorted(refused.items())]
    return "".join(lines)


def _read(path: Path) -> tuple[str, Counter[str], str]:
    """What one bank file holds: format, counts, and why it is refused."""
    from encours.core.errors import EncoursError
    from encours.imports.formats.bank import files as bank
    from encours.imports.formats.bank import sheet
    from encours.imports.formats.bank.model import Line, Statement
    from encours.imports.formats.opening import open_file

    tally, form = Counter[str](files=1), "none"
    sums: dict[int, list[Any]] = {}
    current: list[Any] = []
    try:
        opened = open_file(path, kind=None)
        form = opened.bank
        if opened.table is not None and opened.columns is not None:
            rows = sheet.read(opened.table, opened.columns, opened.style(), currency="EUR")
        else:
            rows = bank.read(path, form, currency="EUR")
        for found in rows:
            if isinstance(found, Statement):
                current = sums.setdefault(id(found), [found, 0])
            elif isinstance(found, Line):
                current[1] += found.amount_minor
                tally.update(lines=1, payments=len(found.parts))
            else:
                tally["rejected"] += 1
    except EncoursError as error:
        return form, Counter(files=1, refused=1), str(error)
    for statement, total in sums.values():
        tally.update(statements=1, pending=statement.pending)
        if statement.opening_minor is not None and statement.closing_minor is not None:
            tally["hold" if statement.opening_minor + total == statement.closing_minor else "differ"] += 1
    return form, tally, ""


def einvoice_half() -> str:
    """The table of e-invoices, a row a source and syntax, and those that are refused with their reason."""
    from encours.core.errors import EncoursError
    from encours.imports.formats.einvoice import files as einvoice
    from encours.imports.formats.einvoice.model import NoInvoice

    tallies: dict[tuple[str, str], Counter[str]] = {}
    refused: dict[str, list[str]] = {}
    for path in sorted((CORPORA / INVOICES).rglob("*")):
        if path.suffix.lower() not in {".xml", ".pdf"} or not (form := einvoice.recognise(path, is_told=False)):
            continue
        tally = Counter[str](files=1)
        try:
            read = einvoice.read(path, form)
        except NoInvoice:
            continue
        except EncoursError as error:
            tally["refused"] = 1
            refused.setdefault(str(error), []).append(path.name)
        else:
            tally[read.kind] += 1
            tally["parted"] += len(read.instalments) > 1
            tally["undated"] += not read.instalments
            tally["prepaid"] += read.payable != read.gross
            tally["hold"] += read.net is not None and read.tax is not None and read.net + read.tax == read.gross
        source = path.relative_to(CORPORA / INVOICES).parts[1]
        tallies.setdefault((source, form), Counter()).update(tally)
    lines = [INVOICE_HEAD]
    for (source, form), tally in sorted(tallies.items()):
        lines.append(f"| {' | '.join([source, form, *(str(tally[name]) for name in INVOICE_COUNTS)])} |\n")
    lines.append("\n| refused, and why | files |\n|---|---|\n")
    lines += [f"| {why} | {', '.join(sorted(names))} |\n" for why, names in sorted(refused.items())]
    return "".join(lines)


def main() -> int:
    """Import all, write the page."""
    if "--bank" in sys.argv:
        kept = PAGE.read_text().partition(BANK_TITLE)[0]
        PAGE.write_text(kept.rstrip() + "\n\n" + bank_half() + einvoice_half())
        return 0
    found = files()
    if not found:
        sys.stdout.write(f"Nothing under {CORPORA}: the page stays as it is.\n")
        return 0
    lines = []
    for path in found:
        with tempfile.TemporaryDirectory(prefix="encours-real-") as home:
            lines.append(row(path, Path(home)))
            sys.stdout.write(lines[-1])
    PAGE.write_text(HEAD + "".join(lines) + "\n" + bank_half() + einvoice_half())
    return 0


if __name__ == "__main__":
    sys.exit(main())
