"""The legal registers of penalties and deadlines as one page reads them: by subject, today's first, the past after."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from encours.core.dates import ONE_DAY, HalfYear
from encours.core.legal_values import LegalValue, Registry
from encours.credit.rules.terms import CEILING, CEILING_MONTH_END
from encours.entrypoints import formats
from encours.penalties.rules import registry, wording

NAMES: Mapping[str, Promise] = {
    registry.ECB_RATE: gettext_lazy("ECB refinancing rate"),
    registry.LEGAL_RATE: gettext_lazy("Legal interest rate, between professionals"),
    registry.COMMERCIAL_POINTS: gettext_lazy("Points above the ECB rate, between professionals"),
    registry.PUBLIC_POINTS: gettext_lazy("Points above the ECB rate, public buyers"),
    registry.FLOOR_MULTIPLE: gettext_lazy("Floor of an agreed rate, times the legal rate"),
    registry.COMMERCIAL_COMPENSATION: gettext_lazy("Fixed compensation, between professionals"),
    registry.PUBLIC_COMPENSATION: gettext_lazy("Fixed compensation, public buyers"),
    "limitation_commercial": gettext_lazy("Limitation, between professionals"),
    "limitation_general": gettext_lazy("Limitation, general law"),
    "limitation_consumer": gettext_lazy("Limitation, sales to consumers"),
    "limitation_carriage": gettext_lazy("Limitation, carriage of goods"),
    "limitation_cap": gettext_lazy("Limitation at the latest, with all interruptions"),
    "title_enforcement": gettext_lazy("Enforcement of a judgment or order"),
    "order_service": gettext_lazy("Serving an order for payment"),
    "order_opposition": gettext_lazy("Opposition to an order for payment"),
    "order_enforceable": gettext_lazy("Order for payment enforceable, once served"),
    "claim_filing": gettext_lazy("Filing a claim in insolvency"),
    "claim_filing_abroad": gettext_lazy("Filing a claim in insolvency, creditor abroad"),
    "claim_relief": gettext_lazy("Relief from a claim filed too late"),
    "retention_claim": gettext_lazy("Claiming goods sold with retention of title"),
    "mandate_lapse": gettext_lazy("Direct debit mandate that is not used"),
    "tax_of_lost_debt": gettext_lazy("Getting the VAT of a lost debt back"),
    CEILING: gettext_lazy("Longest terms between professionals, from the issue of the invoice"),
    CEILING_MONTH_END: gettext_lazy("Longest terms end of month, if the contract says so"),
}
# subject: its name, what it serves for, its values in the order they are read
SUBJECTS: Mapping[str, tuple[Promise, Promise, tuple[str, ...]]] = {
    "interest": (
        gettext_lazy("Interest rates"),
        gettext_lazy("What late-payment interest is reckoned from, half-year by half-year."),
        (
            registry.ECB_RATE,
            registry.LEGAL_RATE,
            registry.COMMERCIAL_POINTS,
            registry.PUBLIC_POINTS,
            registry.FLOOR_MULTIPLE,
        ),
    ),
    "fixed": (
        gettext_lazy("Fixed sums"),
        gettext_lazy("What each late invoice costs besides interest."),
        (registry.COMMERCIAL_COMPENSATION, registry.PUBLIC_COMPENSATION),
    ),
    "terms": (
        gettext_lazy("Payment terms"),
        gettext_lazy("How long professionals may agree to be paid; exceptional terms are held to it."),
        (CEILING, CEILING_MONTH_END),
    ),
    "limitation": (
        gettext_lazy("Limitation and enforcement"),
        gettext_lazy("How long a claim may be sued for, and a judgment carried out."),
        (
            "limitation_commercial",
            "limitation_general",
            "limitation_consumer",
            "limitation_carriage",
            "limitation_cap",
            "title_enforcement",
        ),
    ),
    "order": (
        gettext_lazy("Order for payment"),
        gettext_lazy("The days of an injonction de payer, from its date or its service."),
        ("order_service", "order_opposition", "order_enforceable"),
    ),
    "insolvency": (
        gettext_lazy("Insolvency"),
        gettext_lazy("The days that run from the publication of an opening judgment."),
        ("claim_filing", "claim_filing_abroad", "claim_relief", "retention_claim"),
    ),
    "debits": (
        gettext_lazy("Direct debit"),
        gettext_lazy("How long a mandate lasts without a collection."),
        ("mandate_lapse",),
    ),
    "tax": (
        gettext_lazy("VAT"),
        gettext_lazy("Until when the VAT of a debt that is lost can be claimed back."),
        ("tax_of_lost_debt",),
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A legal value in words, and whether it holds today."""

    value: LegalValue
    name: str
    figure: str
    period: str
    doubt: str
    state: str  # now, coming, past, replaced

    @property
    def last_day(self) -> date | None:
        """The last day it holds; the register keeps the day after."""
        return self.value.valid_to - ONE_DAY if self.value.valid_to else None


