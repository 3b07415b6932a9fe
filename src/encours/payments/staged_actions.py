"""Write receipts, deductions and their allocations by sets, from temporary tables that an import has filled."""

from dataclasses import dataclass, field

from django.db import connection

from encours.ledger import staged_actions as ledger
from encours.ledger.staged_actions import Batch

STAGED_TABLE = """create temp table {name} (line bigint, payment text, customer text, customer_name text,
    received_date date, invoice text, amount_minor bigint, deduction_minor bigint, currency text, method text,
    payer_name text, payer_iban text, reference text) on commit drop"""
_KINDS = "('invoice', 'credit_note', 'debit_note', 'deposit')"
_SCRATCH = (
    "paying, paying_document, payment_head, payment_take, payment_use, payment_leg, touched_implied, unwound_item,"
    " payment_item, payment_allocation"
)


@dataclass(slots=True)
class Loaded:
    """What the staged payments became."""

    receipts: int = 0
    refunds: int = 0
    deductions: int = 0
    allocations: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    implied_undone: int = 0
    on_account_minor: dict[str, int] = field(default_factory=dict)
    on_account: int = 0


def load_staged(
    batch: Batch, *, import_id: int, currency: str, by_external_id: bool, table: str = "staged_payment"
) -> Loaded:
    """Add the payments of a staged table: rows that share a number are one transfer, with its invoices.

    A transfer becomes a receipt (a refund when it is negative), each deduction an item of its own, and one allocation
    ties them to the invoices as far as those are open; the rest stays on account. What an earlier file settled without
    detail is undone where these payments give the detail. The same payment again changes nothing.
    """
    loaded = Loaded()
    _identify(batch, currency=currency, by_external_id=by_external_id, table=table)
    _classify(batch, loaded)
    loaded.implied_undone = _undo_implied(batch)
    _take_from_documents(batch)
    _stage_legs(batch)
    posted = _post(batch, import_id=import_id, loaded=loaded)
    _allocate(batch, loaded, posted)
    return loaded


def _identify(batch: Batch, *, currency: str, by_external_id: bool, table: str) -> None:
    """Build `paying`: each row with its number, document and customer."""
    first, second = ("external_id", "number") if by_external_id else ("number", "external_id")
    with connection.cursor() as cursor:
        cursor.execute("drop view if exists payment_all")
        cursor.execute(f"drop table if exists {_SCRATCH}")
        cursor.execute(
            f"""create temp table paying_document on commit drop as
                select distinct on (invoice) invoice, id as document_id, number, customer_id, currency, issue_date
                from (select w.invoice, d.id, d.number, d.customer_id, d.currency, d.issue_date, 1 as rank
                      from (select distinct invoice from {table} where invoice <> '') w
                      join invoices_document d on d.{first} = w.invoice
                          and d.organisation_id = %(organisation)s and d.entity_id = %(entity)s and d.is_current
                      union all
                      select w.invoice, d.id, d.number, d.customer_id, d.currency, d.issue_date, 2
                      from (select distinct invoice from {table} where invoice <> '') w
                      join invoices_document d on d.{second} = w.invoice
                          and d.organisation_id = %(organisation)s and d.entity_id = %(entity)s and d.is_current
                     ) found order by invoice, rank, id desc""",
            batch.parameters,
        )
        cursor.execute("analyze paying_document")
        cursor.execute(
            f"""create temp table paying on commit drop as
                select s.line, case when s.payment <> '' then s.payment else 'P-' || s.received_date || '-'
                        || left(coalesce(nullif(s.customer, ''), nullif(s.customer_name, ''), s.invoice), 40) || '-'
                        || s.amount_minor || '-' || row_number() over (partition by s.payment, s.received_date,
                            s.customer,
                            s.customer_name, s.amount_minor, case when s.customer || s.customer_name = '' then s.invoice
                            else '' end order by s.line) end as number,
                    coalesce(case when s.customer || s.customer_name <> '' then k.customer_id end, d.customer_id)
                        as customer_id, s.received_date, s.invoice, d.document_id, d.customer_id as
                            document_customer_id,
                    s.amount_minor, s.deduction_minor, coalesce(nullif(s.currency, ''), d.currency, %(currency)s) as
                        currency,
                    s.method, s.payer_name, s.payer_iban, s.reference
                from {table} s
                left join staged_key k on k.customer = s.customer and k.customer_name = s.customer_name
                left join paying_document d on d.invoice = s.invoice""",
            {**batch.parameters, "currency": currency},
        )
        cursor.execute("analyze paying")
        _refuse_rows(cursor)


