"""Each night: what must be done before a last day becomes a task of who follows the customer."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from encours.access.models import Organisation
from encours.collections.queries import facts
from encours.core.actors import Actor
from encours.core.dates import business_date
from encours.entrypoints.jobs.organisations import in_each_organisation
from encours.recovery import actions as recovery

BY = Actor.system("deadlines")


@app.periodic(cron="35 4 * * *")
@app.task(queue="collections", queueing_lock="deadlines.ask", lock="deadlines.ask")
def ask(timestamp: int) -> None:
    """Look at each organisation's last days; what was asked for already is left as it is."""
    del timestamp
    now = datetime.now(UTC)
    in_each_organisation(lambda organisation: ask_now(organisation, now))


def ask_now(organisation: Organisation, now: datetime) -> None:
    """Look at the last days of an organisation that is bound to the connection."""
    today = business_date(now, timezone=facts.policy_of(organisation.pk).timezone)
    recovery.ask_in_time(organisation_id=organisation.pk, today=today, by=BY)
