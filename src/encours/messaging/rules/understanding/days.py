"""Days as people write them, in French and English, by date or relative to the day the mail was written."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from encours.core.dates import add_months, month_end, month_start
from encours.core.text import fold


@dataclass(frozen=True, slots=True)
class FoundDay:
    """A day named in a text: where, in which words, and whether they fix it ("le 15") or nearly ("mi-mars")."""

    day: date
    start: int
    end: int
    words: str
    is_exact: bool


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january", "fevrier fevr fev february feb", "mars march mar", "avril avr april apr",
            "mai may", "juin june jun", "juillet juil july jul", "aout august aug", "septembre sept sep september",
            "octobre oct october", "novembre nov november", "decembre dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        ("lundi monday mon", "mardi tuesday tue tues", "mercredi wednesday wed", "jeudi thursday thu thur thurs",
         "vendredi friday fri", "samedi saturday sat", "dimanche sunday sun")
    )
    for name in names.split()
}  # fmt: skip
_M = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
# "mon" alone is French for my: it is Monday only behind an English word, or before a figure
_MY = r"(?!mon\b(?![.,]? ?(?:the )?\d))|(?<=\bon )|(?<=\bby )|(?<=\bnext )|(?<=\bthis )"
_W = f"(?:{_MY})(?P<weekday>" + "|".join(sorted(_WEEKDAYS, key=len, reverse=True)) + r")\b"
_NUMBERS = {
    "un": 1, "une": 1, "a": 1, "one": 1, "deux": 2, "two": 2, "couple of": 2, "trois": 3, "three": 3, "quatre": 4,
    "four": 4, "cinq": 5, "five": 5, "six": 6, "sept": 7, "seven": 7, "huit": 8, "eight": 8, "dix": 10, "ten": 10,
    "quinze": 15, "fifteen": 15, "vingt": 20, "trente": 30, "thirty": 30,
}  # fmt: skip
_N = r"(?P<count>\d{1,3}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + ")"

Reader = Callable[[re.Match[str], date], tuple[date, bool] | None]


def days_in(text: str, *, today: date, looks_back: bool = False) -> list[FoundDay]:
    """Every day a text names, in its order; `today` is the day it was written.

    Of what is told as past (`looks_back`), "lundi" is the last Monday and "le 12" the last 12th.

    On Thursday 2026-11-19: "vendredi prochain" -> 2026-11-20, about; "le 15" -> 2026-12-15; "fin de mois" ->
    2026-11-30; "by 27/11" -> 2026-11-27; "in two weeks" -> 2026-12-03; "fin de semaine prochaine" -> 2026-11-27, about
    """
    flat = _TERMS.sub(lambda match: " " * len(match[0]), _flat(text))
    found: list[FoundDay] = []
    for pattern, reader in _READERS:
        for match in pattern.finditer(flat):
            if any(match.start() < one.end and one.start < match.end() for one in found):
                continue
            read = reader(match, today)
            if read is not None:
                if looks_back and read[0] > today:
                    read = (_earlier(read[0], reader, today), read[1])
                words = text[match.start() : match.end()].strip()
                found.append(FoundDay(read[0], match.start(), match.end(), words, read[1]))
    return sorted(found, key=lambda one: one.start)


def _earlier(day: date, reader: Reader, today: date) -> date:
    if reader is _weekday:
        return day - timedelta(days=7 * (1 + (day - today).days // 7))
    if reader is _day_number:
        return add_months(day, -1)
    return day


# a day that dates a document, not what happened or is going to happen
_DATES_A_PAPER = re.compile(
    r"(?:factures?|invoices?|echeances?|echue?s?|due|dated|e-?mails?|mails?|courriers?|messages?|"
    r"relances?|rappels?|reminders?|commandes?|orders?|letters?|avoirs?|"
    r"pieces?|devis|bl|livraisons?|marchandises?|emise?s?|appel|call|conversation|"
    r"[\w/-]*\d)\s+(?:dated |datee? |emise? |en date )?(?:du|of|from|depuis le|since|dated)\s*$"
)


def happenings_in(text: str, *, today: date, looks_back: bool = False) -> list[FoundDay]:
    """The days on which something happens, without those that only date a paper.

    "Votre facture du 12/10 sera payée le 30/11." -> only the 30th
    """
    found = days_in(text, today=today, looks_back=looks_back)
    return [
        one
        for one in found
        if not _DATES_A_PAPER.search(fold(text[: one.start]) + " " + re.sub(r"\d.*", "", fold(one.words)))
    ]


# "30 jours fin de mois" is a term of payment, not a day
_TERMS = re.compile(
    r"\b\d{2,3} (?:jours|days|j)(?: net| nets)?(?: fin de mois| end of month| eom| fdm| date de facture|"
    r" le \d+)+"
)


def _flat(text: str) -> str:
    """The text without accents and in small letters, each letter in its place."""
    return "".join(map(_bare, text))


@lru_cache(maxsize=2_000)
def _bare(letter: str) -> str:
    """One letter for one: "É" -> "e"; what folds to nothing, a blank."""
    return " " if letter.isspace() else (fold(letter) or " ")[0]


def _safe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest(month: int, day: int, today: date, *, is_past: bool = False) -> date | None:
    """Without a year: the one nearest to today, the coming one when in doubt."""
    near = [found for year in (today.year - 1, today.year, today.year + 1) if (found := _safe(year, month, day))]
    if is_past:
        near = [one for one in near if one <= today] or near
    span = timedelta(days=120)
    coming = [one for one in near if one >= today - span]
    return min(coming, default=None)


def _iso(match: re.Match[str], today: date) -> tuple[date, bool] | None:
    found = _safe(int(match["year"]), int(match["m"]), int(match["d"]))
    return (found, True) if found else None


def _slashed(match: re.Match[str], today: date) -> tuple[date, bool] | None:
    day, month = int(match["d"]), int(match["m"])
    if month > 12 >= day:
        day, month = month, day
    year = match["year"]
    if year:
        full = int(year) + (2000 if len(year) == 2 else 0)
        found = _safe(full, month, day) if 1990 <= full <= 2100 else None
    else:
        found = _nearest(month, day, today)
    return (found, True) if found else None


def _named(match: re.Match[str], today: date) -> tuple[date, bool] | None:
    month, day, year = _MONTHS[match["month"]], int(match["d"]), match["year"]
    full = int(year) + (2000 if len(year) == 2 else 0) if year else 0
    found = _safe(full, month, day) if year else _nearest(month, day, today)
    return (found, True) if found else None


def _part_of_month(match: re.Match[str], today: date) -> tuple[date, bool]:
    part, month = match["part"], _MONTHS[match["month"]]
    year = int(match["year"]) if match["year"] else today.year + (month < today.month - 3)
    start = date(year, month, 1)
    if part.startswith(("fin", "end", "late", "courant", "during", "in")):
        return month_end(start), part.startswith(("fin", "end"))
    return start.replace(day=5 if part.startswith(("deb", "earl", "begin")) else 15), part.startswith("mi")


def _month_end(match: re.Match[str], today: date) -> tuple[date, bool]:
    is_next = "prochain" in match[0] or "next" in match[0] or "following" in match[0]
    return month_end(add_months(month_start(today), 1) if is_next else today), True


def _next_month(match: re.Match[str], today: date) -> tuple[date, bool]:
    start = add_months(month_start(today), 1)
    if re.search(r"debut|earl|begin", match[0]):
        return start.replace(day=5), False
    if re.search(r"mi-|milieu|mid", match[0]):
        return start.replace(day=15), False
    return month_end(start), False


def _week(match: re.Match[str], today: date) -> tuple[date, bool]:
    """A week ends on its Friday; said on a weekend, "this week" is the one that begins."""
    is_next = bool(re.search(r"prochaine|next|following|suivante", match[0]))
    base = today if today.weekday() < 5 else today + timedelta(days=7 - today.weekday())
    monday = base - timedelta(days=base.weekday()) + timedelta(days=7 * is_next)
    if is_next and today.weekday() >= 5:
        monday -= timedelta(days=7)
    if re.search(r"debut|earl|begin", match[0]):
        return monday, False
    if re.search(r"milieu|mid|courant", match[0]):
        return monday + timedelta(days=2 if "courant" not in match[0] else 4), False
    return monday + timedelta(days=4), False


def _weekday(match: re.Match[str], today: date) -> tuple[date, bool]:
    wanted = _WEEKDAYS[match["weekday"]]
    if re.search(r"dernier|last|passe", match[0]):
        return today - timedelta(days=(today.weekday() - wanted) % 7 or 7), True
    ahead = (wanted - today.weekday()) % 7 or (0 if re.search(r"\bce\b|\bthis\b", match[0]) else 7)
    if re.search(r"en huit|week (?:on|from)|en 8|next week|semaine prochaine", match[0]):
        ahead += 7 * ("huit" in match[0] or "8" in match[0] or today.weekday() < wanted)
    # "next Friday" may be the coming one or the one after it, when the coming one is of this week
    is_either = bool(re.search(r"\bprochain\b|\bnext\b(?! week)", match[0])) and today.weekday() < wanted
    return today + timedelta(days=ahead), not is_either


def _day_number(match: re.Match[str], today: date) -> tuple[date, bool] | None:
    day = int(match["d"])
    if not 1 <= day <= 31:
        return None
    start = month_start(today)
    if re.search(r"mois prochain|prochain|next month", match[0]):
        start = add_months(start, 1) if day <= today.day or "mois" in match[0] or "month" in match[0] else start
    elif day < today.day and not re.search(r"de ce mois|of this month|courant|dernier", match[0]):
        start = add_months(start, 1)
    found = _safe(start.year, start.month, day) or month_end(start)
    return found, True


def _count(match: re.Match[str]) -> int:
    written = match["count"]
    return int(written) if written.isdigit() else _NUMBERS[written]


def _ahead(match: re.Match[str], today: date) -> tuple[date, bool]:
    count, unit = _count(match), match["unit"]
    if unit.startswith(("jour", "day", "j")):
        if re.search(r"ouvr|business|working", match[0]):
            return _business_days_ahead(today, count), False
        return today + timedelta(days=count), True
    if unit.startswith(("heure", "h")):
        return today + timedelta(days=max(1, round(count / 24)) if count >= 24 else 0), False
    if unit.startswith(("semaine", "week")):
        return today + timedelta(days=7 * count), False
    return add_months(today, count), False


def _business_days_ahead(today: date, count: int) -> date:
    day = today
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def _ago(match: re.Match[str], today: date) -> tuple[date, bool]:
    count, unit = _count(match), match["unit"]
    days = count * (7 if unit.startswith(("semaine", "week")) else 30 if unit.startswith(("mois", "month")) else 1)
    return today - timedelta(days=days), unit.startswith(("jour", "day"))


def _fixed(days: int, *, is_exact: bool = True) -> Reader:
    return lambda match, today: (today + timedelta(days=days), is_exact)


def _year_end(match: re.Match[str], today: date) -> tuple[date, bool]:
    return date(today.year, 12, 31), False


def _numbered_week(match: re.Match[str], today: date) -> tuple[date, bool] | None:
    number = int(match["number"])
    if not 1 <= number <= 53:
        return None
    year = today.year + (number < today.isocalendar().week - 26)
    return date.fromisocalendar(year, min(number, 52), 5), False


def _week_of(match: re.Match[str], today: date) -> tuple[date, bool] | None:
    """The Friday of the week of a day: "la semaine du 30 novembre", "w/c 30 Nov"."""
    day, month = int(match["d"]), match["month"]
    found = _nearest(_MONTHS[month], day, today) if month else _safe(today.year, today.month, day)
    if found is None:
        return None
    if not month and found < today:
        found = add_months(found, 1)
    return found + timedelta(days=4 - found.weekday()), False


def _first_week(match: re.Match[str], today: date) -> tuple[date, bool]:
    month = _MONTHS[match["month"]]
    return date(today.year + (month < today.month - 3), month, 7), False


def _first_of(match: re.Match[str], today: date) -> tuple[date, bool] | None:
    found = _nearest(_MONTHS[match["month"]], 1, today)
    return (found, True) if found else None


def _christmas(match: re.Match[str], today: date) -> tuple[date, bool]:
    return date(today.year, 12, 24), False


def _weekend(match: re.Match[str], today: date) -> tuple[date, bool]:
    return today + timedelta(days=(6 - today.weekday()) % 7), False


def _last_week(match: re.Match[str], today: date) -> tuple[date, bool]:
    return today - timedelta(days=today.weekday() + 3), False


_YEAR = r"(?:\s*,?\s+(?P<year>20\d\d|\d\d(?=\b(?![h:]))))?"
_BEFORE = rf"(?:{_W}[\s,]+(?:le\s+|the\s+)?)?"

# the first that fits a stretch of text takes it: full dates, then months and weeks, then counts and names of days
_DATES: tuple[tuple[str, Reader], ...] = (
    (
        rf"\b(?:semaine (?:du|commencant le)|week (?:of|commencing|beginning)(?: the)?|w/[cb])\s+(?P<d>[0-3]?\d)"
        rf"(?:er|st|nd|rd|th)?(?:\s+(?:of\s+)?{_M})?",
        _week_of,
    ),
    (rf"\b(?:premiere|1ere|1re|first|1st) (?:semaine|week) (?:de |d'|of |in )?{_M}", _first_week),
    (rf"\b(?:le |au )?premier\s+{_M}", _first_of),
    (r"\b(?P<year>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)\b", _iso),
    (
        r"(?<![\d/.,-])(?P<d>[0-3]?\d)\s?[/.-]\s?(?P<m>[01]?\d)\s?[/.-]\s?(?P<year>20\d\d|\d\d)(?!\d|"
        r"[/-]\d)",
        _slashed,
    ),
    (r"(?<![\d/.,-])(?P<m>[01]?\d)/(?P<d>[1-3]\d)/(?P<year>20\d\d|\d\d)(?![\d/])", _slashed),
    (r"(?<![\d/.,a-z-])(?P<d>[0-3]?\d)/(?P<m>[01]?\d)(?P<year>)(?!\d|[/.,-]\d)", _slashed),
    (rf"\b{_BEFORE}(?:le\s+|the\s+)?(?P<d>[0-3]?\d)(?:er|st|nd|rd|th|e)?\s+(?:of\s+)?{_M}{_YEAR}", _named),
    (rf"\b{_BEFORE}{_M}\s+(?:the\s+)?(?P<d>[0-3]?\d)(?:st|nd|rd|th)?\b(?!\s*(?:jour|day|%|eur|€)){_YEAR}", _named),
)

_SPANS: tuple[tuple[str, Reader], ...] = (
    (
        rf"\b(?P<part>fin|end of|the end of|late|mi|mid|milieu(?: de)?|debut|early|beginning of|courant|during|in)"
        rf"[\s-]+(?:le mois de |du mois de |d')?{_M}(?:\s+(?P<year>20\d\d))?",
        _part_of_month,
    ),
    (
        r"\b(?:le |the )?(?P<d>[0-3]?\d)(?:er|th|st|nd|rd)? (?:du mois prochain|of (?:the )?next month|"
        r"of (?:the|this) month|de ce mois|du mois(?: en cours)?|courant)\b",
        _day_number,
    ),
    (
        r"\b(?:a la |en |la |d'ici (?:la )?|pour (?:la )?|at |by |before |avant (?:la )?|the )*(?:fin|end)"
        r"(?: (?:de|du|of|d')? ?(?:the |this |ce |next |following )*)?(?:mois|month)(?: prochain|"
        r" en cours| courant)?\b|"
        r"\beom\b|\bmonth[- ]end\b",
        _month_end,
    ),
    (
        r"\b(?:(?:debut|milieu|mi|courant|early|beginning of|mid)[- ]?(?:du |le )?)?(?:(?:le |du |"
        r"au )?mois prochain|next month)\b",
        _next_month,
    ),
    (
        r"\b(?:la |en |a la |d'ici (?:la )?|by |at |before |the |pour (?:la )?|towards )*"
        r"(?:fin|end|debut|milieu|mid|early|beginning|courant|late|later|latter part)[- ]?(?:de |"
        r"of |d')?(?:la |the |this |cette )?"
        r"(?:semaine (?:prochaine|suivante)|next week|following week|semaine\b|week\b)",
        _week,
    ),
    (
        r"\b(?:la )?semaine (?:prochaine|suivante)\b|\b(?:the )?(?:next|following) week\b|"
        r"\bcette semaine\b|\bthis week\b",
        _week,
    ),
)

_RELATIVE: tuple[tuple[str, Reader], ...] = (
    (
        r"\b(?:en |la |week |wk )?(?:semaine |sem\.? ?|week |wk ?|s(?=\d{2}\b))(?:n° ?)?"
        r"(?P<number>\d{1,2})\b(?! ?(?:jours|days))",
        _numbered_week,
    ),
    (r"\b(?:la )?semaine (?:derniere|passee)\b|\blast week\b", _last_week),
    (rf"\b(?:il y a|depuis)\s+{_N}\s+(?P<unit>jours?|semaines?|mois)\b", _ago),
    (rf"\b{_N}\s+(?P<unit>days?|weeks?|months?)\s+ago\b", _ago),
    (
        rf"\b(?:sous|dans|d'ici|d ici|within|in|in the next|over the next|dans les|sous les|"
        rf"d'ici a|next)\s+(?:an?other |the next |the |les |environ |about |max(?:imum)? )*"
        rf"{_N}\s*(?:a \d+ |- ?\d+ )?(?:prochaine?s? |next )?(?:business |working |"
        rf"calendar )?(?P<unit>jours?|j\b|heures?|h\b|hours?|semaines?|mois|days?|weeks?|months?)"
        r"(?: ouvres?| ouvrables?)?",
        _ahead,
    ),
    (r"\b(?:by |before )?(?:the )?(?:eow|end of (?:the )?week)\b", _week),
    (r"\b(?:avant|d'ici(?: a)?|pour|before|by) (?:noel|les fetes|christmas|xmas)\b", _christmas),
    (r"\bce week-?end\b|\bthis weekend\b", _weekend),
    (r"\bsous huitaine\b|\bd'ici (?:une )?huitaine\b|\bdans la huitaine\b", _fixed(8)),
    (
        r"\bsous quinzaine\b|\bd'ici (?:une )?quinzaine\b|\bdans (?:une|la) quinzaine\b|\bfortnight\b",
        _fixed(15, is_exact=False),
    ),
    (
        rf"\b(?:ce |this |next |last |coming |le |on |by )*{_W}(?: prochain| qui vient| en huit|"
        rf" dernier| passe| next| coming|"
        r" of next week| de la semaine prochaine)?\b",
        _weekday,
    ),
    (r"\bapres[- ]demain\b|\bday after tomorrow\b", _fixed(2)),
    (r"\bdemain\b|\btomorrow\b|\btmrw\b", _fixed(1)),
    (r"\bavant[- ]hier\b|\bday before yesterday\b", _fixed(-2)),
    (r"\bhier\b|\byesterday\b", _fixed(-1)),
    (
        r"\baujourd.?hui\b|\bce jour\b|\btoday\b|\bce (?:matin|soir|midi)\b|"
        r"\bcet(?:te)? apres[- ]midi\b|\bthis (?:morning|"
        r"afternoon|evening)\b|\bfin de journee\b|\bdans la journee\b|\bend of (?:the )?day\b|\btonight\b|\beod\b",
        _fixed(0),
    ),
    (r"\b(?:la )?fin (?:de l')?(?:d')?annee\b|\b(?:the )?end of (?:the )?year\b|\byear[- ]end\b", _year_end),
    (
        r"\b(?:le|au|the|du|d'ici le|avant le|apres le)\s+(?P<d>[0-3]?\d)(?:er|st|nd|rd|"
        r"th)?(?:\s+(?:prochain|au plus tard))?\b"
        r"(?!\s*(?:[/.,:h%€$-]\s*\d|jours?|days?|mois|euros?|eur\b|€|%|factures?|invoices?|h\b|heures?))",
        _day_number,
    ),
)

_READERS = tuple((re.compile(pattern), reader) for pattern, reader in (*_DATES, *_SPANS, *_RELATIVE))
