"""What each person did for the money in a period, and what came of it: the scorecard, and the wins behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection

from encours.access.rules import Scope
from encours.collections.queries.promised import covered
from encours.collections.rules.promises import KeptRate, kept_rate, state_of
from encours.customers.queries import owned_sql

# a payment that comes within two weeks of a person's contact is counted as a win of theirs
WIN_DAYS = 14


@dataclass(frozen=True, slots=True)
class Score:
    """One person's period; amounts by currency."""

    user_id: int
    name: str
    collected: Mapping[str, int] = field(default_factory=dict)
    won: Mapping[str, int] = field(default_factory=dict)
    calls: int = 0
    reached: int = 0
    messages: int = 0
    promises: int = 0
    kept: KeptRate = field(default_factory=KeptRate)
    disputes_opened: int = 0
    disputes_closed: int = 0
    tasks_done: int = 0


@dataclass(frozen=True, slots=True)
class Win:
    """A payment that came after a person's contact."""

    user_id: int
    name: str
    customer_number: str
    customer_name: str
    received_date: date
    amount_minor: int
    currency: str
    contact_date: date


_PEOPLE = """
select m.user_id, coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.email)
from access_membership m join access_user u on u.id = m.user_id
where m.organisation_id = %(organisation)s and m.is_active and m.role not in ('auditor')
order by u.last_name, u.first_name, u.email
"""
# no receipt that bounced, no refund; the portfolio as it stands today
_COLLECTED = """
select c.collector_id, p.currency, sum(p.amount_minor)::bigint from payments_receipt p
join customers_customer c on c.id = p.customer_id
where p.organisation_id = %(organisation)s and p.received_date between %(first)s and %(last)s and p.amount_minor > 0
  and c.collector_id is not null and {entities} and {standing} group by 1, 2
"""
_STANDING = """not exists (
    select from ledger_openitem i
    join ledger_openitem b on b.organisation_id = i.organisation_id and b.reverses_id = i.id
    where i.organisation_id = p.organisation_id and i.kind = 'receipt' and i.document_id = p.id)"""
_COUNTS = {
    "calls": """select author_id, count(*) from collections_call
        where organisation_id = %(organisation)s and call_date between %(first)s and %(last)s group by 1""",
    "reached": """select author_id, count(*) from collections_call
        where organisation_id = %(organisation)s and call_date between %(first)s and %(last)s
          and outcome not in ('no_answer', 'wrong_number', 'voicemail') group by 1""",
    # those a person wrote or let leave, not those that left by themselves
    "messages": """select actor_id, count(*) from messaging_message
        where organisation_id = %(organisation)s and state in ('sent', 'caught') and actor_id is not null
          and (state_at at time zone 'Europe/Paris')::date between %(first)s and %(last)s
          and customer_id is not null and kind <> 'test' group by 1""",
    "promises": """select author_id, count(*) from collections_promise
        where organisation_id = %(organisation)s and made_date between %(first)s and %(last)s group by 1""",
    "disputes_opened": """select a.actor_id, count(*) from access_auditentry a
        where a.organisation_id = %(organisation)s and a.verb = 'open_dispute'
          and (a.at at time zone 'Europe/Paris')::date between %(first)s and %(last)s group by 1""",
    "disputes_closed": """select a.actor_id, count(*) from access_auditentry a
        where a.organisation_id = %(organisation)s and a.verb = 'close_dispute'
          and (a.at at time zone 'Europe/Paris')::date between %(first)s and %(last)s group by 1""",
    "tasks_done": """select closed_by_id, count(*) from team_task
        where organisation_id = %(organisation)s and state = 'done'
          and closed_date between %(first)s and %(last)s group by 1""",
}
# The last to speak with the customer before the money came has the win; each payment is one person's.
_WINS = """
with contact as (
    select customer_id, author_id as user_id, call_date as day from collections_call
    where organisation_id = %(organisation)s and author_id is not null and call_date between %(since)s and %(last)s
      and outcome not in ('no_answer', 'wrong_number')
    union all
    select customer_id, author_id, made_date from collections_promise
    where organisation_id = %(organisation)s and author_id is not null and made_date between %(since)s and %(last)s
    union all
    select customer_id, actor_id, (state_at at time zone 'Europe/Paris')::date from messaging_message
    where organisation_id = %(organisation)s and actor_id is not null and customer_id is not null and kind <> 'test'
      and state in ('sent', 'caught') and state_at >= %(since)s
)
select distinct on (p.id) k.user_id, c.number, c.name, p.received_date, p.amount_minor, p.currency, k.day
from payments_receipt p join customers_customer c on c.id = p.customer_id
join contact k on k.customer_id = p.customer_id and k.day <= p.received_date and k.day >= p.received_date - %(days)s
where p.organisation_id = %(organisation)s and p.received_date between %(first)s and %(last)s and p.amount_minor > 0
  and {entities} and {customers} and {standing}
order by p.id, k.day desc, k.user_id
"""
_PROMISED = """
select author_id, customer_id, id, amount_minor, promised_date from collections_promise
where organisation_id = %(organisation)s and withdrawn_date is null and author_id is not null
  and promised_date between %(first)s and %(last)s and promised_date < %(today)s
"""


