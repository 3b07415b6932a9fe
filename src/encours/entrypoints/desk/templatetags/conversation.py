"""The warning of unconfirmed bank details, wherever a customer is shown."""

from typing import Any

from django import template

from encours.conversation.queries import bank_changes

register = template.Library()


@register.inclusion_tag("desk/inbox/_warning.html")
def bank_warning(customer: Any) -> dict[str, Any]:
    """What to know before any bank detail of this customer is used; nothing when nothing is open."""
    found = bank_changes.warnings_of(customer.pk, organisation_id=customer.organisation_id) if customer else []
    return {"change": found[0] if found else None}
