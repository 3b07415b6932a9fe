"""The money that came for each promise: one reading for the run, the list of the day and the customer's page."""

from collections.abc import Collection, Mapping
from datetime import date

from django.db import connection

from encours.collections.rules.promises import Covered, Promised, cover
from encours.customers.queries import merged

PROMISES = """
select customer_id, currency, id, amount_minor, made_date, promised_date from collections_promise
where organisation_id = %s and customer_id = any(%s) and withdrawn_date is null and made_date <= %s
"""
# A payment that bounced or was taken back is no money; one that was corrected counts as it was posted again.
CASH = """
select r.customer_id, r.currency, r.item_date, -r.amount_minor from ledger_openitem r
where r.organisation_id = %s and r.customer_id = any(%s) and r.kind = 'receipt' and r.item_date between %s and %s
  and not exists (select from ledger_openitem b where b.organisation_id = r.organisation_id and b.reverses_id = r.id)
"""


def covered(organisation_id: int, *, customer_ids: Collection[int], today: date) -> Mapping[int, Covered]:
    """For every promise of the customers that was not withdrawn, what came for it up to today.

    A customer and the duplicates merged into it are one account.
    """
    if not customer_ids:
        return {}
    kept_of = merged(organisation_id)
    accounts = {kept_of.get(pk, pk) for pk in customer_ids}
    members = [*accounts, *(duplicate for duplicate, kept in kept_of.items() if kept in accounts)]
    promises: dict[tuple[int, str], list[Promised]] = {}
    cash: dict[tuple[int, str], list[tuple[date, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(PROMISES, [organisation_id, members, today])
        for customer_id, currency, *row in cursor.fetchall():
            promises.setdefault((kept_of.get(customer_id, customer_id), currency), []).append(Promised(*row))
        first = min((made.made_date for found in promises.values() for made in found), default=today)
        cursor.execute(CASH, [organisation_id, members, first, today])
        for customer_id, currency, *paid in cursor.fetchall():
            cash.setdefault((kept_of.get(customer_id, customer_id), currency), []).append((paid[0], paid[1]))
    return {
        promise_id: found
        for account, made in promises.items()
        for promise_id, found in cover(made, cash.get(account, [])).items()
    }
