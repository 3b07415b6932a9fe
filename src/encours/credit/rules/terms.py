"""How long the law lets professionals agree to be paid, and what terms go beyond it: pure."""

import functools
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from encours.core.dates import ONE_DAY, days, month_end
from encours.core.legal_values import Registry, read_file
from encours.core.terms import Terms

CEILING, CEILING_MONTH_END = "terms_ceiling", "terms_ceiling_month_end"
VALUES_FILE = Path(__file__).parents[1] / "registry" / "values.toml"
# one year holds every length of month; two of them a leap day or not
_LOOKED_AT = timedelta(days=731)


@functools.cache
def ceilings() -> Registry:
    """The ceilings this version of the product was shipped with."""
    return read_file(VALUES_FILE)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The longest terms the law allows on a day, and the article that says so."""

    days: int
    month_end_days: int
    article: str

    @classmethod
    def on(cls, day: date) -> "Ceiling":
        """The ceiling of agreements that begin on a day; refused where the registry knows none."""
        usual, month_end_days = (ceilings().at(code, day) for code in (CEILING, CEILING_MONTH_END))
        return cls(int(usual.value), int(month_end_days.value), usual.article)

    def latest(self, issue_date: date) -> date:
        """The last day on which what is issued that day may fall due, by the kinder of the ways of reckoning.

        Issued 31 January 2027: 60 days -> 1 April, 45 days then end of month -> 31 March, end of month then 45 days ->
        17 March; so 1 April.
        """
        delay = timedelta(days=self.month_end_days)
        return max(issue_date + timedelta(days=self.days), month_end(issue_date + delay), month_end(issue_date) + delay)


@dataclass(frozen=True, slots=True)
class Beyond:
    """The day of issue on which terms go furthest beyond the ceiling."""

    issue_date: date
    due_date: date
    latest_date: date

    @property
    def delay_days(self) -> int:
        """How long the customer would have."""
        return (self.due_date - self.issue_date).days


def beyond(terms: Terms, first_date: date, last_date: date, ceiling: Ceiling) -> Beyond | None:
    """Where terms for what is issued from a day to another go beyond the law; None where they never do.

    "60" and "45EOM" never do, "61" always does; "30EOM10" does for what is issued on 30 January 2027: it falls due on
    10 April, ten days too late.
    """
    last = min(last_date, first_date + _LOOKED_AT)
    found = [Beyond(day, terms.due_date(day), ceiling.latest(day)) for day in days(first_date, last + ONE_DAY)]
    late = [one for one in found if one.due_date > one.latest_date]
    return max(late, key=lambda one: (one.due_date - one.latest_date, -one.issue_date.toordinal()), default=None)


def is_bound(*, country: str, is_natural_person: bool) -> bool:
    """Whether the ceiling binds what is agreed with a customer: between professionals in France; elsewhere it warns."""
    return country in ("", "FR") and not is_natural_person
