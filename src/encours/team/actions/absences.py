"""Note who is away and who stands in; end it early."""

from datetime import date

from django.db import transaction

from encours.access import actions as access
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.team.actions.tasks import check_members
from encours.team.models import Absence


class AbsenceUnknown(NotFound):
    """No such absence in this organisation."""

    message = gettext_noop("There is no such absence.")


class AbsenceOver(Conflict):
    """What is over cannot be cut short."""

    message = gettext_noop("This absence is over.")


class AbsenceDaysUnusable(Refused):
    """The days are the wrong way round or all past."""

    message = gettext_noop("The absence ends on or after the day it begins, and not in the past.")


class StandsInForSelf(Refused):
    """Somebody else stands in."""

    message = gettext_noop("Choose a colleague who stands in.")


class AwayAlready(Conflict):
    """Two absences of one person do not overlap: it would be unclear who stands in."""

    message = gettext_noop("This person is away already from {first_date} to {last_date}.")


@transaction.atomic
def note_absence(
    *,
    organisation_id: int,
    user_id: int,
    substitute_id: int,
    first_date: date,
    last_date: date,
    today: date,
    by: Actor,
    note: str = "",
) -> Absence:
    """Say who is away and who works in their place meanwhile; nothing is moved, all is back when the absence ends."""
    if last_date < first_date or last_date < today:
        raise AbsenceDaysUnusable()
    if user_id == substitute_id:
        raise StandsInForSelf()
    check_members(organisation_id, {user_id, substitute_id})
    same = Absence.objects.select_for_update().filter(
        organisation_id=organisation_id, user_id=user_id, last_date__gte=first_date, first_date__lte=last_date
    )
    for other in same:
        if other.ended_date is None or other.ended_date > max(first_date, other.first_date):
            raise AwayAlready(first_date=other.first_date, last_date=other.last_date)
    made = Absence.objects.create(
        organisation_id=organisation_id,
        user_id=user_id,
        substitute_id=substitute_id,
        first_date=first_date,
        last_date=last_date,
        note=note.strip()[:200],
        author_id=by.user_id,
        author_name=by.name,
    )
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="note_absence", subject_kind="user", subject_id=user_id,
        why=note.strip(),
        details={"absence": made.pk, "substitute": substitute_id, "first_date": first_date, "last_date": last_date},
    )  # fmt: skip
    return made


@transaction.atomic
def end_absence(*, organisation_id: int, absence_id: int, today: date, by: Actor) -> Absence:
    """The person is back today, or does not leave at all; their work is theirs again. Refused once it is over."""
    found = Absence.objects.select_for_update().filter(organisation_id=organisation_id, pk=absence_id).first()
    if found is None:
        raise AbsenceUnknown()
    if found.ended_date is not None or found.last_date < today:
        raise AbsenceOver()
    found.ended_date, found.ended_by_name = max(today, found.first_date), by.name
    found.save(update_fields=["ended_date", "ended_by_name"])
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="end_absence", subject_kind="user", subject_id=found.user_id,
        details={"absence": found.pk, "ended_date": found.ended_date},
    )  # fmt: skip
    return found