def scorecard(scope: Scope, *, first: date, last: date, today: date) -> list[Score]:
    """Each person of the team with the figures of the period, those who did nothing too."""
    parameters = _parameters(scope, first, last, today)
    counts = {name: dict(_rows(sql, parameters)) for name, sql in _COUNTS.items()}
    collected = _amounts(_rows(_COLLECTED.format(entities=_entities(scope), standing=_STANDING), parameters))
    won = _amounts([(win.user_id, win.currency, win.amount_minor) for win in wins(scope, first=first, last=last)])
    kept = _kept(scope, parameters, today)
    return [
        Score(
            user_id,
            name,
            collected.get(user_id, {}),
            won.get(user_id, {}),
            kept=kept.get(user_id, KeptRate()),
            **{measure: found.get(user_id, 0) for measure, found in counts.items()},
        )
        for user_id, name in _rows(_PEOPLE, parameters)
    ]


def wins(scope: Scope, *, first: date, last: date, limit: int = 1_000) -> list[Win]:
    """The payments of the period that came within two weeks of somebody's contact, the largest first."""
    parameters = _parameters(scope, first, last, last)
    own = owned_sql("c") if scope.own_portfolio_only else "true"
    sql = _WINS.format(entities=_entities(scope), customers=own, standing=_STANDING)
    names = dict(_rows(_PEOPLE, parameters))
    rows = sorted(_rows(sql, parameters), key=lambda row: -row[4])
    return [Win(row[0], names.get(row[0], ""), *row[1:]) for row in rows[:limit]]


def _kept(scope: Scope, parameters: Mapping[str, Any], today: date) -> dict[int, KeptRate]:
    """How the promises that each person took, and whose day is over, ended."""
    rows = _rows(_PROMISED, parameters)
    cover = covered(scope.organisation_id, customer_ids={row[1] for row in rows}, today=today)
    ended: dict[int, list[Any]] = {}
    for author_id, _, pk, amount, day in rows:
        received = cover[pk].in_time_minor if pk in cover else 0
        state = state_of(amount, promised_date=day, received_minor=received, today=today)
        ended.setdefault(author_id, []).append((state, amount, received))
    return {author_id: kept_rate(found) for author_id, found in ended.items()}


def _amounts(rows: Sequence[tuple[int, str, int]]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for user_id, currency, minor in rows:
        of_person = found.setdefault(user_id, {})
        of_person[currency] = of_person.get(currency, 0) + minor
    return found


def _entities(scope: Scope) -> str:
    return "p.entity_id = any(%(entities)s::bigint[])" if scope.entity_ids else "true"


def _parameters(scope: Scope, first: date, last: date, today: date) -> dict[str, Any]:
    return {
        "organisation": scope.organisation_id,
        "entities": list(scope.entity_ids),
        "person": scope.user_id,
        "people": list(scope.people),
        "first": first,
        "last": last,
        "today": today,
        "since": first - timedelta(days=WIN_DAYS),
        "days": WIN_DAYS,
    }


def _rows(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
