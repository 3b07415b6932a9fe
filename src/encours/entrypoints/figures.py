"""Ageing and KPIs as JSON documents and as tables: the command line and the API answer with these very values."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext, pgettext

from encours.analytics.queries.ageing import AgedBalance, By, Line
from encours.analytics.queries.reports import Entry, Report
from encours.analytics.rules import definitions
from encours.analytics.rules.ageing import Bucket
from encours.analytics.rules.reckoning import Figure
from encours.core.money import Money
from encours.entrypoints import formats
from encours.entrypoints.listing import Column

_DECIMALS = {"days": 2, "percent": 2, "ratio": 6}


def money(minor: int, currency: str) -> dict[str, str]:
    """An amount as every document has it."""
    return Money(minor, currency).as_json()


def ageing_document(balance: AgedBalance) -> dict[str, Any]:
    """The aged balance, lines largest first."""
    return {
        "as_of": balance.as_of.day.isoformat(),
        "known_at": balance.as_of.known_at.isoformat() if balance.as_of.known_at else None,
        "by": balance.by.value,
        "basis": balance.scheme.basis.value,
        "unapplied": balance.scheme.unapplied.value,
        "buckets": [
            {"code": bucket.code, "from_days": bucket.first_days, "to_days": bucket.last_days}
            for bucket in balance.scheme.buckets
        ],
        "lines": [
            {**_named(line, balance.by), **_amounts(balance, line.columns_minor, line.currency)}
            for line in balance.lines
        ],
        "totals": [_amounts(balance, columns, currency) for currency, columns in balance.totals.items()],
    }


def _named(line: Line, by: By) -> dict[str, Any]:
    if by is By.CUSTOMER:
        return {"customer_number": line.number, "customer_name": line.name}
    if by is By.ENTITY:
        return {"entity_code": line.number, "entity_name": line.name}
    return {by.value: line.name}


def _amounts(balance: AgedBalance, columns_minor: Sequence[int], currency: str) -> dict[str, Any]:
    *buckets, unapplied, total = columns_minor
    return {
        "currency": currency,
        "buckets": {
            bucket.code: money(minor, currency) for bucket, minor in zip(balance.scheme.buckets, buckets, strict=True)
        },
        "unapplied": money(unapplied, currency),
        "total": money(total, currency),
    }


def bucket_name(bucket: Bucket) -> str:
    """The head of a column: "Not due", "1-30 d", "> 90 d"."""
    if bucket.first_days is None and bucket.last_days == 0:
        return gettext("Not due")
    if bucket.last_days is None:
        return gettext("> {days} d").format(days=(bucket.first_days or 1) - 1)
    return gettext("{first}-{last} d").format(first=bucket.first_days or 0, last=bucket.last_days)


def ageing_columns(balance: AgedBalance) -> list[Column]:
    """The columns of the balance as a file."""
    names = {
        By.CUSTOMER: (gettext("Customer number"), gettext("Customer")),
        By.ENTITY: (gettext("Company code"), gettext("Company")),
        By.COLLECTOR: (None, gettext("Collector")),
        By.SEGMENT: (None, gettext("Segment")),
        By.COUNTRY: (None, gettext("Country")),
    }[balance.by]
    first = [Column("number", names[0])] if names[0] else []
    return [
        *first,
        Column("name", names[1]),
        Column("currency", gettext("Currency")),
        *(Column(bucket.code, bucket_name(bucket), "money") for bucket in balance.scheme.buckets),
        Column("unapplied", gettext("Not applied"), "money"),
        Column("total", pgettext("of a balance", "Total"), "money"),
    ]


def ageing_rows(balance: AgedBalance) -> Iterator[dict[str, Any]]:
    """The lines of the balance as a file has them, amounts in minor units."""
    for line in balance.lines:
        yield {
            "number": line.number,
            "name": line.name or gettext("None assigned"),
            "currency": line.currency,
            **dict(zip(balance.columns, line.columns_minor, strict=True)),
        }


def kpi_document(report: Report) -> dict[str, Any]:
    """The KPIs by currency, their history, and what each of them means."""
    return {
        "as_of": report.as_of.day.isoformat(),
        "known_at": report.as_of.known_at.isoformat() if report.as_of.known_at else None,
        "conventions": {**report.conventions.as_json(), "notes": convention_notes(report)},
        "currencies": [
            {**_entry(entry), "history": [_entry(month) for month in report.history_of(entry.currency)]}
            for entry in report.entries
        ],
        "definitions": [
            {
                "code": definition.code,
                "name": gettext(definition.name),
                "formula": gettext(definition.formula),
                "convention": gettext(definition.convention) if definition.convention else "",
                "unit": definition.unit,
            }
            for definition in definitions.DEFINITIONS
        ],
        "fingerprint": report.fingerprint,
    }


def convention_notes(report: Report) -> list[str]:
    """The sentences every reader of a KPI is owed."""
    unapplied = definitions.UNAPPLIED_DEDUCTED if report.conventions.net_of_unapplied else definitions.UNAPPLIED_APART
    return [gettext(sentence) for sentence in (*definitions.CONVENTIONS, unapplied)]


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "currency": entry.currency,
        "as_of": entry.last_date.isoformat(),
        "period": {
            "from": entry.first_date.isoformat(),
            "to": entry.last_date.isoformat(),
            "days": (entry.last_date - entry.first_date).days + 1,
        },
        "kpis": {code: figure_value(figure, entry.currency) for code, figure in entry.figures.items()},
    }


def figure_value(figure: Figure, currency: str) -> dict[str, Any]:
    """One KPI: money as money, the rest as a number rounded for reading; null is "n/a"."""
    value: Any = figure.value
    if figure.unit == "money":
        value = money(int(value), currency)
    elif value is not None and figure.unit in _DECIMALS:
        value = round(value, _DECIMALS[figure.unit])
    found = {"value": value, "unit": figure.unit}
    return {**found, "is_lower_bound": True} if figure.is_lower_bound else found


def figure_text(figure: Figure, currency: str, *, language: str) -> str:
    """One KPI for a person: "82,4 j", "≥ 91 j", "94,7 %", "n/a"."""
    if figure.value is None:
        return gettext("n/a")
    if figure.unit == "money":
        return formats.money(int(figure.value), currency, language=language)
    if isinstance(figure.value, str):
        return figure.value
    if figure.unit == "days":
        text = formats.days(figure.value, language=language, decimals=1)
    elif figure.unit == "percent":
        text = formats.percent(figure.value / 100, language=language)
    else:
        text = formats.number(figure.value, language=language, decimals=0 if figure.unit == "count" else 4)
    return f"≥ {text}" if figure.is_lower_bound else text
