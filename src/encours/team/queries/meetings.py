"""Read what reviews of late customers decided."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Count

from encours.access.rules import Scope
from encours.customers.queries import in_scope_with_merged
from encours.team.models import MeetingDecision

MEETINGS_SHOWN = 12


def decisions(scope: Scope, *, day: date) -> Sequence[MeetingDecision]:
    """What the review of a day decided about customers the reader sees, in its order."""
    found = MeetingDecision.objects.filter(organisation_id=scope.organisation_id, meeting_date=day)
    if scope.own_portfolio_only:
        found = found.filter(customer__in=in_scope_with_merged(scope).values("pk"))
    return list(found.select_related("customer", "note", "task__assignee").order_by("pk"))


def meetings(scope: Scope) -> list[tuple[date, int]]:
    """The days of the last reviews and how much each decided."""
    found = MeetingDecision.objects.filter(organisation_id=scope.organisation_id)
    if scope.own_portfolio_only:
        found = found.filter(customer__in=in_scope_with_merged(scope).values("pk"))
    days = found.order_by().values_list("meeting_date").annotate(count=Count("pk")).order_by("-meeting_date")
    return list(days[:MEETINGS_SHOWN])
