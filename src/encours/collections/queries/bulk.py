"""The customers that were ticked, as the rule of gestures on many reads them."""

from collections.abc import Collection, Sequence
from datetime import date

from django.db.models import Q

from encours.access.rules import Scope
from encours.collections.models import Pause, PauseReason
from encours.collections.rules.bulk import Chosen
from encours.customers.models import Customer
from encours.customers.queries import in_scope


def chosen(customer_ids: Collection[int], *, scope: Scope, today: date) -> tuple[Sequence[Customer], list[Chosen]]:
    """Those the reader may see, by name, with their pauses."""
    seen = list(in_scope(scope).filter(pk__in=customer_ids).select_related("collector").order_by("name", "pk"))
    running = Pause.objects.filter(
        Q(until_date__isnull=True) | Q(until_date__gte=today),
        organisation_id=scope.organisation_id,
        customer_id__in=[customer.pk for customer in seen],
        item__isnull=True,
        ended_date__isnull=True,
    )
    reasons: dict[int, set[str]] = {}
    for customer_id, reason in running.values_list("customer_id", "reason"):
        reasons.setdefault(customer_id, set()).add(reason)
    return seen, [
        Chosen(
            customer.pk,
            customer.collector_id,
            is_paused=customer.pk in reasons,
            is_insolvent=PauseReason.INSOLVENCY.value in reasons.get(customer.pk, ()),
        )
        for customer in seen
    ]
