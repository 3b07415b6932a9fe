"""When a message may leave: working days, hours of the day, and the days an organisation keeps silent."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from encours.core.dates import ONE_DAY, BusinessCalendar, business_date, instant_of, zone
from encours.core.errors import Refused, gettext_noop

_SEARCH_DAYS_MAX = 400
ANSWERED_WITHIN = timedelta(hours=2)


class NeverSends(Refused):
    """The calendar leaves no day open for more than a year."""

    message = gettext_noop("The sending calendar leaves no day open: check its weekdays and its silent days.")


@dataclass(frozen=True, slots=True)
class SendingCalendar:
    """Weekdays (0 = Monday) and hours in the entity's zone; holidays and silent periods (both ends kept) excluded."""

    weekdays: frozenset[int] = frozenset(range(5))
    opens_at: time = time(9)
    closes_at: time = time(18)
    timezone: str = "Europe/Paris"
    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    silent_periods: tuple[tuple[date, date], ...] = ()

    def is_open(self, day: date) -> bool:
        """Whether messages leave that day: no on Whit Monday 25 May 2026, yes on the Tuesday after."""
        if day.weekday() not in self.weekdays or self.calendar.is_holiday(day):
            return False
        return not any(first <= day <= last for first, last in self.silent_periods)

    def first_open(self, day: date) -> date:
        """The first day from then on on which messages leave: the Tuesday after, for Whit Monday 25 May 2026."""
        for _ in range(_SEARCH_DAYS_MAX):
            if self.is_open(day):
                return day
            day += ONE_DAY
        raise NeverSends()


def next_sending_instant(now: datetime, calendar: SendingCalendar) -> datetime:
    """The first instant from `now` on at which a message may leave, in UTC.

    Friday 24 December 2027 at 19:00 in Paris, open 9:00 to 18:00: Christmas is a Saturday, so Monday 27 at 9:00.
    """
    day = business_date(now, timezone=calendar.timezone)
    for _ in range(_SEARCH_DAYS_MAX):
        if calendar.is_open(day):
            opens = instant_of(day, calendar.opens_at, timezone=calendar.timezone)
            closes = instant_of(day, calendar.closes_at, timezone=calendar.timezone)
            if now < closes:
                return max(now.astimezone(opens.tzinfo), opens)
        day += ONE_DAY
    raise NeverSends()


@dataclass(frozen=True, slots=True)
class Leaving:
    """When a message leaves if its writer says nothing else, both instants by the clock of whoever reads it."""

    now: datetime
    opens: datetime
    answers_at_once: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is an hour at which they are written to."""
        return self.opens <= self.now

    @property
    def waits(self) -> bool:
        """Whether it waits for their next hour."""
        return not self.is_open and not self.answers_at_once


def leaving(calendar: SendingCalendar, *, now: datetime, answered_at: datetime | None = None) -> Leaving:
    """When what a person writes leaves by itself: at an hour at which reminders leave too, an answer in hand at once.

    At 22:40 in Montreal on a Monday, for someone written to from 8:30: Tuesday 8:30 there. The answer to a mail that
    came at 21:50 there leaves at 22:40: whoever wrote within two hours is at their desk.
    """
    there = zone(calendar.timezone)
    in_hand = answered_at is not None and now - answered_at <= ANSWERED_WITHIN
    return Leaving(now.astimezone(there), next_sending_instant(now, calendar).astimezone(there), in_hand)


def local_day(instant: datetime, calendar: SendingCalendar) -> date:
    """The day an instant falls on where the sender works."""
    return instant.astimezone(zone(calendar.timezone)).date()


@lru_cache(maxsize=256)
def sending_from(today: date, decided_at: datetime | None, calendar: SendingCalendar) -> tuple[datetime, date]:
    """When what is decided on a day may leave, and the day that is; without an instant, from the day's opening on."""
    if decided_at is not None and local_day(decided_at, calendar) == today:
        instant = next_sending_instant(decided_at, calendar)
        return instant, local_day(instant, calendar)
    day = calendar.first_open(today)
    return instant_of(day, calendar.opens_at, timezone=calendar.timezone), day
