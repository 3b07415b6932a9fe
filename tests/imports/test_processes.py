"""Imports in processes of their own: killed in the middle, two at once, seen from outside."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection, connections

from encours.access import context
from encours.imports import actions as imports
from encours.imports.models import ImportRun
from encours.invoices.models import Document
from encours.ledger.models import OpenItem
from tests.cast import Company

WORK = """
import sys
from datetime import UTC, date, datetime
from pathlib import Path
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from encours.access import context
from encours.core.actors import Actor
from encours.imports import actions as imports
if sys.argv[4] == "stop":
    from encours.invoices import staged_actions
    def stop(*args, **kwargs):
        print("midway", flush=True)
        import time
        time.sleep(60)
    staged_actions.settle_as_stated = stop
with context.bound(int(sys.argv[2])):
    result = imports.import_files([imports.FileGiven(Path(sys.argv[3]), "i.csv")], organisation_id=int(sys.argv[2]),
        options=imports.Options(), by=Actor(None, "script", "cli"), now=datetime.now(UTC), today=date(2026, 7, 1))
print(result.files[0].created, result.files[0].unchanged, flush=True)
"""


def _start(company: Company, path: Path, *, mode: str = "") -> subprocess.Popen[str]:
    name = str(connections["default"].settings_dict["NAME"])
    words = [sys.executable, "-W", "ignore", "-c", WORK, name, str(company.organisation_id), str(path), mode]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": "src"}
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Three thousand invoices."""
    path = tmp_path / "i.csv"
    rows = [f"A{n},C00{n % 3 + 1},2026-01-05,2026-02-05,100.00,{n % 2 * 100}.00" for n in range(3000)]
    path.write_text("Invoice number,Customer,Date,Due date,Amount,Open amount\n" + "\n".join(rows) + "\n")
    return path


def test_a_killed_import_leaves_nothing_and_the_next_one_does_it_all(committed_company: Company, book: Path) -> None:
    process = _start(committed_company, book, mode="stop")
    assert process.stdout is not None
    assert process.stdout.readline() == "midway\n"
    run = ImportRun.objects.get()
    assert (run.state, run.rows_read > 0, run.progress_percent > 50) == ("running", True, True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not Document.objects.exists()
    assert not OpenItem.objects.exists()
    result = imports.import_files(
        [imports.FileGiven(book, "i.csv")],
        organisation_id=committed_company.organisation_id,
        options=imports.Options(),
        by=committed_company.by,
        now=datetime.now(UTC),
        today=date(2026, 7, 1),
    )
    assert result.files[0].created == 3000
    assert list(ImportRun.objects.order_by("pk").values_list("state", flat=True)) == ["interrupted", "done"]


def test_two_at_once_book_once(committed_company: Company, book: Path) -> None:
    processes = [_start(committed_company, book) for _ in range(2)]
    said = sorted(process.communicate(timeout=120)[0] for process in processes)
    assert said == ["0 3000\n", "3000 0\n"]
    assert OpenItem.objects.filter(kind="invoice").count() == 3000
    assert OpenItem.objects.filter(kind="settled_before").count() == 3
    assert set(ImportRun.objects.values_list("state", flat=True)) == {"done"}


def test_progress_is_seen_from_another_connection(committed_company: Company, book: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("begin")
        cursor.execute(
            "select pg_advisory_xact_lock(hashtext('imports.import'), %s)", [committed_company.organisation_id]
        )

    def bring() -> None:
        try:
            with context.bound(committed_company.organisation_id):
                imports.import_files(
                    [imports.FileGiven(book, "i.csv")],
                    organisation_id=committed_company.organisation_id,
                    options=imports.Options(),
                    by=committed_company.by,
                    now=datetime.now(UTC),
                    today=date(2026, 7, 1),
                )
        finally:
            connection.close()

    thread = threading.Thread(target=bring)
    thread.start()
    for _ in range(100):
        if ImportRun.objects.exists():
            break
        time.sleep(0.1)
    assert ImportRun.objects.get().state == "running"
    with connection.cursor() as cursor:
        cursor.execute("commit")
    thread.join(60)
    assert ImportRun.objects.get().state == "done"
