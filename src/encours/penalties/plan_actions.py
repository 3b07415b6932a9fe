"""What a payment plan does to penalties: its documents bear none while it is kept, where the plan says so."""

from django.db import transaction

from encours.penalties.actions import lift_suspension, suspend
from encours.penalties.models import Suspension, SuspensionKind
from encours.plans.events import PlanAgreed, PlanEnded


@transaction.atomic
def suspend_for_plan(event: PlanAgreed) -> None:
    """From the day of the agreement on, the documents of a plan that waives penalties bear nothing."""
    if not event.waives:
        return
    for document_number in event.document_numbers:
        suspend(
            organisation_id=event.organisation_id,
            customer_id=event.customer_id,
            kind=SuspensionKind.PLAN,
            first_date=event.agreed_date,
            by=event.by,
            why=event.number,
            document_number=document_number,
        )


@transaction.atomic
def end_suspension_of_plan(event: PlanEnded) -> None:
    """With the plan ends what it waived: good up to its last day, or as if it had never been where a breach revives it.

    A plan kept or cancelled keeps its days without penalties; what is left bears interest again from the day after.
    """
    if not event.waives:
        return
    for document_number in event.document_numbers:
        standing = Suspension.objects.select_for_update().filter(
            organisation_id=event.organisation_id,
            kind=SuspensionKind.PLAN,
            document_number=document_number,
            first_date=event.agreed_date,
            why=event.number,
            lifted_at__isnull=True,
        )
        for found in standing:
            lift_suspension(
                organisation_id=event.organisation_id,
                suspension_id=found.pk,
                now=event.ended_at,
                by=event.by,
                why=f"{event.number}: {event.ended_as}",
            )
            if not event.revives:
                suspend(
                    organisation_id=event.organisation_id,
                    customer_id=found.customer_id,
                    kind=SuspensionKind.PLAN,
                    first_date=event.agreed_date,
                    last_date=event.ended_date,
                    by=event.by,
                    why=event.number,
                    document_number=document_number,
                )
