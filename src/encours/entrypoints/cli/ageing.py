"""The aged balance: who owes what and how late, as of any day, as known at any instant."""

import argparse
import sys
from pathlib import Path

from django.utils.translation import get_language, gettext

from encours.access import context
from encours.access.queries import zone_of
from encours.analytics.queries.ageing import AgedBalance, By, ageing
from encours.analytics.rules.ageing import Basis, BucketLimitsUnusable, Scheme, Unapplied
from encours.entrypoints import exports, figures, formats
from encours.entrypoints.cli import asking, output
from encours.entrypoints.listing import Column


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The question, and the form of the answer."""
    asking.add_arguments(parser)
    parser.add_argument("--by", choices=[by.value for by in By], default="customer", help="what each line is")
    parser.add_argument(
        "--basis", choices=[basis.value for basis in Basis], default="due", help="age from the due or the issue date"
    )
    parser.add_argument("--buckets", metavar="DAYS", default="30,60,90", help="last day of each late column")
    parser.add_argument(
        "--unapplied",
        choices=[unapplied.value for unapplied in Unapplied],
        default="apart",
        help="receipts and credit notes not applied yet: in a column apart, or aged by their own date",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON document")
    form.add_argument("--csv", action="store_true", help="print the lines as CSV")
    form.add_argument("--xlsx", metavar="FILE", type=Path, help="write the lines to a workbook")


def run(arguments: argparse.Namespace) -> int:
    """Read the balance and give it in the form asked for."""
    organisation = asking.organisation_of(arguments)
    with context.bound(organisation.pk):
        balance = ageing(
            asking.selection(arguments, organisation),
            asking.as_of(arguments, zone=zone_of(organisation.pk)),
            scheme=scheme_of(arguments),
            by=By(arguments.by),
        )
    if arguments.json:
        output.print_json(figures.ageing_document(balance))
    elif arguments.csv:
        is_french = (get_language() or "").startswith("fr")
        lines = exports.csv_lines(figures.ageing_columns(balance), figures.ageing_rows(balance), is_french=is_french)
        sys.stdout.writelines(lines)
    elif arguments.xlsx:
        _write_workbook(balance, arguments.xlsx)
    else:
        _print(balance)
    return output.DONE


def scheme_of(arguments: argparse.Namespace) -> Scheme:
    """The columns asked for."""
    try:
        limits = tuple(int(text) for text in arguments.buckets.split(","))
    except ValueError:
        raise BucketLimitsUnusable(limits=arguments.buckets) from None
    return Scheme(limits_days=limits, basis=Basis(arguments.basis), unapplied=Unapplied(arguments.unapplied))


def _write_workbook(balance: AgedBalance, path: Path) -> None:
    with path.open("wb") as file:
        exports.write_xlsx(
            file,
            name=gettext("Aged balance"),
            columns=figures.ageing_columns(balance),
            rows=figures.ageing_rows(balance),
        )
    output.print_line(str(path))


def _print(balance: AgedBalance) -> None:
    language = formats.known_language(get_language())
    columns = figures.ageing_columns(balance)
    day = formats.day_full(balance.as_of.day, language=language)
    output.print_line(gettext("Aged balance at {day}").format(day=day))
    if not balance.lines:
        output.print_line(gettext("Nobody owes anything on that day."))
        return
    rows = [_cells(row, columns, language) for row in figures.ageing_rows(balance)]
    for currency, sums in balance.totals.items():
        total = dict(zip(balance.columns, sums, strict=True))
        head = {"name": gettext("Total"), "number": gettext("Total"), "currency": currency}
        if any(column.key == "number" for column in columns):
            head["name"] = ""
        rows.append(_cells({**head, **total}, columns, language))
    right = {index: column.kind == "money" for index, column in enumerate(columns)}
    output.print_table([str(column.label) for column in columns], rows, right=right)


def _cells(row: dict[str, object], columns: list[Column], language: str) -> list[str]:
    return [
        formats.money(int(str(row[column.key])), str(row["currency"]), language=language)
        if column.kind == "money"
        else str(row[column.key])[:40]
        for column in columns
    ]
