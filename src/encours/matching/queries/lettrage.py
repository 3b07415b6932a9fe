"""Read for mass lettrage: the open items of accounts that have something on both sides, and the groups they form."""

from collections.abc import Sequence

from django.db import connection

from encours.access.rules import Scope
from encours.customers.queries import owned_sql
from encours.matching.rules.lettrage import Entry, Tied, Way, lettrage

_ENTRIES = """
select i.id, i.customer_id, i.entity_id, i.currency, i.account, i.kind, i.document_number, i.item_date, i.due_date,
       i.open_minor, coalesce(nullif(d.related_number, ''), nullif(r.reference, ''), '')
from ledger_openitem i
join customers_customer c on c.id = i.customer_id
left join invoices_document d on i.kind = 'credit_note' and d.id = i.document_id
    and d.organisation_id = i.organisation_id
left join payments_receipt r on i.kind = 'receipt' and r.id = i.document_id and r.organisation_id = i.organisation_id
where i.organisation_id = %(organisation)s and i.open_minor <> 0
  and (%(customers)s::bigint[] is null or i.customer_id = any(%(customers)s))
  and exists (select from ledger_openitem o where o.organisation_id = i.organisation_id
      and o.customer_id = i.customer_id and o.entity_id = i.entity_id and o.currency = i.currency
      and o.account = i.account and o.open_minor <> 0 and sign(o.open_minor) <> sign(i.open_minor))
"""


def entries(scope: Scope, *, customer_ids: Sequence[int] | None = None) -> list[Entry]:
    """The open items of the accounts where debts and credits stand side by side."""
    sql = _ENTRIES
    if scope.entity_ids:
        sql += " and i.entity_id = any(%(entities)s)"
    if scope.own_portfolio_only:
        sql += f" and {owned_sql('c')}"
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "organisation": scope.organisation_id,
                "customers": None if customer_ids is None else list(customer_ids),
                "entities": list(scope.entity_ids),
                "people": list(scope.people),
            },
        )
        return [Entry._make(row) for row in cursor.fetchall()]


def preview(scope: Scope, *, ways: Sequence[Way], customer_ids: Sequence[int] | None = None) -> list[Tied]:
    """What mass lettrage would settle, account by account; nothing is written."""
    return lettrage(entries(scope, customer_ids=customer_ids), ways)
