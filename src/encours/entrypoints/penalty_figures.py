"""Penalties as programs read them: the document of `encours penalties --json` and of the API."""

from collections.abc import Sequence
from typing import Any

from encours.core.money import Money
from encours.ledger.queries import AsOf
from encours.penalties.queries.accruals import LeftOut
from encours.penalties.rules import wording
from encours.penalties.rules.accrual import Accrual, Total, totals_of
from encours.penalties.rules.interest import YEAR_DAYS

CONVENTIONS = {
    "first_day": "the day after the due date",
    "last_day": "the day of payment, included; else the day asked about",
    "year_days": YEAR_DAYS,
    "rounding": "each segment to the cent, half away from zero; the total is their sum",
    "principal": "the amount still owed, taxes included; penalties carry no VAT",
    "payments": "on the day they came in, whenever they were matched, the oldest debt first within one allocation",
}


def document(accruals: Sequence[Accrual], *, as_of: AsOf, left_out: Sequence[LeftOut]) -> dict[str, Any]:
    """All of it: items with their segments, totals, who is left out, what is refused."""
    return {
        "as_of": as_of.day.isoformat(),
        "known_at": as_of.known_at.isoformat() if as_of.known_at else None,
        "conventions": CONVENTIONS,
        "items": [item(accrual) for accrual in accruals],
        "totals": [_total(total) for total in totals_of(accruals)],
        "left_out": [
            {"reason": one.reason, "customers": one.customer_count, "items": one.item_count} for one in left_out
        ],
        "refused": [
            {"invoice_number": accrual.item.document_number, **accrual.refusal.as_json()}
            for accrual in accruals
            if accrual.refusal
        ],
    }


def item(accrual: Accrual) -> dict[str, Any]:
    """One instalment: who, what, since when, how much and why."""
    late, refusal = accrual.item, accrual.refusal
    return {
        "customer_number": late.customer_number,
        "customer_name": late.customer_name,
        "entity": late.entity_code,
        "invoice_number": late.document_number,
        "instalment": late.instalment_number,
        "issue_date": late.item_date.isoformat(),
        "due_date": late.due_date.isoformat(),
        "days_late": accrual.days_late,
        "amount": _money(late.amount_minor, late.currency),
        "open": _money(accrual.open_minor, late.currency),
        "regime": late.debt.agreement.regime.value,
        "imputation": late.debt.agreement.imputation.value,
        "segments": [wording.kept(segment, late.currency) for segment in accrual.segments],
        "interest": None if refusal else _money(accrual.interest_minor, late.currency),
        "interest_by_other_imputation": (
            None if accrual.other_interest_minor is None else _money(accrual.other_interest_minor, late.currency)
        ),
        "compensation": _compensation(accrual),
        "invoiced": _money(late.interest_decided.invoiced_minor, late.currency),
        "waived": _money(late.interest_decided.waived_minor, late.currency),
        "left": None if refusal else _money(accrual.interest_left_minor, late.currency),
        "warnings": list(accrual.warnings),
        "refused": refusal.as_json() if refusal else None,
    }


def _compensation(accrual: Accrual) -> dict[str, Any] | None:
    """The fixed compensation, on the first late instalment of the document only."""
    if accrual.compensation is None:
        return None
    currency, decided = accrual.compensation_currency, accrual.item.compensation_decided
    return {
        **_money(accrual.compensation_minor, currency),
        "article": accrual.compensation.article,
        "source": accrual.compensation.source,
        "invoiced": _money(decided.invoiced_minor, currency),
        "waived": _money(decided.waived_minor, currency),
        "left": _money(accrual.compensation_left_minor, currency),
    }


def _total(total: Total) -> dict[str, Any]:
    return {
        "currency": total.currency,
        "interest": _money(total.interest_minor, total.currency),
        "compensation": _money(total.compensation_minor, total.currency),
        "invoiced": _money(total.invoiced_minor, total.currency),
        "waived": _money(total.waived_minor, total.currency),
        "left": _money(total.left_minor, total.currency),
    }


def _money(minor: int, currency: str) -> dict[str, str]:
    return Money(minor, currency).as_json()
