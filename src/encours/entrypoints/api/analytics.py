"""The aged balance and the KPIs: the very documents that the command line prints."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field as PydanticField

from encours.access.rules import Permission
from encours.analytics import actions
from encours.analytics.queries import ageing as aged_balance
from encours.analytics.queries import facts, reports
from encours.analytics.queries.ageing import By
from encours.analytics.queries.rows import Page, rows_behind
from encours.analytics.rules.ageing import Basis, BucketLimitsUnusable, Scheme, Unapplied
from encours.analytics.rules.definitions import BY_CODE
from encours.analytics.rules.periods import Period, months_to
from encours.analytics.rules.reckoning import Conventions
from encours.core.errors import NotFound, gettext_noop
from encours.entrypoints import figures
from encours.entrypoints.api.shapes import (
    Limit,
    MoneyShape,
    cursor_of,
    customer_id_of,
    money,
    place_of,
    scope_for,
    scope_of,
    today,
)
from encours.ledger.queries import AsOf, Selection

router = Router()


class KpiUnknown(NotFound):
    """No KPI of that code."""

    message = gettext_noop("There is no figure {code}.")


class BucketShape(Schema):
    """One column: from and to days late, null where open-ended."""

    code: str
    from_days: int | None
    to_days: int | None


class AmountsShape(Schema):
    """The columns of a line or a total, in one currency."""

    currency: str
    buckets: dict[str, MoneyShape]
    unapplied: MoneyShape
    total: MoneyShape


class LineShape(AmountsShape):
    """A line; which name it has depends on `by`."""

    customer_number: str | None = None
    customer_name: str | None = None
    entity_code: str | None = None
    entity_name: str | None = None
    collector: str | None = None
    segment: str | None = None
    country: str | None = None


class AgeingShape(Schema):
    """The aged balance."""

    as_of: date
    known_at: datetime | None
    by: By
    basis: Basis
    unapplied: Unapplied
    buckets: list[BucketShape]
    lines: list[LineShape]
    totals: list[AmountsShape]


class AgeingFilter(Schema):
    """The question."""

    as_of: date | None = None
    known_at: datetime | None = None
    by: By = By.CUSTOMER
    basis: Basis = Basis.DUE
    unapplied: Unapplied = Unapplied.APART
    buckets: str = "30,60,90"
    customer_number: str | None = None
    currency: str | None = None


@router.get("/ageing", response=AgeingShape, exclude_unset=True, summary="The aged balance")
def get_ageing(request: HttpRequest, asked: Query[AgeingFilter]) -> Any:
    scope = scope_of(request)
    try:
        limits = tuple(int(text) for text in asked.buckets.split(","))
    except ValueError:
        raise BucketLimitsUnusable(limits=asked.buckets) from None
    balance = aged_balance.ageing(
        Selection.of(scope, customer_id=customer_id_of(asked.customer_number, scope=scope), currency=asked.currency),
        AsOf(asked.as_of or today(), asked.known_at),
        scheme=Scheme(limits_days=limits, basis=asked.basis, unapplied=asked.unapplied),
        by=asked.by,
    )
    return figures.ageing_document(balance)


class KpiFilter(Schema):
    """The question and its conventions."""

    as_of: date | None = None
    known_at: datetime | None = None
    first_date: date | None = None
    months: Annotated[int, PydanticField(ge=1, le=60)] = 3
    history: int = 0
    grace_days: Annotated[int, PydanticField(ge=0, le=3650)] = 0
    net_of_unapplied: bool = True
    late_parts_only: bool = False
    customer_number: str | None = None
    currency: str | None = None

    def as_of_day(self) -> AsOf:
        """The day and the state of knowledge."""
        return AsOf(self.as_of or today(), self.known_at)

    def period(self) -> Period | None:
        """The period named, if one is."""
        return Period(self.first_date, self.as_of_day().day) if self.first_date else None

    def conventions(self) -> Conventions:
        """The switches."""
        return Conventions(
            net_of_unapplied=self.net_of_unapplied,
            late_parts_only=self.late_parts_only,
            grace_days=self.grace_days,
            period_months=self.months,
        )


class DefinitionShape(Schema):
    """What a figure means."""

    code: str
    name: str
    formula: str
    convention: str
    unit: str


class KpiShape(Schema):
    """The KPIs by currency, with their history and definitions."""

    as_of: date
    known_at: datetime | None
    conventions: dict[str, Any]
    currencies: list[dict[str, Any]]
    definitions: list[DefinitionShape]
    fingerprint: str


@router.get("/kpis", response=KpiShape, summary="DSO and the other figures")
def get_kpis(request: HttpRequest, asked: Query[KpiFilter]) -> Any:
    scope = scope_for(request, Permission.VIEW_KPIS)
    selection = Selection.of(
        scope, customer_id=customer_id_of(asked.customer_number, scope=scope), currency=asked.currency
    )
    report = actions.report_kpis(
        reports.Asked(
            selection=selection,
            as_of=asked.as_of_day(),
            period=asked.period(),
            conventions=asked.conventions(),
            history_months=max(0, min(asked.history, 60)),
        )
    )
    return figures.kpi_document(report)


class KpiRowShape(Schema):
    """One row behind a figure; the amounts sum to what the figure stands on."""

    customer_number: str
    customer_name: str
    kind: str
    invoice_number: str
    issue_date: date | None
    due_date: date | None
    paid_date: date | None
    days: int | None
    state: str
    amount: MoneyShape


class KpiRowPage(Schema):
    """Some rows, and where the next ones start."""

    items: list[KpiRowShape]
    next_cursor: str | None


class KpiRowFilter(KpiFilter):
    """The question, and which part of its rows."""

    limit: Limit = 100
    cursor: str | None = None


@router.get("/kpis/{code}/rows", response=KpiRowPage, summary="The rows behind a figure")
def get_kpi_rows(request: HttpRequest, code: str, asked: Query[KpiRowFilter]) -> Any:
    if code not in BY_CODE:
        raise KpiUnknown(code=code)
    scope, as_of = scope_for(request, Permission.VIEW_KPIS), asked.as_of_day()
    selection = Selection.of(
        scope, customer_id=customer_id_of(asked.customer_number, scope=scope), currency=asked.currency
    )
    first_kind = int if BY_CODE[code].rows == "customers" else date
    rows = list(
        rows_behind(
            code,
            facts.Asked(selection, as_of),
            period=asked.period() or months_to(as_of.day, months=asked.months),
            grace_days=asked.grace_days,
            page=Page(place_of(asked.cursor, kinds=(first_kind, int)), asked.limit + 1),
        )
    )
    shown = rows[: asked.limit]
    return {
        "items": [
            {
                "customer_number": row.customer_number,
                "customer_name": row.customer_name,
                "kind": row.kind,
                "invoice_number": row.document_number,
                "issue_date": row.item_date,
                "due_date": row.due_date,
                "paid_date": row.paid_date,
                "days": row.days,
                "state": row.state,
                "amount": money(row.amount_minor, row.currency),
            }
            for row in shown
        ],
        "next_cursor": cursor_of(shown[-1].place, shown[-1].place_id) if len(rows) > asked.limit else None,
    }
