"""Mass lettrage: items already on customers' accounts settled against one another, and the whole of it taken back."""

from collections.abc import Sequence
from datetime import date
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Max

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import NotFound, gettext_noop
from encours.ledger import actions as ledger
from encours.ledger import lettering_actions as lettering
from encours.ledger import staged_actions
from encours.ledger.models import Allocation, OpenItem
from encours.ledger.rules import Leg
from encours.matching.rules.lettrage import Tied

SOURCE = "lettrage"


class LettrageUnknown(NotFound):
    """No allocation of that mass lettrage stands."""

    message = gettext_noop("There is no such lettrage, or it was undone already.")


@transaction.atomic
def letter_all(
    *, organisation_id: int, groups: Sequence[Tied], by: Actor, today: date, why: str = "", key: str = ""
) -> tuple[str, int]:
    """Settle the groups of a preview against one another, without any posting; the key of the whole, and how many.

    Credit notes and payments already on the account are used on what is owed. Refused as a whole when an item was
    used meanwhile: look at the preview again. The same key twice adds nothing.
    """
    key = key or f"lettrage:{uuid4()}"
    for place, group in enumerate(groups):
        ledger.allocate(
            ledger.Settlement(
                organisation_id=organisation_id,
                allocation_date=group.day,
                key=f"{key}:{place}",
                source=SOURCE,
            ),
            legs=[Leg(part.item_id, group.currency, part.amount_minor) for part in group.parts],
            by=by,
            why=why,
        )
    item_ids = {part.item_id for group in groups for part in group.parts}
    lettering.letter(organisation_id=organisation_id, item_ids=sorted(item_ids), today=today)
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="letter_all",
        subject_kind="lettrage",
        subject_id=key,
        why=why,
        details={"groups": len(groups), "items": len(item_ids)},
    )
    return key, len(groups)


@transaction.atomic
def letter_items(
    *,
    organisation_id: int,
    owed: Sequence[int],
    given: Sequence[int],
    by: Actor,
    today: date,
    key: str,
    why: str = "",
) -> Allocation:
    """Use credit notes and payments a person chose on items a person chose, in that order, as far as they go.

    Nothing is posted: a credit note settles an invoice by lettrage alone. Refused when one side has nothing open.
    """
    days = OpenItem.objects.filter(organisation_id=organisation_id, pk__in=[*owed, *given])
    day = days.aggregate(last=Max("item_date"))["last"] or today
    settlement = ledger.Settlement(organisation_id=organisation_id, allocation_date=day, key=key, source=SOURCE)
    allocation = ledger.settle(settlement, owed=owed, given=given, by=by, why=why)
    lettering.letter(organisation_id=organisation_id, item_ids=[*owed, *given], today=today)
    return allocation


@transaction.atomic
def undo_lettrage(*, organisation_id: int, key: str, by: Actor, today: date, why: str) -> int:
    """Take back all that one mass lettrage settled and that still stands; how many groups."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists undone_lettrage")
        cursor.execute(
            """create temp table undone_lettrage on commit drop as
               select a.id as allocation_id from ledger_allocation a
               where a.organisation_id = %s and a.source = %s and starts_with(a.key, %s)
                 and not exists (select from ledger_allocation u where u.organisation_id = a.organisation_id
                     and u.reverses_id = a.id)""",
            [organisation_id, SOURCE, f"{key}:"],
        )
        cursor.execute(
            """select distinct l.item_id from undone_lettrage w join ledger_allocationleg l
                   on l.organisation_id = %s and l.allocation_id = w.allocation_id""",
            [organisation_id],
        )
        item_ids = [row[0] for row in cursor.fetchall()]
    batch = staged_actions.Batch(organisation_id, 0, SOURCE, key, by, why)
    undone = staged_actions.undo_staged(batch, allocations="undone_lettrage")
    if not undone:
        raise LettrageUnknown(key=key)
    lettering.letter(organisation_id=organisation_id, item_ids=item_ids, today=today)
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="undo_lettrage",
        subject_kind="lettrage",
        subject_id=key,
        why=why,
        details={"groups": undone},
    )
    return undone
