"""The last day for everything that kills a claim: safe and possible side by side, each with its text."""

import argparse
from datetime import timedelta
from typing import Any

from django.utils.translation import get_language, gettext

from encours.access import context
from encours.access.queries import zone_of
from encours.core.money import Money
from encours.entrypoints import formats
from encours.entrypoints.cli import asking, output
from encours.entrypoints.deadline_words import KIND_WORDS
from encours.recovery.queries.guardian import HORIZON_DAYS, Asked, Guarded, deadlines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The question, and the form of the answer."""
    asking.add_arguments(parser)
    parser.add_argument("--days", type=int, default=HORIZON_DAYS, help="how far to look ahead")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Look and print, the nearest safe day first."""
    organisation = asking.organisation_of(arguments)
    with context.bound(organisation.pk):
        as_of = asking.as_of(arguments, zone=zone_of(organisation.pk))
        selection = asking.selection(arguments, organisation)
        accounts = [selection.customer_id] if selection.customer_id is not None else None
        asked = Asked(organisation.pk, as_of.day, account_ids=accounts, horizon_days=max(arguments.days, 0))
        found = deadlines(asked)
    if arguments.json:
        output.print_json(
            {
                "as_of": as_of.day.isoformat(),
                "until": (as_of.day + timedelta(days=asked.horizon_days)).isoformat(),
                "deadlines": [_document(one) for one in found],
            }
        )
        return output.DONE
    _print(found)
    return output.DONE


def _document(one: Guarded) -> dict[str, Any]:
    day = one.deadline
    return {
        "kind": day.kind.value,
        "customer_number": one.customer_number,
        "customer_name": one.customer_name,
        "subject": one.subject,
        "amount": Money(one.amount_minor, one.currency).as_json() if one.amount_minor else None,
        "safe_date": None if one.refusal else day.safe_date.isoformat(),
        "possible_date": day.possible_date.isoformat() if day.possible_date else None,
        "article": day.article,
        "source": day.source,
        "doubt": "" if one.refusal else day.doubt,
        "is_assumed": day.is_assumed,
        "steps": [
            {
                "kind": step.kind.value,
                "date": step.day.isoformat(),
                "until": step.until.isoformat(),
                "is_certain": step.is_certain,
            }
            for step in day.steps
        ],
        "refused": one.refusal.as_json() if one.refusal else None,
    }


def _print(found: list[Guarded]) -> None:
    if not found:
        output.print_line(gettext("No deadline within that time."))
        return
    language = formats.known_language(get_language())
    head = [gettext("Safe day"), gettext("Possible day"), gettext("Customer"), gettext("About"), gettext("Text")]
    rows = [
        [
            "?" if one.refusal else formats.day_full(one.deadline.safe_date, language=language),
            formats.day_full(one.deadline.possible_date, language=language) if one.deadline.possible_date else "",
            one.customer_name,
            f"{KIND_WORDS[one.deadline.kind]} {one.subject}",
            one.deadline.article,
        ]
        for one in found
    ]
    output.print_table(head, rows, right={})
    for sentence in sorted({one.refusal.translated(gettext) for one in found if one.refusal}):
        output.print_line(f"! {sentence}")
