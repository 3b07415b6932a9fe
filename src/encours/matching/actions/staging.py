"""Apply decided lines by sets: one or a hundred thousand, the same statements, all or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from django.db import connection

from encours.core.actors import Actor
from encours.core.copying import NULL, all_escaped, copy_rows, escaped, or_null
from encours.ledger import lettering_actions as lettering
from encours.ledger import staged_actions as ledger
from encours.ledger.actions import RECEIVABLES
from encours.matching.models import OPEN_STATES
from encours.matching.queries.book import BankRow
from encours.matching.rules import folding, kept
from encours.matching.rules.booking import Booking
from encours.matching.rules.facts import Allocation, Proposal, Residual
from encours.payments import staged_actions as payments

SOURCE = "match"
_SCRATCH = "match_head, match_leg, match_extra, match_open, match_lost, match_done"


class Decision(NamedTuple):
    """One line decided: what is booked for it, on whose word, and the evidence."""

    row: BankRow
    booking: Booking
    allocations: tuple[Allocation, ...]
    residuals: tuple[Residual, ...]
    how: str
    proposal: Proposal | None = None
    why: str = ""
    # what was posted besides, where a conversion gained or lost
    transaction_id: int | None = None


@dataclass(slots=True)
class Applied:
    """What became of decided lines: those in the books, and those somebody else was first with."""

    match_ids: dict[int, int] = field(default_factory=dict)
    lost_line_ids: set[int] = field(default_factory=set)
    item_ids: set[int] = field(default_factory=set)


def apply_decided(
    decisions: Sequence[Decision],
    *,
    organisation_id: int,
    by: Actor,
    today: date,
    touched_ids: set[int],
    why: str = "",
) -> Applied:
    """Put decided lines into the books: receipts, items for differences, lettered allocations, matches.

    What is open of the items, and the state of the lines, is looked at again under lock: lines that came too late are
    left out, and told. `touched_ids` are items that were partly settled before; their groups are lettered afterwards.
    """
    match_ids = new_match_ids(len(decisions))
    stage_decided(decisions, match_ids, organisation_id=organisation_id, today=today, touched_ids=touched_ids)
    return apply_staged(match_ids, organisation_id=organisation_id, by=by, today=today, why=why)


def apply_staged(match_ids: Sequence[int], *, organisation_id: int, by: Actor, today: date, why: str = "") -> Applied:
    """The second half of `apply_decided`, which the database does alone, for what `stage_decided` has laid out."""
    applied = Applied()
    if not match_ids:
        return applied
    with connection.cursor() as cursor:
        _drop_what_changed(cursor, organisation_id)
        _take_lines(cursor, organisation_id, today=today)
        cursor.execute("select line_id from match_lost")
        applied.lost_line_ids = {row[0] for row in cursor.fetchall()}
        cursor.execute("select distinct entity_id from match_head order by 1")
        entities = [row[0] for row in cursor.fetchall()]
    for entity_id in entities:
        batch = ledger.Batch(organisation_id, entity_id, SOURCE, f"match:{match_ids[0]}:{entity_id}", by, why)
        _book(batch)
    _keep_matches(organisation_id, by=by, today=today)
    _learn(organisation_id, today=today)
    with connection.cursor() as cursor:
        cursor.execute("select line_id, match_id from match_head")
        applied.match_ids = dict(cursor.fetchall())
        cursor.execute(
            """select l.item_id from match_leg l join match_head h using (rank) where not h.is_simple and l.item_id > 0
               union select h.item_id from match_head h where not is_simple"""
        )
        applied.item_ids = {row[0] for row in cursor.fetchall()}
        cursor.execute(f"drop table {_SCRATCH}")
    lettering.letter(organisation_id=organisation_id, item_ids=sorted(applied.item_ids), today=today)
    return applied


HEAD = """create temp table match_head (rank integer primary key, line_id bigint, account_id bigint, entity_id bigint,
    customer_id bigint, currency text, amount_minor bigint, leg_minor bigint, booking_date date, book_date date,
    allocation_date date, counterpart text, number text, payer_name text, payer_iban text, payer_key text,
    reference text, how text, probability_ppm integer, signature text, allocations jsonb, residuals jsonb,
    reasons jsonb, code text, code_date date, is_simple boolean, why text, transaction_id bigint,
    receipt_id bigint default nextval('payments_receipt_id_seq'),
    item_id bigint default nextval('ledger_openitem_id_seq'),
    allocation_id bigint default nextval('ledger_allocation_id_seq'),
    match_id bigint) on commit drop"""
HEAD_COLUMNS = """rank, line_id, account_id, entity_id, customer_id, currency, amount_minor, leg_minor, booking_date,
    book_date, allocation_date, counterpart, number, payer_name, payer_iban, payer_key, reference, how,
    probability_ppm, signature, allocations, residuals, reasons, code, code_date, is_simple, why, transaction_id,
    match_id"""


def new_match_ids(count: int) -> list[int]:
    """The numbers that as many matches will have."""
    with connection.cursor() as cursor:
        cursor.execute("select nextval('matching_match_id_seq') from generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


def stage_decided(
    decisions: Sequence[Decision],
    match_ids: Sequence[int],
    *,
    organisation_id: int,
    today: date,
    touched_ids: set[int],
) -> None:
    """Lay decided lines out in temporary tables, under the numbers that `new_match_ids` gave for their matches."""
    if not decisions:
        return
    shared = _shared(decisions)
    is_simple = [
        all(leg.item_id not in touched_ids and leg.item_id not in shared for leg in one.booking.legs)
        for one in decisions
    ]
    has_code = [simple and bool(one.booking.legs) for one, simple in zip(decisions, is_simple, strict=True)]
    wanted = [
        (one.booking.entity_id, one.booking.customer_id, RECEIVABLES)
        for one, has in zip(decisions, has_code, strict=True)
        if has
    ]
    codes = iter(lettering.next_codes(organisation_id, wanted))
    lettered = [next(codes) if has else "" for has in has_code]
    decided = zip(decisions, lettered, match_ids, is_simple, strict=True)
    heads = (
        _head(rank, one, code, match_id, today, is_simple=simple)
        for rank, (one, code, match_id, simple) in enumerate(decided)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {_SCRATCH}")
        cursor.execute(HEAD)
        cursor.execute(
            """create temp table match_leg (rank integer, item_id bigint, amount_minor bigint, expected_minor bigint,
                   currency text, place integer) on commit drop"""
        )
        cursor.execute(
            """create temp table match_extra (rank integer, place integer, kind text, counterpart text,
                   customer_id bigint, amount_minor bigint, document_number text, currency text,
                   item_id bigint default nextval('ledger_openitem_id_seq')) on commit drop"""
        )
        copy_rows(cursor, f"copy match_head ({HEAD_COLUMNS}) from stdin", heads)
        legs = (
            f"{rank}\t{leg.item_id}\t{leg.amount_minor}\t{leg.expected_minor}\t{leg.currency}\t{leg.extra}"
            for rank, one in enumerate(decisions)
            for leg in one.booking.legs
        )
        copy_rows(cursor, "copy match_leg from stdin", legs)
        extras = (
            f"{rank}\t{place}\t{extra.kind}\t{extra.counterpart}\t{extra.customer_id}\t{extra.amount_minor}"
            f"\t{escaped(extra.document_number)}\t{extra.currency}"
            for rank, one in enumerate(decisions)
            for place, extra in enumerate(one.booking.extras)
        )
        columns = "rank, place, kind, counterpart, customer_id, amount_minor, document_number, currency"
        copy_rows(cursor, f"copy match_extra ({columns}) from stdin", extras)
        # what the joins below look at; the values of the wide columns are nobody's business
        cursor.execute("analyze match_head (rank, line_id, entity_id); analyze match_leg; analyze match_extra")


def _shared(decisions: Sequence[Decision]) -> set[int]:
    """Items that several of these lines settle: their groups are only known once all are in."""
    seen: set[int] = set()
    found: set[int] = set()
    for one in decisions:
        for leg in one.booking.legs:
            if leg.item_id:
                (found if leg.item_id in seen else seen).add(leg.item_id)
    return found


def _head(rank: int, one: Decision, code: str, match_id: int, today: date, *, is_simple: bool) -> str:
    """A row of `match_head`: the texts that a bank or a person wrote are escaped, the rest holds no mark."""
    row, booking, proposal = one.row, one.booking, one.proposal
    is_whole = booking.closes_all
    number, payer, iban, key, text, allocations, residuals, reasons, why = all_escaped((
        row.number[:80], row.payer_name[:200], row.payer_iban[:40], payer_key(row.payer_name), _clean(row.text)[:200],
        _encoded(kept.allocations_as_json(one.allocations)),
        _encoded(kept.residuals_as_json(one.residuals)) if one.residuals else "[]",
        _encoded(kept.reasons_as_json(proposal.reasons)) if proposal else "[]",
        one.why,
    ))  # fmt: skip
    return (
        f"{rank}\t{row.line_id}\t{row.account_id}\t{booking.entity_id}\t{booking.customer_id}\t{booking.currency}"
        f"\t{booking.receipt_minor}\t{booking.receipt_leg_minor}\t{row.booking_date}\t{booking.book_date}"
        f"\t{booking.allocation_date}\t{row.ledger_account}\t{number}\t{payer}\t{iban}\t{key}\t{text}"
        f"\t{one.how}\t{proposal.probability_ppm if proposal else NULL}"
        f"\t{proposal.signature[:200] if proposal else ''}\t{allocations}\t{residuals}\t{reasons}"
        f"\t{code if is_whole else code.lower()}\t{today if code and is_whole else NULL}\t{is_simple}"
        f"\t{why}\t{or_null(one.transaction_id)}\t{match_id}"
    )


def _encoded(evidence: Any) -> str:
    return orjson.dumps(evidence, default=str).decode()


@lru_cache(maxsize=100_000)
def payer_key(name: str) -> str:
    """A payer's name as aliases keep it."""
    return folding.core(name)[:200] if name else ""


