"""What groups kept aside have taught: the instalments of both sides that came to the step, and when they were paid."""

from datetime import date, timedelta
from typing import Any

from django.db import connection

from encours.analytics.rules.effect import Effect, Reached, effect
from encours.collections.holdout_models import HoldOut
from encours.collections.rules.steps import Basis, Plan, Step

# An instalment comes to the step on its day if it is still open then; a correction of it is the same instalment, so
# what was reversed does not count. Settled: nothing is left of it, by whatever settles.
REACHED = """
select h.customer_id, h.is_kept_aside,
       case when i.open_minor = 0 then i.legs_last_date - ({base} + %(days)s) end
from collections_holdoutcustomer h
join ledger_openitem i on i.organisation_id = h.organisation_id and i.customer_id = h.customer_id
where h.organisation_id = %(organisation)s and h.hold_out_id = %(hold_out)s
  and i.kind in ('invoice', 'debit_note', 'deposit') and i.amount_minor > 0
  and i.account not like '418%%' and i.account not like '419%%'
  and {base} + %(days)s between %(first)s and %(last)s
  and (i.open_minor <> 0 or i.legs_last_date > {base} + %(days)s)
  and not exists (select from ledger_openitem r where r.organisation_id = i.organisation_id and r.reverses_id = i.id)
"""


def measured_step(hold_out: HoldOut, plan: Plan) -> Step | None:
    """The step whose day the effect is counted from: the one kept from, else the first reminder of the scenario."""
    if hold_out.step_key:
        return next((step for step in plan.claims if step.key == hold_out.step_key), None)
    return next((step for step in plan.claims if step.basis is Basis.DUE and step.days > 0), None)


def effect_of(hold_out: HoldOut, *, plan: Plan, today: date) -> Effect:
    """What is known so far: only instalments that came to the step at least a whole horizon ago."""
    step = measured_step(hold_out, plan)
    if step is None:
        return effect((), horizon_days=hold_out.horizon_days)
    last = min(hold_out.ended_date or today, today) - timedelta(days=1)
    values: dict[str, Any] = {
        "organisation": hold_out.organisation_id,
        "hold_out": hold_out.pk,
        "days": step.days,
        "first": hold_out.started_date,
        "last": min(last, today - timedelta(days=hold_out.horizon_days)),
    }
    base = "i.item_date" if step.basis is Basis.ISSUE else "i.due_date"
    with connection.cursor() as cursor:
        cursor.execute(REACHED.format(base=base), values)
        rows = [Reached(*row) for row in cursor.fetchall()]
    return effect(rows, horizon_days=hold_out.horizon_days)
