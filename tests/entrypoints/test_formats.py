"""How amounts, numbers and days are written in both languages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from encours.entrypoints import formats

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("minor", "currency", "language", "written"),
    [
        (8_621_430, "EUR", "fr", "86\u202f214,30\u00a0€"),
        (8_621_430, "EUR", "en", "€86,214.30"),
        (-99_000, "EUR", "fr", "\u2212990,00\u00a0€"),
        (-99_000, "EUR", "en", "\u2212€990.00"),
        (5, "EUR", "fr", "0,05\u00a0€"),
        (1234, "JPY", "fr", "1\u202f234\u00a0¥"),
        (1_234_567, "KWD", "fr", "1\u202f234,567\u00a0KWD"),
        (1_234_567, "KWD", "en", "KWD\u00a01,234.567"),
    ],
)
def test_money_has_its_decimals_and_its_currency(minor, currency, language, written):
    assert formats.money(minor, currency, language=language) == written


@pytest.mark.parametrize(
    ("minor", "written"),
    [
        (4_831_260, "48\u202f313\u00a0€"),
        (4_831_249, "48\u202f312\u00a0€"),
        (-49, "0\u00a0€"),
        (-50, "\u22121\u00a0€"),
    ],
)
def test_round_money_goes_to_the_nearest_unit_and_never_shows_minus_zero(minor, written):
    assert formats.money_round(minor, "EUR", language="fr") == written


def test_shares_and_measures_take_the_readers_decimal_mark():
    assert formats.percent(0.264, language="fr") == "26,4\u00a0%"
    assert formats.percent(Decimal("0.264"), language="en") == "26.4%"
    assert formats.days(52.44, language="fr", decimals=1) == "52,4\u00a0j"
    assert formats.number(1284, language="fr") == "1\u202f284"


@pytest.mark.parametrize(
    ("day", "fr", "en"),
    [
        (date(2026, 11, 23), "aujourd’hui", "today"),
        (date(2026, 11, 24), "demain", "tomorrow"),
        (date(2026, 11, 30), "dans 7 j", "in 7 d"),
        (date(2026, 11, 13), "il y a 10 j", "10 d ago"),
    ],
)
def test_relative_days_are_words_when_near(day, fr, en):
    assert formats.relative_days(day, today=TODAY, language="fr") == fr
    assert formats.relative_days(day, today=TODAY, language="en") == en


def test_days_are_written_so_that_nobody_swaps_day_and_month():
    assert formats.day(date(2026, 8, 12), language="fr") == "12/08/26"
    assert formats.day(date(2026, 8, 12), language="en") == "12\u00a0Aug\u00a026"
    assert formats.day_near(date(2026, 11, 30), today=TODAY, language="fr") == "lun. 30/11"
    assert formats.day_near(date(2025, 11, 2), today=TODAY, language="fr") == "02/11/25"


def test_instants_are_in_the_readers_zone():
    assert formats.instant(datetime(2026, 11, 23, 5, 12, tzinfo=UTC), today=TODAY, language="fr") == "06:12"
