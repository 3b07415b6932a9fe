"""The list of the day: who waits for a person's next step, ranked, with figures, reasons and the last contact."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from encours.access.rules import Scope
from encours.collections.queries.promised import covered
from encours.collections.rules import ranking
from encours.collections.rules.facts import Outcome
from encours.core import statements
from encours.customers.queries import owned_sql

CANDIDATES_MAX = 3_000
BROKEN_DAYS = 30
FILTERS = ("", "call", "ready", "held", "promises")


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose customers are looked at, and what of them."""

    scope: Scope
    today: date
    is_mine: bool = False
    only: str = ""
    text: str = ""
    # whose customers are mine today: my own, and those of whom I stand in for; empty: the reader's
    people: tuple[int, ...] = ()
    weights: ranking.Weights = ranking.USUAL
    # days after the due date at which customers pay on average, where known
    habits: Callable[[Collection[int]], Mapping[int, int]] | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the conditions below."""
        return {
            "organisation": self.scope.organisation_id,
            "today": self.today,
            "entities": list(self.scope.entity_ids),
            "person": self.scope.user_id,
            "portfolio": list(self.scope.people),
            "people": list(self.people or ([self.scope.user_id] if self.scope.user_id else [])),
            "minimum_call": self.weights.minimum_call_minor,
            "text": f"%{self.text.strip()}%",
            "number": self.text.strip(),
            "limit": CANDIDATES_MAX,
            "broken_days": BROKEN_DAYS,
        }

    @property
    def conditions(self) -> str:
        """SQL conditions on customers, as `c`."""
        found = ["c.organisation_id = %(organisation)s", "c.merged_into_id is null"]
        if self.scope.own_portfolio_only:
            found.append(owned_sql("c", "portfolio"))
        if self.is_mine:
            found.append("c.collector_id = any(%(people)s)")
        if self.text.strip():
            found.append("(c.name ilike %(text)s or c.number = %(number)s)")
        return " and ".join(found)

    def entity_condition(self, alias: str) -> str:
        """Rows of the companies the person sees."""
        if not self.scope.entity_ids:
            return "true"
        return f"({alias}.entity_id is null or {alias}.entity_id = any(%(entities)s::bigint[]))"


@dataclass(frozen=True, slots=True)
class Contacted:
    """The last time something was said between us and the customer."""

    kind: str  # message, reply, note, call
    at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """A customer on the list."""

    customer_id: int
    number: str
    name: str
    collector_id: int | None
    currency: str
    overdue_minor: int
    days_late: int
    place: ranking.Place
    contact: Contacted | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Everybody who may stand on the list, in order, with what was found of them: it costs a pass over what waits."""

    places: Sequence[ranking.Place]
    accounts: Mapping[int, ranking.Account]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many customers each filter shows, what is ready, and how many messages each check stops."""

    counts: Mapping[str, int]
    ready_count: int
    ready_amounts: Mapping[str, int]
    causes: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class WorkList:
    """The list with the counts of its filters and how far the day has come."""

    rows: Sequence[Row]
    counts: Mapping[str, int]
    done_count: int
    later_count: int
    decided_at: datetime | None

    @property
    def total_count(self) -> int:
        """Everybody who was or is on the list today."""
        return self.counts[""] + self.done_count


@dataclass(slots=True)
class _Candidate:
    """What was found of one customer before it is ranked."""

    waiting: list[ranking.Waiting] = field(default_factory=list)
    broken: ranking.PromiseMade | None = None
    due_today: ranking.PromiseMade | None = None


# The decisions in force: of the last whole run or later, not followed by another, not taken back.
LIVE = """
    select r.* from collections_reminder r
    where r.organisation_id = %(organisation)s
      and r.run_id >= (select coalesce(max(id), 0) from collections_dunningrun
                       where organisation_id = %(organisation)s and is_whole and finished_at is not null)
      and not exists (select from collections_reminder f
                      where f.organisation_id = r.organisation_id and f.follows_id = r.id and f.run_id > r.run_id
                        and f.customer_id = r.customer_id)
      and not exists (select from collections_withdrawal w where w.reminder_id = r.id)
