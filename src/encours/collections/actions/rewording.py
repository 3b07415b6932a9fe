"""Put a person's own words in place of the template's, for one message that has not left."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from encours.access import actions as access
from encours.access.models import Entity
from encours.collections.actions.decisions import LeftAlready, decide_anew, is_withdrawn, reminder_of, withdraw
from encours.collections.models import Reminder, StepWords
from encours.collections.rules.facts import Outcome
from encours.collections.rules.rewording import SUBJECT_LENGTH_MAX, TEXT_LENGTH_MAX
from encours.collections.rules.steps import WRITTEN
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.customers.actions import lock_one
from encours.messaging import actions as messaging


class WordsMissing(Refused):
    """A message has a subject and a text."""

    message = gettext_noop("Write a subject and a text.")


class WordsTooLong(Refused):
    """A message is no book."""

    message = gettext_noop("At most {subject_max} characters of subject and {text_max} of text.")


class WritesToNobody(Refused):
    """A call or a task has no text that leaves."""

    message = gettext_noop("This step writes to nobody: there is no text to change.")


@transaction.atomic
def reword_step(
    *, organisation_id: int, customer_id: int, entity_id: int, step_key: str, subject: str, text: str, by: Actor
) -> StepWords:
    """Keep words for the next message of a step to a customer, before it is decided; both empty take them back."""
    subject, text = subject.strip(), text.strip()
    if bool(subject) != bool(text):
        raise WordsMissing(field="text" if subject else "subject")
    if len(subject) > SUBJECT_LENGTH_MAX or len(text) > TEXT_LENGTH_MAX:
        raise WordsTooLong(field="text", subject_max=SUBJECT_LENGTH_MAX, text_max=TEXT_LENGTH_MAX)
    customer = lock_one(organisation_id=organisation_id, customer_id=customer_id)
    entity = Entity.objects.get(organisation_id=organisation_id, pk=entity_id)
    messaging.install_default_templates(organisation_id=organisation_id, by=by)
    decided = Reminder.objects.filter(organisation_id=organisation_id)
    made = StepWords.objects.create(
        organisation_id=organisation_id, customer=customer, entity=entity, step_key=step_key, subject=subject,
        text=text, after_reminder_id=decided.aggregate(last=Coalesce(Max("pk"), 0))["last"],
        author_name=by.name[:200],
    )  # fmt: skip
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="reword_message" if text else "drop_words",
        subject_kind="customer", subject_id=customer.pk,
        details={"step": step_key, "entity": entity.pk, "subject": subject, "words": made.pk},
    )  # fmt: skip
    return made


@transaction.atomic
def reword(
    *, organisation_id: int, reminder_id: int, subject: str, text: str, today: date, now: datetime, by: Actor
) -> Reminder:
    """Say it in one's own words in one message that waits or is about to leave; items and amounts stay as reckoned.

    What was queued is taken back and made anew with the words. Refuses what has left, and steps that write to nobody.
    """
    reminder = reminder_of(organisation_id, reminder_id)
    if reminder.channel not in WRITTEN or reminder.entity_id is None:
        raise WritesToNobody()
    leaves = reminder.outcome == Outcome.DUE.value
    if leaves and is_withdrawn(reminder):
        raise LeftAlready()
    if leaves:
        why = gettext("Made anew in a person's own words")
        withdraw(organisation_id=organisation_id, reminder_id=reminder_id, why=why, now=now, by=by)
    reword_step(
        organisation_id=organisation_id, customer_id=reminder.customer_id, entity_id=reminder.entity_id,
        step_key=reminder.step_key, subject=subject, text=text, by=by,
    )  # fmt: skip
    if not leaves:
        return reminder
    return decide_anew(reminder, today=today, now=now, by=by, set_aside=reminder.set_aside, why=reminder.why)
