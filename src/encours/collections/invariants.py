"""The laws of reminders, counted again from the stored rows."""

from django.db import connection

from encours.core.findings import Finding

# law -> how many rows it speaks of, and which break it
LAWS = {
    "steps_leave_once": (
        "select count(*) from collections_reminderitem where organisation_id = %(o)s and has_left",
        """
        select customer_id, document_number, instalment_number, step_key from collections_reminderitem
        where organisation_id = %(o)s and has_left
        group by 1, 2, 3, 4, item_id, scenario_id having count(*) > 1
        """,
    ),
    "disputed_parts_are_not_claimed": (
        "select count(*) from collections_reminderitem where organisation_id = %(o)s and disputed_minor > 0",
        """
        select id from collections_reminderitem
        where organisation_id = %(o)s and claimed_minor + disputed_minor > open_minor
        """,
    ),
    "reminders_ask_what_their_items_claim": (
        "select count(*) from collections_reminder where organisation_id = %(o)s and outcome = 'due'",
        """
        select r.id from collections_reminder r
        cross join lateral jsonb_each_text(r.totals) t(currency, asked)
        where r.organisation_id = %(o)s and r.outcome = 'due' and t.asked::bigint > (
            select coalesce(sum(i.claimed_minor), 0) from collections_reminderitem i
            where i.organisation_id = %(o)s and i.reminder_id = r.id and i.currency = t.currency)
        """,
    ),
    "messages_follow_from_decisions": (
        "select count(*) from messaging_message where organisation_id = %(o)s and kind = 'reminder'",
        """
        select m.key from messaging_message m
        where m.organisation_id = %(o)s and m.kind = 'reminder' and not exists (
            select from collections_reminder r
            where r.organisation_id = %(o)s and r.message_key = m.key and r.outcome = 'due')
        """,
    ),
}


def check(organisation_id: int) -> list[Finding]:
    """Every law with the number of rows it was counted on."""
    return [_finding(code, organisation_id) for code in LAWS]


def _finding(code: str, organisation_id: int) -> Finding:
    counting, breaking = LAWS[code]
    with connection.cursor() as cursor:
        cursor.execute(counting, {"o": organisation_id})
        count = cursor.fetchone()[0]
        cursor.execute(f"{breaking} limit 1", {"o": organisation_id})
        broken = cursor.fetchone()
    return Finding(code, broken is None, f"{count} rows", "" if broken is None else f"{broken}")