@dataclass(frozen=True, slots=True)
class Subject:
    """The values of one subject: those that count, and those that no longer do."""

    key: str
    name: str
    purpose: str
    current: Sequence[Line]
    past: Sequence[Line]
    missing: Sequence[str] = field(default_factory=tuple)

    @property
    def doubt_count(self) -> int:
        """How many of the values that count are not verified."""
        return sum(bool(line.doubt) for line in self.current)


def subjects(
    values: Iterable[LegalValue], *, today: date, text: str = "", only_doubtful: bool = False
) -> list[Subject]:
    """The register by subject, without what the search leaves out.

    On 22 November 2026 the ECB rate of 2026 S2 counts, that of 2026 S1 is past; searched for "L441-10", insolvency
    falls away.
    """
    known = Registry(values)
    lines = [_line(value, known, today=today) for value in known.values()]
    words = _plain(text).split()
    kept = [line for line in lines if _is_found(line, words) and (line.doubt or not only_doubtful)]
    found = []
    for key, (name, purpose, codes) in SUBJECTS.items():
        mine = sorted(
            (line for line in kept if line.value.code in codes),
            key=lambda line: (codes.index(line.value.code), line.state == "coming", -line.value.valid_from.toordinal()),
        )
        missing = [] if words or only_doubtful else [str(NAMES[code]) for code in codes if _is_missing(lines, code)]
        if mine or missing:
            current = [line for line in mine if line.state in {"now", "coming"}]
            past = [line for line in mine if line.state not in {"now", "coming"}]
            found.append(Subject(key, str(name), str(purpose), current, past, missing))
    return found


def _is_missing(lines: Iterable[Line], code: str) -> bool:
    """A rate is set twice a year: one that nobody entered for this half-year has to be."""
    return code in registry.HALF_YEARLY and not any(line.value.code == code and line.state == "now" for line in lines)


def _line(value: LegalValue, known: Registry, *, today: date) -> Line:
    return Line(
        value,
        name=str(NAMES.get(value.code, value.code)),
        figure=figure(value),
        period=str(HalfYear.of(value.valid_from)) if value.code in registry.HALF_YEARLY else "",
        doubt=gettext(value.doubt) if value.doubt else "",
        state=_state(value, known, today=today),
    )


def _state(value: LegalValue, known: Registry, *, today: date) -> str:
    if value.valid_to is not None and value.valid_to <= today:
        return "past"
    day = max(value.valid_from, today)
    if known.at(value.code, day) is not value:
        return "replaced"
    return "now" if value.valid_from <= today else "coming"


def figure(value: LegalValue) -> str:
    """What a value says, with its unit: 2,15 %, 10 points, 40,00 €, 5 ans."""
    language = formats.known_language(get_language())
    said = wording.figure(value)
    told = said if language == "en" else said.replace(".", ",")
    count = int(value.value)
    match value.unit:
        case "percent":
            return f"{told}%" if language == "en" else f"{told}\u00a0%"
        case "EUR":
            return formats.money(int(value.value * Decimal(100)), "EUR", language=language)
        case "points":
            return ngettext("{count} point", "{count} points", count).format(count=told)
        case "times":
            return f"{told}\u00a0×"
        case "years":
            return ngettext("{count} year", "{count} years", count).format(count=told)
        case "months":
            return ngettext("{count} month", "{count} months", count).format(count=told)
        case "days":
            return ngettext("{count} day", "{count} days", count).format(count=told)
    return f"{told} {value.unit}"


def _is_found(line: Line, words: Sequence[str]) -> bool:
    value = line.value
    told = (line.name, line.figure, line.period, value.article, value.source, line.doubt, str(value.valid_from.year))
    text = _plain(" ".join(told))
    return all(word in text for word in words)


def _plain(text: str) -> str:
    """Small letters without accents, every blank a space: what a search compares."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return re.sub(r"\s+", " ", bare).casefold()
