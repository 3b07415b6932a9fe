"""The API itself: who may come in, how often, and what failures look like."""

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from encours.access import context, tokens
from encours.access.rules import Permission, can
from encours.access.tokens import Bearer, TokenScope
from encours.core.errors import EncoursError, Refused, gettext_noop
from encours.entrypoints.api import (
    analytics,
    credit,
    credit_notes,
    customers,
    documents,
    engagements,
    matching,
    open_items,
    penalties,
    portal_notes,
    receipts,
)
from encours.entrypoints.api.shapes import TokenNotAllowed
from encours.entrypoints.responses import status_of
from encours.team.queries import absences

REQUESTS_A_MINUTE = 600
PROBLEM = "application/problem+json"


class RequestsTooMany(Refused):
    """The token was used more often than a minute allows."""

    message = gettext_noop("Too many requests: wait {seconds} seconds.")


@dataclass
class Window:
    """The requests of one token in the current minute, in this process."""

    minute: int = 0
    count: int = 0


_windows: dict[int, Window] = {}


class ApiRequest(HttpRequest):
    """A request let in by its token."""

    bearer: Bearer


class TokenAuth(HttpBearer):
    """Lets in a working token and binds its organisation to the connection until the answer is made."""

    def authenticate(self, request: HttpRequest, token: str) -> Bearer | None:
        bearer = tokens.bearer_of(token, now=timezone.now())
        if bearer is None:
            return None
        let_in = cast(ApiRequest, request)
        let_in.bearer = bearer
        _count(bearer)
        is_read = request.method in {"GET", "HEAD"}
        if (TokenScope.READ if is_read else TokenScope.WRITE) not in bearer.token_scopes:
            raise TokenNotAllowed
        if not can(bearer.scope, Permission.VIEW_BOOKS):
            raise TokenNotAllowed
        context.bind(bearer.scope.organisation_id)
        scope = absences.with_absent(bearer.scope, today=timezone.localdate())
        let_in.bearer = replace(bearer, scope=scope)
        return let_in.bearer


def _count(bearer: Bearer) -> None:
    minute = int(time.time() // 60)
    window = _windows.setdefault(bearer.token_id, Window())
    if window.minute != minute:
        window.minute, window.count = minute, 0
    window.count += 1
    if window.count > REQUESTS_A_MINUTE:
        raise RequestsTooMany(seconds=_seconds_left())


def _seconds_left() -> int:
    return 60 - math.floor(time.time()) % 60


api = NinjaAPI(
    title="Encours",
    version="1",
    description="Who owes what, how late, and the figures a finance team steers by.",
    auth=TokenAuth(),
    docs_url=None,
    urls_namespace="api",
)


def bounded(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Around each request: the organisation is unbound whatever happens, and the rate is told."""

    @functools.wraps(run)
    def inner(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        try:
            response = run(request, *arguments, **named)
        finally:
            context.bind(None)
        bearer = getattr(request, "bearer", None)
        if bearer is not None:
            left = max(0, REQUESTS_A_MINUTE - _windows[bearer.token_id].count)
            response.headers["X-RateLimit-Limit"] = str(REQUESTS_A_MINUTE)
            response.headers["X-RateLimit-Remaining"] = str(left)
            response.headers["X-RateLimit-Reset"] = str(_seconds_left())
        response.headers["Cache-Control"] = "no-store"
        return response

    return inner


api.add_decorator(bounded, mode="view")


def problem(status: int, code: str, detail: str, **more: Any) -> HttpResponse:
    """RFC 9457: what failed, for programs (`code`) and for people (`detail`)."""
    body = {"type": f"urn:encours:problem:{code}", "title": code, "status": status, "code": code, "detail": detail}
    return JsonResponse({**body, **more}, status=status, content_type=PROBLEM)


@api.exception_handler(EncoursError)
def refused(request: HttpRequest, error: EncoursError) -> HttpResponse:
    """An expected failure, by its kind."""
    said = error.as_json()
    if isinstance(error, RequestsTooMany):
        response = problem(429, said["code"], said["message"])
        response.headers["Retry-After"] = str(error.data["seconds"])
        return response
    status = 403 if isinstance(error, TokenNotAllowed) else status_of(error)
    return problem(status, said["code"], said["message"], data=said["data"])


@api.exception_handler(AuthenticationError)
def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """No token, or one that opens nothing."""
    response = problem(401, "token_unknown", "Send a working token: Authorization: Bearer enc_...")
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A parameter that does not fit its type."""
    faults = [{"where": [str(part) for part in fault["loc"]], "fault": fault["msg"]} for fault in error.errors]
    return problem(422, "request_unreadable", "A parameter does not fit its type.", faults=faults)


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the framework refuses by itself."""
    return problem(error.status_code, "http_error", str(error))


api.add_router("", customers.router, tags=["customers"])
api.add_router("", credit.router, tags=["credit limits, payment terms"])
api.add_router("", documents.router, tags=["documents"])
api.add_router("", open_items.router, tags=["open items"])
api.add_router("", receipts.router, tags=["receipts"])
api.add_router("", matching.router, tags=["cash application"])
api.add_router("", engagements.router, tags=["promises, pauses, disputes, comments"])
api.add_router("", credit_notes.router, tags=["credit notes"])
api.add_router("", portal_notes.router, tags=["notes on the customers' page"])
api.add_router("", analytics.router, tags=["figures"])
api.add_router("", penalties.router, tags=["penalties"])
