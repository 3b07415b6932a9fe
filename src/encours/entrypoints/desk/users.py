"""The people of the organisation: their role, the rows they see, and how they come in and leave."""

from collections.abc import Sequence
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access import actions as access
from encours.access import queries as access_queries
from encours.access.models import Membership, Role, User
from encours.access.rules import PERMISSIONS
from encours.core.errors import Refused, gettext_noop
from encours.entrypoints.desk.organisation import LANGUAGES
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

ROLE_WORDS = {
    "cfo": gettext_lazy("Everything but people and the organisation; may change bank details."),
    "credit_manager": gettext_lazy("Imports, scenarios, limits, write-offs, and all that a collector does."),
    "collector": gettext_lazy("Writes, calls, records promises and disputes, releases held messages."),
    "adv": gettext_lazy("Imports the books, corrects customers, handles disputes."),
    "sales": gettext_lazy("Sees customers, reports a dispute or a promise."),
    "customer_success": gettext_lazy("Sees customers, reports a dispute or a promise."),
    "auditor": gettext_lazy("Sees everything, the audit trail too, and changes nothing."),
    "admin": gettext_lazy("Everything, people and settings too."),
}


class ReasonMissing(Refused):
    """Who ends an access says why."""

    message = gettext_noop("Say why: the reason goes to the audit trail.")


class RightsForm(DeskForm):
    """What a person may do and which rows they see."""

    wide = frozenset({"entity_ids", "own_portfolio_only"})
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)
    entity_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Companies"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: all of them."),
    )
    own_portfolio_only = forms.BooleanField(
        label=gettext_lazy("Only the customers of their own portfolio"),
        required=False,
        help_text=gettext_lazy("Always so for sales and customer success."),
    )

    def __init__(self, *args: Any, entities: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("entity_ids", entities)

    def rights(self) -> dict[str, Any]:
        """The rights as the room takes them."""
        return {name: self.cleaned_data[name] for name in ("role", "entity_ids", "own_portfolio_only")}


class ChangeForm(RightsForm):
    """Other rights for a person, with the reason that goes to the audit trail."""

    why = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


class InvitationForm(RightsForm):
    """A person to invite."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=150)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=150)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    field_order = ("email", "first_name", "last_name", "language", "role")


def _entities(request: DeskRequest) -> list[tuple[int, str]]:
    return [(entity.pk, entity.name) for entity in access_queries.entities(request.scope)]


def _member(request: DeskRequest, membership_id: int) -> Membership:
    found = access_queries.members(request.organisation_id).filter(pk=membership_id).first()
    if found is None:
        raise Http404
    return found


def _first_sign_in(request: DeskRequest, user: User) -> str:
    """The address, good once, where an invited person chooses a password."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    uid, _, token = key.partition("-")
    return request.build_absolute_uri(reverse("account_reset_password_from_key", args=[uid, token]))


@screen("manage_users")
def users(request: DeskRequest) -> HttpResponse:
    entities = dict(_entities(request))
    rows = [
        {"membership": member, "companies": [entities[pk] for pk in member.entity_ids if pk in entities]}
        for member in access_queries.members(request.organisation_id)
    ]
    return render(request, "desk/users/list.html", {"rows": rows})


@screen("manage_users")
def user_new(request: DeskRequest) -> HttpResponse:
    form = InvitationForm(
        request.POST or None,
        entities=_entities(request),
        initial={"role": "collector", "language": request.organisation.language},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            person = {name: form.cleaned_data[name] for name in ("email", "first_name", "last_name", "language")}
            membership = access.invite_user(
                by=request.actor, organisation_id=request.organisation_id, **person, **form.rights()
            )
            told(request, gettext("{name} is invited.").format(name=membership.user.display_name))
            return redirect("desk:user", membership.pk)
    context = {"form": form, "roles": _roles()}
    return render(request, "desk/users/new.html", context, status=422 if form.errors else 200)


@screen("manage_users")
def user(request: DeskRequest, membership_id: int) -> HttpResponse:
    membership = _member(request, membership_id)
    form = ChangeForm(
        request.POST or None,
        entities=_entities(request),
        initial={
            "role": membership.role,
            "entity_ids": membership.entity_ids,
            "own_portfolio_only": membership.own_portfolio_only,
        },
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            access.change_role(
                by=request.actor,
                organisation_id=request.organisation_id,
                membership_id=membership.pk,
                why=form.cleaned_data["why"],
                **form.rights(),
            )
            told(request, gettext("Saved."))
            return redirect("desk:user", membership.pk)
    invited = membership.is_active and not membership.user.has_usable_password()
    # whoever holds that address becomes the person, so one organisation never gets it for a member of another
    invited = invited and not access_queries.belongs_elsewhere(
        membership.user_id, organisation_id=request.organisation_id
    )
    context = {
        "form": form,
        "membership": membership,
        "roles": _roles(),
        "first_sign_in": _first_sign_in(request, membership.user) if invited else "",
    }
    return render(request, "desk/users/user.html", context, status=422 if form.errors else 200)


@screen("manage_users")
@require_POST
def user_deactivate(request: DeskRequest, membership_id: int) -> HttpResponse:
    why = request.POST.get("why", "").strip()[:300]
    if not why:
        raise ReasonMissing
    membership = access.deactivate(
        by=request.actor, organisation_id=request.organisation_id, membership_id=membership_id, why=why
    )
    told(request, gettext("{name} no longer has access.").format(name=membership.user.display_name))
    return redirect("desk:users")


@screen("manage_users")
@require_POST
def user_reactivate(request: DeskRequest, membership_id: int) -> HttpResponse:
    before = _member(request, membership_id)
    membership = access.add_membership(
        by=request.actor,
        organisation_id=request.organisation_id,
        user=before.user,
        role=before.role,
        entity_ids=before.entity_ids,
        own_portfolio_only=before.own_portfolio_only,
    )
    told(request, gettext("{name} has access again.").format(name=membership.user.display_name))
    return redirect("desk:user", membership.pk)


def _roles() -> list[dict[str, Any]]:
    return [
        {"key": key, "label": label, "words": ROLE_WORDS[key], "count": len(PERMISSIONS[key])}
        for key, label in Role.choices
    ]


urlpatterns = [
    path("users", users, name="users"),
    path("users/new", user_new, name="user_new"),
    path("users/<int:membership_id>", user, name="user"),
    path("users/<int:membership_id>/deactivate", user_deactivate, name="user_deactivate"),
    path("users/<int:membership_id>/reactivate", user_reactivate, name="user_reactivate"),
]
