"""Bring in the books: a FEC, or customers, contacts, invoices and payments as CSV or XLSX."""

import argparse
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from encours.access import context
from encours.access.models import Entity, Organisation
from encours.analytics import actions as analytics
from encours.core.actors import Actor
from encours.core.dates import business_date
from encours.core.errors import EncoursError, Refused, gettext_noop, jsonable
from encours.credit import terms_actions
from encours.disputes.actions import credit_notes
from encours.entrypoints import import_words
from encours.entrypoints.cli import output, words
from encours.imports import actions as imports
from encours.imports.actions.results import LISTED_MAX, CallResult, FileResult
from encours.imports.formats.problems import Problem
from encours.imports.models import FileKind
from encours.ledger import upkeep

KINDS = ("fec", "customers", "contacts", "invoices", "payments", "bank", "remittance", "einvoice", "copies")


FOLDER_PART = 1_000  # PDFs of a folder brought in at once
LARGE_ROWS = 10_000  # from here on statistics and indexes are worth renewing at once, not only at night


class OrganisationNotChosen(Refused):
    """Several organisations exist and none is named, or the name is unknown."""

    message = gettext_noop("Say which organisation with --organisation: {known}.")


class FileMissing(Refused):
    """A file named on the command line is not there."""

    message = gettext_noop("There is no file {file}.")


