"""Make schedules of statements, and the campaign of each of their periods, once."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from encours.access import actions as access
from encours.access.rules import Scope
from encours.core.actors import Actor
from encours.core.errors import Conflict, NotFound, Refused, gettext_noop
from encours.mailings.actions.campaigns import begin
from encours.mailings.models import LAST_DAY, Campaign, CampaignKind, StatementSchedule
from encours.mailings.queries import campaigns as queries
from encours.mailings.rules import statement as rules
from encours.messaging import actions as messaging

STATEMENT_TEMPLATE = "statement"


class ScheduleUnusable(Refused):
    """A schedule has a name and a day that every month has."""

    message = gettext_noop("A schedule needs a name and a day of the month from 1 to {last_day}.")


class ScheduleUnknown(NotFound):
    """No such schedule in this organisation."""

    message = gettext_noop("There is no such schedule.")


class ScheduleNameTaken(Conflict):
    """Two schedules cannot have one name."""

    message = gettext_noop("There is a schedule called “{name}” already.")


@dataclass(frozen=True, slots=True)
class ScheduleForm:
    """What a person fills in for a schedule."""

    name: str
    entity_id: int
    day_of_month: int = 3
    segment_id: int | None = None
    only_overdue: bool = False
    is_month_end: bool = True
    is_active: bool = True


@transaction.atomic
def save_schedule(
    *, organisation_id: int, form: ScheduleForm, by: Actor, schedule_id: int | None = None
) -> StatementSchedule:
    """Make or change a schedule; a change counts from the next period. Refuses a day some months lack."""
    name = form.name.strip()
    if not name or not 1 <= form.day_of_month <= LAST_DAY:
        raise ScheduleUnusable(last_day=LAST_DAY, field="name" if not name else "day_of_month")
    twins = StatementSchedule.objects.filter(organisation_id=organisation_id, name=name)
    if any(twin != schedule_id for twin in twins.values_list("pk", flat=True)):
        raise ScheduleNameTaken(name=name, field="name")
    schedule = StatementSchedule(organisation_id=organisation_id)
    if schedule_id is not None:
        found = StatementSchedule.objects.select_for_update().filter(organisation_id=organisation_id, pk=schedule_id)
        one = found.first()
        if one is None:
            raise ScheduleUnknown
        schedule = one
    schedule.name, schedule.entity_id, schedule.segment_id = name, form.entity_id, form.segment_id
    schedule.day_of_month, schedule.only_overdue = form.day_of_month, form.only_overdue
    schedule.is_month_end, schedule.is_active = form.is_month_end, form.is_active
    schedule.author_name = by.name
    schedule.save()
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="statement_schedule_saved",
        subject_kind="statement_schedule",
        subject_id=str(schedule.pk),
        details={"name": name, "day": form.day_of_month, "active": form.is_active, "segment": form.segment_id},
    )
    return schedule


@transaction.atomic
def run_schedules(*, organisation_id: int, today: date, now: datetime, by: Actor) -> list[Campaign]:
    """Begin the statements of each active schedule whose day has come this month; a period is begun once for ever."""
    made = []
    due = StatementSchedule.objects.select_for_update().filter(
        organisation_id=organisation_id, is_active=True, day_of_month__lte=today.day
    )
    for schedule in due.order_by("pk"):
        key = f"statement:{schedule.pk}:{rules.period(today)}"
        if Campaign.objects.filter(organisation_id=organisation_id, key=key).exists():
            continue
        ids = queries.scheduled_ids(schedule, scope=Scope(organisation_id, None, "admin"))
        if not ids:
            continue
        messaging.install_default_templates(organisation_id=organisation_id, by=by)
        campaign = Campaign.objects.create(
            organisation_id=organisation_id,
            key=key,
            kind=CampaignKind.STATEMENT,
            name=f"{schedule.name} {rules.period(today)}",
            template_key=STATEMENT_TEMPLATE,
            entity_id=schedule.entity_id,
            schedule=schedule,
            as_of_date=rules.as_of_day(today, is_month_end=schedule.is_month_end),
            author_name=by.name,
        )
        begin(campaign, ids, today=today, now=now, by=by)
        made.append(campaign)
    return made
