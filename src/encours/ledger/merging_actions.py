"""Two customers that are one: their open items come together under one account, and apart again when that was wrong."""

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import Conflict, Refused, gettext_noop
from encours.customers import actions as customers
from encours.customers.models import Customer
from encours.ledger import staged_actions as ledger
from encours.ledger.staged_actions import Batch


class MergedAlready(Conflict):
    """One of the two was merged into another customer before."""

    message = gettext_noop("{number} was merged into another customer already.")


class NotMerged(Refused):
    """Only what was merged can be taken apart."""

    message = gettext_noop("{number} was not merged into another customer.")


class MergedIntoItself(Refused):
    """A customer cannot be merged into itself."""

    message = gettext_noop("Choose two different customers.")


@transaction.atomic
def merge_customers(*, organisation_id: int, duplicate_id: int, kept_id: int, by: Actor, why: str) -> Customer:
    """Make one customer stand for two: the duplicate's contacts and open items move, its number leads to the kept one.

    Items are moved by correction (reversed, posted again on the kept account, allocated again), so that past reports
    stay as they were. Refuses what was merged before. Never done by itself: a person decides.
    """
    if duplicate_id == kept_id:
        raise MergedIntoItself
    duplicate, kept = customers.lock_pair(organisation_id=organisation_id, customer_ids=(duplicate_id, kept_id))
    for one in (duplicate, kept):
        if one.merged_into_id is not None:
            raise MergedAlready(number=one.number)
    moved = _move_items(organisation_id, from_id=duplicate_id, to_id=kept_id, by=by, why=why)
    contacts = customers.mark_merged(duplicate, into=kept)
    _audit(duplicate, kept, by=by, verb="merge_customers", why=why, details={"items": moved, "contacts": contacts})
    return kept


@transaction.atomic
def unmerge_customers(*, organisation_id: int, duplicate_id: int, by: Actor, why: str) -> Customer:
    """Undo a merge: the number stands for itself again, with the items of its documents that are still open."""
    duplicate = customers.lock_one(organisation_id=organisation_id, customer_id=duplicate_id)
    if duplicate.merged_into_id is None:
        raise NotMerged(number=duplicate.number)
    kept = customers.lock_one(organisation_id=organisation_id, customer_id=duplicate.merged_into_id)
    moved = _move_items(
        organisation_id, from_id=kept.pk, to_id=duplicate.pk, by=by, why=why, only_moved_from=duplicate.pk
    )
    customers.mark_unmerged(duplicate)
    _audit(duplicate, kept, by=by, verb="unmerge_customers", why=why, details={"items": moved})
    return duplicate


def _audit(duplicate: Customer, kept: Customer, *, by: Actor, verb: str, why: str, details: dict[str, int]) -> None:
    record_audit(
        by=by,
        organisation_id=duplicate.organisation_id,
        verb=verb,
        subject_kind="customer",
        subject_id=duplicate.pk,
        why=why,
        details={"duplicate": duplicate.number, "kept": kept.number, **details},
    )


def _move_items(
    organisation_id: int, *, from_id: int, to_id: int, by: Actor, why: str, only_moved_from: int | None = None
) -> int:
    """Post the open items of one account again on another, company by company; how many."""
    moved = 0
    with connection.cursor() as cursor:
        cursor.execute(
            """select distinct entity_id from ledger_openitem
               where organisation_id = %s and customer_id = %s and open_minor <> 0""",
            [organisation_id, from_id],
        )
        entity_ids = [row[0] for row in cursor.fetchall()]
        cursor.execute("select txid_current()")
        stamp = cursor.fetchone()[0]
    for entity_id in entity_ids:
        batch = Batch(organisation_id, entity_id, "merge", f"merge:{from_id}:{to_id}:{stamp}:{entity_id}", by, why)
        moved += _move_in_entity(batch, from_id=from_id, to_id=to_id, only_moved_from=only_moved_from)
    return moved


def _move_in_entity(batch: Batch, *, from_id: int, to_id: int, only_moved_from: int | None) -> int:
    # what a merge posted has a reversed twin on the account it came from
    condition = """and exists (select from ledger_openitem o where o.organisation_id = i.organisation_id
        and o.customer_id = %(origin)s and o.document_number = i.document_number and o.kind = i.kind
        and o.amount_minor = i.amount_minor)"""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists staged_moving")
        cursor.execute(
            f"""create temp table staged_moving on commit drop as
                select i.id as item_id, nextval('ledger_openitem_id_seq') as new_item_id, {int(to_id)} as customer_id,
                    i.kind, i.account, i.document_number, i.document_id, i.instalment_number, i.instalment_count,
                    i.item_date, i.due_date, i.due_inferred, i.is_implied, i.currency, i.amount_minor, i.counterpart
                from ledger_openitem i where i.organisation_id = %(organisation)s and i.entity_id = %(entity)s
                    and i.customer_id = %(from)s and i.open_minor <> 0
                    {condition if only_moved_from is not None else ""}""",
            {**batch.parameters, "from": from_id, "origin": only_moved_from},
        )
        moved = ledger.replace_staged(batch, items="staged_moving")
        cursor.execute("drop table staged_moving")
    return moved
