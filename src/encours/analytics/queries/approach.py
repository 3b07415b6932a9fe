"""What contacts of the last year were followed by, and what trials of the suggestions have taught."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from encours.access.queries import zone_of
from encours.analytics.rules import approach as rules
from encours.analytics.rules.approach import Aspect, Finding, Tried
from encours.analytics.rules.effect import Effect, Reached, effect
from encours.collections.holdout_models import SuggestionTrial
from encours.collections.rules.holdout import kept_aside
from encours.core import statements

LOOKED_BACK_DAYS = 365
FOLLOWS_DAYS = 7
# an instalment comes to a trial when it is so late: before, reminders leave by themselves
LATE_DAYS = 15
ROWS_MAX = 300_000

# Reminders that left, by channel and tone, with how late the oldest of what they claimed was; a week later it is known
# whether money came. Thanks claim nothing.
_WRITTEN = """
select r.customer_id, r.channel, v.tone, r.send_date - min(i.due_date),
       exists (select from ledger_openitem o where o.organisation_id = r.organisation_id
               and o.customer_id = r.customer_id and o.kind = 'receipt'
               and o.item_date > r.send_date and o.item_date <= r.send_date + %(follows)s)
from collections_reminder r
join collections_reminderitem i on i.organisation_id = r.organisation_id and i.reminder_id = r.id
    and i.has_left and not i.is_thanks
join messaging_message m on m.organisation_id = r.organisation_id and m.key = r.message_key
join messaging_templateversion v on v.id = m.template_version_id
where r.organisation_id = %(organisation)s and r.outcome = 'due' and r.message_key <> ''
  and r.send_date between %(first)s and %(last)s
group by r.organisation_id, r.id, r.customer_id, r.channel, v.tone, r.send_date
order by r.send_date desc limit %(rows)s
"""
_CALLED = """
select c.customer_id, extract(hour from c.called_at at time zone coalesce(nullif(k.timezone, ''), %(zone)s))::int,
       c.outcome not in ('no_answer', 'wrong_number', 'voicemail'),
       c.call_date - (select min(o.due_date) from ledger_openitem o where o.organisation_id = c.organisation_id
                      and o.customer_id = c.customer_id and o.amount_minor > 0 and o.due_date <= c.call_date
                      and o.kind <> 'receipt' and (o.open_minor <> 0 or o.legs_last_date >= c.call_date)),
       exists (select from ledger_openitem o where o.organisation_id = c.organisation_id
               and o.customer_id = c.customer_id and o.kind = 'receipt'
               and o.item_date > c.call_date and o.item_date <= c.call_date + %(follows)s)
from collections_call c join customers_customer k on k.id = c.customer_id and k.organisation_id = c.organisation_id
where c.organisation_id = %(organisation)s and c.call_date between %(first)s and %(last)s
order by c.call_date desc limit %(rows)s
"""
# One read for what concerns a single customer: the trial that runs, and the calls made to it.
_OWN = """
select t.id, t.share_permille, t.started_date,
       array(select array[
                 extract(hour from c.called_at at time zone coalesce(nullif(k.timezone, ''), z.own, %(zone)s))::int,
                 (c.outcome not in ('no_answer', 'wrong_number', 'voicemail'))::int]
             from collections_call c
             join customers_customer k on k.id = c.customer_id and k.organisation_id = c.organisation_id
             where c.organisation_id = %(organisation)s and c.customer_id = any(%(customers)s::bigint[])
             order by c.id desc limit 50)
from (select (select nullif(e.timezone, '') from access_entity e where e.organisation_id = %(organisation)s
              order by e.id limit 1) as own) z
left join collections_suggestiontrial t on t.organisation_id = %(organisation)s and t.ended_date is null
"""
_LATE = """
select i.customer_id, case when i.open_minor = 0 then i.legs_last_date - (i.due_date + %(late)s) end
from ledger_openitem i
where i.organisation_id = %(organisation)s and i.kind in ('invoice', 'debit_note', 'deposit') and i.amount_minor > 0
  and i.account not like '418%%' and i.account not like '419%%'
  and i.due_date + %(late)s between %(first)s and %(last)s
  and (i.open_minor <> 0 or i.legs_last_date > i.due_date + %(late)s)
  and not exists (select from ledger_openitem r where r.organisation_id = i.organisation_id and r.reverses_id = i.id)
limit %(rows)s
"""


def what_works(organisation_id: int, *, today: date) -> dict[tuple[Aspect, int], Finding]:
    """Channel, tone and hour of the last year's contacts, by lateness; hours are compared over all customers."""
    values: dict[str, Any] = {
        "organisation": organisation_id,
        "first": today - timedelta(days=LOOKED_BACK_DAYS),
        "last": today - timedelta(days=FOLLOWS_DAYS),
        "follows": FOLLOWS_DAYS,
        "rows": ROWS_MAX,
        "zone": zone_of(organisation_id),
    }
    tried: list[Tried] = []
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, values)
        for customer_id, channel, tone, days_late, was_paid in cursor:
            band = rules.band_of(days_late)
            tried.append(Tried(customer_id, Aspect.CHANNEL, band, channel, was_paid))
            tried.append(Tried(customer_id, Aspect.TONE, band, tone, was_paid))
        cursor.execute(_CALLED, values)
        for customer_id, hour, was_reached, days_late, was_paid in cursor:
            tried.append(Tried(customer_id, Aspect.HOUR, 0, str(rules.part_of(hour)), was_reached))
            if days_late is not None:
                tried.append(Tried(customer_id, Aspect.CHANNEL, rules.band_of(days_late), "call", was_paid))
    return rules.findings(tried)


@dataclass(frozen=True, slots=True)
class Own:
    """What is one customer's alone: since when it is shown without a suggestion, and when it answers the telephone."""

    without_since: date | None
    answered: tuple[int, int, int] | None  # part of the day, calls answered, calls made


def own_of(account_ids: Sequence[int], *, organisation_id: int) -> Own:
    """Both of a customer and those merged into it, the customer first."""
    values = {"organisation": organisation_id, "customers": list(account_ids), "zone": settings.TIME_ZONE}
    ((trial_id, share_permille, started_date, calls),) = statements.rows(_OWN, values)
    trial = SuggestionTrial(pk=trial_id, share_permille=share_permille) if trial_id else None
    return Own(
        started_date if is_without(account_ids[0], trial) else None,
        rules.answered_part((hour, bool(was_reached)) for hour, was_reached in calls),
    )


def is_without(customer_id: int, trial: SuggestionTrial | None) -> bool:
    """Whether the lot of the trial shows the customer without a suggestion."""
    return trial is not None and bool(kept_aside([customer_id], share_permille=trial.share_permille, seed=trial.seed))


def effect_of_trial(trial: SuggestionTrial, *, today: date) -> Effect:
    """Days gained by suggesting: instalments that came to be 15 days late while it ran, watched to its horizon."""
    last = min(trial.ended_date or today, today) - timedelta(days=1)
    values: dict[str, Any] = {
        "organisation": trial.organisation_id,
        "first": trial.started_date,
        "last": min(last, today - timedelta(days=trial.horizon_days)),
        "late": LATE_DAYS,
        "rows": ROWS_MAX,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LATE, values)
        rows = cursor.fetchall()
    aside = kept_aside({row[0] for row in rows}, share_permille=trial.share_permille, seed=trial.seed)
    return effect((Reached(pk, pk in aside, days) for pk, days in rows), horizon_days=trial.horizon_days)
