"""A FEC into the books: receivable lines become customers, documents, receipts and lettrage, tied to its balances."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Any

from django.db import connection

from encours.core.errors import Refused, gettext_noop
from encours.core.money import Money
from encours.customers import staged_actions as customers
from encours.imports import rules
from encours.imports.actions.loading import REFUSAL_TABLE, Call, collect_refusals, plan_for_sets
from encours.imports.actions.openings import carry_forward, stage_carried
from encours.imports.actions.results import LISTED_MAX, FileResult
from encours.imports.actions.runs import KEPT_ROWS_MAX
from encours.imports.formats.fec import FecReader, Line
from encours.imports.formats.opening import Opened
from encours.invoices import staged_actions as invoices
from encours.ledger import staged_actions as ledger
from encours.ledger.staged_actions import Batch
from encours.payments import staged_actions as payments

SOURCE = "fec"
_LINE_COLUMNS = (
    "line, journal, entry_number, entry_date, account, account_label, auxiliary, auxiliary_label, piece, issue_date,"
    " due_date, label, amount_minor, code, code_date, counterparts, customer"
)
_COPY_LINES = 5000


class NoReceivables(Refused):
    """The FEC has no line on a customers' account."""

    message = gettext_noop(
        "This FEC has no line on the accounts 411, 413, 416, 418 or 419: nobody owes anything in it."
    )


class FecUnreadable(Refused):
    """Hardly a line of the FEC can be read."""

    message = gettext_noop("Of {rows} lines of this FEC, {refused} cannot be read: export it again.")


def load_fec(call: Call, opened: Opened, result: FileResult) -> None:
    """Load one FEC; customers, documents, receipts and lettrage come of its receivable lines.

    The same lines again change nothing; new lines and new letters are added. The
        result's `tie_out` compares the open items
    with the general ledger, account by account. Refuses a file without receivable lines, or one that cannot be read.
    """
    if opened.dialect is None:
        raise TypeError("not a FEC")
    reader = FecReader(opened.path, opened.dialect, call.entity.currency)
    with connection.cursor() as cursor:
        for sql in (_DROP, REFUSAL_TABLE, _LINE_TABLE):
            cursor.execute(sql)
    _stage(call, reader, result)
    _sort_out(reader, result)
    batch = call.batch(result.run_id or 0, source=SOURCE)
    _say(call, result, 50, "checking")
    result.detail["customers_created"] = _load_customers(call)
    _say(call, result, 60, "writing")
    if (carried := carry_forward(call)) is not None:
        result.detail["opening_known"] = carried
        result.unchanged += carried["lines_known"]
    _load_documents(call, batch, result)
    _load_others(call, batch, result)
    _say(call, result, 80, "lettrage")
    _letter(call, batch, result)
    collect_refusals(result)
    if reader.tally.foreign:
        lines = sorted(reader.tally.foreign.items())
        result.detail["foreign_currencies"] = [{"currency": name, "lines": count} for name, count in lines]
        result.detail["booked_in"] = call.entity.currency
    result.tie_out = tie_out(call, reader)


def _say(call: Call, result: FileResult, percent: int, step: str) -> None:
    if result.run_id is not None:
        call.recorder.progress(result.run_id, percent=percent, step=step)


_DROP = """drop view if exists staged_new_item, staged_changed_item, fec_other_item, fec_leg;
    drop table if exists staged_refusal, staged_customer, staged_key, fec_line, fec_kind, fec_entry, fec_document,
    fec_other,
        fec_item, fec_head, fec_leg_raw, fec_changed, fec_opening, fec_difference, fec_carried, fec_known, fec_undone"""
_LINE_TABLE = """create temp table fec_line (line bigint, journal text, entry_number text, entry_date date, account
text,
    account_label text, auxiliary text, auxiliary_label text, piece text, issue_date date, due_date date, label text,
    amount_minor bigint, code text, code_date date, counterparts text, customer text) on commit drop"""


def _stage(call: Call, reader: FecReader, result: FileResult) -> None:
    with connection.cursor() as cursor:
        with cursor.copy(f"copy fec_line ({_LINE_COLUMNS}) from stdin") as copy:
            for count, line in enumerate(reader.lines()):
                copy.write_row(_row(line))
                if count % _COPY_LINES == 0 and result.run_id is not None:
                    call.recorder.progress(result.run_id, percent=20, step="reading", rows=reader.tally.rows)
        cursor.execute("analyze fec_line")
    plan_for_sets(reader.tally.rows)
    tally = reader.tally
    result.rows_read = tally.rows
    refused_lines = {problem.line for problem in tally.problems}
    result.refuse(tally.problems, kept_max=KEPT_ROWS_MAX)
    result.rejected_count += len(refused_lines) - len(tally.problems)
    if tally.rows and len(refused_lines) * 2 > tally.rows:
        raise FecUnreadable(rows=tally.rows, refused=len(refused_lines))
    if not tally.balances:
        raise NoReceivables


