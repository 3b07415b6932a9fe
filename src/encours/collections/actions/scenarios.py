"""Make scenarios, publish their versions, and say to whom they apply."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from encours.access import actions as access
from encours.collections.models import Scenario, ScenarioAssignment, ScenarioVersion, SendingPolicy
from encours.collections.rules.defaults import standard_name, standard_steps
from encours.collections.rules.steps import Basis, EntryChoice, Grouping, read_steps
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.customers.models import Customer, Segment


class ScenarioUnknown(NotFound):
    """No such scenario in this organisation."""

    message = gettext_noop("There is no such scenario.")


class ScenarioNameTaken(Conflict):
    """Two scenarios of an organisation may not share a name."""

    message = gettext_noop("There is already a scenario called “{name}”.")


class ScenarioChoiceUnknown(Refused):
    """The grouping or the entry is none of the choices."""

    message = gettext_noop("“{choice}” is not one of the choices.")


class TargetUnknown(NotFound):
    """The customer or segment to assign to is not of this organisation."""

    message = gettext_noop("There is no such customer or segment.")


class ApprovalMissing(Refused):
    """The organisation asks a second person to agree first."""

    message = gettext_noop("Propose this version first: a second person has to agree before it is in force.")


class EntryStepUnknown(Refused):
    """The step to begin at is none of the scenario's."""

    message = gettext_noop("The scenario has no step “{step}” to begin at.")


class ScenarioInUse(Refused):
    """Archiving it would leave somebody without a scenario."""

    message = gettext_noop("This scenario still applies to {count} targets: assign another one first.")


@transaction.atomic
def create_scenario(
    *,
    organisation_id: int,
    name: str,
    steps: Sequence[Mapping[str, Any]],
    now: datetime,
    by: Actor,
    language: str = "fr",
    grouping: str = Grouping.CUSTOMER.value,
    entry: str = EntryChoice.BY_AGE.value,
    note: str = "",
) -> ScenarioVersion:
    """A new scenario with its first version, in force at once for whoever it is assigned to."""
    if Scenario.objects.filter(organisation_id=organisation_id, name=name).exists():
        raise ScenarioNameTaken(name=name)
    scenario = Scenario.objects.create(organisation_id=organisation_id, name=name, language=language)
    return publish_version(
        organisation_id=organisation_id, scenario_id=scenario.pk, steps=steps, grouping=grouping, entry=entry,
        note=note, now=now, by=by,
    )  # fmt: skip


@transaction.atomic
def publish_version(
    *,
    organisation_id: int,
    scenario_id: int,
    steps: Sequence[Mapping[str, Any]],
    now: datetime,
    by: Actor,
    grouping: str = Grouping.CUSTOMER.value,
    entry: str = EntryChoice.BY_AGE.value,
    note: str = "",
    approver_name: str = "",
) -> ScenarioVersion:
    """Put new steps in force; older versions stay, and so does what they sent.

    Refuses steps that make no sense and, where the organisation asks for a second person's agreement, a further
    version without it.
    """
    check_choices(grouping, entry)
    scenario = Scenario.objects.select_for_update().filter(organisation_id=organisation_id, pk=scenario_id).first()
    if scenario is None:
        raise ScenarioUnknown()
    last = scenario.versions.order_by("-number").first()
    if last is not None and not approver_name and asks_approval(organisation_id):
        raise ApprovalMissing()
    version = ScenarioVersion.objects.create(
        organisation_id=organisation_id,
        scenario=scenario,
        number=last.number + 1 if last else 1,
        steps=[step.as_json() for step in read_steps(steps)],
        grouping=grouping,
        entry=entry,
        note=note,
        author_id=by.user_id,
        author_name=by.name,
        approver_name=approver_name,
        published_at=now,
    )
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="publish_scenario_version", subject_kind="scenario",
        subject_id=scenario_id, why=note,
        details={"name": scenario.name, "number": version.number, "approver": approver_name},
    )  # fmt: skip
    return version


def check_choices(grouping: str, entry: str) -> None:
    """Refuse a grouping or an entry that is none of a scenario's choices."""
    if grouping not in [choice.value for choice in Grouping]:
        raise ScenarioChoiceUnknown(choice=grouping)
    if entry not in (EntryChoice.BY_AGE.value, EntryChoice.IN_ORDER.value):
        raise ScenarioChoiceUnknown(choice=entry)


def asks_approval(organisation_id: int) -> bool:
    """Whether the organisation wants a second person to agree to a scenario."""
    return SendingPolicy.objects.filter(
        organisation_id=organisation_id, entity__isnull=True, asks_approval=True
    ).exists()


@transaction.atomic
def rename_scenario(*, organisation_id: int, scenario_id: int, name: str, by: Actor) -> Scenario:
    """Call a scenario otherwise; refuses a name that is taken."""
    scenario = Scenario.objects.filter(organisation_id=organisation_id, pk=scenario_id).first()
    if scenario is None:
        raise ScenarioUnknown()
    if Scenario.objects.filter(organisation_id=organisation_id, name=name).exclude(pk=scenario_id).exists():
        raise ScenarioNameTaken(name=name)
    before, scenario.name = scenario.name, name
    scenario.save(update_fields=["name"])
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="rename_scenario", subject_kind="scenario", subject_id=scenario_id,
        details={"before": before, "name": name},
    )  # fmt: skip
    return scenario


