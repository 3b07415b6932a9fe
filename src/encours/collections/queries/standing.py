"""Whether a decision still stands just before its message leaves: the interlock asked again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from encours.collections.models import Reminder, ReminderItem, Withdrawal
from encours.collections.queries import facts as loading
from encours.collections.rules import dunning, wording
from encours.collections.rules.facts import STOPPING, CustomerFacts, Decision, Outcome, RunFacts
from encours.core.errors import gettext_noop
from encours.messaging.models import Message, State

CANCELLED = State.CANCELLED
RECALLABLE = frozenset({State.QUEUED, State.HELD, State.RENDERED, State.FAILED, State.REFUSED, State.CANCELLED})
NEVER_LEFT = frozenset({State.CANCELLED, State.REFUSED})
NOTHING_WENT: dict[str, str] = {
    State.CANCELLED: gettext_noop("The message was cancelled: nothing went."),
    State.REFUSED: gettext_noop("The mail server refused the message: nothing went."),
}
MOVED = gettext_noop("The account has moved since the decision.")
# What only speaks of the moment of sending was settled when the message was decided.
_OF_THE_DECISION = frozenset({"weekly_cap", "contact_delay", "calendar"})


def message_of(reminder: Reminder) -> Message | None:
    """The message a decision led to."""
    if not reminder.message_key:
        return None
    return Message.objects.filter(organisation_id=reminder.organisation_id, key=reminder.message_key).first()


def fallen(organisation_id: int, reminder_ids: Sequence[int], *, today: date, now: datetime) -> dict[int, str]:
    """Those of the decisions that no longer stand, each with the reason in words."""
    reminders = list(Reminder.objects.filter(organisation_id=organisation_id, pk__in=reminder_ids))
    if not reminders:
        return {}
    book = loading.book_of(organisation_id, today=today, now=now, ignored_reminder_ids=[r.pk for r in reminders])
    customers = {
        customer.customer_id: customer
        for customer in loading.customers(book, ids=sorted({r.customer_id for r in reminders}))
    }
    claims = _claims(organisation_id, [reminder.pk for reminder in reminders])
    run = loading.run_facts(organisation_id, today=today, now=now, is_confirmed=True)
    # its step was given back and may have been taken by another message since
    withdrawn = Withdrawal.objects.filter(organisation_id=organisation_id, reminder_id__in=reminder_ids)
    found = dict.fromkeys(withdrawn.values_list("reminder_id", flat=True), MOVED)
    for reminder in reminders:
        if reminder.pk in found:
            continue
        reason = _reason(reminder, claims.get(reminder.pk, {}), customers.get(reminder.customer_id), run)
        if reason:
            found[reminder.pk] = reason
    return found


def _claims(organisation_id: int, reminder_ids: Sequence[int]) -> dict[int, dict[int, int]]:
    rows = ReminderItem.objects.filter(organisation_id=organisation_id, reminder_id__in=reminder_ids)
    found: dict[int, dict[int, int]] = {}
    for reminder_id, item_id, claimed in rows.values_list("reminder_id", "item_id", "claimed_minor"):
        found.setdefault(reminder_id, {})[item_id] = claimed
    return found


def _reason(reminder: Reminder, claimed: dict[int, int], customer: CustomerFacts | None, run: RunFacts) -> str:
    if customer is None:
        return MOVED
    aside = dict.fromkeys(_OF_THE_DECISION, reminder.actor_name) | dict(reminder.set_aside)
    decision = _same(reminder, claimed, dunning.decide(customer, replace(run, set_aside=aside)))
    if decision is None:
        return MOVED
    if decision.outcome is not Outcome.DUE:
        return " ".join(wording.sentence(check.as_json()) for check in decision.checks if check.outcome in STOPPING)
    now_claimed = {claim.item.item_id: claim.claimed_minor for claim in decision.claims}
    # What was asked must be asked still; that more has fallen due since is for the next run.
    is_whole = all(now_claimed.get(item_id) == minor for item_id, minor in claimed.items())
    # A credit note that came, or was used, since then makes the total in the letter a wrong one.
    are_credits_the_same = sorted(reminder.credit_item_ids) == sorted(credit.item_id for credit in decision.credits)
    return "" if is_whole and are_credits_the_same else MOVED


def _same(reminder: Reminder, claimed: dict[int, int], decisions: list[Decision]) -> Decision | None:
    about = [
        decision
        for decision in decisions
        if decision.entity_id == reminder.entity_id and claimed.keys() & {c.item.item_id for c in decision.claims}
    ]
    same = (decision for decision in about if decision.step and decision.step.key == reminder.step_key)
    return next(same, about[0] if about else None)
