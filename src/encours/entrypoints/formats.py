"""How money, numbers, days and instants are written for a person, in French and in English.

Thousands are parted by U+202F in French and by a comma in English, the minus is a true minus sign and an amount never
goes without its currency. The functions are plain because a page calls them some hundred times.
"""

from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import SupportsFloat
from zoneinfo import ZoneInfo

from encours.core.currencies import exponent

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"
DASH = "\u2014"

_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
_MONTHS = {
    "fr": tuple("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split()),  # noqa: SIM905
    "en": tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()),  # noqa: SIM905
}
_MONTHS_LONG = {
    "fr": tuple(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905
    ),
    "en": tuple(
        "January February March April May June July August September October November December".split()  # noqa: SIM905
    ),
}
_DAYS = {
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_DAYS_LONG = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_WORDS = {
    "fr": {-1: "hier", 0: "aujourd’hui", 1: "demain", "past": "il y a {} j", "future": "dans {} j"},
    "en": {-1: "yesterday", 0: "today", 1: "tomorrow", "past": "{} d ago", "future": "in {} d"},
}


def known_language(language: str | None) -> str:
    """The catalogue to write in: French unless the reader asked for English."""
    return "en" if (language or "").startswith("en") else "fr"


def _grouped(whole: int, language: str) -> str:
    text = f"{whole:,}"
    return text if language == "en" else text.replace(",", NARROW_SPACE)


def number(value: SupportsFloat, *, language: str, decimals: int = 0) -> str:
    """A count or a measure: 1284 -> "1 284", 52.44 with one decimal -> "52,4"."""
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    sign = MINUS if exact < 0 else ""
    whole, _, part = f"{abs(exact):f}".partition(".")
    mark = "." if language == "en" else ","
    return f"{sign}{_grouped(int(whole), language)}{mark + part if part else ''}"


def money(minor: int, currency: str, *, language: str) -> str:
    """An exact amount: 8621430 EUR -> "86 214,30 €" in French, "€86,214.30" in English."""
    places = exponent(currency)
    magnitude = abs(minor)
    if places:
        whole, part = divmod(magnitude, 10**places)
        text = f"{_grouped(whole, language)}{'.' if language == 'en' else ','}{part:0{places}d}"
    else:
        text = _grouped(magnitude, language)
    return _with_currency(text, currency, is_negative=minor < 0, language=language)


def money_round(minor: int, currency: str, *, language: str) -> str:
    """An amount in whole units, for ranked lists and dashboards: 4831260 EUR -> "48 313 €"."""
    unit = 10 ** exponent(currency)
    whole = (2 * abs(minor) + unit) // (2 * unit)
    return _with_currency(_grouped(whole, language), currency, is_negative=minor < 0 and whole > 0, language=language)


def _with_currency(text: str, currency: str, *, is_negative: bool, language: str) -> str:
    sign = MINUS if is_negative else ""
    symbol = _SYMBOLS.get(currency, currency)
    if language == "en":
        return f"{sign}{symbol}{text}" if symbol != currency else f"{sign}{currency}{NO_BREAK_SPACE}{text}"
    return f"{sign}{text}{NO_BREAK_SPACE}{symbol}"


def percent(ratio: SupportsFloat, *, language: str, decimals: int = 1) -> str:
    """A share of one: 0.264 -> "26,4 %"."""
    text = number(Decimal(str(ratio)) * 100, language=language, decimals=decimals)
    return f"{text}%" if language == "en" else f"{text}{NO_BREAK_SPACE}%"


def days(count: SupportsFloat, *, language: str, decimals: int = 0) -> str:
    """A number of days: 41 -> "41 j"."""
    unit = "d" if language == "en" else "j"
    return f"{number(count, language=language, decimals=decimals)}{NO_BREAK_SPACE}{unit}"


def day(value: date, *, language: str) -> str:
    """A day in a table: "12/08/26" in French, "12 Aug 26" in English, where figures alone would be read two ways."""
    if language == "en":
        return f"{value.day}{NO_BREAK_SPACE}{_MONTHS['en'][value.month - 1]}{NO_BREAK_SPACE}{value:%y}"
    return f"{value:%d/%m/%y}"


def day_full(value: date, *, language: str) -> str:
    """A day with its whole year, for titles and texts."""
    if language == "en":
        return f"{value.day} {_MONTHS['en'][value.month - 1]} {value.year}"
    return f"{value:%d/%m/%Y}"


def day_long(value: date, *, language: str) -> str:
    """A day in words: "lundi 23 novembre 2026"."""
    name, month = _DAYS_LONG[language][value.weekday()], _MONTHS_LONG[language][value.month - 1]
    return f"{name} {value.day} {month} {value.year}"


def day_near(value: date, *, today: date, language: str) -> str:
    """A day as a timeline says it: "lun. 30/11" within two weeks, "02/11" within the year, else with its year."""
    if abs((value - today).days) <= 14:
        return f"{_DAYS[language][value.weekday()]} {day_month(value, language=language)}"
    return day_month(value, language=language) if value.year == today.year else day(value, language=language)


def day_month(value: date, *, language: str) -> str:
    """A day within the year: "20/11" in French, "20 Nov" in English."""
    if language == "en":
        return f"{value.day}{NO_BREAK_SPACE}{_MONTHS['en'][value.month - 1]}"
    return f"{value:%d/%m}"


def month(value: date, *, language: str) -> str:
    """A month on the axis of a chart: "nov." or "Nov"."""
    return _MONTHS[language][value.month - 1]


def month_full(value: date, *, language: str) -> str:
    """A month with its year, as a table heads its rows: "novembre 2026"."""
    return f"{_MONTHS_LONG[language][value.month - 1]} {value.year}"


def relative_days(value: date, *, today: date, language: str) -> str:
    """How far a day is: "aujourd’hui", "demain", "dans 7 j", "il y a 3 j"."""
    distance = (value - today).days
    words = _WORDS[language]
    if distance in words:
        return words[distance]
    return words["future" if distance > 0 else "past"].format(number(abs(distance), language=language))


def instant(value: datetime, *, today: date, language: str, zone: tzinfo | None = None) -> str:
    """An instant in the reader's zone: "06:12" today, "lun. 23/11 06:12" this fortnight, else its day and time."""
    local = value.astimezone(zone or ZoneInfo("Europe/Paris"))
    clock = f"{local:%H:%M}"
    if local.date() == today:
        return clock
    return f"{day_near(local.date(), today=today, language=language)} {clock}"
