"""When a message may leave."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from encours.collections.rules.calendar import NeverSends, SendingCalendar, leaving, next_sending_instant
from encours.collections.rules.facts import Hours, Policy
from encours.core.dates import BusinessCalendar
from tests.collections import cases

PARIS = SendingCalendar()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        # Paris is an hour ahead of UTC in winter, two in summer
        ("2026-11-24T05:00", "2026-11-24T08:00"),
        ("2026-11-24T09:30", "2026-11-24T09:30"),
        ("2026-11-24T16:59", "2026-11-24T16:59"),
        ("2026-11-24T17:00", "2026-11-25T08:00"),
        ("2026-07-02T05:00", "2026-07-02T07:00"),
        ("2026-11-27T18:00", "2026-11-30T08:00"),
        ("2027-12-24T18:00", "2027-12-27T08:00"),
        ("2026-05-22T20:00", "2026-05-26T07:00"),
        ("2026-04-30T17:00", "2026-05-04T07:00"),
    ],
    ids=[
        "before opening", "in hours", "last minute", "after closing", "summer time", "friday evening",
        "christmas weekend", "whit monday", "first of may",
    ],
)  # fmt: skip
def test_the_next_instant_keeps_days_and_hours(now, leaves):
    assert next_sending_instant(utc(now), PARIS) == utc(leaves)


class TestSendingCalendar:
    def test_silent_periods_keep_both_their_ends(self):
        silent = SendingCalendar(silent_periods=((date(2026, 12, 21), date(2026, 12, 31)),))
        assert next_sending_instant(utc("2026-12-18T20:00"), silent) == utc("2027-01-04T08:00")

    def test_saint_stephens_day_is_silent_in_alsace(self):
        alsace = SendingCalendar(calendar=BusinessCalendar("FR", "alsace-moselle"))
        assert not alsace.is_open(date(2025, 12, 26))
        assert PARIS.is_open(date(2025, 12, 26))

    def test_other_hours_and_zones(self):
        night = SendingCalendar(opens_at=time(8), closes_at=time(9), timezone="America/Montreal")
        assert next_sending_instant(utc("2026-11-24T12:00"), night) == utc("2026-11-24T13:00")

    def test_a_calendar_that_never_opens_is_refused(self):
        with pytest.raises(NeverSends):
            next_sending_instant(utc("2026-11-24T12:00"), SendingCalendar(weekdays=frozenset()))


class TestTheCustomersClock:
    # decided on Tuesday 24 November 2026 at 9:30 in Paris, open there from 9:00 to 18:00
    NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("hours", "expected"),
        [
            (Hours(), datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
            (Hours("America/Montreal"), datetime(2026, 11, 24, 14, 0, tzinfo=UTC)),
            (Hours("Pacific/Noumea"), datetime(2026, 11, 24, 22, 0, tzinfo=UTC)),
            (Hours(opens_at=time(14)), datetime(2026, 11, 24, 13, 0, tzinfo=UTC)),
            # later than our own closing: until the end of their day
            (Hours(opens_at=time(19)), datetime(2026, 11, 24, 18, 0, tzinfo=UTC)),
        ],
    )
    def test_says_when_a_message_reaches_it(self, hours, expected):
        run = replace(cases.run(), today=date(2026, 11, 24), decided_at=self.NOW, policy=Policy())
        assert run.of(1, hours).send_after == expected

    def test_nobody_without_hours_of_its_own_is_reckoned_anew(self):
        run = cases.run()
        assert run.of(1) is run


@pytest.mark.parametrize(
    ("now", "answered_at", "opens", "waits"),
    [
        ("2026-11-24T03:40", None, "2026-11-24T08:30-05:00", True),
        ("2026-11-24T03:40", "2026-11-24T02:50", "2026-11-24T08:30-05:00", False),
        ("2026-11-24T03:40", "2026-11-23T22:00", "2026-11-24T08:30-05:00", True),
        ("2026-11-24T15:00", None, "2026-11-24T10:00-05:00", False),
        ("2026-11-28T15:00", None, "2026-11-30T08:30-05:00", True),
    ],
    ids=["at night", "an answer in hand", "an old answer", "in hours", "saturday"],
)
def test_what_a_person_writes_leaves_by_the_readers_clock(now, answered_at, opens, waits):
    theirs = Hours("America/Montreal", time(8, 30)).applied(PARIS)
    found = leaving(theirs, now=utc(now), answered_at=utc(answered_at) if answered_at else None)
    assert (found.opens, found.waits) == (datetime.fromisoformat(opens), waits)