def _refuse_rows(cursor: object) -> None:
    conditions = {
        ("customer", "customer_unknown", "invoice"): "customer_id is null",
        ("payment", "customer_differs", "number"): """number in (select number from paying group by number
            having count(distinct customer_id) filter (where document_customer_id is distinct from customer_id) > 0
               and count(distinct customer_id) > 1)""",
        ("payment", "payment_differs", "number"): """number in (select number from paying group by number
            having min(received_date) <> max(received_date) or min(currency) <> max(currency))""",
        ("invoice", "line_repeated", "invoice"): """line in (select p.line from (select line, row_number() over
            (partition by number, invoice, amount_minor, deduction_minor order by line) as rank from paying) p where
                rank > 1)""",
    }
    for (name, reason, shown), condition in conditions.items():
        cursor.execute(  # type: ignore[attr-defined]  # Django's stubs know no psycopg cursor
            f"""with refused as (delete from paying where {condition} returning line, {shown} as value)
                insert into staged_refusal select line, %s, left(value, 200), %s from refused""",
            [name, reason],
        )


def _classify(batch: Batch, loaded: Loaded) -> None:
    """Build `payment_head`, one row a transfer, and leave out what is already booked."""
    with connection.cursor() as cursor:
        cursor.execute(
            """create temp table payment_head on commit drop as
               select number, min(customer_id) as customer_id, min(received_date) as received_date, min(currency) as
                   currency,
                   sum(amount_minor)::bigint as amount_minor, max(method) as method, max(payer_name) as payer_name,
                   max(payer_iban) as payer_iban, max(reference) as reference,
                   md5(string_agg(concat_ws('|', invoice, amount_minor, deduction_minor), ',' order by invoice, line))
                       as fingerprint,
                   nextval('payments_receipt_id_seq') as receipt_id,
                   nextval('ledger_openitem_id_seq') as item_id,
                   nextval('ledger_allocation_id_seq') as allocation_id,
                   count(document_id) as document_count
               from paying group by number"""
        )
        cursor.execute("analyze payment_head")
        cursor.execute(
            """create temp table payment_known on commit drop as
               select h.number, r.id as receipt_id, (r.customer_id, r.received_date, r.currency, r.amount_minor)
                   = (h.customer_id, h.received_date, h.currency, h.amount_minor) as is_same
               from payment_head h join payments_receipt r on r.organisation_id = %(organisation)s
                   and r.entity_id = %(entity)s and r.number = h.number
               union all
               select h.number, null, true from payment_head h join ledger_allocation a
                   on a.organisation_id = %(organisation)s and a.key like 'payment:' || %(entity)s || ':%%'
                   and a.key = 'payment:' || %(entity)s || ':' || h.number || ':' || h.fingerprint
               where h.amount_minor = 0""",
            batch.parameters,
        )
        cursor.execute(
            """insert into staged_refusal select p.line, 'payment', p.number, 'payment_changed'
               from paying p join payment_known k using (number) where not k.is_same"""
        )
        cursor.execute("select count(*) from payment_known where is_same")
        loaded.unchanged = cursor.fetchone()[0]
        cursor.execute("delete from paying where number in (select number from payment_known)")
        cursor.execute("delete from payment_head where number in (select number from payment_known)")
        cursor.execute("drop table payment_known")


def _undo_implied(batch: Batch) -> int:
    """Undo the settlements without detail that these payments explain; the open amounts stay as targets."""
    with connection.cursor() as cursor:
        cursor.execute(
            """create temp table touched_implied on commit drop as
               select distinct a.id as allocation_id from paying p
               join ledger_openitem i on i.organisation_id = %(organisation)s and i.document_id = p.document_id
               join ledger_allocationleg l on l.organisation_id = i.organisation_id and l.item_id = i.id
               join ledger_allocation a on a.id = l.allocation_id and a.source = 'implied' and a.reverses_id is null
                   and a.allocation_date >= p.received_date
               where not exists (select from ledger_allocation u where u.organisation_id = a.organisation_id
                   and u.reverses_id = a.id)""",
            batch.parameters,
        )
        cursor.execute("select count(*) from touched_implied")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(
            f"""insert into stated_open
                select i.document_id, min(i.document_number), sum(i.open_minor), count(*) from ledger_openitem i
                where i.organisation_id = %(organisation)s and i.kind in {_KINDS} and i.document_id in (
                    select o.document_id from touched_implied t
                    join ledger_allocationleg l on l.allocation_id = t.allocation_id and l.organisation_id =
                        %(organisation)s
                    join ledger_openitem o on o.id = l.item_id and o.kind in {_KINDS})
                    and not exists (select from stated_open s where s.document_id = i.document_id)
                group by i.document_id""",
            batch.parameters,
        )
        cursor.execute(
            """create temp table unwound_item on commit drop as
               select distinct l.item_id from touched_implied t
               join ledger_allocationleg l on l.allocation_id = t.allocation_id and l.organisation_id = %(organisation)s
               join ledger_openitem i on i.id = l.item_id and i.kind = 'settled_before'""",
            batch.parameters,
        )
    undone = ledger.undo_staged(batch, allocations="touched_implied")
    ledger.reverse_staged(batch.again("explained"), items="unwound_item")
    return undone