def _clean(text: str) -> str:
    return " ".join(text.split())


def _drop_what_changed(cursor: Any, organisation_id: int) -> None:
    """Lock the items, always in one order, and put aside the lines one of whose items is not as it was."""
    cursor.execute("create temp table match_lost (rank integer, line_id bigint) on commit drop")
    ledger.lock_staged(organisation_id, items="(select item_id from match_leg where item_id > 0)")
    cursor.execute(
        """create temp table match_open on commit drop as
           select i.id as item_id, i.open_minor from ledger_openitem i
           where i.organisation_id = %s and i.id in (select item_id from match_leg where item_id > 0)""",
        [organisation_id],
    )
    cursor.execute("analyze match_open")
    cursor.execute(
        """insert into match_lost
           select distinct h.rank, h.line_id from (
               select item_id, min(expected_minor) as expected_minor, sum(amount_minor) as amount_minor
               from match_leg where item_id > 0 group by 1) x
           left join match_open i on i.item_id = x.item_id
           join match_leg l on l.item_id = x.item_id join match_head h on h.rank = l.rank
           where i.item_id is null or i.open_minor <> x.expected_minor
              or abs(i.open_minor + x.amount_minor) > abs(i.open_minor)
              or (i.open_minor + x.amount_minor)::numeric * i.open_minor < 0""",
    )
    _forget_lost(cursor)


