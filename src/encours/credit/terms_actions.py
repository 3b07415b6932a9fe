"""Exceptional terms: proposed within what the law allows, decided by a second person, and heeded by due dates."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction

from encours.access import proposal_actions as proposals
from encours.access.actions import record_audit
from encours.access.proposal_models import Decision
from encours.core.actors import Actor
from encours.core.dates import add_months
from encours.core.errors import Conflict, Refused, gettext_noop
from encours.core.second_person import ReasonNeeded
from encours.core.terms import Terms
from encours.credit import queries
from encours.credit.models import ExceptionalTerms
from encours.credit.rules import terms as rules
from encours.customers.actions import lock_one
from encours.ledger import staged_actions as ledger
from encours.ledger.staged_actions import Batch

MONTHS_MAX = 36


class TermsDaysUnusable(Refused):
    """Exceptional terms begin, and end on a day to come within three years."""

    message = gettext_noop("Give a first and a last day: the last one to come, within three years.")


class TermsUsual(Refused):
    """What a customer has anyway is no exception."""

    message = gettext_noop("These are the customer's usual terms already.")


class TermsOverlap(Conflict):
    """On one day of issue one exception counts."""

    message = gettext_noop("From {first} to {last}, {terms} is agreed or proposed already.")


class TermsBeyondLaw(Refused):
    """Terms that no professional in France may agree to: a fine of up to two millions for who does."""

    message = gettext_noop(
        "What is issued on {issued} would fall due on {due}, after {delay_days} days: the law ends on {latest}"
        " ({article})."
    )


class TermsNotRunning(Conflict):
    """Only what was agreed to and is not over can be ended."""

    message = gettext_noop("These terms are not running any more.")


@transaction.atomic
def propose_terms(
    *, organisation_id: int, customer_id: int, terms: str, from_date: date, to_date: date, why: str, today: date,
    by: Actor,
) -> ExceptionalTerms:  # fmt: skip
    """Propose other terms for what is issued in some days; nothing changes until a second person agrees.

    Refused: no reason, terms that cannot be read, that are the usual ones, that overlap others, or that go beyond the
    ceiling of the law where it binds; elsewhere it is noted. The same said twice gives the first proposal.
    """
    if not why.strip():
        raise ReasonNeeded(field="why")
    wanted = Terms.parse(terms)
    if not today <= to_date <= add_months(today, MONTHS_MAX) or not from_date <= to_date:
        raise TermsDaysUnusable(field="to_date")
    customer = lock_one(organisation_id=organisation_id, customer_id=customer_id)
    if list(queries.usual_terms(customer)) == [wanted.code]:
        raise TermsUsual(field="terms")
    ceiling = rules.Ceiling.on(from_date)
    beyond = rules.beyond(wanted, from_date, to_date, ceiling)
    if beyond and rules.is_bound(country=customer.country, is_natural_person=customer.is_natural_person):
        raise TermsBeyondLaw(
            field="terms", issued=beyond.issue_date, due=beyond.due_date, delay_days=beyond.delay_days,
            latest=beyond.latest_date, article=ceiling.article,
        )  # fmt: skip
    for one in queries.terms_of(customer.pk, organisation_id=organisation_id):
        if one.is_waiting and (one.terms, one.from_date, one.to_date) == (wanted.code, from_date, to_date):
            return one
        last = min(one.to_date, one.ended_date or one.to_date)
        stands = one.is_waiting or one.decided_as == Decision.APPROVED
        if stands and one.from_date <= to_date and from_date <= last:
            raise TermsOverlap(first=one.from_date, last=last, terms=one.terms)
    made = ExceptionalTerms.objects.create(
        organisation_id=organisation_id, customer=customer, terms=wanted.code, from_date=from_date, to_date=to_date,
        is_beyond_law=beyond is not None, why=why.strip()[:500], proposed_date=today, proposed_by_id=by.user_id,
        proposed_by_name=by.name[:200],
    )  # fmt: skip
    _audit(made, "propose_terms", by=by, why=why)
    return made


@transaction.atomic
def agree_terms(*, organisation_id: int, terms_id: int, today: date, by: Actor) -> ExceptionalTerms:
    """Agree to terms another person proposed; due dates that were inferred for those days follow at once."""
    found = proposals.locked(ExceptionalTerms, terms_id, organisation_id=organisation_id)
    proposals.agree(found, today=today, by=by)
    _audit(found, "agree_terms", by=by, why="", decision=found.decided_as)
    heed_terms(organisation_id=organisation_id, by=by)
    return found


@transaction.atomic
def turn_down_terms(*, organisation_id: int, terms_id: int, today: date, by: Actor, why: str) -> ExceptionalTerms:
    """Refuse proposed terms with the reason, or withdraw one's own; the usual ones stay."""
    found = proposals.locked(ExceptionalTerms, terms_id, organisation_id=organisation_id)
    proposals.turn_down(found, today=today, by=by, why=why)
    _audit(found, "turn_down_terms", by=by, why=why, decision=found.decided_as)
    return found


