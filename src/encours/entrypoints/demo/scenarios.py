"""The reminder scenarios of the demo beside the standard one: gentler to key accounts, patient with public bodies."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from encours.collections import actions as collections
from encours.collections.models import Scenario
from encours.core.actors import Actor
from encours.entrypoints.demo import market

type StepData = dict[str, Any]

_KEY_ACCOUNTS: tuple[StepData, ...] = (
    {"key": "notice_before_due", "name": "Avis d’échéance", "days": -7, "tone": "courteous", "sender": "entity"},
    {"key": "reminder_1", "name": "Rappel 1", "days": 5},
    {"key": "call_1", "name": "Appel", "days": 12, "channel": "call"},
    {"key": "reminder_2", "name": "Rappel 2", "days": 20, "tone": "cordial_firm", "new_deadline_days": 8},
    {"key": "sms_1", "name": "SMS au comptable", "days": 26, "channel": "sms", "template_key": "sms_reminder"},
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
    {
        "key": "letter_1",
        "name": "Courrier de dernier avis",
        "days": 55,
        "channel": "registered_letter",
        "template_key": "letter_last_notice",
        "tone": "formal",
        "to_roles": ["cfo", "accounts"],
        "mode": "to_confirm",
        "new_deadline_days": 8,
    },
)
# for those who gave us no e-mail address
_BY_PAPER: tuple[StepData, ...] = (
    {"key": "sms_1", "name": "SMS de rappel", "days": 4, "channel": "sms", "template_key": "sms_reminder"},
    {
        "key": "letter_1",
        "name": "Courrier de relance",
        "days": 12,
        "channel": "letter",
        "template_key": "letter_reminder",
        "tone": "cordial_firm",
        "new_deadline_days": 8,
    },
    {"key": "call_1", "name": "Appel", "days": 22, "channel": "call"},
    {
        "key": "letter_2",
        "name": "Dernier avis par courrier",
        "days": 35,
        "channel": "letter",
        "template_key": "letter_last_notice",
        "tone": "firm",
        "new_deadline_days": 8,
    },
    {
        "key": "registered_1",
        "name": "Dernier avis recommandé",
        "days": 60,
        "channel": "registered_letter",
        "template_key": "letter_last_notice",
        "tone": "formal",
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


def install(
    *,
    organisation_id: int,
    segment_ids: Mapping[str, int],
    by_paper: Iterable[int],
    now: dt.datetime,
    by: Actor,
) -> None:
    """Publish the scenarios and say who follows which; the default stays the standard one."""
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
    paper = _made(organisation_id, "Courrier et SMS", _BY_PAPER, now=now, by=by)
    for customer_id in by_paper:
        collections.assign(
            organisation_id=organisation_id,
            scenario_id=paper,
            customer_id=customer_id,
            why="Pas d’adresse e-mail connue.",
            by=by,
        )


def _made(organisation_id: int, name: str, steps: tuple[StepData, ...], *, now: dt.datetime, by: Actor) -> int:
    templated = [
        {"template_key": step["key"] if step.get("channel", "email") == "email" else "", **step} for step in steps
    ]
    version = collections.create_scenario(organisation_id=organisation_id, name=name, steps=templated, now=now, by=by)
    return version.scenario_id
