"""What was agreed meets what the books bring: terms set due dates, credit notes answer who asked for them."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from encours.access.models import Organisation
from encours.collections.queries import facts
from encours.core.actors import Actor
from encours.core.dates import business_date
from encours.credit import terms_actions
from encours.disputes.actions import credit_notes
from encours.entrypoints.jobs.organisations import in_each_organisation

BY = Actor.system("agreed")


@app.periodic(cron="*/10 * * * *")
@app.task(queue="collections", queueing_lock="agreed.follow", lock="agreed.follow")
def follow(timestamp: int) -> None:
    """Look at each organisation's agreements; what is done already is left as it is."""
    del timestamp
    now = datetime.now(UTC)
    in_each_organisation(lambda organisation: follow_now(organisation, now))


def follow_now(organisation: Organisation, now: datetime) -> None:
    """Follow the agreements of an organisation that is bound to the connection."""
    today = business_date(now, timezone=facts.calendar_of(facts.policy_of(organisation.pk)).timezone)
    terms_actions.heed_terms(organisation_id=organisation.pk, by=BY)
    credit_notes.find_issued(organisation_id=organisation.pk, today=today, by=BY)
