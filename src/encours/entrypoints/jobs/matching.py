"""Cash application without anyone asking: when new bank lines are in, and each night for what waits."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from encours.access import context
from encours.access import queries as access
from encours.access.models import Organisation
from encours.core.actors import Actor
from encours.disputes import queries as disputes
from encours.entrypoints.jobs.organisations import in_each_organisation
from encours.matching import actions as matching
from encours.matching.queries import workbench

BY = Actor.system("cash application")


@app.periodic(cron="*/10 * * * *")
@app.task(queue="matching", queueing_lock="matching.new", lock="matching.run")
def match_new(timestamp: int) -> None:
    """Match where bank lines came in that no run has seen."""
    del timestamp
    now = datetime.now(UTC)
    in_each_organisation(lambda organisation: run_where_new(organisation, now))


@app.periodic(cron="15 4 * * *")
@app.task(queue="matching", queueing_lock="matching.night", lock="matching.run")
def match_all(timestamp: int) -> None:
    """Match once more what waits: invoices and advices that came in since may explain it."""
    del timestamp
    now = datetime.now(UTC)
    in_each_organisation(lambda organisation: run_now(organisation.pk, now))


@app.task(queue="matching", name="matching.match", lock="matching.run")
def match_organisation(*, organisation_id: int) -> None:
    """Match for one organisation, after files came in."""
    with context.bound(organisation_id):
        run_now(organisation_id, datetime.now(UTC))


def run_where_new(organisation: Organisation, now: datetime) -> None:
    """A run where new lines wait."""
    if workbench.has_unseen_lines(organisation.pk):
        run_now(organisation.pk, now)


def run_now(organisation_id: int, now: datetime) -> matching.RunResult:
    """A run for an organisation that is bound to the connection."""
    return matching.run_matching(
        organisation_id=organisation_id,
        today=access.business_day(organisation_id, now=now),
        now=now,
        by=BY,
        claimed_item_ids=disputes.claimed_item_ids(organisation_id),
    )
