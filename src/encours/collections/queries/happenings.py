"""Read what happened to customers, with what rules may ask about it, and what each rule made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from encours.access.models import Entity, Membership
from encours.access.rules import Scope
from encours.collections.models import EventRule, Occurrence, RuleEffect, Scenario
from encours.collections.rules.event_rules import Happening, Rule, holds, read_rule
from encours.collections.rules.steps import StepEvent
from encours.core.errors import NotFound, gettext_noop
from encours.credit import queries as credit
from encours.customers import queries as customers
from encours.customers.models import Customer, Segment

TRIAL_DAYS = 30
# what the product sees happen by itself; the others come with the rooms that know of them
SOURCED = (
    StepEvent.PROMISE_BROKEN, StepEvent.PLAN_BROKEN, StepEvent.REPLY_RECEIVED, StepEvent.DISPUTE_OPENED,
    StepEvent.DISPUTE_CLOSED, StepEvent.BOUNCED, StepEvent.PAYMENT_FAILED, StepEvent.LIMIT_EXCEEDED,
    StepEvent.INSOLVENCY,
)  # fmt: skip
# an import of years of history is no news: what happened longer ago is not told
SEEN_DAYS = 30

OVER_LIMIT = credit.OVER_LIMIT_CTE
# What happened lately, each with the key that tells it apart, from the rooms' own facts; nobody has to tell us.
NEWS = f"""
select 'dispute_opened', d.customer_id, d.item_id, d.opened_date, d.amount_minor, d.currency,
       'dispute:' || d.id || ':opened'
from disputes_dispute d where d.organisation_id = %(organisation)s and d.opened_date between %(since)s and %(today)s
union all
select 'dispute_closed', d.customer_id, d.item_id, d.closed_date, d.amount_minor, d.currency,
       'dispute:' || d.id || ':closed:' || d.closed_date
from disputes_dispute d where d.organisation_id = %(organisation)s and d.closed_date between %(since)s and %(today)s
union all
select 'reply_received', r.customer_id, null, (r.received_at at time zone %(zone)s)::date, null, '', 'reply:' || r.id
from messaging_reply r
where r.organisation_id = %(organisation)s and r.received_at >= %(since)s and r.received_at <= %(now)s
union all
select 'bounced', c.customer_id, null, (c.bounced_at at time zone %(zone)s)::date, null, '',
       'contact:' || c.id || ':' || (c.bounced_at at time zone %(zone)s)::date
from customers_contact c
where c.organisation_id = %(organisation)s and c.bounced_at >= %(since)s and c.bounced_at <= %(now)s
union all
-- the customer's own address, which is no contact's
select 'bounced', c.id, null, (s.recorded_at at time zone %(zone)s)::date, null, '', 'address:' || s.id || ':' || c.id
from messaging_suppression s
join customers_customer c on c.organisation_id = s.organisation_id and lower(c.email) = lower(s.email)
where s.organisation_id = %(organisation)s and s.reason = 'bounced'
  and s.recorded_at >= %(since)s and s.recorded_at <= %(now)s and not exists (
    select from customers_contact k where k.organisation_id = c.organisation_id and k.customer_id = c.id
    and lower(k.email) = lower(s.email))
union all
select 'insolvency', p.customer_id, null, p.start_date, null, '', 'pause:' || p.id
from collections_pause p
where p.organisation_id = %(organisation)s and p.reason = 'insolvency' and p.item_id is null
  and p.start_date between %(since)s and %(today)s
union all
select 'plan_broken', p.customer_id, null, p.ended_date, p.principal_minor, p.currency, 'plan:' || p.id
from plans_plan p
where p.organisation_id = %(organisation)s and p.ended_as = 'broken' and p.ended_date between %(since)s and %(today)s
union all
select 'payment_failed', w.customer_id, null, w.booking_date, abs(w.amount_minor), w.currency, 'line:' || w.line_id
from matching_linework w join payments_bankline b on b.id = w.line_id
where w.organisation_id = %(organisation)s and w.customer_id is not null and b.return_reason <> ''
  and w.booking_date between %(since)s and %(today)s
union all
select 'limit_exceeded', x.customer_id, null, x.since_date, x.excess_minor, x.currency,
       'limit:' || x.customer_id || ':' || x.since_date
from ({credit.EXCEEDED}) x (customer_id, since_date, excess_minor, currency)
where x.since_date between %(since)s and %(today)s and not exists (
    -- what was noted stays one event, also where the books learn later that it began a day earlier
    select from collections_occurrence known where known.organisation_id = %(organisation)s
    and known.customer_id = x.customer_id and known.kind = 'limit_exceeded' and known.occurred_date >= x.since_date)
"""
_FIGURES = """
select i.customer_id, i.currency, sum(i.open_minor)::bigint, %(today)s::date - min(i.due_date)
from ledger_openitem i
where i.organisation_id = %(organisation)s and i.customer_id = any(%(ids)s) and i.open_minor > 0
  and i.due_date < %(today)s
group by 1, 2
"""
_TIMES = """
select o.id, count(e.id) from collections_occurrence o
join collections_occurrence e on e.organisation_id = o.organisation_id and e.customer_id = o.customer_id
  and e.kind = o.kind and e.occurred_date between o.occurred_date - 29 and o.occurred_date and e.id <= o.id
where o.organisation_id = %(organisation)s and o.id = any(%(ids)s) group by 1
"""


class RuleNotFound(NotFound):
    """No such rule in this organisation."""

    message = gettext_noop("There is no such rule.")


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule with its reading and how often it acted."""

    rule: EventRule
    reading: Rule
    seen: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """An occurrence of the last days, and whether a rule would have answered it."""

    occurrence: Occurrence
    customer: Customer
    has_held: bool


