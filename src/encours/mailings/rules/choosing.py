"""Who of a list is written to, who is put off and who is left out: the safety checks of reminders, asked of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from encours.collections.rules import interlock
from encours.collections.rules.facts import (
    STOPPING,
    Address,
    CheckOutcome,
    CheckResult,
    Claim,
    CustomerFacts,
    Draft,
    RunFacts,
)
from encours.collections.rules.recipients import addressed
from encours.collections.rules.steps import Channel, Step
from encours.collections.rules.writing import CLAIM_CHECKS, OWN_WORDS, WORD_CHECKS, claims, is_claim

ROLES = ("accounts", "cfo", "purchaser", "legal", "other")
PATIENCE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a campaign sends, as far as the checks look at it."""

    template_key: str
    channel: str
    entity_id: int
    with_items: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """One customer as decided: to whom, what it lists, and the checks that stop or put it off."""

    customer_id: int
    to: tuple[Address, ...]
    listed: tuple[Claim, ...]
    stopping: tuple[CheckResult, ...]
    not_before: date | None = None
    # by the customer's own clock, or the hours of the company that writes; None: at once
    send_after: datetime | None = None

    @property
    def is_sent(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.stopping and bool(self.to)


def choose(customer: CustomerFacts, run: RunFacts, *, wanted: Wanted) -> Chosen:
    """Ask the checks for one customer; a held or blocked one is left out, one only put off waits for its day.

    Written to yesterday with three days between contacts -> put off until the day after tomorrow. Insolvent, or nobody
    to write to -> left out, with that reason. Decided at 9:00 in Paris for a customer in Montreal -> leaves at 15:00.
    """
    step = Step(
        wanted.template_key,
        wanted.template_key,
        0,
        channel=Channel(wanted.channel),
        template_key=wanted.template_key,
        to_roles=ROLES,
    )
    # one's own words are the same by every channel
    key = OWN_WORDS if wanted.template_key.endswith(OWN_WORDS) else wanted.template_key
    asks = is_claim(key, with_items=wanted.with_items)
    listed = claims(customer, template_key=key, entity_id=wanted.entity_id, today=run.today)
    kept = listed if asks or wanted.with_items else ()
    draft = Draft(wanted.entity_id, step, tuple(kept))
    now = replace(run, send_on=run.today)
    results = [check(draft, customer, now) for check in (*(CLAIM_CHECKS if asks else WORD_CHECKS), interlock.recipient)]
    stopping = tuple(result for result in results if result.outcome in STOPPING)
    if asks and not kept:
        stopping += (CheckResult("nothing_open", CheckOutcome.HELD),)
    waits = bool(run.policies or customer.hours)
    send_after = run.of(wanted.entity_id, customer.hours).send_after if waits else None
    not_before = _not_before(stopping, run)
    return Chosen(customer.customer_id, addressed(customer, step), tuple(kept), stopping, not_before, send_after)


def _not_before(stopping: Sequence[CheckResult], run: RunFacts) -> date | None:
    """The day to ask again when the message is only put off; None when something else stops it."""
    if not stopping or any(result.outcome is not CheckOutcome.POSTPONED for result in stopping):
        return None
    days = [result.frees_on for result in stopping if result.frees_on]
    return max(days, default=run.today + timedelta(days=1))
