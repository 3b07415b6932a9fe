"""PDFs of invoices into the books: each to the one document its name means, all others refused by name."""

from collections import Counter
from collections.abc import Sequence

from encours.access.models import Entity
from encours.core.errors import Refused, gettext_noop
from encours.imports.actions.bank import BankCall
from encours.imports.actions.results import FileResult
from encours.imports.formats import copies
from encours.imports.formats.opening import Opened
from encours.imports.formats.problems import Problem
from encours.invoices import copy_actions as keeping
from encours.invoices import copy_queries as kept
from encours.invoices.models import Document

_KEPT_ROWS_MAX = 10_000


class CopyUnknown(Refused):
    """The name of a PDF means no document of the books."""

    message = gettext_noop("{file}: no known invoice has this number. Import the invoice first, or rename the file.")


class CopyAmbiguous(Refused):
    """The name of a PDF means several documents."""

    message = gettext_noop("{file} may be {numbers}: rename the file, or say which company it is of.")


def load_copies(call: BankCall, opened: Opened, result: FileResult) -> None:
    """Keep the PDFs of a file, each with the invoice that its name means.

    A file alone is refused with its reason; of an archive, those that mean none or several, that are no PDF or too
    large are told one by one and the others are kept. The same again changes nothing.
    """
    entities = Entity.objects.filter(organisation_id=call.organisation_id)
    if call.entity_code:
        entities = entities.filter(code=call.entity_code)
    entity_ids = list(entities.values_list("pk", flat=True))
    counted: Counter[str] = Counter()
    with copies.members(opened.path, opened.bank, name=result.file) as members:
        meant = kept.named_by_each(
            [name for name, _ in members], organisation_id=call.organisation_id, entity_ids=entity_ids
        )
        for rank, (name, path) in enumerate(members, 1):
            result.rows_read += 1
            try:
                document = _only(meant[name], file=_last(name))
                _, outcome = keeping.store_copy(
                    document, file_name=_last(name), content=path.read_bytes(), import_id=result.run_id, by=call.by
                )
                counted[outcome] += 1
            except Refused as refusal:
                if opened.bank == "pdf":
                    raise
                result.refuse([Problem(rank, "file", name[-200:], _REASONS[type(refusal)])], kept_max=_KEPT_ROWS_MAX)
    result.created, result.changed, result.unchanged = counted["created"], counted["changed"], counted["unchanged"]


def _only(found: Sequence[Document], *, file: str) -> Document:
    if not found:
        raise CopyUnknown(file=file)
    if len(found) > 1:
        raise CopyAmbiguous(file=file, numbers=", ".join(f"{one} ({one.entity})" for one in found[:5]))
    return found[0]


def _last(name: str) -> str:
    return name.rpartition("/")[2]


_REASONS: dict[type[Refused], str] = {
    CopyUnknown: "copy_unknown",
    CopyAmbiguous: "copy_ambiguous",
    keeping.NotAPdf: "copy_not_pdf",
    keeping.CopyTooLarge: "copy_too_large",
}
