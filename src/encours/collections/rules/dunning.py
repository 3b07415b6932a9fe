"""Whose turn it is: the next step of each instalment, the messages they make, and what the interlock says of each."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from encours.collections.rules import interlock, recipients
from encours.collections.rules.facts import (
    CheckOutcome,
    CheckResult,
    Claim,
    CustomerFacts,
    Decision,
    DisputeFact,
    Draft,
    EventFact,
    Instalment,
    Outcome,
    RunFacts,
)
from encours.collections.rules.steps import WRITTEN, Basis, EntryChoice, Grouping, Mode, Plan, Step

type Turn = tuple[Instalment, Step]


class Start(NamedTuple):
    """Where what was late on joining begins: at the step of this position, for what was due before that day."""

    position: int
    joined_on: date


# what happened longer ago is no longer answered by a step of its own
EVENT_DAYS = 14

# A dispute is closed, never set aside; the law on insolvency binds everybody; nobody writes to an address that bounced.
NEVER_SET_ASIDE = frozenset({"dispute", "insolvency", "scenario", "recipient"})
_OUTCOMES = {
    CheckOutcome.BLOCKED: Outcome.BLOCKED,
    CheckOutcome.HELD: Outcome.HELD,
    CheckOutcome.POSTPONED: Outcome.POSTPONED,
}


def offset(step: Step, item: Instalment) -> int:
    """Days from the item's due date at which the step falls.

    A step 30 days after issue, for an item issued on 1 March and due on 31 March, falls on the due date: 0.
    """
    return step.days if step.basis is Basis.DUE else step.days + (item.issue_date - item.due_date).days


def next_step(
    item: Instalment,
    plan: Plan,
    *,
    today: date,
    entry: EntryChoice | None = None,
    start: Start | None = None,
    kept_from: Collection[str] = (),
) -> Step | None:
    """The step whose turn it is for the instalment today, if any.

    Never the same step again, never an older one after a newer, and none before the time a message gave is over. By
    age: the furthest step reached, so an invoice 12 days late that nobody chased gets the step of +10, not that of +3.
    In order: the step after the last one, at the scenario's own rhythm. Up to its due date an item only gets notices.
    `start` is a step chosen for what was late on joining: an invoice 60 days late that is to begin at +10 gets that one
    first, then the others at their rhythm, whatever another scenario had sent before. `kept_from` are the steps a
    customer is kept aside from, to learn what they do: they are passed over.
    """
    late = (today - item.due_date).days
    last = item.last
    if last is not None and last.deadline_days and (today - last.left_on).days <= last.deadline_days:
        return None
    if last is not None and plan.last_positions and _is_over(item, plan):
        return None
    is_early = late <= 0
    starts_at = start.position if start is not None and not is_early and item.due_date < start.joined_on else 0
    if entry is EntryChoice.AT_STEP:
        entry = EntryChoice.IN_ORDER if starts_at else None
    takes_furthest = is_early or (entry or plan.entry) is EntryChoice.BY_AGE
    # a million items pass here: what is over already is told by its place, before any day is reckoned
    after = last.position if last is not None and last.scenario_id == plan.scenario_id else 0
    reached = None
    for step in plan.claims:
        if step.position <= after or step.position < starts_at:
            continue
        falls = step.days if step.basis is Basis.DUE else offset(step, item)
        if falls > late or (falls <= 0) is not is_early or step.key in kept_from:
            continue
        if last is not None and not _follows(step, falls, item, plan, starts_anew=bool(starts_at)):
            continue
        if takes_furthest:
            reached = step
        else:
            return step if _keeps_rhythm(step, item, plan, today) else None
    return reached


def _is_over(item: Instalment, plan: Plan) -> bool:
    """Whether the scenario ended for the item with a step after which nothing follows."""
    last = item.last
    if last is None or not plan.last_positions or last.scenario_id != plan.scenario_id:
        return False
    return any(step.is_last and (plan.scenario_id, step.key) in last.taken for step in plan.claims) or (
        last.position in plan.last_positions
    )


def _follows(step: Step, falls: int, item: Instalment, plan: Plan, *, starts_anew: bool) -> bool:
    last = item.last
    if last is None:
        return True
    if (plan.scenario_id, step.key) in last.taken:
        return False
    if last.scenario_id == plan.scenario_id:
        return step.position > last.position and falls >= last.offset_days
    return starts_anew or falls > last.offset_days


def _keeps_rhythm(step: Step, item: Instalment, plan: Plan, today: date) -> bool:
    last = item.last
    return last is None or last.scenario_id != plan.scenario_id or (today - last.left_on).days >= step.days - last.days


def disputed_parts(items: Sequence[Instalment], disputes: Iterable[DisputeFact]) -> dict[int, int]:
    """How much of each item is in dispute, never more than is open.

    A dispute of 300 on a document with instalments of 200 and 500 takes 200 from the one due first and 100 from the
    next: whatever falls due, what is in dispute is not asked.
    """
    parts: dict[int, int] = {}
    for dispute in disputes:
        left = dispute.amount_minor
        for item in sorted(_disputed(items, dispute), key=lambda item: (item.due_date, item.instalment_number)):
            room = item.open_minor - parts.get(item.item_id, 0)
            taken = room if left is None else min(room, left)
            parts[item.item_id] = parts.get(item.item_id, 0) + taken
            left = None if left is None else left - taken
    return parts


def _disputed(items: Sequence[Instalment], dispute: DisputeFact) -> list[Instalment]:
    if dispute.item_id is not None:
        return [item for item in items if item.item_id == dispute.item_id]
    of_company = [item for item in items if dispute.entity_id in (None, item.entity_id)]
    if dispute.document_number:
        return [item for item in of_company if item.document_number == dispute.document_number]
    return of_company


def decide(customer: CustomerFacts, run: RunFacts) -> list[Decision]:
    """Every message of the day for one customer, each with its outcome and its reasons.

    One message for each entity that is owed, by its furthest step: items at +3 and at +30 leave together as the step of
    +30. Notices of what is not due yet never ride with reminders. Each message that leaves is a contact for the next.
    """
    if customer.plan is None:
        return _without_scenario(customer, run)
    plan, decisions = customer.plan, []
    contacts = customer.contact_dates
    written_by: set[int] = set()
    parts = disputed_parts(customer.items, customer.disputes) if customer.disputes else {}
    for draft in _drafts(customer, plan, run.today, parts):
        # Letters of one scenario "by invoice" that leave the same day for one entity are one contact.
        is_same_contact = _is_by_invoice(draft.step, plan) and draft.entity_id in written_by
        seen = (
            customer
            if is_same_contact or contacts is customer.contact_dates
            else replace(customer, contact_dates=contacts)
        )
        company_run = run.of(draft.entity_id, customer.hours) if run.policies or customer.hours else run
        decision = _weigh(draft, seen, plan, company_run)
        decisions.append(decision)
        if decision.outcome is Outcome.DUE and draft.step.channel in WRITTEN and not is_same_contact:
            written_by.add(draft.entity_id)
            contacts = tuple(sorted((*contacts, company_run.send_on)))
    return decisions


def _is_by_invoice(step: Step, plan: Plan) -> bool:
    return (step.grouping or plan.grouping) is Grouping.INVOICE


def _without_scenario(customer: CustomerFacts, run: RunFacts) -> list[Decision]:
    late = [item for item in customer.items if item.due_date < run.today]
    if customer.chases_nobody or not late:
        return []
    claims = tuple(Claim(item, item.open_minor, 0, 0) for item in late)
    check = CheckResult("scenario", CheckOutcome.BLOCKED)
    totals: dict[str, int] = {}
    for claim in claims:
        totals[claim.item.currency] = totals.get(claim.item.currency, 0) + claim.claimed_minor
    return [Decision(customer.customer_id, None, Outcome.BLOCKED, (check,), claims=claims, totals=totals)]


def _drafts(customer: CustomerFacts, plan: Plan, today: date, parts: dict[int, int]) -> list[Draft]:
    groups: dict[tuple[object, ...], list[Turn]] = {}
    start = start_of(customer, plan)
    for item in customer.items:
        step = next_step(item, plan, today=today, entry=customer.entry, start=start, kept_from=customer.kept_from)
        if step is not None:
            is_early = item.due_date >= today
            document = item.document_number if _is_by_invoice(step, plan) else ""
            key = (is_early, item.entity_id, step.channel, document)
            groups.setdefault(key, []).append((item, step))
    drafts = [_draft(key[1], turns, parts) for key, turns in groups.items()]  # type: ignore[arg-type]  # the company's id
    if customer.events and plan.answers:
        drafts.extend(_answers(customer, plan, today, parts))
    if len(drafts) > 1:
        # The hardest message goes first; the others find that the customer has just been written to.
        drafts.sort(key=lambda draft: (-draft.step.position, draft.entity_id, draft.claims[0].item.document_number))
    if customer.settled and plan.thanks is not None and not any(d.claims[0].item.due_date < today for d in drafts):
        drafts.extend(_thanks(customer, plan.thanks))
    return drafts


def start_of(customer: CustomerFacts, plan: Plan) -> Start | None:
    """Where what was late when the customer joined begins, if a step was chosen and the scenario still has it."""
    if customer.entry is not EntryChoice.AT_STEP or customer.joined_on is None:
        return None
    step = next((step for step in plan.claims if step.key == customer.entry_step), None)
    return Start(step.position, customer.joined_on) if step is not None else None


def _answers(customer: CustomerFacts, plan: Plan, today: date, parts: dict[int, int]) -> list[Draft]:
    """The messages that follow what happened: a promise broken on the 3rd is answered once, its own days later."""
    found: dict[tuple[int, str], Draft] = {}
    for step in plan.answers:
        for event in customer.events:
            falls = event.on + timedelta(days=step.days)
            if event.kind is not step.event or not falls <= today <= falls + timedelta(days=EVENT_DAYS):
                continue
            mark = f"{step.key}@{event.on.isoformat()}"
            for item in _touched(customer, event, today):
                if (item.item_id, mark) in customer.answered:
                    continue
                disputed = parts.get(item.item_id, 0) if parts else 0
                claim = Claim(item, item.open_minor - disputed, disputed, (today - item.due_date).days)
                draft = found.setdefault((item.entity_id, mark), Draft(item.entity_id, step, (), mark=mark))
                if claim not in draft.claims:
                    found[item.entity_id, mark] = replace(draft, claims=(*draft.claims, claim))
    return list(found.values())


def _touched(customer: CustomerFacts, event: EventFact, today: date) -> list[Instalment]:
    """The items an event is about: the one it names, else all that is late."""
    if event.item_id is not None:
        return [item for item in customer.items if item.item_id == event.item_id]
    return [item for item in customer.items if item.due_date < today]


def _draft(entity_id: int, turns: list[Turn], parts: dict[int, int]) -> Draft:
    step = max((step for _, step in turns), key=lambda step: step.position)
    claims = []
    for item, _ in turns:
        disputed = parts.get(item.item_id, 0) if parts else 0
        claims.append(Claim(item, item.open_minor - disputed, disputed, offset(step, item)))
    return Draft(entity_id, step, tuple(claims))


def _thanks(customer: CustomerFacts, step: Step) -> list[Draft]:
    found: dict[int, list[Claim]] = {}
    for settled in customer.settled:
        found.setdefault(settled.instalment.entity_id, []).append(Claim(settled.instalment, 0, 0, 0))
    return [Draft(entity_id, step, tuple(claims)) for entity_id, claims in found.items()]


def _weigh(draft: Draft, customer: CustomerFacts, plan: Plan, run: RunFacts) -> Decision:
    """One draft through the interlock."""
    if draft.step.basis is Basis.PAID:
        results = [_set_aside(check(draft, customer, run), run) for check in interlock.THANKS_CHECKS]
        return _decision(draft, draft, customer, plan, run, results)
    results = []
    remaining = draft
    for check in interlock.ITEM_CHECKS:
        result = _set_aside(check(remaining, customer, run), run)
        results.append(result)
        if result.withdrawn:
            kept = tuple(claim for claim in remaining.claims if claim.item.item_id not in result.withdrawn)
            remaining = replace(remaining, claims=kept)
    if not remaining.claims:
        return _nothing_left(draft, customer, plan, results)
    remaining = _deduct(remaining, customer, plan)
    if _is_below_minimum(remaining):
        totals = remaining.totals()
        results.append(
            CheckResult("minimum", CheckOutcome.HELD, {"minimum_minor": draft.step.minimum_minor, "amounts": totals})
        )
        return _decision(draft, remaining, customer, plan, run, results, outcome=Outcome.SKIPPED)
    results += [_set_aside(check(remaining, customer, run), run) for check in interlock.MESSAGE_CHECKS]
    return _decision(draft, remaining, customer, plan, run, results)


def _set_aside(result: CheckResult, run: RunFacts) -> CheckResult:
    if not run.set_aside or result.code not in run.set_aside or result.code in NEVER_SET_ASIDE:
        return result
    is_stop = result.outcome in (CheckOutcome.HELD, CheckOutcome.POSTPONED) or bool(result.withdrawn)
    if not is_stop:
        return result
    data = {**result.data, "set_aside_by": run.set_aside[result.code]}
    return CheckResult(result.code, CheckOutcome.PASSED, data)


def _deduct(draft: Draft, customer: CustomerFacts, plan: Plan) -> Draft:
    """Credit notes come off a grouped message; one of many single messages must not deduct them again each time."""
    if not customer.credits or _is_by_invoice(draft.step, plan):
        return draft
    asked = {claim.item.currency for claim in draft.claims}
    credits = tuple(
        credit
        for credit in customer.credits
        if credit.kind == "credit_note" and credit.entity_id == draft.entity_id and credit.currency in asked
    )
    return replace(draft, credits=credits) if credits else draft


def _is_below_minimum(draft: Draft) -> bool:
    minimum = draft.step.minimum_minor
    return bool(minimum) and all(total < minimum for total in draft.totals().values())


def _nothing_left(draft: Draft, customer: CustomerFacts, plan: Plan, results: list[CheckResult]) -> Decision:
    """Every item was withdrawn: what withdrew them holds the message, or a person took it out."""
    checks = tuple(replace(r, outcome=CheckOutcome.HELD) if r.withdrawn else r for r in results)
    is_taken_out = all(result.code == "taken_out" for result in results if result.withdrawn)
    return Decision(
        customer.customer_id,
        draft.entity_id,
        Outcome.SKIPPED if is_taken_out else Outcome.HELD,
        checks,
        plan,
        draft.step,
        draft.claims,
        disputed=tuple(claim for claim in draft.claims if claim.disputed_minor),
        totals=draft.totals(),
        mark=draft.mark,
    )


def _decision(
    raw: Draft,
    draft: Draft,
    customer: CustomerFacts,
    plan: Plan,
    run: RunFacts,
    results: list[CheckResult],
    outcome: Outcome | None = None,
) -> Decision:
    step = draft.step
    totals = draft.totals() if step.basis is not Basis.PAID else {}
    if outcome is None:
        outcome = _worst(results)
    if outcome is Outcome.DUE and _asks_a_person(step, totals):
        if run.is_confirmed:
            results.append(CheckResult("confirmation", CheckOutcome.PASSED))
        else:
            results.append(_waits_for_a_person(step.mode))
            outcome = Outcome.TO_CONFIRM
    to = recipients.addressed(customer, step) if step.channel in WRITTEN else ()
    cc = recipients.copies(customer, step, to) if to and (step.cc_roles or step.cc_internal) else ()
    disputed = tuple(claim for claim in raw.claims if claim.disputed_minor) if customer.disputes else ()
    return Decision(
        customer.customer_id, draft.entity_id, outcome, tuple(results), plan, step,
        draft.claims, draft.credits, disputed, totals, to, cc, draft.mark, customer.hours,
    )  # fmt: skip


@lru_cache(maxsize=8)
def _waits_for_a_person(mode: Mode) -> CheckResult:
    return CheckResult("confirmation", CheckOutcome.HELD, {"mode": mode.value})


def _worst(results: Iterable[CheckResult]) -> Outcome:
    found = {result.outcome for result in results}
    for worst, outcome in _OUTCOMES.items():
        if worst in found:
            return outcome
    return Outcome.DUE


def _asks_a_person(step: Step, totals: dict[str, int]) -> bool:
    if step.mode is not Mode.AUTO:
        return True
    limit = step.confirm_from_minor
    return limit is not None and any(total >= limit for total in totals.values())
