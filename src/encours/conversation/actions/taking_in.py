"""What follows from a mail that was understood: proposals, a warning of bank details, an answer."""

from django.db import transaction

from encours.access import queries as access
from encours.conversation.actions.answers import prepare_answer
from encours.conversation.actions.bank_changes import note_bank_change
from encours.conversation.actions.proposals import propose
from encours.messaging.events import MailUnderstood


@transaction.atomic
def take_in(event: MailUnderstood) -> None:
    """Propose, warn and prepare what a mail asks for; of a mail that is nobody's only the warning."""
    today = access.business_day(event.organisation_id, now=event.at)
    of_mail = {"organisation_id": event.organisation_id, "understanding_id": event.understanding_id}
    note_bank_change(**of_mail, customer_id=event.customer_id, today=today, by=event.by)
    if event.customer_id is None:
        return
    propose(**of_mail, customer_id=event.customer_id, today=today)
    if event.reply_id is not None:
        prepare_answer(**of_mail, today=today, now=event.at, by=event.by)
