"""What the audit trail says of a few things, for whoever reads their story."""

from collections.abc import Collection, Iterable

from encours.access.models import AuditEntry


def entries_about(
    subject_kind: str, subject_ids: Iterable[int], *, verbs: Collection[str], organisation_id: int, limit: int
) -> list[AuditEntry]:
    """The deeds of some kinds done to some things, the latest first."""
    found = AuditEntry.objects.filter(
        organisation_id=organisation_id,
        subject_kind=subject_kind,
        subject_id__in=[str(one) for one in subject_ids],
        verb__in=verbs,
    )
    return list(found.only("verb", "at", "actor_name", "why", "sequence").order_by("-sequence")[:limit])
