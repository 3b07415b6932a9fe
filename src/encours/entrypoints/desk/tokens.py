"""Keys of programs to the API: issued once and shown once, listed with the person they act as, ended with a reason."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access import token_actions
from encours.access import tokens as token_queries
from encours.access.models import ApiToken
from encours.access.tokens import TokenScope
from encours.core.dates import end_of_day
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.users import ReasonMissing
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

PARIS = "Europe/Paris"
RIGHTS = (
    ("read", gettext_lazy("Read only")),
    ("write", gettext_lazy("Read and write")),
)


class TokenForm(DeskForm):
    """A key to issue: for which program, as whom, for what and until when."""

    name = forms.CharField(
        label=gettext_lazy("Program"), max_length=100, help_text=gettext_lazy("By which you will know it again.")
    )
    user = forms.TypedChoiceField(
        label=gettext_lazy("Acts as"), coerce=int, help_text=gettext_lazy("It sees and does what this person may.")
    )
    rights = forms.ChoiceField(label=pgettext_lazy("token", "May"), choices=RIGHTS)
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Empty: until it is revoked."),
    )

    def __init__(self, *args: Any, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("user", people)


def _people(request: DeskRequest) -> list[tuple[int, str]]:
    members = access.members(request.organisation_id)
    return [(member.user_id, member.user.display_name) for member in members if member.is_active]


def _row(token: ApiToken, request: DeskRequest) -> dict[str, Any]:
    is_over = token.expires_at is not None and token.expires_at <= request.now
    state = "revoked" if token.revoked_at else "expired" if is_over else "working"
    return {"token": token, "state": state, "writes": TokenScope.WRITE in token.scopes}


@screen("manage_users")
@never_cache
def tokens(request: DeskRequest) -> HttpResponse:
    form = TokenForm(request.POST or None, people=_people(request), initial={"user": request.user.pk})
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            # shown in this answer and nowhere else: a redirect would have to keep the secret somewhere
            context["issued"], context["secret"] = _issue(request, form.cleaned_data)
            form = TokenForm(people=_people(request), initial={"user": request.user.pk})
    context["form"] = form
    context["rows"] = [_row(token, request) for token in token_queries.tokens(request.organisation_id)]
    return render(request, "desk/settings/tokens.html", context, status=422 if form.errors else 200)


def _issue(request: DeskRequest, said: dict[str, Any]) -> tuple[ApiToken, str]:
    scopes = [TokenScope.READ, TokenScope.WRITE] if said["rights"] == "write" else [TokenScope.READ]
    return token_actions.issue_token(
        organisation_id=request.organisation_id,
        user_id=said["user"],
        name=said["name"],
        scopes=[str(scope) for scope in scopes],
        expires_at=end_of_day(said["last_day"], timezone=PARIS) if said["last_day"] else None,
        by=request.actor,
    )


@screen("manage_users")
@require_POST
def token_revoke(request: DeskRequest, token_id: int) -> HttpResponse:
    why = request.POST.get("why", "").strip()[:300]
    if not why:
        raise ReasonMissing
    token_actions.revoke_token(
        organisation_id=request.organisation_id, token_id=token_id, by=request.actor, now=request.now, why=why
    )
    told(request, gettext("The token is revoked: it opens nothing any more."))
    return redirect("desk:tokens")


urlpatterns = [
    path("settings/tokens", tokens, name="tokens"),
    path("settings/tokens/<int:token_id>/revoke", token_revoke, name="token_revoke"),
]
