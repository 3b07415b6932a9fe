"""Views of lists kept by name: filters and order, not rows."""

from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from encours.access import actions as access
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told


@screen()
@require_POST
def keep(request: DeskRequest) -> HttpResponse:
    view = access.keep_view(
        scope=request.scope,
        screen=request.POST.get("screen", "")[:40],
        name=request.POST.get("name", ""),
        query=request.POST.get("query", ""),
    )
    told(request, gettext("View kept: {name}").format(name=view.name))
    return back(request, "/")


@screen()
@require_POST
def remove(request: DeskRequest, view_id: int) -> HttpResponse:
    view = access.remove_view(scope=request.scope, view_id=view_id)
    told(request, gettext("View removed: {name}").format(name=view.name))
    return back(request, "/")


urlpatterns = [
    path("views", keep, name="view_save"),
    path("views/<int:view_id>/remove", remove, name="view_remove"),
]
