"""Give each request its person, organisation, scope and day."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from encours.access import context
from encours.access import queries as access
from encours.core.actors import Actor

ORGANISATION_IN_SESSION = "organisation_id"


class OrganisationMiddleware:
    """Binds the signed-in person's organisation to the connection for the time of the request, and no longer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.scope = None
        request.organisation_id = None
        request.membership = None
        request.organisation = None
        request.now = timezone.now()
        request.today = dt.datetime.now(ZoneInfo("Europe/Paris")).date()
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return self.get_response(request)
        context.bind_user(user.pk)
        try:
            self._enter(request)
            return self.get_response(request)
        finally:
            context.bind(None)
            context.bind_user(None)

    def _enter(self, request: HttpRequest) -> None:
        chosen = request.session.get(ORGANISATION_IN_SESSION)
        membership = access.membership_of(request.user.pk, organisation_id=chosen)
        if membership is None:
            return
        request.membership = membership
        request.organisation = membership.organisation
        request.organisation_id = membership.organisation_id
        context.bind(membership.organisation_id)
        request.scope = access.scope_of(membership)
        request.actor = Actor(user_id=request.user.pk, name=request.user.display_name, channel="desk")
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = request.user.language
