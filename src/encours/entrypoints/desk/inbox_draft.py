"""Have an answer drafted by a model: what leaves is shown first; a person reads, changes and sends what comes back."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext

from encours.collections.queries import writing
from encours.connectors.drafting import client
from encours.conversation.actions.answers import AnswerUnknown
from encours.conversation.actions.drafting import draft_answer
from encours.conversation.queries import answers, drafting, written
from encours.conversation.queries import inbox as reading
from encours.core.errors import EncoursError
from encours.entrypoints.desk.letters import framed, with_subject
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.requests import DeskRequest
from encours.messaging import queries as messaging


@screen("send_message")
def inbox_draft(request: DeskRequest, reply_id: int) -> HttpResponse:
    """The words that would leave, and the button that sends them to the model."""
    one = reading.reply(reply_id, scope=request.scope)
    if not (settings.DRAFTING_ADDRESS and answers.policy(request.organisation_id).drafts_by_model):
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            text = draft_answer(one, ask=_ask, by=request.actor)
        except EncoursError as error:
            problem = error.translated(gettext)
        else:
            request.session[f"drafted:{one.pk}"] = text
            back = reverse("desk:inbox_reply", args=[one.pk])
            query = urlencode({"reply": one.pk, "next": back})
            return redirect(f"{reverse('desk:write', args=[one.customer.number])}?{query}")
    context = {
        "reply": one,
        "told": drafting.prompt_of(one),
        "address": settings.DRAFTING_ADDRESS,
        "model": settings.DRAFTING_MODEL,
        "problem": problem,
    }
    return render(request, "desk/inbox/draft.html", context, status=422 if problem else 200)


def _ask(told: Sequence[dict[str, str]]) -> str:
    return client.draft(
        settings.DRAFTING_ADDRESS,
        model=settings.DRAFTING_MODEL,
        key=settings.DRAFTING_KEY,
        messages=told,
    )


@screen("send_message")
def inbox_answer(request: DeskRequest, answer_id: int) -> HttpResponse:
    """A prepared answer as it will be read."""
    made = answers.answer(answer_id, scope=request.scope)
    if made is None:
        raise AnswerUnknown
    letter = written.letter_of(made, is_automatic=False)
    found = writing.considered(letter, today=request.today, now=request.now)
    shown = writing.letter(letter, found.listed, today=request.today)
    return framed(with_subject(request, messaging.safe_html(shown.html), subject=shown.subject, text=shown.text))


urlpatterns = [
    path("inbox/replies/<int:reply_id>/draft", inbox_draft, name="inbox_draft"),
    path("inbox/answers/<int:answer_id>/preview", inbox_answer, name="inbox_answer"),
]
