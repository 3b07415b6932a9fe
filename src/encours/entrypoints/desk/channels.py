"""Channels: which provider takes SMS and electronic registered letters, how to get in, and what stops a channel."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.connectors import base
from encours.connectors.mail_webhooks import client as hooks
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.messaging import actions as messaging
from encours.messaging import queries
from encours.messaging.models import Channel, Gateway, MailProvider

ADAPTERS = {
    "file_outbox": gettext_lazy("Files in the data folder's outbox"),
    "ovh_sms": gettext_lazy("OVHcloud"),
}
THROUGH = (Channel.SMS, Channel.ELECTRONIC_REGISTERED_LETTER)
VALUES = ("folder", "service", "application_key", "consumer_key")


class GatewayForm(DeskForm):
    """The provider of one channel."""

    adapter = forms.ChoiceField(label=gettext_lazy("Provider"))
    sender = forms.CharField(
        label=gettext_lazy("Sender shown"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("For SMS, 3 to 11 letters or figures, or a number."),
    )
    folder = forms.CharField(
        label=gettext_lazy("Folder"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("For files; empty: “outbox” in the data folder."),
    )
    service = forms.CharField(label=gettext_lazy("Service (OVHcloud)"), max_length=100, required=False)
    application_key = forms.CharField(label=gettext_lazy("Application key"), max_length=100, required=False)
    consumer_key = forms.CharField(label=gettext_lazy("Consumer key"), max_length=100, required=False)
    secret = forms.CharField(
        label=gettext_lazy("Application secret"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Stored encrypted; empty keeps the one there is."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args: Any, channel: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = base.adapters(channel)
        self.offer("adapter", [(name, ADAPTERS.get(name, name)) for name in names])
        if "ovh_sms" not in names:
            for name in ("service", "application_key", "consumer_key", "secret"):
                del self.fields[name]


class EventsForm(DeskForm):
    """A mail provider that reports by webhook."""

    provider = forms.ChoiceField(
        label=gettext_lazy("Mail provider"), choices=[(code, one.name) for code, one in hooks.PROVIDERS.items()]
    )
    secret = forms.CharField(
        label=gettext_lazy("Secret"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "“user:password” of the call, for Mailgun its signing key. Empty keeps the one there is."
        ),
    )
    keeps_opens = forms.BooleanField(
        label=gettext_lazy("Keep openings and clicks, as an indication"),
        required=False,
        help_text=gettext_lazy("Never of natural persons."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)


def _events_address(request: DeskRequest, provider: MailProvider) -> str:
    at = reverse("mail_events", args=[request.organisation.slug, provider.provider, provider.token])
    return settings.BASE_ADDRESS.rstrip("/") + at


@screen("edit_organisation")
def mail_events(request: DeskRequest) -> HttpResponse:
    """Which mail providers may report, where they call, and what is kept."""
    form = EventsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            messaging.save_mail_provider(organisation_id=request.organisation_id, by=request.actor, **form.cleaned_data)
            told(request, gettext("Saved."))
            return redirect("desk:mail_events")
    rows = [
        {"provider": one, "name": hooks.PROVIDERS[one.provider].name, "address": _events_address(request, one)}
        for one in queries.mail_providers(request.organisation_id)
        if one.provider in hooks.PROVIDERS
    ]
    context = {"form": form, "rows": rows}
    return render(request, "desk/settings/mail_events.html", context, status=422 if form.errors else 200)


@screen("edit_organisation")
def channels(request: DeskRequest, channel: str = "") -> HttpResponse:
    kept = queries.gateways_of(request.organisation_id)
    if channel and channel not in THROUGH:
        raise Http404
    bound = request.POST if request.method == "POST" and channel else None
    forms_of = {
        one: GatewayForm(
            bound if one == channel else None,
            channel=one,
            initial=_initial(kept.get(one)),
            prefix=None,
            auto_id=f"id_{one}_%s",
        )
        for one in THROUGH
    }
    chosen = forms_of.get(Channel(channel)) if channel else None
    if chosen is not None and chosen.is_bound and chosen.is_valid():
        with refusals_on(chosen):
            _save(request, channel, chosen)
            told(request, gettext("Saved."))
            return redirect("desk:channels")
    switches = {switch.channel: switch for switch in queries.switches(request.organisation_id)}
    rows = [
        {"channel": one, "gateway": kept.get(one), "switch": switches.get(one), "form": forms_of.get(one)}
        for one in Channel
    ]
    is_wrong = chosen is not None and bool(chosen.errors)
    return render(request, "desk/settings/channels.html", {"rows": rows}, status=422 if is_wrong else 200)


def _initial(gateway: Gateway | None) -> dict[str, Any]:
    if gateway is None:
        return {"is_active": True}
    kept = {name: gateway.settings.get(name, "") for name in VALUES}
    return {"adapter": gateway.adapter, "sender": gateway.sender, "is_active": gateway.is_active, **kept}


def _save(request: DeskRequest, channel: str, form: GatewayForm) -> None:
    said = form.cleaned_data
    messaging.save_gateway(
        organisation_id=request.organisation_id,
        channel=channel,
        adapter=said["adapter"],
        values={name: said[name].strip() for name in VALUES if said.get(name, "").strip()},
        secret=said.get("secret", ""),
        sender=said["sender"],
        is_active=said["is_active"],
        by=request.actor,
    )


@screen("edit_organisation")
@require_POST
def channel_switch(request: DeskRequest, channel: str) -> HttpResponse:
    """Stop a channel for the whole organisation, or let it send again."""
    if channel not in Channel.values:
        raise Http404
    ask: dict[str, Any] = {
        "organisation_id": request.organisation_id,
        "channel": channel,
        "why": request.POST.get("why", "")[:300],
        "by": request.actor,
        "now": request.now,
    }
    if request.POST.get("verb") == "open":
        messaging.open_channel(**ask)
        told(request, gettext("This channel sends again."))
    else:
        messaging.close_channel(**ask)
        told(request, gettext("Nothing more leaves by this channel."))
    return redirect("desk:channels")


urlpatterns = [
    path("settings/mail-events", mail_events, name="mail_events"),
    path("settings/channels", channels, name="channels"),
    path("settings/channels/<str:channel>", channels, name="channel"),
    path("settings/channels/<str:channel>/switch", channel_switch, name="channel_switch"),
]
