"""The KPI report as the screens read it: reckoned from the books, kept until they change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from numbers import Real
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext

from encours.analytics import actions as analytics_actions
from encours.analytics.queries import reports
from encours.analytics.rules.definitions import DEFINITIONS, Definition
from encours.analytics.rules.reckoning import Conventions
from encours.entrypoints import formats
from encours.entrypoints.desk import standing
from encours.entrypoints.requests import DeskRequest
from encours.ledger.queries import AsOf, Selection

# the report of a book so large that it takes long may be so old; the page says when it was reckoned
STALE_MINUTES_MAX = 20


@dataclass(frozen=True)
class Asked:
    """What the address asks of the report."""

    as_of: date
    known_at: datetime | None
    entity_id: int | None
    is_gross: bool

    @classmethod
    def of(cls, request: DeskRequest) -> "Asked":
        """Read the address; today, all that is known, all companies, credits deducted unless it says otherwise."""
        entity = request.GET.get("entity", "")
        return cls(
            as_of=_parsed(request.GET.get("as_of", "")) or request.today,
            known_at=None,
            entity_id=int(entity) if entity.isdecimal() and len(entity) < 18 else None,
            is_gross=request.GET.get("gross") == "1",
        )

    @property
    def conventions(self) -> Conventions:
        """The switches of the report."""
        return Conventions(net_of_unapplied=not self.is_gross)

    def selection(self, request: DeskRequest) -> Selection:
        """Whose figures."""
        return Selection.of(request.scope, entity_id=self.entity_id)


def _parsed(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Value:
    """One figure of one month."""

    value: Any
    unit: str
    is_lower_bound: bool = False

    def text(self, currency: str) -> str:
        """As a person reads it: days and shares with one decimal, money in whole units, what is unknown as n/a."""
        language = formats.known_language(get_language())
        if self.value is None:
            return gettext("n/a")
        if isinstance(self.value, str):
            return self.value
        match self.unit:
            case "money":
                written = formats.money_round(int(self.value), currency, language=language)
            case "percent":
                written = formats.percent(self.value / 100, language=language)
            case "days":
                written = formats.days(self.value, language=language, decimals=1)
            case "count":
                written = formats.number(self.value, language=language)
            case _:
                written = formats.number(self.value, language=language, decimals=3 if self.value < 1 else 2)
        return f"≥ {written}" if self.is_lower_bound else written


@dataclass(frozen=True)
class Report:
    """Thirteen month ends, the last being the day itself; figures and aged balance by currency and month."""

    days: Sequence[date]
    figures: Mapping[str, Mapping[str, Sequence[Value]]]
    aged: Mapping[str, Sequence[Sequence[int]]]  # currency -> month -> buckets, unapplied, total
    made_at: datetime | None = None

    @property
    def currencies(self) -> list[str]:
        """The one with most outstanding first."""
        return sorted(self.figures, key=lambda currency: -abs(self._outstanding(currency)))

    def _outstanding(self, currency: str) -> Any:
        value = self.figures[currency]["outstanding"][-1].value
        return value if isinstance(value, Real) else 0

    def latest(self, currency: str, code: str) -> Value:
        """The figure of the day itself."""
        return self.figures[currency][code][-1]

    def change(self, currency: str, code: str) -> Any:
        """The difference with a year before; None when either is unknown."""
        before, now = self.figures[currency][code][0].value, self.figures[currency][code][-1].value
        if isinstance(before, Real) and isinstance(now, Real):
            return now - before
        return None


def report(request: DeskRequest, asked: Asked) -> Report:
    """The report for the address: the very one the command line and the API give, laid out by month."""
    selection, moment = asked.selection(request), AsOf(asked.as_of, asked.known_at)
    standing.books_version(request)  # what changed is taken in first, so that the report's state is that of the books
    question = reports.Asked(selection, moment, conventions=asked.conventions)
    not_before = request.now - timedelta(minutes=STALE_MINUTES_MAX)
    found = analytics_actions.report_kpis(question, not_before=not_before)
    days = sorted({entry.last_date for entry in found.history})
    figures: dict[str, dict[str, list[Value]]] = {}
    for entry in (*found.history, *found.entries):  # the day itself last: only it has the concentration
        codes = figures.setdefault(entry.currency, {})
        for code, figure in entry.figures.items():
            months = codes.setdefault(code, [Value(None, figure.unit)] * len(days))
            months[days.index(entry.last_date)] = Value(figure.value, figure.unit, figure.is_lower_bound)
    aged = analytics_actions.aged_months(question, days, not_before=not_before) if days else {}
    return Report(days, figures, aged, found.made_at)


def definition(code: str) -> Definition:
    """The definition of a figure."""
    return next(one for one in DEFINITIONS if one.code == code)


def meaning(code: str) -> str:
    """The formula and the convention of a figure, in the reader's words."""
    one = definition(code)
    return " ".join(gettext(part) for part in (one.formula, one.convention) if part)