@transaction.atomic
def archive_scenario(*, organisation_id: int, scenario_id: int, now: datetime, by: Actor) -> None:
    """Take a scenario off the list; refused while it applies to anybody."""
    scenario = Scenario.objects.filter(organisation_id=organisation_id, pk=scenario_id).first()
    if scenario is None:
        raise ScenarioUnknown()
    latest: dict[tuple[int | None, int | None], ScenarioAssignment] = {
        (row.customer_id, row.segment_id): row
        for row in ScenarioAssignment.objects.filter(organisation_id=organisation_id).order_by("pk")
    }
    count = sum(row.scenario_id == scenario_id and not row.is_inherited for row in latest.values())
    if count:
        raise ScenarioInUse(count=count)
    scenario.archived_at = now
    scenario.save(update_fields=["archived_at"])
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="archive_scenario", subject_kind="scenario", subject_id=scenario_id
    )


@transaction.atomic
def assign(
    *,
    organisation_id: int,
    scenario_id: int | None,
    by: Actor,
    customer_id: int | None = None,
    segment_id: int | None = None,
    entry: str = "",
    entry_step: str = "",
    why: str = "",
) -> ScenarioAssignment:
    """Say which scenario applies: to a customer, to a segment, or (neither given) to all others; None is “no action”.

    `entry` chooses where instalments that are late already begin: by their age, in order from the first reminder, or
    at the step `entry_step`, which the scenario must have.
    """
    if scenario_id is not None and not (
        Scenario.objects.filter(organisation_id=organisation_id, pk=scenario_id, archived_at__isnull=True).exists()
    ):
        raise ScenarioUnknown()
    if entry and entry not in [choice.value for choice in EntryChoice]:
        raise ScenarioChoiceUnknown(choice=entry)
    if entry == EntryChoice.AT_STEP.value:
        _check_step(organisation_id, scenario_id, entry_step)
    else:
        entry_step = ""
    return _assign(
        organisation_id, by, customer_id, segment_id, scenario_id=scenario_id, entry=entry, entry_step=entry_step,
        why=why,
    )  # fmt: skip


def _check_step(organisation_id: int, scenario_id: int | None, key: str) -> None:
    versions = ScenarioVersion.objects.filter(organisation_id=organisation_id).order_by("-number")
    version = versions.filter(scenario_id=scenario_id).first() if scenario_id is not None else None
    steps = read_steps(version.steps) if version else ()
    if not any(step.key == key and step.basis in (Basis.DUE, Basis.ISSUE) for step in steps):
        raise EntryStepUnknown(step=key)


@transaction.atomic
def inherit(
    *, organisation_id: int, by: Actor, customer_id: int | None = None, segment_id: int | None = None, why: str = ""
) -> ScenarioAssignment:
    """Let a customer follow its segment again, or a segment the default."""
    if customer_id is None and segment_id is None:
        raise TargetUnknown()
    return _assign(organisation_id, by, customer_id, segment_id, is_inherited=True, why=why)


def _assign(
    organisation_id: int, by: Actor, customer_id: int | None, segment_id: int | None, **values: Any
) -> ScenarioAssignment:
    if (
        customer_id is not None
        and not Customer.objects.filter(organisation_id=organisation_id, pk=customer_id).exists()
    ):
        raise TargetUnknown()
    if segment_id is not None and not Segment.objects.filter(organisation_id=organisation_id, pk=segment_id).exists():
        raise TargetUnknown()
    made = ScenarioAssignment.objects.create(
        organisation_id=organisation_id, customer_id=customer_id, segment_id=segment_id, author_name=by.name, **values
    )
    subject = ("customer", customer_id) if customer_id else ("segment", segment_id or "")
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="assign_scenario", subject_kind=subject[0], subject_id=subject[1],
        why=values["why"], details={key: value for key, value in values.items() if key != "why"},
    )  # fmt: skip
    return made


@transaction.atomic
def install_default_scenarios(*, organisation_id: int, language: str, now: datetime, by: Actor) -> Scenario:
    """Give a new organisation the standard scenario in French and in English, the one of its language by default.

    Called again, it adds only what is missing and leaves the default as people set it.
    """
    made: dict[str, Scenario] = {}
    for code in ("fr", "en"):
        name = standard_name(code)
        found = Scenario.objects.filter(organisation_id=organisation_id, name=name).first()
        if found is None:
            steps = [step.as_json() for step in standard_steps(code)]
            version = create_scenario(
                organisation_id=organisation_id, name=name, steps=steps, language=code, now=now, by=by
            )
            found = version.scenario
        made[code] = found
    chosen = made["fr" if language.startswith("fr") else "en"]
    defaults = ScenarioAssignment.objects.filter(
        organisation_id=organisation_id, customer__isnull=True, segment__isnull=True
    )
    if not defaults.exists():
        assign(organisation_id=organisation_id, scenario_id=chosen.pk, by=by)
    return chosen
