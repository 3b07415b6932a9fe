"""Mass lettrage: credits already on customers' accounts against what is owed, shown first, taken back as a whole."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from encours.access.models import AuditEntry
from encours.access.rules import can
from encours.core.errors import Conflict, gettext_noop
from encours.customers import queries as customers
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.matching import actions as matching
from encours.matching.actions.lettrage import LettrageUnknown
from encours.matching.queries import book
from encours.matching.queries import lettrage as queries
from encours.matching.rules.lettrage import Entry, Tied, Way, lettrage

SHOWN = 200
RECENT = 10
WAYS = (
    (Way.REFERENCE, gettext_lazy("by the document it names")),
    (Way.SUM, gettext_lazy("by exact sum")),
    (Way.OLDEST, gettext_lazy("the oldest first")),
)
USUAL = (Way.REFERENCE, Way.SUM)


class PreviewChanged(Conflict):
    """What was ticked is no longer what would be settled."""

    message = gettext_noop("The accounts changed meanwhile: look at the preview again.")


def _asked(request: DeskRequest, said: Any) -> tuple[list[Way], str]:
    ways = [way for way in Way if way in said.getlist("way")]
    return ways, said.get("customer", "").strip()


def _entries(request: DeskRequest, number: str) -> list[Entry]:
    if not number:
        return queries.entries(request.scope)
    found = customers.in_scope(request.scope).filter(number=number).values_list("pk", flat=True)
    return queries.entries(request.scope, customer_ids=list(found))


def _mark(group: Tied) -> str:
    """What a ticked group stands for: the same items and the same amounts, or it is another one."""
    return ",".join(f"{part.item_id}:{part.amount_minor}" for part in group.parts)


def _rows(request: DeskRequest, entries: Sequence[Entry], groups: Sequence[Tied]) -> list[dict[str, Any]]:
    entry_of = {entry.item_id: entry for entry in entries}
    names = book.numbers_of({group.customer_id for group in groups}, organisation_id=request.organisation_id)
    words = dict(WAYS)
    return [
        {
            "mark": _mark(group),
            "group": group,
            "way": words[group.way],
            "number": names[group.customer_id][0],
            "name": names[group.customer_id][1],
            "owed": [entry_of[part.item_id].document_number for part in group.parts if part.amount_minor < 0],
            "given": [entry_of[part.item_id].document_number for part in group.parts if part.amount_minor > 0],
        }
        for group in groups
    ]


def _made(request: DeskRequest) -> QuerySet[AuditEntry]:
    """The mass lettrages the reader may take back: their own, or all for who sees all of the books."""
    made = AuditEntry.objects.filter(
        organisation_id=request.organisation_id, subject_kind="lettrage", verb="letter_all"
    )
    if request.scope.entity_ids or request.scope.own_portfolio_only:
        made = made.filter(actor_id=request.user.pk)
    return made.order_by("-sequence")


def _recent(request: DeskRequest) -> list[dict[str, Any]]:
    made = list(_made(request)[:RECENT])
    undone = set(
        AuditEntry.objects.filter(
            organisation_id=request.organisation_id,
            subject_kind="lettrage",
            subject_id__in=[one.subject_id for one in made],
            verb="undo_lettrage",
        ).values_list("subject_id", flat=True)
    )
    return [
        {
            "at": one.at,
            "actor_name": one.actor_name,
            "count": one.details.get("groups", 0),
            "mark": one.subject_id.removeprefix("lettrage:"),
            "is_undone": one.subject_id in undone,
        }
        for one in made
    ]


@screen("view_books")
def mass(request: DeskRequest) -> HttpResponse:
    ways, number = _asked(request, request.GET)
    entries = _entries(request, number) if ways else []
    groups = lettrage(entries, ways)
    context = {
        "rows": _rows(request, entries, groups[:SHOWN]),
        "left_count": max(0, len(groups) - SHOWN),
        "is_asked": bool(ways),
        "ways": [{"way": way, "label": label, "is_on": way in (ways or USUAL)} for way, label in WAYS],
        "chosen_ways": ways,
        "customer": number,
        "recent": [] if ways else _recent(request),
        "may_allocate": can(request.scope, "allocate"),
    }
    return render(request, "desk/cash/lettrage.html", context)


@screen("allocate")
@require_POST
def mass_apply(request: DeskRequest) -> HttpResponse:
    ways, number = _asked(request, request.POST)
    ticked = set(request.POST.getlist("group"))
    groups = [group for group in lettrage(_entries(request, number), ways) if _mark(group) in ticked]
    if not groups or len(groups) != len(ticked):
        raise PreviewChanged
    mark = uuid4()
    _, count = matching.letter_all(
        organisation_id=request.organisation_id,
        groups=groups,
        by=request.actor,
        today=request.today,
        key=f"lettrage:{mark}",
    )
    words = ngettext("{count} group settled.", "{count} groups settled.", count).format(count=count)
    told(request, words, undo=reverse("desk:cash_mass_undo", args=[mark]))
    return redirect("desk:cash_mass")


@screen("allocate")
@require_POST
def mass_undo(request: DeskRequest, mark: str) -> HttpResponse:
    """A whole lettrage is taken back by who made it, or by who sees all of the books."""
    key = f"lettrage:{mark}"
    if not _made(request).filter(subject_id=key).exists():
        raise LettrageUnknown(key=key)
    count = matching.undo_lettrage(
        organisation_id=request.organisation_id,
        key=key,
        by=request.actor,
        today=request.today,
        why=request.POST.get("why", "").strip()[:300] or gettext("Taken back at once"),
    )
    told(request, ngettext("{count} group open again.", "{count} groups open again.", count).format(count=count))
    return redirect("desk:cash_mass")


urlpatterns = [
    path("cash/lettrage", mass, name="cash_mass"),
    path("cash/lettrage/apply", mass_apply, name="cash_mass_apply"),
    path("cash/lettrage/<uuid:mark>/undo", mass_undo, name="cash_mass_undo"),
]
