"""Settings of the organisation: its name, its language, and the gate that lets messages leave."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access import actions as access
from encours.access.rules import can
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told

LANGUAGES = [("fr", "Français"), ("en", "English")]


class OrganisationForm(DeskForm):
    """What an administrator may change of the organisation."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of messages"),
        choices=LANGUAGES,
        help_text=gettext_lazy("Used for a customer whose language is not known."),
    )


class SandboxForm(DeskForm):
    """Why the gate is opened or closed."""

    wide = frozenset({"why"})
    why = forms.CharField(label=gettext_lazy("Reason, kept in the audit trail"), max_length=300)


@screen()
def settings(request: DeskRequest) -> HttpResponse:
    organisation = request.organisation
    form = OrganisationForm(
        request.POST or None, initial={"name": organisation.name, "language": organisation.language}
    )
    may_edit = can(request.scope, "edit_organisation")
    if request.method == "POST" and may_edit and form.is_valid():
        with refusals_on(form):
            access.update_organisation(
                by=request.actor,
                organisation_id=request.organisation_id,
                name=form.cleaned_data["name"],
                language=form.cleaned_data["language"],
            )
            told(request, gettext("Saved."))
            return redirect("desk:settings")
    context = {"form": form, "sandbox_form": SandboxForm(), "may_edit": may_edit, "organisation": organisation}
    return render(request, "desk/settings/organisation.html", context, status=422 if form.errors else 200)


@screen("edit_organisation")
@require_POST
def sandbox(request: DeskRequest) -> HttpResponse:
    form = SandboxForm(request.POST)
    if form.is_valid():
        wanted = request.POST.get("sandbox") == "on"
        access.set_sandbox(
            by=request.actor,
            organisation_id=request.organisation_id,
            sandbox=wanted,
            why=form.cleaned_data["why"],
        )
        told(request, gettext("The sandbox is on: no message leaves.") if wanted else gettext("Messages leave now."))
        return redirect("desk:settings")
    context = {
        "form": OrganisationForm(
            initial={"name": request.organisation.name, "language": request.organisation.language}
        ),
        "sandbox_form": form,
        "may_edit": True,
        "organisation": request.organisation,
    }
    return render(request, "desk/settings/organisation.html", context, status=422)


urlpatterns = [path("settings", settings, name="settings"), path("settings/sandbox", sandbox, name="sandbox")]
