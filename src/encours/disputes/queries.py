"""Read disputes."""

from collections.abc import Sequence

from django.db.models import F, Q, QuerySet

from encours.access.rules import Scope
from encours.disputes.models import Dispute


def in_scope(scope: Scope) -> QuerySet[Dispute]:
    """The disputes of the customers the reader may see, with the customer."""
    disputes = Dispute.objects.filter(organisation_id=scope.organisation_id).select_related("customer")
    if scope.own_portfolio_only and scope.user_id is None:
        return disputes.none()
    if scope.own_portfolio_only:
        disputes = disputes.filter(Q(customer__collector_id=scope.user_id) | Q(customer__sales_rep_id=scope.user_id))
    return disputes


def open_of(customer_id: int, *, scope: Scope) -> Sequence[Dispute]:
    """The customer's open disputes, oldest first."""
    return list(in_scope(scope).filter(customer_id=customer_id, closed_date__isnull=True).order_by("opened_date", "pk"))


def all_of(customer_id: int, *, scope: Scope, limit: int = 50) -> Sequence[Dispute]:
    """The customer's disputes, open ones first, then the latest."""
    disputes = in_scope(scope).filter(customer_id=customer_id)
    return list(disputes.order_by(F("closed_date").desc(nulls_first=True), "-pk")[:limit])


def open_count(scope: Scope) -> int:
    """How many disputes are open."""
    return in_scope(scope).filter(closed_date__isnull=True).count()
