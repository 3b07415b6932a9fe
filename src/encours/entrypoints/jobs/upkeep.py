"""What the night is for: look at the books' laws, and forget jobs long done."""

import logging
from datetime import UTC, datetime

from django.db import transaction
from procrastinate import JobContext, builtin_tasks
from procrastinate.contrib.django import app

from encours.access import queries as access
from encours.access.actions import record_audit
from encours.access.models import Organisation
from encours.core.actors import Actor
from encours.entrypoints.jobs.organisations import in_each_organisation
from encours.entrypoints.laws import findings_of
from encours.privacy import actions as privacy
from encours.privacy import queries as privacy_queries

BY = Actor.system("nightly check")
FINISHED_JOBS_KEPT_HOURS = 24 * 30
log = logging.getLogger(__name__)


@app.periodic(cron="20 3 * * *")
@app.task(queue="upkeep", queueing_lock="upkeep.check", lock="upkeep.check")
def check_books(timestamp: int) -> None:
    """Check every law of every organisation, and say in its audit trail what was found."""
    del timestamp
    in_each_organisation(check)


def check(organisation: Organisation) -> None:
    """Check every law of one organisation."""
    findings = findings_of(organisation)
    broken = [finding.code for finding in findings if not finding.is_kept]
    if broken:
        log.error("The books of %s break %s", organisation.slug, ", ".join(broken))
    with transaction.atomic():
        record_audit(
            by=BY,
            organisation_id=organisation.pk,
            verb="check_books",
            subject_kind="organisation",
            subject_id=organisation.pk,
            details={"laws": len(findings), "broken": broken},
        )


@app.periodic(cron="40 3 * * *")
@app.task(queue="upkeep", queueing_lock="upkeep.let_go", lock="upkeep.let_go")
def let_go_by_night(timestamp: int) -> None:
    """Let go what is past its term, where the organisation wants it each night."""
    del timestamp
    in_each_organisation(let_go)


def let_go(organisation: Organisation) -> None:
    """Let go what is past its term in one organisation, if it said so."""
    if not privacy_queries.lets_go_by_night(organisation.pk):
        return
    now = datetime.now(UTC)
    today = access.business_day(organisation.pk, now=now)
    privacy.let_go(organisation_id=organisation.pk, today=today, now=now, by=Actor.system("retention"))


@app.periodic(cron="50 3 * * *")
@app.task(queue="upkeep", queueing_lock="upkeep.jobs", pass_context=True)
async def forget_finished_jobs(context: JobContext, timestamp: int) -> None:
    """Remove jobs that ended well a month ago; failed ones stay until a person has looked."""
    del timestamp
    await builtin_tasks.remove_old_jobs.func(context, max_hours=FINISHED_JOBS_KEPT_HOURS)
