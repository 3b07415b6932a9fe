"""A private address under which a calendar program reads a person's tasks: signed, without sign-in, revocable."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from encours.access import context
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told
from encours.team import actions as team
from encours.team.models import Task
from encours.team.queries import absences, feeds, tasks
from encours.team.rules.calendar import CalendarTask, document

_SALT = "encours.calendar"


def address_of(request: DeskRequest) -> str:
    """The reader's private address, empty when there is none."""
    feed = feeds.feed_of(request.user.pk, organisation_id=request.organisation_id)
    if feed is None:
        return ""
    token = signing.dumps([request.organisation_id, feed.pk], salt=_SALT)
    return f"{settings.BASE_ADDRESS}{reverse('desk:calendar_feed', args=[token])}"


@screen("add_note")
@require_POST
def calendar_open(request: DeskRequest) -> HttpResponse:
    team.open_calendar_feed(
        organisation_id=request.organisation_id, user_id=request.user.pk, now=request.now, by=request.actor
    )
    told(request, gettext("Your calendar has its address."))
    return back(request, reverse("desk:tasks"))


@screen("add_note")
@require_POST
def calendar_revoke(request: DeskRequest) -> HttpResponse:
    team.revoke_calendar_feed(
        organisation_id=request.organisation_id, user_id=request.user.pk, now=request.now, by=request.actor
    )
    told(request, gettext("The address no longer answers."))
    return back(request, reverse("desk:tasks"))


def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The feed itself: whoever holds the address reads it, as calendar programs cannot sign in."""
    try:
        organisation_id, feed_id = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise Http404 from None
    now = timezone.now()
    today = timezone.localdate(now)
    with context.bound(organisation_id):
        feed = feeds.open_feed(feed_id, organisation_id=organisation_id)
        if feed is None:
            raise Http404
        people = absences.works_for(feed.user_id, organisation_id=organisation_id, today=today)
        with translation.override(feed.user.language):
            shown = [_shown(task) for task in tasks.open_of(people, organisation_id=organisation_id)]
            host = urlsplit(settings.BASE_ADDRESS).hostname or "encours"
            name = gettext("Encours: tasks of {name}").format(name=feed.user.display_name)
            content = document(name, shown, host=host, now=now, today=today)
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "private, max-age=300"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _shown(task: Task) -> CalendarTask:
    customer = task.customer
    where = reverse("desk:customer", args=[customer.number]) if customer else reverse("desk:task", args=[task.pk])
    # no amounts, no contacts: the address may be read by whoever comes to hold it
    title = f"{customer.name}: {task.title}" if customer else task.title
    return CalendarTask(task.pk, title, task.due_date, task.note, task.priority, f"{settings.BASE_ADDRESS}{where}")


urlpatterns = [
    path("tasks/calendar/open", calendar_open, name="calendar_open"),
    path("tasks/calendar/revoke", calendar_revoke, name="calendar_revoke"),
    path("calendar/<str:token>.ics", calendar_feed, name="calendar_feed"),
]
