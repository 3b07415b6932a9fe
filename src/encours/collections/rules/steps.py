"""What a scenario is made of: its steps, and the reading of them from plain data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from encours.core.errors import Refused, gettext_noop

NAME_LENGTH_MAX = 80
DAYS_MAX = 1000
STEPS_MAX = 40


class Channel(StrEnum):
    """How a step reaches the customer; calls, tasks and the hand-over go to a person's list instead."""

    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"
    REGISTERED_LETTER = "registered_letter"
    ELECTRONIC_REGISTERED_LETTER = "electronic_registered_letter"
    CALL = "call"
    TASK = "task"
    HAND_OVER = "hand_over"


# What writes to the customer: it needs a template and an address, and counts as a contact.
WRITTEN = frozenset({
    Channel.EMAIL, Channel.SMS, Channel.LETTER, Channel.REGISTERED_LETTER, Channel.ELECTRONIC_REGISTERED_LETTER,
})  # fmt: skip
LETTERS = frozenset({Channel.LETTER, Channel.REGISTERED_LETTER})


class Basis(StrEnum):
    """What a step counts its days from; `paid` is the day the money came, for the message of thanks."""

    DUE = "due"
    ISSUE = "issue"
    PAID = "paid"
    EVENT = "event"


class StepEvent(StrEnum):
    """What may happen to a customer and start a step or a rule of its own."""

    PROMISE_BROKEN = "promise_broken"
    PLAN_BROKEN = "plan_broken"
    REPLY_RECEIVED = "reply_received"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_CLOSED = "dispute_closed"
    BOUNCED = "bounced"
    PAYMENT_FAILED = "payment_failed"
    LIMIT_EXCEEDED = "limit_exceeded"
    INSOLVENCY = "insolvency"


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
    """Where an instalment that joins late begins: at the step of its lateness, the first one, or a chosen one."""

    BY_AGE = "by_age"
    IN_ORDER = "in_order"
    AT_STEP = "at_step"


class StopCondition(StrEnum):
    """What keeps a whole step back beyond what the safety checks do by themselves."""

    DISPUTED = "disputed"
    PROMISED = "promised"
    ANSWERED = "answered"
    CREDIT = "credit"
    PAUSED_ITEM = "paused_item"