"""
# the largest are chosen by what is in columns, and only they are opened
_WAITING = """
with largest as materialized (
    select r.id from ({live}) r join customers_customer c on c.id = r.customer_id
    where {customers} and {entities} and {outcomes}
    order by r.claimed_minor desc, r.id limit %(limit)s
)
select r.customer_id, r.id, r.step_name, r.step_key, r.channel, r.outcome, r.item_count, r.claimed_minor,
       coalesce(nullif(r.claimed_currency, ''), 'EUR'),
       case when r.disputed = '[]' then 0 else coalesce((
           select sum((d.value ->> 1)::bigint) from jsonb_array_elements(r.disputed) d
           where d.value ->> 2 = coalesce(nullif(r.claimed_currency, ''), 'EUR')), 0)::bigint end,
       case when r.outcome in ('held', 'blocked') then (
           select x.value from jsonb_array_elements(r.checks) x
           where x.value ->> 'outcome' in ('held', 'blocked') limit 1) end
from largest join collections_reminder r using (id)
where r.organisation_id = %(organisation)s order by r.claimed_minor desc, r.id
"""
_BY_OUTCOME = {
    # what leaves by itself needs nobody and a task stands among the tasks; calls do
    "": "(r.outcome in ('to_confirm', 'held', 'blocked') or (r.outcome = 'due' and r.channel = 'call'))",
    "call": "r.outcome = 'due' and r.channel = 'call' and r.claimed_minor >= %(minimum_call)s",
    "ready": "(r.outcome = 'to_confirm' or (r.outcome = 'due' and r.message_key <> '' and r.send_after > now()))",
    "held": "r.outcome in ('held', 'blocked')",
    "promises": "false",
}
_PROMISES = """
select p.id, p.customer_id, p.amount_minor, p.currency, p.promised_date, p.promised_date < %(today)s
from collections_promise p join customers_customer c on c.id = p.customer_id
where {customers} and p.organisation_id = %(organisation)s and p.withdrawn_date is null
  and p.promised_date between %(today)s - %(broken_days)s and %(today)s
order by p.promised_date
"""
_FIGURES = """
select i.customer_id, i.currency, sum(i.open_minor)::bigint, (%(today)s::date - min(i.due_date)),
       coalesce(sum(i.open_minor) filter (where i.due_date < %(today)s::date - 90), 0)::bigint
from ledger_openitem i
where i.organisation_id = %(organisation)s and i.customer_id = any(%(ids)s) and i.open_minor > 0
  and i.due_date < %(today)s and {entities}
