"""Note promises to pay, of one day or several; take them back; see which were not kept."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext, override

from encours.access import actions as access
from encours.access.models import Organisation
from encours.collections.actions.pauses import DatePast, check_target
from encours.collections.models import Promise, PromiseSource
from encours.collections.queries import promises as queries
from encours.collections.rules.promises import NOT_KEPT
from encours.core.actors import Actor
from encours.core.errors import NotFound, Refused, gettext_noop
from encours.team import actions as team
from encours.team.models import TaskPriority, TaskSource, TaskSubject
from encours.team.queries import tasks

# a promise broken longer ago was seen to, or the customer is long chased again
BROKEN_DAYS = 30
TASK_KEY = "promise_broken:"


class PromiseUnknown(NotFound):
    """No such promise in this organisation, or it was withdrawn."""

    message = gettext_noop("There is no such promise.")


class PromiseAmountUnusable(Refused):
    """A promise is for more than nothing."""

    message = gettext_noop("A promise needs an amount above zero.")


class PromiseEmpty(Refused):
    """A promise names at least one payment."""

    message = gettext_noop("A promise names at least one amount and its day.")


@transaction.atomic
def record_promise(
    *,
    organisation_id: int,
    customer_id: int,
    amount_minor: int,
    currency: str,
    promised_date: date,
    today: date,
    by: Actor,
    source: str = PromiseSource.CALL.value,
    item_id: int | None = None,
    note: str = "",
    key: str = "",
    series: str = "",
) -> Promise:
    """Note what a customer said would be paid by a day; reminders wait for that day and resume if it is not kept.

    The same `key` twice gives the first promise again.
    """
    if key and (found := Promise.objects.filter(organisation_id=organisation_id, key=key).first()):
        return found
    if amount_minor <= 0:
        raise PromiseAmountUnusable()
    if promised_date < today:
        raise DatePast(day=promised_date)
    check_target(organisation_id, customer_id, item_id)
    made = Promise.objects.create(
        organisation_id=organisation_id,
        customer_id=customer_id,
        item_id=item_id,
        amount_minor=amount_minor,
        currency=currency,
        promised_date=promised_date,
        made_date=today,
        source=PromiseSource(source),
        note=note,
        author_id=by.user_id,
        author_name=by.name,
        key=key or None,
        series=series,
    )
    _audit(
        "record_promise", made, by, note, amount_minor=amount_minor, currency=currency, promised_date=promised_date,
        series=series,
    )  # fmt: skip
    return made


@transaction.atomic
def record_promises(
    *,
    organisation_id: int,
    customer_id: int,
    payments: Sequence[tuple[int, date]],
    currency: str,
    today: date,
    by: Actor,
    source: str = PromiseSource.CALL.value,
    note: str = "",
    key: str = "",
) -> list[Promise]:
    """Note a promise of several payments, each (amount, day); once one of them is broken, none holds reminders.

    Refuses all of it when one amount or day is unusable. With a `key`, the same promise twice is noted once.
    """
    if not payments:
        raise PromiseEmpty()
    series = str(uuid4()) if len(payments) > 1 else ""
    return [
        record_promise(
            organisation_id=organisation_id,
            customer_id=customer_id,
            amount_minor=amount_minor,
            currency=currency,
            promised_date=day,
            today=today,
            by=by,
            source=source,
            note=note,
            key=f"{key}:{at}" if key else "",
            series=series,
        )
        for at, (amount_minor, day) in enumerate(sorted(payments, key=lambda payment: payment[1]), start=1)
    ]


@transaction.atomic
def withdraw_promise(*, organisation_id: int, promise_id: int, why: str, today: date, by: Actor) -> Promise:
    """Strike a promise that was noted by mistake or taken back; reminders resume."""
    found = Promise.objects.select_for_update().filter(
        organisation_id=organisation_id, pk=promise_id, withdrawn_date__isnull=True
    )
    promise = found.first()
    if promise is None:
        raise PromiseUnknown()
    promise.withdrawn_date, promise.withdrawn_why = today, why
    promise.save(update_fields=["withdrawn_date", "withdrawn_why"])
    _audit("withdraw_promise", promise, by, why)
    _close_task(promise, today, by)
    return promise


@transaction.atomic
def change_promise(
    *, organisation_id: int, promise_id: int, amount_minor: int, promised_date: date, why: str, today: date, by: Actor
) -> Promise:
    """Replace a promise by another amount or day: the old one is withdrawn and stays readable, the new one counts."""
    old = withdraw_promise(organisation_id=organisation_id, promise_id=promise_id, why=why, today=today, by=by)
    return record_promise(
        organisation_id=organisation_id,
        customer_id=old.customer_id,
        item_id=old.item_id,
        amount_minor=amount_minor,
        currency=old.currency,
        promised_date=promised_date,
        source=old.source,
        note=old.note,
        series=old.series,
        today=today,
        by=by,
    )


@transaction.atomic
def see_broken_promises(*, organisation_id: int, today: date, by: Actor) -> int:
    """The day after, a task for each promise that was not kept; a task whose money came since is closed. How many new.

    Asked again the same day it changes nothing. The scenario needs no telling: what is broken no longer holds it.
    """
    ended = queries.ended_since(organisation_id, since=today - timedelta(days=BROKEN_DAYS), today=today)
    broken = [seen for seen in ended if seen.state in NOT_KEPT and seen.is_behind]
    language = Organisation.objects.values_list("language", flat=True).get(pk=organisation_id)
    with override(language):
        new = [_task(seen, today) for seen in broken]
    count = team.add_tasks(
        organisation_id=organisation_id, tasks=new, source=TaskSource.SYSTEM.value, today=today, by=by
    )
    still = {seen.promise.pk for seen in broken}
    open_ids = tasks.open_subjects(TaskSubject.PROMISE, organisation_id=organisation_id, source=TaskSource.SYSTEM)
    for promise_id in sorted(open_ids - still):
        if promise_id in {seen.promise.pk for seen in ended}:
            team.complete_by_key(organisation_id=organisation_id, key=f"{TASK_KEY}{promise_id}", today=today, by=by)
    return count


def _task(seen: queries.PromiseRow, today: date) -> team.NewTask:
    promise = seen.promise
    title = gettext("Promise partly kept: call back") if seen.received_minor else gettext("Promise broken: call back")
    return team.NewTask(
        title=title,
        due_date=today,
        key=f"{TASK_KEY}{promise.pk}",
        customer_id=promise.customer_id,
        priority=TaskPriority.HIGH,
        subject_kind=TaskSubject.PROMISE.value,
        subject_id=promise.pk,
    )


def _close_task(promise: Promise, today: date, by: Actor) -> None:
    team.complete_by_key(organisation_id=promise.organisation_id, key=f"{TASK_KEY}{promise.pk}", today=today, by=by)


def _audit(verb: str, made: Promise, by: Actor, why: str, **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=made.organisation_id, verb=verb, subject_kind="customer", subject_id=made.customer_id,
        why=why, details={"id": made.pk, **details},
    )  # fmt: skip
