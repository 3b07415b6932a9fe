"""What a scenario is made of: its steps, and the reading of them from plain data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property
from typing import Any

from encours.core.errors import Refused, gettext_noop

NAME_LENGTH_MAX = 80
DAYS_MAX = 1000
STEPS_MAX = 40


class Channel(StrEnum):
    """How a step reaches the customer; calls and tasks go to a person's list instead."""

    EMAIL = "email"
    CALL = "call"
    TASK = "task"


class Basis(StrEnum):
    """The day a step counts from; `paid` is the day the money came, for the message of thanks."""

    DUE = "due"
    ISSUE = "issue"
    PAID = "paid"


class Mode(StrEnum):
    """Who lets the step leave: nobody, a person who confirms, or a person who writes."""

    AUTO = "auto"
    TO_CONFIRM = "to_confirm"
    MANUAL = "manual"


class Grouping(StrEnum):
    """One message for all that is due, or one for each invoice."""

    CUSTOMER = "customer"
    INVOICE = "invoice"


class EntryChoice(StrEnum):
    """Where an instalment that joins late begins: at the step its lateness calls for, or at the first reminder."""

    BY_AGE = "by_age"
    IN_ORDER = "in_order"


class Sender(StrEnum):
    """Whose name and address the message carries."""

    COLLECTOR = "collector"
    ENTITY = "entity"


class Tone(StrEnum):
    """How the message speaks."""

    COURTEOUS = "courteous"
    CORDIAL = "cordial"
    CORDIAL_FIRM = "cordial_firm"
    FIRM = "firm"
    FORMAL = "formal"


class ScenarioInvalid(Refused):
    """The steps given do not make a scenario."""

    message = gettext_noop("Step {step}: {field} cannot be “{value}”.")


class StepsMissing(Refused):
    """A scenario without a step would chase nobody; the choice for that is “no action”."""

    message = gettext_noop("A scenario needs at least one step. To chase nobody, choose “no action” instead.")


class StepsAlike(Refused):
    """Two steps carry the same key, so that history could not tell them apart."""

    message = gettext_noop("Two steps have the same key “{key}”.")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: so many days from its basis, by a channel, in a tone, to these roles, and who lets it leave.

    `days` is negative before the due date. `minimum_minor` leaves smaller totals alone, `confirm_from_minor` asks a
    person from that total on, `new_deadline_days` is the time the message gives to pay.
    """

    key: str
    name: str
    days: int
    position: int = 0
    basis: Basis = Basis.DUE
    channel: Channel = Channel.EMAIL
    template_key: str = ""
    tone: Tone = Tone.CORDIAL
    to_roles: tuple[str, ...] = ("accounts",)
    cc_roles: tuple[str, ...] = ()
    sender: Sender = Sender.COLLECTOR
    mode: Mode = Mode.AUTO
    minimum_minor: int = 0
    confirm_from_minor: int | None = None
    new_deadline_days: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The step as plain data, in the order a person would write it."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else str(value) if isinstance(value, StrEnum) else value
            for name, value in found.items()
        }


@dataclass(frozen=True)
class Plan:
    """One published version of a scenario, as the rules read it."""

    scenario_id: int
    version_id: int
    name: str
    steps: tuple[Step, ...]
    grouping: Grouping = Grouping.CUSTOMER
    entry: EntryChoice = EntryChoice.BY_AGE

    @cached_property
    def claims(self) -> tuple[Step, ...]:
        """The steps that follow what is owed, so not the thanks."""
        return tuple(step for step in self.steps if step.basis is not Basis.PAID)

    @cached_property
    def thanks(self) -> Step | None:
        """The step that thanks for a payment, if the scenario has one."""
        return next((step for step in self.steps if step.basis is Basis.PAID), None)


ROLES = frozenset({"accounts", "purchaser", "cfo", "legal", "sales", "other"})
_CHOICES: Mapping[str, type[StrEnum]] = {
    "basis": Basis, "channel": Channel, "tone": Tone, "sender": Sender, "mode": Mode,
}  # fmt: skip
_AMOUNTS = {"minimum_minor": 0, "confirm_from_minor": None, "new_deadline_days": None}
_NAMES = {field.name for field in fields(Step)}


def read_steps(rows: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Steps from plain data, put in order of their days; anything unknown or senseless is refused with its place.

    `[{"key": "r2", "name": "Reminder 2", "days": 10}, {"key": "r1", "name": "Reminder 1", "days": 3}]` gives r1
    then r2, both by e-mail, sent without asking.
    """
    rows = list(rows)
    if not rows:
        raise StepsMissing()
    if len(rows) > STEPS_MAX:
        raise ScenarioInvalid(step=STEPS_MAX + 1, field="key", value=rows[STEPS_MAX].get("key", ""))
    steps = [_read_step(number, row) for number, row in enumerate(rows, start=1)]
    for index, step in enumerate(steps):
        if any(step.key == other.key for other in steps[:index]):
            raise StepsAlike(key=step.key)
    steps.sort(key=lambda step: (step.basis is Basis.PAID, step.days))
    return tuple(_placed(step, position) for position, step in enumerate(steps, start=1))


def _placed(step: Step, position: int) -> Step:
    values = {field.name: getattr(step, field.name) for field in fields(step)}
    return Step(**{**values, "position": position})


def _read_step(number: int, row: Mapping[str, Any]) -> Step:
    values: dict[str, Any] = {name: value for name, value in row.items() if name != "position"}
    for name in values.keys() - _NAMES:
        raise ScenarioInvalid(step=number, field=name, value=values[name])
    for name in ("key", "name"):
        text = values.get(name)
        if not isinstance(text, str) or not text.strip() or len(text) > NAME_LENGTH_MAX:
            raise ScenarioInvalid(step=number, field=name, value=text)
    days = values.get("days")
    if not _is_whole(days) or abs(days) > DAYS_MAX:  # type: ignore[arg-type]  # whole, so a number
        raise ScenarioInvalid(step=number, field="days", value=days)
    _read_choices(number, values)
    step = Step(**values)
    if step.channel is Channel.EMAIL and not step.template_key:
        raise ScenarioInvalid(step=number, field="template_key", value="")
    return step


def _read_choices(number: int, values: dict[str, Any]) -> None:
    for name, kind in _CHOICES.items():
        if name in values:
            try:
                values[name] = kind(values[name])
            except ValueError:
                raise ScenarioInvalid(step=number, field=name, value=values[name]) from None
    for name in ("to_roles", "cc_roles"):
        if name in values:
            roles = tuple(values[name])
            if not set(roles) <= ROLES or (name == "to_roles" and not roles):
                raise ScenarioInvalid(step=number, field=name, value=", ".join(map(str, roles)))
            values[name] = roles
    for name, default in _AMOUNTS.items():
        value = values.get(name, default)
        if value is not None and (not _is_whole(value) or value < 0):
            raise ScenarioInvalid(step=number, field=name, value=value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
