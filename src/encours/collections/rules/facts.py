"""What the dunning rules look at and what they decide: plain values, loaded by queries or written down in tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, NamedTuple

from encours.collections.rules.calendar import SendingCalendar, sending_from
from encours.collections.rules.steps import EntryChoice, Plan, Step, StepEvent

END_OF_DAY = time(23, 59)


class LastStep(NamedTuple):
    """The last step that left for an instalment, and how far along its own time line that step stands.

    `offset_days` counts from the due date, so a step of another scenario can be compared: no older one follows.
    """

    offset_days: int
    scenario_id: int
    position: int
    days: int
    left_on: date
    deadline_days: int | None = None
    # every step that left for the instalment, as (scenario, key): none of them leaves again, wherever it stands now
    taken: tuple[tuple[int, str], ...] = ()


class Instalment(NamedTuple):
    """One open instalment; a named tuple because a run reads hundreds of thousands of them."""

    item_id: int
    entity_id: int
    document_number: str
    instalment_number: int
    instalment_count: int
    issue_date: date
    due_date: date
    currency: str
    open_minor: int
    last: LastStep | None = None
    delivered: bool | None = None  # None: nobody tracks the delivery of this invoice


class Credit(NamedTuple):
    """Money or a credit note on the account that is not yet applied; the amount is positive."""

    item_id: int
    entity_id: int
    kind: str  # receipt or credit_note
    number: str
    item_date: date
    currency: str
    open_minor: int


class WaitingMoney(NamedTuple):
    """Money on the bank that is probably this customer's and waits to be matched, and the items it may pay."""

    currency: str
    amount_minor: int
    item_ids: frozenset[int] = frozenset()


class DisputeFact(NamedTuple):
    """An open dispute: of one item, of a whole document, or of the account when neither is named."""

    document_number: str
    item_id: int | None
    amount_minor: int | None  # None: the whole of it
    entity_id: int | None = None  # None: whichever company's


class PauseFact(NamedTuple):
    """A stop that a person asked for, on the customer or on one item."""

    item_id: int | None
    reason: str
    until: date | None
    author: str = ""


class PromiseFact(NamedTuple):
    """A promise that is neither kept nor broken yet."""

    item_id: int | None
    promised_date: date
    currency: str
    amount_minor: int


class Address(NamedTuple):
    """Somebody who can be written to."""

    name: str
    role: str
    email: str
    language: str = ""
    is_primary: bool = False
    has_bounced: bool = False
    has_opted_out: bool = False  # of e-mail
    phone: str = ""
    refuses: tuple[str, ...] = ()  # other kinds of channel this person does not want: sms, letter, call


class EventFact(NamedTuple):
    """Something that happened to the customer and may start a step of its own."""

    kind: StepEvent
    on: date
    item_id: int | None = None


class Settled(NamedTuple):
    """An instalment that was chased and has just been paid in full."""

    instalment: Instalment
    paid_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """All that decides about one customer today."""

    customer_id: int
    plan: Plan | None
    items: tuple[Instalment, ...]
    number: str = ""
    chases_nobody: bool = False  # the scenario “no action”
    entry: EntryChoice | None = None
    entry_step: str = ""  # the step at which what was late on joining begins, where one was chosen
    kept_from: frozenset[str] = frozenset()  # steps it is kept aside from, to learn what they do
    joined_on: date | None = None  # the day the scenario was given to it, where that matters
    credits: tuple[Credit, ...] = ()
    waiting: tuple[WaitingMoney, ...] = ()
    contacts: tuple[Address, ...] = ()
    email: str = ""
    disputes: tuple[DisputeFact, ...] = ()
    pauses: tuple[PauseFact, ...] = ()
    promises: tuple[PromiseFact, ...] = ()
    settled: tuple[Settled, ...] = ()
    contact_dates: tuple[date, ...] = ()  # of the last weeks, oldest first
    unread_replies: int = 0
    under_plan: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (number of a plan, documents it keeps from dunning)
    exclusions: frozenset[tuple[str, int | None]] = frozenset()  # (step key, item or None for the whole message)
    events: tuple[EventFact, ...] = ()
    answered: frozenset[tuple[int, str]] = frozenset()  # (item, mark) of the steps that an event has had already
    unanswered: int = 0  # days written to since the last answer
    last_answer_on: date | None = None
    colleagues: Mapping[str, tuple[Address, ...]] = field(default_factory=dict)
    has_postal_address: bool = False
    is_natural_person: bool = False
    country: str = ""  # of the customer, for telephone numbers written without one
    hours: "Hours | None" = None  # its own clock and hour, where it has them


