"""The order of the day's list: what a person's next step brings, with the reasons in the order they weigh."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from encours.collections.rules.calls import is_worth_a_call
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
    # of what is overdue, the part that is late by more than 90 days
    very_late_minor: int = 0
    # days after the due date at which the customer pays on average; None while unknown
    habit_days: int | None = None
    # days since anything was said, either way; NEVER_SPOKEN when nothing ever was, None while unknown
    silent_days: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a customer is on the list: a code, how much it weighs in percent, and what its sentence needs."""

    code: str
    weight_percent: int
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that moves a customer up or down the list, with its points and what its sentence needs."""

    code: str  # step, lateness, behaviour, contact, risk
    points: int
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """A customer's place on the list: points (the higher the earlier), reasons, next step, the decision it is about."""

    customer_id: int
    points: int
    reasons: tuple[Reason, ...]
    next_step: NextStep
    waiting: Waiting | None
    # they add up to the points
    factors: tuple[Factor, ...] = ()


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
    "call_small": 10,
    "bank": 10,
    "held": 10,
}
# What else moves a customer, at most, in percent of the points of the step.
FACTORS_PERCENT = {
    "lateness": 100,
    "behaviour": 30,
    "contact": 40,
    "risk": 50,
}
DEFAULTS: Mapping[str, int] = {**WEIGHTS_PERCENT, **FACTORS_PERCENT}
WEIGHT_MAX_PERCENT = 400


@dataclass(frozen=True, slots=True)
class Weights:
    """What each reason and factor weighs, where the organisation changed it; the rest weighs as usual."""

    percent: Mapping[str, int] = field(default_factory=dict)
    minimum_call_minor: int = 0

    def of(self, code: str) -> int:
        """The weight of a reason or factor, in percent."""
        return self.percent.get(code, DEFAULTS[code])


USUAL = Weights()
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
    "call_small": NextStep.WAIT,
    "bank": NextStep.WAIT,
    "held": NextStep.WAIT,
}
DAYS_COUNTED_MAX = 90
PROMPT_DAYS = 5
HABIT_COUNTED_MAX = 60
FRESH_CONTACT_DAYS = 2
LONG_SILENCE_DAYS = 21
NEVER_SPOKEN = 9_999
LAST_NOTICE = "last_notice"


def place(account: Account, weights: Weights = USUAL) -> Place:
    """Where a customer stands: the amount at stake times what the step brings, then up or down for what else is known.

    18,000 overdue for 30 days with a reminder to confirm: 18,000 x 120 % = 21,600 points, and 33 % of that again for
    its age: 28,728. With a broken promise besides, 18,000 x 160 % and its 33 %, 38,304: the call comes before the
    letter. Called yesterday, the customer loses 40 % of the points of the step; silent for three weeks, it gains 20 %.
    """
    found = [*_promises(account, weights), *(_reason(waiting, account, weights) for waiting in account.waiting)]
    once = {reason.code: reason for reason in reversed(found)}
    reasons = tuple(sorted(once.values(), key=lambda reason: -reason.weight_percent))
    first = reasons[0] if reasons else Reason("held", weights.of("held"))
    at_stake = max(account.overdue_minor, max((waiting.claimed_minor for waiting in account.waiting), default=0))
    factors = _factors(account, at_stake, first, weights)
    points = sum(factor.points for factor in factors)
    return Place(account.customer_id, points, reasons, _NEXT_STEPS[first.code], _about(account), factors)


