"""Parts of instalments that were paid: how much, when, of what due and issue date."""

from typing import Any

from encours.analytics.rules.periods import Period
from encours.ledger.queries import AsOf, Selection


def parts_sql(selection: Selection, as_of: AsOf, *, period: Period) -> tuple[str, dict[str, Any]]:
    """SQL of the parts paid in a period, known at K: one row a leg that an allocation with a receipt took from an item.

    What is undone comes back with the opposite sign and the same day, so sums come out as if it had never been.
    """
    parameters = {
        **selection.parameters(),
        "known_at": as_of.known_at,
        "paid_from": period.first_date,
        "paid_to": min(period.last_date, as_of.day),
    }
    known = " and l.recorded_at <= %(known_at)s" if as_of.known_at else ""
    known_receipt = known.replace("l.", "r.")
    return (
        f"""select i.id as item_id, i.customer_id, i.entity_id, i.currency, i.item_date, i.due_date,
                   l.allocation_date as paid_date, -l.amount_minor as amount_minor, l.allocation_id, l.id as leg_id
            from ledger_allocationleg l join ledger_openitem i on i.id = l.item_id
            where l.organisation_id = %(organisation)s and {selection.conditions("i")}
              and i.amount_minor > 0 and i.kind in ('invoice', 'debit_note', 'deposit')
              and l.allocation_date between %(paid_from)s and %(paid_to)s{known}
              and l.allocation_id in (
                select r.allocation_id from ledger_allocationleg r join ledger_openitem ri on ri.id = r.item_id
                where r.organisation_id = %(organisation)s and ri.organisation_id = %(organisation)s
                  and r.allocation_date between %(paid_from)s and %(paid_to)s{known_receipt}
                  and ri.kind = 'receipt')"""
    ), parameters
