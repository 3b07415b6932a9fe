"""Late-payment penalties: interest by item and half-year, the fixed compensation, as of any day."""

import argparse
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils.translation import get_language, gettext

from encours.access import context
from encours.access.queries import zone_of
from encours.core.errors import Refused, gettext_noop
from encours.customers.models import Customer
from encours.entrypoints import formats, penalty_figures
from encours.entrypoints.cli import asking, output
from encours.ledger.queries import AsOf
from encours.penalties.actions import NotBetweenProfessionals
from encours.penalties.queries.accruals import LeftOut, accruals, left_out
from encours.penalties.rules import wording
from encours.penalties.rules.accrual import Accrual, percent, totals_of


class PenaltiesIncomplete(Refused):
    """Some items cannot be reckoned because a legal value is missing."""

    message = gettext_noop("{count} item(s) could not be reckoned. {reason}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The question, and the form of the answer."""
    asking.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Reckon and print; exit 1 with the reason when a legal value is missing, the rest being told all the same."""
    organisation = asking.organisation_of(arguments)
    with context.bound(organisation.pk):
        as_of = asking.as_of(arguments, zone=zone_of(organisation.pk))
        selection = asking.selection(arguments, organisation)
        if selection.customer_id is not None:
            _refuse_private(selection.customer_id, organisation.pk)
        found = list(accruals(selection, as_of))
        absent = left_out(selection, as_of)
    if arguments.json:
        output.print_json(penalty_figures.document(found, as_of=as_of, left_out=absent))
    else:
        _print(found, absent, as_of)
    refusals = [accrual.refusal for accrual in found if accrual.refusal]
    if refusals:
        raise PenaltiesIncomplete(count=len(refusals), reason=refusals[0].translated(gettext))
    return output.DONE


def _refuse_private(customer_id: int, organisation_id: int) -> None:
    customer = Customer.objects.get(organisation_id=organisation_id, pk=customer_id)
    if customer.is_natural_person:
        raise NotBetweenProfessionals(name=customer.name)


def _print(found: Sequence[Accrual], absent: Sequence[LeftOut], as_of: AsOf) -> None:
    language = formats.known_language(get_language())
    day = formats.day_full(as_of.day, language=language)
    output.print_line(gettext("Late-payment penalties run up to {day}").format(day=day))
    if not found:
        output.print_line(gettext("Nothing was paid late or is late on that day."))
    else:
        head = [
            gettext("Customer"),
            gettext("Document"),
            gettext("Half-year"),
            gettext("Days"),
            gettext("Amount owed"),
            gettext("Rate"),
            gettext("Penalties"),
        ]
        rows = [row for accrual in found for row in _rows(accrual, language)]
        output.print_table(head, rows, right=dict.fromkeys((3, 4, 5, 6), True))
    for total in totals_of(found):
        output.print_line(
            gettext("interest {interest}, compensation {compensation}, left to decide {left}").format(
                interest=formats.money(total.interest_minor, total.currency, language=language),
                compensation=formats.money(total.compensation_minor, total.currency, language=language),
                left=formats.money(total.left_minor, total.currency, language=language),
            )
        )
    for one in absent:
        output.print_line(gettext("Private persons owe none: {count} left out.").format(count=one.customer_count))
    for code in sorted({code for accrual in found for code in accrual.warnings}):
        output.print_line(f"! {wording.warning_sentence(code, gettext)}")


def _percent(value: Decimal, language: str) -> str:
    text = percent(value)
    return f"{text}%" if language == "en" else f"{text.replace('.', ',')}{formats.NO_BREAK_SPACE}%"


def _rows(accrual: Accrual, language: str) -> Iterator[list[str]]:
    """A line a segment, one for the compensation, one for a refusal."""
    item = accrual.item
    number = item.document_number
    if item.instalment_count > 1:
        number = f"{number} ({item.instalment_number}/{item.instalment_count})"
    for segment in accrual.segments:
        yield [
            f"{item.customer_number} {item.customer_name}"[:40],
            number,
            str(segment.half_year),
            str(segment.days),
            formats.money(segment.base_minor, item.currency, language=language),
            _percent(segment.rate.percent, language),
            formats.money(segment.amount_minor, item.currency, language=language),
        ]
    if accrual.compensation:
        amount = formats.money(accrual.compensation_minor, accrual.compensation_currency, language=language)
        yield [item.customer_number, number, accrual.compensation.article, "", "", "", amount]
    if accrual.refusal:
        yield [item.customer_number, number, gettext("not reckoned"), "", "", "", formats.DASH]
