"""Read documents and their versions."""

from collections.abc import Collection, Sequence

from django.db.models import QuerySet

from encours.access.rules import Scope
from encours.core.errors import NotFound, gettext_noop
from encours.customers.queries import owned_by
from encours.invoices.models import Document


class DocumentUnknown(NotFound):
    """No document of that number, or none the reader may see."""

    message = gettext_noop("There is no document {number} among those you follow.")


def in_scope(scope: Scope) -> QuerySet[Document]:
    """The current versions of the documents a person may see."""
    documents = Document.objects.filter(organisation_id=scope.organisation_id, is_current=True)
    if scope.entity_ids:
        documents = documents.filter(entity_id__in=scope.entity_ids)
    if scope.own_portfolio_only:
        documents = documents.filter(owned_by(scope.people, "customer__"))
    return documents


def document(document_id: int, *, scope: Scope) -> Document:
    """One document with its customer and entity."""
    found = in_scope(scope).select_related("customer", "entity").filter(pk=document_id).first()
    if found is None:
        raise DocumentUnknown(number=document_id)
    return found


def documents_of(customer_ids: Sequence[int], *, scope: Scope, limit: int) -> Sequence[Document]:
    """The latest documents of a customer and of those that were merged into it."""
    return list(in_scope(scope).filter(customer_id__in=customer_ids).order_by("-issue_date", "-pk")[:limit])


def document_count(customer_ids: Sequence[int], *, scope: Scope) -> int:
    """How many documents a customer has, with those that were merged into it."""
    return in_scope(scope).filter(customer_id__in=customer_ids).count()


def versions_of(found: Document) -> Sequence[Document]:
    """Every version of the document, the latest first: how an import corrected it."""
    versions = Document.objects.filter(
        organisation_id=found.organisation_id, entity_id=found.entity_id, number=found.number
    )
    return list(versions.order_by("-version"))


def by_number(text: str, *, scope: Scope, entity_ids: Sequence[int], limit: int) -> Sequence[Document]:
    """Documents whose number begins with the text; the entities are named so that the unique index answers."""
    wanted = text.strip()
    if len(wanted) < 3:
        return []
    found = in_scope(scope).filter(entity_id__in=entity_ids, number__startswith=wanted)
    return list(found.select_related("customer").order_by("number")[:limit])


def parties_of_numbers(numbers: Collection[str], *, organisation_id: int) -> dict[str, tuple[int, int]]:
    """The customer and company of each document number that is known, for files that name invoices."""
    found = Document.objects.filter(organisation_id=organisation_id, is_current=True, number__in=numbers)
    return {
        number: (customer, entity) for number, customer, entity in found.values_list("number", "customer", "entity")
    }
