"""The watched folder: files that a bank, an ERP or a script drops beside the product are imported by themselves."""

import json
import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from procrastinate.contrib.django import app

from encours.access import context
from encours.access import queries as access
from encours.access.models import Entity, Organisation
from encours.core.actors import Actor
from encours.core.errors import jsonable
from encours.entrypoints.jobs.imports import MATCHED
from encours.imports import actions as imports
from encours.imports.actions.results import FileResult

QUIET_SECONDS = 20  # a file still being copied grows
FILES_MAX = 50  # what is left waits for the next minute
KEPT_APART = ("done", "refused")
_REPORT_ENDING = ".report.json"

log = logging.getLogger(__name__)


def folder_of(slug: str) -> Path:
    """Where an organisation's files are dropped: inbox/<organisation> in the data folder, or under INBOX_FOLDER."""
    return Path(settings.INBOX_FOLDER) / slug


@app.periodic(cron="* * * * *")
@app.task(queue="imports", name="imports.watch", queueing_lock="imports.watch", lock="imports.watch")
def watch(timestamp: int) -> None:
    """Import what lies in each organisation's folder, and move it to done or refused beside its report.

    A folder below it that bears a company's number is for files that do not say whose books they are.
    """
    now = datetime.fromtimestamp(timestamp, UTC)
    for organisation in Organisation.objects.order_by("pk"):
        folder = folder_of(organisation.slug)
        if not folder.is_dir():
            continue
        take_in(folder, organisation=organisation, now=now)
        with context.bound(organisation.pk):
            codes = list(Entity.objects.filter(organisation=organisation).order_by("pk").values_list("code", flat=True))
        for code in codes:
            if code not in KEPT_APART and (folder / code).is_dir():
                take_in(folder / code, organisation=organisation, now=now, entity_code=code)


def take_in(folder: Path, *, organisation: Organisation, now: datetime, entity_code: str | None = None) -> int:
    """Import the files of one folder, each in a transaction of its own; how many. Unfinished copies are left.

    A file that makes the import fail is put with the refused ones, so that it holds up no other; the failure is raised
    once the others are in.
    """
    waiting = sorted(path for path in folder.iterdir() if _is_ready(path, now))[:FILES_MAX]
    kinds: set[str] = set()
    with context.bound(organisation.pk):
        today = access.business_day(organisation.pk, now=now)
        failure: Exception | None = None
        for path in waiting:
            try:
                result = imports.import_files(
                    [imports.FileGiven(path, path.name)],
                    organisation_id=organisation.pk,
                    options=imports.Options(entity_code=entity_code),
                    by=Actor.system("inbox"),
                    now=now,
                    today=today,
                ).files[0]
            except (OSError, OperationalError, InterfaceError):
                raise  # the disk or the database: the file is taken again in a minute
            except Exception as error:
                log.exception("inbox: %s made the import fail", path.name)
                failure = failure or error
                _move(path, "refused", now, {"file": path.name, "refusal": {"code": "failed", "message": str(error)}})
                continue
            _put_away(path, result, now)
            kinds |= {result.kind} if result.created else set()
        if kinds & MATCHED:
            app.configure_task("matching.match", queue="matching", lock="matching.run").defer(
                organisation_id=organisation.pk
            )
        if failure is not None:
            raise failure
    return len(waiting)


def _is_ready(path: Path, now: datetime) -> bool:
    if not path.is_file() or path.name.startswith(".") or path.name.endswith((".part", ".tmp", _REPORT_ENDING)):
        return False
    return now - datetime.fromtimestamp(path.stat().st_mtime, UTC) >= timedelta(seconds=QUIET_SECONDS)


def _put_away(path: Path, result: FileResult, now: datetime) -> None:
    """Move the file to done or refused, with what became of it in a file beside it; an equal name is kept apart."""
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
    _move(path, "refused" if result.refusal else "done", now, report)
    if result.refusal is not None:
        log.warning("inbox: %s was refused: %s", path.name, result.refusal)


def _move(path: Path, place: str, now: datetime, report: dict[str, Any]) -> None:
    target = path.parent / place
    target.mkdir(exist_ok=True)
    kept = target / path.name
    if kept.exists():
        kept = target / f"{now:%Y%m%d-%H%M%S}-{path.name}"
    shutil.move(str(path), kept)
    text = json.dumps(jsonable(report), ensure_ascii=False, indent=2)
    kept.with_name(f"{kept.name}{_REPORT_ENDING}").write_text(text, encoding="utf-8")
