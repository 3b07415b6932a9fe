"""Sums over the kept standings: what all customers owe together, in the time of a row a customer."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from encours.analytics.models import ALL_ENTITIES
from encours.ledger.queries import AsOf, Selection

# the columns of the standard aged balance, in its order: not due, 1 to 30, 31 to 60, 61 to 90, over 90 days, unapplied
AGED_COLUMNS = (
    "not_due_minor", "late_30_minor", "late_60_minor", "late_90_minor", "late_more_minor", "unapplied_minor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """Whether the standings answer a question, and whether they are split by company."""

    is_up_to_date: bool
    is_split: bool


def state(selection: Selection, as_of: AsOf) -> State:
    """The standings answer for the day they were reckoned for, after the last change, and know nothing of other K.

    An organisation of several companies has a row for each and one for all of them; of one company, the latter only.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """select %(known_at)s::timestamptz is null
               and exists (select from analytics_standingday
                   where organisation_id = %(organisation)s and as_of = %(day)s)
               and not exists (select from analytics_touched where organisation_id = %(organisation)s),
               (select count(*) > 1 from access_entity where organisation_id = %(organisation)s)""",
            {"organisation": selection.organisation_id, "day": as_of.day, "known_at": as_of.known_at},
        )
        return State(*cursor.fetchone())


def _of_entities(selection: Selection, *, is_split: bool, is_by_entity: bool) -> tuple[str, list[int]]:
    """The condition on standings `s` that takes each amount once, for the companies asked for and let through."""
    chosen = list(selection.entity_ids)
    if selection.entity_id is not None:
        chosen = [selection.entity_id] if not chosen or selection.entity_id in chosen else [-1]
    if is_split and (chosen or is_by_entity):
        return "s.entity_id <> %(all_entities)s" + (
            " and s.entity_id = any(%(chosen_entities)s::bigint[])" if chosen else ""
        ), chosen
    return "s.entity_id = %(all_entities)s" + (
        " and exists (select from access_entity e where e.organisation_id = %(organisation)s"
        " and e.id = any(%(chosen_entities)s::bigint[]))"
        if chosen
        else ""
    ), chosen


def _conditions(selection: Selection, of_entity: str) -> str:
    found = ["s.organisation_id = %(organisation)s", of_entity, *selection.customer_conditions("c")]
    found += [
        f"s.{column} = %({column})s" for column in ("customer_id", "currency") if getattr(selection, column) is not None
    ]
    if selection.customer_ids is not None:
        found.append("s.customer_id = any(%(customers)s::bigint[])")
    return " and ".join(found)


def aged_sql(selection: Selection, *, by: str, is_of_customer: bool, is_split: bool) -> tuple[str, dict[str, Any]]:
    """SQL of the standard aged balance of the kept day: key, currency, the columns; lines with open items only."""
    of_entity, chosen = _of_entities(selection, is_split=is_split, is_by_entity=by == "entity_id")
    key = f"c.{by}" if is_of_customer else f"s.{by}"
    if by == "entity_id" and not is_split:
        key = "(select id from access_entity where organisation_id = %(organisation)s)"
    needs_customer = is_of_customer or bool(selection.customer_conditions("c"))
    joined = " join customers_customer c on c.id = s.customer_id" if needs_customer else ""
    # a customer has one row in each currency, unless several companies are looked at
    is_summed = by != "customer_id" or (is_split and bool(chosen))
    value = "sum(s.{0})::bigint" if is_summed else "s.{0}"
    columns = ", ".join(f"{value.format(name)} as {name}" for name in AGED_COLUMNS)
    return (
        f"select {key} as key, s.currency, {columns}, {value.format('outstanding_minor')} as total"
        f" from analytics_standing s{joined}"
        f" where {_conditions(selection, of_entity)} and s.item_count > 0{' group by 1, 2' if is_summed else ''}"
    ), {**selection.parameters(), "chosen_entities": chosen, "all_entities": ALL_ENTITIES}