def _row(line: Line) -> tuple[Any, ...]:
    values = [getattr(line, name) for name in Line.__slots__]
    cells = [value.replace("\x00", "") if isinstance(value, str) else value for value in values]
    return (*cells, line.customer_number[:60])


def _sort_out(reader: FecReader, result: FileResult) -> None:
    """Build `fec_entry`: each line with its kind, natural key and number wanted."""
    tally = reader.tally
    natures = {journal: tally.nature_of_journal(journal) for journal in tally.labels}
    result.detail["journals"] = natures
    with connection.cursor() as cursor:
        cursor.execute("select distinct journal, left(account, 3), amount_minor > 0, counterparts from fec_line")
        combinations = cursor.fetchall()
        cursor.execute(
            """create temp table fec_kind (journal text, prefix text, is_debit boolean, counterparts text, nature
            text, kind text)
               on commit drop"""
        )
        with cursor.copy("copy fec_kind from stdin") as copy:
            for journal, prefix, is_debit, counterparts in combinations:
                nature = natures.get(journal, "other")
                kind = rules.kind_of(prefix, is_debit=is_debit, nature=nature, counterparts=counterparts)
                copy.write_row((journal, prefix, is_debit, counterparts, nature, kind))
        cursor.execute(_ENTRY_TABLE)
        cursor.execute("analyze fec_entry")


# An entry number that is empty or zero tells nothing, so the amount helps to recognise the line next time. A
# reference made
# of zeros, or a word that whole journals share, is no invoice number.
_ENTRY_TABLE = """create temp table fec_entry on commit drop as
    select l.*, k.kind, k.nature,
        concat_ws('|', l.journal, l.entry_date, l.entry_number, l.account, l.customer, l.piece, sign(l.amount_minor),
            case when ltrim(l.entry_number, '0') = '' then l.amount_minor || l.label end) as natural_key,
        l.journal || ' ' || to_char(l.entry_date, 'YYYYMMDD') || ' ' || coalesce(nullif(ltrim(l.entry_number, '0'), ''),
            abs(l.amount_minor)::text) || ' ' || left(l.customer, 20) as plain_number,
        case when ltrim(l.piece, '0') = '' or l.piece !~ '[0-9]' then '' else l.piece end as wanted_number
    from fec_line l join fec_kind k on k.journal = l.journal and k.prefix = left(l.account, 3)
        and k.is_debit = (l.amount_minor > 0) and k.counterparts = l.counterparts"""


def _load_customers(call: Call) -> int:
    with connection.cursor() as cursor:
        cursor.execute(customers.CUSTOMER_TABLE)
        cursor.execute(
            """insert into staged_customer (line, number, name, external_id, legal_form, siren, siret, vat_number,
            naf_code,
                   street, postcode, city, country, language, email, phone, iban, notes, terms, is_natural_person,
                   dunning_block)
               select min(line), customer, coalesce(nullif((array_agg(case when auxiliary <> '' then auxiliary_label
                   else account_label end order by line desc))[1], ''), customer), '', '', '', '', '', '', '', '', '',
                   '', '',
                   '', '', '', '', '', false, false
               from fec_entry group by customer"""
        )
        added = customers.upsert_staged_customers(organisation_id=call.organisation_id, fields=[]).created
        cursor.execute(customers.KEY_TABLE)
        cursor.execute("insert into staged_key select distinct customer, '', null::bigint from fec_entry")
    customers.resolve_staged_keys(organisation_id=call.organisation_id, by_external_id=False)
    return added


def _parameters(call: Call) -> dict[str, Any]:
    return {"organisation": call.organisation_id, "entity": call.entity.pk, "currency": call.entity.currency}


def _load_documents(call: Call, batch: Batch, result: FileResult) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DOCUMENT_TABLE, _parameters(call))
        cursor.execute("analyze fec_document")
    loaded = invoices.load_staged(
        batch, import_id=result.run_id or 0, default_terms=call.entity.default_terms, source="fec_document"
    )
    result.created += loaded.created
    result.changed += loaded.changed
    result.unchanged += loaded.unchanged
    result.detail.update(
        documents_created=loaded.created,
        due_dates_inferred=loaded.due_inferred,
        put_on_account=loaded.put_on_account,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """create temp table fec_item on commit drop as
               select n.line, coalesce(i.id, n.item_id) as item_id from incoming n
               left join ledger_openitem i on n.fingerprint = n.known_fingerprint and i.document_id = n.known_id
                   and i.organisation_id = %s and i.instalment_number = n.part_rank
                   and i.kind in ('invoice', 'credit_note', 'debit_note')
                   and not exists (select from ledger_openitem r where r.organisation_id = i.organisation_id
                       and r.reverses_id = i.id)""",
            [call.organisation_id],
        )


