"""Load what happened to the customers of a scenario over some months, for a replay: set-based, a slice at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import batched
from typing import Any

from django.db import connection

from encours.access.rules import Scope
from encours.collections.queries.facts import CHASED, CREDITS
from encours.collections.queries.scenarios import APPLIED
from encours.collections.queries.statements import CONTACTS
from encours.collections.rules.calendar import SendingCalendar
from encours.collections.rules.facts import (
    Address,
    Credit,
    CustomerFacts,
    DisputeFact,
    Instalment,
    PauseFact,
    PromiseFact,
)
from encours.collections.rules.replay import CustomerPast, During, Moves, PastCredit, PastItem
from encours.collections.rules.steps import Plan
from encours.core.dates import ONE_DAY
from encours.customers import queries as customers
from encours.messaging.models import Suppression

SLICE_SIZE = 1_000
_ANY_CALENDAR = SendingCalendar()

# a sample that is the same whenever it is drawn, and has nothing to do with who pays how
BY_LOT = "order by hashint8extended(a.id, 20)"
# What was paid in advance (419) is money we hold; what is still to be invoiced (418) is not owed yet.
ITEMS = """
select customer_id, id, entity_id, document_number, instalment_number, instalment_count, item_date, due_date, currency,
       amount_minor, case when account like '419%%' then 'receipt' else kind end
from ledger_openitem
where organisation_id = %(organisation)s and customer_id = any(%(accounts)s) and item_date <= %(last)s
  and (open_minor <> 0 or legs_last_date >= %(first)s)
  and not (amount_minor > 0 and (account like '418%%' or account like '419%%'))
order by customer_id, due_date, id
"""
MOVES = """
select l.item_id, l.allocation_date, sum(l.amount_minor)::bigint from ledger_allocationleg l
where l.organisation_id = %(organisation)s and l.item_id = any(%(items)s)
group by 1, 2 having sum(l.amount_minor) <> 0 order by 1, 2
"""
DISPUTES = """
select customer_id, opened_date, closed_date, document_number, item_id, amount_minor, entity_id from disputes_dispute
where organisation_id = %(organisation)s and customer_id = any(%(accounts)s)
  and opened_date <= %(last)s and (closed_date is null or closed_date > %(first)s) order by id
"""
PAUSES = """
select customer_id, start_date, least(ended_date, until_date + 1), item_id, reason, until_date, author_name
from collections_pause
where organisation_id = %(organisation)s and customer_id = any(%(accounts)s) and start_date <= %(last)s order by id
"""
PROMISES = """
select customer_id, made_date, least(withdrawn_date, promised_date + 1), item_id, promised_date, currency, amount_minor
from collections_promise
where organisation_id = %(organisation)s and customer_id = any(%(accounts)s) and made_date <= %(last)s order by id
"""
REPLIES = """
select customer_id, (received_at at time zone %(zone)s)::date, (read_at at time zone %(zone)s)::date
from messaging_reply where organisation_id = %(organisation)s and customer_id = any(%(accounts)s) order by id
"""
WRITTEN = """
select customer_id, (state_at at time zone %(zone)s)::date from messaging_message
where organisation_id = %(organisation)s and customer_id = any(%(accounts)s) and kind not in ('reminder', 'test')
  and state in ('sent', 'caught', 'in_doubt') order by 2
