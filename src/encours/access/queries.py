"""Read memberships and the audit trail."""

from encours.access.models import Membership
from encours.access.rules import Scope


def membership_of(user_id: int, *, organisation_id: int | None) -> Membership | None:
    """The user's active membership in the chosen organisation, else in the first they have."""
    found = Membership.objects.filter(user_id=user_id, is_active=True).select_related("organisation").order_by("pk")
    if organisation_id is not None:
        chosen = found.filter(organisation_id=organisation_id).first()
        if chosen is not None:
            return chosen
    return found.first()


def scope_of(membership: Membership) -> Scope:
    """The rows and rights the membership gives."""
    return Scope(
        organisation_id=membership.organisation_id,
        user_id=membership.user_id,
        role=membership.role,
        entity_ids=tuple(membership.entity_ids),
        own_portfolio_only=membership.own_portfolio_only,
    )
