"""Write documents and their open items by sets, from temporary tables that an import has filled."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from encours.core.terms import Terms, TermsUnreadable
from encours.ledger import staged_actions as ledger
from encours.ledger.staged_actions import Batch

STAGED_TABLE = """create temp table staged_invoice (line bigint, number text, external_id text, customer text,
    customer_name text, kind text, issue_date date, due_date date, currency text, net_minor bigint, tax_minor bigint,
    gross_minor bigint, part_minor bigint, part_number integer, open_minor bigint, settled_date date, reference text,
    order_number text, related_number text, disputed boolean, terms text) on commit drop"""
# what each document's open amount should be once the whole call is in
STATED_TABLE = """create temp table if not exists stated_open (document_id bigint, number text, target_minor bigint,
    parts smallint) on commit drop"""
_KINDS = "('invoice', 'credit_note', 'debit_note', 'deposit')"
_LISTED_MAX = 1000


@dataclass(slots=True)
class Loaded:
    """What the staged invoices became."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    instalments: int = 0
    due_inferred: int = 0
    settled: "Settled | None" = None
    put_on_account: list[dict[str, object]] = field(default_factory=list)


def load_staged(
    batch: Batch, *, import_id: int, default_terms: str, source: str = "staged_invoice", settle_on: date | None = None
) -> Loaded:
    """Add the documents of `staged_invoice` and their items; a changed one is corrected, the same one left alone.

    `staged_key` names the customers. A number on several lines is one document in instalments, or is refused into
    `staged_refusal`. A correction reverses the old items, issues the next version, and carries the allocations over
    where they still fit; what no longer fits is put back on account and told. With `settle_on`, new documents of one
    item are settled at once, on that day, to what the file says is open: no payments follow in the same call.
    """
    parameters = {**batch.parameters, "import": import_id}
    with connection.cursor() as cursor:
        _join_instalments(source)
        _infer_due_dates(batch, default_terms=default_terms, source=source)
        _build_incoming(batch, source=source)
        cursor.execute("analyze incoming (customer_id, part_rank, known_id)")
        cursor.execute(
            """insert into invoices_document (id, organisation_id, entity_id, customer_id, kind, number, version,
            is_current,
                   external_id, reference, order_number, related_number, issue_date, currency, net_minor, tax_minor,
                   gross_minor, stated_open_minor, fingerprint, import_id, recorded_at)
               select document_id, %(organisation)s, %(entity)s, customer_id, kind, number, 1, true, external_id,
                   reference,
                   order_number, related_number, issue_date, currency, net_minor, tax_minor, gross_minor, open_minor,
                   fingerprint, %(import)s, transaction_timestamp()
               from incoming where known_id is null and part_rank = 1""",
            parameters,
        )
        loaded = Loaded(created=int(cursor.rowcount))
        loaded.settled = _post_new(batch, loaded, settle_on)
        cursor.execute(
            """select count(*) filter (where part_rank = 1 and fingerprint = known_fingerprint),
                   count(*) filter (where known_id is null and due_inferred),
                   count(*) filter (where known_fingerprint <> fingerprint) from incoming"""
        )
        loaded.unchanged, loaded.due_inferred, changed = cursor.fetchone()
        if changed:
            _correct(batch, import_id=import_id, loaded=loaded)
        _keep_stated(but_settled=settle_on is not None)
    return loaded


def _post_new(batch: Batch, loaded: Loaded, settle_on: date | None) -> "Settled | None":
    """Post the items of new documents, born settled where the file says so and its day is told."""
    with connection.cursor() as cursor:
        cursor.execute(_ITEM_VIEW.format(name="staged_new_item", condition="known_id is null"))
        if settle_on is None:
            loaded.instalments = ledger.post_staged(batch, view="staged_new_item").count
            return None
        _drop_implied(cursor)
        cursor.execute(
            """create temp table implied_leg on commit drop as
               select document_id, item_id, customer_id, currency, account, open_minor - part_minor as amount_minor,
                   greatest(item_date, %(day)s::date) as day
               from incoming where known_id is null and part_count = 1 and open_minor <> part_minor""",
            {"day": settle_on},
        )
        cursor.execute(
            f"""create or replace temp view staged_new_item as
                select item_id, customer_id, kind, account, number as document_number, document_id,
                    part_rank as instalment_number, part_count as instalment_count, item_date, due_date, due_inferred,
                    false as is_implied, currency, part_minor as amount_minor,
                    case when part_count = 1 then coalesce(open_minor, part_minor) else part_minor end as open_minor,
                    greatest(item_date, '{settle_on.isoformat()}'::date) as settled_date
                from incoming where part_minor <> 0 and known_id is null"""
        )
    posted = ledger.post_staged(batch, view="staged_new_item", settled_on="settled_date")
    loaded.instalments = posted.count
    return _write_implied(batch.again("implied", source="implied"), keeps=(posted,))


