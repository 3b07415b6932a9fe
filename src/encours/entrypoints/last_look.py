"""The safety checks asked once more, just before a message leaves or a letter is printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext

from encours.access import queries as access
from encours.collections import actions as collections
from encours.collections.models import Reminder
from encours.collections.rules.writing import STATEMENT
from encours.core.actors import Actor
from encours.customers import queries as customers
from encours.ledger.models import OpenItem
from encours.messaging.models import Message
from encours.team import actions as team

BY = Actor.system("messages")


@dataclass(frozen=True, slots=True)
class LastLook:
    """Ask once more when a message is about to be written: a payment may have come since it was decided."""

    organisation_id: int
    now: datetime

    def __call__(self, message_ids: Sequence[int]) -> Mapping[int, str]:
        return {**self._reminders(message_ids), **self._written(message_ids)}

    def _written(self, message_ids: Sequence[int]) -> Mapping[int, str]:
        """What a person wrote waits for its reader's hours: what it lists may have been settled meanwhile."""
        found = Message.objects.filter(
            organisation_id=self.organisation_id, pk__in=message_ids, kind="written"
        ).exclude(template_version__template__key=STATEMENT)
        listing = [one for one in found if one.context.get("items")]
        if not listing:
            return {}
        gone = {}
        theirs = {one.customer_id for one in listing}
        accounts = [pk for one in theirs for pk in customers.with_merged(one, organisation_id=self.organisation_id)]
        items = OpenItem.objects.filter(organisation_id=self.organisation_id, customer_id__in=accounts)
        open_now = set(items.filter(open_minor__gt=0).values_list("document_number", "due_date"))
        for one in listing:
            told = {(item["number"], date.fromisoformat(item["due_date"])) for item in one.context["items"]}
            settled = sorted(number for number, due in told if (number.split(" (")[0], due) not in open_now)
            if settled:
                gone[one.pk] = gettext("settled since it was written: {numbers}").format(numbers=", ".join(settled))
                self._tell(one, gone[one.pk])
        return gone

    def _tell(self, message: Message, why: str) -> None:
        today = access.business_day(self.organisation_id, now=self.now)
        team.add_task(
            organisation_id=self.organisation_id,
            title=gettext("A message that you wrote did not leave"),
            note=why,
            due_date=today,
            today=today,
            by=BY,
            customer_id=message.customer_id,
            key=f"unsent:{message.pk}",
            source="rule",
        )

    def _reminders(self, message_ids: Sequence[int]) -> Mapping[int, str]:
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
