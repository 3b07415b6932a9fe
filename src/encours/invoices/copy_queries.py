"""The PDF kept of an invoice, and which invoice the name of a file means."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import connection

from encours.access.models import Entity
from encours.access.rules import Scope
from encours.core import statements
from encours.core.errors import NotFound, gettext_noop
from encours.invoices import queries, rules
from encours.invoices.models import Document, DocumentCopy
from encours.messaging.rules.values import Attachment

_FOLDED = """
    select d.id, regexp_replace(lower(d.number), '[^0-9a-z]', '', 'g') from invoices_document d
     where d.organisation_id = %s and d.is_current and d.entity_id = any(%s)
       and regexp_replace(lower(d.number), '[^0-9a-z]', '', 'g') = any(%s)
"""


_MEANT_MAX = 10


class CopyUnknown(NotFound):
    """No PDF is kept of the document."""

    message = gettext_noop("No PDF is kept of {number}.")


def named_by(file_name: str, *, organisation_id: int, entity_ids: Collection[int] = ()) -> Sequence[Document]:
    """The documents that a file's name means: one, several where it is ambiguous, none where it names none known."""
    return named_by_each([file_name], organisation_id=organisation_id, entity_ids=entity_ids)[file_name]


def named_by_each(
    file_names: Collection[str], *, organisation_id: int, entity_ids: Collection[int] = ()
) -> Mapping[str, Sequence[Document]]:
    """The documents that each file's name means.

    The longest number found in a name decides. Numbers are compared without case and signs, since names of files take
    no slash: as they are written first, by the index; any other way of writing them takes one pass over the numbers,
    for all names together.
    """
    within = list(entity_ids) or _entities(organisation_id)
    named = {name: rules.named_in(name) for name in file_names}
    current = Document.objects.filter(organisation_id=organisation_id, is_current=True)
    written = {form for pieces in named.values() for one in pieces for form in _forms(one)}
    as_written = _grouped(
        (number, pk, rules.key_of(number))
        for pk, number in current.filter(entity_id__in=within, number__in=written).values_list("pk", "number")
    )
    found = {
        name: _hits((form for one in pieces for form in _forms(one)), as_written) for name, pieces in named.items()
    }
    keys = {one.key for name, pieces in named.items() if not found[name] for one in pieces}
    if keys and within:
        with connection.cursor() as cursor:
            cursor.execute(_FOLDED, [organisation_id, within, list(keys)])
            folded = _grouped((key, pk, key) for pk, key in cursor.fetchall())
        found |= {name: _hits((one.key for one in pieces), folded) for name, pieces in named.items() if not found[name]}
    meant = {name: _longest(hits) for name, hits in found.items()}
    documents = current.select_related("customer", "entity").in_bulk({pk for pks in meant.values() for pk in pks})
    return {name: [documents[pk] for pk in pks if pk in documents] for name, pks in meant.items()}


type _Hits = set[tuple[int, str]]  # documents, each with its number as names are compared


def _forms(piece: rules.Named) -> tuple[str, str]:
    return piece.written, piece.written.upper()


def _grouped(rows: Iterable[tuple[str, int, str]]) -> dict[str, _Hits]:
    found: dict[str, _Hits] = {}
    for name, pk, key in rows:
        found.setdefault(name, set()).add((pk, key))
    return found


def _hits(names: Iterable[str], known: Mapping[str, _Hits]) -> _Hits:
    return {hit for name in names for hit in known.get(name, ())}


def _longest(hits: _Hits) -> list[int]:
    most = max((len(key) for _, key in hits), default=0)
    return sorted(pk for pk, key in hits if len(key) == most)[:_MEANT_MAX]


def _entities(organisation_id: int) -> list[int]:
    return list(Entity.objects.filter(organisation_id=organisation_id).values_list("pk", flat=True))


def is_named(file_name: str, *, organisation_id: int) -> bool:
    """Whether a PDF is to be taken for a copy by its name alone: it means one known document and no payment."""
    return not rules.is_advice_name(file_name) and len(named_by(file_name, organisation_id=organisation_id)) == 1


def of_document(document: Document) -> Sequence[DocumentCopy]:
    """Every PDF kept of a document, the one in force first; without their bytes."""
    kept = DocumentCopy.objects.filter(
        organisation_id=document.organisation_id, entity_id=document.entity_id, number=document.number
    )
    return sorted(kept.defer("content"), key=lambda one: (one.withdrawn_at is not None, -one.pk))


def latest(document: Document) -> DocumentCopy | None:
    """The PDF in force of a document, without its bytes."""
    found = next(iter(of_document(document)), None)
    return found if found is not None and found.withdrawn_at is None else None


def of_documents(document_ids: Collection[int], *, organisation_id: int) -> dict[int, DocumentCopy]:
    """The PDF in force of each of some documents that has one, by document, without the bytes."""
    documents = statements.rows(
        "select id, entity_id, number from invoices_document where organisation_id = %s and id = any(%s::bigint[])"
        " and exists (select from invoices_documentcopy where organisation_id = %s)",
        [organisation_id, list(document_ids), organisation_id],
    )
    if not documents:  # where no PDF is kept at all there is nothing to look for
        return {}
    places = {(entity, number): pk for pk, entity, number in documents}
    kept = DocumentCopy.objects.filter(
        organisation_id=organisation_id,
        entity_id__in={entity for entity, _ in places},
        number__in={number for _, number in places},
        withdrawn_at=None,
    )
    # the latest comes last and stays
    rows = kept.defer("content").order_by("pk")
    return {places[one.entity_id, one.number]: one for one in rows if (one.entity_id, one.number) in places}


def content(copy: DocumentCopy) -> bytes:
    """The bytes of a PDF."""
    row = DocumentCopy.objects.filter(organisation_id=copy.organisation_id, pk=copy.pk)
    return bytes(row.values_list("content", flat=True)[0])


def in_scope(copy_id: int, *, scope: Scope) -> DocumentCopy:
    """A PDF, withdrawn or not, of a document that the reader may see."""
    found = DocumentCopy.objects.filter(organisation_id=scope.organisation_id, pk=copy_id).defer("content").first()
    seen = queries.in_scope(scope)
    if found is None or not seen.filter(entity_id=found.entity_id, number=found.number).exists():
        raise CopyUnknown(number=copy_id)
    return found


def attachments(
    numbers: Collection[str], *, customer_ids: Collection[int], organisation_id: int
) -> dict[str, Attachment]:
    """The PDFs in force of these documents of these customers, by number; those that have none are left out.

    Two companies may use one number: then neither is meant, since the wrong one would be sent.
    """
    documents = Document.objects.filter(
        organisation_id=organisation_id, is_current=True, number__in=numbers, customer_id__in=customer_ids
    )
    by_number: dict[str, list[Document]] = {}
    for one in documents:
        by_number.setdefault(one.number, []).append(one)
    alone = {meant[0].pk: number for number, meant in by_number.items() if len(meant) == 1}
    kept = of_documents(alone, organisation_id=organisation_id)
    contents = DocumentCopy.objects.in_bulk({copy.pk for copy in kept.values()})
    return {
        alone[document_id]: Attachment(copy.file_name, "application/pdf", bytes(contents[copy.pk].content))
        for document_id, copy in kept.items()
    }
