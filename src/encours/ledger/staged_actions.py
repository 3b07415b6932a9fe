"""Write items and allocations by sets, from temporary tables that an import has filled; memory stays flat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import connection

from encours.core.actors import Actor
from encours.ledger import rules
from encours.ledger.models import COUNTERPARTS

ITEM_COLUMNS = (
    "customer_id, kind, account, document_number, document_id, instalment_number, instalment_count, item_date,"
    " due_date, due_inferred, is_implied, currency, amount_minor"
)
# receivable accounts are written by their items alone, so a deposit's other side cannot be 4191 here
_COUNTERPARTS = {kind.value: "70" if account.startswith("41") else account for kind, account in COUNTERPARTS.items()}

_USUAL = ", ".join(f"('{kind}', '{account}')" for kind, account in _COUNTERPARTS.items())


@dataclass(frozen=True, slots=True)
class Batch:
    """Who writes what for which company; `key` makes each day's transaction and each allocation happen once."""

    organisation_id: int
    entity_id: int
    source: str
    key: str
    by: Actor
    why: str = ""

    def again(self, suffix: str, *, source: str = "") -> "Batch":
        """The same batch for a second set of writes, under keys of its own."""
        return replace(self, key=f"{self.key}:{suffix}", source=source or self.source)

    @property
    def parameters(self) -> dict[str, Any]:
        """The same, as SQL parameters."""
        return {
            "organisation": self.organisation_id,
            "entity": self.entity_id,
            "source": self.source,
            "key": self.key,
            "actor": self.by.user_id,
            "actor_name": self.by.name[:200],
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Posted:
    """What `post_staged` wrote: how many items, and the promise that the legs of those born settled have to keep."""

    count: int
    promise_id: int | None = None


def _other_side(alias: str) -> str:
    """The account on which an item's other side is booked, in SQL: its own, else the usual one of its kind."""
    usual = " ".join(f"when '{kind}' then '{account}'" for kind, account in _COUNTERPARTS.items())
    return f"coalesce(nullif({alias}.counterpart, ''), case {alias}.kind {usual} end)"


def post_staged(batch: Batch, *, view: str, settled_on: str = "", has_counterpart: bool = False) -> Posted:
    """Post the items of a temporary table or view that has `item_id` and ITEM_COLUMNS.

    Writes one transaction a day with the entries of that day summed by account, and the items under it. What the
    laws of the ledger refuse, is refused here too: the whole import is. With `settled_on`, a column with the day of it,
    the view also has `open_minor`: the items are born with what their legs, added by the caller next, leave open. With
    `has_counterpart` it also has `counterpart`, the account of the other side where it is not the usual one.
    """
    columns = f"{ITEM_COLUMNS}, counterpart" if has_counterpart else ITEM_COLUMNS
    account = _other_side("v") if has_counterpart else "c.account"
    usual = "" if has_counterpart else f"""left join (values {_USUAL}) as c (kind, account) on c.kind = v.kind"""
    opened = "open_minor" if settled_on else "amount_minor"
    touched = f"case when {opened} <> amount_minor then %s end"
    day = touched % settled_on if settled_on else "null::date"
    instant = touched % "transaction_timestamp()" if settled_on else "null::timestamptz"
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists staged_sum, staged_head")
        # the other side of each day's items by account: one look at all of them tells the days as well
        cursor.execute(
            f"""create temp table staged_sum on commit drop as
                select v.item_date, {account} as account, v.currency, sum(v.amount_minor) as amount_minor
                from {view} v {usual} group by 1, 2, 3"""
        )
        cursor.execute(
            """create temp table staged_head on commit drop as
               select item_date, nextval('ledger_transaction_id_seq') as transaction_id
               from (select distinct item_date from staged_sum) days"""
        )
        cursor.execute("analyze staged_head")
        cursor.execute(
            """insert into ledger_transaction (id, organisation_id, entity_id, transaction_date, recorded_at, source,
            key,
                   actor_id, actor_name, why)
               select transaction_id, %(organisation)s, %(entity)s, item_date, transaction_timestamp(), %(source)s,
                   %(key)s || ':' || item_date, %(actor)s, %(actor_name)s, %(why)s
               from staged_head""",
            batch.parameters,
        )
        cursor.execute(
            f"""insert into ledger_openitem (id, organisation_id, entity_id, transaction_id, {columns}, open_minor,
                    legs_first_date, legs_last_date, legs_first_at, legs_last_at, recorded_at)
                select item_id, %(organisation)s, %(entity)s, transaction_id, {columns}, {opened},
                    {day}, {day}, {instant}, {instant}, transaction_timestamp()
                from {view} join staged_head using (item_date)""",
            batch.parameters,
        )
        posted = Posted(int(cursor.rowcount), _promise_id(cursor, batch) if settled_on else None)
        cursor.execute(
            """insert into ledger_entry (organisation_id, transaction_id, account, currency, amount_minor)
               select %(organisation)s, transaction_id, account, currency, -amount_minor
               from staged_sum join staged_head using (item_date) where amount_minor <> 0""",
            batch.parameters,
        )
    return posted


def _promise_id(cursor: Any, batch: Batch) -> int | None:
    """The promise that the items just posted were born with; None where none of them was born settled."""
    cursor.execute(
        "select max(id) from ledger_promise where organisation_id = %s and recorded_at = transaction_timestamp()",
        [batch.organisation_id],
    )
    found = cursor.fetchone()[0]
    return None if found is None else int(found)


def allocate_staged(batch: Batch, *, heads: str, legs: str, keeps: Sequence[Posted] = ()) -> int:
    """Allocate what two temporary tables or views hold; how many allocations were added.

    `heads` has allocation_id, key, allocation_date, code, code_date; `legs` has allocation_id, item_id, currency,
    amount_minor. The database refuses legs that do not sum to zero or take more than is open. `keeps` names the items
    born settled whose legs these are, all of them: they are held against each other when the transaction commits.
    """
    with connection.cursor() as cursor:
        kept = ",".join(str(posted.promise_id) for posted in keeps if posted.promise_id is not None)
        cursor.execute("select set_config('encours.promises_kept', %s, true)", [kept])
        cursor.execute(
            f"""insert into ledger_allocation (id, organisation_id, allocation_date, recorded_at, code, code_date,
            source,
                    key, actor_id, actor_name, why)
                select allocation_id, %(organisation)s, allocation_date, transaction_timestamp(), code, code_date,
                    %(source)s,
                    %(key)s || key, %(actor)s, %(actor_name)s, %(why)s
                from {heads}""",
            batch.parameters,
        )
        added = int(cursor.rowcount)
        cursor.execute(
            f"""insert into ledger_allocationleg (organisation_id, allocation_id, item_id, currency, amount_minor,
                    allocation_date, recorded_at)
                select %(organisation)s, allocation_id, l.item_id, l.currency, l.amount_minor, h.allocation_date,
                    transaction_timestamp()
                from {legs} l join {heads} h using (allocation_id)
                where l.amount_minor <> 0""",
            batch.parameters,
        )
        cursor.execute("select set_config('encours.promises_kept', '', true)")
    return added


def lock_staged(organisation_id: int, *, items: str) -> None:
    """Lock the items named by `item_id` in a temporary table until the transaction ends, always in one order.

    The product may not change items, so the database does it when asked (ledger/migrations/0012).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""insert into ledger_itemlock (organisation_id, item_ids)
                select %s, coalesce(array_agg(distinct item_id), '{{}}') from {items} wanted""",
            [organisation_id],
        )