def _drop_implied(cursor: Any) -> None:
    cursor.execute("drop view if exists implied_item, implied_all; drop table if exists implied_leg, implied_head")


def _keep_stated(*, but_settled: bool) -> None:
    """Keep what the file says is open of each document; the last file of a call that speaks of it is right."""
    document = "case when known_id is null or fingerprint <> known_fingerprint then document_id else known_id end"
    with connection.cursor() as cursor:
        cursor.execute(STATED_TABLE)
        cursor.execute("select exists (select from stated_open)")
        if cursor.fetchone()[0]:
            cursor.execute(f"delete from stated_open where document_id in (select {document} from incoming)")
        cursor.execute(
            f"""insert into stated_open select {document}, number, open_minor, part_count
                from incoming where open_minor is not null and part_rank = 1
                    {"and (known_id is not null or part_count > 1)" if but_settled else ""}"""
        )
        cursor.execute("analyze stated_open (document_id, parts)")


_ITEM_VIEW = """create or replace temp view {name} as
    select item_id, customer_id, kind, account, number as document_number, document_id, part_rank as instalment_number,
        part_count as instalment_count, item_date, due_date, due_inferred, false as is_implied, currency,
        part_minor as amount_minor
    from incoming where part_minor <> 0 and {condition}"""


def _join_instalments(source: str) -> None:
    """Work out which lines are instalments of one document, in `staged_part`, and refuse lines that contradict."""
    with connection.cursor() as cursor:
        cursor.execute("drop view if exists staged_new_item, staged_changed_item")
        cursor.execute("drop table if exists incoming, staged_part, staged_terms")
        cursor.execute(
            f"""create temp table staged_part on commit drop as
                select line, number, customer, customer_name, kind, issue_date, currency, due_date, gross_minor,
                    open_minor,
                    part_minor, coalesce(part_minor, gross_minor) as own_minor,
                    row_number() over (partition by number order by part_number nulls last, due_date, line) as
                        part_rank,
                    count(*) over (partition by number) as part_count
                from {source}
                where number in (select number from {source} group by number having count(*) > 1)
                   or part_minor is not null"""
        )
        _refuse_contradictions(source)
        cursor.execute("alter table staged_part add total_minor bigint, add total_open_minor bigint, add parts text")
        cursor.execute(
            """update staged_part p set part_rank = t.part_rank, part_count = t.part_count, total_minor = t.total_minor,
                   total_open_minor = t.total_open_minor, parts = t.parts
               from (select line, row_number() over ordered as part_rank, count(*) over whole as part_count,
                       sum(own_minor) over whole as total_minor,
                       case when count(part_minor) over whole > 0 and min(open_minor) over whole = max(open_minor)
                           over whole
                            then max(open_minor) over whole else sum(open_minor) over whole end as total_open_minor,
                       string_agg(coalesce(due_date::text, '') || '=' || own_minor, ',') over
                           (partition by number order by part_rank range between unbounded preceding and unbounded
                               following)
                           as parts
                     from staged_part window whole as (partition by number), ordered as (partition by number order by
                         part_rank)
                    ) t where t.line = p.line and t.part_rank is not null"""
        )


