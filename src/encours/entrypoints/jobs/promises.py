"""The day after: promises that were not kept become tasks of those who follow the customer."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from encours.access.models import Organisation
from encours.collections import actions as collections
from encours.collections.queries import facts
from encours.core.actors import Actor
from encours.core.dates import business_date
from encours.entrypoints.jobs.organisations import in_each_organisation

BY = Actor.system("promises")


@app.periodic(cron="10,40 * * * *")
@app.task(queue="collections", queueing_lock="promises.see", lock="promises.see")
def see_broken(timestamp: int) -> None:
    """Look at each organisation's promises whose day is over; what was seen already is left as it is."""
    del timestamp
    now = datetime.now(UTC)
    in_each_organisation(lambda organisation: see_now(organisation, now))


def see_now(organisation: Organisation, now: datetime) -> None:
    """Look at the promises of an organisation that is bound to the connection."""
    calendar = facts.calendar_of(facts.policy_of(organisation.pk))
    today = business_date(now, timezone=calendar.timezone)
    collections.see_broken_promises(organisation_id=organisation.pk, today=today, by=BY)
