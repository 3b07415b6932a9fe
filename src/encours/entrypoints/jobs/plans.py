"""Payment plans that cash has ended are noted as kept or broken, before the day's reminders are decided."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from encours.access.models import Organisation
from encours.collections.queries import facts
from encours.core.actors import Actor
from encours.core.dates import business_date
from encours.entrypoints.jobs.organisations import in_each_organisation
from encours.plans import actions as plans

BY = Actor.system("payment plans")


@app.periodic(cron="7 * * * *")
@app.task(queue="collections", queueing_lock="plans.review", lock="plans.review")
def review(timestamp: int) -> None:
    """Look at the plans of every organisation."""
    del timestamp
    now = datetime.now(UTC)
    in_each_organisation(lambda organisation: turn(organisation, now))


def turn(organisation: Organisation, now: datetime) -> None:
    """Look at the plans of one organisation that is bound to the connection."""
    today = business_date(now, timezone=facts.policy_of(organisation.pk).timezone)
    plans.review(organisation_id=organisation.pk, today=today, now=now, by=BY)
