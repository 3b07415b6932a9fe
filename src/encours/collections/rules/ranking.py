"""The order of the day's list: what a person's next step brings, with the reasons in the order they weigh."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from encours.collections.rules.facts import Outcome
from encours.collections.rules.steps import WRITTEN


class NextStep(StrEnum):
    """The one thing to do next with a customer; a screen offers it as a verb."""

    CALL = "call"
    SEND = "send"
    READ = "read"
    CORRECT = "correct"
    APPLY = "apply"
    DECIDE = "decide"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A decision of the day that a person may act upon."""

    reminder_id: int
    step_name: str
    step_key: str
    channel: str
    outcome: Outcome
    claimed_minor: int
    currency: str
    item_count: int
    disputed_minor: int = 0
    # code of the first check that stops it, and what its sentence needs
    stopped_by: str = ""
    stop_data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """A promise that counts today: due today, or broken."""

    amount_minor: int
    currency: str
    promised_date: date


@dataclass(frozen=True, slots=True)
class Account:
    """What the list knows of one customer."""

    customer_id: int
    overdue_minor: int
    currency: str
    days_late: int
    waiting: Sequence[Waiting] = ()
    broken: PromiseMade | None = None
    due_today: PromiseMade | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a customer is on the list: a code, how much it weighs in percent, and what its sentence needs."""

    code: str
    weight_percent: int
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """A customer's place on the list: points (the higher the earlier), reasons, next step, the decision it is about."""

    customer_id: int
    points: int
    reasons: tuple[Reason, ...]
    next_step: NextStep
    waiting: Waiting | None


# What today's step brings more than waiting would, in percent of the amount at stake.
WEIGHTS_PERCENT = {
    "promise_broken": 160,
    "last_notice": 130,
    "to_confirm": 120,
    "call": 120,
    "reply": 110,
    "recipient": 100,
    "scenario": 80,
    "unapplied_cash": 70,
    "waiting_payment": 70,
    "promise_today": 50,
    "insolvency": 40,
    "dispute": 30,
    "ready": 20,
    "bank": 10,
    "held": 10,
}
_NEXT_STEPS = {
    "promise_broken": NextStep.CALL,
    "last_notice": NextStep.SEND,
    "to_confirm": NextStep.SEND,
    "call": NextStep.CALL,
    "reply": NextStep.READ,
    "recipient": NextStep.CORRECT,
    "scenario": NextStep.DECIDE,
    "unapplied_cash": NextStep.APPLY,
    "waiting_payment": NextStep.APPLY,
    "promise_today": NextStep.WAIT,
    "insolvency": NextStep.DECIDE,
    "dispute": NextStep.DECIDE,
    "ready": NextStep.WAIT,
    "bank": NextStep.WAIT,
    "held": NextStep.WAIT,
}
DAYS_COUNTED_MAX = 90
LAST_NOTICE = "last_notice"


def place(account: Account) -> Place:
    """Where a customer stands on the list: the amount at stake, times the heaviest reason, times up to two for its age.

    18,000 overdue for 30 days with a reminder to confirm: 18,000 x 120 % x 130 % = 28,080 points; with a broken promise
    besides, 18,000 x 160 % x 130 % = 37,440, and the call comes before the letter.
    """
    found = [*_promises(account), *(_reason(waiting) for waiting in account.waiting)]
    once = {reason.code: reason for reason in reversed(found)}
    reasons = tuple(sorted(once.values(), key=lambda reason: -reason.weight_percent))
    first = reasons[0] if reasons else Reason("held", WEIGHTS_PERCENT["held"])
    at_stake = max(account.overdue_minor, max((waiting.claimed_minor for waiting in account.waiting), default=0))
    age_percent = 100 + min(max(account.days_late, 0), DAYS_COUNTED_MAX) * 100 // DAYS_COUNTED_MAX
    points = at_stake * first.weight_percent * age_percent // 10_000
    return Place(account.customer_id, points, reasons, _NEXT_STEPS[first.code], _about(account))


def _promises(account: Account) -> list[Reason]:
    found = []
    for code, promise in (("promise_broken", account.broken), ("promise_today", account.due_today)):
        if promise is not None:
            data = {
                "amount_minor": promise.amount_minor,
                "currency": promise.currency,
                "promised_date": promise.promised_date,
            }
            found.append(Reason(code, WEIGHTS_PERCENT[code], data))
    return found


def _reason(waiting: Waiting) -> Reason:
    code = _code(waiting)
    data = {
        "step_name": waiting.step_name,
        "disputed_minor": waiting.disputed_minor,
        "currency": waiting.currency,
        "item_count": waiting.item_count,
        "stopped_by": waiting.stopped_by,
        **waiting.stop_data,
    }
    return Reason(code, WEIGHTS_PERCENT[code], data)


def _code(waiting: Waiting) -> str:
    if waiting.outcome is Outcome.TO_CONFIRM:
        return LAST_NOTICE if waiting.step_key == LAST_NOTICE else "to_confirm"
    if waiting.outcome is Outcome.DUE:
        return "ready" if waiting.channel in WRITTEN else "call"
    return waiting.stopped_by if waiting.stopped_by in WEIGHTS_PERCENT else "held"


def _about(account: Account) -> Waiting | None:
    """The decision the panel shows: the one that can leave, else the one that stands for most money."""
    can_leave = (Outcome.TO_CONFIRM, Outcome.DUE)
    return max(account.waiting, key=lambda waiting: (waiting.outcome in can_leave, waiting.claimed_minor), default=None)


def ranked(accounts: Sequence[Account]) -> list[Place]:
    """The whole list in its order; equal points keep the larger debt first, then the older customer."""
    overdue = {account.customer_id: account.overdue_minor for account in accounts}
    places = [place(account) for account in accounts]
    return sorted(places, key=lambda found: (-found.points, -overdue[found.customer_id], found.customer_id))
