"""Note what happened, keep the rules that answer it, and do once what each of them says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext, override

from encours.access import actions as access
from encours.access.models import Membership, Organisation, Role
from encours.collections.actions.pauses import pause
from encours.collections.actions.scenarios import assign
from encours.collections.models import EventRule, Occurrence, PauseReason, RuleEffect
from encours.collections.queries import happenings as queries
from encours.collections.queries import promises
from encours.collections.queries.facts import calendar_of, policy_of
from encours.collections.rules.event_rules import Action, Deed, Happening, Rule, Who, event_name, holds, read_rule
from encours.collections.rules.promises import NOT_KEPT
from encours.core.actors import Actor
from encours.core.errors import EncoursError, NotFound, gettext_noop
from encours.customers import actions as customers
from encours.customers.models import Customer
from encours.team import actions as team
from encours.team.actions import notices

DONE, SKIPPED, REFUSED = "done", "skipped", "refused"


class PersonUnknown(NotFound):
    """The person does not work here, or no longer."""

    message = gettext_noop("There is no such person here.")


@transaction.atomic
def save_rule(
    *, organisation_id: int, plain: Mapping[str, Any], now: datetime, by: Actor, rule_id: int | None = None
) -> EventRule:
    """Keep a rule; it answers what happens from now on, and a changed one begins anew.

    Refuses what makes no rule, and people or scenarios that are not of the organisation.
    """
    reading = read_rule(plain)
    _check_targets(organisation_id, reading)
    rule = _locked(organisation_id, rule_id) if rule_id is not None else EventRule(organisation_id=organisation_id)
    if rule_id is None:
        rule.position = EventRule.objects.filter(organisation_id=organisation_id).count() + 1
    kept = reading.as_json()
    rule.name, rule.event, rule.actions = kept["name"], kept["event"], kept["actions"]
    rule.conditions = list(kept["conditions"].items())
    rule.author_name, rule.active_since, rule.changed_at = by.name, now, now
    rule.save()
    _audit("save_event_rule", rule, by, reading=kept)
    return rule


@transaction.atomic
def switch_rule(*, organisation_id: int, rule_id: int, is_active: bool, now: datetime, by: Actor) -> EventRule:
    """Let a rule run or rest; what happened while it rested is not answered afterwards."""
    rule = _locked(organisation_id, rule_id)
    rule.is_active, rule.changed_at = is_active, now
    if is_active:
        rule.active_since = now
    rule.save(update_fields=["is_active", "active_since", "changed_at"])
    _audit("switch_event_rule", rule, by, is_active=is_active)
    return rule


@transaction.atomic
def retire_rule(*, organisation_id: int, rule_id: int, now: datetime, by: Actor) -> None:
    """Take a rule off the list; its log stays."""
    rule = _locked(organisation_id, rule_id)
    rule.retired_at, rule.is_active = now, False
    rule.save(update_fields=["retired_at", "is_active"])
    _audit("retire_event_rule", rule, by)


@transaction.atomic
def see_events(*, organisation_id: int, today: date, now: datetime) -> int:
    """Note what happened lately and is not noted yet, from the facts of every room; how much is new.

    Whoever asks, and however often: each event is noted once, under the key of the fact it comes from.
    """
    since = today - timedelta(days=queries.SEEN_DAYS)
    given: dict[str, Any] = {
        "organisation": organisation_id, "today": today, "since": since, "now": now,
        "zone": calendar_of(policy_of(organisation_id)).timezone,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            with {queries.OVER_LIMIT}
            insert into collections_occurrence
                (organisation_id, kind, customer_id, item_id, occurred_date, amount_minor, currency, detail, key)
            select %(organisation)s, kind, coalesce(c.merged_into_id, c.id), item_id, occurred_date, amount_minor,
                   currency, '{{}}', key
            from ({queries.NEWS}) news (kind, customer_id, item_id, occurred_date, amount_minor, currency, key)
            join customers_customer c on c.id = news.customer_id and c.organisation_id = %(organisation)s
            on conflict (organisation_id, key) do nothing
            """,
            given,
        )
        count = int(cursor.rowcount)
    ended = promises.ended_since(organisation_id, since=since, today=today)
    broken = [
        Occurrence(
            organisation_id=organisation_id,
            kind="promise_broken",
            customer_id=seen.promise.customer_id,
            item_id=seen.promise.item_id,
            occurred_date=seen.promise.promised_date + timedelta(days=1),
            amount_minor=seen.promise.amount_minor - seen.received_minor,
            currency=seen.promise.currency,
            key=f"promise:{seen.promise.pk}",
        )
        for seen in ended
        if seen.state in NOT_KEPT and seen.received_minor < seen.promise.amount_minor
    ]
    known = set(
        Occurrence.objects.filter(organisation_id=organisation_id, key__in=[one.key for one in broken]).values_list(
            "key", flat=True
        )
    )
    new = [one for one in broken if one.key not in known]
    Occurrence.objects.bulk_create(new, ignore_conflicts=True)
    return count + len(new)


