"""The only writers of imports: bring files into the books, keep mappings."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from encours.access import actions as access
from encours.access import context
from encours.access.actions import record_audit
from encours.access.models import Entity, Organisation
from encours.core import indexes
from encours.core.actors import Actor
from encours.core.errors import EncoursError, NotFound, Refused, gettext_noop
from encours.customers import assignment_actions, segment_actions
from encours.imports import queries
from encours.imports.actions.bank import BankCall, currency_of, load_bank
from encours.imports.actions.copies import load_copies
from encours.imports.actions.einvoice import companies_of, load_einvoice
from encours.imports.actions.fec import load_fec
from encours.imports.actions.inference import reinfer_due_dates
from encours.imports.actions.loading import Call, load_table
from encours.imports.actions.remittance import load_remittance
from encours.imports.actions.results import CallResult, FileResult, money
from encours.imports.actions.runs import RunRecorder, change_run, keep_rejections
from encours.imports.formats import fec, headers, text
from encours.imports.formats.opening import Opened, open_file, signature_of
from encours.imports.models import ImportMapping, RunState
from encours.invoices import copy_queries as copies
from encours.invoices import staged_actions as invoices
from encours.ledger.staged_actions import Batch

__all__ = [
    "CallResult",
    "FileGiven",
    "Options",
    "forget_mapping",
    "import_files",
    "keep_mapping_file",
    "prepare_organisation",
    "reinfer_due_dates",
    "save_mapping",
]

_BY_SETS = ("invoices", "payments")  # what is brought in without looking rows up one by one
# customers before what they owe, invoices before what pays them
_ORDER = ("fec", "customers", "contacts", "invoices", "einvoice", "payments", "bank", "remittance", "copies", "")
# what may state how much of an invoice is still open
_STATING = {"invoices", "einvoice", "payments"}


class EntityUnknown(NotFound):
    """The code names no legal company of the organisation."""

    message = gettext_noop("There is no company with the code {code}: {known} are known.")


class EntityNotChosen(Refused):
    """Several legal companies exist, and the file does not tell whose books it holds."""

    message = gettext_noop("Say which company these books are of: {known}.")


class MappingUnknown(NotFound):
    """No mapping has been kept under the name."""

    message = gettext_noop("There is no mapping called {name}.")


class MappingIncomplete(Refused):
    """A mapping leaves out what its kind of file needs."""

    message = gettext_noop("The mapping lacks: {fields}.")


class MappingFileUnreadable(Refused):
    """A file given as mapping is not one."""

    message = gettext_noop("{file} holds no mapping: it needs a kind and columns, each field with its heading.")


@dataclass(frozen=True, slots=True)
class FileGiven:
    """A file to import: where its bytes are, and what people call it."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Options:
    """How a call is to be done."""

    kind: str | None = None
    mapping: str | None = None
    entity_code: str | None = None
    is_dry_run: bool = False
    close_missing: bool = False
    account: str | None = None  # the bank account of files that name none
    indexes_last: bool = False  # a large first book is indexed once it is in; nobody else reads meanwhile


@dataclass(slots=True)
class _Work:
    """One file on its way."""

    given: FileGiven
    result: FileResult
    opened: Opened | None = None
    entity_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Circumstances:
    organisation_id: int
    options: Options
    by: Actor
    now: datetime
    today: date
    recorder: RunRecorder = field(repr=False)


def import_files(
    files: Sequence[FileGiven], *, organisation_id: int, options: Options, by: Actor, now: datetime, today: date
) -> CallResult:
    """Bring files into the books, all in one database transaction, and say of each what became of its rows.

    Files are taken in the order customers, contacts, invoices, payments. One that cannot be read is refused as a whole
    and the others are done; single rows that cannot be read are left out and told. Importing the same again changes
    nothing; a killed import leaves nothing behind; two at once wait for one another. A dry run is rolled back.
    """
    with RunRecorder(organisation_id) as recorder:
        circumstances = _Circumstances(organisation_id, options, by, now, today, recorder)
        works = sorted(
            (_opened(given, circumstances) for given in files), key=lambda work: _ORDER.index(work.result.kind)
        )
        try:
            call_result = _in_one_transaction(works, circumstances)
        except BaseException:
            for work in works:
                if work.result.run_id is not None and work.result.refusal is None:
                    recorder.update(work.result.run_id, {"state": RunState.INTERRUPTED, "progress_step": ""})
            raise
        for work in works:
            if work.result.refusal is not None or options.is_dry_run:
                _record_beside(work, circumstances)
    return call_result


