"""What is the person's own: language, theme, the list of every screen on a phone."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST

from encours.access import actions as access
from encours.entrypoints.desk.context import more_sections
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back


@screen()
@require_POST
def preferences(request: DeskRequest) -> HttpResponse:
    wished = {name: request.POST[name] for name in ("language", "theme") if request.POST.get(name)}
    access.update_profile(
        by=request.actor, organisation_id=request.organisation_id, user_id=request.user.pk, changes=wished
    )
    answer = back(request, "/")
    if "language" in wished:  # the sign-in page speaks it too
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, wished["language"], samesite="Lax")
    return answer


@screen()
def more(request: DeskRequest) -> HttpResponse:
    return render(request, "desk/account/more.html", {"sections": more_sections(request)})


urlpatterns = [path("preferences", preferences, name="preferences"), path("more", more, name="more")]
