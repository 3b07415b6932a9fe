"""Read documents and their versions."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

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
    """Documents whose number begins with the text, or that people mean by its end: "fa-2026", "2026-1583", "1583".

    The entities are named so that the unique index answers.
    """
    wanted = text.strip()
    if len(wanted) < 3:
        return []
    meant = Q(number__in=_meant_by(wanted, scope=scope, entity_ids=entity_ids))
    for spelling in {wanted, wanted.upper(), wanted.lower()}:
        meant |= Q(number__startswith=spelling)
    found = in_scope(scope).filter(meant, entity_id__in=entity_ids)
    return list(found.select_related("customer").order_by("number")[:limit])


# the highest number of each series, found by stepping down the index: FS-2026-0649, FA-2026-1615, FA-2025-1344 ...
# (a series inside another, FA-2026-1 beside FA-3, is stepped over: its numbers are found by their beginning)
_SERIES = """
select series.number from unnest(%(entities)s::bigint[]) as of_entity(id) cross join lateral (
  with recursive step(number) as (
    (select d.number from invoices_document d
      where d.organisation_id = %(organisation)s and d.entity_id = of_entity.id and d.is_current
      order by d.number desc limit 1)
    union all
    select (select d.number from invoices_document d
      where d.organisation_id = %(organisation)s and d.entity_id = of_entity.id and d.is_current
        and d.number < regexp_replace(step.number, '[0-9]+$', '')
      order by d.number desc limit 1)
    from step where step.number is not null)
  select number from step where number is not null limit %(series_max)s) series
"""
_SERIES_MAX = 40
_END = re.compile(r"[0-9]+$")


def _meant_by(wanted: str, *, scope: Scope, entity_ids: Sequence[int]) -> set[str]:
    """The full numbers an end stands for, one for each series it fits: "2026-83" -> {"FA-2026-0083"}."""
    end = _END.search(wanted)
    if end is None:
        return set()
    head, digits = wanted[: end.start()].upper(), end.group()
    values: dict[str, Any] = {
        "organisation": scope.organisation_id,
        "entities": list(entity_ids),
        "series_max": _SERIES_MAX,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SERIES, values)
        highest = [row[0] for row in cursor.fetchall()]
    meant = set()
    for number in highest:
        last = _END.search(number)
        if last is not None and number[: last.start()].upper().endswith(head):
            meant.add(number[: last.start()] + digits.zfill(len(last.group())))
    return meant


def parties_of_numbers(numbers: Collection[str], *, organisation_id: int) -> dict[str, tuple[int, int]]:
    """The customer and company of each document number that is known, for files that name invoices."""
    found = Document.objects.filter(organisation_id=organisation_id, is_current=True, number__in=numbers)
    return {
        number: (customer, entity) for number, customer, entity in found.values_list("number", "customer", "entity")
    }
