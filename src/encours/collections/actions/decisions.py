"""What people do with single decisions: confirm, release, take out, put back, withdraw."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection, transaction

from encours.access import actions as access
from encours.collections.actions.storing import Storing, store
from encours.collections.models import DunningRun, Exclusion, Reminder, ReminderItem, Withdrawal
from encours.collections.queries import facts as loading
from encours.collections.queries import standing
from encours.collections.queries.messages import drafts_of
from encours.collections.rules import dunning, wording
from encours.collections.rules.facts import STOPPING, Decision, Outcome
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.messaging import actions as messaging
from encours.messaging.models import Message


class DecisionUnknown(NotFound):
    """No such decision in this organisation."""

    message = gettext_noop("There is no such reminder.")


class DecisionOutdated(Conflict):
    """The account has moved since: that message is no longer the one to send."""

    message = gettext_noop("The account has moved since: this message is no longer due as it was. Look at it again.")


class StillStopped(Refused):
    """Something else than what was set aside stops the message."""

    message = gettext_noop("The message stays where it is: {reason}")


class ReasonMissing(Refused):
    """Who overrides a safety check says why."""

    message = gettext_noop("Say why: the reason stays with the message.")


class LeftAlready(Conflict):
    """What has been handed over cannot be taken back."""

    message = gettext_noop("This message has left already.")


def confirm(
    *, organisation_id: int, reminder_id: int, today: date, now: datetime, by: Actor, why: str = ""
) -> Reminder:
    """Let a message leave that waits for a person; refuses when the account moved or a check now stops it."""
    with transaction.atomic():
        waiting = _waiting(organisation_id, reminder_id)
        made = decide_anew(waiting, today=today, now=now, by=by, set_aside=waiting.set_aside, why=why)
        _audit("confirm_reminder", made, by, why)
    return made


def release(*, organisation_id: int, reminder_id: int, why: str, today: date, now: datetime, by: Actor) -> Reminder:
    """Send a held message all the same, in the name of the person who says why.

    The checks that stopped it are set aside for this message alone, on record; disputes and insolvency never are.
    """
    if not why.strip():
        raise ReasonMissing()
    with transaction.atomic():
        held = _waiting(organisation_id, reminder_id)
        stopping = {outcome.value for outcome in STOPPING}
        codes = {check["code"]: by.name for check in held.checks if check["outcome"] in stopping}
        made = decide_anew(held, today=today, now=now, by=by, set_aside=codes, why=why)
        _audit("release_reminder", made, by, why, set_aside=sorted(codes))
    return made


def take_out(
    *,
    organisation_id: int,
    reminder_id: int,
    why: str,
    today: date,
    now: datetime,
    by: Actor,
    item_id: int | None = None,
) -> Reminder | None:
    """Keep one item, or the whole message, out of its step; what was queued is taken back and made anew without it.

    Refuses without a reason, and once the message is being handed over. Returns the new decision about the rest, if
    there is one.
    """
    if not why.strip():
        raise ReasonMissing()
    with transaction.atomic():
        one_run_at_a_time(organisation_id)
        reminder = reminder_of(organisation_id, reminder_id)
        Exclusion.objects.create(
            organisation_id=organisation_id,
            customer_id=reminder.customer_id,
            step_key=reminder.step_key,
            item_id=item_id,
            why=why,
            author_name=by.name,
        )
        was_leaving = reminder.outcome == Outcome.DUE.value and not is_withdrawn(reminder)
        if was_leaving:
            withdraw(organisation_id=organisation_id, reminder_id=reminder_id, why=why, now=now, by=by)
        _audit("take_out_of_reminder", reminder, by, why, item=item_id)
        if item_id is None or not was_leaving:
            return None
        return decide_anew(reminder, today=today, now=now, by=by, set_aside=reminder.set_aside, why=why)


@transaction.atomic
def put_back(*, organisation_id: int, exclusion_id: int, now: datetime, by: Actor) -> None:
    """Undo a taking out: the next run sees the item in its step again."""
    changed = Exclusion.objects.filter(organisation_id=organisation_id, pk=exclusion_id, undone_at__isnull=True).update(
        undone_at=now
    )
    if not changed:
        raise DecisionUnknown()
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="put_back_in_reminder", subject_kind="exclusion",
        subject_id=exclusion_id,
    )  # fmt: skip


@transaction.atomic
def withdraw(*, organisation_id: int, reminder_id: int, why: str, now: datetime, by: Actor) -> None:
    """Take back a decision that has not been handed over: its step counts as not left. Refuses after that."""
    reminder = reminder_of(organisation_id, reminder_id)
    if reminder.outcome != Outcome.DUE.value or is_withdrawn(reminder):
        raise DecisionOutdated()
    message = standing.message_of(reminder)
    if message is not None:
        if message.state not in standing.RECALLABLE:
            raise LeftAlready()
        if message.state != standing.CANCELLED:
            messaging.cancel_message(organisation_id=organisation_id, message_id=message.pk, why=why, by=by)
    Withdrawal.objects.create(
        organisation_id=organisation_id, reminder=reminder, why=why, actor_name=by.name, withdrawn_at=now
    )
    ReminderItem.objects.filter(organisation_id=organisation_id, reminder=reminder).update(
        has_left=False, left_date=None
    )
    _audit("withdraw_reminder", reminder, by, why)


def recheck(
    *, organisation_id: int, reminder_ids: Sequence[int], today: date, now: datetime, by: Actor
) -> dict[int, str]:
    """Ask the interlock again just before messages leave; what no longer stands is withdrawn, with its reason.

    Returns the reasons by reminder, so that messaging keeps those messages from leaving.
    """
    fallen = standing.fallen(organisation_id, reminder_ids, today=today, now=now)
    for reminder_id, why in fallen.items():
        with transaction.atomic():
            reminder = reminder_of(organisation_id, reminder_id)
            if is_withdrawn(reminder):
                continue
            Withdrawal.objects.create(
                organisation_id=organisation_id, reminder=reminder, why=why, actor_name=by.name, withdrawn_at=now
            )
            ReminderItem.objects.filter(organisation_id=organisation_id, reminder=reminder).update(
                has_left=False, left_date=None
            )
    return fallen


@transaction.atomic
def give_back_steps(*, organisation_id: int, now: datetime, by: Actor) -> int:
    """Give back the steps of reminders whose message was cancelled or refused: nothing went, so they are decided anew.

    What is queued, in doubt or caught by the sandbox keeps its step. Returns how many were given back.
    """
    ids = loading.never_left(organisation_id)
    # a message that a person sends again at this very moment is waited for, and keeps its step
    keys = Message.objects.select_for_update().filter(
        organisation_id=organisation_id, key__in=[f"reminder:{pk}" for pk in ids], state__in=standing.NEVER_LEFT
    )
    states = dict(keys.values_list("key", "state"))
    given_back = [pk for pk in ids if f"reminder:{pk}" in states]
    Withdrawal.objects.bulk_create(
        [
            Withdrawal(
                organisation_id=organisation_id, reminder_id=pk, why=standing.NOTHING_WENT[states[f"reminder:{pk}"]],
                actor_name=by.name, withdrawn_at=now,
            )
            for pk in given_back
        ],
        batch_size=1_000,
    )  # fmt: skip
    ReminderItem.objects.filter(organisation_id=organisation_id, reminder_id__in=given_back).update(
        has_left=False, left_date=None
    )
    return len(given_back)


def one_run_at_a_time(organisation_id: int) -> None:
    """Wait for whoever is deciding for the organisation; the lock ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('collections.run'), %s::int)", [organisation_id % 2**31])