# One document for the lines of an entry that share account, customer, reference and side: its instalments. It keeps the
# number it got when it was first seen; a number that several entries want goes to the first of them.
_DOCUMENT_TABLE = """create temp table fec_document on commit drop as
    with entry as (
        select e.*, 'fec:' || md5(natural_key) as external_key,
            row_number() over (partition by natural_key order by line) as part_number,
            sum(amount_minor) over (partition by natural_key) as gross_minor,
            first_value(wanted_number) over (partition by natural_key order by line) as wanted
        from fec_entry e where kind in ('invoice', 'credit_note', 'debit_note')),
    claim as (
        select distinct on (external_key) external_key, wanted, plain_number, entry_date, line from entry
        where part_number = 1),
    settled as (
        select c.external_key, coalesce(d.number, case
            when c.wanted <> '' and t.number is null and row_number() over (partition by d.number is null, c.wanted
                order by c.entry_date, c.line) = 1 then c.wanted
            else c.plain_number || coalesce('#' || nullif(row_number() over (partition by d.number is null,
                c.plain_number,
                c.wanted = '' order by c.entry_date, c.line), 1), '') || case when c.wanted <> '' then ' ' ||
                    left(c.wanted, 20)
                else '' end end) as number
        from claim c
        left join invoices_document d on d.organisation_id = %(organisation)s and d.external_id = c.external_key
            and d.entity_id = %(entity)s and d.is_current
        left join invoices_document t on t.organisation_id = %(organisation)s and t.entity_id = %(entity)s
            and t.number = c.wanted and t.is_current and t.external_id <> c.external_key)
    select e.line, left(s.number, 80) as number, e.external_key as external_id, e.customer, ''::text as customer_name,
        e.kind,
        e.issue_date, e.entry_date as item_date, e.account,
        case when e.kind = 'credit_note' then coalesce(e.due_date, e.entry_date) else e.due_date end as due_date,
        %(currency)s::text as currency, null::bigint as net_minor, null::bigint as tax_minor, e.gross_minor::bigint,
        e.amount_minor as part_minor, e.part_number::integer, null::bigint as open_minor, null::date as settled_date,
        ''::text as reference, ''::text as order_number, ''::text as related_number, false as disputed, ''::text as
            terms
    from entry e join settled s using (external_key)"""


def _load_others(call: Call, batch: Batch, result: FileResult) -> None:
    """Receipts, refunds, write-offs, discounts and deposits: an item each, receipts with their own row."""
    with connection.cursor() as cursor:
        cursor.execute(_OTHER_TABLE, _parameters(call))
        cursor.execute("analyze fec_other")
        cursor.execute(
            """with wrong as (delete from fec_other where known_minor <> amount_minor returning line, number)
               insert into staged_refusal select line, 'EcritureNum', number, 'payment_changed' from wrong"""
        )
        cursor.execute("select count(*) - count(known_minor), count(known_minor) from fec_other")
        created, unchanged = cursor.fetchone()
        cursor.execute(
            """create temp view fec_other_item as select item_id, customer_id, kind, account, document_number,
                   case when kind in ('receipt', 'refund') then receipt_id end as document_id, 1 as instalment_number,
                   1 as instalment_count, entry_date as item_date, coalesce(due_date, entry_date) as due_date,
                   false as due_inferred, false as is_implied, currency, amount_minor
               from fec_other where known_minor is null"""
        )
    payments.add_staged_receipts(batch, import_id=result.run_id or 0, table="fec_other")
    ledger.post_staged(batch.again("others"), view="fec_other_item")
    with connection.cursor() as cursor:
        cursor.execute("insert into fec_item select line, coalesce(known_item_id, item_id) from fec_other")
        cursor.execute("analyze fec_item")
        cursor.execute("select kind, count(*) from fec_other where known_minor is null group by 1")
        result.detail["others_created"] = dict(cursor.fetchall())
    result.created += created
    result.unchanged += unchanged


