"""Campaigns: one message to a list of customers, tried dry with samples and reasons, launched, followed to its end."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access.rules import can
from encours.collections.rules import wording
from encours.customers import queries as customers
from encours.entrypoints.desk import reminders, standing
from encours.entrypoints.desk.bulk import CHOSEN_MAX, ids_of
from encours.entrypoints.desk.organisation import LANGUAGES
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import DeskForm, refusals_on
from encours.entrypoints.listing import Listing
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import is_partial, told
from encours.mailings import actions as mailings
from encours.mailings.models import Campaign, CampaignState, RecipientState
from encours.mailings.queries import campaigns as queries
from encours.messaging import queries as messaging
from encours.messaging.models import Channel, State
from encours.messaging.rules import sms
from encours.messaging.rules.channels import kind_of

PAGE_ROWS = 50
ONLY = (
    ("", gettext_lazy("All")),
    ("owing", gettext_lazy("Owing something")),
    ("overdue", gettext_lazy("With something overdue")),
    ("credit", gettext_lazy("In credit")),
    ("settled", gettext_lazy("Nothing open")),
)
# why a campaign leaves somebody out that reminders have no word for
OWN_REASONS = {
    "nothing_open": gettext_lazy("Nothing to ask for or to state"),
    "merged": gettext_lazy("Merged into another customer"),
    "unwritable": gettext_lazy("Could not be written"),
}
STATE_TONES = {
    "draft": ("", "pencil"),
    "sending": ("info", "send"),
    "done": ("good", "check"),
    "stopped": ("watch", "hand-stop"),
}


class CampaignForm(DeskForm):
    """One message, and to whom."""

    wide = frozenset({"subject", "text", "with_items", "from_collector"})
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("For you; not shown to customers.")
    )
    channel = forms.ChoiceField(label=pgettext_lazy("channel", "By"), choices=Channel.choices)
    template_key = forms.ChoiceField(label=gettext_lazy("Text"))
    entity = forms.TypedChoiceField(label=gettext_lazy("In the name of"), coerce=int)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=[("", gettext_lazy("Each customer's own")), *LANGUAGES], required=False
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200, required=False)
    text = forms.CharField(
        label=gettext_lazy("Your words"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Between the greeting and the signature, where the text is in your own words."),
    )
    with_items = forms.BooleanField(label=gettext_lazy("List what is overdue, and how to pay"), required=False)
    from_collector = forms.BooleanField(label=gettext_lazy("In the name of each customer's collector"), required=False)
    q = forms.CharField(label=gettext_lazy("Name or number"), max_length=100, required=False)
    only = forms.ChoiceField(label=gettext_lazy("Balance"), choices=ONLY, required=False)
    segment = forms.TypedChoiceField(label=gettext_lazy("Segment"), coerce=int, required=False, empty_value=None)
    collector = forms.TypedChoiceField(label=gettext_lazy("Collector"), coerce=int, required=False, empty_value=None)
    # customers ticked one by one on a list, by number of their row
    ticked = forms.CharField(required=False, max_length=20 * CHOSEN_MAX, widget=forms.HiddenInput)

    def __init__(self, *args: Any, request: DeskRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        texts = [(one.key, one.name) for one in messaging.templates(request.organisation_id) if one.key != "statement"]
        people = [(one.user_id, one.user.display_name) for one in access.members(request.organisation_id)]
        choices: dict[str, Sequence[Any]] = {
            "template_key": texts,
            "entity": [(one.pk, one.name) for one in access.entities(request.scope)],
            "segment": [
                ("", gettext("All")),
                *((one.pk, one.name) for one in customers.segments(request.organisation_id)),
            ],
            "collector": [("", gettext("All")), *people],
        }
        for name, values in choices.items():
            self.offer(name, values)

    @property
    def about_message(self) -> list[Any]:
        """The fields of the message."""
        return [field for field in self if field.name not in (*FILTER_NAMES, "ticked")]

    def clean_ticked(self) -> list[int]:
        """The ticked customers; whoever the reader may not see is not found when the list is made."""
        return _numbers(self.cleaned_data["ticked"])

    @property
    def about_list(self) -> list[Any]:
        """The fields of the list."""
        return [field for field in self if field.name in FILTER_NAMES]


FILTER_NAMES = ("q", "only", "segment", "collector")
TICKED_SHOWN = 5


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.isdecimal() and len(part) < 18][:CHOSEN_MAX]


@screen("view_books")
def campaigns(request: DeskRequest) -> HttpResponse:
    rows = [{"campaign": one, "tone": STATE_TONES[one.state]} for one in queries.campaigns(request.scope)]
    context = {"rows": rows, "may_write": can(request.scope, "edit_scenario")}
    return render(request, "desk/campaigns/list.html", context)


@screen("edit_scenario")
def campaign_edit(request: DeskRequest, campaign_id: int | None = None) -> HttpResponse:
    kept = queries.campaign(campaign_id, scope=request.scope) if campaign_id else None
    # the bar of a list sends the customers ticked on it, and nothing of the form yet
    is_from_list = "gesture" in request.POST and kept is None
    form = CampaignForm(
        None if is_from_list else request.POST or None, request=request, initial=_initial(request, kept)
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            saved = mailings.save_campaign(
                organisation_id=request.organisation_id, form=_said(form), by=request.actor, campaign_id=campaign_id
            )
            return redirect("desk:campaign", saved.pk)
    context = {"form": form, "campaign": kept, **_ticked(request, _numbers(str(form["ticked"].value() or "")))}
    return render(request, "desk/campaigns/editor.html", context, status=422 if form.errors else 200)


def _ticked(request: DeskRequest, ids: Sequence[int]) -> dict[str, Any]:
    """How many customers were ticked, and the first of them by name, as far as the reader sees them."""
    found = customers.in_scope(request.scope).filter(pk__in=ids)
    return {"ticked_count": found.count(), "ticked": found.order_by("name", "pk")[:TICKED_SHOWN]} if ids else {}


def _initial(request: DeskRequest, kept: Campaign | None) -> dict[str, Any]:
    if kept is None:
        # an address of the customers list brings its filters along
        asked = {name: request.GET.get(name, "") for name in FILTER_NAMES}
        if "gesture" in request.POST:
            asked["ticked"] = ",".join(str(pk) for pk in ids_of(request))
        return {**asked, "channel": "email", "template_key": "own_words"}
    names = ("name", "channel", "template_key", "language", "subject", "text", "with_items", "from_collector")
    filters = kept.filters
    return {
        **{name: getattr(kept, name) for name in names},
        "entity": kept.entity_id,
        "q": filters.get("text", ""),
        "only": filters.get("only", ""),
        "segment": filters.get("segment_id"),
        "collector": filters.get("collector_id"),
        "ticked": ",".join(str(pk) for pk in filters.get("customer_ids", ())),
    }


def _said(form: CampaignForm) -> mailings.CampaignForm:
    said = form.cleaned_data
    names = ("name", "channel", "template_key", "language", "subject", "text", "with_items", "from_collector")
    return mailings.CampaignForm(
        **{name: said[name] for name in names},
        entity_id=said["entity"],
        filters={
            "text": said["q"].strip(),
            "only": said["only"],
            "segment_id": said["segment"],
            "collector_id": said["collector"],
            "customer_ids": said["ticked"],
        },
    )


@screen("view_books")
def campaign(request: DeskRequest, campaign_id: int) -> HttpResponse:
    found = queries.campaign(campaign_id, scope=request.scope)
    context: dict[str, Any] = {
        "campaign": found,
        "tone": STATE_TONES[found.state],
        "filters": _filter_words(request, found),
        "may_write": can(request.scope, "edit_scenario"),
    }
    if found.state == CampaignState.DRAFT:
        standing.books_version(request)
        seen = queries.preview(found, scope=request.scope, today=request.today, now=request.now)
        context |= {
            "seen": seen,
            "left_out": seen.looked_at - seen.sent - seen.put_off,
            "reasons": [(_reason_name(code), count) for code, count in seen.reasons],
            "samples": [_sample(found, *sample) for sample in seen.samples],
            "excluded": [(one, _sentences(request, reasons)) for one, reasons in seen.excluded],
        }
        return render(request, "desk/campaigns/draft.html", context)
    return _report(request, found, context)


def _report(request: DeskRequest, found: Campaign, context: dict[str, Any]) -> HttpResponse:
    wanted = request.GET.get("state", "")
    state = wanted if wanted in RecipientState.values else ""
    listing = Listing.of(request.GET, columns=(), sort="id")
    after = int(listing.after[0]) if listing.after else 0
    rows = queries.recipients(found, scope=request.scope, state=state, after_id=after, limit=PAGE_ROWS + 1)
    shown = rows[:PAGE_ROWS]
    context |= {
        "rows": [{"row": row, "reasons": _sentences(request, row.reasons)} for row in shown],
        "next_address": listing.next_address(shown[-1].pk) if len(rows) > PAGE_ROWS else "",
    }
    if is_partial(request):
        return render(request, "desk/campaigns/report.html#rows", context)
    counts = queries.counts(found)
    states = queries.message_states(found)
    context |= {
        "state": state,
        "tabs": [(code, label, counts.get(code, 0)) for code, label in RecipientState.choices],
        "total": sum(counts.values()),
        "outcomes": [(State(code).label, count) for code, count in sorted(states.items()) if code],
    }
    return render(request, "desk/campaigns/report.html", context)


def _sample(campaign: Campaign, customer: Any, letter: Any, problem: str) -> dict[str, Any]:
    measure = sms.measure(letter.text) if letter and kind_of(campaign.channel) == "sms" else None
    text = messaging.plain_text(letter.text) if letter else ""
    return {"customer": customer, "letter": letter, "text": text, "problem": problem, "measure": measure}


def _reason_name(code: str) -> str:
    if code in OWN_REASONS:
        return str(OWN_REASONS[code])
    return wording.name(code, translate=gettext)


def _sentences(request: DeskRequest, reasons: Sequence[Mapping[str, Any]]) -> list[str]:
    own = [str(OWN_REASONS[one["code"]]) for one in reasons if one["code"] in OWN_REASONS]
    own += [str(one["data"]["says"]) for one in reasons if one.get("data", {}).get("says")]
    rest = [one for one in reasons if one["code"] not in OWN_REASONS]
    return own + [check.sentence for check in reminders.shown_checks(rest, today=request.today)]


def _filter_words(request: DeskRequest, found: Campaign) -> list[str]:
    """The list in words: what narrows it."""
    filters = found.filters
    words = [f"“{filters['text']}”"] if filters.get("text") else []
    if ticked := len(filters.get("customer_ids", ())):
        words.insert(0, ngettext("{count} customer ticked", "{count} customers ticked", ticked).format(count=ticked))
    words += [str(label) for code, label in ONLY if code and code == filters.get("only")]
    if segment := filters.get("segment_id"):
        words += [one.name for one in customers.segments(request.organisation_id) if one.pk == segment]
    if collector := filters.get("collector_id"):
        people = access.members(request.organisation_id)
        words += [one.user.display_name for one in people if one.user_id == collector]
    if found.schedule_id:
        words.append(found.name)
    return words or [gettext("All customers")]


@screen("edit_scenario")
@require_POST
def campaign_act(request: DeskRequest, campaign_id: int) -> HttpResponse:
    """Launch a draft, or stop one that is being sent."""
    ask: dict[str, Any] = {
        "organisation_id": request.organisation_id,
        "campaign_id": campaign_id,
        "now": request.now,
        "by": request.actor,
    }
    if request.POST.get("verb") == "stop":
        mailings.stop(**ask, why=request.POST.get("why", "")[:300])
        told(request, gettext("Stopped: nobody more is written to."))
    else:
        standing.books_version(request)
        count = mailings.launch(**ask, scope=request.scope, today=request.today)
        text = ngettext(
            "Launched: {count} customer is on the list.", "Launched: {count} customers are on the list.", count
        )
        told(request, text.format(count=count))
    return redirect("desk:campaign", campaign_id)


urlpatterns = [
    path("campaigns", campaigns, name="campaigns"),
    path("campaigns/new", campaign_edit, name="campaign_new"),
    path("campaigns/<int:campaign_id>", campaign, name="campaign"),
    path("campaigns/<int:campaign_id>/edit", campaign_edit, name="campaign_edit"),
    path("campaigns/<int:campaign_id>/act", campaign_act, name="campaign_act"),
]
