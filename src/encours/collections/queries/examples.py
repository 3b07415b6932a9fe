"""Real decisions to try a template on: the latest reminders a person may see, and what their message would be told."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from encours.access.rules import Scope
from encours.collections.models import Reminder
from encours.collections.queries.messages import drafts_of
from encours.collections.rules.steps import WRITTEN
from encours.customers import queries as customers


def recent_reminders(scope: Scope, *, step_key: str = "", limit: int) -> Sequence[Reminder]:
    """The latest decisions that write to somebody, those of the step asked for first, one a customer."""
    found = Reminder.objects.filter(
        organisation_id=scope.organisation_id,
        channel__in=[channel.value for channel in WRITTEN],
        customer__in=customers.in_scope(scope),
    ).exclude(outcome__in=["blocked", "skipped"])
    latest = list(found.select_related("customer").order_by("-pk")[: limit * 10])
    latest.sort(key=lambda reminder: reminder.step_key != step_key)
    seen: set[int] = set()
    kept = []
    for reminder in latest:
        if reminder.customer_id not in seen:
            seen.add(reminder.customer_id)
            kept.append(reminder)
    return kept[:limit]


def message_context(reminder_id: int, *, scope: Scope, today: date) -> Mapping[str, Any] | None:
    """All that the message of a decision may print; None for one the reader may not see."""
    visible = Reminder.objects.filter(
        organisation_id=scope.organisation_id, pk=reminder_id, customer__in=customers.in_scope(scope)
    )
    if not visible.exists():
        return None
    drafts = drafts_of(scope.organisation_id, [reminder_id], today=today, is_trial=True)
    return drafts[0].context if drafts else None
