"""Read runs, refused rows and mappings; look into a file before it is imported."""

from collections.abc import Iterator
from collections.abc import Mapping as Columns
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, cast

from django.db.models import Q, QuerySet

from encours.access.rules import Scope
from encours.core.errors import EncoursError, NotFound, gettext_noop
from encours.core.money import Money
from encours.imports.formats import copies as copy_files
from encours.imports.formats import fec, headers
from encours.imports.formats.bank import files as bank_files
from encours.imports.formats.bank.model import Line, Statement
from encours.imports.formats.dates import DateOrder
from encours.imports.formats.einvoice.model import EInvoice
from encours.imports.formats.opening import KnownMapping, Opened, open_file
from encours.imports.formats.problems import REASONS
from encours.imports.formats.remittance import files as advice_files
from encours.imports.formats.tables import open_table
from encours.imports.models import ImportMapping, ImportRun, RejectedRow, RunState
from encours.invoices import copy_queries as copies

_ADVICE_LINES_SHOWN = 40


class RunUnknown(NotFound):
    """No such run in this organisation."""

    message = gettext_noop("There is no import {run_id}.")


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping as a person settles it: for each field the heading it is read from."""

    name: str
    kind: str
    header: tuple[str, ...]
    columns: Columns[str, str]
    date_order: str = ""
    decimal_mark: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file looks like before it is imported."""

    kind: str
    form: Columns[str, Any]
    header: tuple[str, ...]
    columns: Columns[str, str]  # field -> heading, as suggested
    fields: tuple[str, ...]  # all that could be mapped
    required: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    first_line: int
    mapping_name: str
    refusal: EncoursError | None


def known_mappings(organisation_id: int) -> list[KnownMapping]:
    """The mappings the organisation has learnt, as readers need them."""
    return [
        KnownMapping(
            name=row.name,
            kind=row.kind,
            signature=row.signature,
            columns=row.columns,
            dates=cast(DateOrder, row.date_order) if row.date_order else None,
            decimal_mark=row.decimal_mark or None,
        )
        for row in ImportMapping.objects.filter(organisation_id=organisation_id).order_by("name")
    ]


def mappings(organisation_id: int) -> QuerySet[ImportMapping]:
    """The mappings the organisation has learnt, by name."""
    return ImportMapping.objects.filter(organisation_id=organisation_id).order_by("name")


def is_done_before(organisation_id: int, *, sha256: str) -> bool:
    """Whether the very same bytes were imported already."""
    runs = ImportRun.objects.filter(
        organisation_id=organisation_id, sha256=sha256, state=RunState.DONE, is_dry_run=False
    )
    return bool(sha256) and runs.exists()


def has_earlier_invoices(organisation_id: int, *, but: int) -> bool:
    """Whether invoices came in by an earlier run, so that some may have disappeared from this one's file."""
    runs = ImportRun.objects.filter(
        organisation_id=organisation_id, kind="invoices", state=RunState.DONE, is_dry_run=False
    )
    return runs.exclude(pk=but).exists()


def runs(scope: Scope) -> QuerySet[ImportRun]:
    """The runs of the companies the reader sees, the latest first; a running one shows how far it is."""
    found = ImportRun.objects.filter(organisation_id=scope.organisation_id)
    if scope.entity_ids:
        # what was refused before its company was known is its sender's to see
        own = Q(entity__isnull=True, actor_id=scope.user_id) if scope.user_id is not None else Q(pk__in=())
        found = found.filter(Q(entity_id__in=scope.entity_ids) | own)
    return found.select_related("entity").order_by("-pk")


