"""Scenarios in words: the names of fields and choices, a change between two versions as one sentence."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from encours.collections.rules.comparison import Change
from encours.collections.rules.steps import (
    Basis,
    Channel,
    Colleague,
    EntryChoice,
    Grouping,
    Mode,
    Sender,
    StepEvent,
    StopCondition,
    Tone,
)
from encours.core.errors import gettext_noop as _

type Translate = Callable[[str], str]
CENTS = 100

FIELDS: Mapping[str, str] = {
    "name": _("name"),
    "days": _("days"),
    "basis": _("counted from"),
    "event": _("event"),
    "channel": _("channel"),
    "template_key": _("template"),
    "tone": _("tone"),
    "to_roles": _("recipients"),
    "escalate_after": _("next role after unanswered messages"),
    "cc_roles": _("copies"),
    "cc_internal": _("copies to colleagues"),
    "sender": _("sender"),
    "mode": _("sending"),
    "grouping": _("grouping"),
    "minimum_minor": _("minimum"),
    "confirm_from_minor": _("confirmation from"),
    "stop_when": _("kept back when"),
    "new_deadline_days": _("new deadline"),
    "is_last": _("last step"),
    "with_copies": _("invoices attached"),
    "entry": _("latecomers begin"),
}
CHANNELS: Mapping[str, str] = {
    Channel.EMAIL: _("E-mail"),
    Channel.SMS: _("Text message"),
    Channel.LETTER: _("Letter"),
    Channel.REGISTERED_LETTER: _("Registered letter"),
    Channel.ELECTRONIC_REGISTERED_LETTER: _("Electronic registered letter"),
    Channel.CALL: _("Call"),
    Channel.TASK: _("Task"),
    Channel.HAND_OVER: _("Hand-over"),
}
TONES: Mapping[str, str] = {
    Tone.COURTEOUS: _("Courteous"),
    Tone.CORDIAL: _("Cordial"),
    Tone.CORDIAL_FIRM: _("Cordial and firm"),
    Tone.FIRM: _("Firm"),
    Tone.FORMAL: _("Formal"),
}
MODES: Mapping[str, str] = {
    Mode.AUTO: _("leaves by itself"),
    Mode.TO_CONFIRM: _("to confirm"),
    Mode.MANUAL: _("by hand"),
}
BASES: Mapping[str, str] = {
    Basis.DUE: _("days from the due date"),
    Basis.ISSUE: _("days from the issue date"),
    Basis.PAID: _("days from the payment"),
    Basis.EVENT: _("days from an event"),
}
SENDERS: Mapping[str, str] = {
    Sender.COLLECTOR: _("The customer's collector"),
    Sender.ENTITY: _("The company"),
}
GROUPINGS: Mapping[str, str] = {
    Grouping.CUSTOMER: _("One message a customer"),
    Grouping.INVOICE: _("One message an invoice"),
}
ENTRIES: Mapping[str, str] = {
    EntryChoice.BY_AGE: _("at the step of its age"),
    EntryChoice.IN_ORDER: _("at the first reminder"),
    EntryChoice.AT_STEP: _("at a chosen step"),
}
EVENTS: Mapping[str, str] = {
    StepEvent.PROMISE_BROKEN: _("A promise is broken"),
    StepEvent.PLAN_BROKEN: _("A payment plan is broken"),
    StepEvent.REPLY_RECEIVED: _("A reply is received"),
    StepEvent.DISPUTE_OPENED: _("A dispute is opened"),
    StepEvent.DISPUTE_CLOSED: _("A dispute is closed"),
    StepEvent.BOUNCED: _("A message comes back undelivered"),
    StepEvent.PAYMENT_FAILED: _("A payment fails"),
    StepEvent.LIMIT_EXCEEDED: _("The credit limit is exceeded"),
    StepEvent.INSOLVENCY: _("Insolvency proceedings are opened"),
}
CONDITIONS: Mapping[str, str] = {
    StopCondition.DISPUTED: _("an invoice is in dispute"),
    StopCondition.PROMISED: _("a promise is running"),
    StopCondition.ANSWERED: _("the customer has answered"),
    StopCondition.CREDIT: _("money or a credit note is not applied yet"),
    StopCondition.PAUSED_ITEM: _("an item is on hold"),
}
COLLEAGUES: Mapping[str, str] = {
    Colleague.COLLECTOR: _("the collector"),
    Colleague.SALES: _("the sales representative"),
    Colleague.SUCCESS: _("who cares for the customer"),
    Colleague.CREDIT_MANAGER: _("the credit manager"),
}
ROLES: Mapping[str, str] = {
    "accounts": _("Accounts payable"),
    "purchaser": _("Purchaser"),
    "cfo": _("Chief financial officer"),
    "legal": _("Legal representative"),
    "sales": _("Sales contact"),
    "other": _("Other"),
}
ADDED = _("“{step}” is added, {after} days.")
REMOVED = _("“{step}” is removed.")
CHANGED = _("“{step}”, {field}: {before} → {after}.")
OF_THE_SCENARIO = _("The scenario, {field}: {before} → {after}.")
YES, NO = _("yes"), _("no")
_VALUES: Mapping[type[StrEnum], Mapping[str, str]] = {
    Channel: CHANNELS, Tone: TONES, Mode: MODES, Basis: BASES, Sender: SENDERS, Grouping: GROUPINGS,
    EntryChoice: ENTRIES, StepEvent: EVENTS, StopCondition: CONDITIONS, Colleague: COLLEAGUES,
}  # fmt: skip
_AMOUNTS = frozenset({"minimum_minor", "confirm_from_minor"})


def said(field: str, value: Any, *, translate: Translate = _) -> str:
    """A value of a field in the reader's words: Tone.FIRM is “Firm”, 500000 for `confirm_from_minor` “5000.00”."""
    if value in (None, "", ()):
        return "—"
    if isinstance(value, bool):
        return translate(YES if value else NO)
    if isinstance(value, tuple):
        return ", ".join(said(field, one, translate=translate) for one in value)
    if field in _AMOUNTS:
        return f"{value // CENTS}.{value % CENTS:02d}"
    if isinstance(value, StrEnum):
        return translate(_VALUES[type(value)][value])
    return translate(ROLES[value]) if field in ("to_roles", "cc_roles") and value in ROLES else str(value)


def change_sentence(change: Change, *, translate: Translate = _) -> str:
    """One change: “Reminder 3”, days: 35 → 30."""
    template = {"added": ADDED, "removed": REMOVED}.get(change.kind, CHANGED if change.step_key else OF_THE_SCENARIO)
    return translate(template).format(
        step=change.step_name,
        field=translate(FIELDS.get(change.field, change.field)),
        before=said(change.field, change.before, translate=translate),
        after=said(change.field, change.after, translate=translate),
    )


def difference(changes: Iterable[Change], *, translate: Translate = _) -> list[str]:
    """All changes, one sentence each."""
    return [change_sentence(change, translate=translate) for change in changes]
