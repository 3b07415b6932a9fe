"""Say what the team, or one person, is to collect in a month."""

from datetime import date

from django.db import transaction

from encours.access.actions import record_audit
from encours.core.actors import Actor
from encours.core.dates import month_start
from encours.core.errors import Refused, gettext_noop
from encours.team.actions.tasks import check_members
from encours.team.models import Goal


class GoalNegative(Refused):
    """Nobody is to collect less than nothing."""

    message = gettext_noop("A goal is zero or more.")


@transaction.atomic
def set_goal(
    *, organisation_id: int, month: date, amount_minor: int, currency: str, by: Actor, user_id: int | None = None
) -> Goal:
    """Set the goal of a month for the team (no `user_id`) or a person; zero takes it back.

    Refuses an amount below zero and people who do not work here.
    """
    if amount_minor < 0:
        raise GoalNegative(field="amount")
    check_members(organisation_id, {user_id} if user_id is not None else set())
    goal = Goal.objects.create(
        organisation_id=organisation_id, month=month_start(month), user_id=user_id, currency=currency,
        amount_minor=amount_minor, author_name=by.name[:200],
    )  # fmt: skip
    record_audit(
        by=by, organisation_id=organisation_id, verb="set_goal", subject_kind="organisation",
        subject_id=organisation_id,
        details={"month": goal.month.isoformat(), "person": user_id, "amount": amount_minor, "currency": currency},
    )  # fmt: skip
    return goal
