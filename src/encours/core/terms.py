"""Settlement terms as agreed with a customer, and the due date they give."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from encours.core.dates import add_months, day_of_month, month_end, month_start
from encours.core.errors import Refused, gettext_noop
from encours.core.text import fold

DAYS_MAX = 365
_DAY_OF_MONTH_MAX = 31


class TermsUnreadable(Refused):
    """Written terms cannot be read with certainty, and a guessed due date would chase people wrongly."""

    message = gettext_noop("“{text}” cannot be read as terms: write for instance 30, 30EOM, EOM30 or 30EOM10.")


class MonthEnd(StrEnum):
    """Where the end of month stands in the reckoning: both orders of “45 jours fin de mois” are lawful in France."""

    NONE = "none"
    AFTER_DAYS = "after_days"
    BEFORE_DAYS = "before_days"


@dataclass(frozen=True, slots=True)
class Terms:
    """Days after the issue date, with the end of month before or after them, and perhaps a day of the next month."""

    days: int = 30
    month_end: MonthEnd = MonthEnd.NONE
    day: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Terms":
        """Terms from their code or from what people write in French or English.

        "30EOM10" and "30 jours fin de mois le 10" are the same; "comptant" and "à réception" are "0".
        """
        folded = fold(text)
        for pattern, place in _PATTERNS:
            found = pattern.fullmatch(folded)
            if found:
                return cls._checked(text, found.groupdict(), place)
        raise TermsUnreadable(text=text)

    @classmethod
    def _checked(cls, text: str, found: dict[str, str | None], place: MonthEnd) -> "Terms":
        days = int(found.get("days") or 0)
        day = int(found["day"] or 0) if found.get("day") else None
        if days > DAYS_MAX or (day is not None and not 1 <= day <= _DAY_OF_MONTH_MAX):
            raise TermsUnreadable(text=text)
        return cls(days, place, day)

    @property
    def code(self) -> str:
        """The one way the terms are stored: "0", "30", "30EOM", "EOM30", "30EOM10"."""
        after = "" if self.day is None else str(self.day)
        match self.month_end:
            case MonthEnd.NONE:
                return str(self.days)
            case MonthEnd.AFTER_DAYS:
                return f"{self.days}EOM{after}"
            case MonthEnd.BEFORE_DAYS:
                return f"EOM{self.days}"

    def __str__(self) -> str:
        return self.code

    def due_date(self, issue_date: date) -> date:
        """The day the amount falls due.

        Issued 31 January 2027: "30" -> 2 March, "30EOM" -> 31 March, "EOM30" -> 2 March, "30EOM10" -> 10 April.
        """
        delay = timedelta(days=self.days)
        match self.month_end:
            case MonthEnd.NONE:
                return issue_date + delay
            case MonthEnd.BEFORE_DAYS:
                return month_end(issue_date) + delay
            case MonthEnd.AFTER_DAYS:
                end = month_end(issue_date + delay)
                return end if self.day is None else day_of_month(add_months(month_start(end), 1), self.day)


_DAYS = r"(?P<days>\d{1,3})"
_UNIT = r"\s*(?:jours?|jrs?|j|days?|d)?\.?"
_NET = r"(?:\s*(?:nets?|calendaires?|calendar))?"
_FROM = r"(?:\s*(?:(?:a compter de la |from )?date (?:de |d')?\w+|from \w+(?: date)?|\w+ date))?"
_LEAD = r"(?:paiement |reglement |virement |cheque |lcr |net |a )*"
_MONTH_END = r"(?:\s*[+,]?\s*(?:le |la )?(?:fin de mois|fin du mois|fin mois|fdm|f\.d\.m\.?|eom|end of (?:the )?month))"
_DAY = r"(?:\s*[+,]?\s*(?:le|the|on the)?\s*(?P<day>\d{1,2})(?:e|er|th|st|nd|rd)?(?: du mois(?: suivant)?)?)"
_AT_ONCE = (
    r"(?:au )?comptant|cash|immediate?|immediatement|(?:a |des )?reception(?: (?:de |d')?\w+)?"
    r"|(?:due )?(?:up)?on receipt|prepaid|a la commande|0"
)

_PATTERNS = [
    (re.compile(rf"{_LEAD}(?:{_AT_ONCE})"), MonthEnd.NONE),
    (re.compile(rf"{_LEAD}{_DAYS}{_UNIT}{_NET}{_FROM}"), MonthEnd.NONE),
    (re.compile(rf"{_LEAD}{_MONTH_END}"), MonthEnd.AFTER_DAYS),
    (re.compile(rf"{_LEAD}{_DAYS}{_UNIT}{_NET}{_MONTH_END}{_DAY}?"), MonthEnd.AFTER_DAYS),
    (re.compile(rf"{_LEAD}{_MONTH_END}\s*(?:[+,a]|plus)?\s*{_DAYS}{_UNIT}{_NET}"), MonthEnd.BEFORE_DAYS),
]
