"""Days, months and windows on which KPIs are reckoned."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from encours.core.errors import Refused, gettext_noop


class PeriodUnusable(Refused):
    """The period ends before it starts."""

    message = gettext_noop("The period from {first_date} to {last_date} ends before it starts.")


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days, both ends included; its opening balance is the one of the evening before."""

    first_date: date
    last_date: date

    def __post_init__(self) -> None:
        if self.last_date < self.first_date:
            raise PeriodUnusable(first_date=self.first_date, last_date=self.last_date)

    @property
    def length_days(self) -> int:
        """How many days: 1 to 30 November is 30."""
        return (self.last_date - self.first_date).days + 1

    @property
    def opening_date(self) -> date:
        """The evening before the first day, AR(P0)."""
        return self.first_date - timedelta(days=1)

    def holds(self, day: date) -> bool:
        """Whether the day is within."""
        return self.first_date <= day <= self.last_date


def month_end(day: date) -> date:
    """The last day of its month: 2026-02-10 -> 2026-02-28."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_start(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def months_before(day: date, *, months: int) -> date:
    """The same day some months earlier; a month end stays a month end: 28 February less one month is 31 January."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, last if day == month_end(day) else min(day.day, last))


def months_to(last_date: date, *, months: int) -> Period:
    """The period of whole months that ends on a day: three months to 30 November are 1 September to 30 November."""
    return Period(months_before(last_date, months=months) + timedelta(days=1), last_date)


def month_ends_to(as_of: date, *, count: int) -> list[date]:
    """The day itself and the month ends before it, oldest first: 22 November with 3 -> 30 Sep., 31 Oct., 22 Nov."""
    days = [as_of]
    while len(days) < count:
        days.append(month_start(days[-1]) - timedelta(days=1))
    return days[::-1]


def days_in_month(day: date, *, as_of: date) -> int:
    """Days of the month of `day`; of the month of `as_of` only those that have passed, that day included."""
    if month_start(day) == month_start(as_of):
        return as_of.day
    return month_end(day).day
