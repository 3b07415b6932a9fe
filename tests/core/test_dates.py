"""Business days, month ends, half-years and time zones."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encours.core.dates import (
    ALSACE_MOSELLE,
    BusinessCalendar,
    CalendarUnknown,
    HalfYear,
    TimeZoneUnknown,
    add_months,
    business_date,
    day_of_month,
    end_of_day,
    half_year_segments,
    instant_of,
    month_end,
)

FRANCE = BusinessCalendar()
MOSELLE = BusinessCalendar(region=ALSACE_MOSELLE)
days = st.dates(min_value=date(2000, 1, 1), max_value=date(2060, 1, 1))


class TestBusinessCalendar:
    def test_holds_the_eleven_public_holidays_of_france(self) -> None:
        year = [date(2026, 1, 1) + timedelta(days=offset) for offset in range(365)]
        assert [day.isoformat()[5:] for day in year if FRANCE.is_holiday(day)] == [
            *["01-01", "04-06", "05-01", "05-08", "05-14", "05-25"],
            *["07-14", "08-15", "11-01", "11-11", "12-25"],
        ]

    def test_adds_two_days_in_alsace_moselle(self) -> None:
        good_friday, second_christmas_day = date(2026, 4, 3), date(2025, 12, 26)
        assert not MOSELLE.is_business_day(good_friday)
        assert not MOSELLE.is_business_day(second_christmas_day)
        assert FRANCE.is_business_day(good_friday)
        assert FRANCE.is_business_day(second_christmas_day)

    @pytest.mark.parametrize(
        ("day", "count", "expected"),
        [
            (date(2026, 4, 30), 1, date(2026, 5, 4)),
            (date(2026, 5, 4), -1, date(2026, 4, 30)),
            (date(2026, 5, 1), 0, date(2026, 5, 4)),
            (date(2026, 5, 4), 0, date(2026, 5, 4)),
            (date(2026, 5, 12), 3, date(2026, 5, 18)),
        ],
    )
    def test_counts_working_days_only(self, day: date, count: int, expected: date) -> None:
        assert FRANCE.add_business_days(day, count) == expected

    @given(days, st.integers(min_value=1, max_value=40))
    def test_lands_on_a_business_day_that_lies_as_many_days_away(self, day: date, count: int) -> None:
        start = FRANCE.next_business_day(day)
        there = FRANCE.add_business_days(start, count)
        assert FRANCE.is_business_day(there)
        assert FRANCE.business_days_between(start, there) == count
        assert FRANCE.add_business_days(there, -count) == start

    def test_refuses_a_calendar_it_does_not_know(self) -> None:
        for calendar in (
            BusinessCalendar("ZZ"),
            BusinessCalendar("FR", "bretagne"),
            BusinessCalendar("DE", ALSACE_MOSELLE),
        ):
            with pytest.raises(CalendarUnknown):
                calendar.is_business_day(date(2026, 1, 5))


class TestMonths:
    def test_end_where_the_calendar_says(self) -> None:
        assert month_end(date(2028, 2, 10)) == date(2028, 2, 29)
        assert day_of_month(date(2026, 4, 1), 31) == date(2026, 4, 30)

    @pytest.mark.parametrize(
        ("day", "count", "expected"),
        [
            (date(2027, 1, 31), 1, date(2027, 2, 28)),
            (date(2026, 12, 15), 1, date(2027, 1, 15)),
            (date(2026, 1, 31), -1, date(2025, 12, 31)),
            (date(2026, 3, 31), 12, date(2027, 3, 31)),
        ],
    )
    def test_add_up_with_clipping(self, day: date, count: int, expected: date) -> None:
        assert add_months(day, count) == expected


class TestHalfYear:
    def test_cuts_a_period_at_january_and_july(self) -> None:
        assert half_year_segments(date(2026, 6, 15), date(2027, 1, 2)) == [
            (HalfYear(2026, 1), date(2026, 6, 15), date(2026, 7, 1)),
            (HalfYear(2026, 2), date(2026, 7, 1), date(2027, 1, 1)),
            (HalfYear(2027, 1), date(2027, 1, 1), date(2027, 1, 2)),
        ]
        assert half_year_segments(date(2026, 6, 15), date(2026, 6, 15)) == []
        assert str(HalfYear.of(date(2026, 6, 30))) == "2026 S1"

    @given(days, st.integers(min_value=0, max_value=2000))
    def test_segments_hold_every_day_once(self, start: date, length: int) -> None:
        end = start + timedelta(days=length)
        segments = half_year_segments(start, end)
        assert sum((until - since).days for _, since, until in segments) == length
        for half, since, until in segments:
            assert half.first_day <= since < until <= half.following().first_day


class TestZones:
    def test_an_instant_falls_on_the_day_of_the_entity(self) -> None:
        instant = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
        assert business_date(instant, timezone="Europe/Paris") == date(2027, 1, 1)
        assert business_date(instant, timezone="America/Martinique") == date(2026, 12, 31)

    def test_nine_in_the_morning_follows_summer_time(self) -> None:
        nine = time(9)
        assert instant_of(date(2026, 7, 1), nine, timezone="Europe/Paris") == datetime(2026, 7, 1, 7, tzinfo=UTC)
        assert instant_of(date(2026, 1, 5), nine, timezone="Europe/Paris") == datetime(2026, 1, 5, 8, tzinfo=UTC)

    def test_a_day_of_clock_change_has_its_own_length(self) -> None:
        start = instant_of(date(2026, 3, 29), time.min, timezone="Europe/Paris")
        assert end_of_day(date(2026, 3, 29), timezone="Europe/Paris") - start == timedelta(hours=23)

    @pytest.mark.parametrize("name", ["Europe/Lutece", "", "../etc/passwd"])
    def test_refuses_a_zone_that_does_not_exist(self, name: str) -> None:
        with pytest.raises(TimeZoneUnknown):
            business_date(datetime(2026, 1, 1, tzinfo=UTC), timezone=name)