class FolderWithoutPdf(Refused):
    """Of a folder its PDFs are imported, and it has none."""

    message = gettext_noop("The folder {folder} holds no PDF: name the other files one by one.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Files, and how to read them."""
    _ = words.gettext
    parser.add_argument(
        "files", nargs="+", metavar="FILE", type=Path, help="files, or a folder of PDFs named by their invoice's number"
    )
    parser.add_argument(
        "--as",
        dest="kind",
        choices=KINDS,
        metavar="KIND",
        help="what the files hold; guessed from the content when left out",
    )
    parser.add_argument("--mapping", metavar="NAME", help="a mapping kept earlier, or a JSON file that holds one")
    parser.add_argument("--entity", metavar="CODE", help="the company these books are of")
    parser.add_argument("--account", metavar="IBAN", help="the bank account of statements that do not name theirs")
    parser.add_argument("--organisation", metavar="SLUG", help="the organisation, when there are several")
    parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
    parser.add_argument(
        "--close-missing", action="store_true", help="settle open invoices that this full export no longer has"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Import the files; 1 when one of them was refused, the others being done."""
    by = Actor(user_id=None, name="encours import", channel="cli")
    with translation.override(words.language()):
        try:
            organisation, result = _tried(arguments, by) if arguments.dry_run else _import(arguments, by)
            if sum(file.created for file in result.files) >= LARGE_ROWS and not arguments.dry_run:
                upkeep.tidy()
                _prepare(organisation)
        except EncoursError as refusal:
            if arguments.json:
                output.print_json({"files": [], "refusal": refusal.as_json(gettext)})
            return output.refuse(refusal.translated(gettext))
        if arguments.json:
            output.print_json(_document(organisation, result, is_dry_run=arguments.dry_run))
        else:
            _print(result)
        for file in result.files:
            if file.refusal is not None:
                output.refuse(f"{file.file}: {import_words.refusal(file.refusal)}")
    return output.REFUSED if result.is_refused else output.DONE


def _tried(arguments: argparse.Namespace, by: Actor) -> tuple[Organisation, CallResult]:
    """A dry run; where there is nothing yet, the organisation it is tried in is not kept either."""
    if Organisation.objects.exists():
        return _import(arguments, by)
    with transaction.atomic():
        tried = _import(arguments, by)
        transaction.set_rollback(True)
    return tried


def _import(arguments: argparse.Namespace, by: Actor) -> tuple[Organisation, CallResult]:
    with _gathered(arguments.files) as files:
        return _import_files(arguments, files, by)


def _import_files(
    arguments: argparse.Namespace, files: Sequence[imports.FileGiven], by: Actor
) -> tuple[Organisation, CallResult]:
    organisation = _organisation(arguments, by)
    now = datetime.now(UTC)
    with context.bound(organisation.pk):
        entity = Entity.objects.filter(organisation_id=organisation.pk).order_by("pk").first()
        today = business_date(now, timezone=entity.timezone if entity else "Europe/Paris")
        name = arguments.mapping
        if name and Path(name).is_file():
            name = imports.keep_mapping_file(Path(name), organisation_id=organisation.pk, by=by).name
        result = imports.import_files(
            files,
            organisation_id=organisation.pk,
            options=imports.Options(
                kind=arguments.kind,
                mapping=name,
                entity_code=arguments.entity,
                is_dry_run=arguments.dry_run,
                close_missing=arguments.close_missing,
                account=arguments.account,
                indexes_last=True,
            ),
            by=by,
            now=now,
            today=today,
        )
        if not arguments.dry_run:
            terms_actions.heed_terms(organisation_id=organisation.pk, by=by)
            credit_notes.find_issued(organisation_id=organisation.pk, today=today, by=by)
    return organisation, result


@contextmanager
def _gathered(paths: Sequence[Path]) -> Iterator[list[imports.FileGiven]]:
    """The files given; the PDFs of a folder are archives of so many, so that each is one import."""
    with tempfile.TemporaryDirectory(prefix="encours-folder-") as kept:
        found: list[imports.FileGiven] = []
        for path in paths:
            if path.is_dir():
                found += _of_folder(path, Path(kept), taken=len(found))
            elif path.is_file():
                found.append(imports.FileGiven(path, path.name))
            else:
                raise FileMissing(file=str(path))
        yield found


def _of_folder(folder: Path, kept: Path, *, taken: int) -> Iterator[imports.FileGiven]:
    pdfs = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".pdf" and path.is_file())
    if not pdfs:
        raise FolderWithoutPdf(folder=str(folder))
    for number, part in enumerate(batched(pdfs, FOLDER_PART), 1):
        target = kept / f"{taken + number}.zip"
        with zipfile.ZipFile(target, "w") as archive:
            for path in part:
                archive.write(path, str(path.relative_to(folder)))
        more = f" ({number})" if len(pdfs) > FOLDER_PART else ""
        yield imports.FileGiven(target, f"{folder.resolve().name}{more}.zip")


def _prepare(organisation: Organisation) -> None:
    """Reckon the day's standings, so that the first page after a large import need not."""
    with context.bound(organisation.pk):
        entity = Entity.objects.filter(organisation_id=organisation.pk).order_by("pk").first()
        today = business_date(datetime.now(UTC), timezone=entity.timezone if entity else "Europe/Paris")
        analytics.refresh_standings(organisation_id=organisation.pk, today=today)


def _organisation(arguments: argparse.Namespace, by: Actor) -> Organisation:
    known = list(Organisation.objects.order_by("pk"))
    if arguments.organisation:
        known = [one for one in known if one.slug == arguments.organisation]
        if not known:
            every = ", ".join(Organisation.objects.order_by("slug").values_list("slug", flat=True))
            raise OrganisationNotChosen(known=every)
    if len(known) > 1:
        raise OrganisationNotChosen(known=", ".join(one.slug for one in known))
    return imports.prepare_organisation(
        known[0] if known else None, files=arguments.files, entity_code=arguments.entity, by=by
    )


def _document(organisation: Organisation, result: CallResult, *, is_dry_run: bool) -> dict[str, Any]:
    return {
        "organisation": organisation.slug,
        "dry_run": is_dry_run,
        "files": [_file(file) for file in result.files],
        "settled_before": jsonable(result.settled),
        "disappeared": jsonable(result.disappeared),
    }


def _file(file: FileResult) -> dict[str, Any]:
    return {
        "file": file.file,
        "kind": file.kind,
        "state": "refused" if file.refusal else "done",
        "refusal": file.refusal.as_json(gettext) if file.refusal else None,
        "run": file.run_id,
        "sha256": file.sha256,
        "seen_before": file.seen_before,
        "rows_read": file.rows_read,
        "created": file.created,
        "changed": file.changed,
        "unchanged": file.unchanged,
        "rejected_count": file.rejected_count,
        "rejected": [_problem(problem) for problem in file.rejected[:LISTED_MAX]],
        "warning_count": file.warning_count,
        "warnings": [_problem(problem) for problem in file.warnings[:LISTED_MAX]],
        "form": jsonable(dict(file.form)),
        "detail": jsonable(file.detail),
        "tie_out": jsonable(file.tie_out),
        **_told(file),
    }


def _told(file: FileResult) -> dict[str, Any]:
    """What a bank file says of accounts, balances and gaps, and an advice of its payment."""
    if file.kind == "remittance":
        advice = dict(file.detail.get("advice", {}))
        return {name: jsonable(advice.get(name)) for name in ("payer", "number", "date", "total", "lines")}
    if file.kind == "bank":
        accounts = file.detail.get("accounts", {})
        return {
            "accounts": jsonable(list(accounts.values())),
            "statements": jsonable(file.detail.get("statements", [])),
        }
    return {}


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "line": problem.line,
        "field": problem.field,
        "value": problem.value,
        "code": problem.reason,
        "reason": gettext(problem.sentence),
        "remedy": gettext(problem.remedy),
    }


def _print(result: CallResult) -> None:
    done = [file for file in result.files if file.refusal is None]
    if done:
        header = [gettext(name) for name in ("file", "kind", "read", "created", "changed", "unchanged", "rejected")]
        rows = [
            [
                file.file,
                str(FileKind(file.kind).label),
                *(str(n) for n in (file.rows_read, file.created, file.changed, file.unchanged, file.rejected_count)),
            ]
            for file in done
        ]
        output.print_table(header, rows, right=dict.fromkeys(range(2, 7), True))
    for file in done:
        for problem in file.rejected[:20]:
            where = " ".join(
                part for part in (import_words.placed(problem.field, file.kind, file.form), problem.value) if part
            )
            output.print_line(f"  {file.file}:{problem.line}  {where}: {gettext(problem.sentence)}")
        for foreign in file.detail.get("foreign_currencies", ()):
            told = gettext(
                "{lines} lines in {currency} are kept at their value in {booked}, as the general ledger has it."
            )
            output.print_line("  " + told.format(**foreign, booked=file.detail["booked_in"]))
        if file.tie_out is not None:
            _print_tie_out(file.tie_out)


def _print_tie_out(tie_out: dict[str, Any]) -> None:
    for account in tie_out["accounts"]:
        is_tied = account["difference"]["amount"].strip("-0.") == ""
        sign = "=" if is_tied else "≠"
        figures = f"{account['general_ledger']['amount']} {sign} {account['open_items']['amount']}"
        output.print_line(f"  {account['account']}  {figures} {account['open_items']['currency']}")
