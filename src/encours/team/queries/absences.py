"""Who is away and who works in their place."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from django.db.models import Q, QuerySet

from encours.access.rules import Scope
from encours.core import statements
from encours.team.models import Absence
from encours.team.rules import absences as rules
from encours.team.rules.absences import Away


def substitutes(organisation_id: int, *, today: date) -> Mapping[int, int]:
    """Each person who is away today with whoever works in their place."""
    rows = statements.rows(
        "select user_id, substitute_id, first_date, last_date, ended_date from team_absence"
        " where organisation_id = %s and first_date <= %s and last_date >= %s order by id",
        [organisation_id, today, today],
    )
    return rules.substitutes([Away(*row) for row in rows], today=today)


def stood_in_for(user_id: int, *, organisation_id: int, today: date) -> tuple[int, ...]:
    """The absent people whose work is this person's today."""
    return rules.stood_in_for(user_id, substitutes(organisation_id, today=today))


def works_for(user_id: int, *, organisation_id: int, today: date) -> tuple[int, ...]:
    """The people whose work is this person's today: theirs, and that of those they stand in for."""
    return (user_id, *stood_in_for(user_id, organisation_id=organisation_id, today=today))


def with_absent(scope: Scope, *, today: date) -> Scope:
    """The scope with the portfolios of those the person stands in for: seen while they are away, and no longer."""
    if not scope.own_portfolio_only or scope.user_id is None:
        return scope
    absent = stood_in_for(scope.user_id, organisation_id=scope.organisation_id, today=today)
    return replace(scope, stands_in_for=absent)


def absences(organisation_id: int, *, today: date) -> QuerySet[Absence]:
    """Absences that are not over, the next first."""
    found = Absence.objects.filter(organisation_id=organisation_id, last_date__gte=today)
    going_on = found.filter(Q(ended_date__isnull=True) | Q(ended_date__gt=today))
    return going_on.select_related("user", "substitute").order_by("first_date", "pk")