_OTHER_TABLE = """create temp table fec_other on commit drop as
    select e.line, e.kind, e.account, k.customer_id, e.entry_date, e.due_date, e.amount_minor, e.label as reference,
        %(currency)s::text as currency, n.number, coalesce(nullif(e.wanted_number, ''), n.number) as document_number,
        nextval('payments_receipt_id_seq') as receipt_id,
        nextval('ledger_openitem_id_seq') as item_id,
        known.id as known_item_id, known.amount_minor as known_minor
    from (select *, row_number() over (partition by natural_key order by line) as rank,
            row_number() over (partition by plain_number, account order by line) as plain_rank
          from fec_entry where kind not in ('invoice', 'credit_note', 'debit_note')) e
    cross join lateral (select left(e.plain_number, 60) || case when e.plain_rank > 1 then '#' || e.plain_rank else ''
        end
        || case when e.account like '411%%' then '' else ' ' || e.account end as number) n
    join staged_key k on k.customer = e.customer
    left join payments_receipt r on r.organisation_id = %(organisation)s and r.entity_id = %(entity)s and r.number =
        n.number
        and e.kind in ('receipt', 'refund')
    left join lateral (select i.id, i.amount_minor from ledger_openitem i where i.organisation_id = %(organisation)s
        and i.reverses_id is null and i.customer_id = k.customer_id and i.item_date = e.entry_date and i.kind = e.kind
        and i.account = e.account and (i.document_id = r.id or (e.kind not in ('receipt', 'refund')
            and i.document_number = coalesce(nullif(e.wanted_number, ''), n.number) and i.amount_minor =
                e.amount_minor))
        limit 1) known on true"""


def _letter(call: Call, batch: Batch, result: FileResult) -> None:
    """Allocate what the general ledger letters together; what an earlier export lettered otherwise is undone first."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_LETTERS, {"organisation": call.organisation_id})
        cursor.execute("select exists (select from fec_known)")
        if cursor.fetchone()[0]:
            _undo_changed(call, batch)
        else:
            cursor.execute(
                "create temp table fec_changed on commit drop as select distinct account, customer from fec_entry"
            )
        stage_carried(call)
        cursor.execute(
            """create temp table fec_head (rank bigint, allocation_id bigint default
            nextval('ledger_allocation_id_seq'), key text,
                   allocation_date date, code text, code_date date) on commit drop"""
        )
        cursor.execute(
            "create temp table fec_leg_raw (rank bigint, item_id bigint, amount_minor bigint) on commit drop"
        )
    result.detail["lettrage"] = _write_groups(
        call,
        [
            (key, group)
            for key, part in groupby(_lettered(call), key=lambda row: row[0])
            for group in rules.lettrage([item for _, item in part])
        ],
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """create temp view fec_leg as select h.allocation_id, l.item_id, %s::text as currency, l.amount_minor
               from fec_leg_raw l join fec_head h using (rank)""".replace("%s", f"'{call.entity.currency}'")
        )
        cursor.execute("analyze fec_head; analyze fec_leg_raw")
        result.detail["allocations_created"] = ledger.allocate_staged(
            batch.again("lettrage"), heads="fec_head", legs="fec_leg"
        )
        cursor.execute("drop view fec_leg; drop table fec_leg_raw, fec_head")


# the letters an earlier import allocated on these items, undone ones left out
_KNOWN_LETTERS = """create temp table fec_known on commit drop as
    select f.line, l.item_id, a.id as allocation_id, a.code, l.amount_minor from fec_item f
    join ledger_allocationleg l on l.organisation_id = %(organisation)s and l.item_id = f.item_id
    join ledger_allocation a on a.id = l.allocation_id and a.source = 'fec' and a.reverses_id is null
    where not exists (select from ledger_allocation u where u.organisation_id = a.organisation_id and u.reverses_id =
        a.id)"""


def _undo_changed(call: Call, batch: Batch) -> None:
    """Undo the lettrage of each account and customer whose codes differ from those of the earlier export."""
    with connection.cursor() as cursor:
        cursor.execute(
            """create temp table fec_changed on commit drop as
               select account, customer from fec_entry e left join (select line, min(code) as code, count(distinct
                   code) as codes
                   from fec_known group by 1) k using (line)
               group by account, customer, e.code
               having e.code <> '' and (count(k.line) = 0 and count(*) > 1 and sign(min(e.amount_minor)) <>
                   sign(max(e.amount_minor))
                       or count(k.line) filter (where k.code <> e.code) > 0
                       or (sum(e.amount_minor) = 0 and count(k.line) < count(*)))
                   or e.code = '' and count(k.line) > 0"""
        )
        cursor.execute(
            """create temp table fec_undone on commit drop as select distinct k.allocation_id from fec_known k
               join fec_entry e using (line) join (select distinct account, customer from fec_changed) c
                   on c.account = e.account and c.customer = e.customer"""
        )
        ledger.undo_staged(batch, allocations="fec_undone")
    del call


def _lettered(call: Call) -> Iterator[tuple[tuple[str, str, str], rules.Lettered]]:
    """The lettered items to allocate, by account, customer and code."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            """select account, customer, code, item_id, line, amount_minor, amount_minor, item_date, code_date from
                fec_carried
               union all
               select e.account, e.customer, e.code, i.id, e.line, e.amount_minor, i.open_minor, i.item_date,
                   e.code_date
               from fec_entry e join (select distinct account, customer from fec_changed) c
                   on c.account = e.account and c.customer = e.customer
               join fec_item f using (line) join ledger_openitem i on i.id = f.item_id
               where e.code <> '' and i.organisation_id = %s order by 1, 2, 3, 5""",
            [call.organisation_id],
        )
        for account, customer, code, *rest in cursor:
            yield (account, customer, code), rules.Lettered(*rest)


def _write_groups(call: Call, groups: list[tuple[tuple[str, str, str], rules.Group]]) -> dict[str, Any]:
    """COPY the groups' heads and legs; what they were."""
    heads: list[tuple[Any, ...]] = []
    legs: list[tuple[int, int, int]] = []
    for rank, ((account, customer, code), group) in enumerate(groups):
        if group.legs:
            key = f":{account}:{customer}:{code}:{rank}"[-150:]
            heads.append((rank, key, group.allocation_date, code, group.code_date))
            legs.extend((rank, item_id, amount_minor) for item_id, amount_minor in group.legs)
    _copy_groups(heads, legs)
    partial = [(key, group) for key, group in groups if group.left_minor]
    return {
        "groups_full": len(groups) - len(partial),
        "groups_partial": len(partial),
        "without_counterpart": sum(not group.legs for _, group in partial),
        "partial": [_partial(call, key, group) for key, group in partial[:LISTED_MAX]],
    }


