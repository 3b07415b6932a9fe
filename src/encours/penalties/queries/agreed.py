"""What was agreed about the rate, and the legal values with those that people entered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from encours.core.dates import HalfYear
from encours.core.legal_values import LegalValue, Registry
from encours.penalties.models import LegalRate, PenaltyTerms
from encours.penalties.rules.rates import STATUTORY, Agreement, Imputation, RateKind, Regime
from encours.penalties.rules.registry import LEGAL_RATE, shipped

_ARTICLES = {LEGAL_RATE: "CMF L313-2"}


@dataclass(frozen=True, slots=True)
class Agreements:
    """The penalty terms of an organisation, as its customers and companies have them."""

    rows: Sequence[PenaltyTerms]

    def of(self, customer_id: int, entity_id: int, *, item_date: date) -> Agreement:
        """What holds for an item: the customer's terms before the company's before everyone's, else the law's."""
        found = self.row_of(customer_id, entity_id, item_date=item_date)
        if found is None:
            return STATUTORY
        return Agreement(Regime(found.regime), RateKind(found.rate_kind), found.figure, Imputation(found.imputation))

    def row_of(self, customer_id: int, entity_id: int, *, item_date: date) -> PenaltyTerms | None:
        """The terms that hold; of those alike the latest beginning, then the one recorded last."""
        fitting = [
            row
            for row in self.rows
            if row.customer_id in (None, customer_id)
            and row.entity_id in (None, entity_id)
            and row.valid_from <= item_date
        ]
        return max(
            fitting,
            key=lambda row: (row.customer_id is not None, row.entity_id is not None, row.valid_from, row.pk),
            default=None,
        )


def agreements_of(organisation_id: int, *, known_at: datetime | None = None) -> Agreements:
    """All penalty terms of the organisation, as known at an instant."""
    rows = PenaltyTerms.objects.filter(organisation_id=organisation_id)
    return Agreements(list(_known(rows, known_at).order_by("pk")))


def company_terms(organisation_id: int) -> list[PenaltyTerms]:
    """What companies use where nothing was agreed with the customer, the latest first."""
    rows = PenaltyTerms.objects.filter(organisation_id=organisation_id, customer=None).select_related("entity")
    return list(rows.order_by("-valid_from", "-pk"))


def registry_of(organisation_id: int, *, known_at: datetime | None = None) -> Registry:
    """The legal values shipped, followed by the rates that people of the organisation entered or verified."""
    rows = LegalRate.objects.filter(organisation_id=organisation_id)
    return shipped().following(_value(row) for row in _known(rows, known_at).order_by("pk"))


def _known[Row: (PenaltyTerms, LegalRate)](rows: QuerySet[Row], known_at: datetime | None) -> QuerySet[Row]:
    return rows.filter(recorded_at__lte=known_at) if known_at else rows


def _value(row: LegalRate) -> LegalValue:
    half = HalfYear.of(row.valid_from)
    return LegalValue(
        code=row.code,
        value=row.percent.normalize() + 0,
        unit="percent",
        valid_from=half.first_day,
        valid_to=half.following().first_day,
        article=_ARTICLES.get(row.code, "C. com. L441-10 II"),
        source=row.source,
        doubt=row.doubt,
        verified_by=row.author_name,
    )
