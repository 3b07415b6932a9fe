"""Payment plans as a run sees them: what they cover leaves dunning, their own instalments take its place."""

from collections.abc import Collection, Mapping, Sequence

from encours.collections.rules.facts import Instalment, LastStep
from encours.plans.queries.followed import PlanSeen

type StepKey = tuple[int, int, str | int, int]  # customer, company, document, instalment
type UnderPlan = tuple[tuple[str, tuple[str, ...]], ...]  # number of the plan, documents it covers


def with_plans(
    items: dict[int, list[Instalment]],
    *,
    plans: Sequence[PlanSeen],
    kept_of: Mapping[int, int],
    customer_ids: Collection[int],
    history: Mapping[StepKey, LastStep],
) -> dict[int, UnderPlan]:
    """Take out the items a standing plan covers, put its unpaid instalments in; by customer, what was taken out.

    A plan's instalment has no open item behind it: its id is the negative of its own, so no step leaves twice for it.
    """
    under: dict[int, UnderPlan] = {}
    for seen in plans:
        customer_id = kept_of.get(seen.plan.customer_id, seen.plan.customer_id)
        if customer_id not in customer_ids:
            continue
        covered = seen.debts
        there = items.get(customer_id, [])
        taken = [item for item in there if _debt(item) in covered]
        kept = [item for item in there if _debt(item) not in covered]
        items[customer_id] = kept + _own(seen, customer_id, history)
        documents = tuple(sorted({item.document_number for item in taken}))
        under[customer_id] = (*under.get(customer_id, ()), (seen.plan.number, documents))
    return under


def _debt(item: Instalment) -> tuple[int, str, int]:
    return (item.entity_id, item.document_number, item.instalment_number)


def _own(seen: PlanSeen, customer_id: int, history: Mapping[StepKey, LastStep]) -> list[Instalment]:
    plan = seen.plan
    return [
        Instalment(
            item_id=-row.due.instalment_id,
            entity_id=plan.entity_id,
            document_number=plan.number,
            instalment_number=row.due.number,
            instalment_count=max(one.due.number for one in seen.rows),
            issue_date=plan.agreed_date or plan.drafted_date,
            due_date=row.due.due_date,
            currency=plan.currency,
            open_minor=row.left_minor,
            last=history.get((customer_id, plan.entity_id, plan.number, row.due.number)),
        )
        for row in seen.rows
        if row.left_minor > 0
    ]