def _refuse_contradictions(source: str) -> None:
    conditions = {
        # the same line again
        "line_repeated": """select b.line from staged_part a join staged_part b on a.number = b.number and a.line <
            b.line
            and a.due_date is not distinct from b.due_date and a.own_minor = b.own_minor
            and a.customer = b.customer and a.issue_date = b.issue_date and b.part_minor is null""",
        # another document under a number already seen
        "number_repeated": """select b.line from staged_part a join staged_part b on a.number = b.number and a.line <
            b.line
            and ((a.customer, a.customer_name, a.kind, a.issue_date, a.currency)
                 is distinct from (b.customer, b.customer_name, b.kind, b.issue_date, b.currency)
                 or (a.due_date is not distinct from b.due_date and a.part_minor is null))""",
        "instalments_disagree": """select line from staged_part where number in (
            select number from staged_part where part_minor is not null group by number
            having max(gross_minor) <> sum(part_minor) or min(gross_minor) <> sum(part_minor))""",
    }
    with connection.cursor() as cursor:
        for reason, lines in conditions.items():
            cursor.execute(
                f"""with refused as (delete from staged_part where line in ({lines}) returning line, number),
                    gone as (delete from {source} s using refused r where r.line = s.line)
                    insert into staged_refusal select line, 'number', number, %s from refused""",
                [reason],
            )


def _infer_due_dates(batch: Batch, *, default_terms: str, source: str) -> None:
    """Fill `staged_terms`: for each terms and issue day in need, the due date that the terms give."""
    with connection.cursor() as cursor:
        cursor.execute(
            """create temp table staged_terms (terms text, issue_date date, due_date date,
                   primary key (terms, issue_date)) on commit drop"""
        )
        cursor.execute(
            f"""select distinct coalesce(nullif(s.terms, ''), nullif(c.terms, ''), ''), s.issue_date from {source} s
                join staged_key k using (customer, customer_name) join customers_customer c on c.id = k.customer_id
                where s.due_date is null and s.kind <> 'credit_note' and c.organisation_id = %(organisation)s""",
            batch.parameters,
        )
        wanted = cursor.fetchall()
        known: dict[str, Terms] = {}
        with cursor.copy("copy staged_terms from stdin") as copy:
            for terms, issue_date in wanted:
                if terms not in known:
                    known[terms] = _terms(terms, default_terms)
                copy.write_row((terms, issue_date, known[terms].due_date(issue_date)))


def _terms(text: str, default_terms: str) -> Terms:
    for candidate in (text, default_terms):
        try:
            return Terms.parse(candidate)
        except TermsUnreadable:
            continue
    return Terms()


_KNOWN = "d.id as known_id, d.fingerprint as known_fingerprint, d.version as known_version"
_NONE_KNOWN = "null::bigint as known_id, null::bytea as known_fingerprint, null::integer as known_version"
_KNOWN_JOIN = """left join invoices_document d on d.organisation_id = %(organisation)s and d.entity_id = %(entity)s
    and d.number = s.number and d.is_current"""


def _build_incoming(batch: Batch, *, source: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """select exists (select from staged_part), exists (select from staged_terms),
                   exists (select from invoices_document where organisation_id = %(organisation)s
                       and entity_id = %(entity)s)""",
            batch.parameters,
        )
        has_parts, has_terms, has_known = cursor.fetchone()
        part = "p.part_rank, p.part_count, p.own_minor" if has_parts else "null::bigint, null::bigint, null::bigint"
        total = "coalesce(p.total_minor, s.gross_minor)" if has_parts else "s.gross_minor"
        opened = (
            "case when p.line is null then s.open_minor else p.total_open_minor end" if has_parts else "s.open_minor"
        )
        parts = (
            "coalesce(p.parts, coalesce(s.due_date::text, '') || '=' || s.gross_minor)"
            if has_parts
            else ("coalesce(s.due_date::text, '') || '=' || s.gross_minor")
        )
        columns = {row[0] for row in _columns(source)}
        cursor.execute(
            f"""create temp table incoming on commit drop as
                select s.line, nextval('invoices_document_id_seq') as document_id,
                    nextval('ledger_openitem_id_seq') as item_id, s.number, s.external_id,
                        k.customer_id,
                    s.kind, s.issue_date, {"s.item_date" if "item_date" in columns else "s.issue_date"} as item_date,
                    {"s.account" if "account" in columns else "'411'"} as account,
                    coalesce(s.due_date, {"t.due_date" if has_terms else "null"}, s.issue_date) as due_date,
                    s.due_date is null and s.kind <> 'credit_note' as due_inferred, s.currency, s.net_minor,
                        s.tax_minor,
                    {total} as gross_minor, {opened} as open_minor, s.settled_date, left(s.reference, 35) as reference,
                    s.order_number, s.related_number, s.disputed,
                    coalesce(r.part_rank, 1)::smallint as part_rank, coalesce(r.part_count, 1)::smallint as part_count,
                    coalesce(r.own_minor, s.gross_minor) as part_minor,
                    decode(md5(concat_ws('|', s.customer, s.customer_name, s.kind, s.issue_date, s.currency,
                        coalesce(s.net_minor::text, ''), coalesce(s.tax_minor::text, ''), s.external_id, s.reference,
                        s.order_number, s.related_number, {parts})), 'hex') as fingerprint,
                    {_KNOWN if has_known else _NONE_KNOWN}
                from {source} s
                join staged_key k on k.customer = s.customer and k.customer_name = s.customer_name
                {"left join staged_part p on p.line = s.line" if has_parts else ""}
                cross join lateral (select {part}) as r (part_rank, part_count, own_minor)
                {_TERMS_JOIN if has_terms else ""}
                {_KNOWN_JOIN if has_known else ""}""",
            batch.parameters,
        )
        if has_parts:
            cursor.execute(
                """update incoming i set document_id = f.document_id from incoming f
                   where f.number = i.number and f.part_rank = 1 and i.part_rank > 1"""
            )


