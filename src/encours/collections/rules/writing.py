"""What a message that a person writes lists and is checked for: claims like a reminder, free words like a contact."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from encours.collections.rules import interlock
from encours.collections.rules.dunning import disputed_parts
from encours.collections.rules.facts import CheckOutcome, CheckResult, Claim, CustomerFacts, Draft, RunFacts
from encours.collections.rules.interlock import Check
from encours.collections.rules.steps import Step

OWN_WORDS, STATEMENT, NOTICE, THANKS = "own_words", "statement", "notice_before_due", "thanks"

CLAIM_CHECKS: Sequence[Check] = (
    interlock.bank_fresh, interlock.covering_cash, interlock.unread_reply, interlock.promise_running,
    interlock.pause_running, interlock.payment_plan, interlock.insolvency, interlock.weekly_cap,
    interlock.contact_delay, interlock.sandbox,
)  # fmt: skip
# who only informs claims nothing: the person sees what is known and decides
WORD_CHECKS: Sequence[Check] = (
    interlock.unread_reply, interlock.pause_running, interlock.insolvency, interlock.weekly_cap,
    interlock.contact_delay, interlock.sandbox,
)  # fmt: skip


def is_claim(template_key: str, *, with_items: bool) -> bool:
    """Whether the message asks for money: reminders do, free words do once they list what is overdue."""
    return with_items if template_key == OWN_WORDS else template_key not in {STATEMENT, THANKS}


def claims(customer: CustomerFacts, *, template_key: str, entity_id: int, today: date) -> tuple[Claim, ...]:
    """What the message lists of one company: a statement all, a notice what is to come, the others what is late.

    An invoice of 1,000 with 300 in dispute is listed for 700, one disputed whole is left out.
    """
    disputed = disputed_parts(customer.items, customer.disputes)
    found = []
    for item in customer.items:
        is_late = item.due_date < today
        if item.entity_id != entity_id or (template_key != STATEMENT and is_late == (template_key == NOTICE)):
            continue
        part = disputed.get(item.item_id, 0)
        if item.open_minor > part:
            found.append(Claim(item, item.open_minor - part, part, 0))
    return tuple(sorted(found, key=lambda claim: (claim.item.due_date, claim.item.document_number)))


def checks(
    customer: CustomerFacts, run: RunFacts, *, template_key: str, entity_id: int, listed: Sequence[Claim], claims: bool
) -> list[CheckResult]:
    """What the interlock says of it. A person may write all the same, but never claim against an insolvency (C. com.
    L622-21); put off means soon after another contact, which the person sees and decides.
    """
    draft = Draft(entity_id, Step(template_key, template_key, 0, template_key=template_key), tuple(listed))
    # it leaves when the person says so, whatever the hours
    now = replace(run, send_on=run.today)
    results = [check(draft, customer, now) for check in (CLAIM_CHECKS if claims else WORD_CHECKS)]
    if claims:
        return results
    held = CheckOutcome.HELD
    return [replace(one, outcome=held) if one.outcome is CheckOutcome.BLOCKED else one for one in results]


def is_stopped(results: Sequence[CheckResult]) -> bool:
    """Whether no person may send it."""
    return any(result.outcome is CheckOutcome.BLOCKED for result in results)


def asks_a_word(results: Sequence[CheckResult]) -> bool:
    """Whether the person has to say that they have seen what speaks against it."""
    return any(result.outcome in (CheckOutcome.HELD, CheckOutcome.POSTPONED) for result in results)
