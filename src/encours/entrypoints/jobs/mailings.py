"""Send campaigns and begin the statements of the day, in sending hours only, organisation by organisation."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from encours.access.models import Organisation
from encours.collections.queries import facts
from encours.collections.rules.calendar import next_sending_instant
from encours.core.actors import Actor
from encours.core.dates import business_date
from encours.entrypoints.jobs.organisations import in_each_organisation
from encours.mailings import actions as mailings
from encours.mailings.queries import campaigns

BY = Actor.system("mailings")
BATCHES_A_TURN = 20


def send_now(organisation: Organisation) -> int:
    """The next customers of each campaign of an organisation that is bound to the connection; how many were decided."""
    now = datetime.now(UTC)
    calendar = facts.calendar_of(facts.policy_of(organisation.pk))
    if next_sending_instant(now, calendar) > now:
        return 0
    today = business_date(now, timezone=calendar.timezone)
    mailings.run_schedules(organisation_id=organisation.pk, today=today, now=now, by=BY)
    count = 0
    for campaign_id in campaigns.sending(organisation.pk):
        for _ in range(BATCHES_A_TURN):
            done = mailings.send_batch(
                organisation_id=organisation.pk, campaign_id=campaign_id, today=today, now=now, by=BY
            )
            count += done
            if not done:
                break
    return count


@app.periodic(cron="* * * * *")
@app.task(queue="messages", queueing_lock="mailings.send")
def send(timestamp: int) -> None:
    """Go on with campaigns; a customer is taken by one worker alone and written to once."""
    del timestamp
    in_each_organisation(send_now)