def _opened(given: FileGiven, circumstances: _Circumstances) -> _Work:
    """Open a file and start its run; a file nobody can read is refused here."""
    options = circumstances.options
    result = FileResult(file=given.name, is_dry_run=options.is_dry_run)
    work = _Work(given, result)
    try:
        mappings = queries.known_mappings(circumstances.organisation_id)
        if options.mapping is not None and options.mapping not in {one.name for one in mappings}:
            raise MappingUnknown(name=options.mapping)
        result.sha256 = _sha256(given.path)
        work.opened = open_file(
            given.path,
            kind=options.kind,
            mappings=mappings,
            mapping=options.mapping,
            name=given.name,
            is_named=partial(copies.is_named, organisation_id=circumstances.organisation_id),
        )
        result.kind = work.opened.kind
        result.form = work.opened.form
    except EncoursError as refusal:
        result.refusal = refusal
    result.seen_before = queries.is_done_before(circumstances.organisation_id, sha256=result.sha256)
    result.run_id = circumstances.recorder.start(
        {
            "file_name": given.name[:255],
            "sha256": result.sha256,
            "size_bytes": given.path.stat().st_size if given.path.is_file() else 0,
            "kind": result.kind,
            "is_dry_run": options.is_dry_run,
            "mapping_name": result.form.get("mapping") or "",
            "actor_id": circumstances.by.user_id,
            "actor_name": circumstances.by.name[:200],
            "started_at": circumstances.now,
        }
    )
    return work


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    for chunk in text.chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def _in_one_transaction(works: Sequence[_Work], circumstances: _Circumstances) -> CallResult:
    organisation_id, options = circumstances.organisation_id, circumstances.options
    call_result = CallResult([work.result for work in works])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('imports.import'), %s)", [organisation_id])
            cursor.execute("set local work_mem = '128MB'")
            # within a caller's transaction an earlier call may have left its targets
            cursor.execute("drop table if exists stated_open, missing_document cascade")
            cursor.execute(invoices.STATED_TABLE)
        circumstances.recorder.interrupted(but={work.result.run_id for work in works})
        entity: Entity | None = None
        settles_at_once = [work.result.kind for work in works if work.result.kind in {"invoices", "payments"}] == [
            "invoices"
        ]
        for work in works:
            if work.opened is None or work.result.refusal is not None:
                continue
            if work.opened.kind not in _BY_SETS:
                indexes.put_back()
            entity = _load_one(work, circumstances, call_result, settles_at_once=settles_at_once) or entity
        if entity is not None:
            _settle(entity, circumstances, works, call_result)
            indexes.put_back()
            segment_actions.refill_segments(organisation_id=organisation_id, by=circumstances.by)
            assignment_actions.apply_rules(
                organisation_id=organisation_id, by=circumstances.by, only_missing=True, only_new=True
            )
        for work in works:
            if work.result.refusal is None and not options.is_dry_run:
                _record_within(work, circumstances)
        if options.is_dry_run:
            transaction.set_rollback(True)
    return call_result


def _load_one(
    work: _Work, circumstances: _Circumstances, call_result: CallResult, *, settles_at_once: bool
) -> Entity | None:
    opened, result = work.opened, work.result
    try:
        with transaction.atomic():
            if opened is None:
                return None
            if opened.kind == "bank":
                work.entity_id = load_bank(_bank_call(circumstances), opened, result)
                return None
            if opened.kind == "remittance":
                call_for = _bank_call(circumstances)
                load_remittance(call_for, opened, result, currency=currency_of(call_for))
                return None
            if opened.kind == "copies":
                load_copies(_bank_call(circumstances), opened, result)
                return None
            entity = _entity_for(opened, circumstances)
            work.entity_id = entity.pk
            call = Call(
                organisation_id=circumstances.organisation_id,
                entity=entity,
                by=circumstances.by,
                now=circumstances.now,
                as_of=circumstances.today,
                recorder=circumstances.recorder,
                closes_missing=circumstances.options.close_missing,
                indexes_last=circumstances.options.indexes_last,
                settles_at_once=settles_at_once
                and "settled_date" not in (opened.columns.places if opened.columns else ()),
            )
            if opened.kind == "fec":
                load_fec(call, opened, result)
            elif opened.kind == "einvoice":
                load_einvoice(call, opened, result)
            else:
                load_table(call, opened, result)
            if opened.kind == "invoices":
                call_result.disappeared = _disappeared(call, result, close=circumstances.options.close_missing)
            return entity
    except EncoursError as refusal:
        result.refusal = refusal
        return None


