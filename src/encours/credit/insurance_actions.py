"""Say by which policy customers are insured, and how far each of them is."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from encours.access import actions as access
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.credit.models import InsuranceCover, InsurancePolicy
from encours.customers.models import Customer

DAYS_MAX = 730


class InsurerMissing(Refused):
    """A policy is somebody's."""

    message = gettext_noop("Name the insurer.")


class DaysUnusable(Refused):
    """The insurer wants to be told some days after the due date, and asked to pay not before that."""

    message = gettext_noop("Between 1 and {most} days after the due date, and the claim not before the notice.")


class BeginsTooEarly(Refused):
    """A policy follows the one before it."""

    message = gettext_noop("The policy in force began on {from_date}: the next one begins then or later.")


class NotInsured(NotFound):
    """No policy is in force."""

    message = gettext_noop("No insurance policy is in force.")


class CoverUnusable(Refused):
    """An amount covered is above zero, and only of a customer that is covered."""

    message = gettext_noop("An amount covered is above zero; leave it out where the customer is not covered.")


class CustomerNotInsurable(NotFound):
    """The customer is not of this organisation, or was merged into another."""

    message = gettext_noop("There is no such customer.")


@dataclass(frozen=True, slots=True)
class NewPolicy:
    """What the contract says."""

    insurer_name: str
    policy_number: str
    declare_days: int
    claim_days: int | None
    covers_others: bool
    from_date: date


@transaction.atomic
def set_policy(policy: NewPolicy, *, organisation_id: int, by: Actor) -> InsurancePolicy:
    """Put a policy in force for what is issued from its day on; the one before ends there and covers what came before.

    Refused: no insurer, days that make no sense, a day before the policy in force began.
    """
    if not policy.insurer_name.strip():
        raise InsurerMissing(field="insurer_name")
    days = (policy.declare_days, policy.declare_days if policy.claim_days is None else policy.claim_days)
    if not 0 < days[0] <= days[1] <= DAYS_MAX:
        raise DaysUnusable(field="declare_days", most=DAYS_MAX)
    running = _running(organisation_id)
    if running is not None:
        if policy.from_date < running.from_date:
            raise BeginsTooEarly(field="from_date", from_date=running.from_date)
        _end(running, policy.from_date, by)
    made = InsurancePolicy.objects.create(
        organisation_id=organisation_id,
        insurer_name=policy.insurer_name.strip(),
        policy_number=policy.policy_number.strip(),
        declare_days=policy.declare_days,
        claim_days=policy.claim_days,
        covers_others=policy.covers_others,
        from_date=policy.from_date,
        author_name=by.name[:200],
    )
    details = {"name": made.insurer_name, "number": made.policy_number, "from": made.from_date.isoformat()}
    _audit(made, "set_insurance_policy", by, {**details, "days": list(days)})
    return made


@transaction.atomic
def end_policy(*, organisation_id: int, today: date, by: Actor) -> InsurancePolicy:
    """What is issued from today on is not covered any more; what was issued before is guarded as ever."""
    running = _running(organisation_id)
    if running is None:
        raise NotInsured
    _end(running, max(today, running.from_date), by)
    _audit(running, "end_insurance_policy", by, {"name": running.insurer_name, "number": running.policy_number})
    return running


@transaction.atomic
def set_cover(
    *,
    organisation_id: int,
    customer_id: int,
    is_covered: bool,
    amount_minor: int | None,
    currency: str,
    from_date: date,
    by: Actor,
    why: str = "",
) -> InsuranceCover:
    """Note what the insurer says of a customer for what is issued from a day on: covered, up to an amount, or not.

    Cover taken away leaves what was issued before as it was. Refused: an amount of nothing, or without cover.
    """
    if amount_minor is not None and (amount_minor <= 0 or not is_covered):
        raise CoverUnusable(field="amount")
    if not Customer.objects.filter(organisation_id=organisation_id, pk=customer_id, merged_into=None).exists():
        raise CustomerNotInsurable(field="customer")
    made = InsuranceCover.objects.create(
        organisation_id=organisation_id,
        customer_id=customer_id,
        is_covered=is_covered,
        amount_minor=amount_minor,
        currency=currency,
        from_date=from_date,
        why=why.strip()[:300],
        author_name=by.name[:200],
    )
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="set_insurance_cover", subject_kind="customer",
        subject_id=customer_id, why=made.why,
        details={"covered": is_covered, "amount": amount_minor, "currency": currency, "from": from_date.isoformat()},
    )  # fmt: skip
    return made


def _running(organisation_id: int) -> InsurancePolicy | None:
    found = InsurancePolicy.objects.select_for_update().filter(organisation_id=organisation_id, ended_date=None)
    return found.first()


def _end(policy: InsurancePolicy, day: date, by: Actor) -> None:
    policy.ended_date, policy.ended_by_name = day, by.name[:200]
    policy.save(update_fields=["ended_date", "ended_by_name"])


def _audit(policy: InsurancePolicy, verb: str, by: Actor, details: dict[str, object]) -> None:
    access.record_audit(
        by=by, organisation_id=policy.organisation_id, verb=verb, subject_kind="organisation",
        subject_id=policy.organisation_id, why="", details=details,
    )  # fmt: skip
