"""Bring dropped files into the books while the person who dropped them does something else."""

from datetime import UTC, datetime
from pathlib import Path

from procrastinate.contrib.django import app

from encours.access import context
from encours.access import queries as access
from encours.access.models import Organisation
from encours.core.actors import Actor
from encours.entrypoints.jobs import agreed, figures
from encours.imports import actions as imports
from encours.ledger import upkeep

MATCHED = {"bank", "remittance"}  # what cash application has to look at at once
LARGE_ROWS = 10_000  # from here on statistics and indexes are worth renewing at once, not only at night


@app.task(queue="imports", name="imports.bring_in")
def bring_in(
    *, organisation_id: int, paths: list[str], entity_code: str, is_dry_run: bool, actor_id: int, actor_name: str
) -> None:
    """Import the files of one drop, all in one transaction; each file's run tells what became of it."""
    now = datetime.now(UTC)
    with context.bound(organisation_id):
        result = imports.import_files(
            [imports.FileGiven(Path(path), Path(path).name) for path in paths],
            organisation_id=organisation_id,
            options=imports.Options(entity_code=entity_code or None, is_dry_run=is_dry_run),
            by=Actor(user_id=actor_id, name=actor_name, channel="desk"),
            now=now,
            today=access.business_day(organisation_id, now=now),
        )
        if not is_dry_run:
            agreed.follow_now(Organisation.objects.get(pk=organisation_id), now)
        if not is_dry_run and any(file.kind in MATCHED and file.created for file in result.files):
            app.configure_task("matching.match", queue="matching", lock="matching.run").defer(
                organisation_id=organisation_id
            )
    if sum(file.created for file in result.files) >= LARGE_ROWS and not is_dry_run:
        upkeep.tidy()
        with context.bound(organisation_id):
            figures.refresh(Organisation.objects.get(pk=organisation_id), now)
