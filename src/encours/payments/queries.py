"""Read what was received."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Max, Q, QuerySet

from encours.access.rules import Scope
from encours.payments.models import Receipt


def receipts_in_scope(scope: Scope) -> QuerySet[Receipt]:
    """The receipts of the companies and customers the reader may see."""
    receipts = Receipt.objects.filter(organisation_id=scope.organisation_id)
    if scope.own_portfolio_only and scope.user_id is None:
        return receipts.none()
    if scope.entity_ids:
        receipts = receipts.filter(entity_id__in=scope.entity_ids)
    if scope.own_portfolio_only:
        receipts = receipts.filter(Q(customer__collector_id=scope.user_id) | Q(customer__sales_rep_id=scope.user_id))
    return receipts


def last_received_date(scope: Scope) -> date | None:
    """The day up to which money is known."""
    found: date | None = receipts_in_scope(scope).aggregate(last=Max("received_date"))["last"]
    return found


def receipts_of(customer_ids: Sequence[int], *, scope: Scope, limit: int) -> Sequence[Receipt]:
    """The latest receipts of a customer and of those that were merged into it."""
    receipts = receipts_in_scope(scope).filter(customer_id__in=customer_ids)
    return list(receipts.order_by("-received_date", "-pk")[:limit])


def receipt_count(customer_ids: Sequence[int], *, scope: Scope) -> int:
    """How many receipts a customer has, with those that were merged into it."""
    return receipts_in_scope(scope).filter(customer_id__in=customer_ids).count()
