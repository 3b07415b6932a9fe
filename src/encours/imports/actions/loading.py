"""One table into the books: COPY into staging, check, write by sets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from encours.access.models import Entity
from encours.collections import actions as collections
from encours.collections.queries import pauses
from encours.core import indexes
from encours.core.actors import Actor
from encours.core.processors import streamed
from encours.credit import actions as credit
from encours.customers import staged_actions as customers
from encours.disputes import actions as disputes
from encours.imports.actions.results import FileResult, money
from encours.imports.actions.runs import KEPT_ROWS_MAX, RunRecorder
from encours.imports.formats import dues, parties
from encours.imports.formats.blocks import Staged
from encours.imports.formats.opening import Opened
from encours.imports.formats.problems import Problem
from encours.invoices import staged_actions as invoices
from encours.ledger.staged_actions import Batch
from encours.payments import staged_actions as payments

_MANY_ROWS = 500
_LARGE_ROWS = 100_000
_SHARED_FROM_ROWS = 40_000
INDEXED_LAST = (
    "invoices_document", "payments_receipt", "ledger_openitem", "ledger_allocation", "ledger_allocationleg",
)  # fmt: skip
BLOCKED_NOTE = "import: dunning block"
REFUSAL_TABLE = """create temp table staged_refusal (line bigint, field text, value text, reason text) on commit drop"""


@dataclass(frozen=True, slots=True)
class Call:
    """What every file of a call shares."""

    organisation_id: int
    entity: Entity
    by: Actor
    now: datetime
    as_of: date
    recorder: RunRecorder
    settles_at_once: bool = False  # the call has no payments that would say how
    closes_missing: bool = False  # what a full export no longer states is over
    indexes_last: bool = False  # the tables of a large first book are indexed once all of the call is in

    def batch(self, run_id: int, *, source: str = "import") -> Batch:
        """The ledger's batch of one run."""
        return Batch(self.organisation_id, self.entity.pk, source, f"import:{run_id}", self.by)


def load_table(call: Call, opened: Opened, result: FileResult) -> None:
    """Load one table; what it becomes is told in the result. Refused rows are left out, all others are written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "drop table if exists staged_refusal, staged_customer, staged_contact, staged_key, staged_invoice"
        )
        cursor.execute("drop table if exists staged_payment")
        cursor.execute(REFUSAL_TABLE)
    {
        "customers": _load_customers,
        "contacts": _load_contacts,
        "invoices": _load_invoices,
        "payments": _load_payments,
    }[opened.kind](call, opened, result)
    collect_refusals(result)


def collect_refusals(result: FileResult) -> None:
    """Take over what SQL refused."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select line, field, coalesce(value, ''), reason from staged_refusal order by line limit %s",
            [KEPT_ROWS_MAX],
        )
        problems = [Problem(*row) for row in cursor.fetchall()]
        cursor.execute("select count(distinct line) from staged_refusal")
        result.refuse(problems, kept_max=KEPT_ROWS_MAX)
        result.rejected_count += cursor.fetchone()[0] - len(problems)
        result.rejected.sort(key=lambda problem: problem.line)


def _stage(call: Call, opened: Opened, result: FileResult, table: tuple[str, str, tuple[str, ...]]) -> None:
    """COPY the readable rows of a file into a staging table, counting and keeping what is refused on the way."""
    create, name, columns = table
    total = max(1, opened.table.count_rows()) if opened.table else 1
    with connection.cursor() as cursor:
        cursor.execute(create)
        with cursor.copy(f"copy {name} ({', '.join(columns)}) from stdin") as copy:
            for staged in _counted(_staged(call, opened, total), result):
                if staged.text:
                    copy.write(staged.text)
                if result.run_id is not None:
                    call.recorder.progress(
                        result.run_id, percent=60 * staged.read // total, step="reading", rows=staged.read
                    )
        cursor.execute(f"analyze {name} ({', '.join(columns[1:4])})")
    plan_for_sets(result.rows_read)


