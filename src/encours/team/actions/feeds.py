"""Open and revoke the private address of a person's calendar."""

from datetime import datetime

from django.db import transaction

from encours.access import actions as access
from encours.core.actors import Actor
from encours.team.actions.tasks import check_members
from encours.team.models import CalendarFeed


@transaction.atomic
def open_calendar_feed(*, organisation_id: int, user_id: int, now: datetime, by: Actor) -> CalendarFeed:
    """Give the person a new private address; one that stood before no longer answers."""
    check_members(organisation_id, {user_id})
    revoke_calendar_feed(organisation_id=organisation_id, user_id=user_id, now=now, by=by)
    made = CalendarFeed.objects.create(organisation_id=organisation_id, user_id=user_id, created_at=now)
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="open_calendar_feed", subject_kind="user", subject_id=user_id,
        details={"feed": made.pk},
    )  # fmt: skip
    return made


@transaction.atomic
def revoke_calendar_feed(*, organisation_id: int, user_id: int, now: datetime, by: Actor) -> bool:
    """Close the person's private address; whether there was one."""
    feed = CalendarFeed.objects.select_for_update().filter(
        organisation_id=organisation_id, user_id=user_id, revoked_at__isnull=True
    )
    found = feed.first()
    if found is None:
        return False
    found.revoked_at = now
    found.save(update_fields=["revoked_at"])
    access.record_audit(
        by=by, organisation_id=organisation_id, verb="revoke_calendar_feed", subject_kind="user", subject_id=user_id,
        details={"feed": found.pk},
    )  # fmt: skip
    return True