class Colleague(StrEnum):
    """Who of our own people reads a copy."""

    COLLECTOR = "collector"
    SALES = "sales"
    SUCCESS = "customer_success"
    CREDIT_MANAGER = "credit_manager"


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

    `days` is negative before the due date; `event` names what it follows when its basis is an event. `to_roles` is a
    ladder: the first role that has somebody, and after `escalate_after` messages without an answer the next one.
    `minimum_minor` leaves smaller totals alone, `confirm_from_minor` asks a person from that total on,
    `stop_when` keeps the whole step back, `new_deadline_days` is the time the message gives to pay, and nothing of the
    scenario follows a step that `is_last`. An e-mail or letter `with_copies` carries the PDFs held of its invoices.
    Without a `grouping` of its own it is grouped as its scenario is.
    """

    key: str
    name: str
    days: int
    position: int = 0
    basis: Basis = Basis.DUE
    event: StepEvent | None = None
    channel: Channel = Channel.EMAIL
    template_key: str = ""
    tone: Tone = Tone.CORDIAL
    to_roles: tuple[str, ...] = ("accounts",)
    escalate_after: int | None = None
    cc_roles: tuple[str, ...] = ()
    cc_internal: tuple[Colleague, ...] = ()
    sender: Sender = Sender.COLLECTOR
    mode: Mode = Mode.AUTO
    grouping: Grouping | None = None
    minimum_minor: int = 0
    confirm_from_minor: int | None = None
    stop_when: tuple[StopCondition, ...] = ()
    new_deadline_days: int | None = None
    is_last: bool = False
    with_copies: bool = False

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
        """The steps that follow what is owed day by day, so neither the thanks nor what follows an event."""
        return tuple(step for step in self.steps if step.basis in (Basis.DUE, Basis.ISSUE))

    @cached_property
    def answers(self) -> tuple[Step, ...]:
        """The steps that follow an event."""
        return tuple(step for step in self.steps if step.basis is Basis.EVENT)

    @cached_property
    def last_positions(self) -> tuple[int, ...]:
        """Where the steps stand after which nothing of the scenario follows."""
        return tuple(step.position for step in self.claims if step.is_last)

    @cached_property
    def thanks(self) -> Step | None:
        """The step that thanks for a payment, if the scenario has one."""
        return next((step for step in self.steps if step.basis is Basis.PAID), None)


ROLES = frozenset({"accounts", "purchaser", "cfo", "legal", "sales", "other"})
CHOICES: Mapping[str, type[StrEnum]] = {
    "basis": Basis, "event": StepEvent, "channel": Channel, "tone": Tone, "sender": Sender, "mode": Mode,
    "grouping": Grouping,
}  # fmt: skip
# where None, or in a form "", says that nothing was chosen
OPTIONAL_CHOICES = frozenset({"event", "grouping"})
CHOICE_LISTS: Mapping[str, type[StrEnum]] = {"cc_internal": Colleague, "stop_when": StopCondition}
_NUMBERS = {"minimum_minor": 0, "confirm_from_minor": None, "new_deadline_days": None, "escalate_after": None}
_NAMES = {field.name for field in fields(Step)}
# the day of the event is added to the key, so that a second broken promise is answered too
EVENT_KEY_LENGTH_MAX = NAME_LENGTH_MAX - len("@2026-01-01:1234567")


def read_steps(rows: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Steps from plain data, put in order of their days; anything unknown or senseless is refused with its place.

    `[{"key": "r2", "name": "Reminder 2", "days": 10}, {"key": "r1", "name": "Reminder 1", "days": 3}]` gives r1
    then r2, both by e-mail, sent without asking. What follows an event comes after them, the thanks last.
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
    steps.sort(key=lambda step: (step.basis is Basis.PAID, step.basis is Basis.EVENT, step.days))
    return tuple(replace(step, position=position) for position, step in enumerate(steps, start=1))


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
    _read_roles(number, values)
    _read_numbers(number, values)
    step = Step(**values)
    _check_together(number, step)
    return step


def _check_together(number: int, step: Step) -> None:
    """What makes no sense beside the rest of the step."""
    if step.channel in WRITTEN and not step.template_key:
        raise ScenarioInvalid(step=number, field="template_key", value="")
    if (step.basis is Basis.EVENT) is not (step.event is not None):
        raise ScenarioInvalid(step=number, field="event", value=step.event or "")
    if step.basis is Basis.EVENT and (step.days < 0 or len(step.key) > EVENT_KEY_LENGTH_MAX):
        raise ScenarioInvalid(step=number, field="days" if step.days < 0 else "key", value=step.days)
    if step.basis is Basis.PAID and step.channel not in WRITTEN:
        raise ScenarioInvalid(step=number, field="channel", value=step.channel)
    if step.with_copies and step.channel not in (Channel.EMAIL, *LETTERS):
        raise ScenarioInvalid(step=number, field="with_copies", value=step.channel)
    if step.escalate_after is not None and (step.escalate_after < 1 or len(step.to_roles) < 2):
        raise ScenarioInvalid(step=number, field="escalate_after", value=step.escalate_after)


def _read_choices(number: int, values: dict[str, Any]) -> None:
    for name, kind in CHOICES.items():
        if name in OPTIONAL_CHOICES and values.get(name) in (None, ""):
            values[name] = None
        elif name in values:
            try:
                values[name] = kind(values[name])
            except ValueError:
                raise ScenarioInvalid(step=number, field=name, value=values[name]) from None
    for name, kind in CHOICE_LISTS.items():
        if name in values:
            try:
                values[name] = tuple(kind(value) for value in values[name])
            except (ValueError, TypeError):
                raise ScenarioInvalid(step=number, field=name, value=values[name]) from None


def _read_roles(number: int, values: dict[str, Any]) -> None:
    for name in ("to_roles", "cc_roles"):
        if name in values:
            roles = tuple(values[name])
            if not set(roles) <= ROLES or len(set(roles)) < len(roles) or (name == "to_roles" and not roles):
                raise ScenarioInvalid(step=number, field=name, value=", ".join(map(str, roles)))
            values[name] = roles


def _read_numbers(number: int, values: dict[str, Any]) -> None:
    for name, default in _NUMBERS.items():
        value = values.get(name, default)
        if value is not None and (not _is_whole(value) or value < 0):
            raise ScenarioInvalid(step=number, field=name, value=value)
    for name in ("is_last", "with_copies"):
        if not isinstance(values.get(name, False), bool):
            raise ScenarioInvalid(step=number, field=name, value=values[name])


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
