"""Calendar feeds: a person's own, and the one behind a private address."""

from encours.access.models import Membership
from encours.team.models import CalendarFeed


def feed_of(user_id: int, *, organisation_id: int) -> CalendarFeed | None:
    """The person's open feed."""
    return CalendarFeed.objects.filter(
        organisation_id=organisation_id, user_id=user_id, revoked_at__isnull=True
    ).first()


def open_feed(feed_id: int, *, organisation_id: int) -> CalendarFeed | None:
    """The feed of that number while it is not revoked and its person still works here."""
    feed = CalendarFeed.objects.filter(organisation_id=organisation_id, pk=feed_id, revoked_at__isnull=True)
    found = feed.select_related("user").first()
    if found is None:
        return None
    here = Membership.objects.filter(organisation_id=organisation_id, user_id=found.user_id, is_active=True)
    return found if here.exists() else None
