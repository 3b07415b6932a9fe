"""The reminder scenarios of the demo beside the standard one: gentler to key accounts, patient with public bodies."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from encours.collections import actions as collections
from encours.collections.models import Scenario
from encours.core.actors import Actor
from encours.entrypoints.demo import market

type StepData = dict[str, Any]

_KEY_ACCOUNTS: tuple[StepData, ...] = (
    {"key": "courtesy_notice", "name": "Avis d’échéance", "days": -7, "tone": "courteous", "sender": "entity"},
    {"key": "reminder_1", "name": "Rappel 1", "days": 5},
    {"key": "call_1", "name": "Appel", "days": 12, "channel": "call"},
    {"key": "reminder_2", "name": "Rappel 2", "days": 20, "tone": "cordial_firm", "new_deadline_days": 8},
    {"key": "call_2", "name": "Appel au DAF", "days": 30, "channel": "call", "to_roles": ["cfo"]},
    {
        "key": "reminder_3",
        "name": "Rappel 3",
        "days": 40,
        "tone": "firm",
        "cc_roles": ["cfo"],
        "mode": "to_confirm",
        "new_deadline_days": 8,
    },
)
_PUBLIC_SECTOR: tuple[StepData, ...] = (
    {"key": "reminder_1", "name": "Rappel 1", "days": 8},
    {"key": "call_1", "name": "Appel au service financier", "days": 20, "channel": "call"},
    {"key": "reminder_2", "name": "Rappel 2", "days": 35, "tone": "cordial_firm", "new_deadline_days": 15},
    {
        "key": "reminder_3",
        "name": "Rappel 3",
        "days": 60,
        "tone": "firm",
        "mode": "to_confirm",
        "new_deadline_days": 15,
    },
)


def install(*, organisation_id: int, segment_ids: Mapping[str, int], now: dt.datetime, by: Actor) -> None:
    """Publish the scenarios and say which segment follows which; the default stays the standard one."""
    standard = collections.install_default_scenarios(organisation_id=organisation_id, language="fr", now=now, by=by)
    english = Scenario.objects.filter(organisation_id=organisation_id).exclude(pk=standard.pk).order_by("pk").first()
    chosen = {
        market.KEY_ACCOUNTS: _made(organisation_id, "Grands comptes", _KEY_ACCOUNTS, now=now, by=by),
        market.PUBLIC_SECTOR: _made(organisation_id, "Secteur public", _PUBLIC_SECTOR, now=now, by=by),
        market.EXPORT: english.pk if english else standard.pk,
    }
    for segment, scenario_id in chosen.items():
        collections.assign(
            organisation_id=organisation_id, scenario_id=scenario_id, segment_id=segment_ids[segment], by=by
        )


def _made(organisation_id: int, name: str, steps: tuple[StepData, ...], *, now: dt.datetime, by: Actor) -> int:
    templated = [
        {"template_key": step["key"] if step.get("channel", "email") == "email" else "", **step} for step in steps
    ]
    version = collections.create_scenario(organisation_id=organisation_id, name=name, steps=templated, now=now, by=by)
    return version.scenario_id
