"""A bank line apart from what it pays: where it stands, whose desk it is on, what was noted, whether it is left out."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import connection, transaction

from encours.access.actions import record_audit
from encours.access.models import Membership
from encours.core.actors import Actor
from encours.core.errors import NotFound, gettext_noop
from encours.matching.actions.booked import LineDecided
from encours.matching.models import OPEN_STATES, LineWork, State
from encours.matching.queries import book as facts_of
from encours.matching.queries.book import BankRow


class LineUnknown(NotFound):
    """No such bank line in this organisation."""

    message = gettext_noop("There is no such bank line.")


class NotAMember(NotFound):
    """Lines are handed to people of the organisation."""

    message = gettext_noop("This person does not belong to the organisation.")


def row_of(organisation_id: int, line_id: int) -> BankRow:
    """The line as the bank wrote it; refused where there is none."""
    found = facts_of.line_of(organisation_id, line_id)
    if found is None:
        raise LineUnknown(line_id=line_id)
    return found[1]


@transaction.atomic
def ignore_line(*, organisation_id: int, line_id: int, by: Actor, today: date, why: str) -> LineWork:
    """Leave a line out of cash application: it is no customer's money. It can be taken back in."""
    work = work_of(organisation_id, line_id)
    if work.state not in OPEN_STATES:
        raise LineDecided
    _change(work, state=State.IGNORED, decided_date=today, why_not="by_hand")
    audit_line(organisation_id, line_id, by=by, verb="ignore_line", why=why)
    return work


@transaction.atomic
def restore_line(*, organisation_id: int, line_id: int, by: Actor, why: str = "") -> LineWork:
    """Take a line that was left out back in: it waits again."""
    work = work_of(organisation_id, line_id)
    if work.state != State.IGNORED:
        raise LineDecided
    _change(work, state=State.PROPOSED if work.proposal else State.WAITING, decided_date=None, why_not="")
    audit_line(organisation_id, line_id, by=by, verb="restore_line", why=why)
    return work


@transaction.atomic
def assign_line(*, organisation_id: int, line_id: int, owner_id: int | None, by: Actor) -> LineWork:
    """Put a line on a colleague's desk, or back on nobody's."""
    if (
        owner_id is not None
        and not Membership.objects.filter(organisation_id=organisation_id, user_id=owner_id, is_active=True).exists()
    ):
        raise NotAMember
    work = work_of(organisation_id, line_id)
    _change(work, owner_id=owner_id)
    audit_line(organisation_id, line_id, by=by, verb="assign_line", details={"owner": owner_id})
    return work


@transaction.atomic
def note_line(*, organisation_id: int, line_id: int, note: str, by: Actor) -> LineWork:
    """Keep a note with a line, in place of the one before; the trail keeps both."""
    work = work_of(organisation_id, line_id)
    before = work.note
    _change(work, note=note)
    audit_line(organisation_id, line_id, by=by, verb="note_line", why=note, details={"before": before})
    return work


def work_of(organisation_id: int, line_id: int) -> LineWork:
    """The line's state, locked; made where no run has seen the line yet."""
    row = row_of(organisation_id, line_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into matching_linework (organisation_id, line_id, entity_id, account_id, booking_date, currency,
                   amount_minor, state, why_not, rivals, changed_at)
               values (%s, %s, %s, %s, %s, %s, %s, 'waiting', '', '[]', transaction_timestamp())
               on conflict (organisation_id, line_id) do nothing""",
            [
                organisation_id, line_id, row.entity_id, row.account_id, row.booking_date, row.currency,
                row.amount_minor,
            ],
        )  # fmt: skip
    return LineWork.objects.select_for_update().get(organisation_id=organisation_id, line_id=line_id)


def _change(work: LineWork, **values: Any) -> None:
    for name, value in values.items():
        setattr(work, name, value)
    work.save(update_fields=list(values))


def audit_line(
    organisation_id: int, line_id: int, *, by: Actor, verb: str, why: str = "", details: Mapping[str, Any] | None = None
) -> None:
    """Note in the trail what was done with a line."""
    record_audit(
        by=by,
        organisation_id=organisation_id,
        verb=verb,
        subject_kind="bank_line",
        subject_id=line_id,
        why=why,
        details=details or {},
    )
