"""Read what is to be collected in a month."""

from collections.abc import Mapping
from datetime import date

from encours.core.dates import month_start
from encours.team.models import Goal


def goals(organisation_id: int, *, month: date) -> Mapping[int | None, Goal]:
    """The goals of a month by person, under None that of the team; those taken back are left out."""
    found = Goal.objects.filter(organisation_id=organisation_id, month=month_start(month)).order_by("pk")
    latest = {goal.user_id: goal for goal in found}
    return {user_id: goal for user_id, goal in latest.items() if goal.amount_minor}