def _take_from_documents(batch: Batch) -> None:
    """Build `payment_take`: how much of each item each row can settle, oldest payment and oldest instalment first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""create temp table payment_take on commit drop as
                with paid as (
                    select line, number, document_id, currency, sign(amount_minor + deduction_minor) as side,
                        abs(amount_minor + deduction_minor) as part,
                        sum(abs(amount_minor + deduction_minor)) over (partition by document_id,
                            sign(amount_minor + deduction_minor) order by received_date, line) as upto
                    from paying where document_id is not null and amount_minor + deduction_minor <> 0),
                opened as (
                    select document_id, id as item_id, item_date, currency, sign(open_minor) as side,
                        abs(open_minor) as part,
                        sum(abs(open_minor)) over (partition by document_id order by due_date, id) as upto
                    from ledger_openitem where organisation_id = %(organisation)s and open_minor <> 0 and kind in
                        {_KINDS}
                        and document_id in (select document_id from paid))
                select p.line, p.number, o.item_id, o.item_date,
                    p.side * (least(p.upto, o.upto) - greatest(p.upto - p.part, o.upto - o.part)) as taken_minor
                from paid p join opened o on o.document_id = p.document_id and o.side = p.side
                    and o.currency = p.currency
                    and o.upto > p.upto - p.part and o.upto - o.part < p.upto""",
            batch.parameters,
        )
        cursor.execute(
            """create temp table payment_use on commit drop as
               select p.line, p.number, p.customer_id, p.received_date, p.currency, p.document_customer_id,
                   t.taken_minor, greatest(0, least(p.deduction_minor, t.taken_minor)) as deduction_used_minor,
                   nextval('ledger_openitem_id_seq') as deduction_item_id
               from paying p join (select line, sum(taken_minor)::bigint as taken_minor from payment_take group by
                   line) t
                   using (line)"""
        )
        # a transfer whose rows would draw more from it than it brought stays on account as a whole
        cursor.execute(
            """with wrong as (select h.number from payment_head h join (
                       select number, sum(taken_minor - deduction_used_minor) as used_minor from payment_use group by
                           1) u
                   using (number) where not (u.used_minor between least(h.amount_minor, 0) and
                       greatest(h.amount_minor, 0)))
               , gone as (delete from payment_use u using wrong w where w.number = u.number)
               delete from payment_take t using wrong w where w.number = t.number"""
        )
        cursor.execute("analyze payment_take; analyze payment_use")


def _stage_legs(batch: Batch) -> None:
    """Build `payment_leg` and `payment_allocation`: what each transfer settles, on the day all of it is there."""
    with connection.cursor() as cursor:
        cursor.execute(
            """create temp table payment_leg on commit drop as
               select h.allocation_id, h.number, x.item_id, h.currency, x.amount_minor, x.day
               from payment_head h join (
                   select number, item_id, -taken_minor as amount_minor, item_date as day from payment_take
                   union all select number, deduction_item_id, deduction_used_minor, null from payment_use
                       where deduction_used_minor <> 0
                   union all select u.number, h.item_id, sum(u.taken_minor - u.deduction_used_minor)::bigint, null
                       from payment_use u join payment_head h using (number) group by 1, 2
               ) x using (number) where x.amount_minor <> 0"""
        )
        cursor.execute(
            f"""create temp table payment_allocation on commit drop as
                select h.allocation_id, 'payment:{batch.entity_id}:' || h.number || ':' || h.fingerprint as key,
                    greatest(h.received_date, max(l.day)) as allocation_date, ''::text as code, null::date as code_date
                from payment_head h join payment_leg l using (number) group by 1, 2, h.received_date"""
        )
        cursor.execute("analyze payment_leg; analyze payment_allocation")


