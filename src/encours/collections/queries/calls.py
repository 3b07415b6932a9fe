"""Calls to a customer, and what to say in the next one."""

from collections.abc import Collection, Sequence

from encours.collections.models import Call, CallScript
from encours.collections.queries.facts import plans
from encours.collections.rules.calls import MISSED

HISTORY_SHOWN = 40
_LOOKED_BACK = 10


def calls_of(account_ids: Collection[int], *, organisation_id: int, limit: int = HISTORY_SHOWN) -> Sequence[Call]:
    """The calls to a customer and those merged into it, the latest first."""
    found = Call.objects.filter(organisation_id=organisation_id, customer_id__in=account_ids)
    return list(found.order_by("-pk")[:limit])


def missed_in_a_row(customer_id: int, *, organisation_id: int) -> int:
    """How many of the last calls reached nobody, one after the other."""
    found = Call.objects.filter(organisation_id=organisation_id, customer_id=customer_id)
    outcomes = found.order_by("-pk").values_list("outcome", flat=True)[:_LOOKED_BACK]
    count = 0
    for outcome in outcomes:
        if outcome not in MISSED:
            break
        count += 1
    return count


def script_for(step_key: str, *, language: str, organisation_id: int) -> CallScript | None:
    """What to say at the step in that language: its own script, else the one for any step; None where none is kept."""
    found = CallScript.objects.filter(organisation_id=organisation_id, language=language)
    for key in dict.fromkeys((step_key, "")):
        latest = found.filter(step_key=key).order_by("-pk").first()
        if latest is not None and latest.text:
            return latest
    return None


def steps_known(organisation_id: int) -> list[tuple[str, str]]:
    """The steps of the scenarios in force, by key, each once: what a script may be written for."""
    steps = (step for plan in plans(organisation_id).values() for step in plan.steps)
    return list({step.key: step.name for step in steps}.items())


def scripts(organisation_id: int) -> Sequence[CallScript]:
    """The script in force of each step and language."""
    found = CallScript.objects.filter(organisation_id=organisation_id)
    return list(found.order_by("language", "step_key", "-pk").distinct("language", "step_key"))
