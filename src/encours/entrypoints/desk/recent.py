"""The customers a person opened last, kept in their session."""

from django.http import HttpRequest
from django.urls import reverse

KEPT = 5
_KEY = "recent_customers"


def remember(request: HttpRequest, *, number: str, name: str) -> None:
    """Put the customer on top; the session is written only when that changes something."""
    before = request.session.get(_KEY, [])
    after = [[number, name], *[pair for pair in before if pair[0] != number]][:KEPT]
    if {pair[0] for pair in before} != {pair[0] for pair in after} or not before:
        request.session[_KEY] = after


def customers(request: HttpRequest) -> list[tuple[str, str]]:
    """Name and address of each, latest first."""
    return [(name, reverse("desk:customer", args=[number])) for number, name in request.session.get(_KEY, [])]
