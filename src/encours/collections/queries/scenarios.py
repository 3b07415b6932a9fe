"""Read scenarios: the versions in force, who they apply to, what they were before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import connection

from encours.access.rules import Scope
from encours.collections.models import (
    DraftState,
    Exclusion,
    Scenario,
    ScenarioAssignment,
    ScenarioDraft,
    ScenarioVersion,
)
from encours.collections.queries.facts import plan_of
from encours.collections.rules.plaintext import ScenarioText, write_scenario
from encours.collections.rules.steps import EntryChoice, Grouping, Plan, read_steps
from encours.core.errors import NotFound, gettext_noop
from encours.customers import queries as customers
from encours.customers.models import Segment

LIVE_STATES = (DraftState.OPEN, DraftState.PROPOSED, DraftState.APPROVED)


class ScenarioNotFound(NotFound):
    """No such scenario in this organisation."""

    message = gettext_noop("There is no such scenario.")


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """A scenario with its version in force and whom it applies to."""

    scenario: Scenario
    version: ScenarioVersion
    plan: Plan
    customer_count: int
    is_default: bool
    segments: Sequence[str] = field(default_factory=tuple)


# The scenario of each customer: its own, else its segment's, else the default.
APPLIED = """
with last as (
    select distinct on (customer_id, segment_id) customer_id, segment_id, scenario_id, is_inherited
    from collections_scenarioassignment where organisation_id = %(organisation)s
    order by customer_id, segment_id, id desc
)
select c.id, c.collector_id, c.sales_rep_id, c.success_owner_id,
       case when o.customer_id is not null and not o.is_inherited then o.scenario_id
            when s.segment_id is not null and not s.is_inherited then s.scenario_id
            else (select scenario_id from last where customer_id is null and segment_id is null) end as scenario_id
from customers_customer c
left join last o on o.customer_id = c.id
left join last s on s.customer_id is null and s.segment_id = c.segment_id
where c.organisation_id = %(organisation)s and c.merged_into_id is null
"""


def customer_counts(organisation_id: int) -> Mapping[int | None, int]:
    """How many customers each scenario applies to: the customer's own, else its segment's, else the default."""
    with connection.cursor() as cursor:
        counted = f"select a.scenario_id, count(*) from ({APPLIED}) a group by 1"
        cursor.execute(counted, {"organisation": organisation_id})
        return dict(cursor.fetchall())


# whoever owes more than the limit in that currency is no matter for an experiment
TAKING_PART = f"""
select a.id from ({APPLIED}) a where a.scenario_id = %(scenario)s
  and (%(most)s::bigint is null or coalesce((
    select sum(i.open_minor) from ledger_openitem i
    where i.organisation_id = %(organisation)s and i.customer_id = a.id and i.open_minor > 0
      and i.currency = %(currency)s), 0) <= %(most)s)
order by a.id
"""


def taking_part(scenario_id: int, *, organisation_id: int, owed_max_minor: int | None, currency: str) -> list[int]:
    """The customers a scenario applies to, without those who owe more than the limit."""
    values = {
        "organisation": organisation_id,
        "scenario": scenario_id,
        "most": owed_max_minor,
        "currency": currency,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKING_PART, values)
        return [row[0] for row in cursor.fetchall()]


def in_force(organisation_id: int) -> Sequence[ScenarioRow]:
    """Every scenario that is not archived, the one applied most often first."""
    counts = customer_counts(organisation_id)
    assigned = assignments(organisation_id)
    default = assigned.get(None)
    names: dict[int, list[str]] = {}
    for segment in Segment.objects.filter(organisation_id=organisation_id).order_by("priority"):
        one = assigned.get(segment.pk)
        if one is not None and one.scenario_id is not None and not one.is_inherited:
            names.setdefault(one.scenario_id, []).append(segment.name)
    versions = (
        ScenarioVersion.objects.filter(organisation_id=organisation_id, scenario__archived_at__isnull=True)
        .select_related("scenario")
        .order_by("scenario_id", "-number")
        .distinct("scenario_id")
    )
    rows = [
        ScenarioRow(
            scenario=version.scenario,
            version=version,
            plan=plan_of(version, version.scenario.name),
            customer_count=counts.get(version.scenario_id, 0),
            is_default=default is not None and default.scenario_id == version.scenario_id,
            segments=tuple(names.get(version.scenario_id, ())),
        )
        for version in versions
    ]
    return sorted(rows, key=lambda row: (-row.customer_count, row.scenario.name))


def scenario_of(customer_id: int, *, organisation_id: int) -> int | None:
    """The scenario that applies to a customer: its own, else its segment's, else the default; None is no action."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select a.scenario_id from ({APPLIED}) a where a.id = %(customer)s",
            {"organisation": organisation_id, "customer": customer_id},
        )
        row = cursor.fetchone()
    return row[0] if row else None


def assignments(organisation_id: int) -> dict[int | None, ScenarioAssignment]:
    """The assignment in force of each segment, and under None the default."""
    rows = ScenarioAssignment.objects.filter(organisation_id=organisation_id, customer__isnull=True).order_by("pk")
    return {row.segment_id: row for row in rows}


def versions_of(scenario_id: int, *, organisation_id: int) -> Sequence[ScenarioVersion]:
    """Everything a scenario has been, the version in force first."""
    found = ScenarioVersion.objects.filter(organisation_id=organisation_id, scenario_id=scenario_id)
    return list(found.select_related("scenario").order_by("-number"))


def version_in_force(scenario_id: int, *, organisation_id: int) -> ScenarioVersion:
    """The latest version of a scenario; refuses an unknown one."""
    found = versions_of(scenario_id, organisation_id=organisation_id)
    if not found:
        raise ScenarioNotFound()
    return found[0]


def draft_of(scenario_id: int, *, organisation_id: int) -> ScenarioDraft | None:
    """What is being worked out for a scenario, if anything."""
    return ScenarioDraft.objects.filter(
        organisation_id=organisation_id, scenario_id=scenario_id, state__in=LIVE_STATES
    ).first()


def drafted_plan(version: ScenarioVersion, draft: ScenarioDraft | None) -> Plan:
    """The plan being worked out, as the rules read it; without a draft the one in force."""
    plan = plan_of(version, version.scenario.name)
    if draft is None:
        return plan
    return replace(
        plan,
        steps=read_steps(draft.steps),
        grouping=Grouping(draft.grouping),
        entry=EntryChoice(draft.entry),
    )


def text_of(plan: Plan, *, language: str) -> str:
    """A plan as its file."""
    return write_scenario(ScenarioText(plan.name, plan.steps, language[:2], plan.grouping, plan.entry))


def scenario_named(name: str, *, organisation_id: int) -> Scenario | None:
    """The scenario of that name that is not archived."""
    return Scenario.objects.filter(organisation_id=organisation_id, name=name, archived_at__isnull=True).first()


def version_numbered(scenario_id: int, number: int, *, organisation_id: int) -> ScenarioVersion:
    """One version of a scenario; refuses a number it never had."""
    found = ScenarioVersion.objects.filter(organisation_id=organisation_id, scenario_id=scenario_id, number=number)
    version = found.select_related("scenario").first()
    if version is None:
        raise ScenarioNotFound()
    return version


def live_exclusions(scope: Scope, *, limit: int = 200) -> Sequence[Exclusion]:
    """What people took out of steps and did not put back, of the customers the reader may see, the latest first."""
    found = Exclusion.objects.filter(
        organisation_id=scope.organisation_id, undone_at__isnull=True, customer__in=customers.in_scope(scope)
    )
    return list(found.select_related("customer").order_by("-pk")[:limit])
