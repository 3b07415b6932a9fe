"""Put customers and items on hold and take them off; set the sending policy."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from encours.access import actions as access
from encours.access.models import Entity
from encours.collections.models import Pause, PauseReason, SendingPolicy
from encours.collections.queries.facts import calendar_of
from encours.collections.rules.calendar import NeverSends
from encours.core.actors import Actor
from encours.core.dates import zone
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.customers.models import Customer
from encours.ledger.models import OpenItem
from encours.penalties import actions as penalties
from encours.penalties.models import SuspensionKind


class PauseUnknown(NotFound):
    """No such pause in this organisation."""

    message = gettext_noop("There is no such pause.")


class PauseEndedAlready(Conflict):
    """A pause ends once."""

    message = gettext_noop("This pause ended on {ended_date}.")


class PauseReasonUnknown(Refused):
    """The reason is none of the list."""

    message = gettext_noop("“{reason}” is not a reason for a pause.")


class DatePast(Refused):
    """A pause, a promise or a return looks ahead."""

    message = gettext_noop("{day} is past: choose today or a later day.")


class TargetMissing(NotFound):
    """The customer or item is not of this organisation."""

    message = gettext_noop("There is no such customer or item.")


class CompanyMissing(NotFound):
    """The company is not of this organisation, or has no policy of its own."""

    message = gettext_noop("There is no such company, or it has no policy of its own.")


class PolicyValueUnusable(Refused):
    """A value of the sending policy makes no sense."""

    message = gettext_noop("{field} cannot be {value}.")


@transaction.atomic
def pause(
    *,
    organisation_id: int,
    customer_id: int,
    reason: str,
    today: date,
    by: Actor,
    until: date | None = None,
    item_id: int | None = None,
    note: str = "",
    judgment_date: date | None = None,
) -> Pause:
    """Keep reminders from a customer or off one item, until a day included or until somebody ends it.

    Insolvency proceedings stop penalties too, from the day of the opening judgment where it is known, else from today.
    """
    if reason not in PauseReason.values:
        raise PauseReasonUnknown(reason=reason)
    if until is not None and until < today:
        raise DatePast(day=until)
    check_target(organisation_id, customer_id, item_id)
    made = Pause.objects.create(
        organisation_id=organisation_id,
        customer_id=customer_id,
        item_id=item_id,
        reason=reason,
        note=note,
        until_date=until,
        author_id=by.user_id,
        author_name=by.name,
        start_date=today,
    )
    if reason == PauseReason.INSOLVENCY and item_id is None:
        penalties.suspend(
            organisation_id=organisation_id,
            customer_id=customer_id,
            kind=SuspensionKind.INSOLVENCY,
            first_date=judgment_date or today,
            by=by,
            why=note or gettext("Reminders paused: insolvency proceedings"),
        )
    _audit("pause_reminders", made, by, note, reason=reason, until=until, item=item_id)
    return made


@transaction.atomic
def resume(*, organisation_id: int, pause_id: int, today: date, by: Actor, why: str = "") -> Pause:
    """End a pause before its day; the next run chases again."""
    found = Pause.objects.select_for_update().filter(organisation_id=organisation_id, pk=pause_id).first()
    if found is None:
        raise PauseUnknown()
    if found.ended_date is not None:
        raise PauseEndedAlready(ended_date=found.ended_date)
    found.ended_date, found.ended_by_name, found.ended_why = today, by.name, why
    found.save(update_fields=["ended_date", "ended_by_name", "ended_why"])
    _audit("resume_reminders", found, by, why)
    return found


_POLICY_FIELDS = frozenset({
    "weekdays", "opens_at", "closes_at", "timezone", "country", "holiday_region", "silent_periods",
    "contact_delay_days", "weekly_cap", "bank_age_days_max", "bank_known_date", "asks_approval",
})  # fmt: skip


@transaction.atomic
def set_policy(
    *, organisation_id: int, values: Mapping[str, Any], by: Actor, entity_id: int | None = None, why: str = ""
) -> SendingPolicy:
    """Change when and how often messages leave; refuses hours, days or zones under which nothing ever would.

    For one company the policy begins as the organisation's and then stands on its own; what the bank is known to and
    whether scenarios need agreement stay the organisation's.
    """
    found = SendingPolicy.objects.select_for_update().filter(organisation_id=organisation_id)
    found = found.filter(entity__isnull=True) if entity_id is None else found.filter(entity_id=entity_id)
    policy = found.first() or _new_policy(organisation_id, entity_id)
    for name, value in values.items():
        if name not in _POLICY_FIELDS or (entity_id is not None and name in _OF_THE_ORGANISATION):
            raise PolicyValueUnusable(field=name, value=value)
        setattr(policy, name, value)
    _check_policy(policy)
    policy.save()
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="set_sending_policy", subject_kind="sending_policy",
        subject_id=policy.pk, why=why, details={**dict(values), "entity": entity_id} if entity_id else dict(values),
    )  # fmt: skip
    return policy


_OF_THE_ORGANISATION = frozenset({"bank_known_date", "asks_approval"})


def _new_policy(organisation_id: int, entity_id: int | None) -> SendingPolicy:
    if entity_id is None:
        return SendingPolicy(organisation_id=organisation_id)
    entity = Entity.objects.filter(organisation_id=organisation_id, pk=entity_id).first()
    if entity is None:
        raise CompanyMissing()
    usual = SendingPolicy.objects.filter(organisation_id=organisation_id, entity__isnull=True).first()
    policy = SendingPolicy(organisation_id=organisation_id, entity=entity)
    for name in _POLICY_FIELDS - _OF_THE_ORGANISATION if usual else ():
        setattr(policy, name, getattr(usual, name))
    policy.timezone, policy.country, policy.holiday_region = entity.timezone, entity.country, entity.holiday_region
    return policy


@transaction.atomic
def drop_policy(*, organisation_id: int, entity_id: int, by: Actor) -> None:
    """Let a company follow the organisation's policy again."""
    dropped, _ = SendingPolicy.objects.filter(organisation_id=organisation_id, entity_id=entity_id).delete()
    if not dropped:
        raise CompanyMissing()
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="drop_sending_policy", subject_kind="sending_policy",
        subject_id=entity_id,
    )  # fmt: skip


