"""The only writers of tenants, people, rights and the audit trail."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from encours.access import rules
from encours.access.models import AuditEntry
from encours.core.actors import Actor
from encours.core.errors import jsonable


def record_audit(
    *,
    by: Actor,
    organisation_id: int,
    verb: str,
    subject_kind: str,
    subject_id: object = "",
    why: str = "",
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add one entry to the organisation's audit trail, chained to the entry before it.

    Call it last in an action's transaction: writers of the same organisation wait for one another from here to the
    commit, which is what keeps the chain a chain.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an audit entry belongs to the transaction of the change it records")
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtext('access.audit'), %s), clock_timestamp()", [organisation_id]
        )
        at = cursor.fetchone()[1]
    last = AuditEntry.objects.filter(organisation_id=organisation_id).order_by("-sequence").first()
    entry = AuditEntry(
        organisation_id=organisation_id,
        sequence=last.sequence + 1 if last else 1,
        at=at,
        actor_id=by.user_id,
        actor_name=by.name,
        channel=by.channel,
        verb=verb,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        why=why,
        details=jsonable(dict(details or {})),
        previous_hash=bytes(last.hash) if last else rules.CHAIN_START,
    )
    entry.hash = rules.chain_hash(bytes(entry.previous_hash), entry.chained())
    entry.save(force_insert=True)
    return entry