_TERMS_JOIN = """join customers_customer c on c.id = k.customer_id
    left join staged_terms t on s.due_date is null and t.issue_date = s.issue_date
        and t.terms = coalesce(nullif(s.terms, ''), nullif(c.terms, ''), '')"""


def _columns(table: str) -> Sequence[tuple[str]]:
    with connection.cursor() as cursor:
        cursor.execute("select attname from pg_attribute where attrelid = %s::regclass and attnum > 0", [table])
        return list(cursor.fetchall())


def _correct(batch: Batch, *, import_id: int, loaded: Loaded) -> None:
    """Reverse the items of the documents that changed, issue their next version, and carry their allocations over."""
    parameters = {**batch.parameters, "import": import_id}
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists staged_replaced")
        cursor.execute(
            f"""create temp table staged_replaced on commit drop as
                select i.id as item_id, n.document_id as new_document_id
                from (select distinct known_id, document_id from incoming where fingerprint <> known_fingerprint) n
                join ledger_openitem i on i.organisation_id = %(organisation)s and i.document_id = n.known_id
                    and i.kind in {_KINDS}
                where not exists (select from ledger_openitem r where r.organisation_id = i.organisation_id
                    and r.reverses_id = i.id)""",
            parameters,
        )
        released = ledger.release_staged(batch, items="staged_replaced")
        ledger.reverse_staged(batch, items="staged_replaced")
        cursor.execute(
            """update invoices_document d set is_current = false from incoming n
               where d.id = n.known_id and n.fingerprint <> n.known_fingerprint and d.organisation_id =
                   %(organisation)s""",
            parameters,
        )
        cursor.execute(
            """insert into invoices_document (id, organisation_id, entity_id, customer_id, kind, number, version,
            is_current,
                   external_id, reference, order_number, related_number, issue_date, currency, net_minor, tax_minor,
                   gross_minor, stated_open_minor, fingerprint, import_id, recorded_at)
               select document_id, %(organisation)s, %(entity)s, customer_id, kind, number, known_version + 1, true,
                   external_id, reference, order_number, related_number, issue_date, currency, net_minor, tax_minor,
                   gross_minor, open_minor, fingerprint, %(import)s, transaction_timestamp()
               from incoming where fingerprint <> known_fingerprint and part_rank = 1""",
            parameters,
        )
        loaded.changed = int(cursor.rowcount)
        cursor.execute(_ITEM_VIEW.format(name="staged_changed_item", condition="fingerprint <> known_fingerprint"))
        ledger.post_staged(batch.again("correction"), view="staged_changed_item")
        cursor.execute(
            """select o.item_id, n.item_id, n.part_minor, n.currency, n.number from staged_replaced o
               join incoming n on n.document_id = o.new_document_id and n.fingerprint <> n.known_fingerprint
               order by n.due_date, n.item_id"""
        )
        replacements: dict[int, list[ledger.Replacement]] = {}
        for old_id, *new in cursor.fetchall():
            replacements.setdefault(old_id, []).append(ledger.Replacement(*new))
    loaded.put_on_account = ledger.allocate_again(batch, released=released, replacements=replacements)[:_LISTED_MAX]


