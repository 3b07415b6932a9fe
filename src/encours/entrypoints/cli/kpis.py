"""DSO and the other KPIs of a day, with their monthly history; every figure says its formula."""

import argparse

from django.utils.translation import get_language, gettext

from encours.access import context
from encours.access.queries import zone_of
from encours.analytics import actions as analytics
from encours.analytics.queries.reports import Asked, Entry, Report
from encours.analytics.rules.definitions import DEFINITIONS
from encours.analytics.rules.periods import Period
from encours.analytics.rules.reckoning import Conventions
from encours.entrypoints import figures, formats
from encours.entrypoints.cli import asking, output

_SHOWN_MONTHLY = ("dso_simple", "dso_countback", "bpdso_countback", "cei", "overdue_share", "on_time_amount_share")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The question, the conventions, and the form of the answer."""
    asking.add_arguments(parser)
    parser.add_argument("--from", dest="first_date", metavar="D", help="first day of the period")
    parser.add_argument("--to", dest="last_date", metavar="D", help="last day of the period, also the day asked about")
    parser.add_argument("--months", type=int, default=3, help="length of the period when no first day is given")
    parser.add_argument("--history", type=int, default=13, help="how many month ends to show (0: none)")
    parser.add_argument("--grace-days", type=int, default=0, help="days after the due date that still count as on time")
    parser.add_argument("--gross", action="store_true", help="leave receipts and credit notes not applied yet out")
    parser.add_argument("--late-only", action="store_true", help="average days late over late parts only")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Reckon (or take the kept report) and print."""
    organisation = asking.organisation_of(arguments)
    with context.bound(organisation.pk):
        zone = zone_of(organisation.pk)
        last_date = asking.day(arguments.last_date)
        as_of = asking.as_of(arguments, zone=zone, default=last_date)
        first_date = asking.day(arguments.first_date)
        report = analytics.report_kpis(
            Asked(
                selection=asking.selection(arguments, organisation),
                as_of=as_of,
                period=Period(first_date, last_date or as_of.day) if first_date else None,
                conventions=Conventions(
                    net_of_unapplied=not arguments.gross,
                    late_parts_only=arguments.late_only,
                    grace_days=arguments.grace_days,
                    period_months=arguments.months,
                ),
                history_months=arguments.history,
            )
        )
    if arguments.json:
        output.print_json(figures.kpi_document(report))
    else:
        _print(report)
    return output.DONE


def _print(report: Report) -> None:
    language = formats.known_language(get_language())
    for entry in report.entries:
        _print_entry(entry, language)
        _print_history(report.history_of(entry.currency), language)
    if not report.entries:
        output.print_line(gettext("There is nothing in the books up to that day."))
    for note in figures.convention_notes(report):
        output.print_line(f"- {note}")
    output.print_line(gettext("Fingerprint {fingerprint}").format(fingerprint=report.fingerprint[:16]))


def _print_entry(entry: Entry, language: str) -> None:
    output.print_line(
        gettext("{currency}, from {first} to {last}").format(
            currency=entry.currency,
            first=formats.day_full(entry.first_date, language=language),
            last=formats.day_full(entry.last_date, language=language),
        )
    )
    rows = [
        [
            gettext(definition.name),
            figures.figure_text(entry.figures[definition.code], entry.currency, language=language),
        ]
        for definition in DEFINITIONS
        if definition.code in entry.figures
    ]
    output.print_table([gettext("Figure"), gettext("Value")], rows, right={1: True})
    output.print_line()


def _print_history(months: list[Entry], language: str) -> None:
    if not months:
        return
    names = {definition.code: gettext(definition.name) for definition in DEFINITIONS}
    rows = [
        [
            formats.day_full(month.last_date, language=language),
            *(figures.figure_text(month.figures[code], month.currency, language=language) for code in _SHOWN_MONTHLY),
        ]
        for month in months
    ]
    header = [gettext("Day"), *(names[code] for code in _SHOWN_MONTHLY)]
    output.print_table(header, rows, right=dict.fromkeys(range(1, len(header)), True))
    output.print_line()
