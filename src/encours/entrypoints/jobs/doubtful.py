"""What is paid of doubtful debts goes back from 416 to the customer's account, with its share of the provision."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from encours.access.models import Organisation
from encours.collections.queries import facts
from encours.core.actors import Actor
from encours.core.dates import business_date
from encours.entrypoints.jobs.organisations import in_each_organisation
from encours.recovery import actions as recovery

BY = Actor.system("doubtful")


@app.periodic(cron="50 4 * * *")
@app.task(queue="collections", queueing_lock="doubtful.follow", lock="doubtful.follow")
def follow(timestamp: int) -> None:
    """Look at each organisation's doubtful debts; what was given back already is left as it is."""
    del timestamp
    now = datetime.now(UTC)
    in_each_organisation(lambda organisation: follow_now(organisation, now))


def follow_now(organisation: Organisation, now: datetime) -> None:
    """Follow the doubtful debts of an organisation that is bound to the connection."""
    calendar = facts.calendar_of(facts.policy_of(organisation.pk))
    today = business_date(now, timezone=calendar.timezone)
    recovery.follow(organisation_id=organisation.pk, today=today, by=BY)
