"""Connect one's own mailbox with Google or Microsoft: there with a state and a challenge, back with a code."""

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext, gettext_lazy

from encours.connectors.oauth import client
from encours.core.errors import Refused, gettext_noop
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.messaging import actions as messaging
from encours.messaging import queries

KEPT = "mail_connect"
NAMES = {"google": "Google", "microsoft": "Microsoft"}


class ConnectionForged(Refused):
    """An answer that no sign-in of this session asked for."""

    message = gettext_noop("This answer belongs to no sign-in of yours: begin again.")


class ConnectionDenied(Refused):
    """The person, or their administrator, said no at the provider."""

    message = gettext_noop("The provider did not allow it: {problem}.")


class ClientForm(DeskForm):
    """The application registered with a provider."""

    client_id = forms.CharField(label=gettext_lazy("Application (client) identifier"), max_length=300)
    client_secret = forms.CharField(
        label=gettext_lazy("Application secret"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Stored encrypted; empty keeps the one there is."),
    )
    tenant = forms.CharField(
        label=gettext_lazy("Tenant (Microsoft)"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Empty: any organisation."),
    )


def _redirect() -> str:
    return settings.BASE_ADDRESS.rstrip("/") + reverse("desk:mail_connected")


@screen("send_message")
def mail_connect(request: DeskRequest, provider: str) -> HttpResponse:
    """Off to the provider; what comes back must carry the state kept here."""
    if provider not in NAMES:
        raise Http404
    access = queries.oauth_access(provider, organisation_id=request.organisation_id)
    began = client.begin(access, redirect=_redirect())
    request.session[KEPT] = {"provider": provider, "state": began.state, "verifier": began.verifier}
    return redirect(began.address)


@screen("send_message")
def mail_connected(request: DeskRequest) -> HttpResponse:
    """Back from the provider: the code becomes tokens, and the mailbox one's own account."""
    kept = request.session.pop(KEPT, None)
    state = request.GET.get("state", "")
    if not kept or not state or not constant_time_compare(state, kept["state"]):
        raise ConnectionForged
    if problem := request.GET.get("error"):
        raise ConnectionDenied(problem=problem[:200])
    provider = kept["provider"]
    tokens = client.exchange(
        queries.oauth_access(provider, organisation_id=request.organisation_id),
        code=request.GET.get("code", ""),
        verifier=kept["verifier"],
        redirect=_redirect(),
        now=request.now,
    )
    account = messaging.connect_mailbox(
        organisation_id=request.organisation_id,
        user_id=request.user.pk,
        provider=provider,
        tokens=tokens,
        host=client.PROVIDERS[provider].smtp_host,
        name=request.user.display_name,
        by=request.actor,
        now=request.now,
    )
    told(request, gettext("Your messages now leave from {email}.").format(email=account.from_email))
    return redirect("desk:mail_accounts")


@screen("edit_organisation")
def mail_client(request: DeskRequest, provider: str) -> HttpResponse:
    """The application registered with a provider, and the address to register with it."""
    if provider not in NAMES:
        raise Http404
    known = queries.oauth_clients(request.organisation_id).get(provider)
    initial = {"client_id": known.client_id, "tenant": known.tenant} if known else {}
    form = ClientForm(request.POST or None, initial=initial)
    if provider == "google":
        del form.fields["tenant"]
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            messaging.save_oauth_client(
                organisation_id=request.organisation_id, provider=provider, by=request.actor, **form.cleaned_data
            )
            told(request, gettext("Saved. People can now connect their mailbox on the page of mail accounts."))
            return redirect("desk:mail_accounts")
    context = {"form": form, "name": NAMES[provider], "redirect": _redirect()}
    return render(request, "desk/settings/mail_client.html", context, status=422 if form.errors else 200)


urlpatterns = [
    path("settings/mail/connect/<slug:provider>", mail_connect, name="mail_connect"),
    path("settings/mail/connected", mail_connected, name="mail_connected"),
    path("settings/mail/client/<slug:provider>", mail_client, name="mail_client"),
]
