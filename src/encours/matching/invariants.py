"""What must always be true of cash application, checked again from the stored rows."""

from django.db import connection

from encours.core.findings import Finding


def check(organisation_id: int) -> list[Finding]:
    """Re-check the laws of cash application for one organisation; nothing is changed."""
    return [_count(organisation_id, code, *law) for code, law in LAWS.items()]


def _count(organisation_id: int, code: str, subject: str, broken: str) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(subject, {"organisation": organisation_id})
        checked = cursor.fetchone()[0]
        cursor.execute(f"{broken} limit 5", {"organisation": organisation_id})
        rows = cursor.fetchall()
    return Finding(
        code=code,
        is_kept=not rows,
        figure=str(checked),
        detail="; ".join(", ".join(str(value) for value in row) for row in rows),
    )


_STANDING = """(select m.* from matching_match m where m.organisation_id = %(organisation)s and m.reverses_id is null
    and not exists (select from matching_match u
        where u.organisation_id = m.organisation_id and u.reverses_id = m.id))"""
# a bank's or the customers' own account, on which nothing between companies is booked
_NO_CURRENT_ACCOUNT = "^(5|41)"
_MATCHES = "select count(*) from matching_match where organisation_id = %(organisation)s"

# law -> (how many rows it was checked on, the rows that break it)
LAWS = {
    "bank_lines_applied_once": (
        _MATCHES,
        f"select line_id, count(*) from {_STANDING} m group by 1 having count(*) > 1",
    ),
    "line_states_agree_with_matches": (
        "select count(*) from matching_linework where organisation_id = %(organisation)s",
        f"""select w.line_id, w.state, m.id from matching_linework w
            left join {_STANDING} m on m.line_id = w.line_id
            where w.organisation_id = %(organisation)s
              and ((w.state in ('applied', 'on_account', 'booked', 'tied')) <> (m.id is not null)
                   or w.match_id is distinct from m.id)""",
    ),
    "applied_lines_are_receipts": (
        _MATCHES,
        f"""select m.id, m.amount_minor, r.amount_minor, i.amount_minor from {_STANDING} m
            left join payments_receipt r on r.id = m.receipt_id and r.organisation_id = m.organisation_id
            left join ledger_openitem i on i.id = m.item_id and i.organisation_id = m.organisation_id
            where m.receipt_id is not null
              and (r.amount_minor is distinct from m.amount_minor or i.amount_minor is distinct from -m.amount_minor
                   or i.currency <> m.currency)""",
    ),
    "bank_money_adds_up": (
        _MATCHES,
        f"""select m.id, m.amount_minor, m.on_account_minor from {_STANDING} m
            where m.receipt_id is not null and m.how <> 'tied' and not exists (
                select from jsonb_array_elements(m.residuals) r where r ->> 'treatment' = 'fx')
              and not exists (select from ledger_openitem c
                where c.id = any(m.extra_item_ids) and c.kind = 'conversion')
              and m.amount_minor <> m.on_account_minor
                  + coalesce((select sum((a ->> 'amount_minor')::bigint) from jsonb_array_elements(m.allocations) a), 0)
                  + coalesce((select sum((r ->> 'amount_minor')::bigint) from jsonb_array_elements(m.residuals) r
                      where (r ->> 'is_booked')::boolean and (r ->> 'item_id')::bigint = 0), 0)""",
    ),
    "money_for_another_company_is_in_both_books": (
        _MATCHES,
        f"""select m.id, m.line_id from {_STANDING} m
            join payments_bankline b on b.id = m.line_id and b.organisation_id = m.organisation_id
            where b.entity_id <> m.entity_id and m.how <> 'tied' and not exists (
                select from ledger_transaction t
                join ledger_entry n on n.organisation_id = t.organisation_id and n.transaction_id = t.id
                join ledger_openitem i on i.id = m.item_id
                where t.organisation_id = m.organisation_id and t.id = m.transaction_id and t.entity_id = b.entity_id
                  and n.account !~ '{_NO_CURRENT_ACCOUNT}' and n.amount_minor = -m.amount_minor
                  and i.counterpart <> '' and i.counterpart !~ '{_NO_CURRENT_ACCOUNT}')""",
    ),
    "undone_matches_left_the_books": (
        "select count(*) from matching_match where organisation_id = %(organisation)s and reverses_id is not null",
        """select m.id, m.item_id from matching_match m
           join matching_match u on u.organisation_id = m.organisation_id and u.reverses_id = m.id
           join ledger_openitem i on i.id = m.item_id
           where m.organisation_id = %(organisation)s and m.how <> 'tied'
             and not exists (select from ledger_openitem v where v.organisation_id = i.organisation_id
                 and v.reverses_id = i.id)""",
    ),
    "journal_files_hold_a_posting_once": (
        "select count(*) from matching_exportedtransaction where organisation_id = %(organisation)s",
        """select x.transaction_id, count(*) from matching_exportedtransaction x
           join matching_journalexport j on j.id = x.export_id and j.state <> 'refused'
           where x.organisation_id = %(organisation)s group by 1 having count(*) > 1""",
    ),
    "receivables_tie_on_every_day": (
        "select count(*) from ledger_transaction where organisation_id = %(organisation)s",
        """select x.entity_id, x.account, x.currency, x.day, sum(x.minor) from (
               select entity_id, account, currency, item_date as day, amount_minor as minor from ledger_openitem
               where organisation_id = %(organisation)s
               union all
               select t.entity_id, n.account, n.currency, t.transaction_date, -n.amount_minor from ledger_entry n
               join ledger_transaction t on t.id = n.transaction_id
               where n.organisation_id = %(organisation)s and n.account like '41%%') x
           group by 1, 2, 3, 4 having sum(x.minor) <> 0""",
    ),
}
