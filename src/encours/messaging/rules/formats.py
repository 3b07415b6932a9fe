"""Amounts, dates and counts as the reader of a message writes them."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal

from encours.core.money import Money

LANGUAGES = ("fr", "en")
NO_BREAK = "\u00a0"
_LOCALES = {"fr": "fr_FR", "en": "en_GB"}
_SHORT_DATES = {"fr": "dd/MM/yyyy", "en": "d MMM yyyy"}
_DAYS = {"fr": ("jour", "jours"), "en": ("day", "days")}
_WORDS = {
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen",
}


@lru_cache(maxsize=20_000)
def money(minor: int, currency: str, language: str) -> str:
    """An amount with all its decimals and its currency: fr 14 088,40 €, en €14,088.40; a true minus sign."""
    amount = Money(minor, currency).as_decimal()
    text = format_currency(amount, currency, locale=_LOCALES[language], currency_digits=True)
    return text.replace("-", "\u2212", 1) if minor < 0 else text


@lru_cache(maxsize=4_000)
def short_date(day: date, language: str) -> str:
    """A day as in a table: fr 22/10/2026, en 22 Oct 2026, which no reader can take for another."""
    return format_date(day, _SHORT_DATES[language], locale=_LOCALES[language])


@lru_cache(maxsize=4_000)
def day_and_month(day: date, language: str) -> str:
    """A day of a year that is told elsewhere: fr 1er décembre, en 1 December."""
    first = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return first + NO_BREAK + format_date(day, "MMMM", locale=_LOCALES[language])


@lru_cache(maxsize=4_000)
def long_date(day: date, language: str) -> str:
    """A day as in a sentence: fr 1er décembre 2026, en 1 December 2026."""
    return f"{day_and_month(day, language)} {day.year}"


@lru_cache(maxsize=4_000)
def number(count: int, language: str) -> str:
    """A count with its thousands grouped: fr 1 250, en 1,250."""
    return format_decimal(count, locale=_LOCALES[language]).replace("-", "\u2212", 1)


def days(count: int, language: str) -> str:
    """A length of time: 1 jour, 32 jours; 1 day, 32 days."""
    return number(count, language) + NO_BREAK + plural(count, *_DAYS[language], language=language)


def plural(count: int, one: str, many: str, *, language: str) -> str:
    """The form that goes with a count: in French nought is singular (0 facture), in English plural (0 invoices)."""
    is_singular = abs(count) < 2 if language == "fr" else abs(count) == 1
    return one if is_singular else many


def in_words(count: int, language: str, *, feminine: bool = False) -> str:
    """A small count spelt out as a letter does: trois, three; beyond sixteen, in figures."""
    words = _WORDS[language].split()
    if not 0 <= count < len(words):
        return number(count, language)
    return "une" if language == "fr" and feminine and count == 1 else words[count]


def listed(parts: Sequence[str], language: str) -> str:
    """Several things in a sentence: fr A, B et C; en A, B and C."""
    return format_list(parts, style="standard", locale=_LOCALES[language])


def in_fours(code: str) -> str:
    """An IBAN or a creditor reference in groups of four that no line break parts: FR76 3000 ..."""
    plain = "".join(code.split())
    return NO_BREAK.join(plain[start : start + 4] for start in range(0, len(plain), 4))