def _forget_lost(cursor: Any) -> None:
    cursor.execute(
        """delete from match_leg l using match_lost x where x.rank = l.rank;
           delete from match_extra e using match_lost x where x.rank = e.rank;
           delete from match_head h using match_lost x where x.rank = h.rank"""
    )


def _take_lines(cursor: Any, organisation_id: int, *, today: date) -> None:
    """Move the lines to their new state, unless somebody decided about them meanwhile."""
    cursor.execute("""create temp table match_done (line_id bigint) on commit drop""")
    cursor.execute(
        """with taken as (
               insert into matching_linework as w (organisation_id, line_id, entity_id, account_id, booking_date,
                   currency, amount_minor, state, customer_id, probability_ppm, why_not, proposal, rivals, rule_id,
                   match_id, how, owner_id, note, is_undone, decided_date, changed_at)
               select %(organisation)s, line_id, entity_id, account_id, booking_date, currency, amount_minor,
                   case when leg_minor = 0 then 'on_account' else 'applied' end, customer_id, probability_ppm, '', null,
                   '[]', null, match_id, how, null, '', false, %(today)s, transaction_timestamp()
               from match_head order by line_id
               on conflict (organisation_id, line_id) do update set state = excluded.state,
                   customer_id = excluded.customer_id, probability_ppm = excluded.probability_ppm, why_not = '',
                   match_id = excluded.match_id, how = excluded.how, decided_date = excluded.decided_date,
                   changed_at = excluded.changed_at
               where w.state = any(%(open)s)
               returning line_id)
           insert into match_done select line_id from taken""",
        {"organisation": organisation_id, "today": today, "open": list(OPEN_STATES)},
    )
    cursor.execute(
        """insert into match_lost select rank, line_id from match_head h
           where not exists (select from match_done d where d.line_id = h.line_id)"""
    )
    _forget_lost(cursor)