group by 1, 2 order by 3
"""
_AWAY = """
select h.customer_id, h.kind, h.handled_date from (
    select distinct on (customer_id) customer_id, kind, handled_date, returns_date from collections_handled
    where organisation_id = %(organisation)s order by customer_id, id desc
) h join customers_customer c on c.id = h.customer_id
where {customers} and h.returns_date > %(today)s and h.kind <> 'reopened'
"""
# what is older than a quarter of a year is silence all the same
_SPOKEN = """
select customer_id, (%(today)s::date - max(at)::date) from (
    select customer_id, state_at as at from messaging_message
    where organisation_id = %(organisation)s and customer_id = any(%(ids)s) and state in ('sent', 'caught')
      and state_at > %(today)s::date - 92
    union all
    select customer_id, received_at from messaging_reply
    where organisation_id = %(organisation)s and customer_id = any(%(ids)s) and received_at > %(today)s::date - 92
    union all
    select customer_id, recorded_at from customers_note
    where organisation_id = %(organisation)s and customer_id = any(%(ids)s) and recorded_at > %(today)s::date - 92
    union all
    select customer_id, called_at from collections_call
    where organisation_id = %(organisation)s and customer_id = any(%(ids)s) and call_date > %(today)s::date - 92
      and outcome not in ('no_answer', 'wrong_number')
) said group by 1
"""
_CONTACTS = """
select distinct on (customer_id) customer_id, kind, at from (
    select customer_id, 'message' as kind, state_at as at from messaging_message
    where organisation_id = %(organisation)s and customer_id = any(%(ids)s) and state in ('sent', 'caught')
    union all
    select customer_id, 'reply', received_at from messaging_reply
    where organisation_id = %(organisation)s and customer_id = any(%(ids)s)
    union all
    select customer_id, 'note', recorded_at from customers_note
    where organisation_id = %(organisation)s and customer_id = any(%(ids)s)
    union all
    select customer_id, 'call', called_at from collections_call
    where organisation_id = %(organisation)s and customer_id = any(%(ids)s)
) contacts order by customer_id, at desc
"""


def state(organisation_id: int) -> str:
    """What was decided, taken back and promised, in a few numbers: a ranking holds while they and the books stay."""
    sql = """
        with whole as (select coalesce(max(id), 0) as id from collections_dunningrun
                       where organisation_id = %(organisation)s and is_whole and finished_at is not null)
        select (select id from whole),
               (select count(*) || '.' || coalesce(max(id), 0) from collections_reminder
                where organisation_id = %(organisation)s and run_id > (select id from whole)),
               (select count(*) from collections_withdrawal where organisation_id = %(organisation)s),
               (select count(*) || '.' || count(withdrawn_date) || '.' || coalesce(max(id), 0) from collections_promise
                where organisation_id = %(organisation)s),
               (select coalesce(max(id), 0) from collections_call where organisation_id = %(organisation)s),
               (select coalesce(max(id), 0) from collections_rankingpolicy where organisation_id = %(organisation)s)"""
    return "/".join(str(value) for value in statements.rows(sql, {"organisation": organisation_id})[0])


def ranked(asked: Asked) -> Ranking:
    """Who may stand on the list: the 3,000 largest amounts that wait, more than a team calls in a month."""
    candidates = _candidates(asked)
    ids = list(candidates)
    figures, spoken = _figures(asked, ids), _spoken(asked, ids)
    habits = asked.habits(ids) if asked.habits and ids else {}
    accounts = {
        pk: _account(pk, found, figures.get(pk), silent=spoken.get(pk, ranking.NEVER_SPOKEN), habit=habits.get(pk))
        for pk, found in candidates.items()
    }
    return Ranking(ranking.ranked(list(accounts.values()), asked.weights), accounts)


def tallied(asked: Asked) -> Tally:
    """The figures around the list."""
    ready = _ready_amounts(asked)
    return Tally(_counts(asked, None), ready[0], ready[1], held_by_cause(asked))


def worklist(
    asked: Asked, *, found: Ranking | None = None, tally: Tally | None = None, offset: int = 0, limit: int = 60
) -> WorkList:
    """A page of the list; who was dealt with or put off is not on it. `found` and `tally` may be kept ones."""
    found, tally = found or ranked(asked), tally or tallied(asked)
    away = _away(asked)
    places = [place for place in found.places if place.customer_id not in away]
    shown = places[offset : offset + limit]
    ids = [place.customer_id for place in shown]
    customers, contacts = _customers(asked, ids), _contacts(asked, ids)
    rows = [_row(place, found.accounts[place.customer_id], customers, contacts) for place in shown]
    done = sum(kind == "done" and day == asked.today for kind, day in away.values())
    counts = {**_without(tally.counts, asked, away), asked.only: len(places)}
    return WorkList(rows, counts, done, sum(kind == "later" for kind, _ in away.values()), _decided_at(asked))


def _row(
    place: ranking.Place,
    account: ranking.Account,
    customers: Mapping[int, tuple[str, str, int | None]],
    contacts: Mapping[int, Contacted],
) -> Row:
    return Row(
        place.customer_id,
        *customers[place.customer_id],
        account.currency,
        account.overdue_minor,
        account.days_late,
        place,
        contacts.get(place.customer_id),
    )


def _rows(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _candidates(asked: Asked) -> dict[int, _Candidate]:
    found: dict[int, _Candidate] = {}
    if asked.only != "promises":
        for customer_id, waiting in _waiting(asked):
            found.setdefault(customer_id, _Candidate()).waiting.append(waiting)
    if asked.only in ("", "promises"):
        for customer_id, minor, currency, day, is_broken in _promises(asked):
            candidate = found.setdefault(customer_id, _Candidate())
            promise = ranking.PromiseMade(minor, currency, day)
            if is_broken:
                candidate.broken = promise
            else:
                candidate.due_today = promise
    return found


def _promises(asked: Asked) -> list[tuple[int, int, str, date, bool]]:
    """Promises whose day has come that no money covers, not even late: customer, amount, currency, day, broken?"""
    rows = statements.rows(_PROMISES.format(customers=asked.conditions), asked.parameters)
    cover = covered(asked.scope.organisation_id, customer_ids={row[1] for row in rows}, today=asked.today)
    return [(row[1], row[2], row[3], row[4], row[5]) for row in rows if cover[row[0]].received_minor < row[2]]


def _waiting(asked: Asked) -> list[tuple[int, ranking.Waiting]]:
    sql = _WAITING.format(
        live=LIVE,
        customers=asked.conditions,
        entities=asked.entity_condition("r"),
        outcomes=_BY_OUTCOME[asked.only],
    )
    return [_waits(*row) for row in _rows(sql, asked.parameters)]


def _waits(customer_id: int, *row: Any) -> tuple[int, ranking.Waiting]:
    reminder_id, step_name, step_key, channel, outcome, item_count, claimed, currency, disputed, stopped = row
    stop = json.loads(stopped) if stopped else {}
    return customer_id, ranking.Waiting(
        reminder_id=reminder_id,
        step_name=step_name,
        step_key=step_key,
        channel=channel,
        outcome=Outcome(outcome),
        claimed_minor=claimed,
        currency=currency,
        item_count=item_count,
        disputed_minor=disputed,
        stopped_by=stop.get("code", ""),
        stop_data=stop.get("data", {}),
    )


def _figures(asked: Asked, ids: Sequence[int]) -> dict[int, tuple[str, int, int, int]]:
    """Overdue of each customer in the currency it owes most of."""
    sql = _FIGURES.format(entities=asked.entity_condition("i"))
    rows = _rows(sql, {**asked.parameters, "ids": ids}) if ids else []
    return {customer_id: tuple(row) for customer_id, *row in rows}


def _spoken(asked: Asked, ids: Sequence[int]) -> dict[int, int]:
    """Days since the last message, reply, call or note of each, where there was one."""
    rows = _rows(_SPOKEN, {**asked.parameters, "ids": ids}) if ids else []
    return {customer_id: max(0, days) for customer_id, days in rows}


def _account(
    customer_id: int, found: _Candidate, figures: tuple[str, int, int, int] | None, *, silent: int, habit: int | None
) -> ranking.Account:
    currency, overdue, days, very_late = figures or (found.waiting[0].currency if found.waiting else "EUR", 0, 0, 0)
    return ranking.Account(
        customer_id, overdue, currency, days, tuple(found.waiting), found.broken, found.due_today,
        very_late_minor=very_late, habit_days=habit, silent_days=silent,
    )  # fmt: skip


def _away(asked: Asked) -> dict[int, tuple[str, date]]:
    rows = statements.rows(_AWAY.format(customers=asked.conditions), asked.parameters)
    return {customer_id: (kind, day) for customer_id, kind, day in rows}


def _customers(asked: Asked, ids: Sequence[int]) -> dict[int, tuple[str, str, int | None]]:
    sql = """
        select id, number, name, collector_id from customers_customer
        where organisation_id = %(organisation)s and id = any(%(ids)s)"""
    return {row[0]: row[1:] for row in statements.rows(sql, {**asked.parameters, "ids": ids})}


def _contacts(asked: Asked, ids: Sequence[int]) -> dict[int, Contacted]:
    rows = statements.rows(_CONTACTS, {**asked.parameters, "ids": ids}) if ids else []
    return {customer_id: Contacted(kind, at) for customer_id, kind, at in rows}


def _counts(asked: Asked, ids: Sequence[int] | None) -> dict[str, int]:
    """How many customers each filter shows, of those named or of all."""
    parts = ", ".join(
        f"count(distinct r.customer_id) filter (where {_BY_OUTCOME[key]})" for key in FILTERS if key != "promises"
    )
    some = " and r.customer_id = any(%(ids)s)" if ids is not None else ""
    sql = f"""
        select {parts} from ({LIVE}) r join customers_customer c on c.id = r.customer_id
        where {asked.conditions} and {asked.entity_condition("r")}{some}"""
    counted = _rows(sql, {**asked.parameters, "ids": ids})[0]
    counts = dict(zip((key for key in FILTERS if key != "promises"), counted, strict=True))
    promised = {row[0] for row in _promises(asked)}
    promised = promised if ids is None else promised & set(ids)
    counts[""] = min(counts[""], CANDIDATES_MAX) + len(promised - _among(asked, promised))
    return {**counts, "promises": len(promised)}


def _among(asked: Asked, ids: Collection[int]) -> set[int]:
    """Those of the customers about whom a decision waits as well."""
    if not ids:
        return set()
    sql = f"""
        select distinct r.customer_id from ({LIVE}) r
        where {asked.entity_condition("r")} and {_BY_OUTCOME[""]} and r.customer_id = any(%(ids)s)"""
    return {row[0] for row in _rows(sql, {**asked.parameters, "ids": list(ids)})}


def _without(counts: Mapping[str, int], asked: Asked, away: Mapping[int, Any]) -> dict[str, int]:
    if not away:
        return dict(counts)
    gone = _counts(asked, list(away))
    return {key: max(0, count - gone[key]) for key, count in counts.items()}


def _decided_at(asked: Asked) -> datetime | None:
    sql = (
        """select max(finished_at) from collections_dunningrun where organisation_id = %(organisation)s and is_whole"""
    )
    found = statements.rows(sql, asked.parameters)[0][0]
    return found if isinstance(found, datetime) else None


def ready_to_confirm(asked: Asked, *, limit: int) -> list[int]:
    """The decisions in force that wait for a confirmation and nothing else, in the order they were taken."""
    sql = f"""
        select r.id from ({LIVE}) r join customers_customer c on c.id = r.customer_id
        where {asked.conditions} and {asked.entity_condition("r")} and r.outcome = 'to_confirm'
        order by r.id limit %(ready)s"""
    return [row[0] for row in _rows(sql, {**asked.parameters, "ready": limit})]


def _ready_amounts(asked: Asked) -> tuple[int, dict[str, int]]:
    """How many decisions wait for a confirmation, and what they claim by currency."""
    sql = f"""
        with ready as (
            select r.totals from ({LIVE}) r join customers_customer c on c.id = r.customer_id
            where {asked.conditions} and {asked.entity_condition("r")} and r.outcome = 'to_confirm'
        )
        select null, count(*) from ready
        union all select t.key, sum(t.value::bigint)::bigint from ready, jsonb_each_text(ready.totals) t group by 1"""
    (_, count), *amounts = sorted(_rows(sql, asked.parameters), key=lambda row: row[0] or "")
    return count, dict(amounts)


def held_by_cause(asked: Asked) -> list[tuple[str, int]]:
    """How many messages each check stops, the most frequent first."""
    sql = f"""
        select code, count(*) from (
            select (select x.value ->> 'code' from jsonb_array_elements(r.checks) x
                    where x.value ->> 'outcome' in ('held', 'blocked') limit 1) as code
            from ({LIVE}) r join customers_customer c on c.id = r.customer_id
            where {asked.conditions} and {asked.entity_condition("r")} and r.outcome in ('held', 'blocked')
        ) causes group by 1 order by 2 desc, 1"""
    return [(code or "", count) for code, count in _rows(sql, asked.parameters)]


def promised_today(asked: Asked) -> tuple[int, Mapping[str, int]]:
    """The promises that fall due today and are not covered yet: how many, and how much by currency."""
    amounts: dict[str, int] = {}
    count = 0
    for _, minor, currency, day, _ in _promises(asked):
        if day == asked.today:
            count += 1
            amounts[currency] = amounts.get(currency, 0) + minor
    return count, amounts


def received_since(asked: Asked, *, since: date) -> Mapping[str, int]:
    """Money received from these customers since a day, by currency."""
    sql = f"""
        select p.currency, sum(p.amount_minor)::bigint from payments_receipt p
        join customers_customer c on c.id = p.customer_id
        where {asked.conditions} and p.organisation_id = %(organisation)s and {asked.entity_condition("p")}
          and p.received_date >= %(since)s and p.received_date <= %(today)s group by 1"""
    return dict(_rows(sql, {**asked.parameters, "since": since}))