def _partial(call: Call, key: tuple[str, str, str], group: rules.Group) -> dict[str, Any]:
    account, customer, code = key
    return {
        "account": account,
        "customer_number": customer,
        "code": code,
        "left": Money(group.left_minor, call.entity.currency).as_json(),
        "is_allocated_in_part": bool(group.legs),
    }


def _copy_groups(heads: list[tuple[Any, ...]], legs: list[tuple[int, int, int]]) -> None:
    with connection.cursor() as cursor:
        with cursor.copy("copy fec_head (rank, key, allocation_date, code, code_date) from stdin") as copy:
            for head in heads:
                copy.write_row(head)
        with cursor.copy("copy fec_leg_raw from stdin") as copy:
            for leg in legs:
                copy.write_row(leg)


def tie_out(call: Call, reader: FecReader) -> dict[str, Any]:
    """The general ledger's balance of each receivable account beside its open items, with reasons where they differ."""
    tally, currency = reader.tally, call.entity.currency
    with connection.cursor() as cursor:
        cursor.execute(
            """select account, sum(open_minor) from ledger_openitem where organisation_id = %s and entity_id = %s
               and account = any(%s) and open_minor <> 0 group by 1""",
            [call.organisation_id, call.entity.pk, list(tally.balances)],
        )
        opened = {account: int(amount) for account, amount in cursor.fetchall()}
    accounts = []
    for account, ledger_minor in sorted(tally.balances.items()):
        open_minor = opened.get(account, 0)
        accounts.append(
            {
                "account": account,
                "general_ledger": Money(ledger_minor, currency).as_json(),
                "open_items": Money(open_minor, currency).as_json(),
                "difference": Money(open_minor - ledger_minor, currency).as_json(),
            }
        )
    total_minor = sum(tally.balances.values())
    open_total_minor = sum(opened.values())
    return {
        "accounts": accounts,
        "general_ledger": Money(total_minor, currency).as_json(),
        "open_items": Money(open_total_minor, currency).as_json(),
        "difference": Money(open_total_minor - total_minor, currency).as_json(),
        "ties": all(opened.get(account, 0) == minor for account, minor in tally.balances.items()),
        "file_balances": tally.debit_minor == tally.credit_minor,
        "as_of": _day(tally.last_date, reader.dialect.closing_date),
        "reasons": [
            {"line": problem.line, "field": problem.field, "value": problem.value, "reason": problem.reason}
            for problem in tally.problems[:LISTED_MAX]
        ],
    }


def _day(last: date | None, closing: date | None) -> date | None:
    return closing if closing and last and closing >= last and (closing - last).days < 400 else last
