"""Taking back what a line paid: the books as they were, and what was learnt counted as wrong."""

from datetime import date
from typing import Any

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, gettext_noop
from encours.core.events import publish
from encours.ledger import account_actions as accounts
from encours.ledger import actions as ledger
from encours.ledger import lettering_actions as lettering
from encours.ledger.models import Allocation, OpenItem
from encours.ledger.rules import open_day
from encours.matching.actions.lines import work_of
from encours.matching.actions.staging import count_habits, payer_key
from encours.matching.events import MatchUndone
from encours.matching.models import How, LineWork, Match, State
from encours.matching.queries import book as facts_of


class MatchUnknown(NotFound):
    """No such match in this organisation."""

    message = gettext_noop("There is no such match.")


class MatchUndoneAlready(Conflict):
    """A match is undone once."""

    message = gettext_noop("This was undone already.")


@transaction.atomic
def undo_match(*, organisation_id: int, match_id: int, by: Actor, today: date, why: str) -> Match:
    """Take back what a line paid: its items are open again as before, its receipt and differences leave the books.

    The line waits again and is never applied alone any more; what was learnt from it is counted as wrong. Refused when
    it was undone already, or when money of its receipt was since used elsewhere.
    """
    match = Match.objects.filter(organisation_id=organisation_id, pk=match_id).first()
    if match is None:
        raise MatchUnknown(match_id=match_id)
    work_of(organisation_id, match.line_id)  # whoever comes second waits here
    if match.reverses_id or Match.objects.filter(organisation_id=organisation_id, reverses=match).exists():
        raise MatchUndoneAlready
    mirror = Match.objects.create(
        organisation_id=organisation_id,
        entity_id=match.entity_id,
        line_id=match.line_id,
        customer_id=match.customer_id,
        how=match.how,
        currency=match.currency,
        amount_minor=-match.amount_minor,
        match_date=today,
        key=f"undo:{match.pk}",
        actor_id=by.user_id,
        actor_name=by.name,
        why=why,
        reverses=match,
    )
    _take_out_of_the_books(match, by=by, today=today, why=why)
    LineWork.objects.filter(organisation_id=organisation_id, line_id=match.line_id).update(
        state=State.PROPOSED if match.allocations else State.WAITING,
        match=None,
        how="",
        is_undone=True,
        decided_date=None,
        why_not="undone_before",
        # what was taken back is what a person starts from; nobody vouches for it any more
        proposal=_as_proposal(match) if match.allocations else None,
        probability_ppm=None,
    )
    if match.how != How.TIED:
        _unlearn(match)
    publish(MatchUndone(organisation_id, match.pk, by, today, why))
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="undo_match",
        subject_kind="bank_line",
        subject_id=match.line_id,
        why=why,
        details={"match": match.pk, "how": match.how, "allocations": match.allocations},
    )
    return mirror


def _as_proposal(match: Match) -> dict[str, Any]:
    return {
        "customer_id": match.customer_id,
        "allocations": match.allocations,
        "residuals": match.residuals,
        "points": 0,
        "probability_ppm": 0,
        "reasons": match.reasons,
        "highlights": [],
        "signature": match.signature,
    }


def _take_out_of_the_books(match: Match, *, by: Actor, today: date, why: str) -> None:
    organisation_id = match.organisation_id
    closed = facts_of.closed_days(organisation_id)
    closed_until = closed.get(match.entity_id)
    if match.transaction is not None:
        # a posting without a customer, what a conversion gained or lost, or money handed on to another company
        day = open_day(match.transaction.transaction_date, closed_until=closed.get(match.transaction.entity_id))
        accounts.reverse_entries(
            organisation_id=organisation_id, transaction_id=match.transaction.pk, on=day, by=by, why=why
        )
    if match.how == How.TIED:
        return
    settled = unallocate(match, by=by, why=why)
    for item_id in [*match.extra_item_ids, *([match.item_id] if match.item_id else [])]:
        item = standing_item(organisation_id, item_id)
        day = open_day(item.item_date, closed_until=closed_until)
        ledger.reverse_item(organisation_id=organisation_id, item_id=item.pk, by=by, why=why, on=day)
    lettering.letter(organisation_id=organisation_id, item_ids=settled, today=today)


def unallocate(match: Match, *, by: Actor, why: str) -> list[int]:
    """Undo what a match allocated, also where a correction of an item carried it on; the items that were settled."""
    found = match.allocation
    while (
        found is not None and Allocation.objects.filter(organisation_id=match.organisation_id, reverses=found).exists()
    ):
        carried = Allocation.objects.filter(
            organisation_id=match.organisation_id, key__endswith=f":carried:{found.pk}", reverses=None
        )
        found = carried.order_by("-pk").first()
    if found is None:
        return []
    legs = found.legs.filter(organisation_id=match.organisation_id)
    settled = list(legs.values_list("item_id", flat=True))
    ledger.undo_allocation(organisation_id=match.organisation_id, allocation_id=found.pk, by=by, why=why)
    return settled


def standing_item(organisation_id: int, item_id: int) -> OpenItem:
    """The item that stands for one: itself, or what it was posted again as when customers were merged."""
    items = OpenItem.objects.filter(organisation_id=organisation_id)
    item = items.get(pk=item_id)
    while items.filter(reverses=item).exists():
        again = items.filter(
            entity_id=item.entity_id, document_number=item.document_number, kind=item.kind, currency=item.currency,
            amount_minor=item.amount_minor, pk__gt=item.pk,
        ).order_by("pk").first()  # fmt: skip
        if again is None:
            return item
        item = again
    return item


def _unlearn(match: Match) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """update matching_payeralias p set undone_count = undone_count + 1
               from payments_bankline b
               where b.organisation_id = p.organisation_id and b.id = %(line)s
                 and p.organisation_id = %(organisation)s and p.customer_id = %(customer)s
                 and ((p.kind = 'iban' and p.value = replace(b.counterparty_iban, ' ', ''))
                      or (p.kind = 'name' and p.value = %(name)s))""",
            {
                "organisation": match.organisation_id,
                "line": match.line_id,
                "customer": match.customer_id,
                "name": _payer_key_of(match),
            },
        )
        cursor.execute("drop table if exists match_unlearnt")
        cursor.execute(
            "create temp table match_unlearnt on commit drop as select * from matching_match where id = %s", [match.pk]
        )
        count_habits(cursor, "match_unlearnt", match.organisation_id, step=-1)
        if match.signature:
            cursor.execute(
                """insert into matching_evidencecount as e (organisation_id, signature, right_count, wrong_count)
                   values (%s, %s, 0, 1)
                   on conflict (organisation_id, signature) do update set wrong_count = e.wrong_count + 1""",
                [match.organisation_id, match.signature],
            )


def _payer_key_of(match: Match) -> str:
    found = facts_of.line_of(match.organisation_id, match.line_id)
    return payer_key(found[1].payer_name) if found else ""
