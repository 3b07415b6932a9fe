"""`encours check` counts the laws of reminders again."""

from encours.collections import invariants
from encours.collections.models import Reminder
from encours.messaging.models import Message
from tests.collections import books


def test_the_laws_hold_after_a_run_and_a_forged_message_is_found(company):
    books.set_up(company)
    books.post(company, company.acme, "F1")
    books.run(company)
    assert [(found.code, found.is_kept) for found in invariants.check(company.organisation_id)] == [
        (code, True) for code in invariants.LAWS
    ]
    forged = Message.objects.get()
    forged.pk, forged.key = None, f"reminder:{Reminder.objects.get().pk + 1}"
    forged.state, forged.state_at, forged.due_at = "", None, None
    forged.save(force_insert=True)
    broken = [found.code for found in invariants.check(company.organisation_id) if not found.is_kept]
    assert broken == ["messages_follow_from_decisions"]
