"""Notifications: what one was told, how one wants to be told, and the chat channels that are told too."""

from typing import Any

from django import forms
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.places import place_of
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.team.actions import hooks
from encours.team.actions import notices as actions
from encours.team.models import ByMail, NoticeKind, Notification
from encours.team.queries import notices, people

ICONS = {
    "mention": "at",
    "answer": "message-reply",
    "task": "checkbox",
    "rule": "bolt",
    "reply": "message",
    "promise": "calendar-x",
    "dispute": "message-report",
    "approval": "rubber-stamp",
    "report": "report",
}
CHAT_KINDS_USUAL = ("rule", "promise", "dispute")


class ChoiceForm(DeskForm):
    """How one wants to be told."""

    mentions = forms.ChoiceField(
        label=gettext_lazy("When somebody names you or asks you in person"), choices=ByMail.choices
    )
    others = forms.ChoiceField(label=gettext_lazy("Everything else"), choices=ByMail.choices)
    digest_at = forms.TimeField(
        label=gettext_lazy("The daily e-mail leaves at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Quiet until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    weekly_report = forms.BooleanField(label=gettext_lazy("Send me my report each Monday"), required=False)


class HookForm(DeskForm):
    """A chat channel and what it is told."""

    wide = frozenset({"kinds", "address"})
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    address = forms.CharField(
        label=gettext_lazy("Address of its incoming webhook"),
        max_length=500,
        help_text=gettext_lazy(
            "Kept encrypted and never shown again. Slack, Mattermost and Rocket.Chat read its form."
        ),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What it is told"),
        choices=NoticeKind.choices,
        initial=CHAT_KINDS_USUAL,
        widget=forms.CheckboxSelectMultiple,
    )


@screen("view_books")
def notifications(request: DeskRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    rows = notices.notifications(request.scope, before_id=int(before) if before.isdecimal() else None)
    context = {
        "rows": [{"told": row, "icon": ICONS.get(row.kind, "bell")} for row in rows],
        "unread": sum(row.read_at is None for row in rows),
        "more_before": rows[-1].pk if len(rows) == notices.PAGE_ROWS else None,
    }
    return render(request, "desk/notifications/list.html", context)


@screen("view_books")
def notification_open(request: DeskRequest, notification_id: int) -> HttpResponse:
    """Go where a notification leads; it is read then."""
    mine = Notification.objects.filter(
        organisation_id=request.organisation_id, user_id=request.user.pk, pk=notification_id
    )
    found = mine.select_related("customer").first()
    if found is None:
        return redirect("desk:notifications")
    actions.mark_read(
        organisation_id=request.organisation_id,
        user_id=request.user.pk,
        notification_id=found.pk,
        now=timezone.now(),
    )
    place = place_of(found)
    is_ours = place.startswith("/") and url_has_allowed_host_and_scheme(place, allowed_hosts=None)
    return redirect(place if is_ours else "desk:notifications")


@screen("view_books")
@require_POST
def notifications_read(request: DeskRequest) -> HttpResponse:
    actions.mark_read(organisation_id=request.organisation_id, user_id=request.user.pk, now=timezone.now())
    return redirect("desk:notifications")


@screen("view_books")
def notification_choices(request: DeskRequest) -> HttpResponse:
    choice = notices.choice_of(request.user.pk, organisation_id=request.organisation_id)
    known = {name: getattr(choice, name) for name in actions.CHOICES}
    form = ChoiceForm(request.POST if _is_for(request, "choice") else None, initial=known)
    hook_form = HookForm(request.POST if _is_for(request, "hook") else None)
    may_edit = can(request.scope, "edit_organisation")
    if form.is_bound and form.is_valid():
        with refusals_on(form):
            actions.choose(
                organisation_id=request.organisation_id,
                user_id=request.user.pk,
                values=form.cleaned_data,
                now=timezone.now(),
                by=request.actor,
            )
            told(request, gettext("Saved."))
            return redirect("desk:notification_choices")
    if may_edit and hook_form.is_bound and hook_form.is_valid():
        with refusals_on(hook_form):
            hooks.add_chat_hook(
                organisation_id=request.organisation_id, **hook_form.cleaned_data, now=timezone.now(), by=request.actor
            )
            told(request, gettext("The channel is told from now on."))
            return redirect("desk:notification_choices")
    labels = dict(NoticeKind.choices)
    context: dict[str, Any] = {
        "form": form,
        "hook_form": hook_form,
        "may_edit": may_edit,
        "hooks": [
            {"hook": hook, "kinds": ", ".join(str(labels.get(kind, kind)) for kind in hook.kinds)}
            for hook in (notices.chat_hooks(request.organisation_id) if may_edit else ())
        ],
    }
    is_refused = bool(form.errors or hook_form.errors)
    return render(request, "desk/notifications/choices.html", context, status=422 if is_refused else 200)


def _is_for(request: DeskRequest, name: str) -> bool:
    return request.method == "POST" and request.POST.get("form") == name


@screen("edit_organisation")
@require_POST
def chat_hook_switch(request: DeskRequest, hook_id: int) -> HttpResponse:
    hooks.switch_chat_hook(
        organisation_id=request.organisation_id,
        hook_id=hook_id,
        is_active=request.POST.get("on") == "1",
        now=timezone.now(),
        by=request.actor,
    )
    told(request, gettext("Saved."))
    return redirect("desk:notification_choices")


@screen("add_note")
def colleagues_like(request: DeskRequest) -> JsonResponse:
    """Whom one may mean after typing @ and a few letters."""
    found = people.named_like(request.GET.get("q", "")[:40], organisation_id=request.organisation_id)
    return JsonResponse(
        {"people": [{"handle": one.handle, "name": f"{one.first_name} {one.last_name}"} for one in found]}
    )


urlpatterns = [
    path("notifications", notifications, name="notifications"),
    path("notifications/<int:notification_id>", notification_open, name="notification_open"),
    path("notifications/read", notifications_read, name="notifications_read"),
    path("settings/notifications", notification_choices, name="notification_choices"),
    path("settings/notifications/channels/<int:hook_id>", chat_hook_switch, name="chat_hook_switch"),
    path("colleagues", colleagues_like, name="colleagues_like"),
]