@transaction.atomic
def end_terms(*, organisation_id: int, terms_id: int, today: date, by: Actor, why: str) -> ExceptionalTerms:
    """End agreed terms: today is the last day; what was issued until then keeps its due date. One person is enough.

    Ending gives less trust, so that nobody has to wait for it.
    """
    found = proposals.locked(ExceptionalTerms, terms_id, organisation_id=organisation_id)
    if not why.strip():
        raise ReasonNeeded(field="why")
    if not queries.holds(found, today=today) or found.ended_date is not None:
        raise TermsNotRunning
    found.ended_date, found.ended_by_name, found.ended_why = today, by.name[:200], why.strip()[:500]
    found.save(update_fields=["ended_date", "ended_by_name", "ended_why"])
    _audit(found, "end_terms", by=by, why=why)
    return found


def _audit(found: ExceptionalTerms, verb: str, *, by: Actor, why: str, **details: object) -> None:
    record_audit(
        by=by, organisation_id=found.organisation_id, verb=verb, subject_kind="customer", subject_id=found.customer_id,
        why=why[:500],
        details={
            "proposal": found.pk, "terms": found.terms, "first_date": found.from_date, "until": found.to_date,
            **details,
        },
    )  # fmt: skip


# what was issued in the days of agreed terms and whose due date nobody stated, as it stands open
_CONCERNED = """
select i.entity_id, i.id, i.due_date, d.issue_date, e.terms
from credit_exceptionalterms e
join ledger_openitem i on i.organisation_id = e.organisation_id and i.customer_id = e.customer_id and i.due_inferred
  and i.open_minor <> 0 and i.kind in ('invoice', 'debit_note', 'deposit') and i.instalment_count = 1
join invoices_document d on d.id = i.document_id and d.organisation_id = e.organisation_id
  and d.issue_date between e.from_date and least(e.to_date, coalesce(e.ended_date, e.to_date))
where e.organisation_id = %s and e.decided_as = 'approved'
"""


@transaction.atomic
def heed_terms(*, organisation_id: int, by: Actor) -> int:
    """Put inferred due dates on the day that agreed terms give; how many items. A stated due date is never touched.

    The open item is reversed and booked anew, with what was paid of it: past reports keep the dates they had. While an
    import runs nothing is done: what follows it does it.
    """
    with connection.cursor() as cursor:
        # the lock of an import: neither books what the other one is correcting
        cursor.execute("select pg_try_advisory_xact_lock(hashtext('imports.import'), %s)", [organisation_id])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_CONCERNED, [organisation_id])
        wanted: dict[int, list[tuple[int, date]]] = {}
        for entity_id, item_id, due_date, issue_date, terms in cursor.fetchall():
            due = Terms.parse(terms).due_date(issue_date)
            if due != due_date:
                wanted.setdefault(entity_id, []).append((item_id, due))
        for entity_id, items in wanted.items():
            _redate(cursor, organisation_id, entity_id, items, by)
    return sum(len(items) for items in wanted.values())


def _redate(cursor: Any, organisation_id: int, entity_id: int, items: Sequence[tuple[int, date]], by: Actor) -> None:
    cursor.execute(
        """create temp table staged_agreed on commit drop as
           select i.id as item_id, nextval('ledger_openitem_id_seq') as new_item_id, i.customer_id, i.kind, i.account,
               i.document_number, i.document_id, i.instalment_number, i.instalment_count, i.item_date, w.due_date,
               true as due_inferred, i.is_implied, i.currency, i.amount_minor, i.counterpart
           from ledger_openitem i join unnest(%s::bigint[], %s::date[]) as w (item_id, due_date) on w.item_id = i.id
           where i.organisation_id = %s""",
        [[item_id for item_id, _ in items], [due for _, due in items], organisation_id],
    )
    cursor.execute("select txid_current()")
    (stamp,) = cursor.fetchone()
    batch = Batch(organisation_id, entity_id, "correction", f"terms:{entity_id}:{stamp}", by)
    ledger.replace_staged(batch, items="staged_agreed")
    cursor.execute("drop table staged_agreed")
    record_audit(
        by=by, organisation_id=organisation_id, verb="heed_terms", subject_kind="entity", subject_id=entity_id,
        details={"items": len(items)},
    )  # fmt: skip
