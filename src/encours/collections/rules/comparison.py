"""What changes between two versions of a scenario, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from encours.collections.rules.steps import Plan, Step

_COMPARED = tuple(field.name for field in fields(Step) if field.name not in ("key", "position"))


@dataclass(frozen=True, slots=True)
class Change:
    """One change: a step added, removed, or one of its fields from a value to another; without a step, the scenario."""

    kind: str  # added, removed, changed
    step_key: str
    step_name: str
    field: str = ""
    before: Any = None
    after: Any = None


def changes(before: Sequence[Step], after: Sequence[Step]) -> list[Change]:
    """The changes in the order of the new steps: reminder 3 from day 35 to day 30 gives one, on `days`, 35 to 30."""
    old = {step.key: step for step in before}
    found: list[Change] = []
    for step in after:
        known = old.pop(step.key, None)
        if known is None:
            found.append(Change("added", step.key, step.name, after=step.days))
            continue
        found += [
            Change("changed", step.key, step.name, name, getattr(known, name), getattr(step, name))
            for name in _COMPARED
            if getattr(known, name) != getattr(step, name)
        ]
    return found + [Change("removed", step.key, step.name, before=step.days) for step in old.values()]


def plan_changes(before: Plan, after: Plan) -> list[Change]:
    """The changes of the steps, after those of the scenario as a whole: its grouping and where latecomers begin."""
    whole = [
        Change("changed", "", "", name, getattr(before, name), getattr(after, name))
        for name in ("grouping", "entry")
        if getattr(before, name) != getattr(after, name)
    ]
    return whole + changes(before.steps, after.steps)
