"""Templates: what is written to customers, by language and tone, with its variables, its preview and its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access.rules import can
from encours.collections.queries import examples
from encours.entrypoints.desk.letters import framed, with_subject
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import PDF, file_of, told
from encours.messaging import queries as messaging
from encours.messaging.actions import contents
from encours.messaging.actions import templates as messaging_templates
from encours.messaging.models import TemplateVersion, Tone
from encours.messaging.rules import context as contexts
from encours.messaging.rules import letters, sample, sms
from encours.messaging.rules.formats import LANGUAGES
from encours.messaging.rules.values import Address as PostalAddress
from encours.messaging.rules.values import Letter, Wording

SAMPLE_LINES = ("ZI des Trois Fontaines", "59000 LILLE")
LANGUAGE_NAMES: Mapping[str, str] = {"fr": "Français", "en": "English"}


class WordingForm(DeskForm):
    """The words of a template in one language."""

    wide = frozenset({"subject"})
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=500)
    mjml = forms.CharField(
        label=gettext_lazy("Message (MJML)"),
        widget=forms.Textarea(attrs={"rows": 16, "class": "en-code", "spellcheck": "false"}),
        strip=False,
    )
    text = forms.CharField(
        label=gettext_lazy("Text part, for readers without images and for archives"),
        widget=forms.Textarea(attrs={"rows": 8, "class": "en-code"}),
        strip=False,
    )
    tone = forms.ChoiceField(label=gettext_lazy("Tone"), choices=Tone.choices)
    why = forms.CharField(label=gettext_lazy("What changes, kept in the history"), max_length=300, required=False)

    def __init__(self, *args: Any, channel: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel = channel
        if channel != "email":
            del self.fields["mjml"]
            self.fields["text"].label = gettext("Letter") if channel == "letter" else gettext("SMS")
            self.fields["text"].widget.attrs["rows"] = 18 if channel == "letter" else 6
        if channel == "sms":
            del self.fields["subject"]

    def words(self, language: str) -> Wording:
        """The wording filled in; a letter has no MJML, an SMS no subject either."""
        said = self.cleaned_data
        plain = {name: said.get(name, "").replace("\r\n", "\n") for name in ("subject", "mjml", "text")}
        return Wording(language, **plain, channel=self.channel)


@dataclass(frozen=True)
class VariableGroup:
    """Variables that belong together, as the list beside the editor shows them."""

    name: str
    variables: list[contexts.Variable]


@screen("view_books")
def templates(request: DeskRequest) -> HttpResponse:
    rows = [
        {"template": template, "latest": template.latest, "subject": _subject(template.latest[0])}  # type: ignore[attr-defined]  # set by the query
        for template in messaging.templates(request.organisation_id)
        if template.latest  # type: ignore[attr-defined]  # set by the query
    ]
    return render(request, "desk/templates/list.html", {"rows": rows, "languages": LANGUAGE_NAMES})


def _subject(version: TemplateVersion) -> str:
    """The subject as the sample would read it; its source when even that cannot be written."""
    context = sample.context(language=version.language)
    letter = messaging.preview(messaging.wording_of(version), context).letter
    return letter.subject if letter else version.subject


def _language(request: DeskRequest) -> str:
    wanted = request.GET.get("language", request.organisation.language)
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


@screen("view_books")
def template(request: DeskRequest, key: str) -> HttpResponse:
    language = _language(request)
    current = messaging.current_version(key, organisation_id=request.organisation_id, language=language)
    history = list(messaging.template_versions(key, organisation_id=request.organisation_id, language=language)[:30])
    shown = _chosen(history, request.GET.get("version", "")) or current
    may_edit = can(request.scope, "edit_scenario")
    channel = current.template.channel
    form = WordingForm(request.POST or None, channel=channel, initial=_initial(shown))
    if request.method == "POST" and may_edit and form.is_valid():
        with refusals_on(form):
            messaging_templates.save_template_version(
                organisation_id=request.organisation_id,
                key=key,
                words=form.words(language),
                tone=form.cleaned_data["tone"],
                why=form.cleaned_data["why"],
                by=request.actor,
            )
            told(request, gettext("This text is now in force."))
            return redirect(f"{request.path}?language={language}")
    context = {
        "template": current.template,
        "fields": [form[name] for name in form.fields],
        "form": form,
        "current": current,
        "shown": shown,
        "history": history,
        "language": language,
        "languages": LANGUAGE_NAMES,
        "groups": _groups(shown.variables),
        "may_edit": may_edit,
        "examples": examples.recent_reminders(request.scope, step_key=key, limit=12),
    }
    return render(request, "desk/templates/editor.html", context, status=422 if form.errors else 200)


def _chosen(history: list[TemplateVersion], text: str) -> TemplateVersion | None:
    if not text:
        return None
    found = next((version for version in history if str(version.pk) == text), None)
    if found is None:
        raise Http404
    return found


def _initial(version: TemplateVersion) -> dict[str, Any]:
    return {name: getattr(version, name) for name in ("subject", "mjml", "text", "tone")}


def _groups(used: list[str]) -> list[VariableGroup]:
    found: dict[str, list[contexts.Variable]] = {}
    for variable in contexts.VARIABLES:
        found.setdefault(variable.path.split(".")[0].removesuffix("[]"), []).append(variable)
    groups = [VariableGroup(name, variables) for name, variables in found.items()]
    return sorted(
        groups, key=lambda group: not any(name.split(".")[0].removesuffix("[]") == group.name for name in used)
    )


@screen("view_books")
@require_POST
def template_preview(request: DeskRequest, key: str) -> HttpResponse:
    """What is typed, tried on a real customer or on the sample; a missing variable is told by its name."""
    language = _language(request)
    current = messaging.current_version(key, organisation_id=request.organisation_id, language=language)
    form = WordingForm(request.POST, channel=current.template.channel)
    if not form.is_valid():
        return _unwritable(request, gettext("Subject, message and text part are all needed."))
    context = _context(request, language)
    seen = messaging.preview(form.words(language), context)
    if seen.letter is None:
        return _unwritable(request, seen.problem.translated(gettext) if seen.problem else "")
    letter = seen.letter
    if form.channel == "letter":
        return _on_paper(request, letter, context, language)
    if form.channel == "sms":
        page = render(request, "desk/templates/_sms.html", {"text": letter.text, "measure": sms.measure(letter.text)})
        return framed(page.content.decode())
    html = with_subject(request, messaging.safe_html(letter.html), subject=letter.subject, text=letter.text)
    return framed(html)


def _on_paper(request: DeskRequest, letter: Letter, context: Mapping[str, Any], language: str) -> HttpResponse:
    """The letter as it would be printed, under the first company's head, to the made-up customer's address."""
    entity = next(iter(access.entities(request.scope)), None)
    if entity is None:
        return _unwritable(request, gettext("Add a company first: a letter carries its head."))
    made = letters.paper(
        letter,
        context,
        to=PostalAddress(name=str(context["customer"]["name"]), lines=SAMPLE_LINES),
        head=contents.letterhead(entity),
        language=language,
        channel="letter",
        day=request.today,
    )
    return file_of(made.pdf, "preview.pdf", PDF, is_shown=True)


def _context(request: DeskRequest, language: str) -> Mapping[str, Any]:
    example = request.POST.get("example", "")
    if example.isdecimal() and len(example) < 18:
        found = examples.message_context(int(example), scope=request.scope, today=request.today)
        if found is not None:
            return found
    return sample.context(language=language)


def _unwritable(request: DeskRequest, sentence: str) -> HttpResponse:
    page = render(request, "desk/templates/_unwritable.html", {"sentence": sentence})
    return framed(page.content.decode(), status=422)


urlpatterns = [
    path("templates", templates, name="templates"),
    path("templates/<slug:key>", template, name="template"),
    path("templates/<slug:key>/preview", template_preview, name="template_preview"),
]
