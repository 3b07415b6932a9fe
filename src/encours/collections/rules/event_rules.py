"""Event rules: when this happens and that holds, then do so; decided purely, and said as a sentence."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from encours.collections.rules.scenario_words import EVENTS
from encours.collections.rules.steps import StepEvent
from encours.core.errors import Refused
from encours.core.errors import gettext_noop as _

NAME_LENGTH_MAX = 120
TEXT_LENGTH_MAX = 500
DAYS_MAX = 365
ACTIONS_MAX = 10


class Condition(StrEnum):
    """What a rule may ask about the customer or the event; all that it asks must hold."""

    AMOUNT_FROM = "amount_from"
    OVERDUE_FROM = "overdue_from"
    DAYS_LATE_FROM = "days_late_from"
    TIMES_FROM = "times_from"
    SEGMENT = "segment"
    COLLECTOR = "collector"
    COUNTRY = "country"


class Deed(StrEnum):
    """What a rule may do."""

    TASK = "task"
    NOTIFY = "notify"
    NOTE = "note"
    PAUSE = "pause"
    EXCLUDE_ITEM = "exclude_item"
    ASSIGN_SCENARIO = "assign_scenario"
    CHANGE_COLLECTOR = "change_collector"


class Who(StrEnum):
    """Whom a task or a notice is for."""

    COLLECTOR = "collector"
    CREDIT_MANAGER = "credit_manager"
    SALES = "sales"
    SUCCESS = "customer_success"


class RuleInvalid(Refused):
    """What was given does not make a rule."""

    message = _("This rule cannot be kept: {field} cannot be “{value}”.")


class RuleEmpty(Refused):
    """A rule without a deed would do nothing."""

    message = _("Choose at least one thing that the rule does.")


@dataclass(frozen=True, slots=True)
class Action:
    """One deed of a rule, and what it needs: a text, days, a person, a scenario."""

    deed: Deed
    text: str = ""
    days: int = 0
    who: Who = Who.COLLECTOR
    scenario_id: int | None = None
    user_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The action as plain data, without what it does not need."""
        found: dict[str, Any] = {"deed": self.deed.value}
        for name in _NEEDS[self.deed]:
            value = getattr(self, name)
            found[name] = str(value) if isinstance(value, StrEnum) else value
        return found