def _bank_call(circumstances: _Circumstances) -> BankCall:
    """A statement says itself which account, and so which company, it is of."""
    return BankCall(
        organisation_id=circumstances.organisation_id,
        by=circumstances.by,
        now=circumstances.now,
        today=circumstances.today,
        recorder=circumstances.recorder,
        entity_code=circumstances.options.entity_code,
        account=circumstances.options.account,
    )


def _entity_for(opened: Opened, circumstances: _Circumstances) -> Entity:
    entities = list(Entity.objects.filter(organisation_id=circumstances.organisation_id).order_by("pk"))
    known = ", ".join(entity.code for entity in entities)
    code = circumstances.options.entity_code
    if code is not None:
        found = next((entity for entity in entities if entity.code == code), None)
        if found is None:
            raise EntityUnknown(code=code, known=known)
        return found
    if opened.invoice is not None and len(found_by := companies_of(opened.invoice, entities)) == 1:
        return found_by[0]
    if len(entities) > 1:
        siren = opened.dialect.siren if opened.dialect else ""
        named = [entity for entity in entities if siren and entity.siren == siren]
        if len(named) != 1:
            raise EntityNotChosen(known=known)
        return named[0]
    if not entities:
        raise EntityUnknown(code="", known="-")
    return entities[0]


def _disappeared(call: Call, result: FileResult, *, close: bool) -> dict[str, Any] | None:
    if result.run_id is None or not queries.has_earlier_invoices(call.organisation_id, but=result.run_id):
        return None
    found = invoices.missing_staged(call.batch(result.run_id), close=close)
    # the file of a month says nothing of the other invoices; only what looks like a full export does
    if not close and not found.is_full_export:
        return None
    told = {
        "count": found.count,
        "open_amounts": money(found.open_minor),
        "invoice_numbers": found.numbers,
        "closed": close,
    }
    result.detail["disappeared"] = told
    return told


def _settle(entity: Entity, circumstances: _Circumstances, works: Sequence[_Work], call_result: CallResult) -> None:
    last = [work for work in works if work.result.kind in _STATING and work.result.refusal is None]
    if not last or last[-1].result.run_id is None:
        return
    run_id = last[-1].result.run_id
    circumstances.recorder.progress(run_id, percent=92, step="settling")
    batch = Batch(circumstances.organisation_id, entity.pk, "implied", f"import:{run_id}", circumstances.by)
    may_differ = any(work.result.kind == "payments" or work.result.unchanged or work.result.changed for work in last)
    settled = invoices.settle_as_stated(batch, as_of=circumstances.today, may_differ=may_differ)
    at_once = last[-1].result.settled_at_once
    amounts = dict(settled.amount_minor)
    for currency, amount_minor in at_once.amount_minor.items() if at_once else ():
        amounts[currency] = amounts.get(currency, 0) + amount_minor
    call_result.settled = {
        "documents": settled.documents + (at_once.documents if at_once else 0),
        "amounts": money(amounts),
        "as_of": circumstances.today,
        "less_open_than_stated": settled.difference_count,
        "differences": settled.differences,
    }
    last[-1].result.detail["settled_before"] = call_result.settled


def _final_values(work: _Work, circumstances: _Circumstances) -> dict[str, Any]:
    result = work.result
    refusal = result.refusal.as_json() if result.refusal else None
    return {
        "state": RunState.REFUSED if result.refusal else RunState.DONE,
        "kind": result.kind,
        "entity_id": work.entity_id,
        "progress_percent": 100,
        "progress_step": "",
        "rows_read": result.rows_read,
        "rows_created": result.created,
        "rows_changed": result.changed,
        "rows_unchanged": result.unchanged,
        "rows_rejected": result.rejected_count,
        "detail": {**result.detail, "form": dict(result.form), "warnings": result.warning_count},
        "tie_out": result.tie_out,
        "refusal": refusal,
        "finished_at": circumstances.now,
    }