def _post(batch: Batch, *, import_id: int, loaded: Loaded) -> ledger.Posted:
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into payments_receipt (id, organisation_id, entity_id, customer_id, number, received_date,
            currency,
                   amount_minor, method, payer_name, payer_iban, reference, import_id, recorded_at)
               select receipt_id, %(organisation)s, %(entity)s, customer_id, number, received_date, currency,
                   amount_minor,
                   method, payer_name, payer_iban, reference, %(import)s, transaction_timestamp()
               from payment_head where amount_minor <> 0""",
            {**batch.parameters, "import": import_id},
        )
        cursor.execute(
            """create temp table payment_item on commit drop as
               select h.item_id, customer_id, case when h.amount_minor > 0 then 'receipt' else 'refund' end as kind,
                   '411' as account, h.number as document_number, receipt_id as document_id, 1 as instalment_number,
                   1 as instalment_count, received_date as item_date, received_date as due_date, false as due_inferred,
                   false as is_implied, h.currency, -h.amount_minor as amount_minor,
                   coalesce(l.amount_minor, 0)::bigint - h.amount_minor as open_minor, a.allocation_date as settled_date
               from payment_head h left join payment_allocation a using (allocation_id)
               left join (select item_id, sum(amount_minor) as amount_minor from payment_leg group by 1) l using
                   (item_id)
               where h.amount_minor <> 0
               union all
               select deduction_item_id, document_customer_id, 'deduction', '411', number, null, 1, 1, u.received_date,
                   u.received_date, false, false, u.currency, -deduction_used_minor, 0, a.allocation_date
               from payment_use u join payment_head h using (number) join payment_allocation a using (allocation_id)
               where deduction_used_minor <> 0"""
        )
        cursor.execute("analyze payment_item (item_date)")
        posted = ledger.post_staged(
            batch.again("payments", source="payment"), view="payment_item", settled_on="settled_date"
        )
        cursor.execute(
            """select count(*), count(*) filter (where amount_minor > 0), count(*) filter (where amount_minor < 0)
               from payment_head"""
        )
        loaded.created, loaded.receipts, loaded.refunds = cursor.fetchone()
        cursor.execute("select count(*) from payment_use where deduction_used_minor <> 0")
        loaded.deductions = cursor.fetchone()[0]
    return posted


def _allocate(batch: Batch, loaded: Loaded, posted: ledger.Posted) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """create temp view payment_all as select allocation_id, item_id, currency, sum(amount_minor)::bigint as
                amount_minor
               from payment_leg group by 1, 2, 3"""
        )
        plain = Batch(batch.organisation_id, batch.entity_id, "payment", "", batch.by, batch.why)
        loaded.allocations = ledger.allocate_staged(
            plain, heads="payment_allocation", legs="payment_all", keeps=(posted,)
        )
        cursor.execute(
            """select currency, count(*), sum(amount_minor) from (
                   select i.currency, sum(i.open_minor) as amount_minor from payment_head h
                   join ledger_openitem i on i.id = h.item_id where i.open_minor <> 0 group by i.id, i.currency) o
               group by currency"""
        )
        for currency, count, amount_minor in cursor.fetchall():
            loaded.on_account += count
            loaded.on_account_minor[currency] = int(amount_minor)
        cursor.execute("drop view payment_all; drop table payment_allocation, payment_item")


def add_staged_receipts(batch: Batch, *, import_id: int, table: str) -> int:
    """Add the receipts and refunds of a staged table that are not known yet; how many. Their items are posted apart."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""insert into payments_receipt (id, organisation_id, entity_id, customer_id, number, received_date,
            currency,
                    amount_minor, method, payer_name, payer_iban, reference, import_id, recorded_at)
                select receipt_id, %(organisation)s, %(entity)s, customer_id, number, entry_date, currency,
                    -amount_minor, '', '',
                    '', left(reference, 200), %(import)s, transaction_timestamp()
                from {table} where kind in ('receipt', 'refund') and known_minor is null""",
            {**batch.parameters, "import": import_id},
        )
        return int(cursor.rowcount)


def unknown_invoices(*, limit: int) -> list[tuple[int, str]]:
    """Rows of the file at hand that name an invoice nobody knows; their money is kept on account."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select line, invoice from paying where invoice <> '' and document_id is null order by line limit %s",
            [limit],
        )
        return list(cursor.fetchall())


def add_matched_receipts(batch: Batch, *, table: str) -> int:
    """Add the receipts that bank lines became, from a temporary table of cash application; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""insert into payments_receipt (id, organisation_id, entity_id, customer_id, number, received_date,
                    currency, amount_minor, method, payer_name, payer_iban, reference, recorded_at)
                select receipt_id, %(organisation)s, entity_id, customer_id, number, book_date, currency, amount_minor,
                    'bank', payer_name, payer_iban, reference, transaction_timestamp()
                from {table} where entity_id = %(entity)s""",
            batch.parameters,
        )
        return int(cursor.rowcount)
