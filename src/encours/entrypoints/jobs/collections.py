"""Each organisation's run of the day, once its sending hours come near."""

from datetime import UTC, datetime, timedelta

from procrastinate.contrib.django import app

from encours.access.models import Organisation
from encours.collections import actions as collections
from encours.collections.queries import decided, facts
from encours.core.actors import Actor
from encours.core.dates import business_date, instant_of
from encours.entrypoints.jobs import agreed
from encours.entrypoints.jobs.organisations import in_each_organisation

BY = Actor.system("reminders")
# decided shortly before the first message may leave, when the night's imports are in
LEAD = timedelta(minutes=30)


@app.periodic(cron="*/15 * * * *")
@app.task(queue="collections", queueing_lock="collections.run", lock="collections.run")
def decide(timestamp: int) -> None:
    """Take the decisions of the day where it is time and they are not taken yet."""
    del timestamp
    now = datetime.now(UTC)
    in_each_organisation(lambda organisation: turn(organisation, now))


def turn(organisation: Organisation, now: datetime) -> None:
    """The day's run where it is time; else what a crash left decided but not handed over is handed over."""
    if is_time(organisation, now):
        run_now(organisation, now)
        return
    calendar = facts.calendar_of(facts.policy_of(organisation.pk))
    today = business_date(now, timezone=calendar.timezone)
    collections.hand_over(organisation_id=organisation.pk, today=today, now=now, by=BY)


@app.periodic(cron="*/5 * * * *")
@app.task(queue="collections", queueing_lock="collections.rules", lock="collections.rules")
def answer(timestamp: int) -> None:
    """Let the rules answer what happened in the last minutes."""
    del timestamp
    now = datetime.now(UTC)
    in_each_organisation(lambda organisation: answer_now(organisation, now))


def answer_now(organisation: Organisation, now: datetime) -> None:
    """See and answer what happened to the customers of an organisation that is bound to the connection."""
    today = business_date(now, timezone=facts.calendar_of(facts.policy_of(organisation.pk)).timezone)
    collections.answer_events(organisation_id=organisation.pk, today=today, now=now)


def is_time(organisation: Organisation, now: datetime) -> bool:
    """Whether today is a sending day, its hours begin within half an hour, and today's run is still to be made."""
    calendar = facts.calendar_of(facts.policy_of(organisation.pk))
    today = business_date(now, timezone=calendar.timezone)
    opens = instant_of(today, calendar.opens_at, timezone=calendar.timezone)
    if not calendar.is_open(today) or now < opens - LEAD:
        return False
    last = decided.latest_run(organisation.pk)
    return last is None or last.run_date < today


def run_now(organisation: Organisation, now: datetime) -> None:
    """Decide for an organisation that is bound to the connection, once what was agreed is heeded."""
    agreed.follow_now(organisation, now)
    calendar = facts.calendar_of(facts.policy_of(organisation.pk))
    today = business_date(now, timezone=calendar.timezone)
    collections.run_dunning(organisation_id=organisation.pk, today=today, now=now, by=BY, is_once_a_day=True)
