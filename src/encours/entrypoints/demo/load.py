"""Load the invented company: its books through the importers, its last weeks by replay, today's run at the end."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from encours.access import context
from encours.access.models import Organisation
from encours.core.dates import instant_of
from encours.core.errors import Refused, gettext_noop
from encours.entrypoints import formats
from encours.entrypoints.demo import applying, files, papers, people, replay, scenes
from encours.entrypoints.demo import company as companies
from encours.entrypoints.demo.applying import Desk
from encours.entrypoints.demo.behaviour import FRANCE
from encours.entrypoints.demo.book import Book, book_of
from encours.entrypoints.demo.casting import Scene
from encours.entrypoints.demo.company import Company
from encours.entrypoints.demo.replay import Stage
from encours.imports import actions as imports
from encours.ledger import upkeep

MARK = "loaded.json"
_EXPORTED_AT = dt.time(6, 12)
type Say = Callable[[str], None]


class DemoRowsRejected(Refused):
    """The importers refuse a row of the demo's own files: generator and importers disagree."""

    message = gettext_noop("The demo's file {file} was not taken whole: {reasons}.")


def loaded_on(folder: Path) -> dt.date | None:
    """The day the demo in this folder was loaded for, when that came to its end."""
    mark = folder / MARK
    if not mark.exists() or not Organisation.objects.filter(name=people.GROUP).exists():
        return None
    return dt.date.fromisoformat(json.loads(mark.read_text())["today"])


def load(folder: Path, *, today: dt.date, now: dt.datetime, say: Say) -> None:
    """Make the whole demo; the mark in the folder is written last, so that an interrupted load is known."""
    folder.mkdir(parents=True, exist_ok=True)
    say(_("Inventing the company and its books"))
    book = book_of(today)
    made = companies.make(now=now)
    with context.bound(made.organisation_id):
        _fill(made, book, folder, now=now, say=say)
    (folder / MARK).write_text(json.dumps({"today": today.isoformat(), "organisation": made.organisation_id}))


def _fill(made: Company, book: Book, folder: Path, *, now: dt.datetime, say: Say) -> None:
    start = replay.first_day(book.today)
    language = formats.known_language(get_language())
    told = _("Importing {customers} customers, {invoices} invoices and credit notes, {receipts} payments")
    counts = {"customers": book.customers, "invoices": book.documents, "receipts": book.cash.receipts}
    say(told.format(**{name: formats.number(len(rows), language=language) for name, rows in counts.items()}))
    _import(made, files.write_customers(book, folder), code=None, day=start, now=_morning(start))
    stage = Stage(made, book, companies.assign_customers(made, book), now)
    desk = applying.Desk(stage, start, companies.ibans(made))
    _bring_in(desk, folder, start=dt.date.min, end=start)
    # what was analysed while it was empty misleads the planner until the database looks again
    upkeep.tidy()
    applying.set_rules(desk)
    companies.set_rules(
        made,
        by_paper=[stage.customer_ids[one.number] for one in book.customers if not one.email],
        now=_morning(start),
        bank_known=FRANCE.previous_business_day(start),
    )
    say(_("Living through the last {count} weeks: reminders, promises, disputes").format(count=replay.WEEKS))
    scene = scenes.scene_of(stage)
    scenes.begin(scene, day=start)
    replay.live_before(stage, until=start)
    scenes.play(scene, start=dt.date.min, end=start)
    for day in replay.run_days(book.today):
        _live_until(desk, folder, start=start, end=day)
        scenes.play(scene, start=start, end=day)
        scenes.wake(scene, day=day)
        replay.remind(stage, day=day)
        start = day
    say(_("Taking today's decisions"))
    _live_until(desk, folder, start=start, end=book.today)
    scenes.play(scene, start=start, end=book.today)
    _bring_copies(desk, scene, folder)
    scenes.play_today(scene)
    replay.remind_now(stage)


def _live_until(desk: Desk, folder: Path, *, start: dt.date, end: dt.date) -> None:
    _bring_in(desk, folder, start=start, end=end)
    applying.bring_in(desk, folder, start=start, end=end)
    replay.live_days(desk.stage, start=start, end=end)


def _bring_in(desk: Desk, folder: Path, *, start: dt.date, end: dt.date) -> None:
    """Import what each company issued and received in the half-open period, as its ERP exports it overnight."""
    stage = desk.stage
    for code in stage.company.entity_ids:
        paths = files.write_movements(stage.book, folder, company_code=code, period=(start, end), bank_since=desk.since)
        _import(stage.company, paths, code=code, day=end, now=min(_morning(end), stage.now))


def _bring_copies(desk: Desk, scene: Scene, folder: Path) -> None:
    """The PDFs of recent invoices, as the ERP keeps them: who is in a scene can be sent theirs again."""
    stage = desk.stage
    numbers = frozenset(player.customer.number for player in scene.cast.values())
    for code, path in papers.write_copies(stage.book, folder, numbers=numbers, ibans=desk.ibans):
        day = stage.book.today
        _import(stage.company, [path], code=code, day=day, now=min(_morning(day), stage.now))


def _import(made: Company, paths: Sequence[Path], *, code: str | None, day: dt.date, now: dt.datetime) -> None:
    if not paths:
        return
    result = imports.import_files(
        [imports.FileGiven(path, path.name) for path in paths],
        organisation_id=made.organisation_id,
        options=imports.Options(entity_code=code or people.COMPANIES[0].code),
        by=made.actor(people.SALES_ADMINISTRATION),
        now=now,
        today=day,
    )
    for file in result.files:
        if file.refusal is not None or file.rejected_count:
            raise DemoRowsRejected(
                file=file.file, reasons=", ".join(sorted({problem.reason for problem in file.rejected})) or "refused"
            )


def _morning(day: dt.date) -> dt.datetime:
    return instant_of(day, _EXPORTED_AT, timezone=replay.PARIS)
