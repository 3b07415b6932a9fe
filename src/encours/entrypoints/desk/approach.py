"""The best approach: channel, hour and tone that were followed by more, and the trial that measures the suggestions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from encours.access.rules import can
from encours.analytics.queries import approach as queries
from encours.analytics.rules import approach as rules
from encours.analytics.rules.approach import Aspect, Finding, Option
from encours.analytics.rules.effect import CUSTOMERS_MIN
from encours.collections.actions import holdouts as actions
from encours.collections.queries import holdouts
from encours.collections.rules.scenario_words import CHANNELS, TONES
from encours.entrypoints.desk import reckoning
from encours.entrypoints.desk.draws import DrawForm, share_field, told_of
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.forms import refusals_on
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.ledger.queries import Balance

type Found = Mapping[tuple[Aspect, int], Finding]
ASPECTS = {
    Aspect.CHANNEL: (gettext_lazy("Channel"), gettext_lazy("money came within 7 days")),
    Aspect.TONE: (gettext_lazy("Tone"), gettext_lazy("money came within 7 days")),
    Aspect.HOUR: (gettext_lazy("Hour of the call"), gettext_lazy("somebody answered")),
}
BANDS = (
    gettext_lazy("not late yet"),
    gettext_lazy("1 to 15 days late"),
    gettext_lazy("16 to 45 days late"),
    gettext_lazy("more than 45 days late"),
)
PARTS = (
    gettext_lazy("before 10:00"),
    gettext_lazy("10:00 to 12:00"),
    gettext_lazy("12:00 to 14:00"),
    gettext_lazy("14:00 to 16:00"),
    gettext_lazy("after 16:00"),
)


class TrialForm(DrawForm):
    """How many customers are shown without a suggestion, and over how long the effect is looked for."""

    field_order = ("share", "horizon_days", "why")
    share = share_field(
        label=gettext_lazy("Share without a suggestion, in %"),
        help_text=gettext_lazy("Drawn by lot; half of them teaches soonest."),
        percent=50,
    )


def option_words(aspect: Aspect, option: str) -> str:
    """A channel, a tone or a part of the day as people say it."""
    if aspect is Aspect.HOUR:
        return str(PARTS[int(option)])
    return gettext((CHANNELS if aspect is Aspect.CHANNEL else TONES).get(option, option))


def suggestions(request: DeskRequest, account_ids: Sequence[int], *, days_late: int) -> dict[str, Any] | None:
    """What is suggested for one customer, and of what nothing can be said; None while a large book is being read."""
    own = queries.own_of(account_ids, organisation_id=request.organisation_id)
    if own.without_since:
        return {"without_since": own.without_since, "lines": (), "own": None}
    found = _found(request)
    return None if found is None else _suggested(found[0], own, days_late)


def at_a_glance(request: DeskRequest, account_ids: Sequence[int], balances: Sequence[Balance]) -> dict[str, Any] | None:
    """The same in one line where a collector decides: for one that is late, once known, at the cost of a read."""
    oldest = balances[0].oldest_due_date if balances and balances[0].overdue_minor > 0 else None
    found = reckoning.at_hand(request, QUESTION, _reckon(request)) if oldest else None
    if oldest is None or found is None:
        return None
    own = queries.own_of(account_ids, organisation_id=request.organisation_id)
    if own.without_since:
        return None
    seen = _suggested(found[0], own, (request.today - oldest).days)
    # when this very customer answers says more than when customers do
    by_aspect = {line["aspect"]: line["words"] for line in seen["lines"]} | (
        {Aspect.HOUR: seen["own"][0]} if seen["own"] else {}
    )
    words = [by_aspect[aspect] for aspect in Aspect if by_aspect.get(aspect)]
    return {**seen, "summary": ", ".join([*words[:1], *(word.lower() for word in words[1:])])} if words else None


def _suggested(found: Found, own: queries.Own, days_late: int) -> dict[str, Any]:
    band = rules.band_of(days_late)
    lines = [_line(found, aspect, 0 if aspect is Aspect.HOUR else band) for aspect in Aspect]
    if is_empty := all(line["missing"] for line in lines):
        lines = []
    answered = own.answered and (str(PARTS[own.answered[0]]), *own.answered[1:])
    return {"without_since": None, "lines": lines, "is_empty": is_empty, "own": answered}


QUESTION = ("what works",)


def _found(request: DeskRequest) -> tuple[Found] | None:
    return reckoning.of_the_day(request, QUESTION, _reckon(request))


def _reckon(request: DeskRequest) -> Callable[[], Found]:
    organisation_id, today = request.organisation_id, request.today
    return lambda: queries.what_works(organisation_id, today=today)


def _line(found: Found, aspect: Aspect, band: int) -> dict[str, Any]:
    finding = found.get((aspect, band))
    best = finding.best if finding else None
    return {
        "aspect": aspect,
        "name": ASPECTS[aspect][0],
        "measure": ASPECTS[aspect][1],
        "best": best,
        "words": option_words(aspect, best.option) if best else "",
        "missing": finding.missing if finding else CUSTOMERS_MIN,
    }


@screen("view_books")
def what_works(request: DeskRequest) -> HttpResponse:
    may_edit = can(request.scope, "edit_scenario")
    form = TrialForm(request.POST or None)
    if request.method == "POST" and may_edit and form.is_valid():
        with refusals_on(form):
            actions.start_trial(
                organisation_id=request.organisation_id, today=request.today, by=request.actor, **form.asked()
            )
            told(request, gettext("The trial runs: those drawn by lot are shown without a suggestion."))
            return redirect("desk:approach")
    trials = holdouts.trials(request.organisation_id)
    today = request.today
    found = _found(request)
    effects = reckoning.of_the_day(
        request,
        ("trials",),
        lambda: {trial.pk: queries.effect_of_trial(trial, today=today) for trial in trials},
        state=[(trial.pk, trial.ended_date) for trial in trials],
    )
    if found is None or effects is None:
        return reckoning.wait(request)
    context = {
        "aspects": [_aspect(found[0], aspect) for aspect in Aspect],
        "trials": [
            told_of(trial, effects[0][trial.pk], done=gettext("With a suggestion"), spared=gettext("Without"))
            for trial in trials
        ],
        "is_running": any(trial.ended_date is None for trial in trials),
        "form": form,
        "may_edit": may_edit,
        "fewest": CUSTOMERS_MIN,
    }
    return render(request, "desk/approach/page.html", context, status=422 if form.errors else 200)


def _aspect(found: Found, aspect: Aspect) -> dict[str, Any]:
    mine = sorted((one for key, one in found.items() if key[0] is aspect), key=lambda one: one.band)
    return {
        "name": ASPECTS[aspect][0],
        "measure": ASPECTS[aspect][1],
        "bands": [
            {
                "name": "" if aspect is Aspect.HOUR else BANDS[one.band],
                "missing": one.missing,
                "best": one.best,
                "rows": [(option, option_words(aspect, option.option), _points(option)) for option in one.options],
            }
            for one in mine
        ],
    }


def _points(option: Option) -> tuple[int, int, int] | None:
    """The difference to the others and its bounds, in points."""
    if option.low is None or option.high is None or option.rest_share is None:
        return None
    return round(100 * (option.share - option.rest_share)), round(100 * option.low), round(100 * option.high)


@screen("edit_scenario")
@require_POST
def trial_end(request: DeskRequest) -> HttpResponse:
    actions.end_trial(organisation_id=request.organisation_id, today=request.today, by=request.actor)
    told(request, gettext("Ended: suggestions are shown for everybody again."))
    return redirect("desk:approach")


urlpatterns = [
    path("approach", what_works, name="approach"),
    path("approach/end", trial_end, name="approach_trial_end"),
]
