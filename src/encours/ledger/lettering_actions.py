"""The only writers of lettrage codes: one for each group of items settled together, by account."""

from collections.abc import Sequence
from datetime import date

from django.db import connection, transaction

from encours.ledger import rules
from encours.ledger.queries import CODE_NOW, STANDS


@transaction.atomic
def letter(*, organisation_id: int, item_ids: Sequence[int], today: date) -> int:
    """Give every group these items belong to its code: capitals when all of it is settled, small letters before.

    A group keeps the letters it has; a new one gets the next ones of its account. How many allocations changed.
    """
    if not item_ids:
        return 0
    _gather(organisation_id, item_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select l.allocation_id, l.item_id, i.open_minor, {CODE_NOW}, i.entity_id, i.customer_id, i.account
                from lettering_item g join ledger_openitem i on i.id = g.item_id
                join ledger_allocationleg l on l.organisation_id = i.organisation_id and l.item_id = i.id
                join ledger_allocation a on a.id = l.allocation_id and a.organisation_id = l.organisation_id
                where i.organisation_id = %s and {STANDS}
                order by l.allocation_id, l.id""",
            [organisation_id],
        )
        rows = cursor.fetchall()
        cursor.execute("drop table lettering_item")
    account_of = {row[1]: row[4:7] for row in rows}
    code_of = {row[0]: row[3] for row in rows}
    groups = rules.lettering_groups([rules.Tie(*row[:4]) for row in rows])
    fresh = [group for group in groups if not group.code]
    given = next_codes(organisation_id, [account_of[group.item_ids[0]] for group in fresh])
    new_code = {group.allocation_ids[0]: code for group, code in zip(fresh, given, strict=True)}
    changed = []
    for group in groups:
        code = group.code or new_code[group.allocation_ids[0]]
        code = code.upper() if group.is_balanced else code.lower()
        day = today if group.is_balanced else None
        changed += [(number, code, day) for number in group.allocation_ids if code_of[number] != code]
    _write(organisation_id, changed)
    return len(changed)


def _gather(organisation_id: int, item_ids: Sequence[int]) -> None:
    """Build `lettering_item`: the items given and all that hang together with them through standing allocations."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists lettering_item")
        cursor.execute("create temp table lettering_item (item_id bigint primary key, round integer) on commit drop")
        cursor.execute("insert into lettering_item select distinct unnest(%s::bigint[]), 0", [list(item_ids)])
        for turn in range(1, 1000):
            cursor.execute(
                f"""insert into lettering_item
                    select distinct o.item_id, {turn} from lettering_item g
                    join ledger_allocationleg l on l.organisation_id = %s and l.item_id = g.item_id
                    join ledger_allocation a on a.id = l.allocation_id and a.organisation_id = l.organisation_id
                    join ledger_allocationleg o on o.organisation_id = a.organisation_id and o.allocation_id = a.id
                    where g.round = {turn - 1} and {STANDS}
                    on conflict do nothing""",
                [organisation_id],
            )
            if not cursor.rowcount:
                return
            if turn == 1:
                cursor.execute("analyze lettering_item")


def _write(organisation_id: int, changed: Sequence[tuple[int, str, date | None]]) -> None:
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into ledger_lettering (organisation_id, allocation_id, code, code_date, recorded_at)
               select %s, allocation_id, code, code_date, transaction_timestamp()
               from unnest(%s::bigint[], %s::text[], %s::date[]) as changed (allocation_id, code, code_date)""",
            [organisation_id, *(list(column) for column in zip(*changed, strict=True))],
        )


def next_codes(organisation_id: int, accounts: Sequence[tuple[int, int, str]]) -> list[str]:
    """The next lettrage codes of these accounts (company, customer, account), one for each time an account is named.

    They are taken for good: an account's counter waits for no undoing, so that a code never means two things.
    """
    if not accounts:
        return []
    wanted: dict[tuple[int, int, str], int] = {}
    for account in accounts:
        wanted[account] = wanted.get(account, 0) + 1
    last = _taken(organisation_id, wanted)
    codes = []
    for account in accounts:
        codes.append(rules.lettering_code(last[account]))
        last[account] += 1
    return codes


def _taken(organisation_id: int, wanted: dict[tuple[int, int, str], int]) -> dict[tuple[int, int, str], int]:
    """Move the counters on by what is wanted; the first number of each account that is free."""
    entities, customers, names, counts = zip(*((*account, count) for account, count in wanted.items()), strict=True)
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from ledger_allocation where organisation_id = %s and code <> '' "
                       "and source not in ('match', 'undo'))", [organisation_id])  # fmt: skip
        if cursor.fetchone()[0]:
            _start_after_imported(organisation_id, customers)
        cursor.execute(
            """insert into ledger_letteringcounter as c (organisation_id, entity_id, customer_id, account, last_number)
               select %s, w.entity_id, w.customer_id, w.account, w.count - 1
               from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[])
                   as w (entity_id, customer_id, account, count)
               order by 2, 3, 4
               on conflict (organisation_id, entity_id, customer_id, account)
                   do update set last_number = c.last_number + excluded.last_number + 1
               returning entity_id, customer_id, account, last_number""",
            [organisation_id, list(entities), list(customers), list(names), list(counts)],
        )
        return {
            (entity, customer, account): last - wanted[entity, customer, account] + 1
            for entity, customer, account, last in cursor.fetchall()
        }


def _start_after_imported(organisation_id: int, customers: Sequence[int]) -> None:
    """Accounts without a counter begin after the highest code that came in with their books."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select distinct i.entity_id, i.customer_id, i.account, a.code from ledger_allocation a
               join ledger_allocationleg l on l.organisation_id = a.organisation_id and l.allocation_id = a.id
               join ledger_openitem i on i.id = l.item_id
               where a.organisation_id = %(organisation)s and a.code ~ '^[A-Za-z]{2,4}$' and a.source <> 'match'
                 and i.customer_id = any(%(customers)s)
                 and not exists (select from ledger_letteringcounter c where c.organisation_id = a.organisation_id
                     and c.entity_id = i.entity_id and c.customer_id = i.customer_id and c.account = i.account)""",
            {"organisation": organisation_id, "customers": list(customers)},
        )
        highest: dict[tuple[int, int, str], int] = {}
        for *account, code in cursor.fetchall():
            number = rules.lettering_number(code)
            if number is not None:
                key = (account[0], account[1], account[2])
                highest[key] = max(number, highest.get(key, 0))
        if highest:
            cursor.execute(
                """insert into ledger_letteringcounter (organisation_id, entity_id, customer_id, account, last_number)
                   select %s, * from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[])
                   on conflict do nothing""",
                [organisation_id, *(list(c) for c in zip(*((*k, n) for k, n in highest.items()), strict=True))],
            )
