"""How a segment, a rate and a warning are said and kept: one form for the command, the screen and the note."""

from collections.abc import Callable, Mapping
from typing import Any

from encours.core.errors import gettext_noop
from encours.core.legal_values import LegalValue
from encours.core.money import Money
from encours.penalties.rules.accrual import (
    DISPUTED,
    DOUBTFUL_VALUE,
    DUE_INFERRED,
    FOREIGN_CUSTOMER,
    LIMITED,
    UNAPPLIED,
    UNDATED_PAYMENT,
    percent,
    plain,
)
from encours.penalties.rules.interest import Segment
from encours.penalties.rules.rates import Rate, RateKind

type Translate = Callable[[str], str]

WARNING_SENTENCES: Mapping[str, str] = {
    DOUBTFUL_VALUE: gettext_noop("A legal value used here is not verified at its official source."),
    DUE_INFERRED: gettext_noop("A due date was worked out from the terms: penalties run from the one on the invoice."),
    UNDATED_PAYMENT: gettext_noop("A part was settled on a day the books do not tell: it bears no interest here."),
    FOREIGN_CUSTOMER: gettext_noop("The customer is abroad: check that French law governs the contract."),
    DISPUTED: gettext_noop("An amount is disputed: what turns out not to be owed bears no interest."),
    UNAPPLIED: gettext_noop("Money or a credit note is waiting to be applied on this account: apply it first."),
    LIMITED: gettext_noop("Due more than five years ago: time-barred (C. com. L110-4) unless an act interrupted that."),
}

_RATE_SENTENCES: Mapping[RateKind, str] = {
    RateKind.STATUTORY: gettext_noop("ECB refinancing rate {ecb} % + {figure} points"),
    RateKind.ECB_PLUS: gettext_noop("contract: ECB refinancing rate {ecb} % + {figure} points"),
    RateKind.LEGAL_TIMES: gettext_noop("contract: {figure} × legal interest rate {legal} %"),
    RateKind.FIXED: gettext_noop("contract: fixed rate"),
}
_FLOOR_SENTENCE = gettext_noop("lifted to the floor: {figure} × legal interest rate {legal} %")


def _same(text: str) -> str:
    return text


def rate_sentence(rate: Rate, translate: Translate = _same, *, mark: str = ".") -> str:
    """How the rate was made: "ECB refinancing rate 2.15 % + 10 points", with the reader's decimal mark."""
    template = _FLOOR_SENTENCE if rate.is_floor else _RATE_SENTENCES[rate.kind]
    told = {value.code: percent(value.value).replace(".", mark) for value in rate.values}
    return translate(template).format(
        figure=plain(rate.figure).replace(".", mark),
        ecb=told.get("ecb_refinancing_rate", ""),
        legal=told.get("legal_interest_rate_business", ""),
    )


def warning_sentence(code: str, translate: Translate = _same) -> str:
    """A warning in words."""
    return translate(WARNING_SENTENCES[code])


def kept(segment: Segment, currency: str) -> dict[str, Any]:
    """A segment as JSON has it, whole: days, amount, rate, article, sources and doubts."""
    return {
        "half_year": str(segment.half_year),
        "from": segment.first_day.isoformat(),
        "to": segment.last_day.isoformat(),
        "days": segment.days,
        "base": Money(segment.base_minor, currency).as_json(),
        "rate_percent": percent(segment.rate.percent),
        "rate": rate_sentence(segment.rate),
        "article": segment.rate.article,
        "sources": [kept_value(value) for value in segment.rate.values],
        "interest": Money(segment.amount_minor, currency).as_json(),
    }


def figure(value: LegalValue) -> str:
    """What a legal value says, without its unit: 2.40 percent, 10 points, 40.00 euros."""
    return percent(value.value) if value.unit in ("percent", "EUR") else plain(value.value)


def kept_value(value: LegalValue) -> dict[str, Any]:
    """A legal value as JSON has it."""
    return {
        "name": value.code,
        "value": figure(value),
        "unit": value.unit,
        "valid_from": value.valid_from.isoformat(),
        "article": value.article,
        "source": value.source,
        "doubt": value.doubt,
        "verified_by": value.verified_by,
    }
