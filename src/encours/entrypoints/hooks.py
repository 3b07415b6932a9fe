"""Where outside systems call us: reports of mail providers, each verified before a word of it is believed."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from encours.access import context
from encours.access.models import Organisation
from encours.connectors.mail_webhooks import client
from encours.core.actors import Actor
from encours.core.errors import Refused
from encours.messaging import actions as messaging
from encours.messaging import queries

BYTES_MAX = 2_000_000


@csrf_exempt  # it carries its own proof, and no browser's session
@require_http_methods(["POST", "HEAD"])
def mail_events(request: HttpRequest, slug: str, provider: str, token: str) -> HttpResponse:
    """A provider's call: 404 for an address that is not ours, 400 for one that does not verify, else 200."""
    organisation = Organisation.objects.filter(slug=slug).first()
    if organisation is None:
        return HttpResponse(status=404)
    with context.bound(organisation.pk):
        known = queries.mail_provider(provider, organisation_id=organisation.pk)
        if known is None or not constant_time_compare(known.token, token):
            return HttpResponse(status=404)
        if request.method == "HEAD":
            return HttpResponse()
        if provider == "amazon_ses" and not request.META.get("HTTP_AUTHORIZATION"):
            # Amazon gives its password only to whoever asks for one
            return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="Encours"'})
        if int(request.META.get("CONTENT_LENGTH") or 0) > BYTES_MAX:
            return HttpResponse(status=413)
        now = datetime.now(UTC)
        try:
            news = client.events(provider, secret=queries.secret_of(known), request=request, now=now)
        except Refused:
            return HttpResponse(status=400)
        by = Actor(None, client.PROVIDERS[provider].name, "api")
        messaging.note_events(organisation_id=organisation.pk, provider_id=known.pk, news=news, now=now, by=by)
    return HttpResponse()


urlpatterns = [path("mail/<slug:slug>/<slug:provider>/<str:token>", mail_events, name="mail_events")]
