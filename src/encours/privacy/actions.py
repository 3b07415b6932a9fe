"""Hold what may be needed in court, and erase a person who asks for it."""

from datetime import date, datetime

from django.db import transaction

from encours.access import actions as access
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.customers import contact_actions
from encours.customers.models import Contact, Customer
from encours.privacy import queries
from encours.privacy.models import Erasure, LegalHold, Purge, RetentionPolicy
from encours.privacy.rules import kept_until, let_go_before


class HoldWithoutReason(Refused):
    """A hold says which claim it protects."""

    message = gettext_noop("Say for which claim everything is to be kept.")


class HeldAlready(Conflict):
    """One hold at a time."""

    message = gettext_noop("Everything of this customer is held since {day}.")


class HoldUnknown(NotFound):
    """No hold runs on this customer."""

    message = gettext_noop("Nothing holds the data of this customer.")


class HoldStands(Refused):
    """What may be needed in court is not erased."""

    message = gettext_noop("Nothing of this customer is erased: {why}")


class PersonUnknown(NotFound):
    """No such contact of this customer."""

    message = gettext_noop("There is no such contact.")


@transaction.atomic
def hold(*, organisation_id: int, customer_id: int, why: str, today: date, by: Actor) -> LegalHold:
    """Keep everything of a customer from now on; refuses without a reason, and a second hold."""
    if not why.strip():
        raise HoldWithoutReason(field="why")
    customer = (
        Customer.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id, pk=customer_id).first()
    )
    if customer is None:
        raise PersonUnknown()
    running = queries.hold_of(customer_id, organisation_id=organisation_id)
    if running is not None:
        raise HeldAlready(day=running.started_date)
    made = LegalHold.objects.create(
        organisation_id=organisation_id, customer=customer, why=why.strip(), started_date=today, author_name=by.name
    )
    _audit(made.customer_id, organisation_id, "hold_data", why, {}, by)
    return made


@transaction.atomic
def lift_hold(*, organisation_id: int, customer_id: int, why: str, today: date, by: Actor) -> LegalHold:
    """End the hold of a customer: what the law lets go may go again."""
    running = queries.hold_of(customer_id, organisation_id=organisation_id)
    if running is None:
        raise HoldUnknown()
    running.ended_date, running.ended_by_name, running.ended_why = today, by.name, why
    running.save(update_fields=["ended_date", "ended_by_name", "ended_why"])
    _audit(customer_id, organisation_id, "lift_hold", why, {}, by)
    return running


@transaction.atomic
def erase_person(
    *, organisation_id: int, customer_id: int, contact_id: int, why: str, today: date, by: Actor
) -> Erasure:
    """Erase a person at a customer's, and keep what stays, until when.

    Nobody writes to them any more; the exchanges about a claim stay until the claim has lapsed. Refuses under a hold.
    """
    contact = (
        Contact.objects.select_for_update()
        .filter(organisation_id=organisation_id, customer_id=customer_id, pk=contact_id)
        .first()
    )
    if contact is None:
        raise PersonUnknown()
    running = queries.hold_of(customer_id, organisation_id=organisation_id)
    if running is not None:
        raise HoldStands(why=running.why)
    kept = []
    exchanges = queries.exchanges_with(contact)
    if exchanges.last is not None:
        until = kept_until("exchanges", exchanges.last)
        kept.append({"code": "exchanges", "count": exchanges.count, "until": until.isoformat()})
    contact_actions.erase_contact(
        organisation_id=organisation_id, customer_id=customer_id, contact_id=contact_id, by=by
    )
    made = Erasure.objects.create(
        organisation_id=organisation_id, customer_id=customer_id, contact_ref=contact_id, asked_date=today, why=why,
        kept=kept, author_name=by.name,
    )  # fmt: skip
    _audit(customer_id, organisation_id, "erase_person", why, {"contact": contact_id, "kept": kept}, by)
    return made


@transaction.atomic
def set_retention(*, organisation_id: int, lets_go_by_night: bool, now: datetime, by: Actor) -> RetentionPolicy:
    """Say whether what is past its term goes each night by itself."""
    made, _ = RetentionPolicy.objects.update_or_create(
        organisation_id=organisation_id, defaults={"lets_go_by_night": lets_go_by_night, "changed_at": now}
    )
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="retention_set",
        subject_kind="organisation",
        subject_id=organisation_id,
        details={"lets_go_by_night": lets_go_by_night},
    )
    return made


@transaction.atomic
def let_go(*, organisation_id: int, today: date, now: datetime, by: Actor) -> Purge | None:
    """Let go what is past its term; None when nothing is.

    The words, names, files and bytes of exchanges go; that one took place, when, in which state and under which hash
    stays, and so do books, promises, disputes and plans. Nothing under a legal hold goes, and nothing younger than a
    debt that is still open. People nobody had to do with for three years are erased as if they had asked.
    """
    before = let_go_before("exchanges", today)
    if not queries.past_term(organisation_id, today=today):
        return None
    people = queries.forgotten_people(organisation_id, today=today)
    # the database empties the exchanges as the row that tells of it is added, and counts them in it
    made = Purge.objects.create(
        organisation_id=organisation_id, before_date=before, counts={"contact": len(people)} if people else {},
        author_name=by.name[:200], purged_at=now,
    )  # fmt: skip
    for contact_id, customer_id in people:
        contact_actions.erase_contact(
            organisation_id=organisation_id, customer_id=customer_id, contact_id=contact_id, by=by
        )
    made.refresh_from_db()
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="data_let_go",
        subject_kind="organisation",
        subject_id=organisation_id,
        why="retention",
        details={"counts": made.counts, "before": before.isoformat(), "purge": made.pk},
    )
    return made


@transaction.atomic
def note_copy(*, organisation_id: int, customer_id: int, what: str, by: Actor) -> None:
    """Say in the audit trail that a copy of a person's or a customer's data was taken out."""
    _audit(customer_id, organisation_id, "copy_data", "", {"what": what}, by)


def _audit(customer_id: int, organisation_id: int, verb: str, why: str, details: dict[str, object], by: Actor) -> None:
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb=verb,
        subject_kind="customer",
        subject_id=customer_id,
        why=why,
        details=details,
    )