def run(run_id: int, *, scope: Scope) -> ImportRun:
    """One run; refuses another organisation's, and another company's."""
    found = runs(scope).filter(pk=run_id).first()
    if found is None:
        raise RunUnknown(run_id=run_id)
    return found


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refused cell or row, with its reason and remedy in English (entrypoints translate them)."""

    line: int
    field: str
    value: str
    reason: str
    sentence: str
    remedy: str
    is_warning: bool


def rejections(run_id: int, *, organisation_id: int) -> Iterator[Rejection]:
    """The rows a run refused or warned about, in the order of the file, streamed."""
    rows = RejectedRow.objects.filter(organisation_id=organisation_id, run_id=run_id).order_by("line", "pk")
    for row in rows.iterator(chunk_size=2000):
        sentence, remedy = REASONS.get(row.reason, (row.reason, ""))
        yield Rejection(row.line, row.field, row.value, row.reason, sentence, remedy, row.is_warning)


def preview(path: Path, *, organisation_id: int, kind: str | None, mapping: str | None, limit: int) -> Preview:
    """Look into a file: its kind, how it is written, suggested columns, first rows, and what would refuse it."""
    known = known_mappings(organisation_id)
    refusal: EncoursError | None = None
    try:
        is_named = partial(copies.is_named, organisation_id=organisation_id)
        opened = open_file(path, kind=kind, mappings=known, mapping=mapping, is_named=is_named)
        if opened.kind == "fec":
            return _fec_preview(path, opened.form, limit)
        if opened.kind == "bank" and opened.table is None:
            return _bank_preview(opened, limit)
        if opened.kind == "remittance":
            return _advice_preview(opened)
        if opened.kind == "copies":
            return _copies_preview(opened, organisation_id, limit)
        if opened.invoice is not None:
            return _invoice_preview(opened, opened.invoice)
        opened.style()
        chosen, form = opened.kind, opened.form
        mapping_name = opened.mapping.name if opened.mapping else ""
    except EncoursError as error:
        refusal, chosen, form, mapping_name = error, kind or "", {}, ""
    try:
        table = open_table(path, is_known=lambda row: len([cell for cell in row if cell]))
    except EncoursError as error:
        return Preview(chosen, form, (), {}, (), (), (), 0, mapping_name, refusal or error)
    chosen = chosen or headers.guess_kind(table.header) or ""
    columns: dict[str, str] = {}
    if chosen in headers.KINDS:
        learnt = next((one.columns for one in known if one.name == mapping_name), None)
        found = headers.columns_of(table.header, chosen, mapping=learnt)
        columns = {name: table.header[place] for name, place in found.places.items()}
    rows = tuple(islice((tuple(row) for block in table.blocks() for row in block.rows), limit))
    return Preview(
        kind=chosen,
        form=form,
        header=table.header,
        columns=columns,
        fields=headers.fields_of(chosen),
        required=tuple(headers.REQUIRED.get(chosen, ())),
        rows=rows,
        first_line=table.header_line + 1,
        mapping_name=mapping_name,
        refusal=refusal,
    )


def _bank_preview(opened: Opened, limit: int) -> Preview:
    """The first lines of a bank file, under the account and balances it names."""
    header = ("account", "date", "value_date", "amount", "name", "text", "reference")
    rows: list[tuple[str, ...]] = []
    account = ""
    try:
        for found in bank_files.first(opened.path, opened.bank):
            if isinstance(found, Statement):
                account = found.iban or found.account_number
            elif isinstance(found, Line):
                amount = Money(found.amount_minor, found.currency).as_json()
                valued = (found.value_date or found.booking_date).isoformat()
                reference = found.structured_reference or found.end_to_end_id or found.bank_reference
                said = (found.counterparty_name, found.text[:120], reference)
                shown = f"{amount['amount']} {amount['currency']}"
                rows.append((account, found.booking_date.isoformat(), valued, shown, *said))
            if len(rows) >= limit:
                break
    except EncoursError as error:
        return Preview("bank", opened.form, header, {}, (), (), tuple(rows), 1, "", error)
    return Preview("bank", opened.form, header, {}, (), (), tuple(rows), 1, "", None)


def _copies_preview(opened: Opened, organisation_id: int, limit: int) -> Preview:
    """The first PDFs, each with the invoice that its name means."""
    rows: list[tuple[str, ...]] = []
    try:
        with copy_files.members(opened.path, opened.bank, name=opened.path.name) as members:
            names = [name for name, _ in members[:limit]]
        for name, found in copies.named_by_each(names, organisation_id=organisation_id).items():
            who = found[0].customer.name if len(found) == 1 else ""
            rows.append((name.rpartition("/")[2], ", ".join(one.number for one in found) or "?", who))
    except EncoursError as error:
        return Preview("copies", opened.form, (), {}, (), (), (), 1, "", error)
    return Preview("copies", opened.form, ("file", "number", "customer_name"), {}, (), (), tuple(rows), 1, "", None)


def _advice_preview(opened: Opened) -> Preview:
    """The invoices an advice names, with what is paid of each."""
    header = ("invoice", "amount", "discount", "deduction", "reason")
    try:
        advices = advice_files.read(opened.path, opened.bank, currency="EUR")
    except EncoursError as error:
        return Preview("remittance", opened.form, header, {}, (), (), (), 1, "", error)

    def shown(minor: int | None, currency: str) -> str:
        return "" if minor is None else f"{Money(minor, currency).as_json()['amount']} {currency}"

    rows = tuple(
        (
            line.invoice_number,
            shown(line.amount_minor, advice.currency),
            shown(line.discount_minor or None, advice.currency),
            shown(line.deduction_minor or None, advice.currency),
            line.deduction_reason,
        )
        for advice in advices
        for line in advice.lines[:_ADVICE_LINES_SHOWN]
    )[:_ADVICE_LINES_SHOWN]
    return Preview("remittance", opened.form, header, {}, (), (), rows, 1, "", None)


def _invoice_preview(opened: Opened, invoice: EInvoice) -> Preview:
    """What an e-invoice says of itself, on one row."""
    header = ("number", "customer_name", "kind", "issue_date", "due_date", "net", "tax", "gross", "currency")
    due = max((part.due_date.isoformat() for part in invoice.instalments), default="")
    amounts = ("" if one is None else f"{one:f}" for one in (invoice.net, invoice.tax, invoice.gross))
    day = invoice.issue_date.isoformat()
    row = (invoice.number, invoice.buyer.name, invoice.kind, day, due, *amounts, invoice.currency)
    return Preview("einvoice", opened.form, header, {}, (), (), (row,), 1, "", None)


def _fec_preview(path: Path, form: Columns[str, Any], limit: int) -> Preview:
    dialect = fec.dialect_of(path)
    header, rows = fec.first_rows(path, dialect, limit=limit)
    return Preview("fec", form, header, {}, (), (), rows, 2, "", None)
