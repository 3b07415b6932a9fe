"""Comments of colleagues on a customer or something of theirs: kept, and told to whom they name."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from encours.customers import queries as customers
from encours.customers.models import Note, NoteSubject
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.team.actions.comments import comment


@dataclass(frozen=True, slots=True)
class Thread:
    """The comments on one thing, and where a new one goes."""

    customer_number: str
    subject_kind: str
    subject: str
    notes: Sequence[Note]


def thread_of(customer_id: int, customer_number: str, kind: str, subject: str, *, organisation_id: int) -> Thread:
    """What colleagues said on one thing of a customer, oldest first."""
    notes = customers.notes_on(kind, subject, customer_id=customer_id, organisation_id=organisation_id)
    return Thread(customer_number, kind, subject, notes)


@screen("add_note")
@require_POST
def comment_add(request: DeskRequest) -> HttpResponse:
    who = customers.customer_by_number(request.POST.get("customer", ""), scope=request.scope)
    kind, subject = request.POST.get("subject_kind", ""), request.POST.get("subject", "")[:80]
    place = _place(request, who.number)
    if kind not in NoteSubject.values or bool(kind) != bool(subject):
        return redirect(place)
    keep(request, who.pk, who.name, link=place, subject_kind=kind, subject=subject)
    return redirect(place)


def keep(
    request: DeskRequest, customer_id: int, name: str, *, link: str, subject_kind: str = "", subject: str = ""
) -> None:
    """Keep what was written, and say who was told and which names fit nobody."""
    _, found = comment(
        organisation_id=request.organisation_id,
        customer_id=customer_id,
        text=request.POST.get("text", ""),
        link=link,
        now=timezone.now(),
        by=request.actor,
        subject_kind=subject_kind,
        subject=subject,
    )
    if found.unknown:
        names = ", ".join(f"@{one}" for one in found.unknown)
        told(request, gettext("Kept, but {names} fits nobody, or several: nobody was told.").format(names=names))
    else:
        told(request, gettext("Note kept on {name}").format(name=name))


def _place(request: DeskRequest, number: str) -> str:
    wanted = request.POST.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("desk:customer", args=[number])


urlpatterns = [path("comments", comment_add, name="comment_add")]