def undo_staged(batch: Batch, *, allocations: str) -> int:
    """Undo the allocations named by `allocation_id` in a temporary table, for the same days; how many."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists staged_undo")
        cursor.execute(
            f"""create temp table staged_undo on commit drop as
                select nextval('ledger_allocation_id_seq') as undo_id, a.id, a.allocation_date,
                    a.code
                from ledger_allocation a join (select distinct allocation_id from {allocations}) w on w.allocation_id
                    = a.id
                where a.organisation_id = %(organisation)s""",
            batch.parameters,
        )
        cursor.execute(
            """insert into ledger_allocation (id, organisation_id, allocation_date, recorded_at, code, source, key,
            actor_id,
                   actor_name, why, reverses_id)
               select undo_id, %(organisation)s, allocation_date, transaction_timestamp(), code, 'undo', 'undo:' || id,
                   %(actor)s, %(actor_name)s, %(why)s, id
               from staged_undo""",
            batch.parameters,
        )
        undone = int(cursor.rowcount)
        cursor.execute(
            """insert into ledger_allocationleg (organisation_id, allocation_id, item_id, currency, amount_minor,
                   allocation_date, recorded_at)
               select %(organisation)s, u.undo_id, l.item_id, l.currency, -l.amount_minor, l.allocation_date,
                   transaction_timestamp()
               from staged_undo u join ledger_allocationleg l on l.allocation_id = u.id
                   and l.organisation_id = %(organisation)s""",
            batch.parameters,
        )
    return undone


def reverse_staged(batch: Batch, *, items: str) -> int:
    """Reverse the untouched items named by `item_id` in a temporary table, each allocated with its mirror; how many."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists staged_mirror, staged_mirror_head")
        cursor.execute(
            f"""create temp table staged_mirror on commit drop as
                select i.*, nextval('ledger_openitem_id_seq') as mirror_id,
                    nextval('ledger_allocation_id_seq') as allocation_id
                from ledger_openitem i join (select distinct item_id from {items}) w on w.item_id = i.id
                where i.organisation_id = %(organisation)s and i.amount_minor <> 0""",
            batch.parameters,
        )
        cursor.execute(
            """create temp table staged_mirror_head on commit drop as
               select nextval('ledger_transaction_id_seq') as head_id, item_date, entity_id
               from (select distinct item_date, entity_id from staged_mirror) days"""
        )
        cursor.execute(
            """insert into ledger_transaction (id, organisation_id, entity_id, transaction_date, recorded_at, source,
            key,
                   actor_id, actor_name, why)
               select head_id, %(organisation)s, entity_id, item_date, transaction_timestamp(), 'reversal',
                   %(key)s || ':reversal:' || entity_id || ':' || item_date, %(actor)s, %(actor_name)s, %(why)s
               from staged_mirror_head""",
            batch.parameters,
        )
        cursor.execute(
            """insert into ledger_openitem (id, organisation_id, entity_id, customer_id, transaction_id, kind, account,
                   document_number, document_id, instalment_number, instalment_count, item_date, due_date, due_inferred,
                   is_implied, currency, amount_minor, open_minor, reverses_id, counterpart, recorded_at)
               select mirror_id, %(organisation)s, m.entity_id, customer_id, head_id, 'reversal', account,
                   document_number, document_id, instalment_number, instalment_count, m.item_date, due_date,
                   due_inferred,
                   is_implied, currency, -amount_minor, -amount_minor, id, counterpart, transaction_timestamp()
               from staged_mirror m join staged_mirror_head h on h.item_date = m.item_date and h.entity_id =
                   m.entity_id""",
            batch.parameters,
        )
        reversed_count = int(cursor.rowcount)
    _settle_mirrors(batch)
    return reversed_count


