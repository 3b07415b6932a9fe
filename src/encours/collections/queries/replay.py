"""Two scenarios over the same past: what each would have sent, what really left, and where they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import connection

from encours.access.rules import Scope
from encours.collections.queries import facts as loading
from encours.collections.queries.past import followed, pasts
from encours.collections.rules.replay import (
    Difference,
    Summary,
    Told,
    differences,
    paid_on,
    replay,
    summary,
    told,
)
from encours.collections.rules.steps import Plan
from encours.customers.models import Customer

CUSTOMERS_MAX = 1_000
DIFFERENCES_MAX = 200

SENT = """
select r.step_key, date_trunc('month', r.send_date)::date, count(*)
from collections_reminder r
where r.organisation_id = %(organisation)s and r.customer_id = any(%(customers)s) and r.outcome = 'due'
  and r.send_date between %(first)s and %(last)s
  and not exists (select from collections_withdrawal w where w.reminder_id = r.id)
group by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Differing:
    """A difference with the customer it is about."""

    difference: Difference
    number: str
    name: str


@dataclass(frozen=True)
class Replayed:
    """The replay of one scenario, or of two beside each other, over the customers it applies to."""

    first: date
    last: date
    customer_count: int
    # how many of them were replayed: a large book is judged by a sample drawn by lot
    sample_size: int
    one: Summary
    other: Summary | None
    differing: Sequence[Differing]
    difference_count: int
    sent_by_step: Mapping[str, int]
    sent_by_month: Mapping[date, int]


def replayed(
    plan: Plan,
    *,
    other: Plan | None,
    scope: Scope,
    first: date,
    last: date,
    now: datetime,
    sample_size: int = CUSTOMERS_MAX,
) -> Replayed:
    """Run a plan, and another beside it, over the past of the customers that the first one's scenario applies to."""
    run = replace(loading.run_facts(scope.organisation_id, today=last, now=now), sandbox=False)
    ids, count = followed(plan.scenario_id, scope=scope, sample_size=sample_size)
    paid: dict[int, date | None] = {}
    ours: list[Told] = []
    theirs: list[Told] = []
    for past in pasts(
        ids, organisation_id=scope.organisation_id, plan=plan, first=first, last=last, entity_ids=scope.entity_ids
    ):
        paid.update((row.item.item_id, paid_on(row)) for row in past.items)
        ours += [told(*row) for row in replay(past, run, first=first, last=last)]
        if other is not None:
            under_other = replace(past, customer=replace(past.customer, plan=other))
            theirs += [told(*row) for row in replay(under_other, run, first=first, last=last)]
    found = differences(ours, theirs) if other is not None else []
    by_step, by_month = _sent(ids, organisation_id=scope.organisation_id, first=first, last=last)
    return Replayed(
        first, last, count, len(ids), summary(ours, paid.get),
        summary(theirs, paid.get) if other is not None else None,
        _named(found[:DIFFERENCES_MAX]), len(found), by_step, by_month,
    )  # fmt: skip


def _sent(
    ids: Sequence[int], *, organisation_id: int, first: date, last: date
) -> tuple[dict[str, int], dict[date, int]]:
    """What really left to them in that time."""
    by_step: dict[str, int] = {}
    by_month: dict[date, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(SENT, {"organisation": organisation_id, "customers": list(ids), "first": first, "last": last})
        for step_key, month, count in cursor.fetchall():
            by_step[step_key] = by_step.get(step_key, 0) + count
            by_month[month] = by_month.get(month, 0) + count
    return by_step, dict(sorted(by_month.items()))


def _named(found: Sequence[Difference]) -> list[Differing]:
    known = Customer.objects.in_bulk({difference.customer_id for difference in found})
    return [Differing(one, known[one.customer_id].number, known[one.customer_id].name) for one in found]
