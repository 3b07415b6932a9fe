"""The colleagues who can be named, told and written to."""

from collections.abc import Sequence

from encours.access.models import Membership
from encours.team.rules.mentions import Colleague


def colleagues(organisation_id: int) -> Sequence[Colleague]:
    """The active members of an organisation, by name."""
    rows = Membership.objects.filter(organisation_id=organisation_id, is_active=True, user__is_active=True)
    return [
        Colleague(*row)
        for row in rows.order_by("user__first_name", "user__last_name", "user_id").values_list(
            "user_id", "user__email", "user__first_name", "user__last_name"
        )
    ]


def named_like(text: str, *, organisation_id: int, limit: int = 8) -> Sequence[Colleague]:
    """The colleagues whose name or address begins with what was typed after @."""
    said = text.strip().lower()
    return [
        one
        for one in colleagues(organisation_id)
        if one.handle.startswith(said)
        or one.first_name.lower().startswith(said)
        or one.last_name.lower().startswith(said)
    ][:limit]
