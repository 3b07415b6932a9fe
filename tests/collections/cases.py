"""Short ways to write down a customer, an item and a day for the rules of collections."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from encours.collections.rules.calendar import SendingCalendar
from encours.collections.rules.defaults import standard_steps
from encours.collections.rules.facts import (
    Address,
    CustomerFacts,
    Instalment,
    LastStep,
    Policy,
    RunFacts,
)
from encours.collections.rules.steps import Grouping, Plan, Step

TODAY = date(2026, 11, 24)  # a Tuesday
STANDARD = Plan(scenario_id=1, version_id=1, name="Standard", steps=standard_steps("en"))
BY_INVOICE = Plan(2, 2, "By invoice", standard_steps("en"), grouping=Grouping.INVOICE)
ACCOUNTS = Address("Lise Marchal", "accounts", "lise@acme.example", is_primary=True)


def item(
    number: str = "F1",
    *,
    late: int = 12,
    amount: int = 100_00,
    currency: str = "EUR",
    entity: int = 1,
    after: str | None = None,
    left_days_ago: int = 30,
    terms: int = 30,
    plan: Plan = STANDARD,
) -> Instalment:
    """An instalment so many days late; `after` names the last step that left for it."""
    due = TODAY - timedelta(days=late)
    last = last_step(after, left_days_ago, plan) if after else None
    return Instalment(
        abs(hash((number, entity, currency))) % 10**9,
        entity,
        number,
        1,
        1,
        due - timedelta(days=terms),
        due,
        currency,
        amount,
        last,
    )


def last_step(key: str, left_days_ago: int, plan: Plan = STANDARD) -> LastStep:
    """The named step of a plan as having left so many days ago."""
    step = step_of(key, plan)
    left = TODAY - timedelta(days=left_days_ago)
    return LastStep(step.days, plan.scenario_id, step.position, step.days, left, step.new_deadline_days)


def step_of(key: str, plan: Plan = STANDARD) -> Step:
    """The step of that key."""
    return next(step for step in plan.steps if step.key == key)


def customer(*items: Instalment, **facts: Any) -> CustomerFacts:
    """A customer with an accounts contact under the standard scenario, unless told otherwise."""
    given = {"customer_id": 7, "number": "C7", "plan": STANDARD, "contacts": (ACCOUNTS,), **facts}
    return CustomerFacts(items=tuple(items), **given)


def run(today: date = TODAY, **facts: Any) -> RunFacts:
    """A run at 8:00 UTC with the bank known to yesterday for entities 1 and 2."""
    yesterday = today - timedelta(days=1)
    now = datetime(today.year, today.month, today.day, 8, tzinfo=UTC)
    given = {
        "today": today,
        "policy": Policy(calendar=SendingCalendar()),
        "send_after": now,
        "send_on": today,
        "bank_known": {1: yesterday, 2: yesterday},
        **facts,
    }
    return RunFacts(**given)


def keys(steps: Iterable[Step | None]) -> list[str]:
    """The keys of steps, empty where there is none."""
    return [step.key if step else "" for step in steps]
