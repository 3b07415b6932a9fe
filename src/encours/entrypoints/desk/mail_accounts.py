"""Mail accounts: the addresses messages leave from, tested before they are needed, and their domain's good name."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access.rules import can
from encours.connectors.dns import client as name_servers
from encours.connectors.smtp import client
from encours.entrypoints.desk.mail_connect import NAMES
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.messaging import actions as messaging
from encours.messaging import queries
from encours.messaging.models import MailAccount, Security

# how a finding is shown: its word, tone and icon
VERDICTS = {
    "good": (pgettext_lazy("domain", "In order"), "good", "check"),
    "weak": (pgettext_lazy("domain", "Weak"), "watch", "alert-triangle"),
    "missing": (pgettext_lazy("domain", "Missing"), "watch", "circle-dashed"),
    "wrong": (pgettext_lazy("domain", "Wrong"), "act", "alert-circle"),
}


class AccountForm(DeskForm):
    """The server that takes messages, and the address they carry."""

    owner = forms.ChoiceField(label=gettext_lazy("Whose account"))
    from_email = forms.EmailField(label=gettext_lazy("Address"), max_length=254)
    from_name = forms.CharField(label=gettext_lazy("Name shown"), max_length=200, required=False)
    host = forms.CharField(label=gettext_lazy("Server (SMTP)"), max_length=255)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=587)
    security = forms.ChoiceField(label=gettext_lazy("Protection"), choices=Security.choices, initial=Security.STARTTLS)
    username = forms.CharField(label=gettext_lazy("User name"), max_length=254, required=False)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Stored encrypted; empty keeps the one there is."),
    )
    reply_to = forms.EmailField(label=gettext_lazy("Answers go to"), max_length=254, required=False)
    has_plus_addresses = forms.BooleanField(
        label=gettext_lazy("The server delivers name+mark@ addresses"),
        required=False,
        help_text=gettext_lazy("Answers then name the message they answer, whatever the mail program does."),
    )

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("owner", owners)


def _owners(request: DeskRequest) -> list[tuple[str, str]]:
    """Oneself; whoever manages people also chooses a colleague, a company or the whole organisation."""
    own = [(f"user:{request.user.pk}", request.user.display_name)]
    if not can(request.scope, "manage_users"):
        return own
    people = [
        (f"user:{member.user_id}", member.user.display_name)
        for member in access.members(request.organisation_id)
        if member.is_active
    ]
    companies = [(f"entity:{entity.pk}", entity.name) for entity in access.entities(request.scope)]
    return [("", gettext("The whole organisation")), *companies, *people]


def _owner_of(account: MailAccount) -> str:
    if account.user_id:
        return f"user:{account.user_id}"
    return f"entity:{account.entity_id}" if account.entity_id else ""


@screen("send_message")
def mail_accounts(request: DeskRequest) -> HttpResponse:
    owners = dict(_owners(request))
    rows = [account for account in queries.accounts(request.organisation_id) if _owner_of(account) in owners]
    wanted = request.GET.get("account", "")
    chosen = next((account for account in rows if str(account.pk) == wanted), None)
    form = AccountForm(request.POST or None, owners=list(owners.items()), initial=_initial(request, chosen))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            _save(request, form)
            told(request, gettext("Saved. Test it: messages only leave by what works."))
            return redirect("desk:mail_accounts")
    clients = queries.oauth_clients(request.organisation_id)
    context = {
        "rows": [_row(account) for account in rows],
        "form": form,
        "chosen": chosen,
        "providers": [(code, name, code in clients) for code, name in NAMES.items()],
        "edits_clients": can(request.scope, "edit_organisation"),
        "is_open": bool(chosen or form.errors or not rows),
    }
    return render(request, "desk/settings/mail_accounts.html", context, status=422 if form.errors else 200)


def _row(account: MailAccount) -> dict[str, Any]:
    findings = []
    for code, finding in account.domain_findings.items():
        word, tone, icon = VERDICTS[finding["verdict"]]
        findings.append({**finding, "name": code.upper(), "word": word, "tone": tone, "icon": icon})
    return {"account": account, "domain": account.from_email.rpartition("@")[2], "findings": findings}


def _initial(request: DeskRequest, account: MailAccount | None) -> dict[str, Any]:
    if account is None:
        user = request.user
        return {"owner": f"user:{user.pk}", "from_email": user.email, "from_name": user.display_name, "port": 587}
    names = ("from_email", "from_name", "host", "port", "security", "username", "reply_to", "has_plus_addresses")
    return {"owner": _owner_of(account), **{name: getattr(account, name) for name in names}}


def _save(request: DeskRequest, form: AccountForm) -> None:
    said = dict(form.cleaned_data)
    kind, _, number = said.pop("owner").partition(":")
    messaging.save_mail_account(
        organisation_id=request.organisation_id,
        form=messaging.AccountForm(**said),
        by=request.actor,
        user_id=int(number) if kind == "user" else None,
        entity_id=int(number) if kind == "entity" else None,
    )


def _account(request: DeskRequest, account_id: int) -> MailAccount:
    account = next((one for one in queries.accounts(request.organisation_id) if one.pk == account_id), None)
    if account is None:
        raise Http404
    if _owner_of(account) not in dict(_owners(request)):
        raise PermissionDenied
    return account


@screen("send_message")
@require_POST
def mail_account_test(request: DeskRequest, account_id: int) -> HttpResponse:
    """Sign in to the server once; what it refuses is told in its words."""
    account = _account(request, account_id)
    messaging.verify_mail_account(
        organisation_id=request.organisation_id,
        account_id=account.pk,
        connect=client.connect,
        by=request.actor,
        now=request.now,
    )
    told(request, gettext("The server of {email} accepts us.").format(email=account.from_email))
    return redirect("desk:mail_accounts")


@screen("send_message")
@require_POST
def mail_account_domain(request: DeskRequest, account_id: int) -> HttpResponse:
    """Read what the account's domain publishes about mail in its name; silent name servers are said to be silent."""
    account = _account(request, account_id)
    found = messaging.check_domain(
        organisation_id=request.organisation_id,
        account_id=account.pk,
        look_up=name_servers.text_records,
        by=request.actor,
        now=request.now,
    )
    good = sum(finding.verdict == "good" for finding in found.values())
    told(request, gettext("{good} of {count} in order.").format(good=good, count=len(found)))
    return redirect("desk:mail_accounts")


urlpatterns = [
    path("settings/mail", mail_accounts, name="mail_accounts"),
    path("settings/mail/<int:account_id>/test", mail_account_test, name="mail_account_test"),
    path("settings/mail/<int:account_id>/domain", mail_account_domain, name="mail_account_domain"),
]