def _settle_mirrors(batch: Batch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""insert into ledger_entry (organisation_id, transaction_id, account, currency, amount_minor)
                select %(organisation)s, head_id, {_other_side("m")}, m.currency, sum(m.amount_minor)
                from staged_mirror m
                join staged_mirror_head h on h.item_date = m.item_date and h.entity_id = m.entity_id
                group by 2, 3, 4 having sum(m.amount_minor) <> 0""",
            batch.parameters,
        )
        cursor.execute(
            """insert into ledger_allocation (id, organisation_id, allocation_date, recorded_at, source, key, actor_id,
                   actor_name, why, code)
               select allocation_id, %(organisation)s, item_date, transaction_timestamp(), 'reversal', 'reversal:' ||
                   id,
                   %(actor)s, %(actor_name)s, %(why)s, ''
               from staged_mirror""",
            batch.parameters,
        )
        cursor.execute(
            """insert into ledger_allocationleg (organisation_id, allocation_id, item_id, currency, amount_minor,
                   allocation_date, recorded_at)
               select %(organisation)s, allocation_id, x.item_id, currency, x.amount_minor, item_date,
                   transaction_timestamp()
               from staged_mirror m
               cross join lateral (values (m.id, -m.amount_minor), (m.mirror_id, m.amount_minor)) as x (item_id,
                   amount_minor)""",
            batch.parameters,
        )


@dataclass(frozen=True, slots=True)
class Released:
    """An allocation that was undone so that its items can be corrected."""

    allocation_id: int
    allocation_date: date
    code: str
    code_date: date | None
    source: str
    legs: tuple[rules.Leg, ...]


@dataclass(frozen=True, slots=True)
class Replacement:
    """The item that stands for a corrected one."""

    item_id: int
    amount_minor: int
    currency: str
    document_number: str


def release_staged(batch: Batch, *, items: str) -> list[Released]:
    """Undo every allocation that touches the items named by `item_id` in a temporary table; what they were."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists staged_released")
        cursor.execute(
            f"""create temp table staged_released on commit drop as
                select distinct l.allocation_id from ledger_allocationleg l join {items} w on w.item_id = l.item_id
                join ledger_allocation a on a.id = l.allocation_id
                where l.organisation_id = %(organisation)s and a.reverses_id is null
                  and not exists (select from ledger_allocation u where u.organisation_id = a.organisation_id
                      and u.reverses_id = a.id)""",
            batch.parameters,
        )
        cursor.execute(
            """select a.id, a.allocation_date, a.code, a.code_date, a.source, l.item_id, l.currency, l.amount_minor
               from staged_released r join ledger_allocation a on a.id = r.allocation_id
               join ledger_allocationleg l on l.allocation_id = a.id and l.organisation_id = a.organisation_id
               order by a.allocation_date, a.id, l.id"""
        )
        found: dict[int, Released] = {}
        for number, day, code, code_date, source, *leg in cursor.fetchall():
            known = found.get(number) or Released(number, day, code, code_date, source, ())
            found[number] = replace(known, legs=(*known.legs, rules.Leg(*leg)))
    undo_staged(batch, allocations="staged_released")
    return list(found.values())