@dataclass(slots=True)
class Missing:
    """Documents still open in the books that a full export no longer has."""

    count: int
    open_minor: dict[str, int]
    numbers: list[str]
    still_there: int = 0  # documents that were open before and are in the file

    @property
    def is_full_export(self) -> bool:
        """Whether the file holds at least half of what was open: a full export does, the file of a month does not."""
        return self.still_there >= self.count


def missing_staged(batch: Batch, *, close: bool) -> Missing:
    """Which open documents of earlier imports are not in the file at hand; with `close` they are settled with it."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists missing_document")
        cursor.execute(
            f"""create temp table missing_document on commit drop as
                select i.document_id, i.document_number as number, i.currency, sum(i.open_minor) as open_minor
                from ledger_openitem i join invoices_document d on d.id = i.document_id and d.is_current
                    and d.organisation_id = i.organisation_id and d.import_id is not null
                where i.organisation_id = %(organisation)s and i.entity_id = %(entity)s and i.open_minor <> 0
                  and i.kind in {_KINDS} and d.external_id not like 'fec:%%'
                  and not exists (select from incoming n where n.number = d.number)
                group by 1, 2, 3""",
            batch.parameters,
        )
        if close:
            cursor.execute(
                """with spoken as (delete from stated_open where document_id in (select document_id from
                    missing_document))
                   insert into stated_open select distinct document_id, number, 0::bigint, 2::smallint
                   from missing_document"""
            )
        cursor.execute("select count(*) from missing_document")
        count = cursor.fetchone()[0]
        cursor.execute("select currency, sum(open_minor) from missing_document group by 1")
        sums = {currency: int(amount) for currency, amount in cursor.fetchall()}
        cursor.execute("select number from missing_document order by number limit %s", [_LISTED_MAX])
        numbers = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            f"""select count(distinct n.number) from incoming n
                join invoices_document d on d.organisation_id = %(organisation)s and d.entity_id = %(entity)s
                    and d.number = n.number and d.is_current
                where n.known_id is not null and exists (select from ledger_openitem i
                    where i.organisation_id = d.organisation_id and i.document_id = d.id and i.open_minor <> 0
                      and i.kind in {_KINDS})""",
            batch.parameters,
        )
        return Missing(count, sums, numbers, cursor.fetchone()[0])


def disputed_staged() -> list[tuple[int, str, date]]:
    """The documents that the file at hand marks as disputed: customer, number, issue day."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select customer_id, number, issue_date from incoming where disputed and part_rank = 1
               and open_minor is distinct from 0 and settled_date is null order by line"""
        )
        return list(cursor.fetchall())


@dataclass(slots=True)
class Settled:
    """How the open amounts that files state were reached."""

    documents: int = 0
    amount_minor: dict[str, int] = field(default_factory=dict)
    differences: list[dict[str, object]] = field(default_factory=list)
    difference_count: int = 0


def settle_as_stated(batch: Batch, *, as_of: date, may_differ: bool) -> Settled:
    """Bring each document of `stated_open` to the open amount its file states, by settlements without detail.

    One item per customer and currency stands for what was settled before, allocated with the documents on the day
    `as_of`. Where the books have less open than the file says, nothing is booked and the difference is told;
    `may_differ` is false where all documents are new and nothing was paid yet.
    """
    settled = Settled()
    with connection.cursor() as cursor:
        cursor.execute(STATED_TABLE)
        _drop_implied(cursor)
        cursor.execute(_IMPLIED_LEGS.format(kinds=_KINDS), {**batch.parameters, "day": as_of})
        cursor.execute("select exists (select from stated_open)")
        found = _differences(batch) if may_differ and cursor.fetchone()[0] else (0, [])
    settled = _write_implied(batch.again("implied", source="implied"))
    settled.difference_count, settled.differences = found
    return settled


def _write_implied(batch: Batch, *, keeps: Sequence[ledger.Posted] = ()) -> Settled:
    """Post one item per customer, currency, account and day for what `implied_leg` settles, allocated at once.

    `keeps` names the documents' items where they were born settled, and these are their only legs.
    """
    settled = Settled()
    with connection.cursor() as cursor:
        cursor.execute("select count(distinct document_id) from implied_leg")
        settled.documents = cursor.fetchone()[0]
        if not settled.documents:
            return settled
        cursor.execute(
            """create temp table implied_head on commit drop as
               select customer_id, currency, account, day, sum(amount_minor)::bigint as amount_minor, day as
                   allocation_date,
                   concat_ws(':', '', customer_id, currency, account, day) as key, ''::text as code, null::date as
                       code_date,
                   nextval('ledger_allocation_id_seq') as allocation_id,
                   nextval('ledger_openitem_id_seq') as item_id
               from implied_leg group by customer_id, currency, account, day"""
        )
        cursor.execute("analyze implied_head (customer_id); analyze implied_leg (customer_id)")
        cursor.execute("select currency, -sum(amount_minor) from implied_head group by 1")
        settled.amount_minor = {currency: int(amount) for currency, amount in cursor.fetchall()}
        cursor.execute(
            """create temp view implied_item as
               select item_id, customer_id, 'settled_before' as kind, account,
                   'settled-before-' || allocation_date as document_number, null::bigint as document_id,
                   1 as instalment_number, 1 as instalment_count, allocation_date as item_date,
                   allocation_date as due_date, false as due_inferred, true as is_implied, currency, amount_minor,
                   0::bigint as open_minor
               from implied_head where amount_minor <> 0"""
        )
        cursor.execute(
            """create temp view implied_all as
               select allocation_id, l.item_id, l.currency, l.amount_minor from implied_leg l
               join implied_head h using (customer_id, currency, account, day)
               union all
               select allocation_id, item_id, currency, -amount_minor from implied_head where amount_minor <> 0"""
        )
        posted = ledger.post_staged(batch, view="implied_item", settled_on="item_date")
        ledger.allocate_staged(batch, heads="implied_head", legs="implied_all", keeps=(*keeps, posted))
    return settled


# A document of one item needs no reckoning among instalments, and nearly all are of one.
_IMPLIED_LEGS = """create temp table implied_leg on commit drop as
    select s.document_id, i.id as item_id, i.customer_id, i.currency, i.account,
        s.target_minor - i.open_minor as amount_minor, greatest(i.item_date, %(day)s::date) as day
    from stated_open s join ledger_openitem i on i.document_id = s.document_id and i.organisation_id = %(organisation)s
        and i.kind in {kinds} and i.open_minor <> 0
    where s.parts = 1 and s.target_minor <> i.open_minor
        and sign(i.open_minor - s.target_minor) = sign(i.open_minor)
    union all
    select document_id, item_id, customer_id, currency, account,
        -sign(open_minor) * least(abs(open_minor), abs(need_minor) - before_minor) as amount_minor,
        greatest(item_date, %(day)s::date) as day
    from (select s.document_id, i.item_date, i.id as item_id, i.customer_id, i.currency, i.account, i.open_minor,
            sum(i.open_minor) over whole - s.target_minor as need_minor, sum(i.open_minor) over whole as whole_minor,
            sum(abs(i.open_minor)) over (partition by s.document_id order by i.due_date, i.id) - abs(i.open_minor)
                as before_minor
          from stated_open s join ledger_openitem i on i.document_id = s.document_id
            and i.organisation_id = %(organisation)s and i.kind in {kinds} and i.open_minor <> 0
          where s.parts > 1
          window whole as (partition by s.document_id)) parts
    where need_minor <> 0 and sign(need_minor) = sign(whole_minor) and abs(need_minor) > before_minor"""


def _differences(batch: Batch) -> tuple[int, list[dict[str, object]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select count(*) over (), s.number, s.target_minor, coalesce(o.open_minor, 0), o.currency from
                stated_open s
                left join (select document_id, sum(open_minor) as open_minor, min(currency) as currency
                    from ledger_openitem where organisation_id = %(organisation)s and kind in {_KINDS}
                      and document_id in (select document_id from stated_open) group by 1) o using (document_id)
                where s.target_minor <> 0 and abs(s.target_minor) > abs(coalesce(o.open_minor, 0))
                order by s.number limit {_LISTED_MAX}""",
            batch.parameters,
        )
        rows = cursor.fetchall()
    listed = [
        {"invoice_number": number, "stated_open_minor": stated, "open_minor": int(opened), "currency": currency or ""}
        for _, number, stated, opened, currency in rows
    ]
    return (rows[0][0] if rows else 0), listed
