"""A remittance advice into the books: read, its customer found by the invoices it names, joined to its payment."""

from collections import Counter
from dataclasses import replace
from typing import Any

from encours.core.currencies import is_currency
from encours.core.money import Money
from encours.imports.actions.bank import BankCall
from encours.imports.actions.results import FileResult
from encours.imports.formats.opening import Opened
from encours.imports.formats.problems import Problem
from encours.imports.formats.remittance import files
from encours.imports.formats.remittance.model import Advice
from encours.imports.formats.remittance.model import AdviceLine as AdviceLineRead
from encours.invoices import queries as invoices
from encours.payments import advice_actions as payments
from encours.payments.queries import AdviceLine

_NAMED_MAX = 2000


def load_remittance(call: BankCall, opened: Opened, result: FileResult, *, currency: str) -> None:
    """Keep each advice of a file; the same again changes nothing. Unknown invoices are kept as written, and told."""
    found = files.read(opened.path, opened.bank, currency=currency if is_currency(currency) else "EUR")
    kept = [_keep(call, advice, result) for advice in found]
    joined = payments.join_advices(organisation_id=call.organisation_id, by=call.by)
    told = [one | {"bank_line": joined.get(one["id"], one["bank_line"])} for one in kept]
    result.detail["advice"] = told[0]
    if len(told) > 1:
        result.detail["advices"] = told


def _keep(call: BankCall, advice: Advice, result: FileResult) -> dict[str, Any]:
    """One advice into the books, as the import's answer tells it."""
    result.rows_read += len(advice.lines)
    customer_id, entity_id, unknown = _named(advice, call.organisation_id)
    told = payments.AdviceTold(
        source=advice.source,
        currency=advice.currency,
        total_minor=advice.total_minor if advice.total_minor is not None else 0,
        lines=tuple(
            AdviceLine(
                line.invoice_number,
                line.amount_minor or 0,
                line.discount_minor,
                line.deduction_minor,
                line.deduction_reason,
            )
            for line in advice.lines
        ),
        payer_name=advice.payer_name,
        payer_email=advice.payer_email,
        payer_iban=advice.payer_iban,
        number=advice.number,
        advice_date=advice.advice_date,
        customer_id=customer_id,
        entity_id=entity_id,
        file_name=result.file,
        sha256=result.sha256,
    )
    if customer_id is None:
        found = payments.customer_of(told, organisation_id=call.organisation_id)
        told = replace(told, customer_id=found)
    kept, is_new = payments.keep_advice(told, organisation_id=call.organisation_id, by=call.by, import_id=result.run_id)
    result.created += len(advice.lines) if is_new else 0
    result.unchanged += 0 if is_new else len(advice.lines)
    _warn(advice, unknown, result)
    return _told(advice, told) | {"id": kept.pk, "bank_line": kept.bank_line_id}


def _warn(advice: Advice, unknown: list[AdviceLineRead], result: FileResult) -> None:
    """Invoices nobody knows, and a total that is not the sum of its lines."""
    result.warn(
        [Problem(line.place, "invoice", line.invoice_number[:200], "invoice_unknown") for line in unknown],
        kept_max=1000,
    )
    paid = sum(line.amount_minor or 0 for line in advice.lines)
    if (
        advice.total_minor is not None
        and paid != advice.total_minor
        and all(line.amount_minor is not None for line in advice.lines)
    ):
        shown = Money(advice.total_minor - paid, advice.currency).as_json()
        result.warn([Problem(0, "total", f"{shown['amount']} {shown['currency']}", "advice_differs")], kept_max=1000)


def _named(advice: Advice, organisation_id: int) -> tuple[int | None, int | None, list[AdviceLineRead]]:
    """The customer and company most of the named invoices are of, and the lines whose invoice nobody knows."""
    wanted = {line.invoice_number for line in advice.lines[:_NAMED_MAX] if line.invoice_number}
    known = invoices.parties_of_numbers(wanted, organisation_id=organisation_id)
    votes = Counter(known.values())
    unknown = [line for line in advice.lines[:_NAMED_MAX] if line.invoice_number not in known]
    if not votes:
        return None, None, unknown
    customer, entity = votes.most_common(1)[0][0]
    return customer, entity, unknown


def _told(advice: Advice, told: payments.AdviceTold) -> dict[str, Any]:
    def money(minor: int) -> dict[str, str]:
        return Money(minor, advice.currency).as_json()

    return {
        "payer": told.payer_name,
        "payer_iban": told.payer_iban,
        "number": told.number,
        "date": told.advice_date,
        "total": money(told.total_minor),
        "lines": [
            {
                "invoice_number": line.invoice_number,
                "amount": None if line.amount_minor is None else money(line.amount_minor),
                "discount": money(line.discount_minor),
                "deduction": money(line.deduction_minor),
                "deduction_reason": line.deduction_reason,
            }
            for line in advice.lines
        ],
    }
