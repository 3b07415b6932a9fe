"""Due dates worked out from terms, once more, after the terms were corrected."""

from typing import Any

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.access.models import Entity
from encours.core.actors import Actor
from encours.core.terms import Terms, TermsUnreadable
from encours.ledger import staged_actions as ledger
from encours.ledger.staged_actions import Batch

_KINDS = "('invoice', 'debit_note', 'deposit')"


@transaction.atomic
def reinfer_due_dates(*, organisation_id: int, entity_id: int, by: Actor, why: str = "") -> int:
    """Correct the inferred due dates that the customers' terms of today put on another day; how many items.

    Only open items are corrected, and only those whose due date was inferred: a date that an invoice states is never
    touched. Past reports keep the dates they were made with.
    """
    default = Entity.objects.get(organisation_id=organisation_id, pk=entity_id).default_terms
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('imports.import'), %s)", [organisation_id])
        _stage_dates(cursor, organisation_id, entity_id, default)
        cursor.execute(
            f"""create temp table staged_redated on commit drop as
                select i.id as item_id, nextval('ledger_openitem_id_seq') as new_item_id,
                    i.customer_id, i.kind, i.account, i.document_number, i.document_id, i.instalment_number,
                    i.instalment_count, i.item_date, t.due_date, true as due_inferred, i.is_implied, i.currency,
                    i.amount_minor, i.counterpart
                from ledger_openitem i
                join invoices_document d on d.id = i.document_id and d.organisation_id = %(organisation)s
                join customers_customer c on c.id = i.customer_id and c.organisation_id = %(organisation)s
                join staged_date t on t.terms = coalesce(nullif(c.terms, ''), '') and t.issue_date = d.issue_date
                where i.organisation_id = %(organisation)s and i.entity_id = %(entity)s and i.due_inferred
                    and i.open_minor <> 0 and i.kind in {_KINDS} and i.due_date <> t.due_date""",
            {"organisation": organisation_id, "entity": entity_id},
        )
        cursor.execute("select count(*), txid_current() from staged_redated")
        count, stamp = cursor.fetchone()
        if count:
            batch = Batch(organisation_id, entity_id, "correction", f"reinfer:{entity_id}:{stamp}", by, why)
            ledger.replace_staged(batch, items="staged_redated")
            record_audit(
                by=by,
                organisation_id=organisation_id,
                verb="reinfer_due_dates",
                subject_kind="entity",
                subject_id=entity_id,
                why=why,
                details={"items": count},
            )
        cursor.execute("drop table staged_redated, staged_date")
    return int(count)


def _stage_dates(cursor: Any, organisation_id: int, entity_id: int, default: str) -> None:
    execute = cursor.execute
    execute("create temp table staged_date (terms text, issue_date date, due_date date) on commit drop")
    execute(
        f"""select distinct coalesce(nullif(c.terms, ''), ''), d.issue_date from ledger_openitem i
            join invoices_document d on d.id = i.document_id and d.organisation_id = i.organisation_id
            join customers_customer c on c.id = i.customer_id and c.organisation_id = i.organisation_id
            where i.organisation_id = %s and i.entity_id = %s and i.due_inferred
            and i.open_minor <> 0 and i.kind in {_KINDS}""",
        [organisation_id, entity_id],
    )
    rows = cursor.fetchall()
    with cursor.copy("copy staged_date from stdin") as copy:
        for text, issue_date in rows:
            copy.write_row((text, issue_date, _terms(text, default).due_date(issue_date)))


def _terms(text: str, default: str) -> Terms:
    for candidate in (text, default):
        try:
            return Terms.parse(candidate)
        except TermsUnreadable:
            continue
    return Terms()
