"""Import every FEC and payment history beside the project, each into a database of its own, and tell how it went.

    .venv/bin/python docs/make_real_files.py            writes docs/real-files.md

Only counts and dialects are written down: the files themselves stay where they are.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CORPORA = ROOT.parent / "shared" / "corpora"
PAGE = ROOT / "docs" / "real-files.md"
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


def main() -> int:
    """Import all, write the page."""
    found = files()
    if not found:
        sys.stdout.write(f"Nothing under {CORPORA}: the page stays as it is.\n")
        return 0
    lines = []
    for path in found:
        with tempfile.TemporaryDirectory(prefix="encours-real-") as home:
            lines.append(row(path, Path(home)))
            sys.stdout.write(lines[-1])
    PAGE.write_text(HEAD + "".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
