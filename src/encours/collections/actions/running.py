"""Take the day's decisions for the whole book, keep them with their reasons, and hand the messages over to be sent."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from django.db import connection, transaction

from encours.access import actions as access
from encours.access.models import Organisation
from encours.collections.actions.decisions import finish, give_back_steps, new_run, one_run_at_a_time, withdraw
from encours.collections.actions.event_rules import answer_events
from encours.collections.actions.scenarios import install_default_scenarios
from encours.collections.actions.storing import STOPPED, Marker, Storing, store
from encours.collections.models import DunningRun, Reminder, Scenario
from encours.collections.queries import facts as loading
from encours.collections.queries.decided import latest_run
from encours.collections.queries.messages import (
    attaches_copies,
    drafts_of,
    tasks_to_give,
    waiting_for_hand_over,
)
from encours.collections.rules import dunning
from encours.collections.rules.calendar import local_day
from encours.collections.rules.facts import Decision, RunFacts
from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.messaging import actions as messaging
from encours.messaging import queries as messages
from encours.plans import actions as plans
from encours.team import actions as team

HAND_OVER_SIZE = 1_000
ATTACHING_SIZE = 25  # messages with their files in memory at once


class RunDateNotToday(Refused):
    """Only a dry run, or the sandbox, may take decisions for another day."""

    message = gettext_noop("A run for {run_date} would send messages as of a day that is not today: use a dry run.")


def run_dunning(
    *, organisation_id: int, today: date, now: datetime, by: Actor, is_once_a_day: bool = False
) -> DunningRun:
    """Decide for every customer whose turn it is, keep each decision with its reasons, queue what leaves.

    Run twice, hourly or after a crash, the outcome is the same: a step that has left does not leave again. With
    `is_once_a_day`, whoever comes second on a day, even at the same moment, decides nothing and gets the first run.
    Refuses another day than today's outside the sandbox.
    """
    # a plan in breach is over, whether or not its own job came by today; another day, in the sandbox, ends no plan
    if today == local_day(now, loading.calendar_of(loading.policy_of(organisation_id))):
        plans.review(organisation_id=organisation_id, today=today, now=now, by=by)
    # steps that follow an event, and rules that pause or hand over, have their say before the day is decided
    answer_events(organisation_id=organisation_id, today=today, now=now)
    run = decide_all(organisation_id=organisation_id, today=today, now=now, by=by, is_once_a_day=is_once_a_day)
    _count_decisions()
    # Decisions are facts before anything is queued: what a crash leaves unqueued is queued next time, by the same key.
    hand_over(organisation_id=organisation_id, today=today, now=now, by=by)
    return run


@transaction.atomic
def decide_all(
    *, organisation_id: int, today: date, now: datetime, by: Actor, is_once_a_day: bool = False
) -> DunningRun:
    """Take and keep the decisions alone; nothing is queued until `hand_over`. All of them or, after a crash, none."""
    one_run_at_a_time(organisation_id)
    # asked under the lock: the run of whoever was quicker has committed by now, or has come to nothing
    if is_once_a_day and (last := latest_run(organisation_id)) is not None and last.run_date >= today:
        return last
    run_facts = loading.run_facts(organisation_id, today=today, now=now)
    if not run_facts.sandbox and today != local_day(now, run_facts.policy.calendar):
        raise RunDateNotToday(run_date=today)
    _install_what_is_missing(organisation_id, now, by)
    give_back_steps(organisation_id=organisation_id, now=now, by=by)
    run = new_run(organisation_id, today, now, by, is_whole=True)
    book = loading.book_of(organisation_id, today=today, now=now)
    storing = Storing(run, run_facts, now, by, _stopped_since(organisation_id))
    counts: Counter[str] = Counter()
    for _, decision in store(_decisions(book, run_facts), storing):
        counts[decision.outcome.value] += 1
        counts["items"] += len(decision.claims)
    finish(run, counts, now)
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="run_dunning", subject_kind="dunning_run", subject_id=run.pk,
        details={"run_date": today, **counts},
    )  # fmt: skip
    return run


def _count_decisions() -> None:
    """Until the decisions are counted, the database takes them for a handful and reads the customers for each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "analyze collections_reminder (id, organisation_id, run_id, customer_id, outcome, channel);"
            " analyze collections_reminderitem (organisation_id, reminder_id, item_id)"
        )


def _install_what_is_missing(organisation_id: int, now: datetime, by: Actor) -> None:
    """An organisation that never chose a scenario is chased by the standard one, not by none."""
    organisation = Organisation.objects.get(pk=organisation_id)
    if not Scenario.objects.filter(organisation_id=organisation_id).exists():
        install_default_scenarios(organisation_id=organisation_id, language=organisation.language, now=now, by=by)
    if not messages.current_version_ids(organisation_id):
        messaging.install_default_templates(organisation_id=organisation_id, by=by)


def _decisions(book: loading.Book, run: RunFacts) -> Iterator[Decision]:
    for customer in loading.customers(book):
        yield from dunning.decide(customer, run)


def _stopped_since(organisation_id: int) -> dict[Marker, date]:
    last = DunningRun.objects.filter(organisation_id=organisation_id, is_whole=True).order_by("-pk")[1:2]
    rows = Reminder.objects.filter(
        organisation_id=organisation_id, run_id__in=[run.pk for run in last], outcome__in=[o.value for o in STOPPED]
    ).values_list("customer_id", "entity_id", "step_key", "stopped_since", "decided_date")
    return {(customer, entity, key): since or day for customer, entity, key, since, day in rows}


def hand_over(*, organisation_id: int, today: date, now: datetime, by: Actor) -> int:
    """Queue the message of every decision that leaves and has none yet; how many were queued.

    A draft that messaging refuses (its template lacks a value) is withdrawn with that reason, and decided again.
    """
    queued = 0
    size = ATTACHING_SIZE if attaches_copies(organisation_id) else HAND_OVER_SIZE
    while ids := waiting_for_hand_over(organisation_id, today=today, limit=size):
        with transaction.atomic():
            one_run_at_a_time(organisation_id)
            result = messaging.queue_messages(
                organisation_id=organisation_id,
                drafts=drafts_of(organisation_id, ids, today=today, with_files=True),
                by=by,
                now=now,
            )
            for key, error in result.refused.items():
                withdraw(
                    organisation_id=organisation_id, reminder_id=int(key.rpartition(":")[2]), why=error.sentence,
                    now=now, by=by,
                )  # fmt: skip
        queued += len(result.ids)
    give_tasks(organisation_id=organisation_id, today=today, by=by)
    return queued


@transaction.atomic
def give_tasks(*, organisation_id: int, today: date, by: Actor) -> int:
    """A task for each step that a person does, once; the customer's collector gets it. How many were given."""
    one_run_at_a_time(organisation_id)
    waiting = tasks_to_give(organisation_id, today=today)
    if not waiting:
        return 0
    tasks = [
        team.NewTask(title=title, due_date=due, key=key, customer_id=customer_id, note=note, priority=priority)
        for key, title, due, customer_id, note, priority in waiting
    ]
    return team.add_tasks(organisation_id=organisation_id, tasks=tasks, source="scenario", today=today, by=by)
