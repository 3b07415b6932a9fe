"""What a person does with one message that was decided: lets it leave, words it anew, takes it out, takes it back."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.collections import actions as collections
from encours.collections.models import Reminder
from encours.collections.queries import decisions
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.today import peek_context
from encours.entrypoints.desk.today_forms import ReasonForm, words_form
from encours.entrypoints.forms import refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import back, told


def _order(request: DeskRequest, reminder: Reminder) -> dict[str, Any]:
    """What every action on a decision is told."""
    return {
        "organisation_id": request.organisation_id,
        "reminder_id": reminder.pk,
        "today": request.today,
        "now": request.now,
        "by": request.actor,
    }


def _leaves(request: DeskRequest, waiting: Reminder, made: Reminder, *, behind: str) -> HttpResponse:
    """Say that it leaves, offer to take it back, and return to the list."""
    said = gettext("{step} to {name} leaves.").format(step=made.step_name, name=waiting.customer.name)
    told(request, said, undo=reverse("desk:today_withdraw", args=[made.pk]))
    return back(request, reverse(behind))


def _why(request: DeskRequest) -> str:
    form = ReasonForm(request.POST)
    return str(form.cleaned_data["why"]) if form.is_valid() else ""


@screen("send_message")
@require_POST
def send(request: DeskRequest, reminder_id: int) -> HttpResponse:
    """Let one decision leave: it was waiting for a person."""
    waiting = decisions.decision(reminder_id, scope=request.scope)
    made = collections.confirm(**_order(request, waiting))
    return _leaves(request, waiting, made, behind="desk:today")


@screen("release_message")
@require_POST
def release(request: DeskRequest, reminder_id: int) -> HttpResponse:
    """Let a held one leave all the same, with the reason."""
    waiting = decisions.decision(reminder_id, scope=request.scope)
    made = collections.release(**_order(request, waiting), why=_why(request))
    return _leaves(request, waiting, made, behind="desk:held")


@screen("release_message")
@require_POST
def take_out(request: DeskRequest, reminder_id: int) -> HttpResponse:
    waiting = decisions.decision(reminder_id, scope=request.scope)
    collections.take_out(**_order(request, waiting), why=_why(request))
    told(request, gettext("{name} is out of this step.").format(name=waiting.customer.name))
    return back(request, reverse("desk:held"))


@screen("send_message")
@require_POST
def withdraw(request: DeskRequest, reminder_id: int) -> HttpResponse:
    found = decisions.decision(reminder_id, scope=request.scope)
    collections.withdraw(
        organisation_id=request.organisation_id,
        reminder_id=found.pk,
        why=gettext("Taken back on the list of the day"),
        now=request.now,
        by=request.actor,
    )
    told(request, gettext("{step} to {name} stays here.").format(step=found.step_name, name=found.customer.name))
    return back(request, reverse("desk:today"))


@screen("send_message")
@require_POST
def reword(request: DeskRequest, reminder_id: int) -> HttpResponse:
    """Put other words into one message, or the template's again; refusals come back on the form."""
    reminder = decisions.decision(reminder_id, scope=request.scope)
    order = _order(request, reminder)
    if "as_the_template" in request.POST:
        collections.reword(**order, subject="", text="")
        told(request, gettext("The message says what its template says again."))
        return back(request, reverse("desk:today"))
    form = words_form(reminder, today=request.today, data=request.POST)
    if form.is_valid():
        with refusals_on(form):
            collections.reword(**order, subject=form.cleaned_data["subject"], text=form.cleaned_data["text"])
            told(request, gettext("The message to {name} has your words.").format(name=reminder.customer.name))
            return back(request, reverse("desk:today"))
    context = {**peek_context(request, reminder.customer_id), "do": "reword", "form": form, "reminder": reminder}
    context["may_send"] = can(request.scope, "send_message")
    return render(request, "desk/today/customer.html", context, status=422)


urlpatterns = [
    path("reminders/<int:reminder_id>/send", send, name="today_send"),
    path("reminders/<int:reminder_id>/withdraw", withdraw, name="today_withdraw"),
    path("reminders/<int:reminder_id>/words", reword, name="today_reword"),
    path("held/<int:reminder_id>/release", release, name="held_release"),
    path("held/<int:reminder_id>/take-out", take_out, name="held_take_out"),
]
