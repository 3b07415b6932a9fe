"""Have the figures ready before people come: the day's standings, and tables in good order."""

from datetime import UTC, datetime, timedelta

from procrastinate.contrib.django import app

from encours.access import queries as access
from encours.access.models import Organisation
from encours.analytics import actions as analytics
from encours.entrypoints.jobs.organisations import in_each_organisation
from encours.ledger import upkeep

# whose dashboard nobody opens is not kept warm
DASHBOARD_WATCHED = timedelta(days=4)


@app.periodic(cron="*/10 * * * *")
@app.task(queue="figures", queueing_lock="figures.standings", lock="figures.standings")
def refresh_standings(timestamp: int) -> None:
    """Reckon what each customer owes where the books or the day moved on; quick where nothing did."""
    del timestamp
    now = datetime.now(UTC)
    in_each_organisation(lambda organisation: refresh(organisation, now))


def refresh(organisation: Organisation, now: datetime) -> None:
    """Reckon one organisation's standings of the day."""
    today = access.business_day(organisation.pk, now=now)
    analytics.refresh_standings(organisation_id=organisation.pk, today=today)
    analytics.warm_reports(organisation_id=organisation.pk, today=today, asked_since=now - DASHBOARD_WATCHED)


@app.periodic(cron="40 2 * * *")
@app.task(queue="upkeep", queueing_lock="upkeep.tables", lock="upkeep.tables")
def tidy_tables(timestamp: int = 0) -> None:
    """Renew statistics and rebuild what imports left full of holes."""
    del timestamp
    upkeep.tidy()
