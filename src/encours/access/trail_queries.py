"""What the audit trail says of a few things, for whoever reads their story."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True, slots=True)
class Told:
    """A deed as a story tells it."""

    verb: str
    at: datetime
    actor_name: str
    why: str


def entries_about(
    subject_kind: str, subject_ids: Iterable[int], *, verbs: Collection[str], organisation_id: int, limit: int
) -> list[Told]:
    """The deeds of some kinds done to some things, the latest first."""
    # each opening of an account asks; planned for its values, as the trail is long and its end says little of one thing
    with connection.cursor() as cursor:
        cursor.execute(
            """select verb, at, actor_name, why from access_auditentry
               where organisation_id = %s and subject_kind = %s and subject_id = any(%s::text[])
                 and verb = any(%s::text[]) order by sequence desc limit %s""",
            [organisation_id, subject_kind, [str(one) for one in subject_ids], list(verbs), limit],
        )
        rows = cursor.fetchall()
    return [Told(*row) for row in rows]
