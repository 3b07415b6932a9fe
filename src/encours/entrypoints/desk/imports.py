"""Imports: drop files, look at them, settle their columns once, try, bring in, and read what became of each row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from procrastinate.contrib.django import app

from encours.access import queries as access
from encours.core.errors import Refused, gettext_noop
from encours.entrypoints import exports, import_words, uploads
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.listing import Column
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import is_partial, told
from encours.imports import actions as imports
from encours.imports import queries
from encours.imports.models import FileKind, ImportRun, RunState

FIRST_ROWS = 6
RUNS_SHOWN = 40
REJECTIONS_SHOWN = 200
MACHINE_READ = {"bank", "remittance", "einvoice", "copies"}  # their columns are ours, not the file's
COLUMNS = (
    Column("line", gettext_lazy("Line"), "number"),
    Column("field", gettext_lazy("Field")),
    Column("heading", gettext_lazy("Column of the file")),
    Column("value", gettext_lazy("Value")),
    Column("sentence", gettext_lazy("Why")),
    Column("remedy", gettext_lazy("What to do")),
    Column("weight", gettext_lazy("Outcome")),
)
STEPS: Mapping[str, Promise] = {
    "": gettext_lazy("waiting for its turn"),
    "reading": gettext_lazy("reading the rows"),
    "checking": gettext_lazy("checking"),
    "writing": gettext_lazy("writing the books"),
    "lettrage": gettext_lazy("allocating"),
    "settling": gettext_lazy("settling what the file says is paid"),
}


class NoFile(Refused):
    """A drop without a file."""

    message = gettext_noop("Choose at least one file.")


# what a table may hold; the others are told by their content
TABLE_KINDS = (
    FileKind.CUSTOMERS, FileKind.CONTACTS, FileKind.INVOICES, FileKind.PAYMENTS, FileKind.BANK, FileKind.REMITTANCE,
)  # fmt: skip


@dataclass(frozen=True)
class FileShown:
    """A dropped file before it is brought in."""

    index: int
    file: uploads.Dropped
    preview: queries.Preview
    heads: Sequence[tuple[int, str, str]]  # place, heading, field it is read as
    fields: Sequence[tuple[str, str]]
    missing: Sequence[str]
    refusal: str
    run: ImportRun | None
    is_known: bool

    @property
    def asks_kind(self) -> bool:
        """A table whose headings say nothing: a person says what it holds, and which column is what."""
        return bool(self.preview.header) and not self.fields and self.preview.kind == ""


@screen("import_books")
def import_list(request: DeskRequest) -> HttpResponse:
    if request.method == "POST":
        files = request.FILES.getlist("files")
        if not files:
            raise NoFile()
        word = uploads.keep(files, organisation_id=request.organisation_id)
        return redirect("desk:import_drop", word)
    runs = list(queries.runs(request.scope)[:RUNS_SHOWN])
    context = {
        "runs": runs,
        "mappings": queries.mappings(request.organisation_id),
        # what was just sent has no run yet: the page asks again until it shows
        "is_running": "sent" in request.GET or any(run.state == RunState.RUNNING for run in runs),
    }
    template = "desk/imports/list.html#runs" if is_partial(request) else "desk/imports/list.html"
    return render(request, template, context)


@screen("import_books")
def import_drop(request: DeskRequest, word: str) -> HttpResponse:
    """Look at what was dropped; settle columns, try it, or bring it in."""
    files = uploads.files_of(word, organisation_id=request.organisation_id)
    if request.method == "POST":
        return _decided(request, word, files)
    shown = [_shown(request, index, file) for index, file in enumerate(files)]
    context = {
        "word": word,
        "files": shown,
        "has_fec": any(one.preview.kind in {"fec", *MACHINE_READ} for one in shown),
        "entities": access.entities(request.scope),
        "kinds": [(kind, label) for kind, label in FileKind.choices if kind and kind != "fec"],
        "table_kinds": [(kind.value, kind.label) for kind in TABLE_KINDS],
        "is_running": any(one.run is not None and one.run.state == RunState.RUNNING for one in shown),
        "is_refused": any(one.refusal and not one.fields for one in shown),
    }
    return render(request, "desk/imports/drop.html", context)


def _shown(request: DeskRequest, index: int, file: uploads.Dropped) -> FileShown:
    kind = request.GET.get(f"kind{index}", "") or None
    preview = queries.preview(
        file.path, organisation_id=request.organisation_id, kind=kind, mapping=None, limit=FIRST_ROWS
    )
    field_of = {heading: field for field, heading in preview.columns.items()}
    heads = [(place, heading, field_of.get(heading, "")) for place, heading in enumerate(preview.header)]
    if preview.kind in MACHINE_READ and not preview.fields:
        preview = replace(preview, header=tuple(import_words.field(name) for name in preview.header))
    missing = [
        " / ".join(import_words.field(name) for name in group)
        for group in preview.required
        if not any(name in preview.columns for name in group)
    ]
    run = queries.runs(request.scope).filter(sha256=file.sha256).first()
    return FileShown(
        index=index,
        file=file,
        preview=preview,
        heads=heads,
        fields=[(name, import_words.field(name)) for name in preview.fields],
        missing=missing,
        refusal=import_words.refusal(preview.refusal) if preview.refusal else "",
        run=run,
        is_known=queries.is_done_before(request.organisation_id, sha256=file.sha256),
    )


def _decided(request: DeskRequest, word: str, files: Sequence[uploads.Dropped]) -> HttpResponse:
    verb = request.POST.get("verb", "")
    index_text = verb.removeprefix("map")
    if verb == "forget":
        uploads.forget(word, organisation_id=request.organisation_id)
        told(request, gettext("Nothing was brought in."))
        return redirect("desk:imports")
    if verb.startswith("map") and index_text.isdecimal() and int(index_text) < len(files):
        index = int(index_text)
        _learn(request, request.POST, index, files[index])
        told(request, gettext("Learnt: the next file of this kind needs no questions."))
        return redirect("desk:import_drop", word)
    for index, file in enumerate(files):
        if _is_settled_otherwise(request, index, file):
            _learn(request, request.POST, index, file)
    is_dry_run = verb == "try"
    app.configure_task("imports.bring_in", queue="imports").defer(
        organisation_id=request.organisation_id,
        paths=[str(file.path) for file in files],
        entity_code=_entity_code(request),
        is_dry_run=is_dry_run,
        actor_id=request.user.pk,
        actor_name=request.actor.name,
    )
    count = len(files)
    text = ngettext("{count} file is on its way.", "{count} files are on their way.", count).format(count=count)
    told(request, text)
    return redirect(f"{reverse('desk:imports')}?sent={count}")


def _entity_code(request: DeskRequest) -> str:
    """The company whose books these are: one the person sees; whoever sees a single one means that."""
    codes = [entity.code for entity in access.entities(request.scope)]
    chosen = request.POST.get("entity", "")
    if chosen and chosen not in codes:
        raise imports.EntityUnknown(code=chosen, known=", ".join(codes))
    if chosen or not request.scope.entity_ids:
        return chosen
    if len(codes) != 1:
        raise imports.EntityNotChosen(known=", ".join(codes))
    return codes[0]


def _is_settled_otherwise(request: DeskRequest, index: int, file: uploads.Dropped) -> bool:
    """Whether a person chose other columns than those the file would be read by."""
    said = request.POST
    if f"kind{index}" not in said:
        return False
    read = queries.preview(file.path, organisation_id=request.organisation_id, kind=None, mapping=None, limit=1)
    chosen = _columns(said, index, read.header)
    asks_style = bool(said.get(f"dates{index}") or said.get(f"decimal{index}"))
    return bool(chosen) and (chosen != dict(read.columns) or said[f"kind{index}"] != read.kind or asks_style)


def _columns(said: QueryDict, index: int, header: Sequence[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for place, heading in enumerate(header):
        field = said.get(f"column{index}-{place}", "")
        if field and field not in columns:
            columns[field] = heading
    return columns


def _learn(request: DeskRequest, said: QueryDict, index: int, file: uploads.Dropped) -> None:
    """Keep which column is which field, under a name people give."""
    kind = said.get(f"kind{index}", "")
    preview = queries.preview(
        file.path, organisation_id=request.organisation_id, kind=kind or None, mapping=None, limit=1
    )
    imports.save_mapping(
        queries.Mapping(
            name=said.get(f"name{index}", "").strip() or file.path.stem,
            kind=kind or preview.kind,
            header=preview.header,
            columns=_columns(said, index, preview.header),
            date_order=said.get(f"dates{index}", ""),
            decimal_mark=said.get(f"decimal{index}", ""),
        ),
        organisation_id=request.organisation_id,
        by=request.actor,
    )


@screen("import_books")
def import_run(request: DeskRequest, run_id: int) -> HttpResponse:
    run = queries.run(run_id, scope=request.scope)
    context: dict[str, Any] = {"run": run, "step": STEPS.get(run.progress_step, run.progress_step)}
    if is_partial(request) and run.state == RunState.RUNNING:
        return render(request, "desk/imports/_progress.html", context)
    if is_partial(request):
        answer = HttpResponse(status=204)
        answer.headers["HX-Refresh"] = "true"
        return answer
    rejections = list(islice(queries.rejections(run_id, organisation_id=request.organisation_id), REJECTIONS_SHOWN))
    context |= {
        "tie_lines": [
            {**line, "is_tied": not line["difference"]["amount"].strip("-0.")}
            for line in (run.tie_out or {}).get("accounts", ())
        ],
        "statements": [_statement(one) for one in run.detail.get("statements", ())],
        "rejections": [_told(rejection, run) for rejection in rejections],
        "is_cut": len(rejections) == REJECTIONS_SHOWN,
        "warnings": run.detail.get("warnings", 0),
        "refusal": import_words.kept_refusal(run.refusal) if run.refusal else "",
        "details": [(gettext(name), value) for name, value in _details(run)],
    }
    return render(request, "desk/imports/run.html", context)


def _statement(told: Mapping[str, Any]) -> dict[str, Any]:
    """A statement of a bank file, with what is wrong with it: balances that do not hold, one missing before it."""
    gap = told["gap"]
    return {
        **told,
        "from": date.fromisoformat(told["from"]),
        "to": date.fromisoformat(told["to"]),
        "is_off": bool(told["difference"]) and told["difference"]["amount"].strip("-0.") != "",
        "has_gap": bool(gap) and gap["amount"]["amount"].strip("-0.") != "" and not told["known"],
    }


def _details(run: ImportRun) -> Iterable[tuple[str, Any]]:
    """The figures of a run that are plain numbers, under names a clerk reads."""
    words = {
        "customers_created": gettext_noop("Customers made"),
        "allocations_created": gettext_noop("Allocations made"),
        "due_dates_inferred": gettext_noop("Due dates inferred from terms"),
        "kept_on_account": gettext_noop("Payments kept on account"),
        "statement_count": gettext_noop("Statements"),
        "batch_payments": gettext_noop("Payments of batches"),
        "pending": gettext_noop("Announced, not booked yet"),
    }
    for name, label in words.items():
        value = run.detail.get(name)
        if isinstance(value, int) and value:
            yield label, value


def _told(rejection: queries.Rejection, run: ImportRun) -> dict[str, Any]:
    name, heading = import_words.place(rejection.field, run.kind, run.detail.get("form", {}))
    weight = gettext("taken, to check") if rejection.is_warning else gettext("refused")
    return {
        "line": rejection.line,
        "field": name,
        "heading": heading,
        "value": rejection.value,
        "sentence": gettext(rejection.sentence) if rejection.sentence else "",
        "remedy": gettext(rejection.remedy) if rejection.remedy else "",
        "weight": weight,
        "is_warning": rejection.is_warning,
    }


@screen("import_books")
def import_report(request: DeskRequest, run_id: int) -> HttpResponseBase:
    """Every refused row as a file, to correct at the source."""
    run = queries.run(run_id, scope=request.scope)
    found = queries.rejections(run.pk, organisation_id=request.organisation_id)
    rows = (_told(rejection, run) for rejection in found)
    form = "xlsx" if request.GET.get("export") == "xlsx" else "csv"
    return exports.sheet(form, name=f"{gettext('rejected')}-{run.pk}", columns=COLUMNS, rows=rows)


@screen("import_books")
@require_POST
def mapping_forget(request: DeskRequest) -> HttpResponse:
    imports.forget_mapping(organisation_id=request.organisation_id, name=request.POST.get("name", ""), by=request.actor)
    told(request, gettext("Forgotten."))
    return redirect("desk:imports")


urlpatterns = [
    path("imports", import_list, name="imports"),
    path("imports/mappings/forget", mapping_forget, name="mapping_forget"),
    path("imports/<int:run_id>", import_run, name="import"),
    path("imports/<int:run_id>/report", import_report, name="import_report"),
    path("imports/drop/<str:word>", import_drop, name="import_drop"),
]
