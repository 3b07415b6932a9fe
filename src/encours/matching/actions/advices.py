"""Remittance advices that people type in: checked, their customer found by what they name, joined to their payment."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from encours.core.actors import Actor
from encours.core.errors import Refused, gettext_noop
from encours.core.money import Money
from encours.invoices import queries as invoices
from encours.matching.actions.lines import row_of
from encours.matching.actions.running import run_matching
from encours.payments import advice_actions as payments
from encours.payments.advice_actions import AdviceTold
from encours.payments.models import AdviceSource, RemittanceAdvice

LINES_MAX = 500


class AdviceEmpty(Refused):
    """An advice names what is paid."""

    message = gettext_noop("Name at least one invoice with what is paid of it.")


class AdviceTooLong(Refused):
    """Typed in by hand, so nobody means more."""

    message = gettext_noop("At most {limit} lines can be typed in: import the file instead.")


class AdviceDiffers(Refused):
    """The lines do not come to the total."""

    message = gettext_noop("The lines come to {lines}, the total says {total}: one of them is wrong.")


class AdviceKnown(Refused):
    """The same advice is there already."""

    message = gettext_noop("This advice is known already: same number, day, total and lines.")


@transaction.atomic
def type_advice(told: AdviceTold, *, organisation_id: int, by: Actor, line_id: int | None = None) -> RemittanceAdvice:
    """Keep an advice a person typed in and join it to its payment: the line it was typed for, else whichever fits.

    A payment that is still to come joins it when its bank file is read. Refuses an advice without lines, one whose
    lines do not come to its total, and one that is known. A line of 0 means all that is open of its invoice.
    """
    told = _checked(told, organisation_id)
    if line_id is not None:
        told = replace(told, entity_id=row_of(organisation_id, line_id).entity_id)
    advice, is_new = payments.keep_advice(told, organisation_id=organisation_id, by=by)
    if not is_new:
        raise AdviceKnown(advice_id=advice.pk)
    if line_id is not None:
        payments.tie_advice(advice.pk, organisation_id=organisation_id, line_id=line_id, by=by, why="typed for it")
    else:
        payments.join_advices(organisation_id=organisation_id, by=by)
    advice.refresh_from_db()
    return advice


def _checked(told: AdviceTold, organisation_id: int) -> AdviceTold:
    if not told.lines or not any(line.invoice_number for line in told.lines):
        raise AdviceEmpty
    if len(told.lines) > LINES_MAX:
        raise AdviceTooLong(limit=LINES_MAX)
    paid = sum(line.amount_minor for line in told.lines)
    if all(line.amount_minor for line in told.lines) and paid != told.total_minor:
        lines, total = Money(paid, told.currency), Money(told.total_minor, told.currency)
        raise AdviceDiffers(lines=lines, total=total, field="total")
    known = invoices.parties_of_numbers(
        {line.invoice_number for line in told.lines if line.invoice_number}, organisation_id=organisation_id
    )
    told = replace(told, source=AdviceSource.MANUAL)
    if told.customer_id is not None or not known:
        found = told.customer_id or payments.customer_of(told, organisation_id=organisation_id)
        return replace(told, customer_id=found)
    (customer_id, entity_id), _ = Counter(known.values()).most_common(1)[0]
    return replace(told, customer_id=customer_id, entity_id=told.entity_id or entity_id)


def propose_again(
    line_ids: Collection[int],
    *,
    organisation_id: int,
    by: Actor,
    today: date,
    now: datetime,
    claimed_item_ids: Collection[int] = (),
) -> None:
    """Look again at lines that learnt something, so that what they may pay shows at once; nothing is applied."""
    if line_ids:
        run_matching(
            organisation_id=organisation_id,
            today=today,
            now=now,
            by=by,
            propose_only=True,
            line_ids=line_ids,
            claimed_item_ids=claimed_item_ids,
        )