def new_run(organisation_id: int, today: date, now: datetime, by: Actor, *, is_whole: bool) -> DunningRun:
    """Open a run; its figures follow."""
    return DunningRun.objects.create(
        organisation_id=organisation_id,
        run_date=today,
        started_at=now,
        is_whole=is_whole,
        actor_id=by.user_id,
        actor_name=by.name,
    )


def finish(run: DunningRun, counts: Counter[str], now: datetime) -> None:
    """Close a run with its figures."""
    run.counts, run.finished_at = dict(counts), now
    run.save(update_fields=["counts", "finished_at"])


def reminder_of(organisation_id: int, reminder_id: int) -> Reminder:
    """One decision; refuses an unknown one."""
    found = Reminder.objects.filter(organisation_id=organisation_id, pk=reminder_id).first()
    if found is None:
        raise DecisionUnknown()
    return found


def _waiting(organisation_id: int, reminder_id: int) -> Reminder:
    one_run_at_a_time(organisation_id)
    found = reminder_of(organisation_id, reminder_id)
    if found.outcome == Outcome.DUE.value:
        raise LeftAlready()
    return found


def is_withdrawn(reminder: Reminder) -> bool:
    """Whether it was taken back."""
    return Withdrawal.objects.filter(organisation_id=reminder.organisation_id, reminder=reminder).exists()


def decide_anew(
    reminder: Reminder, *, today: date, now: datetime, by: Actor, set_aside: dict[str, str], why: str
) -> Reminder:
    """Decide about the customer on today's facts with a person's word, keep that one decision and queue it."""
    organisation_id = reminder.organisation_id
    give_back_steps(organisation_id=organisation_id, now=now, by=by)
    run_facts = loading.run_facts(organisation_id, today=today, now=now, set_aside=set_aside, is_confirmed=True)
    book = loading.book_of(organisation_id, today=today, now=now)
    decision = _same(reminder, [
        decision
        for customer in loading.customers(book, ids=[reminder.customer_id])
        for decision in dunning.decide(customer, run_facts)
    ])  # fmt: skip
    if decision.outcome is not Outcome.DUE:
        stopping = [check.as_json() for check in decision.checks if check.outcome in STOPPING]
        raise StillStopped(reason=" ".join(wording.sentence(check) for check in stopping), checks=stopping)
    run = new_run(organisation_id, today, now, by, is_whole=False)
    storing = Storing(run, run_facts, now, by, {}, reminder.pk, why)
    made = [pk for pk, _ in store([decision], storing)]
    finish(run, Counter({"due": 1, "items": len(decision.claims)}), now)
    if decision.step is not None and decision.to:
        queued = messaging.queue_messages(
            organisation_id=organisation_id,
            drafts=drafts_of(organisation_id, made, today=today, with_files=True),
            by=by,
            now=now,
        )
        for error in queued.refused.values():
            raise error
    return Reminder.objects.get(organisation_id=organisation_id, pk=made[0])


def _same(reminder: Reminder, decisions: list[Decision]) -> Decision:
    items = set(
        ReminderItem.objects.filter(organisation_id=reminder.organisation_id, reminder=reminder).values_list(
            "item_id", flat=True
        )
    )
    for decision in decisions:
        is_same_step = decision.step is not None and decision.step.key == reminder.step_key
        claimed = {claim.item.item_id for claim in decision.claims}
        if is_same_step and decision.entity_id == reminder.entity_id and items & claimed:
            return decision
    raise DecisionOutdated()


def _audit(verb: str, reminder: Reminder, by: Actor, why: str, **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=reminder.organisation_id, verb=verb, subject_kind="customer",
        subject_id=reminder.customer_id, why=why, details={"reminder": reminder.pk, **details},
    )  # fmt: skip
