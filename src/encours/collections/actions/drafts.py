"""Work a scenario out: a draft that is kept, proposed, agreed to by a second person, and put in force."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from encours.access import actions as access
from encours.collections.actions.scenarios import ScenarioUnknown, asks_approval, check_choices, publish_version
from encours.collections.models import DraftState, Scenario, ScenarioDraft, ScenarioVersion
from encours.collections.rules.steps import read_steps
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop

LIVE = (DraftState.OPEN, DraftState.PROPOSED, DraftState.APPROVED)


class DraftMissing(NotFound):
    """Nobody works on this scenario at present."""

    message = gettext_noop("There is no draft of this scenario.")


class DraftNotProposed(Refused):
    """Only what was proposed can be agreed to or sent back."""

    message = gettext_noop("This draft is not proposed.")


class ApprovalBySamePerson(Refused):
    """Who wrote or proposed a scenario does not agree to it as well."""

    message = gettext_noop("Another person than {name} has to agree to this version.")


class DraftOutdated(Conflict):
    """Another version was published since the draft was begun."""

    message = gettext_noop("Version {number} was published since this draft was begun: throw it away and begin anew.")


class VersionUnknown(NotFound):
    """The scenario never had a version of that number."""

    message = gettext_noop("There is no version {number} of this scenario.")


@transaction.atomic
def keep_draft(
    *,
    organisation_id: int,
    scenario_id: int,
    steps: Sequence[Mapping[str, Any]],
    now: datetime,
    by: Actor,
    grouping: str | None = None,
    entry: str | None = None,
) -> ScenarioDraft:
    """Keep steps that are being worked out; what was proposed or agreed to before is to be proposed again.

    Refuses steps that make no sense. A grouping or entry not given stays as it is.
    """
    version = _version_in_force(organisation_id, scenario_id)
    draft = _live(organisation_id, scenario_id) or ScenarioDraft(
        organisation_id=organisation_id,
        scenario_id=scenario_id,
        grouping=version.grouping,
        entry=version.entry,
        based_on=version.number,
        author_id=by.user_id,
        author_name=by.name,
    )
    draft.grouping, draft.entry = grouping or draft.grouping, entry or draft.entry
    check_choices(draft.grouping, draft.entry)
    draft.steps = [step.as_json() for step in read_steps(steps)]
    draft.state, draft.changed_at = DraftState.OPEN, now
    draft.author_id, draft.author_name = by.user_id, by.name
    draft.approver_name, draft.approved_at, draft.proposed_at = "", None, None
    draft.save()
    _audit("edit_scenario_draft", draft, by, steps=len(draft.steps))
    return draft


@transaction.atomic
def discard_draft(*, organisation_id: int, scenario_id: int, by: Actor) -> None:
    """Throw the draft away; what is in force stays so."""
    draft = _draft(organisation_id, scenario_id)
    draft.state = DraftState.DISCARDED
    draft.save(update_fields=["state"])
    _audit("discard_scenario_draft", draft, by)


@transaction.atomic
def propose_draft(*, organisation_id: int, scenario_id: int, now: datetime, by: Actor, note: str = "") -> ScenarioDraft:
    """Ask a second person to agree; refuses a draft begun from a version that is no longer in force."""
    draft = _draft(organisation_id, scenario_id)
    _check_base(draft)
    draft.state, draft.note, draft.proposed_at, draft.returned_why = DraftState.PROPOSED, note, now, ""
    draft.proposer_id, draft.proposer_name = by.user_id, by.name
    draft.save()
    _audit("propose_scenario_draft", draft, by, note)
    return draft


@transaction.atomic
def approve_draft(*, organisation_id: int, scenario_id: int, now: datetime, by: Actor) -> ScenarioDraft:
    """Agree to what another person proposed; it may then be put in force. Refuses its own author and proposer."""
    draft = _draft(organisation_id, scenario_id)
    if draft.state != DraftState.PROPOSED:
        raise DraftNotProposed()
    if by.user_id is None or by.user_id in (draft.author_id, draft.proposer_id):
        raise ApprovalBySamePerson(name=by.name)
    draft.state, draft.approved_at, draft.approver_name = DraftState.APPROVED, now, by.name
    draft.save(update_fields=["state", "approved_at", "approver_name"])
    _audit("approve_scenario_draft", draft, by)
    return draft


@transaction.atomic
def return_draft(*, organisation_id: int, scenario_id: int, why: str, by: Actor) -> ScenarioDraft:
    """Send a proposed draft back to its authors with the reason."""
    draft = _draft(organisation_id, scenario_id)
    if draft.state not in (DraftState.PROPOSED, DraftState.APPROVED):
        raise DraftNotProposed()
    draft.state, draft.returned_why, draft.approver_name, draft.approved_at = DraftState.OPEN, why, "", None
    draft.save(update_fields=["state", "returned_why", "approver_name", "approved_at"])
    _audit("return_scenario_draft", draft, by, why)
    return draft


@transaction.atomic
def publish_draft(
    *, organisation_id: int, scenario_id: int, now: datetime, by: Actor, note: str = ""
) -> ScenarioVersion:
    """Put the draft in force as the next version.

    Refuses one that nobody agreed to where that is asked for, and one begun from a version that is no longer in force.
    """
    draft = _draft(organisation_id, scenario_id)
    _check_base(draft)
    version = publish_version(
        organisation_id=organisation_id, scenario_id=scenario_id, steps=draft.steps, grouping=draft.grouping,
        entry=draft.entry, note=note or draft.note, now=now, by=by, approver_name=draft.approver_name,
    )  # fmt: skip
    draft.state = DraftState.PUBLISHED
    draft.save(update_fields=["state"])
    return version


@transaction.atomic
def roll_back(
    *, organisation_id: int, scenario_id: int, number: int, now: datetime, by: Actor, note: str = ""
) -> ScenarioVersion | ScenarioDraft:
    """Put an older version in force again, as a new one; where agreement is asked for, it is proposed instead.

    A draft in the making is thrown away only by the proposal, which takes its place.
    """
    current = _version_in_force(organisation_id, scenario_id)
    old = ScenarioVersion.objects.filter(
        organisation_id=organisation_id, scenario_id=scenario_id, number=number
    ).first()
    if old is None or old.number == current.number:
        raise VersionUnknown(number=number)
    if not asks_approval(organisation_id):
        return publish_version(
            organisation_id=organisation_id, scenario_id=scenario_id, steps=old.steps, grouping=old.grouping,
            entry=old.entry, note=note or f"= v{number}", now=now, by=by,
        )  # fmt: skip
    if _live(organisation_id, scenario_id) is not None:
        discard_draft(organisation_id=organisation_id, scenario_id=scenario_id, by=by)
    keep_draft(
        organisation_id=organisation_id, scenario_id=scenario_id, steps=old.steps, grouping=old.grouping,
        entry=old.entry, now=now, by=by,
    )  # fmt: skip
    return propose_draft(
        organisation_id=organisation_id, scenario_id=scenario_id, now=now, by=by, note=note or f"= v{number}"
    )


def _version_in_force(organisation_id: int, scenario_id: int) -> ScenarioVersion:
    scenario = Scenario.objects.select_for_update().filter(organisation_id=organisation_id, pk=scenario_id).first()
    version = scenario.versions.order_by("-number").first() if scenario else None
    if version is None:
        raise ScenarioUnknown()
    return version


def _live(organisation_id: int, scenario_id: int) -> ScenarioDraft | None:
    found = ScenarioDraft.objects.select_for_update().filter(
        organisation_id=organisation_id, scenario_id=scenario_id, state__in=LIVE
    )
    return found.first()


def _draft(organisation_id: int, scenario_id: int) -> ScenarioDraft:
    draft = _live(organisation_id, scenario_id)
    if draft is None:
        raise DraftMissing()
    return draft


def _check_base(draft: ScenarioDraft) -> None:
    current = _version_in_force(draft.organisation_id, draft.scenario_id)
    if current.number != draft.based_on:
        raise DraftOutdated(number=current.number)


def _audit(verb: str, draft: ScenarioDraft, by: Actor, why: str = "", **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=draft.organisation_id, verb=verb, subject_kind="scenario",
        subject_id=draft.scenario_id, why=why, details={"draft": draft.pk, **details},
    )  # fmt: skip
