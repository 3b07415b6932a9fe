"""Journal files for accounting: what cash application posted and accounting lacks, all of it or of some days."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from encours.access import context
from encours.access.models import Entity, Organisation
from encours.core.actors import Actor
from encours.core.errors import EncoursError, Refused, gettext_noop
from encours.core.money import Money
from encours.entrypoints.cli import asking, output
from encours.matching import actions as matching
from encours.matching.actions.exporting import ExportUnknown
from encours.matching.queries import files
from encours.matching.rules.fec_file import fec_lines

BY = Actor(user_id=None, name="encours journal", channel="cli")


class EntityAmbiguous(Refused):
    """Several companies keep books here, and none was named."""

    message = gettext_noop("Name the company with --entity: {codes}.")


class FileThere(Refused):
    """A file that is there is not written over."""

    message = gettext_noop("{path} is there already: name another file.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which company, which days, where to; or what accounting answered."""
    parser.add_argument("--entity", metavar="CODE", help="the company, when there are several")
    parser.add_argument("--from", dest="first", metavar="DAY", help="postings dated from this day on")
    parser.add_argument("--to", dest="last", metavar="DAY", help="postings dated up to this day")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the journal there, in the form of the FEC")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="tell the files made so far, the latest first")
    what.add_argument("--number", type=int, metavar="N", help="take file N again: it was lost on the way")
    what.add_argument("--acknowledge", type=int, metavar="N", help="accounting took file N")
    what.add_argument("--refuse", type=int, metavar="N", help="accounting refused file N: it goes into the next one")
    parser.add_argument("--reference", default="", metavar="TEXT", help="accounting's reference, or why it refused")
    parser.add_argument("--organisation", metavar="SLUG", help="which organisation, where there are several")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Make the next file, take one again, note an answer, or tell them; exit 1 with the reason when refused."""
    try:
        organisation = asking.organisation_of(arguments)
        with context.bound(organisation.pk):
            entity = _entity(organisation, arguments.entity)
            rows = _rows(organisation, entity) if arguments.list else [_one(organisation, entity, arguments)]
            _tell(organisation, entity, rows, arguments)
    except EncoursError as error:
        return output.refuse(error.translated(_))
    return output.DONE


def _entity(organisation: Organisation, code: str | None) -> Entity:
    companies = list(Entity.objects.filter(organisation_id=organisation.pk).order_by("code"))
    if code is None and len(companies) > 1:
        raise EntityAmbiguous(codes=", ".join(one.code for one in companies))
    found = next((one for one in companies if code in (None, one.code)), None)
    if found is None:
        raise asking.EntityUnknown(code=code or "-")
    return found


def _rows(organisation: Organisation, entity: Entity) -> list[files.ExportRow]:
    rows = files.exports(organisation.pk, limit=10_000)
    return [row for row in rows if row.entity_code == entity.code]


def _one(organisation: Organisation, entity: Entity, arguments: argparse.Namespace) -> files.ExportRow:
    """The file that was asked for, after what was to be done with it."""
    if arguments.output is not None and arguments.output.exists():
        raise FileThere(path=arguments.output)
    given: dict[str, Any] = {"organisation_id": organisation.pk, "by": BY}
    number = arguments.number or arguments.acknowledge or arguments.refuse
    if number is None:
        first, last = asking.day(arguments.first), asking.day(arguments.last)
        export_id = matching.make_export(entity_id=entity.pk, first=first, last=last, **given).pk
    else:
        export_id = next((row.export_id for row in _rows(organisation, entity) if row.number == number), 0)
        if not export_id:
            raise ExportUnknown(export_id=number)
    if arguments.number is not None:
        matching.take_again(export_id=export_id, **given)
    elif number is not None:
        matching.answer_export(
            export_id=export_id,
            is_accepted=arguments.acknowledge is not None,
            reference=arguments.reference,
            now=datetime.now(UTC),
            **given,
        )
    if arguments.output is not None:
        rows = files.journal_rows(organisation.pk, export_id=export_id)
        arguments.output.write_text("".join(fec_lines(list(rows))), encoding="utf-8", newline="")
    return next(row for row in _rows(organisation, entity) if row.export_id == export_id)


def _tell(
    organisation: Organisation, entity: Entity, rows: list[files.ExportRow], arguments: argparse.Namespace
) -> None:
    if arguments.json:
        written = None if arguments.output is None else str(arguments.output)
        document = [{**_shown(row, entity.currency), "file": written} for row in rows]
        output.print_json({"organisation": organisation.slug, "entity_code": entity.code, "journals": document})
        return
    if not rows:
        output.print_line(_("No journal file was made yet."))
        return
    output.print_table(
        [_("number"), _("state"), _("lines"), _("debit"), _("from"), _("to"), _("reference")],
        [
            [
                str(row.number), row.state, str(row.row_count), str(Money(row.debit_minor, entity.currency)),
                str(row.from_date or "-"), str(row.to_date or "-"), row.reference or "-",
            ]
            for row in rows
        ],
        right={0: True, 2: True, 3: True},
    )  # fmt: skip


def _shown(row: files.ExportRow, currency: str) -> Mapping[str, Any]:
    return {
        "number": row.number,
        "state": row.state,
        "rows": row.row_count,
        "debit": Money(row.debit_minor, currency).as_json(),
        "attempts": row.attempt_count,
        "reference": row.reference,
        "from": row.from_date,
        "to": row.to_date,
    }
