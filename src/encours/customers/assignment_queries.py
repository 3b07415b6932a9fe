"""Whom standing rules give customers to: what each rule takes, and who would change hands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from encours.access.models import Membership
from encours.core.errors import NotFound, gettext_noop
from encours.customers.models import AssignmentRule, OwnerRole
from encours.customers.rules import ASSIGNMENT_FIELDS, Condition, conditions_of
from encours.customers.segment_queries import first_fit_sql

MOVES_SHOWN = 200


class AssignmentRuleUnknown(NotFound):
    """No such rule in this organisation."""

    message = gettext_noop("There is no such rule.")


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """A rule, what it asks, and how many customers it takes: the first that fits takes a customer."""

    rule: AssignmentRule
    conditions: Sequence[Condition]
    taken: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """A customer that the rules give to somebody else than whom it has."""

    customer_id: int
    number: str
    name: str
    before_id: int | None
    after_id: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What applying the rules of one role would change: how many customers in all, and the first of them."""

    role: OwnerRole
    count: int
    moves: Sequence[Move]


def rules_of(organisation_id: int) -> list[RuleSeen]:
    """The standing rules by role and rank, each with how many customers it takes."""
    taken: dict[int, int] = {}
    for role in OwnerRole:
        taken |= _taken(organisation_id, role)
    return [
        RuleSeen(rule, conditions_of(rule.conditions, fields=ASSIGNMENT_FIELDS), taken.get(rule.pk, 0))
        for rule in _stored(organisation_id).select_related("user").order_by("role", "rank", "pk")
    ]


def rule_of(rule_id: int, *, organisation_id: int) -> AssignmentRule:
    """One rule; refuses an unknown one."""
    found = _stored(organisation_id).filter(pk=rule_id).first()
    if found is None:
        raise AssignmentRuleUnknown
    return found


def _stored(organisation_id: int) -> QuerySet[AssignmentRule]:
    return AssignmentRule.objects.filter(organisation_id=organisation_id)


def _taken(organisation_id: int, role: OwnerRole) -> Mapping[int, int]:
    rules = list(_stored(organisation_id).filter(role=role).order_by("rank", "pk"))
    if not rules:
        return {}
    first, parameters = first_fit_sql([(_asked(rule), rule.pk) for rule in rules])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select f.rule, count(*) from (select {first} as rule from customers_customer c
                where c.organisation_id = %(organisation)s and c.merged_into_id is null) f
                where f.rule is not null group by 1""",
            {"organisation": organisation_id, **parameters},
        )
        return dict(cursor.fetchall())


def _asked(rule: AssignmentRule) -> tuple[Condition, ...]:
    return conditions_of(rule.conditions, fields=ASSIGNMENT_FIELDS)


def moves_sql(organisation_id: int, role: OwnerRole, *, only_missing: bool) -> tuple[str, dict[str, Any]] | None:
    """The customers that the rules of a role give to somebody else, in SQL; None where it has no rule.

    People who no longer work here are given nothing; a customer whom no rule fits keeps whom it has.
    """
    rules = list(
        _stored(organisation_id)
        .filter(role=role, user__in=_members(organisation_id).values("user_id"))
        .order_by("rank", "pk")
    )  # fmt: skip
    if not rules:
        return None
    first, parameters = first_fit_sql([(_asked(rule), rule.user_id) for rule in rules])
    column = f"{role.value}_id"
    missing = f"and c.{column} is null" if only_missing else ""
    sql = f"""select * from (
        select c.id, c.number, c.name, c.{column} as before_id, {first} as after_id, c.recorded_at
        from customers_customer c
        where c.organisation_id = %(organisation)s and c.merged_into_id is null {missing}) f
        where f.after_id is not null and f.after_id is distinct from f.before_id"""
    return sql, {"organisation": organisation_id, **parameters}


def _members(organisation_id: int) -> QuerySet[Membership]:
    return Membership.objects.filter(organisation_id=organisation_id, is_active=True)


def previews(organisation_id: int, *, only_missing: bool) -> list[Preview]:
    """What the rules would change today, role by role; nothing is written."""
    found = []
    for role in OwnerRole:
        asked = moves_sql(organisation_id, role, only_missing=only_missing)
        if asked is None:
            continue
        sql, parameters = asked
        with connection.cursor() as cursor:
            cursor.execute(
                f"select id, number, name, before_id, after_id, count(*) over () from ({sql}) m"
                f" order by name, id limit {MOVES_SHOWN}",
                parameters,
            )
            rows = cursor.fetchall()
        found.append(Preview(role, rows[0][5] if rows else 0, [Move(*row[:5]) for row in rows]))
    return found
