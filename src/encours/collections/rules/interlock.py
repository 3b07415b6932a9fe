"""The safety interlock: the named checks each message passes before it leaves, all with one signature.

A check looks at the draft, the customer and the run, and says passed, adjusted, postponed, held or blocked. Checks on
items come first and may withdraw some; checks on the message then see what remains.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache

from encours.collections.rules import recipients
from encours.collections.rules.calendar import SendingCalendar
from encours.collections.rules.facts import (
    CheckOutcome,
    CheckResult,
    CustomerFacts,
    Draft,
    PauseFact,
    RunFacts,
)
from encours.collections.rules.steps import LETTERS, WRITTEN, Basis, Channel, StopCondition
from encours.core.dates import ONE_DAY

type Check = Callable[[Draft, CustomerFacts, RunFacts], CheckResult]

WEEK = timedelta(days=7)
INSOLVENCY, PLAN = "insolvency", "payment_plan"
PASSED, ADJUSTED, POSTPONED, HELD, BLOCKED = CheckOutcome


@lru_cache(maxsize=64)
def _passed(code: str) -> CheckResult:
    return CheckResult(code, PASSED)


def open_dispute(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """Only the disputed part leaves dunning: of 1,000 with 300 disputed, 700 are claimed; all disputed, none."""
    if not customer.disputes:
        return _passed("dispute")
    hit = [claim for claim in draft.claims if claim.disputed_minor]
    if not hit:
        return _passed("dispute")
    amounts: dict[str, int] = {}
    for claim in hit:
        amounts[claim.item.currency] = amounts.get(claim.item.currency, 0) + claim.disputed_minor
    data = {"documents": sorted({claim.item.document_number for claim in hit}), "amounts": amounts}
    withdrawn = frozenset(claim.item.item_id for claim in hit if claim.claimed_minor <= 0)
    return CheckResult("dispute", ADJUSTED, data, withdrawn)


def item_pause(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """An item that a person put on hold stays out of the message; the others go."""
    if not customer.pauses:
        return _passed("item_pause")
    paused = {pause.item_id: pause for pause in customer.pauses if pause.item_id and _runs(pause, run.today)}
    hit = [claim for claim in draft.claims if claim.item.item_id in paused]
    if not hit:
        return _passed("item_pause")
    ends = [paused[claim.item.item_id].until for claim in hit]
    return CheckResult(
        "item_pause",
        ADJUSTED,
        {"documents": sorted({claim.item.document_number for claim in hit})},
        frozenset(claim.item.item_id for claim in hit),
        _day_after(max(end for end in ends if end)) if all(ends) else None,
    )


def item_promise(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """An item promised for a day still to come is not chased before that day is over."""
    promised = {p.item_id: p for p in customer.promises if p.item_id and p.promised_date >= run.today}
    hit = [claim for claim in draft.claims if claim.item.item_id in promised]
    if not hit:
        return _passed("item_promise")
    until = max(promised[claim.item.item_id].promised_date for claim in hit)
    return CheckResult(
        "item_promise",
        ADJUSTED,
        {"documents": sorted({c.item.document_number for c in hit}), "promised_date": until.isoformat()},
        frozenset(claim.item.item_id for claim in hit),
        _day_after(until),
    )


def taken_out(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """What a person took out of this step, one item or the whole message, does not leave with it."""
    if not customer.exclusions:
        return _passed("taken_out")
    key = draft.step.key
    if (key, None) in customer.exclusions:
        hit = draft.claims
    else:
        hit = tuple(claim for claim in draft.claims if (key, claim.item.item_id) in customer.exclusions)
    if not hit:
        return _passed("taken_out")
    documents = sorted({claim.item.document_number for claim in hit})
    return CheckResult("taken_out", ADJUSTED, {"documents": documents}, frozenset(claim.item.item_id for claim in hit))


def planned(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """What a standing payment plan covers is not chased: the plan's own instalments are, each on its day."""
    if not customer.under_plan:
        return _passed("plan")
    data = {
        "plans": [number for number, _ in customer.under_plan],
        "documents": sorted({document for _, documents in customer.under_plan for document in documents}),
    }
    return CheckResult("plan", ADJUSTED, data)


