"""Hand-overs as they stand: what is open of them, what the partner said, what came in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from encours.access.rules import Scope
from encours.customers import queries as customers
from encours.ledger.models import OpenItem
from encours.recovery.models import HandOver, HandOverEvent, HandOverItem, Partner
from encours.recovery.rules.links import Link


@dataclass(frozen=True)
class HandOverSeen:
    """A hand-over with its items, what is open of each now, and what was said."""

    handover: HandOver
    items: Sequence[HandOverItem]
    open_minors: dict[int, int]
    events: Sequence[HandOverEvent]

    @property
    def open_minor(self) -> int:
        """What is still open of what was handed over."""
        return sum(self.open_minors.get(item.item_id, 0) for item in self.items)

    @property
    def received_minor(self) -> int:
        """What came off the debts since, in our books."""
        return self.handover.amount_minor - self.open_minor

    @property
    def told_minor(self) -> int:
        """What the partner says it recovered."""
        return sum(event.amount_minor for event in self.events)

    @property
    def fee_minor(self) -> int:
        """What the partner keeps of it."""
        return sum(event.fee_minor for event in self.events)

    @property
    def rows(self) -> list[tuple[HandOverItem, int]]:
        """Each item with what is open of it."""
        return [(item, self.open_minors.get(item.item_id, 0)) for item in self.items]

    @property
    def last_event(self) -> HandOverEvent | None:
        """What was said last."""
        return self.events[0] if self.events else None


def in_scope(scope: Scope) -> QuerySet[HandOver]:
    """The hand-overs a person may see."""
    found = HandOver.objects.filter(organisation_id=scope.organisation_id).select_related(
        "customer", "entity", "partner"
    )
    if scope.entity_ids:
        found = found.filter(entity_id__in=scope.entity_ids)
    if scope.own_portfolio_only:
        found = found.filter(customer__in=customers.in_scope_with_merged(scope).values("pk"))
    return found


def handovers(scope: Scope, *, account_ids: Sequence[int] | None = None, limit: int = 200) -> list[HandOverSeen]:
    """The hand-overs a person may see, those that stand first."""
    found = in_scope(scope)
    if account_ids is not None:
        found = found.filter(customer_id__in=account_ids)
    seen = seen_of(found.order_by("-pk")[:limit])
    return sorted(seen, key=lambda one: one.handover.ended_date is not None)


def handover_seen(handover_id: int, *, scope: Scope) -> HandOverSeen | None:
    """One hand-over a person may see."""
    return next(iter(seen_of(in_scope(scope).filter(pk=handover_id))), None)


def opened_by(link: Link, *, now: datetime) -> HandOverSeen | None:
    """The hand-over a partner's link opens now; nothing when it is revoked, expired, ended or was never given."""
    found = HandOver.objects.filter(
        organisation_id=link.organisation_id,
        pk=link.handover_id,
        link_digest=link.digest,
        link_expires_at__gt=now,
        ended_date__isnull=True,
    ).select_related("customer", "entity", "partner")
    return next(iter(seen_of(found)), None)


def partners(organisation_id: int) -> list[Partner]:
    """Those debts can be handed to."""
    return list(Partner.objects.filter(organisation_id=organisation_id, retired_date__isnull=True).order_by("name"))


def seen_of(found: Iterable[HandOver]) -> list[HandOverSeen]:
    """Hand-overs with their items and events, read for all at once."""
    listed = list(found)
    if not listed:
        return []
    organisation_id, ids = listed[0].organisation_id, [one.pk for one in listed]
    items: dict[int, list[HandOverItem]] = {}
    for item in HandOverItem.objects.filter(organisation_id=organisation_id, handover_id__in=ids).order_by(
        "due_date", "pk"
    ):
        items.setdefault(item.handover_id, []).append(item)
    events: dict[int, list[HandOverEvent]] = {}
    for event in HandOverEvent.objects.filter(organisation_id=organisation_id, handover_id__in=ids).order_by(
        "-day", "-pk"
    ):
        events.setdefault(event.handover_id, []).append(event)
    item_ids = [item.item_id for rows in items.values() for item in rows]
    left = dict(
        OpenItem.objects.filter(organisation_id=organisation_id, pk__in=item_ids).values_list("pk", "open_minor")
    )
    return [HandOverSeen(one, items.get(one.pk, []), left, events.get(one.pk, [])) for one in listed]