_NEEDS: Mapping[Deed, tuple[str, ...]] = {
    Deed.TASK: ("text", "days", "who"),
    Deed.NOTIFY: ("who",),
    Deed.NOTE: ("text",),
    Deed.PAUSE: ("days",),
    Deed.EXCLUDE_ITEM: (),
    Deed.ASSIGN_SCENARIO: ("scenario_id",),
    Deed.CHANGE_COLLECTOR: ("user_id",),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is decided upon."""

    name: str
    event: StepEvent
    actions: tuple[Action, ...]
    conditions: Mapping[Condition, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The rule as plain data."""
        return {
            "name": self.name,
            "event": self.event.value,
            "conditions": {condition.value: value for condition, value in self.conditions.items()},
            "actions": [action.as_json() for action in self.actions],
        }


@dataclass(frozen=True, slots=True)
class Happening:
    """One occurrence with what rules may ask about it; amounts are in `currency`."""

    kind: StepEvent
    on: date
    customer_id: int
    currency: str
    item_id: int | None = None
    amount_minor: int | None = None
    overdue_minor: int = 0
    days_late: int = 0
    times: int = 1
    segment_id: int | None = None
    collector_id: int | None = None
    country: str = ""


_HOLDS: Mapping[Condition, Callable[[Happening, Any], bool]] = {
    # an event about no amount is measured by what is overdue
    Condition.AMOUNT_FROM: lambda seen, asked: (
        (seen.overdue_minor if seen.amount_minor is None else seen.amount_minor) >= asked
    ),
    Condition.OVERDUE_FROM: lambda seen, asked: seen.overdue_minor >= asked,
    Condition.DAYS_LATE_FROM: lambda seen, asked: seen.days_late >= asked,
    Condition.TIMES_FROM: lambda seen, asked: seen.times >= asked,
    Condition.SEGMENT: lambda seen, asked: seen.segment_id == asked,
    Condition.COLLECTOR: lambda seen, asked: seen.collector_id == asked,
    Condition.COUNTRY: lambda seen, asked: (seen.country or "FR") == asked,
}


def holds(rule: Rule, seen: Happening) -> bool:
    """Whether the rule answers what happened.

    “When a promise is broken and the amount is 5 000 EUR or more” answers a broken promise of 6 000, none of 4 000, and
    no dispute.
    """
    return seen.kind is rule.event and all(_HOLDS[name](seen, asked) for name, asked in rule.conditions.items())


def answered(rules: Sequence[Rule], seen: Happening) -> list[Rule]:
    """The rules that answer what happened, in their order."""
    return [rule for rule in rules if holds(rule, seen)]


def read_rule(plain: Mapping[str, Any]) -> Rule:
    """A rule from plain data; what is unknown or senseless is refused by its name."""
    name = plain.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_LENGTH_MAX:
        raise RuleInvalid(field="name", value=name)
    try:
        event = StepEvent(plain.get("event", ""))
    except ValueError:
        raise RuleInvalid(field="event", value=plain.get("event")) from None
    conditions = plain.get("conditions", {})
    actions = [_read_action(row) for row in plain.get("actions", ())]
    if not actions:
        raise RuleEmpty()
    if len(actions) > ACTIONS_MAX:
        raise RuleInvalid(field="actions", value=len(actions))
    kept = {_condition(key): _asked(key, value) for key, value in conditions.items()}
    ordered = {condition: kept[condition] for condition in Condition if condition in kept}
    return Rule(name.strip(), event, tuple(actions), ordered)


def _condition(key: str) -> Condition:
    try:
        return Condition(key)
    except ValueError:
        raise RuleInvalid(field=key, value="") from None


def _asked(key: str, value: Any) -> Any:
    if key == Condition.COUNTRY:
        if isinstance(value, str) and len(value) == 2 and value.isalpha():
            return value.upper()
    elif isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise RuleInvalid(field=key, value=value)


def _read_action(row: Mapping[str, Any]) -> Action:
    try:
        deed = Deed(row.get("deed", ""))
        who = Who(row.get("who", Who.COLLECTOR))
    except ValueError:
        raise RuleInvalid(field="deed", value=row.get("deed")) from None
    for name in row.keys() - {"deed", *_NEEDS[deed]}:
        raise RuleInvalid(field=name, value=row[name])
    text, days = row.get("text", ""), row.get("days", 0)
    if not isinstance(text, str) or len(text) > TEXT_LENGTH_MAX or ("text" in _NEEDS[deed] and not text.strip()):
        raise RuleInvalid(field="text", value=text)
    if not isinstance(days, int) or isinstance(days, bool) or not _fits(days, deed):
        raise RuleInvalid(field="days", value=days)
    scenario_id, user_id = row.get("scenario_id"), row.get("user_id")
    if deed is Deed.CHANGE_COLLECTOR and not isinstance(user_id, int):
        raise RuleInvalid(field="user_id", value=user_id)
    return Action(deed, text.strip(), days, who, scenario_id, user_id)


def _fits(days: int, deed: Deed) -> bool:
    return "days" not in _NEEDS[deed] or (1 if deed is Deed.PAUSE else 0) <= days <= DAYS_MAX


@dataclass(frozen=True)
class Names:
    """What the sentence of a rule calls amounts, segments, people and scenarios."""

    money: Callable[[int], str]
    segments: Mapping[int, str] = field(default_factory=dict)
    people: Mapping[int, str] = field(default_factory=dict)
    scenarios: Mapping[int, str] = field(default_factory=dict)


_WHEN: Mapping[StepEvent, str] = {
    StepEvent.PROMISE_BROKEN: _("When a promise is broken"),
    StepEvent.PLAN_BROKEN: _("When a payment plan is broken"),
    StepEvent.REPLY_RECEIVED: _("When a reply is received"),
    StepEvent.DISPUTE_OPENED: _("When a dispute is opened"),
    StepEvent.DISPUTE_CLOSED: _("When a dispute is closed"),
    StepEvent.BOUNCED: _("When a message comes back undelivered"),
    StepEvent.PAYMENT_FAILED: _("When a payment fails"),
    StepEvent.LIMIT_EXCEEDED: _("When the credit limit is exceeded"),
    StepEvent.INSOLVENCY: _("When insolvency proceedings are opened"),
}
_AND: Mapping[Condition, str] = {
    Condition.AMOUNT_FROM: _("the amount is {value} or more"),
    Condition.OVERDUE_FROM: _("{value} or more are overdue"),
    Condition.DAYS_LATE_FROM: _("the oldest invoice is {value} days late or more"),
    Condition.TIMES_FROM: _("it happened {value} times or more in 30 days"),
    Condition.SEGMENT: _("the customer is of the segment “{value}”"),
    Condition.COLLECTOR: _("the customer is followed by {value}"),
    Condition.COUNTRY: _("the customer is in {value}"),
}
_THEN: Mapping[Deed, str] = {
    Deed.TASK: _("give {who} the task “{text}” within {days} days"),
    Deed.NOTIFY: _("tell {who}"),
    Deed.NOTE: _("note “{text}” on the customer"),
    Deed.PAUSE: _("pause reminders for {days} days"),
    Deed.EXCLUDE_ITEM: _("take the invoice out of reminders"),
    Deed.ASSIGN_SCENARIO: _("give the customer the scenario “{scenario}”"),
    Deed.CHANGE_COLLECTOR: _("give the customer to {person}"),
}
WHO: Mapping[Who, str] = {
    Who.COLLECTOR: _("the collector"),
    Who.CREDIT_MANAGER: _("the credit manager"),
    Who.SALES: _("the sales representative"),
    Who.SUCCESS: _("who cares for the customer"),
}
_NO_ACTION, _TODAY = _("give the customer no scenario any more"), _("give {who} the task “{text}” today")
_SENTENCE, _JOINED = _("{when}, {then}."), _("{first} and {last}")


def sentence(rule: Rule, names: Names, *, translate: Callable[[str], str] = _) -> str:
    """The rule as one sentence: “When a promise is broken and the amount is 5 000 € or more, tell the collector.”"""
    asked = [translate(_AND[name]).format(value=_shown(name, value, names)) for name, value in rule.conditions.items()]
    when = _joined([translate(_WHEN[rule.event]), *asked], translate)
    then = _joined([_done(action, names, translate) for action in rule.actions], translate)
    return translate(_SENTENCE).format(when=when, then=then)


def event_name(event: str, *, translate: Callable[[str], str] = _) -> str:
    """What happened, in words."""
    return translate(EVENTS.get(event, event))


def _joined(parts: Iterable[str], translate: Callable[[str], str]) -> str:
    *first, last = parts
    return translate(_JOINED).format(first=", ".join(first), last=last) if first else last


def _shown(name: Condition, value: Any, names: Names) -> str:
    if name in (Condition.AMOUNT_FROM, Condition.OVERDUE_FROM):
        return names.money(value)
    if name is Condition.SEGMENT:
        return names.segments.get(value, "?")
    if name is Condition.COLLECTOR:
        return names.people.get(value, "?")
    return str(value)


def _done(action: Action, names: Names, translate: Callable[[str], str]) -> str:
    template = _THEN[action.deed]
    if action.deed is Deed.ASSIGN_SCENARIO and action.scenario_id is None:
        template = _NO_ACTION
    if action.deed is Deed.TASK and not action.days:
        template = _TODAY
    return translate(template).format(
        who=translate(WHO[action.who]),
        text=action.text,
        days=action.days,
        scenario=names.scenarios.get(action.scenario_id or 0, "?"),
        person=names.people.get(action.user_id or 0, "?"),
    )