def _staged(call: Call, opened: Opened, rows: int) -> Iterator[Staged]:
    """The blocks of a file in their order; a large one is read by all processors."""
    if rows < _SHARED_FROM_ROWS:
        return opened.staged(currency=call.entity.currency)
    return streamed(lambda place, count: opened.staged(currency=call.entity.currency, share=(place, count)))


def plan_for_sets(rows: int) -> None:
    """Let PostgreSQL hash large sets: fresh tables have no statistics yet, and a nested loop over them never ends."""
    with connection.cursor() as cursor:
        cursor.execute(f"set local enable_nestloop = {'off' if rows > _MANY_ROWS else 'on'}")
        if rows > _LARGE_ROWS:  # what triggers look through stays in memory
            cursor.execute("set local work_mem = '256MB'")


def _counted(blocks: Iterator[Staged], result: FileResult) -> Iterator[Staged]:
    for staged in blocks:
        refused_lines = {problem.line for problem in staged.problems}
        result.refuse(staged.problems, kept_max=KEPT_ROWS_MAX)
        result.rejected_count += len(refused_lines) - len(staged.problems)
        result.warn(staged.warnings, kept_max=KEPT_ROWS_MAX)
        result.rows_read = staged.read
        yield staged


def _keys_of(call: Call, opened: Opened, table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(customers.KEY_TABLE)
        cursor.execute(
            f"""insert into staged_key select distinct customer, customer_name, null::bigint from {table}
                where customer || customer_name <> ''"""
        )
        cursor.execute("analyze staged_key")
    by_external_id = bool(opened.columns and opened.columns.names_customer_id)
    added = customers.resolve_staged_keys(organisation_id=call.organisation_id, by_external_id=by_external_id)
    with connection.cursor() as cursor:
        cursor.execute("analyze staged_key")
    return added


def _load_customers(call: Call, opened: Opened, result: FileResult) -> None:
    _stage(call, opened, result, (customers.CUSTOMER_TABLE, "staged_customer", parties.CUSTOMER_COLUMNS))
    places = opened.columns.places if opened.columns else {}
    outcome = customers.upsert_staged_customers(organisation_id=call.organisation_id, fields=list(places))
    result.created, result.changed, result.unchanged = outcome.created, outcome.changed, outcome.unchanged
    if "dunning_block" in places:
        result.detail["paused"] = _pause_blocked(call)
    if "credit_limit" in places:
        result.detail["credit_limits"] = credit.take_limits(
            organisation_id=call.organisation_id, limits=customers.staged_limits(), currency=call.entity.currency,
            today=call.as_of, by=call.by,
        )  # fmt: skip
    if any(owner in places for owner in customers.OWNERS):
        unknown = customers.unknown_owners(limit=KEPT_ROWS_MAX)
        result.warn([Problem(*row, "person_unknown") for row in unknown], kept_max=KEPT_ROWS_MAX)


def _pause_blocked(call: Call) -> int:
    """Whom the file says not to remind is paused until a person ends it; a pause once ended is not taken up again."""
    blocked = customers.blocked_customers()
    paused = pauses.customers_noted(BLOCKED_NOTE, organisation_id=call.organisation_id, customer_ids=blocked)
    for customer_id in blocked:
        if customer_id not in paused:
            collections.pause(
                organisation_id=call.organisation_id,
                customer_id=customer_id,
                reason="other",
                today=call.as_of,
                by=call.by,
                note=BLOCKED_NOTE,
            )
    return len(set(blocked) - paused)


def _load_contacts(call: Call, opened: Opened, result: FileResult) -> None:
    _stage(call, opened, result, (customers.CONTACT_TABLE, "staged_contact", parties.CONTACT_COLUMNS))
    with connection.cursor() as cursor:
        cursor.execute(customers.KEY_TABLE)
        cursor.execute(
            "insert into staged_key select distinct customer, customer_name, null::bigint from staged_contact"
        )
    customers.find_staged_keys(organisation_id=call.organisation_id)
    outcome = customers.upsert_staged_contacts(organisation_id=call.organisation_id)
    result.created, result.changed, result.unchanged = outcome.created, outcome.changed, outcome.unchanged


def _load_invoices(call: Call, opened: Opened, result: FileResult) -> None:
    _stage(call, opened, result, (invoices.STAGED_TABLE, "staged_invoice", dues.INVOICE_COLUMNS))
    if call.indexes_last and result.rows_read > _LARGE_ROWS:
        indexes.lay_aside(INDEXED_LAST)
    _say(call, result, percent=62, step="checking")
    customers_added = _keys_of(call, opened, "staged_invoice")
    run_id = result.run_id or 0
    batch = call.batch(run_id)
    loaded = invoices.load_staged(
        batch,
        import_id=run_id,
        default_terms=call.entity.default_terms,
        settle_on=call.as_of if call.settles_at_once else None,
    )
    result.settled_at_once = loaded.settled
    _say(call, result, percent=90, step="settling")
    result.created, result.changed, result.unchanged = loaded.created, loaded.changed, loaded.unchanged
    result.detail.update(
        customers_created=customers_added,
        instalments=loaded.instalments,
        due_dates_inferred=loaded.due_inferred,
        put_on_account=loaded.put_on_account,
        disputes_opened=_open_disputes(call),
    )
    if opened.columns and "settled_date" in opened.columns.places:
        result.detail["settled"] = _settle_by_date(call, run_id)


def _open_disputes(call: Call) -> int:
    stated = [
        disputes.ImportedDispute(
            customer_id=customer_id,
            document_number=number,
            opened_date=max(day, call.as_of),
            entity_id=call.entity.pk,
        )
        for customer_id, number, day in invoices.disputed_staged()
    ]
    if call.closes_missing:
        disputes.close_dropped(
            organisation_id=call.organisation_id, entity_id=call.entity.pk, stated=stated, today=call.as_of, by=call.by
        )
    return disputes.open_disputes(organisation_id=call.organisation_id, disputes=stated, by=call.by) if stated else 0


def _settle_by_date(call: Call, run_id: int) -> dict[str, Any]:
    """Invoices that tell the day they were settled are their own payment history: one receipt each, on that day."""
    with connection.cursor() as cursor:
        cursor.execute(payments.STAGED_TABLE.format(name="staged_payment"))
        cursor.execute(
            """insert into staged_payment select line, 'S-' || number, '', '', greatest(settled_date, issue_date),
                number,
                   gross_minor, 0, currency, '', '', '', ''
               from incoming where settled_date is not null and part_rank = 1 and gross_minor <> 0"""
        )
        cursor.execute("truncate staged_key")
    batch = call.batch(run_id)
    loaded = payments.load_staged(batch, import_id=run_id, currency=call.entity.currency, by_external_id=False)
    return {"receipts": loaded.receipts + loaded.refunds, "unchanged": loaded.unchanged}


def _load_payments(call: Call, opened: Opened, result: FileResult) -> None:
    staged = (payments.STAGED_TABLE.format(name="staged_payment"), "staged_payment", dues.PAYMENT_COLUMNS)
    _stage(call, opened, result, staged)
    _say(call, result, percent=62, step="checking")
    result.detail["customers_created"] = _keys_of(call, opened, "staged_payment")
    run_id = result.run_id or 0
    loaded = payments.load_staged(
        call.batch(run_id),
        import_id=run_id,
        currency=call.entity.currency,
        by_external_id=bool(opened.columns and opened.columns.names_document_id),
    )
    result.created, result.changed, result.unchanged = loaded.created, loaded.changed, loaded.unchanged
    unknown = payments.unknown_invoices(limit=KEPT_ROWS_MAX)
    result.warn(
        [Problem(line, "invoice", value, "document_unknown") for line, value in unknown], kept_max=KEPT_ROWS_MAX
    )
    result.detail.update(
        receipts=loaded.receipts,
        refunds=loaded.refunds,
        deductions=loaded.deductions,
        allocations=loaded.allocations,
        settled_before_explained=loaded.implied_undone,
        on_account=loaded.on_account,
        on_account_amounts=money(loaded.on_account_minor),
    )


def _say(call: Call, result: FileResult, *, percent: int, step: str) -> None:
    if result.run_id is not None:
        call.recorder.progress(result.run_id, percent=percent, step=step)
