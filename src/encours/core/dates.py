"""Business days and the calendar: holidays, month ends, half-years, and the day an instant falls on for an entity."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from encours.core.errors import Refused, gettext_noop

ONE_DAY = timedelta(days=1)
ALSACE_MOSELLE = "alsace-moselle"
_SATURDAY = 5


class CalendarUnknown(Refused):
    """No public holidays are known for a country or region."""

    message = gettext_noop("No calendar of public holidays is known for {country} {region}.")


class TimeZoneUnknown(Refused):
    """The name is no time zone of the IANA database."""

    message = gettext_noop("“{timezone}” is not a time zone: a name such as Europe/Paris is expected.")


@lru_cache(maxsize=256)
def _holidays(country: str, region: str, year: int) -> frozenset[date]:
    if region not in ("", ALSACE_MOSELLE) or (region and country != "FR"):
        raise CalendarUnknown(country=country, region=region)
    try:
        # The Moselle calendar (57) holds the two days of the local law, and Alsace keeps the same ones.
        found = holidays.country_holidays(country, subdiv="57" if region else None, years=year)
    except NotImplementedError:
        raise CalendarUnknown(country=country, region=region) from None
    return frozenset(day for day in found if day.year == year)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Monday to Friday without the public holidays of a country (France: 11, two more in Alsace-Moselle)."""

    country: str = "FR"
    region: str = ""

    def is_holiday(self, day: date) -> bool:
        """Whether the day is a public holiday: 25 May 2026, Whit Monday, is one in France."""
        return day in _holidays(self.country, self.region, day.year)

    def is_business_day(self, day: date) -> bool:
        """Whether people work that day: neither a weekend nor a public holiday."""
        return day.weekday() < _SATURDAY and not self.is_holiday(day)

    def next_business_day(self, day: date) -> date:
        """The day itself when people work, else the first one after: 1 May 2026 (Friday) -> 4 May 2026."""
        while not self.is_business_day(day):
            day += ONE_DAY
        return day

    def previous_business_day(self, day: date) -> date:
        """The day itself when people work, else the last one before: 1 May 2026 (Friday) -> 30 April 2026."""
        while not self.is_business_day(day):
            day -= ONE_DAY
        return day

    def add_business_days(self, day: date, count: int) -> date:
        """The day after so many business days (before, when negative): 30 April 2026 + 1 -> 4 May 2026.

        Zero gives the day itself when people work, else the next business day.
        """
        step = ONE_DAY if count > 0 else -ONE_DAY
        if count == 0:
            return self.next_business_day(day)
        for _ in range(abs(count)):
            day += step
            while not self.is_business_day(day):
                day += step
        return day

    def business_days_between(self, start: date, end: date) -> int:
        """How many business days lie in the half-open period from `start` to `end`; negative when it runs back."""
        if end < start:
            return -self.business_days_between(end, start)
        return sum(self.is_business_day(day) for day in days(start, end))


def days(start: date, end: date) -> Iterator[date]:
    """Each day of the half-open period from `start` to `end`."""
    for offset in range((end - start).days):
        yield start + timedelta(days=offset)


def month_start(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def month_end(day: date) -> date:
    """The last day of its month: 10 February 2028 -> 29 February 2028."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def day_of_month(day: date, number: int) -> date:
    """The numbered day of its month, clipped to the month's end: the 31st of April -> 30 April."""
    return day.replace(day=min(number, month_end(day).day))


def add_months(day: date, count: int) -> date:
    """The same day so many months later, clipped: 31 January 2027 + 1 -> 28 February 2027."""
    index = day.year * 12 + day.month - 1 + count
    return day_of_month(date(index // 12, index % 12 + 1, 1), day.day)


@dataclass(frozen=True, slots=True, order=True)
class HalfYear:
    """A calendar half-year, the step in which statutory rates change: 2026 S1 begins on 1 January 2026."""

    year: int
    half: int

    @classmethod
    def of(cls, day: date) -> "HalfYear":
        """The half-year a day falls in."""
        return cls(day.year, 1 if day.month <= 6 else 2)

    @property
    def first_day(self) -> date:
        """1 January or 1 July."""
        return date(self.year, 1 if self.half == 1 else 7, 1)

    def following(self) -> "HalfYear":
        """The half-year that comes next."""
        return HalfYear(self.year, 2) if self.half == 1 else HalfYear(self.year + 1, 1)

    def __str__(self) -> str:
        return f"{self.year} S{self.half}"


def half_year_segments(start: date, end: date) -> list[tuple[HalfYear, date, date]]:
    """A half-open period cut at 1 January and 1 July: 15 June to 3 July -> 16 days of S1 and 2 days of S2."""
    segments = []
    while start < end:
        half = HalfYear.of(start)
        cut = min(end, half.following().first_day)
        segments.append((half, start, cut))
        start = cut
    return segments


@lru_cache(maxsize=128)
def zone(timezone: str) -> ZoneInfo:
    """The IANA zone of that name."""
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown(timezone=timezone) from None


def business_date(instant: datetime, *, timezone: str) -> date:
    """The day an instant falls on in an entity's zone: 23:30 UTC on 31 December is 1 January in Paris."""
    if instant.tzinfo is None:
        raise ValueError("an instant carries its time zone")
    return instant.astimezone(zone(timezone)).date()


def instant_of(day: date, at: time, *, timezone: str) -> datetime:
    """The instant of a wall-clock time in an entity's zone, in UTC: 9:00 in Paris in summer -> 7:00 UTC."""
    return datetime.combine(day, at, tzinfo=zone(timezone)).astimezone(UTC)


def end_of_day(day: date, *, timezone: str) -> datetime:
    """The instant at which a business day is over in an entity's zone, so the exclusive end of what it holds."""
    return instant_of(day + ONE_DAY, time.min, timezone=timezone)
