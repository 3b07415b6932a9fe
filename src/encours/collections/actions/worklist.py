"""Say what a person did with a customer on the list of the day."""

from datetime import date

from django.db import transaction

from encours.access import actions as access
from encours.collections.models import Handled, HandledKind
from encours.core.actors import Actor
from encours.core.dates import ONE_DAY
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.customers.models import Customer


class CustomerNotHere(NotFound):
    """No such customer in this organisation."""

    message = gettext_noop("There is no such customer in this organisation.")


class ReturnDatePast(Refused):
    """A customer is put off to a day still to come."""

    message = gettext_noop("Put the customer off to a day after today.")


@transaction.atomic
def mark_done(*, organisation_id: int, customer_id: int, today: date, by: Actor, note: str = "") -> Handled:
    """Take a customer off today's list; tomorrow's facts decide whether it comes back."""
    return _mark(organisation_id, customer_id, HandledKind.DONE, today, today + ONE_DAY, note, by)


@transaction.atomic
def put_off(*, organisation_id: int, customer_id: int, until: date, today: date, by: Actor, note: str = "") -> Handled:
    """Take a customer off the list until a day; reminders go on, only the list is quiet. Refuses a day not to come."""
    if until <= today:
        raise ReturnDatePast()
    return _mark(organisation_id, customer_id, HandledKind.LATER, today, until, note, by)


@transaction.atomic
def put_back_on_list(*, organisation_id: int, customer_id: int, today: date, by: Actor) -> Handled:
    """Undo the last mark: the customer stands on today's list again."""
    return _mark(organisation_id, customer_id, HandledKind.REOPENED, today, today, "", by)


def _mark(
    organisation_id: int, customer_id: int, kind: HandledKind, today: date, returns: date, note: str, by: Actor
) -> Handled:
    if not Customer.objects.filter(organisation_id=organisation_id, pk=customer_id).exists():
        raise CustomerNotHere()
    made = Handled.objects.create(
        organisation_id=organisation_id,
        customer_id=customer_id,
        kind=kind,
        handled_date=today,
        returns_date=returns,
        note=note.strip(),
        author_id=by.user_id,
        author_name=by.name,
    )
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb=f"worklist_{kind.value}",
        subject_kind="customer",
        subject_id=customer_id,
        why=note.strip(),
        details={"returns": returns},
    )
    return made
