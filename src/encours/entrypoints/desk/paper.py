"""Letters: what waits to be printed, print batches with their file, posting with registered numbers, what came back."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.core.errors import EncoursError
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.last_look import LastLook
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import PDF, file_of, told
from encours.messaging import actions as messaging
from encours.messaging import paper_queries as paper
from encours.messaging import queries
from encours.messaging.actions.paper import RETURN_REASONS

RETURN_WORDS = {
    "unknown": gettext_lazy("Unknown at this address"),
    "moved": gettext_lazy("Moved"),
    "refused": gettext_lazy("Refused"),
    "unclaimed": gettext_lazy("Not claimed"),
    "access": gettext_lazy("No access or box"),
    "other": gettext_lazy("Other reason"),
}


@screen("view_books")
def letters(request: DeskRequest) -> HttpResponse:
    context = {
        "waiting": [_line(letter) for letter in sorted(paper.waiting(request.scope), key=queries.print_order)],
        "caught": [_line(letter) for letter in sorted(paper.caught(request.scope), key=queries.print_order)]
        if request.organisation.sandbox
        else [],
        "batches": list(paper.batches(request.scope)),
        "may_print": can(request.scope, "release_message") and not request.organisation.sandbox,
        "is_sandbox": request.organisation.sandbox,
    }
    return render(request, "desk/paper/letters.html", context)


def _line(letter: Any) -> dict[str, Any]:
    return {
        "message": letter,
        "to": ", ".join(letter.content.recipients).removeprefix(f"{letter.customer.name}, "),
        "subject": letter.content.subject,
        "pages": letter.content.facts.get("pages", 1),
        "is_registered": letter.channel == "registered_letter",
    }


def _ids(request: DeskRequest) -> list[int]:
    return [int(text) for text in request.POST.getlist("letter") if text.isdecimal() and len(text) < 18]


@screen("release_message")
@require_POST
def print_letters(request: DeskRequest) -> HttpResponse:
    """One batch of the letters ticked; those that the checks no longer let leave are withdrawn first."""
    known = {letter.pk for letter in paper.waiting(request.scope)}
    batch = messaging.make_print_batch(
        organisation_id=request.organisation_id,
        message_ids=[pk for pk in _ids(request) if pk in known],
        by=request.actor,
        now=request.now,
        recheck=LastLook(request.organisation_id, request.now),
    )
    return redirect("desk:batch", batch.pk)


@screen("view_books")
def specimen(request: DeskRequest) -> HttpResponse:
    """What the printer would get, each page crossed out by a word: the sandbox's letters cannot be posted."""
    made = paper.specimen_pdf(request.scope, day=request.today, language=request.LANGUAGE_CODE[:2])
    return file_of(made, f"{gettext('letters')}-{gettext('specimen')}.pdf", PDF, is_shown=True)


@screen("view_books")
def batch(request: DeskRequest, batch_id: int) -> HttpResponse:
    return render(request, "desk/paper/batch.html", _batch_context(request, batch_id))


def _batch_context(request: DeskRequest, batch_id: int, **more: Any) -> dict[str, Any]:
    found, rows = paper.batch(batch_id, scope=request.scope)
    return {
        "batch": found,
        "rows": rows,
        "to_post": [row for row in rows if row.is_here and row.message.state == "printed"],
        "may_post": can(request.scope, "release_message"),
        "reasons": [(code, RETURN_WORDS[code]) for code in RETURN_REASONS],
        "typed": {},
        **more,
    }


@screen("view_books")
def batch_file(request: DeskRequest, batch_id: int) -> HttpResponse:
    made = paper.batch_pdf(batch_id, scope=request.scope, language=request.LANGUAGE_CODE[:2])
    return file_of(made, f"{gettext('letters')}-{batch_id}.pdf", PDF, is_shown=True)


@screen("release_message")
@require_POST
def batch_act(request: DeskRequest, batch_id: int) -> HttpResponse:
    """Post the letters ticked under their numbers, or put them back to be printed again."""
    _, rows = paper.batch(batch_id, scope=request.scope)
    mine = {row.message.pk for row in rows if row.is_here}
    ids = [pk for pk in _ids(request) if pk in mine]
    typed = {pk: request.POST.get(f"number-{pk}", "") for pk in ids}
    ask: dict[str, Any] = {
        "organisation_id": request.organisation_id,
        "message_ids": ids,
        "by": request.actor,
        "now": request.now,
    }
    try:
        if request.POST.get("verb") == "put_back":
            count = messaging.put_back_letters(**ask, why=request.POST.get("why", "")[:300] or gettext("printed badly"))
            text = ngettext(
                "{count} letter waits to be printed again.", "{count} letters wait to be printed again.", count
            )
        else:
            count = messaging.post_letters(**ask, numbers=typed, day=request.today)
            text = ngettext("{count} letter is posted.", "{count} letters are posted.", count)
    except EncoursError as error:
        context = _batch_context(request, batch_id, typed=typed, problem=error.translated(gettext))
        return render(request, "desk/paper/batch.html", context, status=422)
    told(request, text.format(count=count))
    return redirect("desk:batch", batch_id)


@screen("release_message")
@require_POST
def letter_returned(request: DeskRequest, batch_id: int, message_id: int) -> HttpResponse:
    """Record that a posted letter came back."""
    paper.batch(batch_id, scope=request.scope)
    messaging.note_returned(
        organisation_id=request.organisation_id,
        message_id=message_id,
        reason=request.POST.get("reason", ""),
        day=request.today,
        note=request.POST.get("note", "")[:300],
        by=request.actor,
        now=request.now,
    )
    told(request, gettext("Noted: this letter came back."))
    return redirect("desk:batch", batch_id)


urlpatterns = [
    path("letters", letters, name="letters"),
    path("letters/print", print_letters, name="print_letters"),
    path("letters/specimen.pdf", specimen, name="letters_specimen"),
    path("letters/batches/<int:batch_id>", batch, name="batch"),
    path("letters/batches/<int:batch_id>/file.pdf", batch_file, name="batch_file"),
    path("letters/batches/<int:batch_id>/act", batch_act, name="batch_act"),
    path("letters/batches/<int:batch_id>/<int:message_id>/returned", letter_returned, name="letter_returned"),
]