def state_bank_date(*, organisation_id: int, known: date, today: date, by: Actor) -> SendingPolicy:
    """Say up to which day the bank is known, where no payment came in to show it; refuses a day still to come."""
    if known > today:
        raise PolicyValueUnusable(field="bank_known_date", value=known)
    return set_policy(organisation_id=organisation_id, values={"bank_known_date": known}, by=by)


def _check_policy(policy: SendingPolicy) -> None:
    zone(policy.timezone)
    if policy.opens_at >= policy.closes_at:
        raise PolicyValueUnusable(field="closes_at", value=policy.closes_at)
    if not policy.weekdays or not set(policy.weekdays) <= set(range(7)):
        raise NeverSends()
    for field, least in (("contact_delay_days", 0), ("weekly_cap", 1), ("bank_age_days_max", 0)):
        if getattr(policy, field) < least:
            raise PolicyValueUnusable(field=field, value=getattr(policy, field))
    try:
        periods = calendar_of(policy).silent_periods
    except (TypeError, ValueError):
        raise PolicyValueUnusable(field="silent_periods", value=policy.silent_periods) from None
    for first, last in periods:
        if last < first:
            raise PolicyValueUnusable(field="silent_periods", value=f"{first} - {last}")


def check_target(organisation_id: int, customer_id: int, item_id: int | None) -> None:
    if not Customer.objects.filter(organisation_id=organisation_id, pk=customer_id).exists():
        raise TargetMissing()
    if item_id is not None and not (
        OpenItem.objects.filter(organisation_id=organisation_id, customer_id=customer_id, pk=item_id).exists()
    ):
        raise TargetMissing()


def _audit(verb: str, made: Pause, by: Actor, why: str, **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=made.organisation_id, verb=verb, subject_kind="customer", subject_id=made.customer_id,
        why=why, details={"id": made.pk, **details},
    )  # fmt: skip
