"""What must always hold of penalties, checked again from the rows themselves."""

from django.db import connection

from encours.core.findings import Finding


def check(organisation_id: int) -> list[Finding]:
    """Re-check every law of penalties for one organisation; nothing is changed."""
    return [_checked(organisation_id, code, *law) for code, law in LAWS.items()]


def _checked(organisation_id: int, code: str, subject: str, broken: str) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(subject, {"organisation": organisation_id})
        (count,) = cursor.fetchone()
        cursor.execute(broken + " limit 5", {"organisation": organisation_id})
        rows = cursor.fetchall()
    detail = "; ".join(", ".join(str(value) for value in row) for row in rows)
    return Finding(code=code, is_kept=not rows, figure=str(count), detail=detail)


_NOTES = "select count(*) from penalties_penaltynote where organisation_id = %(organisation)s"

# law -> (how many rows it was checked on, the rows that break it)
LAWS = {
    "penalty_notes_are_the_sum_of_their_lines": (
        _NOTES,
        """select n.id, n.amount_minor, coalesce(l.amount_minor, 0) from penalties_penaltynote n
           left join (select note_id, sum(amount_minor) as amount_minor from penalties_penaltyline
                      where organisation_id = %(organisation)s group by 1) l on l.note_id = n.id
           where n.organisation_id = %(organisation)s and n.amount_minor is distinct from l.amount_minor""",
    ),
    "invoiced_penalties_are_on_the_account": (
        _NOTES + " and outcome = 'invoiced' and cancels_id is null",
        """select n.id, n.number, n.amount_minor from penalties_penaltynote n
           where n.organisation_id = %(organisation)s and n.outcome = 'invoiced' and n.cancels_id is null
             and n.amount_minor is distinct from (
               select sum(i.amount_minor) from ledger_transaction t
               join ledger_openitem i on i.transaction_id = t.id and i.organisation_id = t.organisation_id
               where t.organisation_id = n.organisation_id and t.key = 'penalties:' || n.id)""",
    ),
    "penalties_are_decided_in_turn": (
        "select count(*) from penalties_penaltyline where organisation_id = %(organisation)s",
        """select document_number, instalment_number, kind, sum(amount_minor) from penalties_penaltyline
           where organisation_id = %(organisation)s group by entity_id, 1, 2, 3
           having sum(amount_minor) < 0 or max(sequence) <> count(*)""",
    ),
}
