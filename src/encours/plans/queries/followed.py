"""Plans as cash shows them: what is paid of each instalment, read for many plans at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from encours.access.rules import Scope
from encours.core import statements
from encours.customers import queries as customers
from encours.plans.models import Plan, PlanInstalment, PlanItem
from encours.plans.models import State as Named
from encours.plans.rules.standing import (
    Due,
    Followed,
    KeptRate,
    Payment,
    RowState,
    State,
    breach_date,
    follow,
    kept_rate,
)

type Debt = tuple[int, str, int]  # company, document number, instalment number


@dataclass(frozen=True)
class PlanSeen:
    """A plan, its instalments as they stand, and what it covers."""

    plan: Plan
    rows: Sequence[Followed]
    items: Sequence[PlanItem]
    today: date

    @property
    def state(self) -> State:
        """Where the plan is in its life."""
        plan = self.plan
        if plan.ended_as:
            return State(plan.ended_as)
        if plan.agreed_date is None:
            return State.DRAFT if plan.approved_date is None else State.APPROVED
        return State.AGREED if self.today < self.rows[0].due.due_date else State.RUNNING

    @property
    def state_label(self) -> str:
        """The state in words."""
        return str(Named(self.state.value).label)

    @property
    def is_standing(self) -> bool:
        """Whether it binds today: agreed and not over."""
        return self.plan.agreed_date is not None and not self.plan.ended_as

    @property
    def paid_minor(self) -> int:
        """What came in on it."""
        return sum(row.paid_minor for row in self.rows)

    @property
    def left_minor(self) -> int:
        """What is left to pay."""
        return sum(row.left_minor for row in self.rows)

    @property
    def breach_date(self) -> date | None:
        """Since when it is in breach, while it stands."""
        return breach_date(self.rows, grace_days=self.plan.grace_days) if self.is_standing else None

    @property
    def next_row(self) -> Followed | None:
        """The oldest instalment that is not paid."""
        return next((row for row in self.rows if row.left_minor > 0), None)

    @property
    def late_minor(self) -> int:
        """What should have been paid by now."""
        if not self.is_standing:
            return 0
        return sum(row.left_minor for row in self.rows if row.due.due_date < self.today)

    @property
    def debts(self) -> frozenset[Debt]:
        """What it covers, by what a corrected invoice keeps."""
        return frozenset((item.entity_id, item.document_number, item.instalment_number) for item in self.items)


def in_scope(scope: Scope) -> QuerySet[Plan]:
    """The plans the reader may see: of their companies, of customers in their portfolio."""
    found = Plan.objects.filter(organisation_id=scope.organisation_id).select_related("customer", "entity")
    if scope.entity_ids:
        found = found.filter(entity_id__in=scope.entity_ids)
    if scope.own_portfolio_only:
        found = found.filter(customer__in=customers.in_scope_with_merged(scope).values("pk"))
    return found


def plans(scope: Scope, *, today: date, account_ids: Sequence[int] | None = None, limit: int = 200) -> list[PlanSeen]:
    """The plans a person may see, those in breach first, then those that stand, then the latest."""
    found = in_scope(scope)
    if account_ids is not None:
        found = found.filter(customer_id__in=account_ids)
    seen = seen_of(found.order_by("-pk")[:limit], today=today)
    return sorted(seen, key=lambda one: (one.breach_date is None, not one.is_standing, bool(one.plan.ended_as)))


def plan_seen(plan_id: int, *, scope: Scope, today: date) -> PlanSeen | None:
    """One plan a person may see."""
    return next(iter(seen_of(in_scope(scope).filter(pk=plan_id), today=today)), None)


def standing(organisation_id: int, *, today: date, customer_ids: Collection[int] | None = None) -> list[PlanSeen]:
    """The plans that bind on a day, of the whole book or of some customers."""
    found = Plan.objects.filter(
        Q(ended_date__isnull=True) | Q(ended_date__gt=today), organisation_id=organisation_id, agreed_date__lte=today
    )
    if customer_ids is not None:
        found = found.filter(customer_id__in=customer_ids)
    return seen_of(found.order_by("pk"), today=today)


def covered_items(organisation_id: int, *, today: date, customer_ids: Sequence[int] | None = None) -> Mapping[int, str]:
    """The open items that a standing plan covers, and its number; of some customers when they are named."""
    wanted = None if customer_ids is None else list(customer_ids)
    of_some = "" if customer_ids is None else " and i.customer_id = any(%(wanted)s::bigint[])"
    asked = f"""
        select i.id, p.number from plans_plan p
        join plans_planitem c on c.plan_id = p.id and c.organisation_id = p.organisation_id
        join ledger_openitem i on i.organisation_id = c.organisation_id and i.entity_id = c.entity_id
          and i.document_number = c.document_number and i.instalment_number = c.instalment_number
        where p.organisation_id = %(organisation)s and p.agreed_date <= %(today)s
          and (p.ended_date is null or p.ended_date > %(today)s) and i.open_minor > 0{of_some}"""
    return dict(statements.rows(asked, {"organisation": organisation_id, "today": today, "wanted": wanted}))


def rate_of(seen: Iterable[PlanSeen], *, today: date) -> KeptRate:
    """The plan-kept rate: instalments paid on their day among those that fell due, of plans that were agreed."""
    rows = (row for one in seen if one.plan.agreed_date for row in _fallen_due(one))
    return kept_rate(rows, today=today)


def _fallen_due(one: PlanSeen) -> Iterable[Followed]:
    """A plan that was cancelled or broken asks for nothing after its end."""
    ended = one.plan.ended_date
    return (row for row in one.rows if ended is None or one.plan.ended_as == "kept" or row.due.due_date <= ended)


def seen_of(found: Iterable[Plan], *, today: date) -> list[PlanSeen]:
    """Plans with their instalments as cash shows them."""
    listed = list(found)
    ids = [plan.pk for plan in listed]
    if not ids:
        return []
    organisation_id = listed[0].organisation_id
    dues: dict[int, list[Due]] = {}
    for row in PlanInstalment.objects.filter(organisation_id=organisation_id, plan_id__in=ids).order_by("number"):
        dues.setdefault(row.plan_id, []).append(Due(row.pk, row.number, row.due_date, row.amount_minor))
    items: dict[int, list[PlanItem]] = {}
    for item in PlanItem.objects.filter(organisation_id=organisation_id, plan_id__in=ids).order_by("due_date", "pk"):
        items.setdefault(item.plan_id, []).append(item)
    cash = _cash(organisation_id, [plan.pk for plan in listed if plan.agreed_date])
    made = []
    for plan in listed:
        payments, credited = cash.get(plan.pk, ([], 0))
        asked = follow(
            dues.get(plan.pk, []), payments, credited_minor=credited, today=today, grace_days=plan.grace_days
        )
        made.append(PlanSeen(plan, asked, items.get(plan.pk, []), today))
    return made


_REDUCTIONS = """
with covered as (
    select p.id as plan_id, p.agreed_date, i.id as item_id, p.organisation_id
    from plans_plan p
    join plans_planitem c on c.plan_id = p.id and c.organisation_id = p.organisation_id
    join ledger_openitem i on i.organisation_id = c.organisation_id and i.entity_id = c.entity_id
      and i.document_number = c.document_number and i.instalment_number = c.instalment_number and i.amount_minor > 0
    where p.organisation_id = %(organisation)s and p.id = any(%(plans)s)
      and not exists (select from ledger_openitem v
                      where v.organisation_id = i.organisation_id and v.reverses_id = i.id)
)
select c.plan_id, l.id, -l.amount_minor,
       (select case when count(*) > 0 then greatest(c.agreed_date, min(r.item_date)) end from ledger_allocationleg o
        join ledger_openitem r on r.id = o.item_id and r.organisation_id = o.organisation_id
        where o.organisation_id = l.organisation_id and o.allocation_id = l.allocation_id and r.kind = 'receipt')
