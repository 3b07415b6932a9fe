"""The watched folder: files that a bank, an ERP or a script drops beside the product are imported by themselves."""

import json
import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from procrastinate.contrib.django import app

from encours.access import context
from encours.access.models import Entity, Organisation
from encours.core.actors import Actor
from encours.core.dates import business_date
from encours.core.errors import jsonable
from encours.entrypoints.jobs.imports import MATCHED
from encours.imports import actions as imports
from encours.imports.actions.results import FileResult

QUIET_SECONDS = 20  # a file still being copied grows
FILES_MAX = 50  # what is left waits for the next minute
_REPORT_ENDING = ".report.json"

log = logging.getLogger(__name__)


def folder_of(slug: str) -> Path:
    """Where an organisation's files are dropped: inbox/<organisation> in the data folder, or under INBOX_FOLDER."""
    return Path(settings.INBOX_FOLDER) / slug


@app.periodic(cron="* * * * *")
@app.task(queue="imports", name="imports.watch", queueing_lock="imports.watch", lock="imports.watch")
def watch(timestamp: int) -> None:
    """Import what lies in each organisation's folder, and move it to done or refused beside its report."""
    now = datetime.fromtimestamp(timestamp, UTC)
    for organisation in Organisation.objects.order_by("pk"):
        folder = folder_of(organisation.slug)
        if folder.is_dir():
            take_in(folder, organisation=organisation, now=now)


def take_in(folder: Path, *, organisation: Organisation, now: datetime) -> int:
    """Import the files of one folder, each in a transaction of its own; how many. Unfinished copies are left."""
    waiting = sorted(path for path in folder.iterdir() if _is_ready(path, now))[:FILES_MAX]
    kinds: set[str] = set()
    with context.bound(organisation.pk):
        zones = Entity.objects.filter(organisation_id=organisation.pk).order_by("pk").values_list("timezone", flat=True)
        today = business_date(now, timezone=zones.first() or "Europe/Paris")
        for path in waiting:
            result = imports.import_files(
                [imports.FileGiven(path, path.name)],
                organisation_id=organisation.pk,
                options=imports.Options(),
                by=Actor.system("inbox"),
                now=now,
                today=today,
            ).files[0]
            _put_away(path, result, now)
            kinds |= {result.kind} if result.created else set()
        if kinds & MATCHED:
            app.configure_task("matching.match", queue="matching", lock="matching.run").defer(
                organisation_id=organisation.pk
            )
    return len(waiting)


def _is_ready(path: Path, now: datetime) -> bool:
    if not path.is_file() or path.name.startswith(".") or path.name.endswith((".part", ".tmp", _REPORT_ENDING)):
        return False
    return now - datetime.fromtimestamp(path.stat().st_mtime, UTC) >= timedelta(seconds=QUIET_SECONDS)


def _put_away(path: Path, result: FileResult, now: datetime) -> None:
    """Move the file to done or refused, with what became of it in a file beside it; an equal name is kept apart."""
    target = path.parent / ("refused" if result.refusal else "done")
    target.mkdir(exist_ok=True)
    kept = target / path.name
    if kept.exists():
        kept = target / f"{now:%Y%m%d-%H%M%S}-{path.name}"
    shutil.move(str(path), kept)
    report = {
        "file": path.name,
        "kind": result.kind,
        "run": result.run_id,
        "refusal": result.refusal.as_json() if result.refusal else None,
        "rows_read": result.rows_read,
        "created": result.created,
        "changed": result.changed,
        "unchanged": result.unchanged,
        "rejected": [
            {"line": one.line, "field": one.field, "value": one.value, "reason": one.sentence, "remedy": one.remedy}
            for one in [*result.rejected[:1000], *result.warnings[:1000]]
        ],
    }
    text = json.dumps(jsonable(report), ensure_ascii=False, indent=2)
    kept.with_name(f"{kept.name}{_REPORT_ENDING}").write_text(text, encoding="utf-8")
    if result.refusal is not None:
        log.warning("inbox: %s was refused: %s", path.name, result.refusal)