def _book(batch: ledger.Batch) -> None:
    """Receipts, their items and those of differences, and the allocations of one company."""
    entity = f"h.entity_id = {int(batch.entity_id)}"
    payments.add_matched_receipts(batch, table="match_head")
    with connection.cursor() as cursor:
        cursor.execute("drop view if exists match_all_legs, match_heads; drop table if exists match_item")
        cursor.execute(
            f"""create temp table match_item on commit drop as
                select h.item_id, h.customer_id, case when h.amount_minor > 0 then 'receipt' else 'refund' end as kind,
                    '{RECEIVABLES}' as account, h.number as document_number, h.receipt_id as document_id,
                    1 as instalment_number, 1 as instalment_count, h.book_date as item_date, h.book_date as due_date,
                    false as due_inferred, false as is_implied, h.currency, -h.amount_minor as amount_minor,
                    case when h.counterpart = '512' then '' else h.counterpart end as counterpart,
                    h.leg_minor - h.amount_minor as open_minor, h.allocation_date as settled_date
                from match_head h where {entity}
                union all
                select e.item_id, e.customer_id, e.kind, '{RECEIVABLES}', h.number, null, 1, 1, h.book_date,
                    h.book_date, false, false, e.currency, e.amount_minor,
                    coalesce(nullif(e.counterpart, ''), a.account, ''), 0, h.allocation_date
                from match_extra e join match_head h using (rank)
                left join ledger_counterpartaccount a on a.organisation_id = %(organisation)s
                    and a.entity_id = h.entity_id and a.kind = e.kind
                where {entity}""",
            batch.parameters,
        )
        cursor.execute("analyze match_item (item_date)")
        posted = ledger.post_staged(batch, view="match_item", settled_on="settled_date", has_counterpart=True)
        cursor.execute(
            f"""create temp view match_heads as select h.allocation_id, ':' || h.line_id as key, h.allocation_date,
                    h.code, h.code_date
                from match_head h where {entity} and exists (select from match_leg l where l.rank = h.rank)"""
        )
        cursor.execute(
            f"""create temp view match_all_legs as
                select h.allocation_id, l.item_id, l.currency, l.amount_minor
                    from match_leg l join match_head h using (rank) where l.item_id > 0 and {entity}
                union all
                select h.allocation_id, e.item_id, e.currency, -e.amount_minor
                    from match_extra e join match_head h using (rank) where {entity}
                union all
                select h.allocation_id, h.item_id, h.currency, h.leg_minor from match_head h
                    where h.leg_minor <> 0 and {entity}"""
        )
        ledger.allocate_staged(batch.again("applied"), heads="match_heads", legs="match_all_legs", keeps=(posted,))
        cursor.execute("drop view match_all_legs, match_heads; drop table match_item")