@dataclass(frozen=True, slots=True)
class Hours:
    """When one customer is written to: by the clock of its own time zone, from its own hour on."""

    timezone: str = ""
    opens_at: time | None = None

    def applied(self, calendar: SendingCalendar) -> SendingCalendar:
        """The company's calendar by this customer's clock: 9:00 in Montreal is 15:00 in Paris."""
        opens = self.opens_at or calendar.opens_at
        closes = calendar.closes_at if opens < calendar.closes_at else END_OF_DAY
        return replace(calendar, timezone=self.timezone or calendar.timezone, opens_at=opens, closes_at=closes)


@dataclass(frozen=True, slots=True)
class Policy:
    """The organisation's limits on writing to its customers."""

    calendar: SendingCalendar = field(default_factory=SendingCalendar)
    contact_delay_days: int = 3
    weekly_cap: int = 2
    bank_age_days_max: int = 5  # business days


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is the same for every customer of a run."""

    today: date
    policy: Policy
    send_after: datetime
    send_on: date
    bank_known: Mapping[int, date | None]
    sandbox: bool = False
    # codes of holds that a named person sets aside for this one decision, and whether they confirmed the step
    set_aside: Mapping[str, str] = field(default_factory=dict)
    is_confirmed: bool = False
    # companies that write by limits or a calendar of their own, and the instant at which the run decides
    policies: Mapping[int, Policy] = field(default_factory=dict)
    decided_at: datetime | None = None

    def of(self, entity_id: int | None, hours: Hours | None = None) -> "RunFacts":
        """The run for one company and customer: its own limits, and the first moment at which its calendar is open."""
        policy = self.policies.get(entity_id or 0) if self.policies else None
        if policy is None and hours is None:
            return self
        limits = policy or self.policy
        calendar = limits.calendar if hours is None else hours.applied(limits.calendar)
        send_after, send_on = sending_from(self.today, self.decided_at, calendar)
        return replace(self, policy=limits, send_after=send_after, send_on=send_on)


class CheckOutcome(StrEnum):
    """What a check says, from best to worst."""

    PASSED = "passed"
    ADJUSTED = "adjusted"
    POSTPONED = "postponed"
    HELD = "held"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One named check: its outcome and the data its sentence needs (rules.wording has the sentences)."""

    code: str
    outcome: CheckOutcome
    data: Mapping[str, Any] = field(default_factory=dict)
    withdrawn: frozenset[int] = frozenset()  # items that leave the message because of it
    frees_on: date | None = None

    def as_json(self) -> dict[str, Any]:
        """The form in which a decision keeps it."""
        found: dict[str, Any] = {"code": self.code, "outcome": self.outcome.value}
        if self.data:
            found["data"] = dict(self.data)
        if self.frees_on is not None:
            found["frees_on"] = self.frees_on.isoformat()
        return found


class Outcome(StrEnum):
    """What a run decides about a message."""

    DUE = "due"
    TO_CONFIRM = "to_confirm"
    POSTPONED = "postponed"
    HELD = "held"
    BLOCKED = "blocked"
    SKIPPED = "skipped"


class Claim(NamedTuple):
    """What a message asks for one instalment: its open amount less the part in dispute."""

    item: Instalment
    claimed_minor: int
    disputed_minor: int
    offset_days: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A message being decided: the step, what it claims, and what is deducted from it."""

    entity_id: int
    step: Step
    claims: tuple[Claim, ...]
    credits: tuple[Credit, ...] = ()
    mark: str = ""  # the key under which a step that follows an event is kept, with the day of the event

    def totals(self) -> dict[str, int]:
        """What is asked, one figure per currency: claims less the credit notes deducted."""
        found: dict[str, int] = {}
        for claim in self.claims:
            currency = claim.item.currency
            found[currency] = found.get(currency, 0) + claim.claimed_minor
        for credit in self.credits:
            if credit.currency in found:
                found[credit.currency] -= credit.open_minor
        return found


@dataclass(frozen=True, slots=True)
class Decision:
    """What the run says about one message to one customer from one entity, with every check."""

    customer_id: int
    entity_id: int | None
    outcome: Outcome
    checks: tuple[CheckResult, ...]
    plan: Plan | None = None
    step: Step | None = None
    claims: tuple[Claim, ...] = ()
    credits: tuple[Credit, ...] = ()
    disputed: tuple[Claim, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    mark: str = ""
    hours: Hours | None = None

    @property
    def frees_on(self) -> date | None:
        """The day the last of its dated causes is over; None when some cause has no date."""
        stopping = [check for check in self.checks if check.outcome in STOPPING]
        days = [check.frees_on for check in stopping]
        return max(day for day in days if day) if days and all(days) else None


STOPPING = frozenset({CheckOutcome.POSTPONED, CheckOutcome.HELD, CheckOutcome.BLOCKED})
