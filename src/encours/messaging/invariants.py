"""What must always hold of messages, checked again from the rows themselves."""

from django.db import connection

from encours.core.findings import Finding


def check(organisation_id: int) -> list[Finding]:
    """Re-check every law of messages for one organisation; nothing is changed."""
    return [_checked(organisation_id, code, *law) for code, law in LAWS.items()]


def _checked(organisation_id: int, code: str, subject: str, broken: str) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(subject, {"organisation": organisation_id})
        (count,) = cursor.fetchone()
        cursor.execute(broken + " limit 5", {"organisation": organisation_id})
        rows = cursor.fetchall()
    detail = "; ".join(", ".join(str(value) for value in row) for row in rows)
    return Finding(code=code, is_kept=not rows, figure=str(count), detail=detail)


_MESSAGES = "select count(*) from messaging_message where organisation_id = %(organisation)s"

# law -> (how many rows it was checked on, the rows that break it)
LAWS = {
    "messages_are_as_their_last_event": (
        _MESSAGES,
        """select m.id, m.key, m.state from messaging_message m
           where m.organisation_id = %(organisation)s and m.state is distinct from (
             select e.state from messaging_messageevent e
             where e.organisation_id = m.organisation_id and e.message_id = m.id order by e.id desc limit 1)""",
    ),
    "messages_leave_once": (
        "select count(*) from messaging_messageevent where organisation_id = %(organisation)s and state = 'sent'",
        """select message_id, count(*) from messaging_messageevent
           where organisation_id = %(organisation)s and state in ('sent', 'caught') group by 1 having count(*) > 1""",
    ),
    "messages_that_left_have_their_bytes": (
        _MESSAGES,
        """select m.id, m.key from messaging_message m
           where m.organisation_id = %(organisation)s and m.state in ('sent', 'caught', 'in_doubt', 'handing_over')
             and not exists (select from messaging_messagecontent c where c.message_id = m.id)""",
    ),
    "message_bytes_are_intact": (
        "select count(*) from messaging_messagecontent where organisation_id = %(organisation)s",
        """select message_id from messaging_messagecontent
           where organisation_id = %(organisation)s and octet_length(raw) > 0 and sha256(raw) <> sha256""",
    ),
}
