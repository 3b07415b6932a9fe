"""The deadline guardian: the last day for each thing that kills a claim, the safe one and the one that could be argued.

Two days stand side by side. The *safe* day counts only what is certain and forgets every extension; the *possible* day
counts what could be argued (a payment as acknowledgement, a period that ends on a Sunday). Nothing is ever extended by
the product itself: a person reads both, and acts by the safe one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from encours.core.dates import BusinessCalendar, add_months
from encours.core.errors import Refused, gettext_noop
from encours.core.legal_values import LegalValue, Registry
from encours.recovery.rules.registry import after


class YearsUnusable(Refused):
    """A contract may set a limitation of one to ten years, between professionals only (C. civ. 2254)."""

    message = gettext_noop("A contract may set a limitation of 1 to 10 years, between professionals only.")


class Regime(StrEnum):
    """Which limitation a debt follows; a person says so, the product only assumes."""

    COMMERCIAL = "commercial"
    GENERAL = "general"
    CONSUMER = "consumer"
    CARRIAGE = "carriage"


class ActKind(StrEnum):
    """What happened that moves a deadline, or is believed to."""

    ACKNOWLEDGEMENT = "acknowledgement"  # C. civ. 2240
    PAYMENT = "payment"  # may be one
    REQUEST_FOR_TIME = "request_for_time"  # may be one
    FORMAL_NOTICE = "formal_notice"  # interrupts nothing
    SUMMONS = "summons"  # C. civ. 2241
    ORDER_REQUESTED = "order_requested"  # interrupts nothing
    ORDER_ISSUED = "order_issued"  # starts the time to serve it
    ORDER_SERVED = "order_served"
    OPPOSITION = "opposition"
    ENFORCEMENT = "enforcement"  # C. civ. 2244
    CLAIM_FILED = "claim_filed"  # C. com. L622-25-1
    TITLE = "title"  # from then on the title's own ten years


INTERRUPTS = frozenset({
    ActKind.ACKNOWLEDGEMENT, ActKind.SUMMONS, ActKind.ORDER_SERVED, ActKind.ENFORCEMENT, ActKind.CLAIM_FILED,
})  # fmt: skip
MAY_INTERRUPT = frozenset({ActKind.PAYMENT, ActKind.REQUEST_FOR_TIME})


class Kind(StrEnum):
    """What ends on the day."""

    LIMITATION = "limitation"
    TITLE = "title"
    ORDER_SERVICE = "order_service"
    OPPOSITION = "opposition"
    CLAIM_FILING = "claim_filing"
    CLAIM_RELIEF = "claim_relief"
    RETENTION = "retention"
    DEDUCTION = "deduction"
    NOTICE = "notice"  # the day a formal notice gave
    MANDATE = "mandate"  # a direct debit mandate lapses when it is not used
    INSURER_NOTICE = "insurer_notice"  # a credit insurer wants to be told of what is late
    INSURER_CLAIM = "insurer_claim"  # and asked to pay


class Urgency(StrEnum):
    """How near the safe day is."""

    OVER = "over"
    WEEK = "week"
    MONTH = "month"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happened, by the day it counts for; `is_certain` when a person qualified it."""

    kind: ActKind
    day: date
    is_certain: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What moved a date: the act, the last day it led to, and whether it counts for the safe day."""

    kind: ActKind
    day: date
    until: date
    is_certain: bool


@dataclass(frozen=True, slots=True)
class Deadline:
    """A last day: safe, and possible where another could be argued; with the text it rests on."""

    kind: Kind
    safe_date: date
    possible_date: date | None
    article: str
    source: str
    doubt: str = ""
    steps: Sequence[Step] = field(default=())
    is_assumed: bool = False

    def urgency(self, today: date) -> Urgency:
        """How near the safe day is."""
        days = (self.safe_date - today).days
        if days < 0:
            return Urgency.OVER
        return Urgency.WEEK if days <= 7 else Urgency.MONTH if days <= 30 else Urgency.LATER


def limitation(
    due_date: date,
    regime: Regime,
    acts: Iterable[Act],
    *,
    registry: Registry,
    years: int | None = None,
    is_assumed: bool = False,
) -> Deadline:
    """The last day to sue for an instalment, from its due date, anew after each act that interrupts.

    Due on 10 March 2024, commercial: 10 March 2029 (C. com. L110-4). A formal notice changes nothing (Cass. com. 18 May
    2022, 20-23.204); a payment of 1 June 2025 leaves the safe day and makes 1 June 2030 possible; an acknowledgement of
    that day moves both. An act after the last day moves nothing; never beyond twenty years of the due date (2232).
    """
    if years is not None and (not 1 <= years <= 10 or regime in (Regime.CONSUMER, Regime.CARRIAGE)):
        raise YearsUnusable(years=years)
    value = registry.at(f"limitation_{regime.value}", due_date)
    cap = after(due_date, registry.at("limitation_cap", due_date))
    safe = possible = min(_period(due_date, value, years), cap)
    steps = []
    for act in sorted(acts, key=lambda one: (one.day, one.kind.value)):
        is_safe = act.kind in INTERRUPTS and act.is_certain
        if not (is_safe or act.kind in INTERRUPTS | MAY_INTERRUPT) or not due_or_later(act, due_date):
            continue
        until = min(_period(act.day, value, years), cap)
        if is_safe and act.day <= safe:
            safe = max(safe, until)
        if act.day <= possible:
            possible = max(possible, until)
            steps.append(Step(act.kind, act.day, until, is_safe and act.day <= safe))
    article = value.article if years is None else f"{value.article}, C. civ. 2254"
    return Deadline(
        Kind.LIMITATION,
        safe,
        possible if possible > safe else None,
        article,
        value.source,
        value.doubt,
        tuple(steps),
        is_assumed,
    )


def due_or_later(act: Act, due_date: date) -> bool:
    """Whether the act falls where the period runs; one before the due date cannot interrupt what has not begun."""
    return act.day >= due_date


def _period(start: date, value: LegalValue, years: int | None) -> date:
    return after(start, value) if years is None else add_months(start, 12 * years)


def title(acts: Iterable[Act], *, registry: Registry) -> Deadline | None:
    """The last day to enforce a title, ten years after it or after the latest measure that enforced it."""
    found = sorted(acts, key=lambda one: one.day)
    last = next((act.day for act in reversed(found) if act.kind is ActKind.TITLE), None)
    if last is None:
        return None
    value = registry.at("title_enforcement", last)
    safe = after(last, value)
    measures = [act.day for act in found if act.kind is ActKind.ENFORCEMENT and last <= act.day <= safe]
    possible = after(max(measures), value) if measures else None
    return Deadline(Kind.TITLE, safe, possible, value.article, value.source, value.doubt)


def order(acts: Iterable[Act], *, registry: Registry, calendar: BusinessCalendar) -> list[Deadline]:
    """The days of an order to pay: to be served within its months, then the debtor's month to oppose.

    Issued on 15 September 2026 -> served by 15 December 2026, or it lapses (three months; six for orders before 1
    September 2026). Served on 2 November 2026 -> opposition until 2 December 2026.
    """
    found = sorted(acts, key=lambda one: one.day)
    issued = next((act.day for act in reversed(found) if act.kind is ActKind.ORDER_ISSUED), None)
    if issued is None:
        return []
    served = next((act.day for act in found if act.kind is ActKind.ORDER_SERVED and act.day >= issued), None)
    if served is None:
        return [_of(Kind.ORDER_SERVICE, issued, registry.at("order_service", issued), calendar)]
    if any(act.kind is ActKind.OPPOSITION and act.day >= served for act in found):
        return []
    return [_of(Kind.OPPOSITION, served, registry.at("order_opposition", served), calendar)]


def mandate(last_collected: date, *, registry: Registry) -> Deadline:
    """The day after which a SEPA mandate may no longer be used: 36 months after the last collection under it.

    Last collected on 5 March 2024: 5 March 2027. A collection that was returned counts as one that was presented.
    """
    value = registry.at("mandate_lapse", last_collected)
    return Deadline(Kind.MANDATE, after(last_collected, value), None, value.article, value.source, value.doubt)


def insurer(kind: Kind, due_date: date, *, days: int, contract: str, calendar: BusinessCalendar) -> Deadline:
    """The day by which the contract wants the insurer told, or asked to pay: so many days after the due date.

    Due on 30 September 2026, 60 days: 29 November, a Sunday; that the Monday after was meant could be argued.
    """
    safe = due_date + timedelta(days=days)
    working = calendar.next_business_day(safe)
    return Deadline(kind, safe, working if working != safe else None, contract, "")


def insolvency(
    published: date | None,
    *,
    is_creditor_abroad: bool,
    is_claim_filed: bool,
    sold_with_retention: bool,
    registry: Registry,
    calendar: BusinessCalendar,
) -> list[Deadline]:
    """The days of an insolvency, from the publication of the opening judgment in the BODACC.

    Published on 10 October 2026 -> file the claim by 10 December 2026 (R622-24), the day of posting counts; missed,
    relief may be asked until 10 April 2027 (L622-26). Four months for a creditor outside metropolitan France. A period
    that ends on a day nobody works runs to the next one (CPC 642): that is the possible day, never the safe one.
    """
    if published is None:
        return []
    found = []
    if not is_claim_filed:
        code = "claim_filing_abroad" if is_creditor_abroad else "claim_filing"
        found.append(_of(Kind.CLAIM_FILING, published, registry.at(code, published), calendar))
        found.append(_of(Kind.CLAIM_RELIEF, published, registry.at("claim_relief", published), calendar))
    if sold_with_retention:
        found.append(_of(Kind.RETENTION, published, registry.at("retention_claim", published), calendar))
    return found


def _of(kind: Kind, start: date, value: LegalValue, calendar: BusinessCalendar) -> Deadline:
    safe = after(start, value)
    working = calendar.next_business_day(safe)
    return Deadline(kind, safe, working if working != safe else None, value.article, value.source, value.doubt)