def answer_events(*, organisation_id: int, today: date, now: datetime) -> int:
    """See what happened, and let each running rule answer it once; how many answers were given.

    One after another and each in a transaction of its own: run twice, or by two workers, nothing is done twice.
    """
    see_events(organisation_id=organisation_id, today=today, now=now)
    count = 0
    for rule in queries.running_rules(organisation_id):
        reading = queries.reading_of(rule)
        waiting = queries.unanswered(rule, organisation_id=organisation_id, today=today)
        seen = queries.happenings(waiting, organisation_id=organisation_id, today=today)
        for occurrence in waiting:
            count += _answer(rule, reading, occurrence, seen[occurrence.pk], today=today, now=now)
    return count


@transaction.atomic
def _answer(
    rule: EventRule, reading: Rule, occurrence: Occurrence, seen: Happening, *, today: date, now: datetime
) -> int:
    """What one rule makes of one occurrence, kept with the outcome of each deed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtext('collections.rules'), %s::int)", [rule.organisation_id % 2**31]
        )
    if RuleEffect.objects.filter(organisation_id=rule.organisation_id, rule=rule, occurrence=occurrence).exists():
        return 0
    has_held = holds(reading, seen)
    by = Actor.system(f"rule: {rule.name}"[:200])
    doing = _Doing(today, now, by, rule)
    deeds = [_do(action, occurrence, doing) for action in reading.actions if has_held]
    RuleEffect.objects.create(
        organisation_id=rule.organisation_id, rule=rule, occurrence=occurrence, customer_id=occurrence.customer_id,
        has_held=has_held, rule_as_it_was=reading.as_json(), deeds=deeds,
    )  # fmt: skip
    if has_held:
        access.record_audit(
            by=by, organisation_id=rule.organisation_id, verb="answer_event", subject_kind="customer",
            subject_id=occurrence.customer_id,
            details={"rule": rule.pk, "event": occurrence.kind, "occurrence": occurrence.pk, "deeds": deeds},
        )  # fmt: skip
    return int(has_held)


def _do(action: Action, occurrence: Occurrence, doing: "_Doing") -> dict[str, Any]:
    """One deed; what a rule of the product refuses is logged with its reason, and the other deeds go on."""
    said: dict[str, Any] = {"deed": action.deed.value}
    try:
        with transaction.atomic():
            said["outcome"] = _DEEDS[action.deed](action, occurrence, doing)
    except EncoursError as error:
        said |= {"outcome": REFUSED, "why": error.sentence}
    return said


@dataclass(frozen=True)
class _Doing:
    """When a deed is done, by whom, and for which rule."""

    today: date
    now: datetime
    by: Actor
    rule: EventRule


def _give_task(action: Action, occurrence: Occurrence, doing: _Doing) -> str:
    tasks = [
        team.NewTask(
            title=action.text,
            due_date=doing.today + timedelta(days=action.days),
            key=f"rule:{doing.rule.pk}:{occurrence.pk}:{action.who.value}:{person or 0}",
            customer_id=occurrence.customer_id,
            assignee_id=person,
            note=doing.rule.name,
        )
        for person in _people(action.who, occurrence)
    ]
    team.add_tasks(
        organisation_id=occurrence.organisation_id, tasks=tasks, source="rule", today=doing.today, by=doing.by
    )
    return DONE if tasks else SKIPPED


def _notify(action: Action, occurrence: Occurrence, doing: _Doing) -> str:
    """Tell those meant, once each; where nobody is meant, such as a customer without a collector, it is skipped."""
    customer = Customer.objects.get(organisation_id=occurrence.organisation_id, pk=occurrence.customer_id)
    people = [person or customer.collector_id for person in _people(action.who, occurrence)]
    language = Organisation.objects.values_list("language", flat=True).get(pk=occurrence.organisation_id)
    with override(language):
        title = f"{event_name(occurrence.kind, translate=gettext)}: {customer.name}"
    told = notices.notify(
        organisation_id=occurrence.organisation_id,
        user_ids=[person for person in people if person is not None],
        notice=notices.Notice(
            kind="rule",
            title=title[:200],
            text=doing.rule.name,
            key=f"rule:{doing.rule.pk}:{occurrence.pk}",
            customer_id=customer.pk,
        ),
        by=doing.by,
        now=doing.now,
    )
    return DONE if told else SKIPPED


_OWNERS: Mapping[Who, str] = {Who.SALES: "sales_rep_id", Who.SUCCESS: "success_owner_id"}


def _people(who: Who, occurrence: Occurrence) -> list[int | None]:
    """Whom a task is for; None leaves it to the customer's collector."""
    if who is Who.COLLECTOR:
        return [None]
    if who in _OWNERS:
        found = Customer.objects.values_list(_OWNERS[who], flat=True).get(
            organisation_id=occurrence.organisation_id, pk=occurrence.customer_id
        )
        return [found] if found else []
    managers = Membership.objects.filter(
        organisation_id=occurrence.organisation_id, role=Role.CREDIT_MANAGER, is_active=True
    )
    return list(managers.order_by("pk").values_list("user_id", flat=True))