def delivered(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """An invoice known not to have reached the customer is not chased; where nobody knows, it counts as delivered."""
    hit = [claim for claim in draft.claims if claim.item.delivered is False]
    if not hit:
        return _passed("delivered")
    documents = sorted({claim.item.document_number for claim in hit})
    return CheckResult("delivered", ADJUSTED, {"documents": documents}, frozenset(c.item.item_id for c in hit))


def covering_credit(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """Credit notes are listed and deducted; where they cover all that is asked in a currency, nothing is asked."""
    if not customer.credits or draft.step.basis is Basis.PAID:
        return _passed("credit")
    available = _available(draft, customer, "credit_note")
    if not available:
        return _passed("credit")
    totals = Draft(draft.entity_id, draft.step, draft.claims).totals()
    covered = {currency for currency, total in totals.items() if 0 < total <= available.get(currency, 0)}
    data = {"amounts": {currency: minor for currency, minor in available.items() if currency in totals}}
    if not data["amounts"]:
        return _passed("credit")
    withdrawn = frozenset(claim.item.item_id for claim in draft.claims if claim.item.currency in covered)
    return CheckResult("credit", ADJUSTED, data, withdrawn)


def covering_cash(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """Money received, not yet applied, that could settle one of the items holds the message; less does not."""
    if not customer.credits or draft.step.basis is Basis.PAID:
        return _passed("unapplied_cash")
    available = _available(draft, customer, "receipt")
    amounts = {currency: minor for currency, minor in available.items() if currency in draft.totals()}
    if not amounts:
        return _passed("unapplied_cash")
    covers = any(claim.claimed_minor <= amounts.get(claim.item.currency, 0) for claim in draft.claims)
    return CheckResult("unapplied_cash", HELD if covers else ADJUSTED, {"amounts": amounts})


def waiting_payment(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """Money of this customer that is on the bank and not matched yet holds what it may pay: nobody is chased for it.

    A transfer of 100 waits, thought to pay F-1: a reminder for F-1, or for any item of 100 or less, is held.
    """
    if not customer.waiting or draft.step.basis is Basis.PAID:
        return _passed("waiting_payment")
    amounts: dict[str, int] = {}
    named: set[int] = set()
    for money in customer.waiting:
        amounts[money.currency] = amounts.get(money.currency, 0) + money.amount_minor
        named |= money.item_ids
    amounts = {currency: minor for currency, minor in amounts.items() if currency in draft.totals()}
    if not amounts:
        return _passed("waiting_payment")
    covers = any(
        claim.item.item_id in named or claim.claimed_minor <= amounts.get(claim.item.currency, 0)
        for claim in draft.claims
    )
    return CheckResult("waiting_payment", HELD if covers else ADJUSTED, {"amounts": amounts})


def bank_fresh(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """Nobody is asked for money that may already be there: the bank must be known to a recent business day."""
    return _bank(run.bank_known.get(draft.entity_id), run.today, run.policy.bank_age_days_max, run.policy.calendar)


@lru_cache(maxsize=256)
def _bank(known: date | None, today: date, age_max: int, calendar: SendingCalendar) -> CheckResult:
    if known is None:
        return CheckResult("bank", HELD, {"known": None, "days_max": age_max})
    age = calendar.calendar.business_days_between(known + ONE_DAY, today)
    data = {"known": known.isoformat(), "days_max": age_max}
    return CheckResult("bank", PASSED if age <= age_max else HELD, data)


def unread_reply(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """Whoever has answered is read before being chased again."""
    if not customer.unread_replies:
        return _passed("reply")
    return CheckResult("reply", HELD, {"count": customer.unread_replies})


def promise_running(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """A promise on the account stops reminders until its day is over; broken, it resumes them by itself."""
    running = [p for p in customer.promises if p.item_id is None and p.promised_date >= run.today]
    if not running:
        return _passed("promise")
    until = max(promise.promised_date for promise in running)
    first = min(running, key=lambda promise: promise.promised_date)
    data = {
        "promised_date": first.promised_date.isoformat(),
        "amounts": {first.currency: first.amount_minor},
    }
    return CheckResult("promise", HELD, data, frees_on=_day_after(until))


def pause_running(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """A pause on the customer holds everything until its end date or until a person ends it."""
    found = _customer_pause(customer, run.today, lambda reason: reason not in (INSOLVENCY, PLAN))
    return _paused("pause", HELD, found)


def payment_plan(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """Under an agreed payment plan the plan's own dates count, not the invoices'."""
    return _paused("payment_plan", HELD, _customer_pause(customer, run.today, lambda reason: reason == PLAN))


def insolvency(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """Insolvency proceedings forbid claiming earlier debts (C. com. L622-7, L622-21): nothing leaves, whoever asks."""
    return _paused("insolvency", BLOCKED, _customer_pause(customer, run.today, lambda reason: reason == INSOLVENCY))


def stop_condition(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """What the step itself names keeps it back whole: a formal notice that waits for any dispute, not only its part."""
    if not draft.step.stop_when:
        return _passed("stop_condition")
    found = [condition.value for condition in draft.step.stop_when if _CONDITIONS[condition](customer, run.today)]
    return CheckResult("stop_condition", HELD, {"conditions": found}) if found else _passed("stop_condition")


def _has_answered(customer: CustomerFacts, today: date) -> bool:
    answer = customer.last_answer_on
    return answer is not None and (not customer.contact_dates or customer.contact_dates[-1] <= answer)


_CONDITIONS: Mapping[StopCondition, Callable[[CustomerFacts, date], bool]] = {
    StopCondition.DISPUTED: lambda customer, today: bool(customer.disputes),
    StopCondition.PROMISED: lambda customer, today: any(p.promised_date >= today for p in customer.promises),
    StopCondition.ANSWERED: _has_answered,
    StopCondition.CREDIT: lambda customer, today: bool(customer.credits or customer.waiting),
    StopCondition.PAUSED_ITEM: lambda customer, today: any(p.item_id and _runs(p, today) for p in customer.pauses),
}


def recipient(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """A message needs somebody it can reach, by mail, phone or post; else it says what to mend.

    Where nobody has the first role of the ladder, or messages went unanswered, it says to whom it goes instead.
    """
    step = draft.step
    if step.channel not in WRITTEN:
        return _passed("recipient")
    found = recipients.addressed(customer, step)
    problem = None if found and step.channel is Channel.EMAIL else recipients.unreachable(customer, step)
    if problem is not None:
        outcome = BLOCKED if problem.is_final else HELD
        data = {"cause": problem.cause, "email": problem.email} if problem.email else {"cause": problem.cause}
        return CheckResult("recipient", outcome, data)
    wanted = recipients.ladder(customer, step)
    to = found[0].email or found[0].phone or found[0].name
    if wanted[0] != step.to_roles[0] and found[0].role in wanted:
        return CheckResult("recipient", ADJUSTED, {"cause": "escalated", "count": customer.unanswered, "email": to})
    if found[0].role in wanted or (step.channel in LETTERS and not found[0].role):
        return _passed("recipient")
    return CheckResult("recipient", ADJUSTED, {"roles": list(wanted), "email": to})


def weekly_cap(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """At most so many contacts in seven days, across channels and entities; the message waits for the eighth."""
    if draft.step.channel not in WRITTEN:
        return _passed("weekly_cap")
    cap = run.policy.weekly_cap
    recent = [day for day in customer.contact_dates if run.send_on - WEEK < day <= run.send_on]
    if len(recent) < cap:
        return (
            CheckResult("weekly_cap", PASSED, {"count": len(recent), "cap": cap}) if recent else _passed("weekly_cap")
        )
    frees_on = recent[len(recent) - cap] + WEEK
    return CheckResult("weekly_cap", POSTPONED, {"count": len(recent), "cap": cap}, frees_on=frees_on)


def contact_delay(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """Between two contacts lie some days: written to on the 10th with a delay of 3, again on the 13th.

    Never twice on one day, whichever of our companies writes and whatever the delay.
    """
    if draft.step.channel not in WRITTEN or not customer.contact_dates:
        return _passed("contact_delay")
    frees_on = customer.contact_dates[-1] + timedelta(days=max(1, run.policy.contact_delay_days))
    if frees_on <= run.send_on:
        return _passed("contact_delay")
    data = {"last": customer.contact_dates[-1].isoformat(), "days": run.policy.contact_delay_days}
    return CheckResult("contact_delay", POSTPONED, data, frees_on=frees_on)


def sending_calendar(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """Outside working days and hours the message is decided all the same and waits for the next opening."""
    if run.send_on == run.today:
        return _passed("calendar")
    return _waits_for(run.send_on)


@lru_cache(maxsize=64)
def _waits_for(day: date) -> CheckResult:
    return CheckResult("calendar", ADJUSTED, {"send_on": day.isoformat()})


def sandbox(draft: Draft, customer: CustomerFacts, run: RunFacts) -> CheckResult:
    """In sandbox mode the message goes to the organisation's own mailbox page and to nobody else."""
    return _sandboxed() if run.sandbox else _passed("sandbox")


@lru_cache(maxsize=1)
def _sandboxed() -> CheckResult:
    return CheckResult("sandbox", ADJUSTED)


ITEM_CHECKS: tuple[Check, ...] = (
    open_dispute, item_pause, item_promise, planned, taken_out, delivered, covering_credit,
)  # fmt: skip
MESSAGE_CHECKS: tuple[Check, ...] = (
    bank_fresh, covering_cash, waiting_payment, unread_reply, promise_running, pause_running, payment_plan, insolvency,
    stop_condition, recipient, weekly_cap, contact_delay, sending_calendar, sandbox,
)  # fmt: skip
# A message of thanks claims nothing: what protects a debtor from being chased does not concern it.
THANKS_CHECKS: tuple[Check, ...] = (
    unread_reply, pause_running, insolvency, recipient, weekly_cap, contact_delay, sending_calendar, sandbox,
)  # fmt: skip


def _available(draft: Draft, customer: CustomerFacts, kind: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for credit in customer.credits:
        if credit.kind == kind and credit.entity_id == draft.entity_id:
            found[credit.currency] = found.get(credit.currency, 0) + credit.open_minor
    return found


def _runs(pause: PauseFact, today: date) -> bool:
    return pause.until is None or pause.until >= today


def _customer_pause(customer: CustomerFacts, today: date, is_meant: Callable[[str], bool]) -> list[PauseFact]:
    return [p for p in customer.pauses if p.item_id is None and is_meant(p.reason) and _runs(p, today)]


def _paused(code: str, outcome: CheckOutcome, found: list[PauseFact]) -> CheckResult:
    if not found:
        return _passed(code)
    ends = [pause.until for pause in found]
    end = max(day for day in ends if day) if all(ends) else None
    data = {"reason": found[0].reason, "until": end.isoformat() if end else None, "author": found[0].author}
    return CheckResult(code, outcome, data, frees_on=_day_after(end) if end else None)


def _day_after(day: date) -> date:
    return day + ONE_DAY
