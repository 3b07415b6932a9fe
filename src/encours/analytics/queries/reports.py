"""The KPI report as it is kept and shown: plain values with their fingerprint."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from encours.analytics.models import Snapshot
from encours.analytics.queries import kpis
from encours.analytics.queries.kpis import KpiPoint
from encours.analytics.rules.periods import Period
from encours.analytics.rules.reckoning import Conventions, Figure
from encours.ledger.queries import AsOf, Selection

KPIS, AGED = "kpis", "aged"
# an answer that takes longer than this is not reckoned again for every change
SLOW_MS = 2_000
STATED = Conventions()


@dataclass(frozen=True, slots=True)
class Asked:
    """The question a KPI report answers."""

    selection: Selection
    as_of: AsOf
    period: Period | None = None
    conventions: Conventions = STATED
    history_months: int = kpis.HISTORY_MONTHS

    @property
    def digest(self) -> str:
        """A digest of filters, period and conventions, to find a kept answer by."""
        asked = {
            **self.selection.parameters(),
            **self.conventions.as_json(),
            "period": [self.period.first_date, self.period.last_date] if self.period else None,
            "history": self.history_months,
        }
        return _digest(asked)


@dataclass(frozen=True, slots=True)
class Entry:
    """The figures of one currency at one day, and the terms their formulas were filled with."""

    currency: str
    first_date: date
    last_date: date
    figures: dict[str, Figure]
    terms_minor: dict[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """The answer: the figures of the day, and their monthly history, oldest first."""

    as_of: AsOf
    conventions: Conventions
    entries: Sequence[Entry]
    history: Sequence[Entry]
    fingerprint: str
    made_at: datetime | None = field(default=None, compare=False)

    @property
    def currencies(self) -> list[str]:
        """The currencies there are figures in."""
        return [entry.currency for entry in self.entries]

    def history_of(self, currency: str) -> list[Entry]:
        """The months of one currency."""
        return [entry for entry in self.history if entry.currency == currency]


def reckoned(asked: Asked) -> dict[str, Any]:
    """The report's content, reckoned from the books: the same for the same question for ever (of a given K)."""
    now = kpis.kpis(asked.selection, asked.as_of, period=asked.period, conventions=asked.conventions)
    months = (
        kpis.history(asked.selection, asked.as_of, count=asked.history_months, conventions=asked.conventions)
        if asked.history_months
        else []
    )
    return {"entries": [_plain(point) for point in now], "history": [_plain(point) for point in months]}


def _plain(point: KpiPoint) -> dict[str, Any]:
    inputs = point.inputs
    return {
        "currency": point.currency,
        "from": point.period.first_date.isoformat(),
        "to": point.period.last_date.isoformat(),
        "figures": {code: [f.value, f.unit, f.is_lower_bound] for code, f in point.figures.items()},
        "terms": {
            "opening": inputs.opening.net_minor,
            "closing": inputs.closing.net_minor,
            "sales": inputs.sales_minor,
            "sales_year": inputs.sales_year_minor,
            "paid": inputs.settled.amount_minor,
            "due": inputs.punctuality.due_minor,
        },
    }


def report_of(asked: Asked, content: dict[str, Any], *, made_at: datetime | None = None) -> Report:
    """The content as values again."""
    return Report(
        as_of=asked.as_of,
        conventions=asked.conventions,
        entries=[_entry(plain) for plain in content["entries"]],
        history=[_entry(plain) for plain in content["history"]],
        fingerprint=fingerprint_of(content),
        made_at=made_at,
    )


def _entry(plain: dict[str, Any]) -> Entry:
    return Entry(
        currency=plain["currency"],
        first_date=date.fromisoformat(plain["from"]),
        last_date=date.fromisoformat(plain["to"]),
        figures={code: Figure(*values) for code, values in plain["figures"].items()},
        terms_minor=dict(plain["terms"]),
    )


def books_state(organisation_id: int) -> str:
    """What the books hold, in a few numbers that change with every fact and every customer: tells a stale report.

    The version grows when the standings take in what triggers noted of committed transactions; what is noted and not
    taken in yet is told by its count and its latest id.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select coalesce((select version from analytics_standingday where organisation_id = %(organisation)s), 0),
                   count(*), coalesce(max(id), 0)
            from analytics_touched where organisation_id = %(organisation)s
            """,
            {"organisation": organisation_id},
        )
        return "/".join(str(value) for value in cursor.fetchone())


def kept_snapshot(asked: Asked, *, kind: str, state: str, not_before: datetime | None) -> Snapshot | None:
    """The kept answer, if the books have not changed since; one that takes long may be from `not_before`."""
    is_good = Q(books_state=state)
    if not_before is not None:
        is_good |= Q(made_at__gte=not_before, reckoned_ms__gte=SLOW_MS)
    return Snapshot.objects.filter(
        is_good,
        organisation_id=asked.selection.organisation_id,
        kind=kind,
        as_of=asked.as_of.day,
        known_at=asked.as_of.known_at,
        question=asked.digest,
    ).first()


def fingerprint_of(content: Any) -> str:
    """The digest of a report: the same content has the same one, today and in ten years."""
    return _digest(content)


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
