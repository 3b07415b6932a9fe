"""What must always be true of the books, checked again from the facts themselves."""

from django.db import connection

from encours.core.findings import Finding


def check(organisation_id: int) -> list[Finding]:
    """Re-check every law of the ledger for one organisation; nothing is changed."""
    return [_count(organisation_id, code, *law) for code, law in LAWS.items()]


def _count(organisation_id: int, code: str, subject: str, broken: str) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(subject, {"organisation": organisation_id})
        checked = cursor.fetchone()[0]
        cursor.execute(broken + " limit 5", {"organisation": organisation_id})
        rows = cursor.fetchall()
    return Finding(
        code=code,
        is_kept=not rows,
        figure=str(checked),
        detail="; ".join(", ".join(str(value) for value in row) for row in rows),
    )


_ITEMS = "select count(*) from ledger_openitem where organisation_id = %(organisation)s"
_LEGS = "select count(*) from ledger_allocationleg where organisation_id = %(organisation)s"

# law -> (how many rows it was checked on, the rows that break it)
LAWS = {
    "transactions_balance": (
        "select count(*) from ledger_transaction where organisation_id = %(organisation)s",
        """select transaction_id, currency, sum(amount_minor) from ledger_entry
           where organisation_id = %(organisation)s group by 1, 2 having sum(amount_minor) <> 0""",
    ),
    "items_tie_to_entries": (
        "select count(*) from ledger_entry where organisation_id = %(organisation)s and account like '41%%'",
        """select account, currency, sum(item_minor), sum(entry_minor) from (
             select account, currency, amount_minor as item_minor, 0 as entry_minor from ledger_openitem
             where organisation_id = %(organisation)s
             union all
             select account, currency, 0, amount_minor from ledger_entry
             where organisation_id = %(organisation)s and account like '41%%') both_sides
           group by 1, 2 having sum(item_minor) <> sum(entry_minor)""",
    ),
    "allocations_balance": (
        "select count(*) from ledger_allocation where organisation_id = %(organisation)s",
        """select l.allocation_id, i.entity_id, l.currency, sum(l.amount_minor) from ledger_allocationleg l
           join ledger_openitem i on i.id = l.item_id where l.organisation_id = %(organisation)s
           group by 1, 2, 3 having sum(l.amount_minor) <> 0""",
    ),
    "open_amounts_follow_from_legs": (
        _ITEMS,
        """select i.id, i.document_number, i.open_minor, i.amount_minor + coalesce(l.taken, 0) from ledger_openitem i
           left join (select item_id, sum(amount_minor) as taken, min(allocation_date) as first_date,
                max(allocation_date) as last_date, min(recorded_at) as first_at, max(recorded_at) as last_at
             from ledger_allocationleg where organisation_id = %(organisation)s group by 1) l on l.item_id = i.id
           where i.organisation_id = %(organisation)s and (i.open_minor <> i.amount_minor + coalesce(l.taken, 0)
             or i.legs_first_date is distinct from l.first_date or i.legs_last_date is distinct from l.last_date
             or i.legs_first_at is distinct from l.first_at or i.legs_last_at is distinct from l.last_at)""",
    ),
    "nothing_over_allocated": (
        _ITEMS,
        """select id, document_number, open_minor, amount_minor from ledger_openitem
           where organisation_id = %(organisation)s
             and (abs(open_minor) > abs(amount_minor) or open_minor::numeric * amount_minor < 0)""",
    ),
    "legs_keep_currency_and_organisation": (
        _LEGS,
        """select l.id, l.currency, i.currency from ledger_allocationleg l
           left join ledger_openitem i on i.id = l.item_id and i.organisation_id = l.organisation_id
           where l.organisation_id = %(organisation)s and (i.id is null or i.currency <> l.currency)""",
    ),
    "allocations_not_before_items": (
        _LEGS,
        """select l.allocation_id, i.document_number from ledger_allocationleg l
           join ledger_openitem i on i.id = l.item_id
           where l.organisation_id = %(organisation)s and l.allocation_date < i.item_date""",
    ),
    "reversals_mirror": (
        """select count(*) from ledger_openitem where organisation_id = %(organisation)s
           and reverses_id is not null""",
        """select r.id, r.document_number from ledger_openitem r left join ledger_openitem i on i.id = r.reverses_id
           where r.organisation_id = %(organisation)s and r.reverses_id is not null
             and (i.id is null or i.amount_minor <> -r.amount_minor or i.currency <> r.currency
                  or i.customer_id <> r.customer_id or r.open_minor <> 0 or i.open_minor <> 0)""",
    ),
}