def _factors(account: Account, at_stake: int, first: Reason, weights: Weights) -> tuple[Factor, ...]:
    step = at_stake * first.weight_percent // 100
    data = {"at_stake_minor": at_stake, "currency": account.currency, "percent": first.weight_percent}
    lifts = (
        _lateness(account, weights),
        _behaviour(account, weights),
        _contact(account, weights),
        _risk(account, weights),
    )
    moved = [Factor(code, step * percent // 100, more) for code, percent, more in lifts if percent]
    return (Factor("step", step, {**data, "reason": first.code}), *moved)


def _lateness(account: Account, weights: Weights) -> tuple[str, int, dict[str, Any]]:
    """Up to the whole weight at 90 days late."""
    days = min(max(account.days_late, 0), DAYS_COUNTED_MAX)
    return "lateness", weights.of("lateness") * days // DAYS_COUNTED_MAX, {"days": account.days_late}


def _behaviour(account: Account, weights: Weights) -> tuple[str, int, dict[str, Any]]:
    """Who pays late as a rule needs us more; who pays within days comes by itself: half the weight off."""
    habit, weight = account.habit_days, weights.of("behaviour")
    if habit is None:
        return "behaviour", 0, {}
    percent = -weight // 2 if habit <= PROMPT_DAYS else weight * min(habit, HABIT_COUNTED_MAX) // HABIT_COUNTED_MAX
    return "behaviour", percent, {"days": habit}


def _contact(account: Account, weights: Weights) -> tuple[str, int, dict[str, Any]]:
    """Somebody spoken to yesterday can wait; three weeks of silence, or none ever broken, adds half the weight."""
    silent, weight = account.silent_days, weights.of("contact")
    if silent is None or FRESH_CONTACT_DAYS < silent < LONG_SILENCE_DAYS:
        return "contact", 0, {}
    return "contact", -weight if silent <= FRESH_CONTACT_DAYS else weight // 2, {"days": silent}


def _risk(account: Account, weights: Weights) -> tuple[str, int, dict[str, Any]]:
    """The share of the overdue that is late by more than 90 days: what is most likely to be lost."""
    if account.overdue_minor <= 0 or account.very_late_minor <= 0:
        return "risk", 0, {}
    share = min(100, 100 * account.very_late_minor // account.overdue_minor)
    return "risk", weights.of("risk") * share // 100, {"share_percent": share}


def _promises(account: Account, weights: Weights) -> list[Reason]:
    found = []
    for code, promise in (("promise_broken", account.broken), ("promise_today", account.due_today)):
        if promise is not None:
            data = {
                "amount_minor": promise.amount_minor,
                "currency": promise.currency,
                "promised_date": promise.promised_date,
            }
            found.append(Reason(code, weights.of(code), data))
    return found


def _reason(waiting: Waiting, account: Account, weights: Weights) -> Reason:
    code = _code(waiting)
    if code == "call" and not is_worth_a_call(
        max(account.overdue_minor, waiting.claimed_minor), minimum_minor=weights.minimum_call_minor
    ):
        code = "call_small"
    data = {
        "step_name": waiting.step_name,
        "disputed_minor": waiting.disputed_minor,
        "currency": waiting.currency,
        "item_count": waiting.item_count,
        "stopped_by": waiting.stopped_by,
        **waiting.stop_data,
    }
    return Reason(code, weights.of(code), data)


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


def ranked(accounts: Sequence[Account], weights: Weights = USUAL) -> list[Place]:
    """The whole list in its order; equal points keep the larger debt first, then the older customer."""
    overdue = {account.customer_id: account.overdue_minor for account in accounts}
    places = [place(account, weights) for account in accounts]
    return sorted(places, key=lambda found: (-found.points, -overdue[found.customer_id], found.customer_id))


@dataclass(frozen=True, slots=True)
class Move:
    """A customer's place before and after a change of weights; None where it was or is further down than looked."""

    customer_id: int
    before: int | None
    after: int | None


def moves(before: Sequence[Place], after: Sequence[Place], *, top: int = 20) -> list[Move]:
    """How the first places would move: those of the new order, then who would fall out of them.

    Acme first and Borealis second become Borealis first, Acme second: [Move(Borealis, 2, 1), Move(Acme, 1, 2)].
    """
    was = {found.customer_id: at for at, found in enumerate(before, start=1)}
    will = {found.customer_id: at for at, found in enumerate(after, start=1)}
    shown = [found.customer_id for found in after[:top]]
    fallen = [found.customer_id for found in before[:top] if found.customer_id not in set(shown)]
    return [Move(pk, was.get(pk), will.get(pk)) for pk in (*shown, *fallen)]
