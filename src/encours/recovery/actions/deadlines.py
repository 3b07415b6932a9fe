"""Ask somebody, by a task, for what must be done before a last day; and close the task once nothing asks for it."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext, override

from encours.access.models import Organisation
from encours.core.actors import Actor
from encours.messaging.rules.formats import short_date
from encours.recovery.queries import guardian
from encours.recovery.rules.reminding import LEAD_DAYS, MANY, TITLES, Asked, Last, near
from encours.team import actions as team
from encours.team.actions.tasks import TITLE_LETTERS_MAX
from encours.team.models import TaskPriority
from encours.team.queries import tasks

KEY_START = "deadline:"
# debts long lapsed stand before those about to
ROWS_MAX = 200_000


@transaction.atomic
def ask_in_time(*, organisation_id: int, today: date, by: Actor) -> tuple[int, int]:
    """Make the tasks of the last days that have come near, and close those whose reason is gone; how many of each.

    Run as often as one likes: each last day is asked for once. A person who closed the task is not asked again.
    """
    asked = guardian.Asked(organisation_id, today, horizon_days=max(LEAD_DAYS.values()), rows_max=ROWS_MAX)
    found = near(
        [
            Last(one.deadline.kind, one.customer_id, one.customer_name, one.subject, one.deadline.safe_date)
            for one in guardian.deadlines(asked)
            if one.refusal is None
        ],
        today=today,
    )
    language = Organisation.objects.values_list("language", flat=True).get(pk=organisation_id)
    with override(language):
        new = [
            team.NewTask(
                title=_title(one, language)[:TITLE_LETTERS_MAX],
                due_date=one.due_date,
                key=one.key,
                customer_id=one.first.customer_id,
                priority=TaskPriority.HIGH,
            )
            for one in found
        ]
        gone = gettext("Nothing asks for it any more")
    wanted = {one.key for one in new}
    closed = 0
    for key in tasks.open_keys(KEY_START, organisation_id=organisation_id):
        if key not in wanted:
            closed += team.complete_by_key(
                organisation_id=organisation_id, key=key, today=today, by=by, note=gone
            )  # fmt: skip
    return team.add_tasks(organisation_id=organisation_id, tasks=new, source="system", today=today, by=by), closed


def _title(one: Asked, language: str) -> str:
    first = one.first
    subject = gettext(MANY).format(count=one.count, subject=first.subject) if one.count > 1 else first.subject
    return gettext(TITLES[first.kind]).format(
        day=short_date(first.safe_date, language), subject=subject, name=first.name
    )
