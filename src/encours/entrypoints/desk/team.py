"""The team: who is away and who stands in, portfolios moved, the scorecard and the wins of a period."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from encours.access import queries as access
from encours.access.rules import can
from encours.analytics.queries import scorecard as analytics
from encours.analytics.queries.scorecard import Score
from encours.core.dates import add_months, month_end, month_start
from encours.core.errors import Refused, gettext_noop
from encours.core.money import ENGLISH, FRENCH, DecimalStyle, Money
from encours.customers import portfolio_actions as portfolios
from encours.customers import queries as customers
from encours.customers.models import OwnerRole
from encours.entrypoints.desk import standing
from encours.entrypoints.desk.screens import screen
from encours.entrypoints.desk.tasks import members_of
from encours.entrypoints.requests import DeskRequest
from encours.entrypoints.responses import told
from encours.team import actions as team
from encours.team.models import Goal
from encours.team.queries import absences, goals

PERIODS = (
    ("today", gettext_lazy("Today")),
    ("week", gettext_lazy("7 days")),
    ("month", gettext_lazy("This month")),
    ("last_month", gettext_lazy("Last month")),
)
WINS_SHOWN = 20


class DaysMissing(Refused):
    """An absence has a first and a last day."""

    message = gettext_noop("Say the first and the last day.")


class PersonMissing(Refused):
    """A portfolio goes from somebody to somebody."""

    message = gettext_noop("Choose who gives and who receives.")


@screen("view_books")
def team_page(request: DeskRequest) -> HttpResponse:
    members = members_of(request)
    context = {
        "absences": absences.absences(request.organisation_id, today=request.today),
        "members": members,
        "me": request.user.pk,
        "segments": customers.segments(request.organisation_id),
        "roles": OwnerRole.choices,
        "may_note": can(request.scope, "add_note"),
        "may_manage": can(request.scope, "edit_scenario"),
        "goals": _goals(request, request.today) if can(request.scope, "view_kpis") else [],
        "days_left": (month_end(request.today) - request.today).days,
    }
    return render(request, "desk/team/page.html", context)


@screen("add_note")
@require_POST
def absence_note(request: DeskRequest) -> HttpResponse:
    """One's own absence, or, by who manages the team, anybody's."""
    person = _person(request, "person") or request.user.pk
    if person != request.user.pk and not can(request.scope, "edit_scenario"):
        raise PermissionDenied
    first, last = _day(request, "first"), _day(request, "last")
    if first is None or last is None:
        raise DaysMissing()
    team.note_absence(
        organisation_id=request.organisation_id,
        user_id=person,
        substitute_id=_person(request, "substitute") or person,
        first_date=first,
        last_date=last,
        note=request.POST.get("note", ""),
        today=request.today,
        by=request.actor,
    )
    told(request, gettext("The absence is noted: customers, tasks and held messages go to the substitute meanwhile."))
    return redirect("desk:team")


@screen("add_note")
@require_POST
def absence_end(request: DeskRequest, absence_id: int) -> HttpResponse:
    found = absences.absences(request.organisation_id, today=request.today).filter(pk=absence_id).first()
    if found is None:
        raise Http404
    if found.user_id != request.user.pk and not can(request.scope, "edit_scenario"):
        raise PermissionDenied
    team.end_absence(
        organisation_id=request.organisation_id, absence_id=absence_id, today=request.today, by=request.actor
    )
    told(request, gettext("Back: the work is theirs again."))
    return redirect("desk:team")


@screen("edit_scenario")
@require_POST
def portfolio_transfer(request: DeskRequest) -> HttpResponse:
    """Move the customers of a person, or those nobody follows, to another; all of them or one segment."""
    giver, receiver = request.POST.get("from", ""), _person(request, "to")
    if receiver is None or giver == str(receiver) or not (giver == "nobody" or giver.isdecimal()):
        raise PersonMissing()
    count = portfolios.transfer_portfolio(
        organisation_id=request.organisation_id,
        from_id=None if giver == "nobody" else _person(request, "from"),
        to_id=receiver,
        segment_id=_person(request, "segment"),
        why=request.POST.get("why", "").strip(),
        role=_role(request),
        by=request.actor,
    )
    told(request, ngettext("{count} customer moved.", "{count} customers moved.", count).format(count=count))
    return redirect("desk:team")


def _role(request: DeskRequest) -> OwnerRole:
    asked = request.POST.get("role", "")
    return OwnerRole(asked) if asked in OwnerRole.values else OwnerRole.COLLECTOR


def _person(request: DeskRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 18 else None


def _day(request: DeskRequest, name: str) -> date | None:
    try:
        return parse_date(request.POST.get(name, ""))
    except ValueError:
        return None


@screen("view_kpis")
def scorecard(request: DeskRequest) -> HttpResponse:
    chosen = request.GET.get("period", "week")
    chosen = chosen if chosen in dict(PERIODS) else "week"
    first, last = _period(chosen, request.today)
    scores = _scores(request, first, last)
    is_month = chosen in ("month", "last_month")
    context: dict[str, Any] = {
        "scores": [(score, _sorted(score.collected), _sorted(score.won)) for score in scores],
        "wins": analytics.wins(request.scope, first=first, last=last, limit=WINS_SHOWN),
        "periods": PERIODS,
        "chosen": chosen,
        "first": first,
        "last": last,
        "win_days": analytics.WIN_DAYS,
        "goals": _goals(request, first if is_month else request.today),
        "is_month": is_month,
        "people": [(score.user_id, score.name) for score in scores],
        "may_manage": can(request.scope, "edit_scenario") and chosen == "month",
        "currency": _usual_currency(request),
    }
    return render(request, "desk/team/scorecard.html", context)


def _scores(request: DeskRequest, first: date, last: date) -> Sequence[Score]:
    return standing.of_books(
        request,
        ("scorecard", first, last, int(request.now.timestamp()) // 300),
        lambda: analytics.scorecard(request.scope, first=first, last=last, today=request.today),
    )


def _goals(request: DeskRequest, month: date) -> list[tuple[str, Goal, int, int]]:
    """The goals of a month, each with what was collected of it and its share in percent."""
    wanted = goals.goals(request.organisation_id, month=month)
    if not wanted:
        return []
    first = month_start(month)
    scores = _scores(request, first, min(month_end(month), request.today))
    names = {score.user_id: score.name for score in scores}
    shown = []
    for user_id, goal in sorted(wanted.items(), key=lambda pair: (pair[0] is not None, names.get(pair[0] or 0, ""))):
        counted = [score for score in scores if user_id in (None, score.user_id)]
        collected = sum(score.collected.get(goal.currency, 0) for score in counted)
        share = max(0, 100 * collected // goal.amount_minor)
        shown.append((names.get(user_id or 0, gettext("The team")), goal, collected, share))
    return shown


def _usual_currency(request: DeskRequest) -> str:
    company = access.entities(request.scope).first()
    return company.currency if company else "EUR"


def _style() -> DecimalStyle:
    return ENGLISH if (get_language() or "").startswith("en") else FRENCH


@screen("edit_scenario")
@require_POST
def goal_set(request: DeskRequest) -> HttpResponse:
    """The goal of this month, for the team or a person; zero or nothing takes it back."""
    currency = _usual_currency(request)
    team.set_goal(
        organisation_id=request.organisation_id,
        month=request.today,
        amount_minor=Money.parse(request.POST.get("amount", "") or "0", currency, style=_style()).minor,
        currency=currency,
        user_id=_person(request, "person"),
        by=request.actor,
    )
    told(request, gettext("The goal of the month is kept."))
    return redirect(f"{reverse('desk:scorecard')}?period=month")


def _period(chosen: str, today: date) -> tuple[date, date]:
    if chosen == "today":
        return today, today
    if chosen == "month":
        return month_start(today), today
    if chosen == "last_month":
        first = add_months(month_start(today), -1)
        return first, month_start(today) - timedelta(days=1)
    return today - timedelta(days=6), today


def _sorted(amounts: Any) -> list[tuple[str, int]]:
    return sorted(amounts.items(), key=lambda pair: -pair[1])


urlpatterns = [
    path("team", team_page, name="team"),
    path("team/absences", absence_note, name="absence_note"),
    path("team/absences/<int:absence_id>/end", absence_end, name="absence_end"),
    path("team/portfolios", portfolio_transfer, name="portfolio_transfer"),
    path("team/scorecard", scorecard, name="scorecard"),
    path("team/goals", goal_set, name="goal_set"),
]
