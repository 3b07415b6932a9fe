"""Keep a customer out of a step that is still to come."""

from django.db import transaction

from encours.access import actions as access
from encours.collections.actions.worklist import CustomerNotHere
from encours.collections.models import Exclusion
from encours.core.actors import Actor
from encours.customers.models import Customer


@transaction.atomic
def keep_out(*, organisation_id: int, customer_id: int, step_key: str, why: str, by: Actor) -> Exclusion:
    """Take a customer out of a step before it comes, for all its items, until somebody puts it back."""
    if not Customer.objects.filter(organisation_id=organisation_id, pk=customer_id).exists():
        raise CustomerNotHere()
    made = Exclusion.objects.create(
        organisation_id=organisation_id, customer_id=customer_id, step_key=step_key, why=why, author_name=by.name
    )
    access.record_audit(
        by=by,
        organisation_id=organisation_id,
        verb="keep_out_of_step",
        subject_kind="customer",
        subject_id=customer_id,
        why=why,
        details={"step": step_key},
    )
    return made