def _note(action: Action, occurrence: Occurrence, doing: _Doing) -> str:
    customers.add_note(
        organisation_id=occurrence.organisation_id, customer_id=occurrence.customer_id, text=action.text,
        now=doing.now, by=doing.by,
    )  # fmt: skip
    return DONE


def _pause(action: Action, occurrence: Occurrence, doing: _Doing) -> str:
    pause(
        organisation_id=occurrence.organisation_id, customer_id=occurrence.customer_id,
        reason=PauseReason.OTHER.value, until=doing.today + timedelta(days=action.days), today=doing.today,
        note=doing.rule.name, by=doing.by,
    )  # fmt: skip
    return DONE


def _exclude_item(action: Action, occurrence: Occurrence, doing: _Doing) -> str:
    if occurrence.item_id is None:
        return SKIPPED
    pause(
        organisation_id=occurrence.organisation_id, customer_id=occurrence.customer_id, item_id=occurrence.item_id,
        reason=PauseReason.OTHER.value, today=doing.today, note=doing.rule.name, by=doing.by,
    )  # fmt: skip
    return DONE


def _assign(action: Action, occurrence: Occurrence, doing: _Doing) -> str:
    assign(
        organisation_id=occurrence.organisation_id, scenario_id=action.scenario_id,
        customer_id=occurrence.customer_id, why=doing.rule.name, by=doing.by,
    )  # fmt: skip
    return DONE


def _change_collector(action: Action, occurrence: Occurrence, doing: _Doing) -> str:
    customer = Customer.objects.get(organisation_id=occurrence.organisation_id, pk=occurrence.customer_id)
    changed = customers.assign_customers(
        organisation_id=occurrence.organisation_id,
        assignments=[
            customers.Assignment(
                customer.pk,
                action.user_id,
                customer.sales_rep_id,
                customer.segment_id,
                customer.parent_id,
                customer.success_owner_id,
            )
        ],
        by=doing.by,
    )
    return DONE if changed else SKIPPED


_DEEDS: Mapping[Deed, Callable[[Action, Occurrence, _Doing], str]] = {
    Deed.TASK: _give_task,
    Deed.NOTIFY: _notify,
    Deed.NOTE: _note,
    Deed.PAUSE: _pause,
    Deed.EXCLUDE_ITEM: _exclude_item,
    Deed.ASSIGN_SCENARIO: _assign,
    Deed.CHANGE_COLLECTOR: _change_collector,
}


def _check_targets(organisation_id: int, rule: Rule) -> None:
    people, scenarios = queries.people_of(organisation_id), queries.scenarios_of(organisation_id)
    for action in rule.actions:
        if action.deed is Deed.CHANGE_COLLECTOR and action.user_id not in people:
            raise PersonUnknown()
        if action.scenario_id is not None and action.scenario_id not in scenarios:
            raise queries.RuleNotFound()


def _locked(organisation_id: int, rule_id: int) -> EventRule:
    found = EventRule.objects.select_for_update().filter(
        organisation_id=organisation_id, pk=rule_id, retired_at__isnull=True
    )
    rule = found.first()
    if rule is None:
        raise queries.RuleNotFound()
    return rule


def _audit(verb: str, rule: EventRule, by: Actor, **details: object) -> None:
    access.record_audit(
        by=by, organisation_id=rule.organisation_id, verb=verb, subject_kind="event_rule", subject_id=rule.pk,
        details={"name": rule.name, **details},
    )  # fmt: skip