from covered c
join ledger_allocationleg l on l.organisation_id = c.organisation_id and l.item_id = c.item_id and l.amount_minor < 0
join ledger_allocation a on a.id = l.allocation_id and a.organisation_id = l.organisation_id and a.reverses_id is null
where not exists (select from ledger_allocation u where u.organisation_id = l.organisation_id
                  and u.reverses_id = l.allocation_id)
order by c.plan_id, l.id desc
"""
_OPEN = """
select p.id, (select coalesce(sum(c.amount_minor), 0) from plans_planitem c
              where c.organisation_id = p.organisation_id and c.plan_id = p.id)
  - coalesce((select sum(i.open_minor) from plans_planitem c
     join ledger_openitem i on i.organisation_id = c.organisation_id and i.entity_id = c.entity_id
       and i.document_number = c.document_number and i.instalment_number = c.instalment_number and i.open_minor > 0
     where c.organisation_id = p.organisation_id and c.plan_id = p.id), 0)
from plans_plan p where p.organisation_id = %(organisation)s and p.id = any(%(plans)s)
"""


def _cash(organisation_id: int, plan_ids: Sequence[int]) -> dict[int, tuple[list[Payment], int]]:
    """By plan: the payments on its items since it was agreed, and what else took off the debt.

    What was taken off in all is what was open when it was agreed less what is open now; the latest settlements up to
    that sum are those that followed the agreement, whatever came before it.
    """
    if not plan_ids:
        return {}
    given: dict[str, Any] = {"organisation": organisation_id, "plans": list(plan_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, given)
        left = {plan_id: max(int(minor), 0) for plan_id, minor in cursor.fetchall()}
        cursor.execute(_REDUCTIONS, given)
        rows = cursor.fetchall()
    found: dict[int, tuple[list[Payment], int]] = {plan_id: ([], 0) for plan_id in left}
    for plan_id, _, minor, received_on in rows:
        taken = min(int(minor), left[plan_id])
        if taken <= 0:
            continue
        left[plan_id] -= taken
        if received_on is not None:
            found[plan_id][0].append(Payment(received_on, taken))
        else:
            found[plan_id] = (found[plan_id][0], found[plan_id][1] + taken)
    # what was corrected away without a settlement lowered the debt as a credit note does
    return {plan_id: (paid, credited + left[plan_id]) for plan_id, (paid, credited) in found.items()}


def late_rows(one: PlanSeen) -> list[Followed]:
    """The instalments past their day that are not paid."""
    return [row for row in one.rows if row.state in (RowState.DUE, RowState.LATE) and row.due.due_date < one.today]
