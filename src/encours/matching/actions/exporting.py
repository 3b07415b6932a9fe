"""Files for accounting: new postings put together, acknowledged or refused, taken again when they were lost."""

from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import F, Max

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.matching.models import ExportState, JournalExport
from encours.matching.queries import files


class NothingToExport(Refused):
    """Everything is in a journal file already."""

    message = gettext_noop("There are no new postings to hand to accounting.")


class NothingInPeriod(Refused):
    """No posting of these days is left to hand over."""

    message = gettext_noop("No posting dated {first} to {last} is left to hand to accounting.")


class DaysReversed(Refused):
    """A period begins before it ends."""

    message = gettext_noop("The period begins on {first}, after its end on {last}.")


class ExportUnknown(NotFound):
    """No such journal file in this organisation."""

    message = gettext_noop("There is no such journal file.")


class ExportAnswered(Conflict):
    """A journal file is acknowledged or refused once."""

    message = gettext_noop("Journal file {number} was answered already.")


@transaction.atomic
def make_export(
    *, organisation_id: int, entity_id: int, by: Actor, first: date | None = None, last: date | None = None
) -> JournalExport:
    """Put the postings that accounting does not have yet into a new journal file; refused when there are none.

    With days, only those dated from the first to the last; the others wait for a file of their own. Two people at once
    wait for one another: no posting stands in two files.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('matching.export'), %s)", [organisation_id])
    if first is not None and last is not None and first > last:
        raise DaysReversed(first=first, last=last)
    pending = files.pending_transactions(organisation_id, entity_id=entity_id, first=first, last=last)
    if not pending and (first is not None or last is not None):
        raise NothingInPeriod(first=first or "…", last=last or "…")
    if not pending:
        raise NothingToExport
    rows = JournalExport.objects.filter(organisation_id=organisation_id, entity_id=entity_id)
    export = JournalExport.objects.create(
        organisation_id=organisation_id,
        entity_id=entity_id,
        number=(rows.aggregate(last=Max("number"))["last"] or 0) + 1,
        made_by_name=by.name,
        from_date=first,
        to_date=last,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into matching_exportedtransaction (organisation_id, export_id, transaction_id)
               select %s, %s, unnest(%s::bigint[])""",
            [organisation_id, export.pk, pending],
        )
    for row in files.journal_rows(organisation_id, export_id=export.pk):
        export.row_count += 1
        export.debit_minor += row.debit_minor
    export.save(update_fields=["row_count", "debit_minor"])
    _audit(export, by=by, verb="make_journal_export")
    return export


@transaction.atomic
def answer_export(
    *, organisation_id: int, export_id: int, is_accepted: bool, reference: str, now: datetime, by: Actor
) -> JournalExport:
    """Note what accounting said: what it refused goes into the next file. A file is answered once."""
    export = JournalExport.objects.select_for_update().filter(organisation_id=organisation_id, pk=export_id).first()
    if export is None:
        raise ExportUnknown(export_id=export_id)
    if export.state != ExportState.MADE:
        raise ExportAnswered(number=export.number)
    export.state = ExportState.ACKNOWLEDGED if is_accepted else ExportState.REFUSED
    export.reference, export.answered_at = reference, now
    export.save(update_fields=["state", "reference", "answered_at"])
    _audit(export, by=by, verb="answer_journal_export", why=reference)
    return export


@transaction.atomic
def take_again(*, organisation_id: int, export_id: int, by: Actor) -> JournalExport:
    """Hand out the very same file once more: it was lost on the way. Counted, so that nobody books it twice unseen."""
    changed = JournalExport.objects.filter(
        organisation_id=organisation_id, pk=export_id, state=ExportState.MADE
    ).update(attempt_count=F("attempt_count") + 1)
    export = JournalExport.objects.filter(organisation_id=organisation_id, pk=export_id).first()
    if export is None:
        raise ExportUnknown(export_id=export_id)
    if not changed:
        raise ExportAnswered(number=export.number)
    _audit(export, by=by, verb="take_journal_export_again")
    return export


def _audit(export: JournalExport, *, by: Actor, verb: str, why: str = "") -> None:
    record_audit(
        by=by,
        organisation_id=export.organisation_id,
        verb=verb,
        subject_kind="journal_export",
        subject_id=export.pk,
        why=why,
        details={"number": export.number, "rows": export.row_count, "debit_minor": export.debit_minor},
    )
