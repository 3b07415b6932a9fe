"""The scenario a new organisation starts with, in its language: one notice, three reminders, a last notice, thanks."""

from typing import Any

from encours.collections.rules.steps import Basis, Mode, Step, Tone, read_steps

_NAMES = {
    "fr": {
        "scenario": "PME standard",
        "notice_before_due": "Avis d’échéance",
        "reminder_1": "Rappel 1",
        "reminder_2": "Rappel 2",
        "reminder_3": "Rappel 3",
        "last_notice": "Dernier avis avant mise en demeure",
        "thanks": "Remerciement",
    },
    "en": {
        "scenario": "Standard",
        "notice_before_due": "Courtesy notice",
        "reminder_1": "Reminder 1",
        "reminder_2": "Reminder 2",
        "reminder_3": "Reminder 3",
        "last_notice": "Last notice before formal notice",
        "thanks": "Thanks",
    },
}
# A person reads the two hardest messages before they leave, because a relation depends on them.
_STEPS: tuple[dict[str, Any], ...] = (
    {"key": "notice_before_due", "days": -7, "tone": Tone.COURTEOUS, "sender": "entity"},
    {"key": "reminder_1", "days": 3, "tone": Tone.CORDIAL},
    {"key": "reminder_2", "days": 10, "tone": Tone.CORDIAL_FIRM, "new_deadline_days": 8},
    {
        "key": "reminder_3",
        "days": 30,
        "tone": Tone.FIRM,
        "new_deadline_days": 8,
        "cc_roles": ("cfo",),
        "mode": Mode.TO_CONFIRM,
    },
    {
        "key": "last_notice",
        "days": 45,
        "tone": Tone.FORMAL,
        "new_deadline_days": 8,
        "to_roles": ("cfo", "accounts"),
        "mode": Mode.TO_CONFIRM,
    },
    {"key": "thanks", "days": 0, "basis": Basis.PAID, "tone": Tone.COURTEOUS},
)


def standard_name(language: str) -> str:
    """What the standard scenario is called: “PME standard” in French."""
    return _NAMES["fr" if language.startswith("fr") else "en"]["scenario"]


def standard_steps(language: str) -> tuple[Step, ...]:
    """The steps of the standard scenario, named in the language: −7, +3, +10, +30, +45 days, then thanks."""
    names = _NAMES["fr" if language.startswith("fr") else "en"]
    return read_steps({"name": names[row["key"]], "template_key": row["key"], **row} for row in _STEPS)
