"""Give each request its person, organisation, scope and day."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone, translation

from encours.access import context
from encours.access import queries as access
from encours.access.models import User
from encours.core.actors import Actor
from encours.team.queries import absences

ORGANISATION_IN_SESSION = "organisation_id"


class OrganisationMiddleware:
    """Binds the signed-in person's organisation to the connection for the time of the request, and no longer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        given = {"scope": None, "organisation_id": None, "membership": None, "organisation": None}
        today = timezone.localdate(now)
        _give(request, **given, now=now, today=today)
        user = getattr(request, "user", None)
        if not isinstance(user, User) or not user.is_authenticated:
            return self.get_response(request)
        context.bind_user(user.pk)
        organisation_id: int | None = None
        try:
            organisation_id = _enter(request, user, today=today)
            response = self.get_response(request)
        finally:
            context.unbind()
        if response.streaming:
            _bind_stream(cast(StreamingHttpResponse, response), organisation_id)
        return response


def _give(request: HttpRequest, **attributes: Any) -> None:
    for name, value in attributes.items():
        setattr(request, name, value)


def _enter(request: HttpRequest, user: User, *, today: date) -> int | None:
    chosen = request.session.get(ORGANISATION_IN_SESSION)
    membership = access.membership_of(user.pk, organisation_id=chosen)
    if membership is None:
        return None
    context.bind(membership.organisation_id)
    _give(
        request,
        membership=membership,
        organisation=membership.organisation,
        organisation_id=membership.organisation_id,
        scope=absences.with_absent(access.scope_of(membership), today=today),
        actor=Actor(user_id=user.pk, name=user.display_name, channel="desk"),
        LANGUAGE_CODE=user.language,
    )
    translation.activate(user.language)
    return membership.organisation_id


def _bind_stream(response: StreamingHttpResponse, organisation_id: int | None) -> None:
    """A streamed export reads its rows after the view has returned, so its organisation is bound again for them."""
    content = response.streaming_content

    def stream() -> Iterator[Any]:
        context.bind(organisation_id)
        try:
            yield from cast(Iterator[Any], content)
        finally:
            context.bind(None)

    response.streaming_content = stream()
