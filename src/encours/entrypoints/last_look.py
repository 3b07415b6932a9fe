"""The safety checks asked once more, just before a message leaves or a letter is printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from encours.access import queries as access
from encours.collections import actions as collections
from encours.collections.models import Reminder
from encours.core.actors import Actor
from encours.messaging.models import Message

BY = Actor.system("messages")


@dataclass(frozen=True, slots=True)
class LastLook:
    """Ask the safety checks once more when a reminder is about to be written: a payment may have come since."""

    organisation_id: int
    now: datetime

    def __call__(self, message_ids: Sequence[int]) -> Mapping[int, str]:
        messages = Message.objects.filter(organisation_id=self.organisation_id, pk__in=message_ids, kind="reminder")
        message_of = dict(messages.values_list("key", "pk"))
        reminders = Reminder.objects.filter(organisation_id=self.organisation_id, message_key__in=list(message_of))
        key_of = dict(reminders.values_list("pk", "message_key"))
        fallen = collections.recheck(
            organisation_id=self.organisation_id,
            reminder_ids=list(key_of),
            today=access.business_day(self.organisation_id, now=self.now),
            now=self.now,
            by=BY,
        )
        return {message_of[key_of[reminder_id]]: why for reminder_id, why in fallen.items()}