def _keep_matches(organisation_id: int, *, by: Actor, today: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into matching_match (id, organisation_id, entity_id, line_id, customer_id, receipt_id, item_id,
                   allocation_id, how, currency, amount_minor, on_account_minor, allocations, residuals, extra_item_ids,
                   probability_ppm, signature, reasons, match_date, recorded_at, key, actor_id, actor_name, why,
                   transaction_id)
               select h.match_id, %(organisation)s, h.entity_id, h.line_id, h.customer_id, h.receipt_id, h.item_id,
                   case when exists (select from match_leg l where l.rank = h.rank) then h.allocation_id end, h.how,
                   h.currency, h.amount_minor, h.amount_minor - h.leg_minor, h.allocations, h.residuals,
                   coalesce(e.item_ids, '{}'), h.probability_ppm, h.signature, h.reasons, %(today)s,
                   transaction_timestamp(), 'line:' || h.line_id || ':' || h.match_id, %(actor)s, %(actor_name)s, h.why,
                   h.transaction_id
               from match_head h left join (
                   select rank, array_agg(item_id order by place) as item_ids from match_extra group by 1
               ) e using (rank)""",
            {"organisation": organisation_id, "today": today, "actor": by.user_id, "actor_name": by.name[:200]},
        )


def _learn(organisation_id: int, *, today: date) -> None:
    """Count who paid for whom, and what people confirmed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into matching_payeralias as p (organisation_id, kind, value, customer_id, confirmed_count,
                   undone_count, last_date)
               select %(organisation)s, kind, value, customer_id, count(*), 0, %(today)s from match_head h
               cross join lateral (values ('iban', replace(h.payer_iban, ' ', '')), ('name', h.payer_key))
                   as x (kind, value)
               where value <> '' and amount_minor > 0 group by kind, value, customer_id
               order by kind, value, customer_id
               on conflict (organisation_id, kind, value, customer_id) do update set
                   confirmed_count = p.confirmed_count + excluded.confirmed_count, last_date = excluded.last_date""",
            {"organisation": organisation_id, "today": today},
        )
        cursor.execute(
            """insert into matching_evidencecount as e (organisation_id, signature, right_count, wrong_count)
               select %(organisation)s, signature, count(*), 0 from match_head
               where signature <> '' and how in ('confirmed', 'bulk') group by signature
               on conflict (organisation_id, signature) do update set
                   right_count = e.right_count + excluded.right_count""",
            {"organisation": organisation_id},
        )
        count_habits(cursor, "match_head", organisation_id, step=1)


def count_habits(cursor: Any, source: str, organisation_id: int, *, step: int) -> None:
    """Count, or take back, how the customers of some matches paid: `source` has their columns."""
    cursor.execute(
        f"""insert into matching_habitcount as c (organisation_id, customer_id, kind, value, count)
            select %(organisation)s, customer_id, kind, value, {step} * count(*) from (
                select customer_id, 'several_at_once' as kind, 0::bigint as value from {source} h
                where jsonb_array_length(allocations) > 1
                union all
                select customer_id, case when split_part(signature, '/', 2) like 'whole%%' then 'whole_account'
                    else 'oldest_first' end, 0
                from {source} h
                where split_part(signature, '/', 2) in ('oldest', 'due', 'due_debts', 'whole', 'whole_debts')
                union all
                select h.customer_id, 'short_by_permyriad', round(10000.0 * (r ->> 'amount_minor')::bigint
                    / ((r ->> 'amount_minor')::bigint + (a ->> 'amount_minor')::bigint))
                from {source} h, jsonb_array_elements(residuals) r, jsonb_array_elements(allocations) a
                where r ->> 'treatment' = 'discount' and a ->> 'item_id' = r ->> 'item_id'
                  and (r ->> 'amount_minor')::bigint + (a ->> 'amount_minor')::bigint > 0
                union all
                select h.customer_id, 'short_by_minor', (r ->> 'amount_minor')::bigint
                from {source} h, jsonb_array_elements(residuals) r where r ->> 'treatment' = 'charge'
            ) habit group by customer_id, kind, value
            on conflict (organisation_id, customer_id, kind, value) do update set
                count = c.count + excluded.count""",
        {"organisation": organisation_id},
    )
