"""A customer's statement of account as of any day: printed, as JSON, or as a PDF."""

import argparse
from pathlib import Path

from django.utils import timezone
from django.utils.translation import get_language, gettext

from encours.access import context
from encours.access.models import Entity, Organisation
from encours.access.queries import zone_of
from encours.access.rules import Scope
from encours.core.dates import business_date
from encours.core.errors import Refused, gettext_noop
from encours.customers import queries as customers
from encours.entrypoints import formats
from encours.entrypoints.cli import asking, output
from encours.mailings.queries import statements
from encours.mailings.rules import statement as rules
from encours.mailings.rules.statement import Statement


class FileUnwritable(Refused):
    """The PDF cannot be written where it was asked for."""

    message = gettext_noop("{path} cannot be written: {problem}.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose account, which day, and the form of the answer."""
    parser.add_argument("--customer", metavar="NUMBER", required=True, help="the customer's number")
    parser.add_argument("--as-of", metavar="D", help="the day asked about (default: today)")
    parser.add_argument("--known-at", metavar="T", help="as it was known at this instant, or at the end of this day")
    parser.add_argument("--organisation", metavar="SLUG", help="the organisation, when there are several")
    parser.add_argument("--entity", metavar="CODE", help="only this company")
    parser.add_argument("--pdf", metavar="FILE", help="write the statement as a PDF to this file")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Make the statement of each company the customer has an account with, and print or write it."""
    organisation = asking.organisation_of(arguments)
    with context.bound(organisation.pk):
        scope = Scope(organisation.pk, None, "admin")
        zone = zone_of(organisation.pk)
        as_of = asking.as_of(arguments, zone=zone)
        customer = customers.customer_by_number(arguments.customer, scope=scope)
        found = [
            (entity, statements.statement_of(customer, entity, as_of=as_of, scope=scope))
            for entity in _entities(arguments, organisation)
        ]
        kept = [pair for pair in found if not pair[1].is_empty] or found[:1]
        if arguments.pdf:
            language = statements.language_of(customer, organisation.language)
            made_on = business_date(timezone.now(), timezone=zone)
            files = [
                statements.pdf_of(one, customer, entity, made_on=made_on, language=language) for entity, one in kept
            ]
            _write(Path(arguments.pdf), statements.joined(files))
    if arguments.json:
        output.print_json({"statements": [rules.as_json(one) for _, one in kept]})
    elif arguments.pdf:
        output.print_line(arguments.pdf)
    else:
        for _, one in kept:
            _print(one)
    return output.DONE


def _entities(arguments: argparse.Namespace, organisation: Organisation) -> list[Entity]:
    found = Entity.objects.filter(organisation_id=organisation.pk).order_by("pk")
    if arguments.entity:
        found = found.filter(code=arguments.entity)
        if not found:
            raise asking.EntityUnknown(code=arguments.entity)
    return list(found)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise FileUnwritable(path=str(path), problem=error.strerror or str(error)) from None


def _print(statement: Statement) -> None:
    language = formats.known_language(get_language())
    words = rules.WORDS[language]
    day = formats.day_full(statement.as_of, language=language)
    output.print_line(f"{statement.entity_name} · {statement.customer_number} {statement.customer_name}")
    output.print_line(words["title"].format(day=day))
    if statement.is_empty:
        output.print_line(words["nothing"])
        return
    rows = [
        [
            row.number,
            words.get(row.kind, words["other"]),
            row.issue_date.isoformat(),
            row.due_date.isoformat(),
            formats.money(row.amount_minor, row.currency, language=language),
            formats.money(row.open_minor, row.currency, language=language),
        ]
        for row in statement.rows
    ]
    head = [
        gettext("Document"),
        gettext("Kind"),
        gettext("Date"),
        gettext("Due"),
        gettext("Amount"),
        gettext("Balance"),
    ]
    output.print_table(head, rows, right={4: True, 5: True})
    for currency, minor in statement.totals.items():
        output.print_line(f"{words['balance'].format(day=day)} {formats.money(minor, currency, language=language)}")