"""
OWNED_BY = """
select id, number, email, street <> '' and postcode <> '' and city <> '', is_natural_person
from customers_customer where organisation_id = %(organisation)s and id = any(%(ids)s)
"""


def followed(scenario_id: int, *, scope: Scope, sample_size: int) -> tuple[list[int], int]:
    """The customers a scenario applies to, at most so many of them, drawn by lot; and how many there are in all."""
    mine = f"and {customers.owned_sql('a')}" if scope.own_portfolio_only else ""
    values: dict[str, Any] = {
        "organisation": scope.organisation_id,
        "scenario": scenario_id,
        "size": sample_size,
        "people": list(scope.people),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"select a.id, count(*) over () from ({APPLIED}) a where a.scenario_id = %(scenario)s {mine}"
            f" {BY_LOT} limit %(size)s",
            values,
        )
        rows = cursor.fetchall()
    return sorted(row[0] for row in rows), rows[0][1] if rows else 0


def pasts(
    customer_ids: Sequence[int], *, organisation_id: int, plan: Plan, first: date, last: date, entity_ids: Sequence[int]
) -> Iterator[CustomerPast]:
    """What happened to each of these customers, by the books as they are known today, read under a plan."""
    merged = customers.merged(organisation_id)
    suppressed = dict(Suppression.objects.filter(organisation_id=organisation_id).values_list("email", "reason"))
    dead = {email.lower(): reason for email, reason in suppressed.items()}
    for ids in batched(customer_ids, SLICE_SIZE):
        yield from _Slice(organisation_id, list(ids), merged, first, last).pasts(plan, dead, frozenset(entity_ids))


class _Slice:
    """The rows of one slice of customers and of their merged duplicates, by the customer they count for."""

    def __init__(
        self, organisation_id: int, ids: list[int], merged: Mapping[int, int], first: date, last: date
    ) -> None:
        held = set(ids)
        self._kept_of = {duplicate: kept for duplicate, kept in merged.items() if kept in held}
        self._ids = ids
        self._values: dict[str, Any] = {
            "organisation": organisation_id,
            "ids": ids,
            "accounts": [*ids, *self._kept_of],
            "first": first,
            "last": last,
            "today": last,
            "zone": _ANY_CALENDAR.timezone,
        }

    def _rows(self, sql: str, **more: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, {**self._values, **more})
            return [(self._kept_of.get(row[0], row[0]), *row[1:]) for row in cursor.fetchall()]

    def _grouped(self, rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
        found: dict[int, list[tuple[Any, ...]]] = {}
        for customer_id, *row in rows:
            found.setdefault(customer_id, []).append(tuple(row))
        return found

    def _moves(self, item_ids: list[int]) -> dict[int, Moves]:
        found: dict[int, list[tuple[date, int]]] = {}
        with connection.cursor() as cursor:
            cursor.execute(MOVES, {**self._values, "items": item_ids})
            for item_id, day, change in cursor.fetchall():
                found.setdefault(item_id, []).append((day, change))
        return {item_id: tuple(moves) for item_id, moves in found.items()}

    def pasts(self, plan: Plan, dead: Mapping[str, str], entity_ids: frozenset[int]) -> Iterator[CustomerPast]:
        items = self._grouped(self._rows(ITEMS))
        moves = self._moves([row[0] for rows in items.values() for row in rows])
        known = {row[0]: row[1:] for row in self._rows(OWNED_BY)}
        contacts = self._grouped(self._rows(CONTACTS.replace("<in>", "= any(%(ids)s)")))
        disputes, pauses = self._grouped(self._rows(DISPUTES)), self._grouped(self._rows(PAUSES))
        promises, replies = self._grouped(self._rows(PROMISES)), self._grouped(self._rows(REPLIES))
        written = self._grouped(self._rows(WRITTEN))
        for customer_id in self._ids:
            rows = [row for row in items.get(customer_id, ()) if not entity_ids or row[1] in entity_ids]
            if not rows:
                continue
            number, email, has_postal_address, is_natural_person = known[customer_id]
            facts = CustomerFacts(
                customer_id=customer_id,
                plan=plan,
                items=(),
                number=number,
                email=email,
                has_postal_address=has_postal_address,
                is_natural_person=is_natural_person,
                contacts=tuple(_address(row, dead) for row in contacts.get(customer_id, ())),
            )
            yield CustomerPast(
                facts,
                tuple(_item(row, moves) for row in rows if row[8] > 0 and row[9] in CHASED),
                tuple(_credit(row, moves) for row in rows if row[8] < 0 and row[9] in CREDITS),
                tuple(During(row[0], row[1], DisputeFact(*row[2:])) for row in disputes.get(customer_id, ())),
                tuple(During(row[0], row[1], PauseFact(*row[2:])) for row in pauses.get(customer_id, ())),
                tuple(During(row[0], row[1], PromiseFact(*row[2:])) for row in promises.get(customer_id, ())),
                tuple(_unread(row) for row in replies.get(customer_id, ())),
                tuple(row[0] for row in written.get(customer_id, ())),
            )


def _address(row: tuple[Any, ...], dead: Mapping[str, str]) -> Address:
    address = Address(*row)
    why = dead.get(address.email.lower())
    if why is None:
        return address
    return address._replace(has_bounced=why == "bounced", has_opted_out=why != "bounced")


def _item(row: tuple[Any, ...], moves: Mapping[int, Moves]) -> PastItem:
    return PastItem(Instalment(*row[:9]), moves.get(row[0], ()))


def _credit(row: tuple[Any, ...], moves: Mapping[int, Moves]) -> PastCredit:
    credit = Credit(row[0], row[1], row[9], row[2], row[5], row[7], -row[8])
    return PastCredit(credit, tuple((day, -change) for day, change in moves.get(row[0], ())))


def _unread(row: tuple[Any, ...]) -> During[None]:
    """An answer holds on the day it came even when it was read at once."""
    received, read = row
    return During(received, None if read is None else max(read, received + ONE_DAY), None)


def usual_first(last: date) -> date:
    """Where a replay begins when nobody says: a year before its last day."""
    return last - timedelta(days=365)
