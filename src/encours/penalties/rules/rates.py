"""Which yearly rate a late debt bears in a half-year, and on what article and values that rests."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from encours.core.dates import HalfYear
from encours.core.legal_values import LegalValue, Registry
from encours.penalties.rules.registry import (
    COMMERCIAL_COMPENSATION,
    COMMERCIAL_POINTS,
    ECB_RATE,
    FLOOR_MULTIPLE,
    LEGAL_RATE,
    PUBLIC_COMPENSATION,
    PUBLIC_POINTS,
)


class Regime(StrEnum):
    """Which law the debt follows."""

    COMMERCIAL = "commercial"  # between professionals: C. com. L441-10
    PUBLIC = "public"  # a public buyer: Code de la commande publique


class RateKind(StrEnum):
    """How the contract or the law states the rate."""

    STATUTORY = "statutory"
    ECB_PLUS = "ecb_plus"
    LEGAL_TIMES = "legal_times"
    FIXED = "fixed"


class Imputation(StrEnum):
    """What a partial payment pays first."""

    PRINCIPAL = "principal"
    INTEREST = "interest"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What rate holds for a debt: the law's own, or what the contract says (`figure` points, times or percent)."""

    regime: Regime = Regime.COMMERCIAL
    rate_kind: RateKind = RateKind.STATUTORY
    figure: Decimal | None = None
    imputation: Imputation = Imputation.PRINCIPAL


STATUTORY = Agreement()


@dataclass(frozen=True, slots=True)
class Rate:
    """A yearly rate in percent, how it was made and from which legal values."""

    percent: Decimal
    kind: RateKind
    figure: Decimal
    article: str
    values: tuple[LegalValue, ...]
    is_floor: bool = False

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is not certain about the values behind it."""
        return tuple(f"{value.code}: {value.doubt}" for value in self.values if value.doubt)


def rate_of(agreement: Agreement, half: HalfYear, *, began: date, registry: Registry) -> Rate:
    """The rate of a half-year for interest that began to run on `began`.

    Between professionals, without a clause: the refinancing rate on 1 January or 1 July plus 10 points (L441-10 II):
    2025 S1 -> 3.15 + 10 = 13.15. A clause is lifted to three times the legal rate where it is lower: 2024 S1, 5 %
    agreed -> 3 x 5.07 = 15.21. That floor binds clauses only, so the law's own 14.50 stays below it.
    A public buyer owes the refinancing rate of the half-year in which the interest began, plus 8 points, for as long
    as it runs (CCP R2192-31): began in 2024 S2 -> 12.25 in 2025 S1 too.
    """
    if agreement.regime is Regime.PUBLIC:
        return _ecb_plus(HalfYear.of(began).first_day, PUBLIC_POINTS, registry)
    if agreement.rate_kind is RateKind.STATUTORY:
        return _ecb_plus(half.first_day, COMMERCIAL_POINTS, registry)
    return _lifted(_agreed(agreement, half.first_day, registry), half.first_day, registry)


def compensation_of(agreement: Agreement, *, due_date: date, registry: Registry) -> LegalValue:
    """The fixed compensation for recovery costs of an invoice due on that day: EUR 40 (D441-5, D2192-35)."""
    code = PUBLIC_COMPENSATION if agreement.regime is Regime.PUBLIC else COMMERCIAL_COMPENSATION
    return registry.at(code, due_date)


def _ecb_plus(day: date, points_code: str, registry: Registry) -> Rate:
    ecb, points = registry.at(ECB_RATE, day), registry.at(points_code, day)
    return Rate(ecb.value + points.value, RateKind.STATUTORY, points.value, points.article, (ecb, points))


def _agreed(agreement: Agreement, day: date, registry: Registry) -> Rate:
    figure = agreement.figure or Decimal(0)
    article = registry.at(COMMERCIAL_POINTS, day).article
    if agreement.rate_kind is RateKind.ECB_PLUS:
        ecb = registry.at(ECB_RATE, day)
        return Rate(ecb.value + figure, RateKind.ECB_PLUS, figure, article, (ecb,))
    if agreement.rate_kind is RateKind.LEGAL_TIMES:
        legal = registry.at(LEGAL_RATE, day)
        return Rate(legal.value * figure, RateKind.LEGAL_TIMES, figure, article, (legal,))
    return Rate(figure, RateKind.FIXED, figure, article, ())


def _lifted(rate: Rate, day: date, registry: Registry) -> Rate:
    legal, multiple = registry.at(LEGAL_RATE, day), registry.at(FLOOR_MULTIPLE, day)
    floor = legal.value * multiple.value
    if rate.percent >= floor:
        return rate
    return Rate(floor, RateKind.LEGAL_TIMES, multiple.value, multiple.article, (legal, multiple), is_floor=True)
