"""Opening balances of a FEC whose year before is in the books already: they stand for items that are known."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.db import connection

from encours.core.money import Money
from encours.imports import rules
from encours.imports.actions.loading import Call
from encours.imports.actions.results import LISTED_MAX


def carry_forward(call: Call) -> dict[str, Any] | None:
    """Take the opening lines of accounts with a history out of `fec_entry`; what differs from the books stays as one
        item.

    Nothing changes on accounts of which the books know nothing before the opening day: there the opening lines are the
    items brought forward.
    """
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists fec_opening, fec_difference")
        cursor.execute(
            """create temp table fec_opening on commit drop as
               select e.*, d.opening_date from fec_entry e join (
                   select account, min(entry_date) as opening_date from fec_entry where nature = 'opening' group by 1) d
                   using (account)
               where e.nature = 'opening' and exists (select from ledger_openitem i where i.organisation_id = %s
                   and i.entity_id = %s and i.account = e.account and i.item_date < d.opening_date)""",
            [call.organisation_id, call.entity.pk],
        )
        cursor.execute("select count(*) from fec_opening")
        count = cursor.fetchone()[0]
        if not count:
            return None
        cursor.execute(_DIFFERENCES, {"organisation": call.organisation_id, "entity": call.entity.pk})
        cursor.execute("delete from fec_entry where line in (select line from fec_opening)")
        cursor.execute(
            """insert into fec_entry (line, journal, entry_number, entry_date, account, account_label, auxiliary,
                   auxiliary_label, piece, issue_date, label, amount_minor, code, counterparts, customer, kind, nature,
                   natural_key, plain_number, wanted_number)
               select line, '', '', opening_date, account, '', '', '', '', opening_date, '', amount_minor, '', '',
                   customer,
                   case when amount_minor > 0 then 'invoice' else 'credit_note' end, 'opening',
                   concat_ws('|', 'opening', opening_date, account, customer),
                   'AN ' || to_char(opening_date, 'YYYYMMDD') || ' ' || customer, ''
               from fec_difference"""
        )
        cursor.execute(
            "select account, customer, amount_minor from fec_difference order by 1, 2 limit %s", [LISTED_MAX]
        )
        differences = [
            {
                "account": account,
                "customer_number": customer,
                "difference": Money(int(amount_minor), call.entity.currency).as_json(),
            }
            for account, customer, amount_minor in cursor.fetchall()
        ]
    return {"lines_known": count, "differences": differences}


_DIFFERENCES = """create temp table fec_difference on commit drop as
    with opening as (
        select account, customer, min(line) as line, min(opening_date) as opening_date, sum(amount_minor) as
            amount_minor
        from fec_opening group by 1, 2),
    known as (
        select i.account, c.number as customer, sum(i.amount_minor) as amount_minor from ledger_openitem i
        join (select account, min(opening_date) as opening_date from fec_opening group by 1) d
            on d.account = i.account and i.item_date < d.opening_date
        join customers_customer c on c.id = i.customer_id and c.organisation_id = i.organisation_id
        where i.organisation_id = %(organisation)s and i.entity_id = %(entity)s group by 1, 2)
    select coalesce(o.account, k.account) as account, coalesce(o.customer, k.customer) as customer,
        coalesce(o.line, (select min(line) from fec_opening)) as line,
        coalesce(o.opening_date, (select min(opening_date) from fec_opening)) as opening_date,
        (coalesce(o.amount_minor, 0) - coalesce(k.amount_minor, 0))::bigint as amount_minor
    from opening o full join known k on k.account = o.account and k.customer = o.customer
    where coalesce(o.amount_minor, 0) <> coalesce(k.amount_minor, 0)"""


def stage_carried(call: Call) -> None:
    """Build `fec_carried`: the known open items that lettered opening lines stand for, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists fec_carried")
        cursor.execute(
            """create temp table fec_carried (account text, customer text, code text, item_id bigint, line bigint,
                   amount_minor bigint, item_date date, code_date date) on commit drop"""
        )
        cursor.execute("select to_regclass('pg_temp.fec_opening') is not null")
        if not cursor.fetchone()[0]:
            return
        cursor.execute(
            """select account, customer, line, amount_minor, code, code_date from fec_opening where code <> ''
               order by account, customer, line"""
        )
        lines = cursor.fetchall()
        known = _known_open(call, cursor)
        rows = [
            row for key, part in groupby(lines, key=lambda line: line[:2]) for row in _carried(key, list(part), known)
        ]
        with cursor.copy("copy fec_carried from stdin") as copy:
            for row in rows:
                copy.write_row(row)


def _known_open(call: Call, cursor: Any) -> dict[tuple[str, str], list[tuple[int, int, Any]]]:
    cursor.execute(
        """select i.account, c.number, i.id, i.open_minor, i.item_date from ledger_openitem i
           join customers_customer c on c.id = i.customer_id and c.organisation_id = i.organisation_id
           join (select account, customer, min(opening_date) as opening_date from fec_opening where code <> '' group
               by 1, 2) o
               on o.account = i.account and o.customer = c.number and i.item_date < o.opening_date
           where i.organisation_id = %s and i.entity_id = %s and i.open_minor <> 0 order by i.item_date, i.id""",
        [call.organisation_id, call.entity.pk],
    )
    known: dict[tuple[str, str], list[tuple[int, int, Any]]] = {}
    for account, customer, *item in cursor.fetchall():
        known.setdefault((account, customer), []).append(tuple(item))
    return known


def _carried(
    key: tuple[str, str], lines: list[tuple[Any, ...]], known: dict[tuple[str, str], list[tuple[int, int, Any]]]
) -> Iterator[tuple[Any, ...]]:
    left = {item_id: open_minor for item_id, open_minor, _ in known.get(key, [])}
    day_of = {item_id: day for item_id, _, day in known.get(key, [])}
    for _, _, line, amount_minor, code, code_date in lines:
        for item_id, part_minor in rules.carried_forward(list(left.items()), amount_minor):
            left[item_id] -= part_minor
            if not left[item_id]:
                del left[item_id]
            yield (*key, code, item_id, line, part_minor, day_of[item_id], code_date)
