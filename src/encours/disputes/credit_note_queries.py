"""Read the credit notes that were asked for, and those of the books that may answer them."""

from collections.abc import Mapping, Sequence

from django.db.models import F, Q, QuerySet

from encours.access.proposal_models import Decision
from encours.access.rules import Scope
from encours.customers import queries as customers
from encours.disputes.credit_note_models import IS_STANDING, CreditNoteRequest
from encours.disputes.rules import Asked, Noted
from encours.invoices.models import Document, DocumentKind

STATES: Mapping[str, Q] = {
    "waiting": Q(decided_as=""),
    "to_issue": Q(decided_as=Decision.APPROVED, done_as=""),
    "over": ~Q(decided_as__in=["", Decision.APPROVED]) | ~Q(done_as=""),
}


def in_scope(scope: Scope) -> QuerySet[CreditNoteRequest]:
    """The credit notes asked for that a person may see, with the customer."""
    found = CreditNoteRequest.objects.filter(organisation_id=scope.organisation_id).select_related("customer")
    if scope.entity_ids:
        found = found.filter(Q(entity_id__in=scope.entity_ids) | Q(entity_id__isnull=True))
    if scope.own_portfolio_only:
        found = found.filter(customer_id__in=customers.in_scope_with_merged(scope).values("pk"))
    return found


def of_disputes(dispute_ids: Sequence[int], *, scope: Scope) -> Mapping[int, CreditNoteRequest]:
    """The latest credit note asked for each of these disputes."""
    found = in_scope(scope).filter(dispute_id__in=dispute_ids).order_by("pk") if dispute_ids else ()
    return {one.dispute_id: one for one in found}


def standing_of(dispute_ids: Sequence[int], *, organisation_id: int) -> Mapping[int, CreditNoteRequest]:
    """The credit note that stands asked for each of these disputes."""
    found = CreditNoteRequest.objects.filter(IS_STANDING, organisation_id=organisation_id, dispute_id__in=dispute_ids)
    return {one.dispute_id: one for one in found}


def awaited(organisation_id: int) -> list[Asked]:
    """What was agreed to and has not come, the oldest first."""
    found = CreditNoteRequest.objects.filter(STATES["to_issue"], organisation_id=organisation_id).order_by("pk")
    return [
        Asked(
            one.pk,
            one.customer_id,
            one.entity_id,
            one.document_number,
            one.amount_minor,
            one.currency,
            one.recorded_at,
        )
        for one in found
    ]


def noted_since(organisation_id: int, asked: Sequence[Asked]) -> list[Noted]:
    """The credit notes of the books learnt since the first of these was asked for, that answer no request yet."""
    customer_ids = {one.customer_id for one in asked}
    taken = CreditNoteRequest.objects.filter(organisation_id=organisation_id, customer_id__in=customer_ids)
    first = min(one.asked_at for one in asked)
    found = Document.objects.filter(
        organisation_id=organisation_id, customer_id__in=customer_ids, kind=DocumentKind.CREDIT_NOTE, is_current=True,
        version=1, recorded_at__gte=first,
    ).exclude(number__in=taken.exclude(credit_note_number="").values("credit_note_number"))  # fmt: skip
    return [
        Noted(
            one.customer_id,
            one.entity_id,
            one.number,
            one.related_number,
            abs(one.gross_minor),
            one.currency,
            one.recorded_at,
        )
        for one in found.order_by("issue_date", F("pk"))
    ]