def _record_within(work: _Work, circumstances: _Circumstances) -> None:
    """Keep the outcome in the import's own transaction: it is done exactly when the books are."""
    result, organisation_id = work.result, circumstances.organisation_id
    if result.run_id is None:
        return
    values = _final_values(work, circumstances)
    change_run(connection, organisation_id, result.run_id, values)
    keep_rejections(connection, organisation_id, result.run_id, result.rejected, is_warning=False)
    keep_rejections(connection, organisation_id, result.run_id, result.warnings, is_warning=True)
    record_audit(
        by=circumstances.by,
        organisation_id=organisation_id,
        verb="import",
        subject_kind="import_run",
        subject_id=result.run_id,
        details={
            "file": result.file,
            "sha256": result.sha256,
            "kind": result.kind,
            "read": result.rows_read,
            "created": result.created,
            "changed": result.changed,
            "unchanged": result.unchanged,
            "rejected": result.rejected_count,
        },
    )


def _record_beside(work: _Work, circumstances: _Circumstances) -> None:
    """Keep the outcome of what was refused or rolled back."""
    if work.result.run_id is None:
        return
    recorder = circumstances.recorder
    recorder.update(work.result.run_id, _final_values(work, circumstances))
    recorder.keep_rejections(work.result.run_id, work.result.rejected, is_warning=False)
    recorder.keep_rejections(work.result.run_id, work.result.warnings, is_warning=True)


@transaction.atomic
def prepare_organisation(
    organisation: Organisation | None, *, files: Sequence[Path], entity_code: str | None, by: Actor
) -> Organisation:
    """Make sure there is an organisation with a company to import into, named after the FEC's SIREN where one tells it.

    Nothing changes where there is one; two first imports at once make one organisation, not two.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('imports.prepare_organisation'), 0)")
    organisation = organisation or Organisation.objects.order_by("pk").first()
    siren = next((found for path in files if (found := fec.siren_in_name(path.name))), "")
    if organisation is None:
        organisation = access.create_organisation(by=by, name=f"SIREN {siren}" if siren else "Encours")
    with context.bound(organisation.pk):
        if not Entity.objects.filter(organisation_id=organisation.pk).exists():
            access.create_entity(
                by=by,
                organisation_id=organisation.pk,
                code=entity_code or "01",
                name=organisation.name,
                details={"siren": siren} if siren else {},
            )
    return organisation


def keep_mapping_file(path: Path, *, organisation_id: int, by: Actor) -> ImportMapping:
    """Keep the mapping that a JSON file holds, under its `name` or the file's; refuses what is no mapping.

    {"kind": "invoices", "columns": {"number": "Belegnr", ...}, "dates": "dmy", "decimal": ","}
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        columns = {str(key): str(value) for key, value in document["columns"].items()}
        mapping = queries.Mapping(
            name=str(document.get("name") or path.stem),
            kind=str(document["kind"]),
            header=tuple(document.get("header") or columns.values()),
            columns=columns,
            date_order=str(document.get("dates") or ""),
            decimal_mark=str(document.get("decimal") or ""),
        )
    except (ValueError, KeyError, AttributeError, TypeError):
        raise MappingFileUnreadable(file=path.name) from None
    return save_mapping(mapping, organisation_id=organisation_id, by=by)


@transaction.atomic
def save_mapping(mapping: queries.Mapping, *, organisation_id: int, by: Actor) -> ImportMapping:
    """Keep how the columns of an export are read, so that the next file of it needs no questions.

    Refuses a mapping that leaves out what its kind needs; the same name again replaces the mapping.
    """
    columns = headers.columns_of(list(mapping.header), mapping.kind, mapping=mapping.columns)
    if missing := columns.missing():
        raise MappingIncomplete(fields=", ".join(missing))
    kept, _ = ImportMapping.objects.update_or_create(
        organisation_id=organisation_id,
        name=mapping.name[:100],
        defaults={
            "kind": mapping.kind,
            "signature": signature_of(mapping.header),
            "columns": dict(mapping.columns),
            "date_order": mapping.date_order,
            "decimal_mark": mapping.decimal_mark,
        },
    )
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="save_mapping",
        subject_kind="import_mapping",
        subject_id=kept.pk,
        details={"name": kept.name, "kind": kept.kind, "columns": kept.columns},
    )
    return kept


@transaction.atomic
def forget_mapping(*, organisation_id: int, name: str, by: Actor) -> None:
    """Forget a learnt mapping; files are read by the known words again. Refuses a name nobody kept."""
    found = ImportMapping.objects.filter(organisation_id=organisation_id, name=name).first()
    if found is None:
        raise MappingUnknown(name=name)
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="forget_mapping",
        subject_kind="import_mapping",
        subject_id=found.pk,
        details={"name": name},
    )
    found.delete()
