"""Read disputes."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import F, QuerySet

from encours.access.rules import Scope
from encours.customers import queries as customers
from encours.disputes.models import Dispute


def in_scope(scope: Scope) -> QuerySet[Dispute]:
    """The disputes of the customers the reader may see, with the customer."""
    disputes = Dispute.objects.filter(organisation_id=scope.organisation_id).select_related("customer")
    if scope.own_portfolio_only and scope.user_id is None:
        return disputes.none()
    if scope.own_portfolio_only:
        disputes = disputes.filter(customer__in=customers.in_scope_with_merged(scope).values("pk"))
    return disputes


def open_of(account_ids: Sequence[int], *, scope: Scope) -> Sequence[Dispute]:
    """The open disputes of a customer and those merged into it, oldest first."""
    found = in_scope(scope).select_related(None).filter(customer_id__in=account_ids, closed_date__isnull=True)
    return list(found.order_by("opened_date", "pk"))


def all_of(account_ids: Sequence[int], *, scope: Scope, limit: int = 50) -> Sequence[Dispute]:
    """The disputes of a customer and those merged into it, open ones first, then the latest."""
    disputes = in_scope(scope).select_related(None).filter(customer_id__in=account_ids)
    return list(disputes.order_by(F("closed_date").desc(nulls_first=True), "-pk")[:limit])


def open_count(scope: Scope) -> int:
    """How many disputes are open."""
    return in_scope(scope).filter(closed_date__isnull=True).count()


def claimed_item_ids(organisation_id: int) -> set[int]:
    """The open items that somebody contests, wholly or in part: those of a disputed document are all of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select d.item_id from disputes_dispute d
               where d.organisation_id = %(organisation)s and d.closed_date is null and d.item_id is not null
                 and d.reason <> 'deduction'
               union
               select i.id from disputes_dispute d join ledger_openitem i on i.organisation_id = d.organisation_id
                   and i.customer_id = d.customer_id and i.document_number = d.document_number and i.open_minor <> 0
                   and (d.entity_id is null or d.entity_id = i.entity_id)
               where d.organisation_id = %(organisation)s and d.closed_date is null and d.item_id is null
                 and d.document_number <> ''""",
            {"organisation": organisation_id},
        )
        return {row[0] for row in cursor.fetchall()}
