"""Keep a group of customers aside from a step, and let it end."""

from datetime import date

from django.db import transaction

from encours.access import actions as access
from encours.collections.actions.scenarios import ScenarioUnknown
from encours.collections.holdout_models import SHARE_MAX_PERMILLE, Draw, HoldOut, HoldOutCustomer, SuggestionTrial
from encours.collections.queries import scenarios
from encours.collections.queries.facts import plan_of
from encours.collections.rules.holdout import kept_aside
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop

HORIZON_DAYS_MAX = 180


class ShareOutOfBounds(Refused):
    """A hold-out keeps aside at least one in a thousand and at most half."""

    message = gettext_noop("Between 1 and {most} customers in a thousand can be kept aside, not {share}.")


class HorizonOutOfBounds(Refused):
    """The effect is looked for over at least a day and at most half a year."""

    message = gettext_noop("The effect is looked for over 1 to {most} days, not {days}.")


class StepNotThere(Refused):
    """The scenario has no such step, or one that asks for nothing."""

    message = gettext_noop("The scenario has no reminder “{step}”.")


class AlreadyKeptAside(Conflict):
    """One hold-out at a time for a step: two would spoil each other."""

    message = gettext_noop("A group is kept aside from this scenario already: end it first.")


class NobodyTakesPart(Refused):
    """The draw has nobody on one of its sides."""

    message = gettext_noop("Too few customers take part: {count}. Both sides need somebody.")


class HoldOutUnknown(NotFound):
    """No such hold-out in this organisation."""

    message = gettext_noop("There is no such group.")


class TrialRunsAlready(Conflict):
    """One trial at a time: two draws would spoil each other."""

    message = gettext_noop("A trial of the suggestions is running already: end it first.")


class TrialUnknown(NotFound):
    """No trial is running."""

    message = gettext_noop("No trial of the suggestions is running.")


@transaction.atomic
def keep_aside(
    *,
    organisation_id: int,
    scenario_id: int,
    step_key: str,
    share_permille: int,
    why: str,
    today: date,
    by: Actor,
    horizon_days: int = 30,
    owed_max_minor: int | None = None,
    owed_currency: str = "EUR",
) -> HoldOut:
    """Draw a group from the customers of a scenario and keep it aside from a step, or from all with an empty key.

    Who takes part is settled on that day: a customer that comes later is written to and not counted. Refuses a step the
    scenario does not have, a second group of the same scenario, a draw with nobody on one side.
    """
    _check(share_permille, horizon_days)
    try:
        version = scenarios.version_in_force(scenario_id, organisation_id=organisation_id)
    except scenarios.ScenarioNotFound:
        raise ScenarioUnknown() from None
    claims = {step.key for step in plan_of(version, "").claims}
    if step_key and step_key not in claims:
        raise StepNotThere(step=step_key)
    if HoldOut.objects.filter(
        organisation_id=organisation_id, scenario_id=scenario_id, ended_date__isnull=True
    ).exists():
        raise AlreadyKeptAside()
    taking_part = scenarios.taking_part(
        scenario_id, organisation_id=organisation_id, owed_max_minor=owed_max_minor, currency=owed_currency
    )
    seed = f"{organisation_id}:{scenario_id}:{step_key}:{today.isoformat()}"
    aside = kept_aside(taking_part, share_permille=share_permille, seed=seed)
    if not aside or len(aside) == len(taking_part):
        raise NobodyTakesPart(count=len(taking_part))
    made = HoldOut.objects.create(
        organisation_id=organisation_id, scenario_id=scenario_id, step_key=step_key, share_permille=share_permille,
        horizon_days=horizon_days, owed_max_minor=owed_max_minor,
        owed_currency=owed_currency if owed_max_minor is not None else "",
        why=why, started_date=today, author_name=by.name,
    )  # fmt: skip
    HoldOutCustomer.objects.bulk_create(
        [
            HoldOutCustomer(organisation_id=organisation_id, hold_out=made, customer_id=pk, is_kept_aside=pk in aside)
            for pk in taking_part
        ],
        batch_size=5_000,
    )
    details = {"step": step_key, "share_permille": share_permille, "aside": len(aside), "of": len(taking_part)}
    _audit(made, "keep_group_aside", why, details, by)
    return made


def _check(share_permille: int, horizon_days: int) -> None:
    if not 0 < share_permille <= SHARE_MAX_PERMILLE:
        raise ShareOutOfBounds(share=share_permille, most=SHARE_MAX_PERMILLE)
    if not 0 < horizon_days <= HORIZON_DAYS_MAX:
        raise HorizonOutOfBounds(days=horizon_days, most=HORIZON_DAYS_MAX)


@transaction.atomic
def start_trial(
    *, organisation_id: int, share_permille: int, why: str, today: date, by: Actor, horizon_days: int = 30
) -> SuggestionTrial:
    """From now on the customers that the lot draws are shown without a suggestion, so that its effect is measured.

    Refuses a second trial beside the one that runs, and shares or horizons out of bounds.
    """
    _check(share_permille, horizon_days)
    if SuggestionTrial.objects.filter(organisation_id=organisation_id, ended_date__isnull=True).exists():
        raise TrialRunsAlready()
    made = SuggestionTrial.objects.create(
        organisation_id=organisation_id, share_permille=share_permille, horizon_days=horizon_days, why=why,
        started_date=today, author_name=by.name,
    )  # fmt: skip
    _audit_trial(made, "start_suggestion_trial", why, {"share_permille": share_permille}, by)
    return made


@transaction.atomic
def end_trial(*, organisation_id: int, today: date, by: Actor) -> SuggestionTrial:
    """Suggestions are shown for everybody again; what was learnt stays. Refuses where none runs."""
    running = SuggestionTrial.objects.select_for_update().filter(organisation_id=organisation_id, ended_date=None)
    found = running.first()
    if found is None:
        raise TrialUnknown()
    _end(found, today, by)
    _audit_trial(found, "end_suggestion_trial", "", {}, by)
    return found


def _end(draw: Draw, today: date, by: Actor, *more: str) -> None:
    draw.ended_date, draw.ended_by_name = today, by.name
    draw.save(update_fields=["ended_date", "ended_by_name", *more])


def _audit_trial(trial: SuggestionTrial, verb: str, why: str, details: dict[str, object], by: Actor) -> None:
    access.record_audit(
        by=by, organisation_id=trial.organisation_id, verb=verb, subject_kind="organisation",
        subject_id=trial.organisation_id, why=why, details=details,
    )  # fmt: skip


@transaction.atomic
def end_hold_out(*, organisation_id: int, hold_out_id: int, why: str, today: date, by: Actor) -> HoldOut:
    """From the next decisions on, everybody is written to again; what was learnt stays."""
    found = HoldOut.objects.select_for_update().filter(organisation_id=organisation_id, pk=hold_out_id).first()
    if found is None:
        raise HoldOutUnknown()
    if found.ended_date is None:
        found.ended_why = why
        _end(found, today, by, "ended_why")
        _audit(found, "end_group_aside", why, {"step": found.step_key}, by)
    return found


def _audit(subject: HoldOut, verb: str, why: str, details: dict[str, object], by: Actor) -> None:
    access.record_audit(
        by=by,
        organisation_id=subject.organisation_id,
        verb=verb,
        subject_kind="scenario",
        subject_id=subject.scenario_id,
        why=why,
        details=details,
    )