def replace_staged(batch: Batch, *, items: str) -> int:
    """Reverse the items of a temporary table and post each as it is to be, with what was allocated of it; how many.

    The table has `item_id`, `new_item_id`, and for the new item ITEM_COLUMNS and `counterpart`.
    """
    released = release_staged(batch, items=items)
    reverse_staged(batch, items=items)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""create temp view staged_replacement as
                select new_item_id as item_id, {ITEM_COLUMNS}, counterpart from {items}"""
        )
        count = post_staged(batch, view="staged_replacement", has_counterpart=True).count
        cursor.execute(f"select item_id, new_item_id, amount_minor, currency, document_number from {items}")
        replacements = {old: [Replacement(*new)] for old, *new in cursor.fetchall()}
        cursor.execute("drop view staged_replacement")
    allocate_again(batch, released=released, replacements=replacements)
    return count


def allocate_again(
    batch: Batch, *, released: Sequence[Released], replacements: Mapping[int, Sequence[Replacement]]
) -> list[dict[str, object]]:
    """Allocate what was released on the items that replace the corrected ones, as far as it still fits.

    Returns what no longer fits, by document: it is open on the account again.
    """
    left = {new.item_id: new.amount_minor for news in replacements.values() for new in news}
    number_of = {new.item_id: new.document_number for news in replacements.values() for new in news}
    shortfalls: list[dict[str, object]] = []
    heads: list[tuple[Released, int]] = []
    legs: list[tuple[int, rules.Leg]] = []
    for one in released:
        kept = _legs_again(one, replacements, left)
        before = sum(leg.amount_minor for leg in one.legs if leg.amount_minor > 0)
        after = sum(leg.amount_minor for leg in kept if leg.amount_minor > 0)
        if kept:
            heads.append((one, len(heads)))
            legs.extend((len(heads) - 1, leg) for leg in kept)
        if after < before:
            numbers = {number_of[new.item_id] for leg in one.legs for new in replacements.get(leg.item_id, ())}
            shortfalls.append(
                {
                    "invoice_number": ", ".join(sorted(numbers)),
                    "amount_minor": before - after,
                    "currency": one.legs[0].currency,
                }
            )
    _write_again(batch, heads, legs)
    return shortfalls


def _legs_again(
    one: Released, replacements: Mapping[int, Sequence[Replacement]], left: dict[int, int]
) -> list[rules.Leg]:
    sides: dict[bool, list[rules.Open]] = {True: [], False: []}
    for leg in one.legs:
        if leg.item_id not in replacements:
            sides[leg.amount_minor < 0].append(rules.Open(leg.item_id, leg.currency, -leg.amount_minor))
            continue
        wanted = abs(leg.amount_minor)
        for new in replacements[leg.item_id]:
            part = min(wanted, abs(left[new.item_id]))
            if part and (new.amount_minor > 0) == (leg.amount_minor < 0) and new.currency == leg.currency:
                sides[leg.amount_minor < 0].append(
                    rules.Open(new.item_id, new.currency, part if new.amount_minor > 0 else -part)
                )
                wanted -= part
    kept = rules.settle(sides[True], sides[False])
    for leg in kept:
        if leg.item_id in left:
            left[leg.item_id] += leg.amount_minor
    return kept


def _write_again(batch: Batch, heads: Sequence[tuple[Released, int]], legs: Sequence[tuple[int, rules.Leg]]) -> None:
    if not heads:
        return
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists again_head, again_leg")
        cursor.execute(
            """create temp table again_head (allocation_id bigint default
                   nextval('ledger_allocation_id_seq'), rank integer, key text, allocation_date
                   date,
                   code text, code_date date, source text) on commit drop"""
        )
        cursor.execute(
            """create temp table again_leg_raw (rank integer, item_id bigint, currency text, amount_minor bigint)
               on commit drop"""
        )
        with cursor.copy("copy again_head (rank, key, allocation_date, code, code_date, source) from stdin") as copy:
            for one, rank in heads:
                copy.write_row(
                    (rank, f":{one.allocation_id}", one.allocation_date, one.code, one.code_date, one.source)
                )
        with cursor.copy("copy again_leg_raw from stdin") as copy:
            for rank, leg in legs:
                copy.write_row((rank, leg.item_id, leg.currency, leg.amount_minor))
        cursor.execute("select distinct source from again_head")
        for (source,) in cursor.fetchall():
            cursor.execute("drop view if exists again_head_view, again_leg_view")
            cursor.execute("drop table if exists again_now")
            cursor.execute(
                "create temp table again_now on commit drop as select * from again_head where source = %s", [source]
            )
            cursor.execute(
                """create temp view again_leg_view as select allocation_id, item_id, currency, amount_minor
                   from again_leg_raw join again_now using (rank)"""
            )
            allocate_staged(batch.again("carried", source=source), heads="again_now", legs="again_leg_view")
            cursor.execute("drop view again_leg_view")
        cursor.execute("drop table again_head, again_leg_raw, again_now")
