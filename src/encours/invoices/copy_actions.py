"""Keep the PDF of an invoice, or say that one was the wrong file."""

import hashlib
import re
from datetime import datetime

from django.db import IntegrityError, transaction

from encours.access import actions as access
from encours.access.rules import Scope
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.invoices import copy_queries, rules
from encours.invoices.models import Document, DocumentCopy

_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\\\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


class NotAPdf(Refused):
    """Only PDFs are kept as copies."""

    message = gettext_noop("{file} is no PDF: only the PDF of an invoice is kept.")


class CopyTooLarge(Refused):
    """A PDF is larger than is kept."""

    message = gettext_noop("{file} is larger than {limit_mb} MB, the most that is kept of an invoice.")


def store_copy(
    document: Document, *, file_name: str, content: bytes, import_id: int | None, by: Actor
) -> tuple[DocumentCopy, str]:
    """Keep a PDF of a document within an import, whose own audit entry tells it: created, changed or unchanged.

    The same bytes again change nothing; other bytes are in force from now on, and the ones before stay. What a person
    said was the wrong file is not taken again by an import. Refuses what is no PDF, and one that is too large.
    """
    shown = _UNSAFE.sub("", file_name).strip(". ")[-200:] or f"{document.number}.pdf"
    problem = rules.copy_problem(content)
    if problem == "copy_too_large":
        raise CopyTooLarge(file=shown, limit_mb=rules.COPY_BYTES_MAX // 1024**2)
    if problem:
        raise NotAPdf(file=shown)
    digest = hashlib.sha256(content).hexdigest()
    kept = copy_queries.of_document(document)
    in_force = next((one for one in kept if one.withdrawn_at is None), None)
    same = next((one for one in kept if one.sha256 == digest), None)
    if same is not None and (same.withdrawn_at is None or import_id is not None):
        return same, "unchanged"
    try:
        with transaction.atomic():
            made = DocumentCopy.objects.create(
                organisation_id=document.organisation_id,
                entity_id=document.entity_id,
                number=document.number,
                file_name=shown,
                content=content,
                size_bytes=len(content),
                sha256=digest,
                import_id=import_id,
                added_by_name=by.name[:200],
            )
    except IntegrityError:  # the same file at the same moment
        return next(one for one in copy_queries.of_document(document) if one.sha256 == digest), "unchanged"
    return made, "created" if in_force is None else "changed"


@transaction.atomic
def keep_copy(document: Document, *, file_name: str, content: bytes, by: Actor) -> tuple[DocumentCopy, str]:
    """Keep the PDF of a document that a person has at hand; the same bytes again change nothing."""
    made, outcome = store_copy(document, file_name=file_name, content=content, import_id=None, by=by)
    if outcome != "unchanged":
        _audit(made, "copy_kept", by=by)
    return made, outcome


@transaction.atomic
def withdraw_copy(copy_id: int, *, scope: Scope, now: datetime, by: Actor) -> DocumentCopy:
    """Say that a PDF was the wrong file: it is sent no more, and stays to be looked at. Twice changes nothing."""
    found = copy_queries.in_scope(copy_id, scope=scope)
    changed = DocumentCopy.objects.filter(organisation_id=found.organisation_id, pk=found.pk, withdrawn_at=None).update(
        withdrawn_at=now, withdrawn_by_name=by.name[:200]
    )
    if changed:
        _audit(found, "copy_withdrawn", by=by)
    return found


def _audit(copy: DocumentCopy, verb: str, *, by: Actor) -> None:
    access.record_audit(
        by=by,
        organisation_id=copy.organisation_id,
        verb=verb,
        subject_kind="document",
        subject_id=copy.number,
        details={"copy": copy.pk, "file": copy.file_name, "sha256": copy.sha256, "entity": copy.entity_id},
    )