def reading_of(rule: EventRule) -> Rule:
    """A stored rule as it is decided upon."""
    return read_rule(
        {"name": rule.name, "event": rule.event, "conditions": dict(rule.conditions), "actions": rule.actions}
    )


def running_rules(organisation_id: int) -> list[EventRule]:
    """The rules that answer what happens, in their order."""
    found = EventRule.objects.filter(organisation_id=organisation_id, is_active=True, retired_at__isnull=True)
    return list(found.order_by("position", "pk"))


def rules_of(organisation_id: int, *, today: date) -> Sequence[RuleRow]:
    """All rules that are not retired, with what they did in the last 30 days."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select rule_id, count(*), count(*) filter (where has_held) from collections_ruleeffect "
            "where organisation_id = %s and recorded_at >= %s group by 1",
            [organisation_id, today - timedelta(days=TRIAL_DAYS)],
        )
        counts = {rule_id: (seen, held) for rule_id, seen, held in cursor.fetchall()}
    found = EventRule.objects.filter(organisation_id=organisation_id, retired_at__isnull=True)
    return [RuleRow(rule, reading_of(rule), *counts.get(rule.pk, (0, 0))) for rule in found.order_by("position", "pk")]


def rule_of(rule_id: int, *, organisation_id: int) -> EventRule:
    """One rule; refuses an unknown one."""
    found = EventRule.objects.filter(organisation_id=organisation_id, pk=rule_id, retired_at__isnull=True).first()
    if found is None:
        raise RuleNotFound()
    return found


def log_of(scope: Scope, *, rule_id: int | None = None, limit: int) -> Sequence[RuleEffect]:
    """What rules did lately with the customers a person sees, the latest first."""
    found = RuleEffect.objects.filter(
        organisation_id=scope.organisation_id, customer__in=customers.in_scope(scope), has_held=True
    )
    if rule_id is not None:
        found = found.filter(rule_id=rule_id)
    return list(found.select_related("rule", "occurrence", "customer").order_by("-pk")[:limit])


def happenings(occurrences: Sequence[Occurrence], *, organisation_id: int, today: date) -> Mapping[int, Happening]:
    """What rules may ask about each occurrence, with the figures of today; a fixed number of queries."""
    ids = {occurrence.customer_id for occurrence in occurrences}
    known = Customer.objects.filter(organisation_id=organisation_id).in_bulk(ids)
    given: dict[str, Any] = {"organisation": organisation_id, "today": today, "ids": list(ids)}
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, given)
        figures = {(customer, currency): (minor, late) for customer, currency, minor, late in cursor.fetchall()}
        cursor.execute(_TIMES, {**given, "ids": [occurrence.pk for occurrence in occurrences]})
        times = dict(cursor.fetchall())
    usual = usual_currency(organisation_id)
    found = {}
    for one in occurrences:
        currency = one.currency or usual
        overdue, late = figures.get((one.customer_id, currency), (0, 0))
        customer = known[one.customer_id]
        found[one.pk] = Happening(
            kind=StepEvent(one.kind),
            on=one.occurred_date,
            customer_id=one.customer_id,
            currency=currency,
            item_id=one.item_id,
            amount_minor=one.amount_minor,
            overdue_minor=overdue,
            days_late=late,
            times=times.get(one.pk, 1),
            segment_id=customer.segment_id,
            collector_id=customer.collector_id,
            country=customer.country,
        )
    return found


def unanswered(rule: EventRule, *, organisation_id: int, today: date) -> list[Occurrence]:
    """What happened since the rule runs and it has not looked at yet."""
    since = max(rule.active_since.date(), today - timedelta(days=SEEN_DAYS))
    found = Occurrence.objects.filter(organisation_id=organisation_id, kind=rule.event, occurred_date__gte=since)
    return list(found.filter(occurred_date__lte=today).exclude(effects__rule=rule).order_by("pk"))


def trial(rule: Rule, *, scope: Scope, today: date) -> list[Tried]:
    """What the rule would have answered in the last 30 days, by the figures of today; nothing is done."""
    since = today - timedelta(days=TRIAL_DAYS)
    occurrences = list(
        Occurrence.objects.filter(
            organisation_id=scope.organisation_id, kind=rule.event.value, occurred_date__range=(since, today),
            customer__in=customers.in_scope(scope),
        ).select_related("customer").order_by("-occurred_date", "-pk")
    )  # fmt: skip
    seen = happenings(occurrences, organisation_id=scope.organisation_id, today=today)
    return [Tried(one, one.customer, holds(rule, seen[one.pk])) for one in occurrences]


def usual_currency(organisation_id: int) -> str:
    """The currency in which rules measure amounts."""
    found = Entity.objects.filter(organisation_id=organisation_id).order_by("pk").values_list("currency", flat=True)
    return found.first() or "EUR"


def people_of(organisation_id: int) -> dict[int, str]:
    """The people who work here, by id."""
    found = Membership.objects.filter(organisation_id=organisation_id, is_active=True).select_related("user")
    return {one.user_id: one.user.display_name for one in found.order_by("user__last_name", "pk")}


def segments_of(organisation_id: int) -> dict[int, str]:
    """The segments, by id."""
    found = Segment.objects.filter(organisation_id=organisation_id).order_by("priority")
    return dict(found.values_list("pk", "name"))


def scenarios_of(organisation_id: int) -> dict[int, str]:
    """The scenarios that can be given to somebody, by id."""
    found = Scenario.objects.filter(organisation_id=organisation_id, archived_at__isnull=True).order_by("name")
    return dict(found.values_list("pk", "name"))
