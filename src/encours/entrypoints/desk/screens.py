"""What every staff view goes through: signed in, member of the organisation, allowed, refusals answered."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render

from encours.access import rules as access
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import answers_refusals, is_partial

type View = Callable[..., HttpResponseBase]


def screen(permission: str | None = None) -> Callable[[View], View]:
    """Guard a view: `@screen()` for every member, `@screen("books.see")` for those whose role may."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if request.scope is None:
                return render(request, "ui/no_organisation.html", status=403)
            if permission is not None and not access.can(request.scope, permission):
                raise PermissionDenied
            return answers_refusals(view)(request, *args, **kwargs)

        return guarded

    return decorate


def _to_sign_in(request: DeskRequest) -> HttpResponse:
    answer = redirect_to_login(request.get_full_path())
    if is_partial(request):  # a part of a page cannot show a sign-in page: the whole window goes there
        return HttpResponse(status=204, headers={"HX-Redirect": answer.url})
    return answer
